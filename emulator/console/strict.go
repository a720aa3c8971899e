package console

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// decodeStrict reads one JSON value and refuses fields that it does not know. Errors name the field with
// its path, such as "apps[0].templates[1].titel: unknown field".
func decodeStrict(data []byte, v any) error {
	var raw any
	if err := json.Unmarshal(data, &raw); err != nil {
		return at(data, err)
	}
	if err := known("", raw, reflect.TypeOf(v).Elem()); err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return at(data, err)
	}
	return nil
}

// at tells where in the text an error is.
func at(data []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: %w", lineOf(data, syntax.Offset), err)
	case errors.As(err, &kind):
		field := cmp.Or(kind.Field, "the value")
		return fmt.Errorf("line %d: %s: a JSON %s, want %s", lineOf(data, kind.Offset), field, kind.Value, wanted(kind.Type))
	}
	return err
}

func lineOf(data []byte, offset int64) int {
	return 1 + bytes.Count(data[:min(int(offset), len(data))], []byte("\n"))
}

func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "an object"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	default:
		return "a number"
	}
}

var textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()

// known looks for fields in a value that its type does not have.
func known(path string, raw any, t reflect.Type) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(textUnmarshaler) {
		return nil
	}
	switch raw := raw.(type) {
	case []any:
		return knownList(path, raw, t)
	case map[string]any:
		return knownObject(path, raw, t)
	}
	return nil
}

func knownList(path string, raw []any, t reflect.Type) error {
	if t.Kind() != reflect.Slice {
		return nil
	}
	for i, item := range raw {
		if err := known(fmt.Sprintf("%s[%d]", path, i), item, t.Elem()); err != nil {
			return err
		}
	}
	return nil
}

func knownObject(path string, raw map[string]any, t reflect.Type) error {
	if t.Kind() != reflect.Struct {
		return nil
	}
	fields := fieldsOf(t)
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		field, ok := fields[name]
		if !ok {
			return fmt.Errorf("%s: unknown field, want one of %s", join(path, name), strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		}
		if err := known(join(path, name), raw[name], field); err != nil {
			return err
		}
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			fields[name] = f.Type
		}
	}
	return fields
}

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

// decodeStrict reads one JSON value and refuses fields that it does not know. Errors name the line and the field with
// its path, such as "line 7: apps[0].templates[1].titel: unknown field". The path is made here, since the one of
// encoding/json depends on the release of Go.
func decodeStrict(data []byte, v any) error {
	var raw any
	if err := json.Unmarshal(data, &raw); err != nil {
		return syntaxError(data, err)
	}
	w := walk{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	w.dec.UseNumber()
	if err := w.value("", reflect.TypeOf(v).Elem()); err != nil {
		return fmt.Errorf("line %d: %w", w.line(w.dec.InputOffset()), err)
	}
	return json.Unmarshal(data, v)
}

func syntaxError(data []byte, err error) error {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	w := walk{data: data}
	return fmt.Errorf("line %d: %w", w.line(syntax.Offset), err)
}

// walk goes through valid JSON beside the type that it is to be read into.
type walk struct {
	data []byte
	dec  *json.Decoder
}

func (w *walk) line(offset int64) int {
	return 1 + bytes.Count(w.data[:min(int(offset), len(w.data))], []byte("\n"))
}

// value reads one value and says what of it does not fit into t. A t of nil takes anything.
func (w *walk) value(path string, t reflect.Type) error {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	token, err := w.dec.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		return w.object(path, t)
	case json.Delim('['):
		return w.list(path, t)
	}
	return scalar(path, token, t)
}

func (w *walk) object(path string, t reflect.Type) error {
	field, err := fieldTypes(path, t)
	if err != nil {
		return err
	}
	for w.dec.More() {
		token, err := w.dec.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		fieldType, err := field(name)
		if err != nil {
			return err
		}
		if err := w.value(join(path, name), fieldType); err != nil {
			return err
		}
	}
	_, err = w.dec.Token() // the closing brace
	return err
}

// fieldTypes tells the types of an object's fields by their names.
func fieldTypes(path string, t reflect.Type) (func(name string) (reflect.Type, error), error) {
	switch {
	case t == nil:
		return func(string) (reflect.Type, error) { return nil, nil }, nil
	case t.Kind() == reflect.Map:
		return func(string) (reflect.Type, error) { return t.Elem(), nil }, nil
	case t.Kind() != reflect.Struct || isText(t):
		return nil, mismatch(path, "a JSON object", t)
	}
	fields := fieldsOf(t)
	return func(name string) (reflect.Type, error) {
		if field, ok := fields[name]; ok {
			return field, nil
		}
		return nil, fmt.Errorf("%s: unknown field, want one of %s", join(path, name), strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
	}, nil
}

func (w *walk) list(path string, t reflect.Type) error {
	var element reflect.Type
	if t != nil {
		if t.Kind() != reflect.Slice {
			return mismatch(path, "a JSON array", t)
		}
		element = t.Elem()
	}
	for i := 0; w.dec.More(); i++ {
		if err := w.value(fmt.Sprintf("%s[%d]", path, i), element); err != nil {
			return err
		}
	}
	_, err := w.dec.Token() // the closing bracket
	return err
}

// scalar asks encoding/json itself whether it can read the token into t.
func scalar(path string, token json.Token, t reflect.Type) error {
	if t == nil {
		return nil
	}
	text, err := json.Marshal(token)
	if err != nil {
		return err
	}
	err = json.Unmarshal(text, reflect.New(t).Interface())
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &kind) || kindOf(token) != "string":
		return mismatch(path, "a JSON "+kindOf(token), t)
	}
	return fmt.Errorf("%s: %w", cmp.Or(path, "the value"), err) // from an UnmarshalText
}

func kindOf(token json.Token) string {
	switch token := token.(type) {
	case bool:
		return "bool"
	case string:
		return "string"
	case json.Number:
		return "number " + token.String()
	}
	return "null"
}

func mismatch(path, got string, t reflect.Type) error {
	return fmt.Errorf("%s: %s, want %s", cmp.Or(path, "the value"), got, wanted(t))
}

var textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()

func isText(t reflect.Type) bool { return reflect.PointerTo(t).Implements(textUnmarshaler) }

func wanted(t reflect.Type) string {
	if isText(t) {
		return "a string"
	}
	switch t.Kind() {
	case reflect.Slice:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "an object"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number from 0"
	default:
		return "a number"
	}
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

package lenient

import (
	"cmp"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
)

// Mismatch is the error of [Unmarshal] for a JSON value that does not fit into its Go value. It holds the names of
// declared fields only: what encoding/json calls the field has the keys of maps in it since Go 1.27, and a key of
// WeChat's may be an OpenID.
type Mismatch struct {
	// Field is the path of declared field names, such as "user_list.openid". It ends before the first map, begins
	// after the last [List], and is empty where nothing of it is declared.
	Field string
}

// Error says "field user_list.openid is of another type".
func (m *Mismatch) Error() string {
	if m.Field == "" {
		return "a field is of another type"
	}
	return "field " + m.Field + " is of another type"
}

// declared replaces the error of encoding/json about a value of another type by a [Mismatch].
func declared(err error, v any) error {
	var mismatch *json.UnmarshalTypeError
	if !errors.As(err, &mismatch) {
		return err
	}
	return &Mismatch{Field: declaredPath(strings.Split(mismatch.Field, "."), reflect.TypeOf(v))}
}

// declaredPath is as much of a path as the fields of t declare. Go 1.26 leaves indices of lists out of the path,
// Go 1.27 does not.
func declaredPath(path []string, t reflect.Type) string {
	var names []string
	for _, name := range path {
		t = pointedTo(t)
		if isList(t) && isIndex(name) {
			t = t.Elem()
			continue
		}
		field, tag := fieldNamed(element(t), name)
		if tag == "" {
			break
		}
		names = append(names, tag)
		t = field.Type
	}
	return strings.Join(names, ".")
}

func pointedTo(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

func isList(t reflect.Type) bool {
	return t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array)
}

// element is what lists of lists hold in the end: where the path has no index, it goes on there.
func element(t reflect.Type) reflect.Type {
	for isList(t) {
		t = pointedTo(t.Elem())
	}
	return t
}

func isIndex(name string) bool {
	_, err := strconv.ParseUint(name, 10, 31)
	return err == nil
}

// fieldNamed finds the field that encoding/json reads name into, whatever its case, and returns the name as declared.
func fieldNamed(t reflect.Type, name string) (field reflect.StructField, declared string) {
	if t == nil || t.Kind() != reflect.Struct {
		return field, ""
	}
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if declared := cmp.Or(tag, f.Name); f.IsExported() && strings.EqualFold(declared, name) {
			return f, declared
		}
	}
	return field, ""
}

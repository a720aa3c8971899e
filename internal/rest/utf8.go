package rest

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// NotUTF8 is the reason of a [TextError].
const NotUTF8 = "not UTF-8"

// TextError is a text of a request that is not UTF-8, such as GBK. JSON cannot carry it, and what encoding/json
// puts in its place, U+FFFD, would reach the user as "�" and use up the right to send.
type TextError struct{ Field string } // as written in Go, such as `Data["thing1"]`

// Error returns field and reason.
func (e *TextError) Error() string { return e.Field + ": " + NotUTF8 }

// replacement is what both encoders write for a byte that is no UTF-8.
var replacement = []byte(string(utf8.RuneError))

// checkText returns a [*TextError] if a text of in was mended on its way into body. Of all requests only those with a
// U+FFFD cost more than the search for it.
func checkText(in any, body []byte) error {
	_, appends := in.(Appender)
	if !bytes.Contains(body, replacement) && (appends || utf8.Valid(body)) {
		return nil
	}
	if field := (textWalk{unexported: appends}).find(reflect.ValueOf(in), "", "", 0); field != "" {
		return &TextError{field}
	}
	return nil
}

// deepest bounds the walk where a value leads back to itself, which has no JSON.
const deepest = 64

// textWalk looks for the first text that is not UTF-8. It gives the name that the caller of a package's method knows
// it by: that of the field in Go, with a tag `field:"Name"` where the wire has another, and `field:"-"` where a level of
// the wire has none.
type textWalk struct {
	unexported bool // fields too: an Appender writes what it likes
}

// find returns the name, "" if all is well. outer is the name of what holds v.
func (w textWalk) find(v reflect.Value, outer, name string, depth int) string {
	if !v.IsValid() || depth > deepest {
		return ""
	}
	if text, ok := marshalled(v); ok {
		return unless(utf8.Valid(text), name)
	}
	switch v.Kind() { //nolint:exhaustive // the others hold no text
	case reflect.String:
		return unless(utf8.ValidString(v.String()), name)
	case reflect.Pointer:
		return w.find(v.Elem(), outer, name, depth+1)
	case reflect.Interface:
		if v.NumMethod() > 0 && !v.IsNil() { // one of the types of a package, which its fields are named after
			name = join(outer, reflect.Indirect(v.Elem()).Type().Name())
		}
		return w.find(v.Elem(), outer, name, depth+1)
	case reflect.Struct:
		return w.inStruct(v, name, depth)
	case reflect.Map:
		return w.inMap(v, name, depth)
	case reflect.Slice, reflect.Array:
		return w.inList(v, name, depth)
	}
	return ""
}

func (w textWalk) inStruct(v reflect.Value, name string, depth int) string {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		own, named := f.Tag.Lookup("field")
		if !named {
			own = f.Name
		}
		inner := join(name, own)
		switch {
		case f.Tag.Get("json") == "-", !f.IsExported() && !f.Anonymous && !w.unexported:
			continue
		case f.Anonymous && !named, own == "-":
			inner = name
		}
		if found := w.find(v.Field(i), name, inner, depth+1); found != "" {
			return found
		}
	}
	return ""
}

func (w textWalk) inMap(v reflect.Value, name string, depth int) string {
	if v.Type().Key().Kind() != reflect.String {
		return ""
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) })
	for _, key := range keys {
		inner := cmp.Or(name, whole) + "[" + strconv.Quote(key.String()) + "]"
		if !utf8.ValidString(key.String()) {
			return inner
		}
		if found := w.find(v.MapIndex(key), name, inner, depth+1); found != "" {
			return found
		}
	}
	return ""
}

func (w textWalk) inList(v reflect.Value, name string, depth int) string {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return "" // base64
	}
	for i := range v.Len() {
		inner := cmp.Or(name, whole) + "[" + strconv.Itoa(i) + "]"
		if found := w.find(v.Index(i), name, inner, depth+1); found != "" {
			return found
		}
	}
	return ""
}

// marshalled returns the JSON or the text that v makes of itself, ok false where it does not.
func marshalled(v reflect.Value) (text []byte, ok bool) {
	if v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface || !v.CanInterface() {
		return nil, false
	}
	if v.CanAddr() {
		v = v.Addr()
	}
	var err error
	switch m := v.Interface().(type) {
	case json.Marshaler:
		text, err = m.MarshalJSON()
	case encoding.TextMarshaler:
		text, err = m.MarshalText()
	default:
		return nil, false
	}
	return text, err == nil
}

// whole names a body that is a text or a map itself: the field of a Call, and the parameter of Do.
const whole = "In"

func unless(valid bool, name string) string {
	if valid {
		return ""
	}
	return cmp.Or(name, whole)
}

func join(outer, name string) string { return strings.TrimPrefix(outer+"."+name, ".") }

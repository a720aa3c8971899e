// Package printed tests what a program shows of a value when it prints it: with fmt and log/slog, in a template, or by
// a printer that walks through unexported fields, as those of test libraries do.
package printed

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"text/template"
)

// verbs are those of fmt, with the flags that change what they show.
var verbs = []string{
	"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%c", "%U", "%o", "%b", "%e", "%g", "%p", "%T", "%10s", "%-5v", "%w",
}

// within holds a value in all the ways in which a program may hold it.
type within[T any] struct {
	Value   T
	hidden  T
	pointer *T
	Pointer *T
	any     any
	list    []T
	byName  map[string]T
	nested  struct{ inner struct{ T T } }
}

// RequireClean fails where v shows one of the planted secrets in any form: by itself, by pointer, copied, and in
// fields. Planted texts are also searched for in hexadecimal and as lists of bytes.
func RequireClean[T any](t *testing.T, v T, planted ...string) {
	t.Helper()
	holder := within[T]{
		Value: v, hidden: v, pointer: &v, Pointer: &v, any: v, list: []T{v}, byName: map[string]T{"k": v},
	}
	holder.nested.inner.T = v
	shown := map[string]any{"Value": v, "Pointer": &v, "Field": holder, "Fields": &holder, "List": []any{v, &v}}
	for shape, x := range shown {
		for form, text := range Forms(x) {
			for _, secret := range planted {
				for _, written := range spellings(secret) {
					if i := strings.Index(text, written); i >= 0 {
						t.Errorf("%T as %s shows %q with %s: …%s", v, shape, written, form, text[max(0, i-120):i])
					}
				}
			}
		}
	}
}

// Forms returns what v looks like, by the way in which it was printed.
func Forms(v any) map[string]string {
	forms := map[string]string{}
	for _, verb := range verbs {
		forms["fmt "+verb] = fmt.Sprintf(verb, v)
	}
	var text, asJSON, page bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("m", "v", v, slog.Group("g", "v", v))
	slog.New(slog.NewJSONHandler(&asJSON, nil)).Info("m", "v", v, slog.Group("g", "v", v))
	forms["slog text"], forms["slog JSON"] = text.String(), asJSON.String()
	if err := anything.Execute(&page, map[string]any{"V": v}); err != nil {
		page.WriteString(err.Error())
	}
	forms["text/template"] = page.String()
	if data, err := json.Marshal(v); err == nil {
		forms["encoding/json"] = string(data)
	}
	var found walk
	found.into(reflect.ValueOf(v), 0)
	forms["a walk through all fields"] = found.String()
	return forms
}

var anything = template.Must(template.New("page").Parse(`{{.V}} {{printf "%s %q %v %+v" .V .V .V .V}} {{print .V}}`))

// spellings of a secret in an output.
func spellings(s string) []string {
	return []string{s, fmt.Sprintf("%x", s), fmt.Sprintf("%X", s), fmt.Sprint([]byte(s)), fmt.Sprintf("% x", s)}
}

// walk writes down every text that can be reached from a value without calling a function. A type that has a String
// method is asked, where it can be, as printers do.
type walk struct {
	strings.Builder
	seen map[reflect.Value]bool
}

const deepest = 24

func (w *walk) into(v reflect.Value, depth int) {
	if !v.IsValid() || depth > deepest {
		return
	}
	if v.CanInterface() {
		if s, ok := v.Interface().(fmt.Stringer); ok && v.Kind() == reflect.String {
			fmt.Fprintln(w, s.String())
			return
		}
	}
	switch v.Kind() {
	case reflect.String:
		fmt.Fprintln(w, v.String())
	case reflect.Pointer, reflect.Interface:
		w.behind(v, depth)
	case reflect.Struct:
		for i := range v.NumField() {
			w.into(v.Field(i), depth+1)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			w.into(key, depth+1)
			w.into(v.MapIndex(key), depth+1)
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			fmt.Fprintf(w, "%s\n", bytesOf(v))
			return
		}
		for i := range v.Len() {
			w.into(v.Index(i), depth+1)
		}
	default: // functions and numbers show nothing
	}
}

func (w *walk) behind(v reflect.Value, depth int) {
	if v.IsNil() {
		return
	}
	if v.Kind() == reflect.Pointer {
		if w.seen[v] {
			return
		}
		if w.seen == nil {
			w.seen = map[reflect.Value]bool{}
		}
		w.seen[v] = true
	}
	w.into(v.Elem(), depth+1)
}

func bytesOf(v reflect.Value) []byte {
	b := make([]byte, v.Len())
	for i := range b {
		b[i] = byte(v.Index(i).Uint())
	}
	return b
}

package emulator

import (
	"bytes"
	"encoding/json"
	"iter"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// exactNames spoils the names in a JSON text that differ in their case only from a field of what v points
// to, since encoding/json would take them for that field. To WeChat "ToUser" is not "touser".
func exactNames(text []byte, v any) []byte {
	fields, out := fieldsOf(reflect.TypeOf(v)), text
	for start, end := range namesIn(text) {
		name := string(text[start:end])
		if want, known := fields[strings.ToLower(name)]; !known || slices.Contains(want, name) {
			continue
		}
		if &out[0] == &text[0] {
			out = bytes.Clone(text)
		}
		out[start] = '~'
	}
	return out
}

// namesIn walks over the names of objects in a JSON text: where each begins and ends, without its quotes.
func namesIn(text []byte) iter.Seq2[int, int] {
	return func(yield func(start, end int) bool) {
		for i := 0; i < len(text); i++ {
			if text[i] != '"' {
				continue
			}
			start := i + 1
			i = endOfString(text, start)
			isName := bytes.HasPrefix(bytes.TrimLeft(text[min(i+1, len(text)):], " \t\r\n"), []byte(":"))
			if isName && !yield(start, i) {
				return
			}
		}
	}
}

// endOfString is where the quote is that ends a string, or the end of the text.
func endOfString(text []byte, at int) int {
	for at < len(text) && text[at] != '"' {
		if text[at] == '\\' {
			at++
		}
		at++
	}
	return min(at, len(text))
}

var fieldsByType sync.Map // what fieldsOf found, by type

// fieldsOf lists the names of all JSON fields in and below a type, by their lower-case form.
func fieldsOf(t reflect.Type) map[string][]string {
	if known, ok := fieldsByType.Load(t); ok {
		return known.(map[string][]string)
	}
	fields := map[string][]string{}
	collectFields(t, fields)
	fieldsByType.Store(t, fields)
	return fields
}

func collectFields(t reflect.Type, fields map[string][]string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		collectFields(t.Elem(), fields)
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if lower := strings.ToLower(name); name != "" && name != "-" {
				fields[lower] = append(fields[lower], name)
			}
			if !f.Anonymous {
				collectFields(f.Type, fields)
			}
		}
	}
}

// unmarshalExact is json.Unmarshal for names as they are.
func unmarshalExact(text []byte, v any) error { return json.Unmarshal(exactNames(text, v), v) }

// loose is a text that some callers send as a number.
type loose string

// UnmarshalJSON accepts a string or a number.
func (l *loose) UnmarshalJSON(b []byte) error {
	var s string
	if len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*l = loose(s)
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*l = loose(n)
	return nil
}

// number is 0 for what is no number.
func (l loose) number() int {
	n, err := strconv.Atoi(string(l))
	if err != nil {
		return 0
	}
	return n
}

// part is what a list holds from an offset on, at most count of it, whatever numbers a caller sends.
func part[T any](list []T, offset, count int) []T {
	from := min(max(0, offset), len(list))
	return list[from : from+min(max(0, count), len(list)-from)]
}

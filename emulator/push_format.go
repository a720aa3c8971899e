package emulator

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// field is one element of a push. Its value is a string, a digits, an int64, a fields or a list.
type field struct {
	name  string
	value any
}

type fields []field

// digits is a number that JSON pushes write as a string.
type digits string

func decimal(n int64) digits { return digits(strconv.FormatInt(n, 10)) }

// list is an array of JSON. XML repeats the element for each item.
type list []fields

func (f fields) encode(format Format) []byte {
	var b bytes.Buffer
	if format == JSON {
		f.json(&b)
	} else {
		b.WriteString("<xml>")
		f.xml(&b)
		b.WriteString("</xml>")
	}
	return b.Bytes()
}

func (f fields) xml(b *bytes.Buffer) {
	for _, e := range f {
		if items, ok := e.value.(list); ok {
			for _, item := range items {
				fields{{e.name, item}}.xml(b)
			}
			continue
		}
		b.WriteString("<" + e.name + ">")
		switch v := e.value.(type) {
		case string:
			b.WriteString("<![CDATA[" + strings.ReplaceAll(v, "]]>", "]]]]><![CDATA[>") + "]]>")
		case digits:
			b.WriteString(string(v))
		case int64:
			b.WriteString(strconv.FormatInt(v, 10))
		case fields:
			v.xml(b)
		}
		b.WriteString("</" + e.name + ">")
	}
}

func (f fields) json(b *bytes.Buffer) {
	b.WriteByte('{')
	for i, e := range f {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quote(e.name) + ":")
		switch v := e.value.(type) {
		case string:
			b.WriteString(quote(v))
		case digits:
			b.WriteString(quote(string(v)))
		case int64:
			b.WriteString(strconv.FormatInt(v, 10))
		case fields:
			v.json(b)
		case list:
			v.json(b)
		}
	}
	b.WriteByte('}')
}

func (l list) json(b *bytes.Buffer) {
	b.WriteByte('[')
	for i, item := range l {
		if i > 0 {
			b.WriteByte(',')
		}
		item.json(b)
	}
	b.WriteByte(']')
}

// quote writes a JSON string without HTML escapes.
func quote(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

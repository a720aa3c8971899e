package menu

import (
	"bytes"
	"encoding/json"
	"reflect"

	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// Menu is a custom menu: one to three buttons, of which each may be a [Submenu] of one to five.
type Menu []Button

// Equal reports whether both menus are the same to WeChat: the same buttons with the same fields in the same order. A
// pointer to a button counts as the button; characters that are never sent, such as control characters, do not count.
//
// The console's media ids are new each time they are read, so that a menu with an [Image] or a [Voice] does not equal
// itself.
func (m Menu) Equal(other Menu) bool { return bytes.Equal(m.appendJSON(nil), other.appendJSON(nil)) }

// appendJSON writes the list of the buttons as create takes it.
func (m Menu) appendJSON(dst []byte) []byte {
	dst = append(dst, '[')
	for i, b := range m {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendButton(dst, b)
	}
	return append(dst, ']')
}

// appendButton writes a button with no fields but its own: what its type does not have may not even be empty.
func appendButton(dst []byte, b Button) []byte {
	if isNil(b) {
		return append(dst, "null"...)
	}
	d := b.describe()
	if d.raw != nil {
		return append(dst, d.raw.canonical()...)
	}
	o := rest.NewObject(dst)
	o.Optional("type", d.kind)
	o.String("name", d.name)
	for _, p := range d.parts {
		o.Optional(p.key, p.value)
	}
	if d.kind == "" {
		o.Key("sub_button").Value(d.submenu.appendJSON)
	}
	if len(d.articles) > 0 {
		o.Open("news_info")
		o.Key("list").Value(func(dst []byte) []byte { return appendArticles(dst, d.articles) })
		o.Shut()
	}
	return o.Close()
}

func appendArticles(dst []byte, articles []NewsArticle) []byte {
	dst = append(dst, '[')
	for i, a := range articles {
		if i > 0 {
			dst = append(dst, ',')
		}
		o := rest.NewObject(dst)
		o.String("title", a.Title)
		o.Optional("author", a.Author)
		o.Optional("digest", a.Digest)
		if a.ShowCover {
			o.Int("show_cover", 1)
		}
		o.Optional("cover_url", a.CoverURL)
		o.Optional("content_url", a.URL)
		o.Optional("source_url", a.SourceURL)
		dst = o.Close()
	}
	return append(dst, ']')
}

// isNil also finds a nil pointer to a type of button.
func isNil(b Button) bool {
	v := reflect.ValueOf(b)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

// canonical is the object with its keys in order and without the empty sub-menu that WeChat adds to what it gives back.
// What is no JSON object stays as it is.
func (r Raw) canonical() []byte {
	fields, ok := r.fields()
	if !ok {
		return r
	}
	var sub lenient.List[json.RawMessage]
	if text, has := fields["sub_button"]; has && json.Unmarshal(listOf(text), &sub) == nil && len(sub) == 0 {
		delete(fields, "sub_button")
	}
	values := make(map[string]any, len(fields))
	for key, text := range fields {
		values[key] = decoded(text)
	}
	data, err := rest.Encode(values)
	if err != nil {
		return r
	}
	return data
}

func (r Raw) fields() (fields map[string]json.RawMessage, ok bool) {
	err := json.Unmarshal(r, &fields)
	return fields, err == nil && fields != nil
}

// decoded reads valid JSON so that it is written with its keys in order and its numbers as they were.
func decoded(text json.RawMessage) (v any) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	_ = d.Decode(&v) // it is part of what was valid
	return v
}

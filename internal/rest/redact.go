package rest

import (
	"bytes"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/wechatkit/wechat/internal/secret"
)

// cover knows what must not be shown of a request, in each form in which it may be quoted.
type cover struct {
	secrets []string // tokens, keys, and whatever else opens something
	all     []string // these, the OpenIDs, and what a message says
	users   bool     // also who logs in at an address, which is none of the above

	made      sync.Map // what stands in for an error, by its use
	originals sync.Map // the error, by what stands in for it
}

func newCover(secrets, texts []string) *cover {
	secrets = inAllForms(secrets)
	return &cover{secrets: secrets, all: append(inAllForms(texts), secrets...)}
}

// inAllForms adds to each value what becomes of it in a query, a path, JSON and a quoted string, which may quote JSON.
func inAllForms(values []string) []string {
	all := slices.Clone(values)
	for _, v := range values {
		all = appendNew(all, v, url.QueryEscape(v), url.PathEscape(v), quoted(v))
		escaped := inJSON(v, false)
		for _, form := range []string{string(rawUTF8([]byte(escaped))), escaped, inJSON(v, true)} {
			all = appendNew(all, v, form, quoted(form))
		}
	}
	return all
}

// appendNew appends the forms of v that are not v itself.
func appendNew(all []string, v string, forms ...string) []string {
	for _, form := range forms {
		if form != v {
			all = append(all, form)
		}
	}
	return all
}

// isPlain reports whether v reads the same in JSON and in a quoted string.
func isPlain(v string) bool {
	for i := range len(v) {
		if c := v[i]; c < ' ' || c > '~' || strings.IndexByte(`"\<>&`, c) >= 0 {
			return false
		}
	}
	return true
}

func quoted(v string) string {
	if isPlain(v) {
		return v
	}
	text := strconv.Quote(v)
	return text[1 : len(text)-1]
}

// inJSON returns what stands for v between the quotes of a JSON string; escape says whether <, > and & are escaped.
func inJSON(v string, escape bool) string {
	if isPlain(v) {
		return v
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(escape)
	if e.Encode(v) != nil {
		return v
	}
	text := strings.TrimSuffix(b.String(), "\n")
	return text[1 : len(text)-1]
}

// redact masks in text all that must not be shown.
func (c *cover) redact(text string) string {
	if c.users {
		text = withoutUsers(text)
	}
	return secret.Redact(text, c.all...)
}

// quiet is redact for a text of somebody else's, which may quote a request as it is or escaped.
func (c *cover) quiet(text string) string {
	text = c.redact(text)
	text = c.redact(html.UnescapeString(text))
	for range 2 { // a JSON text within a JSON text is escaped twice
		text = c.redact(unescaped(text))
	}
	return text
}

// partOf reports whether word is, or is a part of, something that must not be shown.
func (c *cover) partOf(word string) bool {
	return slices.ContainsFunc(c.all, func(value string) bool { return strings.Contains(value, word) })
}

// longest returns the length of the longest value.
func (c *cover) longest() (n int) {
	for _, v := range c.all {
		n = max(n, len(v))
	}
	return n
}

// unescaped undoes the escapes of JSON.
func unescaped(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, `\`)
		b.WriteString(before)
		if !found || after == "" {
			return b.String()
		}
		text = unescapeInto(&b, after)
	}
}

// unescapeInto writes the character of the escape that text begins with, behind its backslash, and returns
// what follows.
func unescapeInto(b *strings.Builder, text string) (rest string) {
	switch text[0] {
	case 'n', 'r', 't':
		b.WriteByte(map[byte]byte{'n': '\n', 'r': '\r', 't': '\t'}[text[0]])
		return text[1:]
	case 'u':
		if len(text) < 5 {
			return text
		}
		r, size := unescape([]byte(`\` + text[:min(len(text), 11)]))
		b.WriteRune(r)
		return text[size-1:]
	}
	b.WriteByte(text[0])
	return text[1:]
}

// Carried lists the OpenIDs and texts that the request holds in its query, its body and the form of its upload. A
// transport's error, an errmsg or a gateway's page may repeat any of it.
func (r *Request) Carried() (values []string) {
	if query, err := url.ParseQuery(r.Query); err == nil {
		for _, v := range query {
			values = append(values, v...)
		}
	}
	for _, v := range r.PlainQuery {
		values = append(values, v...)
	}
	values = append(values, jsonTexts(r.plain())...)
	if r.Upload == nil {
		return values
	}
	values = append(values, r.Upload.Filename)
	for _, f := range r.Upload.Form {
		values = append(append(values, f.Value), jsonTexts([]byte(f.Value))...)
	}
	return values
}

// Mask masks what text, which somebody else has sent, quotes of the request.
func (r *Request) Mask(text string) string { return r.cover().quiet(text) }

func (r *Request) cover() *cover { return newCover(r.secrets(), r.Carried()) }

// Named returns a word that an errmsg names, if it is not one that the errmsg quotes of the request: a key of the request,
// or a word that has nothing to do with it; else "". masked is what was found in the errmsg after it was masked.
func (r *Request) Named(word, masked string) string {
	c := r.cover()
	isCut := strings.Contains(word, masked) // by a mask that fell on a part of it
	switch {
	case !isCut && hasKey(r.plain(), masked):
		return masked
	case word == masked, hasKey(r.plain(), word):
		return word
	case c.redact(word) == word && !c.partOf(word):
		return word
	}
	return ""
}

// plain returns the body as it was before it was sealed.
func (r *Request) plain() []byte {
	if r.Plain != nil {
		return r.Plain
	}
	return r.Body
}

// deepestJSON is how many times JSON may stand as a text in JSON; WeChat wants it twice, for service cards.
const deepestJSON = 4

// jsonTexts lists the strings in data but for the keys, and those in strings that are JSON themselves.
func jsonTexts(data []byte) []string { return appendTexts(nil, data, deepestJSON) }

func appendTexts(list []string, data []byte, deepest int) []string {
	eachString(data, func(raw []byte, isKey bool) {
		if isKey {
			return
		}
		value := text(raw)
		list = append(list, value)
		if inner := []byte(value); deepest > 1 && isContainer(inner) {
			list = appendTexts(list, inner, deepest-1)
		}
	})
	return list
}

// isContainer reports whether text is a JSON object or list.
func isContainer(text []byte) bool {
	start := bytes.TrimLeft(text, " \t\r\n")
	return (bytes.HasPrefix(start, []byte("{")) || bytes.HasPrefix(start, []byte("["))) && json.Valid(text)
}

// hasKey reports whether data has a key of this name, in whatever depth.
func hasKey(data []byte, name string) (found bool) {
	eachString(data, func(raw []byte, isKey bool) { found = found || isKey && text(raw) == name })
	return found
}

// eachString calls f with each string of data in its quotes.
func eachString(data []byte, f func(raw []byte, isKey bool)) {
	for i := 0; i < len(data); i++ {
		if data[i] != '"' {
			continue
		}
		end := stringEnd(data, i)
		f(data[i:end], bytes.HasPrefix(bytes.TrimLeft(data[end:], " \t\r\n"), []byte(":")))
		i = end - 1
	}
}

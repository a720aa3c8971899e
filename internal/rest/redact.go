package rest

import (
	"html"
	"net/url"
	"slices"
	"strings"

	"github.com/wechatkit/wechat/internal/secret"
)

// Redact masks the secrets in text, plain and percent-encoded. Longer ones go first, so that one within another
// does not leave the rest of it to be seen.
func Redact(text string, secrets []string) string {
	secrets = slices.SortedFunc(slices.Values(secrets), func(a, b string) int { return len(b) - len(a) })
	for _, s := range secrets {
		text = secret.Redact(text, s, url.QueryEscape(s), url.PathEscape(s))
	}
	return text
}

// quiet is [Redact] for a text of somebody else's, which may quote a request as it is or escaped.
func quiet(text string, secrets []string) string {
	text = Redact(text, secrets)
	text = Redact(html.UnescapeString(text), secrets)
	for range 2 { // a JSON text within a JSON text is escaped twice
		text = Redact(unescaped(text), secrets)
	}
	return text
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

// Carried lists all that the request held: its secrets, the OpenIDs in its query, and the OpenIDs and texts in
// its body. A transport's error, an errmsg or a gateway's page may repeat any of it.
func (r *Request) Carried() []string {
	values := slices.Clip(r.secrets()) // which may be shared
	if query, err := url.ParseQuery(r.Query); err == nil {
		for _, v := range query {
			values = append(values, v...)
		}
	}
	for i := 0; i < len(r.Body); i++ {
		if r.Body[i] != '"' {
			continue
		}
		end := stringEnd(r.Body, i)
		if isKey := end < len(r.Body) && r.Body[end] == ':'; !isKey {
			values = append(values, text(r.Body[i:end]))
		}
		i = end - 1
	}
	return values
}

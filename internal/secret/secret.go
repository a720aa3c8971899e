// Package secret holds the one type that every key, token and password of this module has.
package secret

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
)

// Mask is what stands in place of a secret.
const Mask = "[redacted]"

// String is a secret. Whatever prints it (fmt, log/slog, encoding/json, encoding/xml) shows [Mask];
// an empty one shows as empty, so that a forgotten setting can still be seen.
// Reveal gives the text itself.
type String string

// Reveal returns the secret in clear. Call it only where the secret is used.
func (s String) Reveal() string { return string(s) }

// String returns [Mask], or "" for an empty secret.
func (s String) String() string {
	if s == "" {
		return ""
	}
	return Mask
}

// GoString keeps %#v from printing the secret.
func (s String) GoString() string { return fmt.Sprintf("%q", s.String()) }

// Format keeps every verb, %x and %d among them, from printing the secret.
func (s String) Format(f fmt.State, verb rune) {
	if verb == 'q' || (verb == 'v' && f.Flag('#')) {
		_, _ = io.WriteString(f, s.GoString())
		return
	}
	_, _ = io.WriteString(f, s.String())
}

// LogValue keeps the secret out of slog records.
func (s String) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText keeps the secret out of XML, YAML and the like. (encoding/json writes a map key of string kind
// as it is: a secret is never a map key.)
func (s String) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON keeps the secret out of JSON. There is no matching override for decoding:
// a configuration file that holds the secret in clear is read as usual.
func (s String) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// Masked is why something is refused that was a secret once.
const Masked = `"` + Mask + `", which was printed or marshalled and read back; Reveal gives the text to be kept`

// IsMask reports whether s is what stands in place of a secret.
func IsMask(s String) bool { return strings.TrimSpace(string(s)) == Mask }

// minRedactable is the length below which a value is not searched for in a text: replacing every "ab"
// would garble the text, and so short a string is no secret.
const minRedactable = 6

// Redact replaces each of the given values wherever it stands in text, whole: of values that overlap, or stand within one
// another, nothing is left. A mask in text stays as it is, whatever the values.
func Redact(text string, values ...string) string {
	var found []span
	masks := spans(text, Mask)
	for _, v := range values {
		if len(v) < minRedactable {
			continue
		}
		for _, s := range spans(text, v) {
			if !slices.ContainsFunc(masks, s.within) {
				found = append(found, s)
			}
		}
	}
	if found == nil {
		return text
	}
	return masked(text, found)
}

// span is a part of a text.
type span struct{ start, end int }

func (s span) within(outer span) bool { return outer.start <= s.start && s.end <= outer.end }

// spans lists where value stands in text.
func spans(text, value string) (list []span) {
	for from := 0; ; {
		i := strings.Index(text[from:], value)
		if i < 0 {
			return list
		}
		list = append(list, span{from + i, from + i + len(value)})
		from += i + len(value)
	}
}

// masked puts one mask in place of each run of spans that overlap.
func masked(text string, found []span) string {
	slices.SortFunc(found, func(a, b span) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end)) })
	var b strings.Builder
	done := 0
	for _, s := range found {
		if s.start >= done {
			b.WriteString(text[done:s.start])
			b.WriteString(Mask)
		}
		done = max(done, s.end)
	}
	b.WriteString(text[done:])
	return b.String()
}

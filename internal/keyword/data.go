package keyword

import (
	"regexp"
	"slices"
	"strings"

	"github.com/wechatkit/wechat/internal/rest"
)

// Keyword is one keyword of a template.
type Keyword struct {
	Key  string // such as "thing1"
	Name string // what the template calls it, the text before it in its line; "" if there is none
}

// Type returns the type that the key names.
func (k Keyword) Type() Type { return Of(k.Key) }

var placeholder = regexp.MustCompile(`\{\{(\w+)\.DATA\}\}`)

// Parse lists the keywords in a template's content ("Item:{{thing1.DATA}}\nWhen:{{date2.DATA}}\n") in
// their order, each once.
func Parse(content string) []Keyword {
	var list []Keyword
	for line := range strings.Lines(content) {
		end := 0
		for _, m := range placeholder.FindAllStringSubmatchIndex(line, -1) {
			k := Keyword{Key: line[m[2]:m[3]], Name: strings.Trim(line[end:m[0]], " \t\r:：")}
			end = m[1]
			if !slices.ContainsFunc(list, func(other Keyword) bool { return other.Key == k.Key }) {
				list = append(list, k)
			}
		}
	}
	return list
}

// Check checks all values of a message. It returns the first key, in the order of the alphabet, whose
// value breaks the rule of its type, and why; an empty reason means that all values pass.
func Check[M ~map[string]string](data M) (key, reason string) {
	for k, value := range data {
		if why := checkOne(k, value); why != "" && (reason == "" || k < key) {
			key, reason = k, why
		}
	}
	return key, reason
}

// suffix stands behind a key in a template's content, but not in a message.
const suffix = ".DATA"

func checkOne(key, value string) (reason string) {
	if strings.HasSuffix(key, suffix) {
		return `key ends in ".DATA", leave that out`
	}
	return Of(key).Check(value)
}

// Fit returns a copy of data in which [Type.Fit] was applied to every value.
func Fit[M ~map[string]string](data M) M {
	fitted := make(M, len(data))
	for key, value := range data {
		fitted[key] = Of(key).Fit(value)
	}
	return fitted
}

// Append writes data the way all messages by template carry it: {"data":{"thing1":{"value":"…"}}}.
func Append[M ~map[string]string](o *rest.Object, data M) {
	var room [8]string // templates have up to five keywords
	o.Open("data")
	for _, key := range Keys(room[:0], data) {
		o.Open(key)
		o.String("value", data[key])
		o.Shut()
	}
	o.Shut()
}

// Keys appends the keys of data to dst and sorts the whole, so that the same message is always the same
// bytes. With room in dst it allocates nothing.
func Keys[M ~map[string]string](dst []string, data M) []string {
	for key := range data {
		dst = append(dst, key)
	}
	slices.Sort(dst)
	return dst
}

package tree_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/wechatkit/wechat/callback/internal/tree"
)

// value is one element: a text, or children. The items of a list are neighbours of the same name.
type value struct {
	name     string
	text     string
	children []value
}

func values(t *rapid.T, depth int) []value {
	n := rapid.IntRange(0, 4).Draw(t, "n")
	out := make([]value, 0, n)
	for i := range n {
		name := fmt.Sprintf("%s%d", rapid.SampledFrom([]string{"MsgId", "List", "a_b", "x"}).Draw(t, "name"), i)
		repeat := rapid.IntRange(1, 3).Draw(t, "repeat")
		for range repeat {
			v := value{name: name}
			if depth > 0 && rapid.Bool().Draw(t, "parent") {
				v.children = values(t, depth-1)
			}
			if len(v.children) == 0 {
				v.text = text(t)
			}
			out = append(out, v)
		}
	}
	return out
}

func text(t *rapid.T) string {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringMatching(`[0-9]{1,20}`),
		rapid.SampledFrom([]string{"]]>", "a]]>b]]", "<b>&amp;</b>", "\x00\x01", "\xff\xc3", "a\r\n b", "😀", `"\/`, "\u2028\ufffe"}),
	).Draw(t, "text")
}

// toXML writes each text in one of the ways that XML knows, with comments and indentation in between.
func toXML(t *rapid.T, all []value) string {
	var b strings.Builder
	for _, v := range all {
		b.WriteString(rapid.SampledFrom([]string{"", "\n  ", "<!-- <x> -->", "<?pi?>"}).Draw(t, "gap"))
		switch {
		case len(v.children) > 0:
			fmt.Fprintf(&b, "<%s>%s</%s>", v.name, toXML(t, v.children), v.name)
		case v.text == "":
			fmt.Fprintf(&b, "<%s/>", v.name)
		case rapid.Bool().Draw(t, "cdata"):
			fmt.Fprintf(&b, "<%s> <![CDATA[%s]]>\n</%s >", v.name, strings.ReplaceAll(v.text, "]]>", "]]]]><![CDATA[>"), v.name)
		default:
			escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&#62;", "b", "&#x62;").Replace(v.text)
			fmt.Fprintf(&b, "<%s a='>'>%s</%s>", v.name, escaped, v.name)
		}
	}
	return b.String()
}

// toJSON groups neighbours of one name into an array.
func toJSON(t *rapid.T, all []value) string {
	var members []string
	for i := 0; i < len(all); {
		var items []string
		name := all[i].name
		for ; i < len(all) && all[i].name == name; i++ {
			items = append(items, toJSONItem(t, all[i]))
		}
		item := items[0]
		if len(items) > 1 || rapid.Bool().Draw(t, "array of one") {
			item = "[" + strings.Join(items, ", ") + "]"
		}
		members = append(members, fmt.Sprintf("%q :%s", name, item))
	}
	return "{" + strings.Join(members, "\n,") + "}"
}

func toJSONItem(t *rapid.T, v value) string {
	switch {
	case len(v.children) > 0:
		return toJSON(t, v.children)
	case v.text == "" && rapid.Bool().Draw(t, "null"):
		return "null"
	case isNumber(v.text) && rapid.Bool().Draw(t, "number"):
		return v.text
	case utf8.ValidString(v.text) && rapid.Bool().Draw(t, "escaped"):
		out, _ := json.Marshal(v.text)
		return string(out)
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v.text) + `"`
}

func isNumber(s string) bool {
	return json.Valid([]byte(s)) && strings.Trim(s, "0123456789") == ""
}

// TestSameTreeFromBothFormats: however WeChat writes a push down, the values are the same.
func TestSameTreeFromBothFormats(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := values(t, 3)
		fromXML, err := tree.Parse("<xml>" + toXML(t, all) + "</xml>")
		require.NoError(t, err)
		fromJSON, err := tree.Parse(toJSON(t, all))
		require.NoError(t, err)
		require.Equal(t, dump(fromXML.Root()), dump(fromJSON.Root()))
	})
}

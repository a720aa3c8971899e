package customerservice_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/wechatkit/wechat/customerservice"
)

func TestSplitText(t *testing.T) {
	t.Parallel()
	const link = `<a href="u">x</a>` // 17 bytes
	const family = "👨\u200d👩\u200d👧" // 18 bytes, one emoji
	cases := map[string]struct {
		text  string
		limit int
		want  []string
	}{
		"Empty":          {"", 10, nil},
		"Fits":           {"0123456789", 10, []string{"0123456789"}},
		"Hard":           {"0123456789abcde", 10, []string{"0123456789", "abcde"}},
		"Hanzi":          {"一二三四五", 8, []string{"一二", "三四", "五"}},
		"AtALineEnd":     {"abcdef\nhi jkl", 10, []string{"abcdef\n", "hi jkl"}},
		"AtASpace":       {"abc def ghi jkl", 10, []string{"abc def ", "ghi jkl"}},
		"NotAnEarlyOne":  {"a bcdefghijklm", 10, []string{"a bcdefghi", "jklm"}},
		"KeepsCRLF":      {"abcdefghi\r\njk", 10, []string{"abcdefghi", "\r\njk"}},
		"KeepsALink":     {"0123456789" + link + "end", 20, []string{"0123456789", link + "end"}},
		"LinkInCapitals": {"0123456789" + `<A HREF="u">x</A>`, 20, []string{"0123456789", `<A HREF="u">x</A>`}},
		"LinkWithATag":   {"0123456789" + `<a h>x</b></</A>y`, 20, []string{"0123456789", `<a h>x</b></</A>y`}},
		"LinkTooLong":    {"ab" + link + "cd", 10, []string{"ab", link, "cd"}},
		"LinkUnclosed":   {`<a href="u">xyz`, 10, []string{`<a href="u`, `">xyz`}},
		"NotALink":       {"<abbr>12345</a>", 10, []string{"<abbr>1234", "5</a>"}},
		"KeepsAnEmoji":   {"ab" + family + "cd", 20, []string{"ab" + family, "cd"}},
		"MovesAnEmoji":   {"abcd" + family + "e", 20, []string{"abcd", family + "e"}},
		"CutsAHugeEmoji": {family, 10, []string{"👨\u200d", "👩\u200d", "👧"}},
		"KeepsAnAccent":  {"abcdefghie\u0301x", 10, []string{"abcdefghi", "e\u0301x"}},
		"KeepsASkinTone": {"abcd👍🏽x", 10, []string{"abcd", "👍🏽x"}},
		"KeepsAFlag":     {"abcd🇨🇳🇩🇪", 10, []string{"abcd", "🇨🇳", "🇩🇪"}},
		"NoEmptyPart":    {"0123456789 \n\n\n", 10, []string{"0123456789"}},
		"TinyLimit":      {"一二", 1, []string{"一", "二"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, customerservice.SplitText(c.text, c.limit))
		})
	}
}

func TestSplitTextUsesTheLimitOfATextByDefault(t *testing.T) {
	t.Parallel()
	parts := customerservice.SplitText(strings.Repeat("x", customerservice.TextLimit+1), 0)
	require.Len(t, parts, 2)
	require.Len(t, parts[0], customerservice.TextLimit)
}

func TestSplitTextLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOf(rapid.OneOf(
			rapid.String(),
			rapid.SampledFrom([]string{`<a href="u">x</a>`, "<a ", "</a>", "\n", " ", "👨\u200d👩", "🇨🇳", "e\u0301", "字"}),
		)).Draw(t, "pieces")
		text := strings.Join(pieces, "")
		limit := rapid.IntRange(4, 40).Draw(t, "limit")

		parts := customerservice.SplitText(text, limit)
		require.Equal(t, withoutSpace(text), withoutSpace(strings.Join(parts, "")))
		for _, part := range parts {
			require.True(t, utf8.ValidString(part))
			require.NotEmpty(t, strings.TrimSpace(part))
			if len(part) > limit {
				require.True(t, strings.HasPrefix(part, "<a ") && strings.HasSuffix(part, "</a>"), "only a link may be longer")
			}
		}
	})
}

func withoutSpace(s string) string { return strings.Join(strings.Fields(s), "") }

func TestSplitTextIsFastOnAnything(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("<a ", 100_000)
	require.Equal(t, text, strings.Join(customerservice.SplitText(text, 0), ""))
}

func TestPageLink(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		link customerservice.PageLink
		want string
	}{
		"Whole": {
			customerservice.PageLink{Label: "open", AppID: "wx1", Page: "pages/a?b=1&c=2", URL: "https://e.example/?d=3&e=4"},
			`<a href="https://e.example/?d=3&e=4" data-miniprogram-appid="wx1" data-miniprogram-path="pages/a?b=1&c=2">open</a>`,
		},
		"WebOnly": {customerservice.PageLink{Label: "open", URL: "https://e.example"}, `<a href="https://e.example">open</a>`},
		"NoTagsFromOutside": {
			customerservice.PageLink{Label: `</a><a href="x">`, URL: `u"><b>`},
			`<a href="u%22%3E%3Cb%3E">＜/a＞＜a href="x"＞</a>`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, c.link.String())
		})
	}
}

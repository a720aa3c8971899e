package keyword_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/wechatkit/wechat/internal/keyword"
)

func TestFit(t *testing.T) {
	t.Parallel()
	cases := []struct {
		key         keyword.Type
		value, want string
	}{
		{keyword.Thing, "Blue mug", "Blue mug"},
		{keyword.Thing, strings.Repeat("蓝", 23), strings.Repeat("蓝", 17) + "..."},
		{keyword.Thing, strings.Repeat("蓝", 20), strings.Repeat("蓝", 20)},
		{keyword.Thing, "two\r\nlines\n", "two  lines"},
		{keyword.Thing, "1234567890123456👨\u200d👩\u200d👧", "1234567890123456👨..."}, // cut before the joiner
		{keyword.Thing, "123456789012345👨\u200d👩\u200d👧 7", "123456789012345👨..."}, // cut behind it
		{keyword.ShortThing, "蓝色的大杯子", "蓝色的大杯"},
		{keyword.CharacterString, strings.Repeat("x", 40), strings.Repeat("x", 29) + "..."},
		{keyword.Name, "李雷和韩梅梅还有他们的朋友", "李雷和韩梅梅还..."},
		{keyword.Name, strings.Repeat("l", 25), strings.Repeat("l", 17) + "..."},
		{keyword.Name, "user 25\n", "user 25\n"},
		{keyword.Name, strings.Repeat("l", 25) + "7", strings.Repeat("l", 25) + "7"},
		{keyword.Phrase, "已经发货了吗", "已经发货了"},
		{keyword.Phrase, "not Chinese", "not Chinese"},
		{keyword.Time, "09:00～10:00", "09:00~10:00"},
		{keyword.Date, "soon", "soon"},
		{keyword.Amount, "12345678901", "12345678901"},
		{keyword.PhoneNumber, "+86-0571-880012345", "+86-0571-880012345"},
		{keyword.Const, strings.Repeat("a", 21), strings.Repeat("a", 21)},
		{keyword.Enum, "Kitchen", "Kitchen"},
		{"gadget", "a\nb", "a\nb"},
	}
	for _, c := range cases {
		require.Equal(t, c.want, c.key.Fit(c.value), "%s %q", c.key, c.value)
	}
}

func TestFitMakesTextPass(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SampledFrom([]keyword.Type{keyword.Thing, keyword.ShortThing, keyword.Name}).Draw(t, "type")
		value := rapid.String().Draw(t, "value")
		fitted := key.Fit(value)
		if strings.TrimSpace(fitted) != "" && (key != keyword.Name || !strings.ContainsAny(value, "0123456789")) {
			require.Empty(t, key.Check(fitted), "%q", fitted)
		}
		require.Equal(t, fitted, key.Fit(fitted), "fitting twice changes nothing")
		require.LessOrEqual(t, utf8.RuneCountInString(fitted), utf8.RuneCountInString(value))
		if key.Check(value) == "" {
			require.Equal(t, value, fitted, "what passes stays as it is")
		}
	})
}

func FuzzCheckAndFit(f *testing.F) {
	for key, value := range samples {
		f.Add(string(key), value)
	}
	f.Add("time", "1:\xff~年月日:::2026-")
	f.Add("thing", "\u200d\xe5")
	f.Fuzz(func(t *testing.T, name, value string) {
		key := keyword.Type(name)
		reason := key.Check(value)
		if fitted := key.Fit(value); reason == "" {
			require.Equal(t, value, fitted, "what passes stays as it is")
		}
		if len(value) > 30 {
			require.NotContains(t, reason, value, "a reason does not repeat the value")
		}
	})
}

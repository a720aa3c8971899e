package keyword_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/wechatkit/wechat/internal/keyword"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]keyword.Type{
		"thing1": keyword.Thing, "thing01": keyword.Thing, "character_string12": keyword.CharacterString,
		"enum_string2": keyword.EnumString, "thing": keyword.Thing, "7": "", "": "", "remark": "remark",
	} {
		require.Equal(t, want, keyword.Of(key), key)
	}
}

// The first block of each type is what WeChat's documentation shows or allows in words.
func TestCheckAllows(t *testing.T) {
	t.Parallel()
	for key, values := range map[keyword.Type][]string{
		keyword.Thing:           {"Blue mug 蓝杯", strings.Repeat("蓝", 20), "a", "Line-9 <b> & \"x\"", "😀"},
		keyword.ShortThing:      {"蓝色的杯子", "ok"},
		keyword.Const:           {"已发货", strings.Repeat("a", 20)},
		keyword.Number:          {"12.5", "0", strings.Repeat("9", 32), "1." + strings.Repeat("9", 31)},
		keyword.Letter:          {"ABCd", strings.Repeat("z", 32)},
		keyword.Symbol:          {"***", "+-*/=", "，。", "…"},
		keyword.CharacterString: {"NO-2026/11-7", strings.Repeat("x", 32), "a b", "é", "№ 7"},
		keyword.Amount:          {"¥100", "$9.90", "12.5元", "￥1234567890.99元", "€5"},
		keyword.PhoneNumber:     {"+86-0571-88001234", "400 800 8888", "(010)1234567", "1.2/3"},
		keyword.CarNumber:       {"浙B1X234挂", "浙A12345", "A1", "浙"},
		keyword.Name:            {"Li Lei", "李雷", "欧阳·李", strings.Repeat("李", 10), strings.Repeat("l", 20), "阿凡提·买买提", "O'Neill Ⅷ"},
		keyword.Phrase:          {"已发货", "好"},
		keyword.Enum:            {"厨房", strings.Repeat("long ", 20)},
		keyword.EnumString:      {"Kitchen"},
		"gadget":                {"", "whatever\n", strings.Repeat("x", 500)},
		"remark":                {""},
		"":                      {""},
	} {
		for _, value := range values {
			require.Empty(t, key.Check(value), "%s %q", key, value)
		}
	}
}

func TestCheckAllowsDatesAndTimes(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"09:30", "9:30", "23:59:59", "24:00", "2026年11月20日", "2026年11月20日 09:30", "2026年11月20日09:30:15",
		"2026年11月", "11月20日", "2026-11-20", "2026/11/20", "2026.11.20", "2026-11", "11-20", "2026-1-2 9:05",
		"2026-11-20 09:30~2026-11-21 10:00", "2026-11-29 10:00:00~12:00:00", "09:00~10:00", "2026-11-20~2026-11-30",
		"2026年11月20日 ~ 2026年11月21日", "2020-01-18 16:18:49.0", " 09:30 ",
	} {
		require.Empty(t, keyword.Time.Check(value), value)
		require.Empty(t, keyword.Date.Check(value), value)
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	const moment = `not a date or time such as "2026-11-20", "2026年11月20日 09:30" or "09:30~10:00"`
	const number = `not a number such as "12" or "12.5"`
	const amount = `not an amount such as "¥19.90" or "19.90元"`
	cases := []struct {
		key    keyword.Type
		value  string
		reason string
	}{
		{keyword.Thing, "", "empty"},
		{keyword.Thing, " \t", "empty"},
		{keyword.Thing, strings.Repeat("蓝", 23), "23 characters, limit 20"},
		{keyword.Thing, "two\nlines", "character 4 is the control character U+000A"},
		{keyword.Thing, "蓝\u0085", "character 2 is the control character U+0085"},
		{keyword.ShortThing, "sixsix", "6 characters, limit 5"},
		{keyword.Const, strings.Repeat("a", 21), "21 characters, limit 20"},
		{keyword.Number, "12,5", number},
		{keyword.Number, "-1", number},
		{keyword.Number, "1.", number},
		{keyword.Number, ".5", number},
		{keyword.Number, strings.Repeat("9", 33), "33 digits, limit 32"},
		{keyword.Letter, "ab1", "character 3 is not a letter A-Z or a-z"},
		{keyword.Letter, strings.Repeat("z", 33), "33 characters, limit 32"},
		{keyword.Symbol, "**a", "character 3 is not a symbol"},
		{keyword.Symbol, "******", "6 characters, limit 5"},
		{keyword.CharacterString, "NO 蓝", "character 4 is Chinese or a control character"},
		{keyword.CharacterString, "㐀", "character 1 is Chinese or a control character"},
		{keyword.CharacterString, strings.Repeat("x", 33), "33 characters, limit 32"},
		{keyword.Amount, "12345678901", "11 digits before the point, limit 10"},
		{keyword.Amount, "¥1,000", amount},
		{keyword.Amount, "free", amount},
		{keyword.Amount, "¥", amount},
		{keyword.Amount, "5元整", amount},
		{keyword.PhoneNumber, "+86-0571-880012345", "18 characters, limit 17"},
		{keyword.PhoneNumber, "tel 5", "character 1 is neither a digit nor a symbol"},
		{keyword.CarNumber, "浙B1X2345挂", "9 characters, limit 8"},
		{keyword.CarNumber, "浙浙B12", "character 2 is not allowed there"},
		{keyword.CarNumber, "A-1", "character 2 is not allowed there"},
		{keyword.Name, "user25", "character 5 is a digit, a name has none"},
		{keyword.Name, "用户410774", "character 3 is a digit, a name has none"},
		{keyword.Name, "订阅消息内容1", "character 7 is a digit, a name has none"},
		{keyword.Name, "1380000", "character 1 is a digit, a name has none"},
		{keyword.Name, strings.Repeat("l", 21), "21 characters, limit 20"},
		{keyword.Name, "Li Lei 李雷雷雷", "11 characters, limit 10"},
		{keyword.Phrase, "已发货了了了", "6 characters, limit 5"},
		{keyword.Phrase, "ok", "character 1 is not Chinese"},
		{keyword.Enum, "", "empty"},
		{keyword.Time, "09:30～10:00", `full-width "～", write "~"`},
		{keyword.Time, "soon", moment},
		{keyword.Time, "25:00", moment},
		{keyword.Time, "9:60", moment},
		{keyword.Time, "9：30", moment},
		{keyword.Time, "09:30~", moment},
		{keyword.Time, "1~2~3", moment},
		{keyword.Date, "2026-11-20-", moment},
		{keyword.Date, "2026.11.", moment},
		{keyword.Time, "11/20/ 09:30", moment},
		{keyword.Date, "2026", moment},
		{keyword.Date, "2026年", moment},
		{keyword.Date, "2026年 09:30", moment},
		{keyword.Date, "2026-11-20T09:30:00Z", moment},
		{keyword.Date, "20261120", moment},
		{keyword.Date, "2026-11-20 9:30:1", moment},
	}
	for _, c := range cases {
		require.Equal(t, c.reason, c.key.Check(c.value), "%s %q", c.key, c.value)
	}
}

func TestRule(t *testing.T) {
	t.Parallel()
	require.Equal(t, 20, keyword.Thing.Limit())
	require.Equal(t, "up to 20 characters", keyword.Thing.Rule())
	require.Zero(t, keyword.Date.Limit())
	require.Zero(t, keyword.Type("gadget").Limit())
	require.Empty(t, keyword.Type("gadget").Rule())
}

// The forms are WeChat's words written as regular expressions, as strictly as the words allow. Whatever
// fits them must pass.
func TestCheckIsNeverStricterThanTheDocumentation(t *testing.T) {
	t.Parallel()
	const (
		date   = `([0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日|[0-9]{4}年[0-9]{1,2}月|[0-9]{1,2}月[0-9]{1,2}日|[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{4}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2})`
		clock  = `([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?`
		moment = `(` + date + `( ?` + clock + `)?|` + clock + `)`
	)
	for key, form := range map[keyword.Type]string{
		keyword.Thing:           `[!-~\p{Han}]{1,20}`,
		keyword.ShortThing:      `[!-~\p{Han}]{1,5}`,
		keyword.Number:          `[0-9]{1,20}(\.[0-9]{1,12})?`,
		keyword.Letter:          `[A-Za-z]{1,32}`,
		keyword.CharacterString: `[!-~]{1,32}`,
		keyword.Time:            moment + `(~` + moment + `)?`,
		keyword.Date:            moment + `(~` + moment + `)?`,
		keyword.Amount:          `\p{Sc}?[0-9]{1,10}(\.[0-9]{1,6})?元?`,
		keyword.PhoneNumber:     `[0-9+\-*#()]{1,17}`,
		keyword.CarNumber:       `[\p{Han}A-Za-z0-9][A-Za-z0-9]{0,6}[\p{Han}A-Za-z0-9]?`,
		keyword.Name:            `(\p{Han}{1,10}|[A-Za-z]{1,20})`,
		keyword.Phrase:          `\p{Han}{1,5}`,
	} {
		t.Run(string(key), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				value := rapid.StringMatching(form).Draw(t, "value")
				require.Empty(t, key.Check(value), "%q", value)
			})
		})
	}
}

func TestCheckAllocatesNothing(t *testing.T) { //nolint:paralleltest // AllocsPerRun refuses parallel tests
	for key, value := range samples {
		require.Zero(t, testing.AllocsPerRun(100, func() { key.Check(value) }), key)
	}
}

var samples = map[keyword.Type]string{
	keyword.Thing: "Fire insurance 火险", keyword.CharacterString: "NO-2026/11-7", keyword.Amount: "¥1234.50",
	keyword.Time: "2026-11-29 10:00:00~12:00:00", keyword.Date: "2026年11月20日 09:30", keyword.Name: "李雷",
	keyword.PhoneNumber: "+86-0571-88001234", keyword.CarNumber: "浙B1X234挂", keyword.Phrase: "已发货",
	keyword.Number: "12.5", keyword.Symbol: "***", keyword.Letter: "ABCd", "gadget": "any",
}

func BenchmarkCheck(b *testing.B) {
	for key, value := range samples {
		b.Run(string(key), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if key.Check(value) != "" {
					b.Fatal("the sample is wrong")
				}
			}
		})
	}
}

package keyword_test

import (
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/keyword"
)

func TestParse(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		content string
		want    []keyword.Keyword
	}{
		"as documented": {
			"Item:{{thing1.DATA}}\nWhen:{{date2.DATA}}\n",
			[]keyword.Keyword{{Key: "thing1", Name: "Item"}, {Key: "date2", Name: "When"}},
		},
		"Chinese, CRLF, no colon": {
			"合同名称：{{thing1.DATA}}\r\n到期时间{{time2.DATA}}",
			[]keyword.Keyword{{Key: "thing1", Name: "合同名称"}, {Key: "time2", Name: "到期时间"}},
		},
		"head and tail of the old library": {
			"{{first.DATA}}\nPrice:{{keyword1.DATA}}\n{{remark.DATA}}",
			[]keyword.Keyword{{Key: "first"}, {Key: "keyword1", Name: "Price"}, {Key: "remark"}},
		},
		"two in a line, one twice": {
			"From {{time1.DATA}} to {{time2.DATA}}\nagain {{time1.DATA}}",
			[]keyword.Keyword{{Key: "time1", Name: "From"}, {Key: "time2", Name: "to"}},
		},
		"nothing": {"no keyword, {{thing1}}, {{thing1.DATA}", nil},
		"empty":   {"", nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, keyword.Parse(c.content))
		})
	}
	require.Equal(t, keyword.Date, keyword.Keyword{Key: "date2"}.Type())
}

func FuzzParse(f *testing.F) {
	f.Add("Item:{{thing1.DATA}}\nWhen:{{date2.DATA}}\n")
	f.Add("{{{a.DATA}}}{{b{{c.DATA}}\r{{ d.DATA }}")
	form := regexp.MustCompile(`^\w+$`)
	f.Fuzz(func(t *testing.T, content string) {
		seen := map[string]bool{}
		for _, k := range keyword.Parse(content) {
			require.Regexp(t, form, k.Key)
			require.Contains(t, content, "{{"+k.Key+".DATA}}")
			require.False(t, seen[k.Key], "each key once")
			require.NotContains(t, k.Name, "\n")
			seen[k.Key] = true
		}
	})
}

func TestCheckOfData(t *testing.T) {
	t.Parallel()
	key, reason := keyword.Check(map[string]string{"thing1": "Blue mug", "date2": "2026-12-01", "remark": ""})
	require.Empty(t, key)
	require.Empty(t, reason)

	key, reason = keyword.Check(map[string]string{"time9": "soon", "thing3": "", "thing2": "\n", "amount1": "¥1"})
	require.Equal(t, "thing2", key, "the first by name, however the map is walked")
	require.Equal(t, "empty", reason)

	key, reason = keyword.Check(map[string]string{"thing1.DATA": "x"})
	require.Equal(t, "thing1.DATA", key)
	require.Equal(t, `key ends in ".DATA", leave that out`, reason)
}

func TestFitOfDataCopies(t *testing.T) {
	t.Parallel()
	type data map[string]string
	in := data{"short_thing1": "sixsix", "thing2": "fine"}
	require.Equal(t, data{"short_thing1": "sixsi", "thing2": "fine"}, keyword.Fit(in))
	require.Equal(t, "sixsix", in["short_thing1"])
}

func TestKeys(t *testing.T) { //nolint:paralleltest // AllocsPerRun refuses parallel tests
	data := map[string]string{"time3": "", "thing1": "", "date2": ""}
	require.Equal(t, []string{"date2", "thing1", "time3"}, keyword.Keys(nil, data))
	require.Equal(t, slices.Sorted(maps.Keys(data)), keyword.Keys(make([]string, 0, 1), data))
	require.Zero(t, testing.AllocsPerRun(100, func() {
		var room [8]string
		_ = keyword.Keys(room[:0], data)
	}))
}

package lenient_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/lenient"
)

type document struct {
	ID   lenient.Int64               `json:"id"`
	Name lenient.String              `json:"name"`
	OK   lenient.Bool                `json:"ok"`
	List lenient.List[lenient.Int64] `json:"list"`
}

func TestUnmarshal(t *testing.T) {
	t.Parallel()
	full := document{ID: 3248682510344192009, Name: "307", OK: true, List: lenient.List[lenient.Int64]{1}}
	cases := map[string]struct {
		in   string
		want document
	}{
		"as documented":            {`{"id":3248682510344192009,"name":"307","ok":true,"list":[1]}`, full},
		"strings for numbers":      {`{"id":"3248682510344192009","name":307,"ok":"1","list":["1"]}`, full},
		"one object for a list":    {`{"id":3248682510344192009,"name":"307","ok":1,"list":"1"}`, full},
		"byte order mark":          {"\xef\xbb\xbf {\"id\":1}\n", document{ID: 1}},
		"nulls":                    {`{"id":null,"name":null,"ok":null,"list":null}`, document{}},
		"empty strings":            {`{"id":"","name":"","ok":"","list":""}`, document{}},
		"empty object for a list":  {`{"list":{ }}`, document{}},
		"the string null":          {`{"name":"null"}`, document{Name: "null"}},
		"float that is whole":      {`{"id":7.2e3}`, document{ID: 7200}},
		"control bytes in strings": {"{\"name\":\"a\x01b\nc\x7fd\",\"id\":5}", document{Name: "a b c d", ID: 5}},
		"escapes are kept":         {"{\"name\":\"a\\\\\x02\\\"\\/b\"}", document{Name: `a\ "/b`}},
		"invalid UTF-8":            {"{\"name\":\"a\xffb\"}", document{Name: "a\ufffdb"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got document
			require.NoError(t, lenient.Unmarshal([]byte(c.in), &got))
			require.Equal(t, c.want, got)
		})
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	t.Parallel()
	for _, in := range []string{``, `<html>`, `{"id":`, `{"id":"x"}`, `{"id":[1]}`, `{"name":{}}`, `{"id":1.5}`, `{"list":[`, `{"list":"x"}`} {
		var got document
		require.Error(t, lenient.Unmarshal([]byte(in), &got), in)
	}
}

func TestFloat64(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]float64{`71`: 71, `"71.5"`: 71.5, `7.2e1`: 72, `null`: 0, `""`: 0, `" 3 "`: 3} {
		got := lenient.Float64(9)
		require.NoError(t, lenient.Unmarshal([]byte(in), &got), in)
		require.InDelta(t, want, float64(got), 0, in)
	}
	for _, in := range []string{`"x"`, `"NaN"`, `"Inf"`, `{}`, `[1]`, `true`, `"1e999"`} {
		var got lenient.Float64
		require.Error(t, lenient.Unmarshal([]byte(in), &got), in)
	}
}

func TestUnmarshalLeavesItsInputAlone(t *testing.T) {
	t.Parallel()
	in := []byte("{\"name\":\"a\x01b\"}")
	var got document
	require.NoError(t, lenient.Unmarshal(in, &got))
	require.Equal(t, byte(1), in[10])
}

func TestTime(t *testing.T) {
	t.Parallel()
	require.True(t, lenient.Int64(0).Time().IsZero())
	require.Equal(t, int64(1764000000), lenient.Int64(1764000000).Time().Unix())
	require.Equal(t, time.Unix(5, 0), lenient.Int64(5).Time())
}

func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(`{"id":"1","name":2,"ok":"true","list":{}}`))
	f.Add([]byte("\xef\xbb\xbf{\"name\":\"\x01\\\"\"}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var plain, got document
		err := lenient.Unmarshal(data, &got)
		if json.Unmarshal(data, &plain) == nil {
			require.NoError(t, err, "what is plain JSON must stay readable")
			require.Equal(t, plain, got)
		}
	})
}

package rest_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/rest"
)

func TestEncodeSendsWhatWeChatTakes(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ in, want string }{
		"HTML stays":            {`<a href="x?a=1&b=2">`, `"<a href=\"x?a=1&b=2\">"`},
		"Chinese stays":         {"到期提醒 😀", `"到期提醒 😀"`},
		"line separators stay":  {"a\u2028b\u2029c", "\"a\u2028b\u2029c\""},
		"controls are dropped":  {"a\x00b\x1fc\x7fd\be", `"abcde"`},
		"white space":           {"a\nb\tc\rd", `"a\nb\tc\rd"`},
		"backslash":             {`a\u0041\n`, `"a\\u0041\\n"`},
		"looks like an escape":  {`\\u003c`, `"\\\\u003c"`},
		"ends in a backslash":   {`a\`, `"a\\"`},
		"empty":                 {"", `""`},
		"quote next to control": {"\"\x01\"", `"\"\""`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := rest.Encode(c.in)
			require.NoError(t, err)
			require.Equal(t, c.want, string(got), "encoding/json, then mended")
			require.Equal(t, c.want, string(rest.AppendString(nil, c.in)), "written by hand")
		})
	}
}

func TestEncodeMendsForeignJSON(t *testing.T) {
	t.Parallel()
	raw := json.RawMessage(`{"a":"\u4e2d\ud83d\ude00\u0022\u005c\u0001","b":"\ud83dx"}`)
	got, err := rest.Encode(raw)
	require.NoError(t, err)
	require.Equal(t, `{"a":"中😀\"\\","b":"`+"\ufffd"+`x"}`, string(got))
}

func TestEncodeReportsWhatHasNoJSON(t *testing.T) {
	t.Parallel()
	_, err := rest.Encode(make(chan int))
	require.Error(t, err)
}

func FuzzAppendString(f *testing.F) {
	f.Add("a\x00\"\\\u2028\xff<&>")
	f.Fuzz(func(t *testing.T, s string) {
		out := rest.AppendString(nil, s)
		require.True(t, utf8.Valid(out))
		var back string
		require.NoError(t, json.Unmarshal(out, &back))
		want := strings.Map(func(r rune) rune {
			if r < 0x20 && r != '\n' && r != '\r' && r != '\t' || r == 0x7f {
				return -1
			}
			return r
		}, strings.ToValidUTF8(s, "\ufffd"))
		if utf8.ValidString(s) {
			require.Equal(t, want, back)
		}
		encoded, err := rest.Encode(s)
		if !utf8.ValidString(s) {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		require.Equal(t, string(out), string(encoded), "both ways lead to the same JSON")
	})
}

func TestObject(t *testing.T) {
	t.Parallel()
	o := rest.NewObject([]byte("x"))
	o.String("a", "1")
	o.Optional("b", "")
	o.Open("c")
	o.Int("d", -5)
	o.Optional("e", "2")
	o.Shut()
	o.Open("f")
	o.Shut()
	o.Key("g").Value(func(b []byte) []byte { return append(b, "[1]"...) })
	require.Equal(t, `x{"a":"1","c":{"d":-5,"e":"2"},"f":{},"g":[1]}`, string(o.Close()))
}

func TestField(t *testing.T) {
	t.Parallel()
	doc := []byte(` { "a" : "x\"y" , "b":{"errcode":1,"c":["errcode",2]},"c":"errcode" , "errcode" : 43101 ,"n":null,"last":[1,{"z":2}] } `)
	cases := map[string]string{
		"a": `"x\"y"`, "b": `{"errcode":1,"c":["errcode",2]}`, "c": `"errcode"`, "errcode": "43101", "n": "null",
		"last": `[1,{"z":2}]`,
	}
	for key, want := range cases {
		require.Equal(t, want, string(rest.Field(doc, key)), key)
	}
	require.Nil(t, rest.Field(doc, "z"))
	require.Nil(t, rest.Field([]byte(`{}`), "a"))
	require.Equal(t, int64(43101), rest.Int(doc, "errcode"))
	require.Equal(t, `x"y`, rest.Text(doc, "a"))
	require.Empty(t, rest.Text(doc, "n"))
	require.Empty(t, rest.Text(doc, "b"), "an object is no text")
	require.Empty(t, rest.Text(doc, "last"))
	require.Equal(t, "43101", rest.Text(doc, "errcode"))
	require.Zero(t, rest.Int(doc, "a"))
	require.Equal(t, int64(3248682510344192009), rest.Int([]byte(`{"msgid":"3248682510344192009"}`), "msgid"))
}

func FuzzField(f *testing.F) {
	f.Add([]byte(`{"a":"x\"y","b":[1,{"a":2}],"a":3}`), "a")
	f.Fuzz(func(t *testing.T, doc []byte, key string) {
		got := rest.Field(doc, key)
		var want map[string]json.RawMessage
		if json.Unmarshal(doc, &want) != nil || strings.ContainsAny(key, "\"\\") || !utf8.ValidString(key) {
			return
		}
		if _, ok := want[key]; ok && !strings.Contains(string(doc), `\`) {
			require.NotNil(t, got)
			require.True(t, json.Valid(got))
		}
	})
}

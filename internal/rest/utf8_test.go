package rest_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/wechatkit/wechat/internal/rest"
)

const gbk = "\xd7\xaa\xbb\xbb" // 转换

type content interface{ kind() string }

type note struct{ Text string }

func (*note) kind() string { return "note" }

// written is an Appender, as the message types are.
type written struct {
	Title   string
	Data    map[string]string
	Content content
	shop    string
}

func (w *written) AppendJSON(dst []byte) []byte {
	o := rest.NewObject(dst)
	o.String("title", w.Title)
	for key, value := range w.Data {
		o.String(key, value)
	}
	if n, ok := w.Content.(*note); ok {
		o.String("note", n.Text)
	}
	o.Optional("shop", w.shop)
	return o.Close()
}

// custom makes its own JSON.
type custom string

func (c custom) MarshalJSON() ([]byte, error) { return []byte(`"` + c + `"`), nil }

// named makes its own text.
type named struct{ text string }

func (n *named) MarshalText() ([]byte, error) { return []byte(n.text), nil }

type Embedded struct{ OpenID string }

type article struct{ Title, URL string }

func TestEncodeRefusesTextThatIsNoUTF8(t *testing.T) {
	t.Parallel()
	type wire struct {
		Embedded
		*article
		ToUser   string
		Articles []article
		Info     struct {
			Scene struct {
				Str string `field:"Scene"`
			} `field:"-"`
			Name string `field:"name"`
		} `field:"-"`
		Extra any
	}
	inInfo := wire{}
	inInfo.Info.Name = gbk
	inScene := wire{}
	inScene.Info.Scene.Str = gbk
	cases := map[string]any{
		"Title":             &written{Title: gbk},
		`Data["thing1"]`:    &written{Data: map[string]string{"thing1": gbk, "thing2": gbk, "thing0": "fine \ufffd"}},
		`Data["\xff"]`:      &written{Data: map[string]string{"\xff": "x"}},
		"note.Text":         &written{Content: &note{gbk}},
		"shop":              &written{shop: gbk},
		"OpenID":            wire{Embedded: Embedded{gbk}},
		"ToUser":            &wire{ToUser: "cut in a character \xe8\xbd"},
		"Articles[1].URL":   wire{Articles: []article{{"a", "b"}, {"c", gbk}}},
		"name":              inInfo,
		"Scene":             inScene,
		`Extra["a"][0]`:     wire{Extra: map[string]any{"a": []any{gbk}}},
		`In["touser"]`:      map[string]any{"n": 1, "touser": gbk},
		`In["list"][0].URL`: map[string]any{"list": []article{{URL: gbk}}},
		"In[1]":             []string{"a", gbk},
		"In":                gbk,
	}
	for field, in := range cases {
		_, err := rest.Encode(in)
		require.EqualError(t, err, field+": not UTF-8")
		var text *rest.TextError
		require.ErrorAs(t, err, &text)
		require.Equal(t, field, text.Field)
	}
	for _, raw := range []any{json.RawMessage(`{"a":"` + gbk + `"}`), custom(gbk), &named{gbk}} {
		_, err := rest.Encode(raw)
		require.EqualError(t, err, "In: not UTF-8")
	}
}

// U+FFFD is a character like others where the caller wrote it, and so is what does not go into the JSON.
func TestEncodeTakesWhatOnlyLooksDamaged(t *testing.T) {
	t.Parallel()
	for _, in := range []any{
		"\ufffd", map[string]string{"a\ufffd": "\ufffd"}, &written{Title: "\ufffd"}, json.RawMessage(`{"a":"\ufffd"}`),
		custom("\ufffd"), &named{"\ufffd"}, []byte(gbk), [2]any{[]byte(gbk), "\ufffd"}, map[int]string{1: "\ufffd"},
		struct {
			Out    string
			Hidden string `json:"-"`
			inner  string
			None   *written
			Any    any
		}{"\ufffd", gbk, gbk, nil, nil},
	} {
		body, err := rest.Encode(in)
		require.NoError(t, err, "%T", in)
		require.True(t, bytes.Contains(body, []byte("\ufffd")) || bytes.HasPrefix(body, []byte(`"`)), "%s", body)
	}
}

func TestTextErrorKeepsTheTextToItself(t *testing.T) {
	t.Parallel()
	_, err := rest.Encode(map[string]string{"content": "a secret " + gbk})
	require.NotContains(t, err.Error(), "secret")
}

// Both encoders refuse a request exactly if one of its texts is not UTF-8, whatever else is in it.
func TestEncodeRefusesNothingElse(t *testing.T) {
	t.Parallel()
	text := rapid.Custom(func(t *rapid.T) string {
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "蓝", "\ufffd", "😀", "\u2028", "\"", "\\", "<", "\xe8", "\xff", "\n"}), 0, 4)
		return strings.Join(parts.Draw(t, "parts"), "")
	})
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.MapOf(text, text).Draw(t, "data")
		title := text.Draw(t, "title")
		valid := utf8.ValidString(title)
		for key, value := range data {
			valid = valid && utf8.ValidString(key) && utf8.ValidString(value)
		}
		for _, in := range []any{&written{Title: title, Data: data}, map[string]any{"t": []any{title, data}}} {
			body, err := rest.Encode(in)
			require.Equal(t, valid, err == nil, "%v", err)
			require.Equal(t, valid, json.Valid(body))
		}
	})
}

package wechat_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
)

const gbk = "\xd7\xaa\xbb\xbb" // 转换, as it comes from an old database

// Nothing of a request may be repaired on its way: what WeChat gets then is not what was meant, and a send uses up the
// user's consent.
func TestTextThatIsNoUTF8IsNotSent(t *testing.T) {
	t.Parallel()
	upload := func(change func(*wechat.Upload)) *wechat.Upload {
		u := &wechat.Upload{
			Field: "media", Filename: "a.png", ContentType: "image/png", Size: 1,
			Open: func() (io.Reader, error) { return strings.NewReader("x"), nil },
			Form: []wechat.FormValue{{Name: "description", Value: "蓝"}},
		}
		change(u)
		return u
	}
	cases := map[string]wechat.Call{
		`links.X: In["title"]: not UTF-8`: {In: map[string]string{"title": gbk}},
		"links.X: In: not UTF-8":          {In: json.RawMessage(`{"title":"` + gbk + `"}`)},
		"links.X: Path: not UTF-8":        {Path: "/" + gbk},
		`links.X: Query["a"]: not UTF-8`:  {Query: url.Values{"b": {gbk}, "a": {"fine", gbk}}},
		`links.X: Query["\xff"]: not UTF-8`: {
			Query: url.Values{"\xff": {"x"}},
		},
		"links.X: Upload.Field: not UTF-8":         {Upload: upload(func(u *wechat.Upload) { u.Field = gbk })},
		"links.X: Upload.Filename: not UTF-8":      {Upload: upload(func(u *wechat.Upload) { u.Filename = gbk + ".png" })},
		"links.X: Upload.ContentType: not UTF-8":   {Upload: upload(func(u *wechat.Upload) { u.ContentType = gbk })},
		"links.X: Upload.Form[0].Name: not UTF-8":  {Upload: upload(func(u *wechat.Upload) { u.Form[0].Name = gbk })},
		"links.X: Upload.Form[0].Value: not UTF-8": {Upload: upload(func(u *wechat.Upload) { u.Form[0].Value = gbk })},
	}
	for want, call := range cases {
		for _, opts := range [][]wechat.Option{nil, {wechat.WithoutChecks()}} {
			client, s := scripted(t, []step{answer(ok)}, opts...)
			call.Op, call.Method = "links.X", http.MethodPost
			if call.Path == "" {
				call.Path = "/x"
			}
			err := client.Call(t.Context(), call)
			require.EqualError(t, err, strings.Replace(want, "links.X", "links", 1))
			require.ErrorIs(t, err, errcode.InvalidArgument)
			require.NotErrorIs(t, err, wechat.ErrOutcomeUnknown)
			var finding *errcode.FieldError
			require.ErrorAs(t, err, &finding)
			require.Equal(t, "not UTF-8", finding.Reason)
			require.Empty(t, s.seen)
		}
	}
}

func TestDoRefusesTextThatIsNoUTF8(t *testing.T) {
	t.Parallel()
	client, s := scripted(t, []step{answer(ok), answer(ok)})
	err := client.Do(t.Context(), http.MethodPost, "/x", nil, map[string]any{"list": []string{"fine", gbk}}, nil)
	require.EqualError(t, err, `wechat: In["list"][1]: not UTF-8`)
	err = client.Do(t.Context(), http.MethodGet, "/x", url.Values{"openid": {gbk}}, nil, nil)
	require.EqualError(t, err, `wechat: Query["openid"]: not UTF-8`)
	require.Empty(t, s.seen)
	require.NoError(t, client.Do(t.Context(), http.MethodPost, "/x", url.Values{"q": {"\ufffd"}}, map[string]string{"\ufffd": "\ufffd"}, nil))
	require.Len(t, s.seen, 1, "U+FFFD is a character like others where the caller wrote it")
}

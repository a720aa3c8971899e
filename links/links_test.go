package links_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/links"
)

func TestSceneOf(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		event, key string
		scene      string
		ok         bool
	}{
		"follow by a code":            {"subscribe", "qrscene_bind-7fK2q9", "bind-7fK2q9", true},
		"scan of a follower":          {"SCAN", "bind-7fK2q9", "bind-7fK2q9", true},
		"a number":                    {"subscribe", "qrscene_42", "42", true},
		"number 0, as has been seen":  {"SCAN", "0", "0", true},
		"underscores":                 {"subscribe", "qrscene_a_b_c", "a_b_c", true},
		"the prefix twice":            {"subscribe", "qrscene_qrscene_a", "qrscene_a", true},
		"a scene like the prefix":     {"SCAN", "qrscene_a", "qrscene_a", true},
		"other letter case":           {"Scan", "a", "a", true},
		"follow without a code":       {"subscribe", "", "", false},
		"follow after a payment":      {"subscribe", "last_trade_no_4208450740201411110007820472", "", false},
		"follow with an empty scene":  {"subscribe", "qrscene_", "", false},
		"scan without a key":          {"SCAN", "", "", false},
		"leaving":                     {"unsubscribe", "", "", false},
		"a click with a key like one": {"CLICK", "qrscene_a", "", false},
		"a message":                   {"", "", "", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene, ok := links.SceneOf(c.event, c.key)
			require.Equal(t, c.ok, ok)
			require.Equal(t, c.scene, scene)
		})
	}
}

func TestOneTimeScene(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		scene := links.OneTimeScene("bind-")
		require.Regexp(t, `^bind-[A-Z2-7]{26}$`, scene)
		require.LessOrEqual(t, len(scene), 32, "fits a Mini Program code too")
		require.False(t, seen[scene])
		seen[scene] = true
	}
}

func TestImageURL(t *testing.T) {
	t.Parallel()
	require.Equal(t, "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=gQE%2Ba%2FTicket%3D%3D", links.ImageURL("gQE+a/Ticket=="))
}

func TestAppendQuery(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ link, query, want string }{
		"scheme":           {"weixin://dl/business/?t=XTSkBZlzqmn", "a=hello", "weixin://dl/business/?t=XTSkBZlzqmn&cq=a%3Dhello"},
		"URL Link":         {"https://wxaurl.cn/BQZRrcFCPvg", "a=hello", "https://wxaurl.cn/BQZRrcFCPvg?cq=a%3Dhello"},
		"several":          {"https://wxaurl.cn/x", "user=7&from=sms", "https://wxaurl.cn/x?cq=user%3D7%26from%3Dsms"},
		"encoded before":   {"https://wxaurl.cn/x", "name=%E7%8E%8B", "https://wxaurl.cn/x?cq=name%3D%25E7%258E%258B"},
		"longest":          {"https://wxaurl.cn/x", strings.Repeat("a", 256), "https://wxaurl.cn/x?cq=" + strings.Repeat("a", 256)},
		"scheme, own rule": {"weixin://dl/business/?t=x", "a=`", "weixin://dl/business/?t=x&cq=a%3D%60"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := links.AppendQuery(c.link, c.query)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
	wrong := map[string]struct{ link, query, want string }{
		"nothing to append": {"https://wxaurl.cn/x", "", "query: empty"},
		"nothing to add to": {"", "a=1", "link: empty"},
		"twice":             {"https://wxaurl.cn/x?cq=a%3D1", "b=2", "link: has an appended query already"},
		"too long":          {"https://wxaurl.cn/x", strings.Repeat("a", 257), "query: 257 characters, limit 256"},
		"not encoded":       {"https://wxaurl.cn/x", "name=王", "query: character '王' is not allowed"},
		"back-tick":         {"https://wxaurl.cn/x", "a=`", "query: character '`' is not allowed"},
	}
	for name, c := range wrong {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := links.AppendQuery(c.link, c.query)
			require.Equal(t, c.want, refusal(t, err))
		})
	}
}

func TestPlainScheme(t *testing.T) {
	t.Parallel()
	c := offline(t)
	got, err := c.PlainScheme(&links.PlainScheme{Page: "pages/order/index", Query: "id=77&from=a+b", Version: wechat.VersionTrial})
	require.NoError(t, err)
	require.Equal(t, "weixin://dl/business/?appid=wx0123456789abcdef&path=pages/order/index"+
		"&query=id%3D77%26from%3Da%2Bb&env_version=trial", got)
	got, err = c.PlainScheme(&links.PlainScheme{Page: "pages/a"})
	require.NoError(t, err)
	require.Equal(t, "weixin://dl/business/?appid=wx0123456789abcdef&path=pages/a", got)
}

// What comes in place of a picture is never taken for one.
func TestPictures(t *testing.T) {
	t.Parallel()
	const jpeg, png, gif = "\xff\xd8\xff\xe0 and so on", "\x89PNG\r\n\x1a\n and so on", "GIF89a and so on"
	unknown := "\x00\x01\x02 a picture in a format of its own"
	cases := map[string]struct {
		contentType, body string
		want              string // content type, "" where it is refused
	}{
		"JPEG":                              {"image/jpeg", jpeg, "image/jpeg"},
		"WeChat's name for JPEG":            {"image/jpg", jpeg, "image/jpeg"},
		"PNG of a transparent code":         {"image/png", png, "image/png"},
		"GIF labelled JPEG":                 {"image/jpeg", gif, "image/gif"},
		"labelled as anything":              {"application/octet-stream", jpeg, "image/jpeg"},
		"not labelled":                      {"", jpeg, "image/jpeg"},
		"a format that Go does not know":    {"image/heic; q=1", unknown, "image/heic"},
		"bytes of no kind":                  {"application/octet-stream", unknown, ""},
		"bytes without a label":             {"", unknown, ""},
		"JSON without errcode":              {"image/jpeg", `{"hello":1}`, ""},
		"success in JSON without a picture": {"image/jpeg", `{"errcode":0,"errmsg":"ok"}`, ""},
		"text labelled as a picture":        {"image/jpeg", "no picture today", ""},
		"a gateway's page":                  {"text/html", "<html><body>busy</body></html>", ""},
		"nothing":                           {"image/jpeg", "", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := clientOn(t, func(*http.Request) (*http.Response, error) {
				resp := httpmock.NewStringResponse(http.StatusOK, c.body)
				resp.Header.Set("Content-Type", c.contentType)
				return resp, nil
			}, wechat.WithRetry(wechat.RetryPolicy{Attempts: 1}))
			img, err := client.UnlimitedCode(t.Context(), &links.UnlimitedCode{Scene: "a"})
			if c.want == "" {
				require.Error(t, err)
				require.Nil(t, img)
				return
			}
			require.NoError(t, err)
			require.Equal(t, &links.Image{ContentType: c.want, Data: []byte(c.body)}, img)
		})
	}
}

func TestPictureErrors(t *testing.T) {
	t.Parallel()
	gone := clientOn(t, httpmock.NewStringResponder(http.StatusNotFound, "<html>404</html>"))
	_, err := gone.QRCodeImage(t.Context(), "gQE==")
	var answer *wechat.ResponseError
	require.ErrorAs(t, err, &answer)
	require.Equal(t, http.StatusNotFound, answer.Status)

	// The label says picture, the body says why there is none.
	refusing := clientOn(t, func(*http.Request) (*http.Response, error) {
		resp := httpmock.NewStringResponse(http.StatusOK, "\xef\xbb\xbf {\"errcode\":\"45029\",\"errmsg\":\"reach limit\"}")
		resp.Header.Set("Content-Type", "image/jpeg")
		return resp, nil
	})
	_, err = refusing.Code(t.Context(), &links.Code{Page: "pages/a"})
	require.ErrorIs(t, err, errcode.CodesUsedUp)

	endless := clientOn(t, func(*http.Request) (*http.Response, error) {
		body := io.MultiReader(strings.NewReader("\xff\xd8\xff"), zeros{})
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(body), ContentLength: -1}, nil
	})
	_, err = endless.UnlimitedCode(t.Context(), &links.UnlimitedCode{Scene: "a"})
	require.ErrorContains(t, err, "image over the limit of 16777216 bytes")
}

// A proxy's JSON, or a success without a picture, is an answer of somebody's, as a page of HTML is.
func TestPicturesThatAreJSON(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"message":"no route","code":404}`, `{"errcode":0,"errmsg":"ok"}`, `[]`, `null`, " null\n", `"no route"`,
	} {
		c := clientOn(t, httpmock.NewStringResponder(http.StatusOK, body))
		for name, call := range map[string]func() (*links.Image, error){
			"QRCodeImage":   func() (*links.Image, error) { return c.QRCodeImage(t.Context(), "gQE==") },
			"Code":          func() (*links.Image, error) { return c.Code(t.Context(), &links.Code{Page: "pages/a"}) },
			"UnlimitedCode": func() (*links.Image, error) { return c.UnlimitedCode(t.Context(), &links.UnlimitedCode{Scene: "a"}) },
		} {
			img, err := call()
			require.Nil(t, img)
			var answer *wechat.ResponseError
			require.ErrorAs(t, err, &answer, "%s: %s", name, body)
			require.Equal(t, http.StatusOK, answer.Status)
			require.NotContains(t, answer.Excerpt, "o", "JSON may hold anything")
		}
	}
}

// What is no picture and no JSON either is an answer of somebody's as well; words are shown, as those of a page are.
func TestPicturesThatAreNone(t *testing.T) {
	t.Parallel()
	for body, excerpt := range map[string]string{
		"no route to there": "no route to there", "nullify": "nullify", `"cut`: `"cut`, `{"errcode":4`: "", "\x00\x01\x02\x03": "",
	} {
		c := clientOn(t, httpmock.NewStringResponder(http.StatusOK, body))
		img, err := c.Code(t.Context(), &links.Code{Page: "pages/a"})
		require.Nil(t, img)
		var answer *wechat.ResponseError
		require.ErrorAs(t, err, &answer, body)
		require.Equal(t, "the answer is no image", answer.Reason)
		require.Equal(t, excerpt, answer.Excerpt)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// A picture is asked for with an expired token like everything else: the refusal comes as JSON.
func TestPictureRenewsTheToken(t *testing.T) {
	t.Parallel()
	asked := 0
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		switch {
		case r.URL.Path == "/cgi-bin/stable_token":
			asked++
			return httpmock.NewStringResponse(http.StatusOK, `{"access_token":"T`+string(rune('0'+asked))+`","expires_in":7200}`), nil
		case r.URL.Query().Get("access_token") == "T1":
			return httpmock.NewStringResponse(http.StatusOK, `{"errcode":42001,"errmsg":"access_token expired"}`), nil
		}
		return httpmock.NewStringResponse(http.StatusOK, "\xff\xd8\xff picture"), nil
	})
	core, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: "s"}, wechat.WithHTTPClient(&http.Client{Transport: mock}))
	require.NoError(t, err)
	img, err := links.New(core).UnlimitedCode(t.Context(), &links.UnlimitedCode{Scene: "a"})
	require.NoError(t, err)
	require.Equal(t, "image/jpeg", img.ContentType)
	require.Equal(t, 2, asked)
}

func TestQuirksOfAnswers(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	on := func(body string) *links.Client { return clientOn(t, httpmock.NewStringResponder(http.StatusOK, body)) }

	ticket, err := on(`{"ticket":"gQ==","expire_seconds":"60","url":null}`).CreateQRCode(ctx, &links.QRCode{SceneID: 1, Lifetime: day})
	require.NoError(t, err)
	require.Equal(t, &links.Ticket{Ticket: "gQ==", Lifetime: time.Minute}, ticket)

	link, err := on(`{"errcode":0,"scheme_info":{"appid":"wx1","create_time":"1764000000","expire_time":"0","cloud_base":{}}}`).
		QueryScheme(ctx, "weixin://x")
	require.NoError(t, err)
	require.Equal(t, &links.Link{AppID: "wx1", CreatedAt: time.Unix(1764000000, 0)}, link, "the quota may be missing, and cloud_base empty")

	left, err := on(`{"errcode":0,"quota_info":{"remain_visit_quota":"7"}}`).URLLinkOpensLeft(ctx)
	require.NoError(t, err)
	require.Equal(t, int64(7), left)

	key, err := on(`{"errcode":0,"long_data":77,"create_time":1,"expire_seconds":2}`).FetchShortKey(ctx, "k")
	require.NoError(t, err)
	require.Equal(t, "77", key.Data)

	_, err = on(`{}`).CreateQRCode(ctx, &links.QRCode{SceneID: 1, Lifetime: day})
	require.ErrorContains(t, err, "ticket is missing")
	_, err = on(`{"errcode":0,"quota_info":{"remain_visit_quota":7}}`).QueryScheme(ctx, "weixin://x")
	require.ErrorContains(t, err, "scheme_info is missing")
	_, err = on(`{"errcode":0}`).GenerateURLLink(ctx, &links.URLLink{Lifetime: day})
	require.ErrorContains(t, err, "url_link is missing")
}

// What is there once only is not asked for twice when an answer got lost.
func TestWhatIsRepeated(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	cases := map[string]struct {
		call  func(*links.Client) error
		twice bool
	}{
		"temporary code": {func(c *links.Client) error {
			_, err := c.CreateQRCode(ctx, &links.QRCode{SceneID: 1, Lifetime: day})
			return err
		}, true},
		"permanent code": {func(c *links.Client) error {
			_, err := c.CreateQRCode(ctx, &links.QRCode{SceneID: 1, Permanent: true})
			return err
		}, false},
		"URL Link": {func(c *links.Client) error {
			_, err := c.GenerateURLLink(ctx, &links.URLLink{Lifetime: day})
			return err
		}, true},
		"short link": {func(c *links.Client) error {
			_, err := c.GenerateShortLink(ctx, &links.ShortLink{Page: "a"})
			return err
		}, true},
		"permanent short link": {func(c *links.Client) error {
			_, err := c.GenerateShortLink(ctx, &links.ShortLink{Page: "a", Permanent: true})
			return err
		}, false},
		"NFC scheme": {func(c *links.Client) error {
			_, err := c.GenerateNFCScheme(ctx, &links.NFCScheme{ModelID: "m"})
			return err
		}, false},
		"limited code, which counts once": {func(c *links.Client) error {
			_, err := c.SquareCode(ctx, "a", 0)
			return err
		}, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requests := 0
			client := clientOn(t, func(r *http.Request) (*http.Response, error) {
				requests++
				_, _ = io.Copy(io.Discard, r.Body)
				return nil, errors.New("connection reset")
			}, wechat.WithRetry(wechat.RetryPolicy{Attempts: 2, MinWait: time.Nanosecond}))
			require.ErrorIs(t, c.call(client), wechat.ErrOutcomeUnknown)
			require.Equal(t, c.twice, requests == 2)
		})
	}
}

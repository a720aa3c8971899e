package links_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/links"
	"github.com/wechatkit/wechat/token"
)

// clientOn returns a client whose requests all go to answer.
func clientOn(t *testing.T, answer httpmock.Responder, opts ...wechat.Option) *links.Client {
	t.Helper()
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(answer)
	core, err := wechat.New(wechat.Config{AppID: "wx0123456789abcdef"}, append([]wechat.Option{
		wechat.WithTokenSource(token.Static("ACCESS_TOKEN")), wechat.WithHTTPClient(&http.Client{Transport: mock}),
		wechat.WithRetry(wechat.RetryPolicy{MinWait: time.Nanosecond}),
	}, opts...)...)
	require.NoError(t, err)
	return links.New(core)
}

// offline fails where a request leaves that should not.
func offline(t *testing.T) *links.Client {
	t.Helper()
	return clientOn(t, func(r *http.Request) (*http.Response, error) {
		t.Errorf("request: %s %s", r.Method, r.URL.Path)
		return nil, errors.New("offline")
	})
}

func refusal(t *testing.T, err error) string {
	t.Helper()
	var wrong *errcode.FieldError
	require.ErrorAs(t, err, &wrong)
	require.Equal(t, "links", wrong.Op)
	return wrong.Field + ": " + wrong.Reason
}

func TestQRCodeChecks(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		code *links.QRCode
		want string
	}{
		"nil":                       {nil, "QRCode: nil"},
		"no scene":                  {&links.QRCode{Lifetime: day}, "Scene: empty, and SceneID is 0"},
		"two scenes":                {&links.QRCode{Scene: "a", SceneID: 1, Lifetime: day}, "SceneID: set, and so is Scene"},
		"long scene":                {&links.QRCode{Scene: strings.Repeat("a", 65), Lifetime: day}, "Scene: 65 characters, limit 64"},
		"negative":                  {&links.QRCode{SceneID: -1, Lifetime: day}, "SceneID: -1, must be 1 to 4294967295"},
		"number too large":          {&links.QRCode{SceneID: 1 << 32, Lifetime: day}, "SceneID: 4294967296, must be 1 to 4294967295"},
		"permanent number":          {&links.QRCode{SceneID: 100_001, Permanent: true}, "SceneID: 100001, must be 1 to 100000"},
		"no lifetime":               {&links.QRCode{Scene: "a"}, "Lifetime: 0s, must be one second to 30 days"},
		"under a second":            {&links.QRCode{Scene: "a", Lifetime: time.Second - 1}, "Lifetime: 999.999999ms, must be one second to 30 days"},
		"over 30 days":              {&links.QRCode{Scene: "a", Lifetime: 30*day + 1}, "Lifetime: 720h0m0.000000001s, must be one second to 30 days"},
		"permanent with a lifetime": {&links.QRCode{Scene: "a", Lifetime: day, Permanent: true}, "Lifetime: set, and the code is permanent"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := offline(t).CreateQRCode(t.Context(), c.code)
			require.Equal(t, c.want, refusal(t, err))
		})
	}
}

func TestLinkChecks(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 1025)
	cases := map[string]struct {
		scheme links.Scheme
		want   string
	}{
		"query in the path":       {links.Scheme{Page: "pages/a?id=7", Lifetime: day}, "Page: carries a query, which has a field of its own"},
		"long query":              {links.Scheme{Query: long, Lifetime: day}, "Query: 1025 characters, limit 1024"},
		"Chinese query":           {links.Scheme{Query: "name=王", Lifetime: day}, "Query: character '王' is not allowed"},
		"blank in the query":      {links.Scheme{Query: "a=b c", Lifetime: day}, "Query: character ' ' is not allowed"},
		"no end":                  {links.Scheme{}, "Lifetime: zero, and so is ExpiresAt"},
		"two ends":                {links.Scheme{Lifetime: day, ExpiresAt: time.Now().Add(day)}, "Lifetime: set, and so is ExpiresAt"},
		"half a day":              {links.Scheme{Lifetime: 12 * time.Hour}, "Lifetime: 12h0m0s, must be 1 to 30 whole days of 24 hours"},
		"a day and a half":        {links.Scheme{Lifetime: 36 * time.Hour}, "Lifetime: 36h0m0s, must be 1 to 30 whole days of 24 hours"},
		"31 days":                 {links.Scheme{Lifetime: 31 * day}, "Lifetime: 744h0m0s, must be 1 to 30 whole days of 24 hours"},
		"negative lifetime":       {links.Scheme{Lifetime: -day}, "Lifetime: -24h0m0s, must be 1 to 30 whole days of 24 hours"},
		"in the past":             {links.Scheme{ExpiresAt: time.Now().Add(-time.Hour)}, "ExpiresAt: less than a minute ahead"},
		"seconds for a time":      {links.Scheme{ExpiresAt: time.Unix(7, 0)}, "ExpiresAt: less than a minute ahead"},
		"milliseconds for a time": {links.Scheme{ExpiresAt: time.Unix(time.Now().UnixMilli(), 0)}, "ExpiresAt: more than 30 days ahead"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := offline(t).GenerateScheme(t.Context(), &c.scheme)
			require.Equal(t, c.want, refusal(t, err))
			_, err = offline(t).GenerateURLLink(t.Context(), &links.URLLink{
				Page: c.scheme.Page, Query: c.scheme.Query, Lifetime: c.scheme.Lifetime, ExpiresAt: c.scheme.ExpiresAt,
			})
			require.Equal(t, c.want, refusal(t, err), "the same rules")
		})
	}
}

func TestOtherChecks(t *testing.T) {
	t.Parallel()
	ctx, c := t.Context(), offline(t)
	errOf := func(_ any, err error) error { return err }
	cases := map[string]struct {
		err  error
		want string
	}{
		"no scheme":               {errOf(c.GenerateScheme(ctx, nil)), "Scheme: nil"},
		"no link":                 {errOf(c.GenerateURLLink(ctx, nil)), "URLLink: nil"},
		"back-tick in a URL Link": {errOf(c.GenerateURLLink(ctx, &links.URLLink{Query: "a=`", Lifetime: day})), "Query: character '`' is not allowed"},
		"cloud without env":       {errOf(c.GenerateURLLink(ctx, &links.URLLink{Lifetime: day, CloudBase: &links.CloudBase{}})), "CloudBase.Env: empty"},
		"no short link":           {errOf(c.GenerateShortLink(ctx, nil)), "ShortLink: nil"},
		"no page":                 {errOf(c.GenerateShortLink(ctx, &links.ShortLink{})), "Page: empty"},
		"slash in a short link":   {errOf(c.GenerateShortLink(ctx, &links.ShortLink{Page: "/pages/a?id=7"})), "Page: begins with /"},
		"long short link":         {errOf(c.GenerateShortLink(ctx, &links.ShortLink{Page: strings.Repeat("a", 1025)})), "Page: 1025 characters, limit 1024"},
		"no NFC scheme":           {errOf(c.GenerateNFCScheme(ctx, nil)), "NFCScheme: nil"},
		"no model":                {errOf(c.GenerateNFCScheme(ctx, &links.NFCScheme{})), "ModelID: empty"},
		"query in an NFC path":    {errOf(c.GenerateNFCScheme(ctx, &links.NFCScheme{ModelID: "m", Page: "a?b"})), "Page: carries a query, which has a field of its own"},
		"no plain scheme":         {errOf(c.PlainScheme(nil)), "PlainScheme: nil"},
		"plain scheme to nowhere": {errOf(c.PlainScheme(&links.PlainScheme{})), "Page: empty"},
		"slash in a plain scheme": {errOf(c.PlainScheme(&links.PlainScheme{Page: "/pages/a"})), "Page: begins with /"},
		"query in a plain path":   {errOf(c.PlainScheme(&links.PlainScheme{Page: "a?b"})), "Page: carries a query, which has a field of its own"},
		"second parameter":        {errOf(c.PlainScheme(&links.PlainScheme{Page: "a&b=1"})), "Page: character '&' is not allowed"},
		"long plain query":        {errOf(c.PlainScheme(&links.PlainScheme{Page: "a", Query: strings.Repeat("a", 513)})), "Query: 513 characters, limit 512"},
		"nothing to query":        {errOf(c.QueryScheme(ctx, "")), "scheme: empty"},
		"no link to query":        {errOf(c.QueryURLLink(ctx, "")), "link: empty"},
		"no code":                 {errOf(c.UnlimitedCode(ctx, nil)), "UnlimitedCode: nil"},
		"no scene":                {errOf(c.UnlimitedCode(ctx, &links.UnlimitedCode{})), "Scene: empty"},
		"long scene":              {errOf(c.UnlimitedCode(ctx, &links.UnlimitedCode{Scene: strings.Repeat("a", 33)})), "Scene: 33 characters, limit 32"},
		"percent in a scene":      {errOf(c.UnlimitedCode(ctx, &links.UnlimitedCode{Scene: "%E7"})), "Scene: character '%' is not allowed"},
		"slash in a page":         {errOf(c.UnlimitedCode(ctx, &links.UnlimitedCode{Scene: "a", Page: "/pages/a"})), "Page: begins with /"},
		"query in a page":         {errOf(c.UnlimitedCode(ctx, &links.UnlimitedCode{Scene: "a", Page: "a?b=1"})), "Page: carries a query, which has a field of its own"},
		"narrow":                  {errOf(c.UnlimitedCode(ctx, &links.UnlimitedCode{Scene: "a", Style: links.Style{Width: 279}})), "Style.Width: 279 pixels, must be 280 to 1280"},
		"no limited code":         {errOf(c.Code(ctx, nil)), "Code: nil"},
		"code to nowhere":         {errOf(c.Code(ctx, &links.Code{})), "Page: empty"},
		"long path":               {errOf(c.Code(ctx, &links.Code{Page: strings.Repeat("a", 1025)})), "Page: 1025 characters, limit 1024"},
		"wide":                    {errOf(c.Code(ctx, &links.Code{Page: "a", Style: links.Style{Width: 1281}})), "Style.Width: 1281 pixels, must be 280 to 1280"},
		"long square path":        {errOf(c.SquareCode(ctx, strings.Repeat("a", 129), 0)), "page: 129 characters, limit 128"},
		"negative width":          {errOf(c.SquareCode(ctx, "a", -1)), "width: -1 pixels, must be 280 to 1280"},
		"no data":                 {errOf(c.GenerateShortKey(ctx, "", day)), "data: empty"},
		"data too long":           {errOf(c.GenerateShortKey(ctx, strings.Repeat("王", 1366), day)), "data: 4098 bytes, limit 4096"},
		"key without an end":      {errOf(c.GenerateShortKey(ctx, "a", 0)), "lifetime: 0s, must be one second to 30 days"},
		"no key":                  {errOf(c.FetchShortKey(ctx, "")), "key: empty"},
		"no ticket":               {errOf(c.QRCodeImage(ctx, "")), "ticket: empty"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, refusal(t, c.err))
		})
	}
}

// The greatest values pass, and WithoutChecks leaves the word to WeChat.
func TestChecksAreNotTooStrict(t *testing.T) {
	t.Parallel()
	ok := httpmock.NewStringResponder(http.StatusOK,
		`{"errcode":0,"ticket":"t","openlink":"w","url_link":"u","link":"l","short_key":"k"}`)
	ctx, c := t.Context(), clientOn(t, ok)
	everything := "aZ09!#$&'()*+,/:;=?@-._~%"
	_, err := c.GenerateScheme(ctx, &links.Scheme{Page: "pages/a", Query: everything + "`", ExpiresAt: time.Now().Add(30 * day)})
	require.NoError(t, err)
	_, err = c.GenerateURLLink(ctx, &links.URLLink{Query: everything, ExpiresAt: time.Now().Add(2 * time.Minute)})
	require.NoError(t, err)
	_, err = c.CreateQRCode(ctx, &links.QRCode{Scene: strings.Repeat("王", 64), Lifetime: 30 * day})
	require.NoError(t, err)
	_, err = c.CreateQRCode(ctx, &links.QRCode{SceneID: 100_000, Permanent: true})
	require.NoError(t, err)
	_, err = c.GenerateShortKey(ctx, strings.Repeat("a", 4096), 30*day)
	require.NoError(t, err)
	_, err = c.GenerateShortLink(ctx, &links.ShortLink{Page: "pages/a?next=/b", Title: strings.Repeat("长", 40)})
	require.NoError(t, err)

	free := clientOn(t, ok, wechat.WithoutChecks())
	_, err = free.CreateQRCode(ctx, &links.QRCode{SceneID: 1 << 40})
	require.NoError(t, err)
	_, err = free.GenerateScheme(ctx, &links.Scheme{Page: "/a?b"})
	require.NoError(t, err)
	plain, err := free.PlainScheme(&links.PlainScheme{Page: "/a"})
	require.NoError(t, err)
	require.Contains(t, plain, "path=/a")
}

// A moment goes out in seconds, whatever its zone.
func TestExpiresAt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		at := time.Now().Add(29*day + time.Hour).In(time.FixedZone("CST", 8*3600))
		var sent string
		c := clientOn(t, func(r *http.Request) (*http.Response, error) {
			body, _ := io.ReadAll(r.Body)
			sent = string(body)
			return httpmock.NewStringResponse(http.StatusOK, `{"openlink":"w"}`), nil
		})
		_, err := c.GenerateScheme(context.Background(), &links.Scheme{ExpiresAt: at})
		require.NoError(t, err)
		require.JSONEq(t, `{"is_expire":true,"expire_type":0,"expire_time":949194000}`, sent)
	})
}

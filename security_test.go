package wechat_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/token"
)

// WeChat's printed answer, signed with WeChat's own key, passes as it stands.
func TestPublishedAnswer(t *testing.T) {
	t.Parallel()
	s := published()
	settings := newPeer().settings(time.Unix(s.Response.Time, 0))
	settings.Certificate = string(file("platform.pem"))
	h := http.Header{}
	h.Set("Wechatmp-Appid", s.AppID)
	h.Set("Wechatmp-TimeStamp", strconv.FormatInt(s.Response.Time, 10))
	h.Set("Wechatmp-Serial", s.CertificateNumber)
	h.Set("Wechatmp-Signature", s.Response.Signature)
	h.Set("Wechatmp-Serial-Deprecated", "2171af9cdf1d7404423852e7e183d852")
	w := &watched{answers: []step{(&reply{h, s.Response.Body}).step}}

	var raw json.RawMessage
	require.NoError(t, w.client(t, settings).Do(t.Context(), http.MethodPost, "/wxa/getuserriskrank", nil, struct{}{}, &raw))
	require.JSONEq(t, s.Response.Plain, string(raw), "without the fields that only sealing needs")

	rank, err := askRisk(t.Context(), w.client(t, settings))
	require.NoError(t, err)
	require.Equal(t, riskRank{UnoinID: 2258658297}, rank)
}

// The peer of these tests reads WeChat's printed request: what it accepts from the client is what WeChat
// accepts.
func TestPeerOpensThePublishedRequest(t *testing.T) {
	t.Parallel()
	s := published()
	plain, err := newPeer().openRequest(strconv.FormatInt(s.Request.Time, 10), s.Request.Signature, []byte(s.Request.Body))
	require.NoError(t, err)
	require.Equal(t, s.Request.Plain, plain)
}

// Busy, then a token that is void (answered in the clear), then success: three requests, each sealed anew.
func TestEachAttemptIsSealedAnew(t *testing.T) {
	t.Parallel()
	p, at := newPeer(), noon
	settings := p.settings(noon)
	settings.Now = func() time.Time { at = at.Add(time.Second); return at }
	w := &watched{answers: []step{
		p.reply(noon, `{"errcode":-1,"errmsg":"system error"}`).step,
		answer(`{"errcode":42001,"errmsg":"access_token expired rid: 6a1f0c2e-1d7b3c4a-20e9b5d1"}`),
		p.reply(noon, `{"_n":"x","errcode":0,"errmsg":"ok","risk_rank":2,"_timestamp":1}`).step,
	}}
	tokens := &renewing{}
	rank, err := askRisk(t.Context(), w.client(t, settings, wechat.WithTokenSource(tokens)))
	require.NoError(t, err)
	require.Equal(t, riskRank{RiskRank: 2}, rank)
	require.Len(t, w.requests, 3)

	seen := map[string]bool{}
	for i, r := range w.requests {
		require.Equal(t, p.appID, r.Header.Get("Wechatmp-Appid"))
		require.EqualValues(t, len(w.bodies[i]), r.ContentLength)
		plain, err := p.openRequest(r.Header["Wechatmp-TimeStamp"][0], r.Header.Get("Wechatmp-Signature"), w.bodies[i])
		require.NoError(t, err)
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(plain), &fields))
		require.Equal(t, p.appID, fields["_appid"])
		require.Equal(t, r.Header["Wechatmp-TimeStamp"][0], strconv.Itoa(int(fields["_timestamp"].(float64))))
		require.Equal(t, "oEWzBfmdLqhFS2mTXCo2E4Y9gJAM", fields["openid"])
		require.NotContains(t, string(w.bodies[i]), "openid")

		var parts map[string]string
		require.NoError(t, json.Unmarshal(w.bodies[i], &parts))
		for _, fresh := range []string{parts["iv"], fields["_n"].(string), r.Header["Wechatmp-TimeStamp"][0]} {
			require.False(t, seen[fresh], "used twice: %s", fresh)
			seen[fresh] = true
		}
	}
	require.Equal(t, "first", w.requests[1].URL.Query().Get("access_token"))
	require.Equal(t, "second", w.requests[2].URL.Query().Get("access_token"))
}

// renewing hands out "first" until it is rejected.
type renewing struct{}

func (*renewing) Token(context.Context) (token.Token, error) {
	return token.Token{Value: "first"}, nil
}

func (*renewing) Renew(context.Context, wechat.Secret) (token.Token, error) {
	return token.Token{Value: "second"}, nil
}

func TestQueryIsSealedToo(t *testing.T) {
	t.Parallel()
	p := newPeer()
	p.url = "https://api.weixin.qq.com/wxa/business/getuserencryptkey"
	for name, in := range map[string]any{"no body": nil, "empty body": struct{}{}, "body": map[string]int{"a": 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &watched{answers: []step{p.reply(noon, `{"errcode":0}`).step}}
			err := w.client(t, p.settings(noon)).Do(t.Context(), http.MethodPost, "/wxa/business/getuserencryptkey",
				url.Values{"openid": {"oAbc"}, "sig_method": {"hmac_sha256"}}, in, nil)
			require.NoError(t, err)
			require.Equal(t, "access_token=ACCESS_TOKEN", w.requests[0].URL.RawQuery)
			plain, err := p.openRequest("1795176000", w.requests[0].Header.Get("Wechatmp-Signature"), w.bodies[0])
			require.NoError(t, err)
			require.Contains(t, plain, `"openid":"oAbc","sig_method":"hmac_sha256"`)
			require.True(t, json.Valid([]byte(plain)), plain)
			require.Equal(t, name == "body", strings.Contains(plain, `"a":1`))
		})
	}
}

func TestUnverifiedAnswers(t *testing.T) {
	t.Parallel()
	p := newPeer()
	const ok = `{"errcode":0,"errmsg":"ok","risk_rank":1}`
	stranger := *p
	stranger.private = account()
	otherKey := *p
	otherKey.key = bytes.Repeat([]byte{7}, 32)
	cases := map[string]struct {
		answer step
		reason string
	}{
		"success in the clear":     {answer(ok), "success reported in the clear"},
		"half an envelope":         {answer(`{"iv":"AAAA","data":"AAAA"}`), "success reported in the clear"},
		"signed 301 s ago":         {p.reply(noon.Add(-301*time.Second), ok).step, "signed 5m1s away from the local clock, limit 5m0s"},
		"signed 301 s ahead":       {p.reply(noon.Add(301*time.Second), ok).step, "away from the local clock"},
		"time is not a number":     {bent(p.reply(noon, ok), "Wechatmp-TimeStamp", "soon").step, "not a number"},
		"another time than sealed": {bent(p.reply(noon, ok), "Wechatmp-TimeStamp", "1795176001").step, "does not fit"},
		"another AppID":            {bent(p.reply(noon, ok), "Wechatmp-Appid", "wx2").step, "another AppID"},
		"no AppID":                 {bent(p.reply(noon, ok), "Wechatmp-Appid", "").step, "another AppID"},
		"another certificate":      {bent(p.reply(noon, ok), "Wechatmp-Serial", "77").step, "another certificate"},
		"no signature":             {bent(p.reply(noon, ok), "Wechatmp-Signature", "").step, "does not fit"},
		"signature is not base64":  {bent(p.reply(noon, ok), "Wechatmp-Signature", "%%").step, "not base64"},
		"signed by a stranger":     {stranger.reply(noon, ok).step, "does not fit"},
		"body changed by a space":  {longer(p.reply(noon, ok)).step, "does not fit"},
		"sealed with another key":  {otherKey.reply(noon, ok).step, "cannot be decrypted"},
		"IV too short":             {p.sign("1795176000", `{"iv":"AAAA","data":"AAAA","authtag":"AAAA"}`).step, "wrong length"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &watched{answers: []step{c.answer}}
			_, err := askRisk(t.Context(), w.client(t, p.settings(noon)))
			require.ErrorIs(t, err, wechat.ErrUnverified)
			require.ErrorIs(t, err, wechat.ErrOutcomeUnknown, "WeChat may well have done it")
			require.ErrorContains(t, err, c.reason)
			require.Len(t, w.requests, 1, "asking again does not help")
			require.NotContains(t, err.Error(), "risk_rank")
		})
	}

	w := &watched{answers: []step{answer(`{"quota":{}}`)}}
	_, err := w.client(t, p.settings(noon)).Account().Quota(t.Context(), "/x")
	require.ErrorIs(t, err, wechat.ErrUnverified)
	require.NotErrorIs(t, err, wechat.ErrOutcomeUnknown, "a read leaves nothing open")
	require.Len(t, w.requests, 1)
}

func bent(r *reply, header, value string) *reply {
	r.header.Set(header, value)
	return r
}

func longer(r *reply) *reply {
	r.body += " "
	return r
}

func TestVerifiedAnswers(t *testing.T) {
	t.Parallel()
	p := newPeer()
	for _, skew := range []time.Duration{-300 * time.Second, 0, 300 * time.Second} {
		w := &watched{answers: []step{p.reply(noon.Add(skew), `{"errcode":0,"risk_rank":1}`).step}}
		_, err := askRisk(t.Context(), w.client(t, p.settings(noon)))
		require.NoError(t, err, skew)
	}

	w := &watched{answers: []step{p.reply(noon, `{"errcode":"40003","errmsg":"invalid openid"}`).step}}
	_, err := askRisk(t.Context(), w.client(t, p.settings(noon)))
	require.ErrorIs(t, err, errcode.InvalidOpenID, "a sealed error is an error")

	w = &watched{answers: []step{p.reply(noon, "{\"errcode\":0,\"risk_rank\":3,\"nick\":\"a\x01b\"}").step}}
	rank, err := askRisk(t.Context(), w.client(t, p.settings(noon)))
	require.NoError(t, err, "sealed JSON is as loose as the other")
	require.Equal(t, 3, rank.RiskRank)
}

func TestErrorsInTheClear(t *testing.T) {
	t.Parallel()
	p := newPeer()
	w := &watched{answers: []step{answer(`{"errcode":40234,"errmsg":"invalid signature rid: 6a1f0c2e-1d7b3c4a-20e9b5d1"}`)}}
	_, err := askRisk(t.Context(), w.client(t, p.settings(noon)))
	require.ErrorIs(t, err, errcode.InvalidSignature)
	require.ErrorIs(t, err, errcode.BadCredentials)
	require.Len(t, w.requests, 1)

	w = &watched{answers: []step{status(http.StatusBadGateway, "<html>")}}
	_, err = askRisk(t.Context(), w.client(t, p.settings(noon)))
	require.NotErrorIs(t, err, wechat.ErrUnverified, "a gateway's page is what it was")
	require.ErrorIs(t, err, wechat.ErrOutcomeUnknown)
}

func TestOldCertificate(t *testing.T) {
	t.Parallel()
	p := newPeer()
	r := p.reply(noon, `{"errcode":0,"risk_rank":1}`)
	r.header.Set("Wechatmp-Serial-Deprecated", r.header.Get("Wechatmp-Serial"))
	r.header.Set("Wechatmp-Signature-Deprecated", r.header.Get("Wechatmp-Signature"))
	r.header.Set("Wechatmp-Serial", "new")
	r.header.Set("Wechatmp-Signature", "made with a key that this client does not have")
	var log bytes.Buffer
	w := &watched{answers: []step{r.step}}
	client := w.client(t, p.settings(noon), wechat.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	for range 2 {
		_, err := askRisk(t.Context(), client)
		require.NoError(t, err)
	}
	require.Equal(t, 1, strings.Count(log.String(), "replacing its platform certificate"))
	require.Contains(t, log.String(), p.certNumber)
}

func TestCallsThatStayAsTheyAre(t *testing.T) {
	t.Parallel()
	const covered = "/wxa/getuserriskrank"
	cases := map[string]wechat.Call{
		"another path":      {Method: http.MethodPost, Path: "/cgi-bin/message/subscribe/send", In: struct{}{}},
		"a GET":             {Method: http.MethodGet, Path: covered},
		"without the token": {Method: http.MethodPost, Path: covered, In: struct{}{}, Auth: wechat.AuthNone},
		"an upload": {Method: http.MethodPost, Path: covered, Upload: &wechat.Upload{
			Field: "media", Filename: "a.png", Size: 1, Open: func() (io.Reader, error) { return strings.NewReader("x"), nil },
		}},
		"a file as the answer": {
			Method: http.MethodPost, Path: covered, In: struct{}{}, Out: new(json.RawMessage),
			Binary: func(http.Header, io.Reader) error { return errors.New("no file came") },
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &watched{answers: []step{answer(`{"errcode":0,"errmsg":"ok"}`)}}
			c.Op = "test"
			require.NoError(t, w.client(t, newPeer().settings(noon)).Call(t.Context(), c))
			require.Empty(t, w.requests[0].Header["Wechatmp-Signature"])
			require.NotContains(t, string(w.bodies[0]), "authtag")
		})
	}
}

func TestOnlyObjectsCanBeSealed(t *testing.T) {
	t.Parallel()
	w := &watched{answers: []step{answer(`{}`)}}
	err := w.client(t, newPeer().settings(noon)).Do(t.Context(), http.MethodPost, "/wxa/getuserriskrank", nil, []int{1}, nil)
	require.ErrorContains(t, err, "not a JSON object")
	require.NotErrorIs(t, err, wechat.ErrOutcomeUnknown)
	require.Empty(t, w.requests)
}

// The signature covers a URL that WeChat knows, whatever way the request takes.
func TestSignedURL(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ base, host, want string }{
		"WeChat":            {wechat.BaseURL, "", "https://api.weixin.qq.com"},
		"a region":          {wechat.BaseURLShanghai, "", "https://sh.api.weixin.qq.com"},
		"a proxy":           {"http://127.0.0.1:8080/wechat", "", "https://api.weixin.qq.com"},
		"a proxy, set":      {"http://127.0.0.1:8080/wechat", "hk.api.weixin.qq.com", "https://hk.api.weixin.qq.com"},
		"the host, by hand": {wechat.BaseURLShanghai, "api.weixin.qq.com", "https://api.weixin.qq.com"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPeer()
			p.url = c.want + "/wxa/getuserriskrank"
			settings := p.settings(noon)
			settings.Host = c.host
			w := &watched{answers: []step{p.reply(noon, `{"errcode":0}`).step}}
			_, err := askRisk(t.Context(), w.client(t, settings, wechat.WithBaseURL(c.base)))
			require.NoError(t, err)
			_, err = p.openRequest("1795176000", w.requests[0].Header.Get("Wechatmp-Signature"), w.bodies[0])
			require.NoError(t, err)
		})
	}
}

func TestThirdPartyPlatformSignsWithItsOwnAppID(t *testing.T) {
	t.Parallel()
	p := newPeer()
	p.appID = "wxcomponent"
	settings := p.settings(noon)
	settings.AppID, settings.Paths = "wxcomponent", append(wechat.SecuredPaths(), "/datacube/getweanalysisappiddailyvisittrend")
	p.url = "https://api.weixin.qq.com/datacube/getweanalysisappiddailyvisittrend"
	w := &watched{answers: []step{p.reply(noon, `{"errcode":0}`).step}}
	err := w.client(t, settings).Do(t.Context(), http.MethodPost, "/datacube/getweanalysisappiddailyvisittrend", nil, struct{}{}, nil)
	require.NoError(t, err)
	require.Equal(t, "wxcomponent", w.requests[0].Header.Get("Wechatmp-Appid"))
}

func TestKeyFormats(t *testing.T) {
	t.Parallel()
	pkcs8, err := x509.MarshalPKCS8PrivateKey(account())
	require.NoError(t, err)
	pkcs1 := x509.MarshalPKCS1PrivateKey(account())
	formats := map[string]string{
		"PKCS #1 PEM":                    string(file("private.pem")),
		"PKCS #8 PEM":                    string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})),
		"PKCS #1 base64":                 base64.StdEncoding.EncodeToString(pkcs1),
		"PKCS #8 base64 in two lines":    base64.StdEncoding.EncodeToString(pkcs8[:300]) + "\n" + base64.StdEncoding.EncodeToString(pkcs8[300:]) + "\n",
		"PEM in an environment variable": strings.ReplaceAll(string(file("private.pem")), "\n", `\n`),
	}
	for name, key := range formats {
		settings := newPeer().settings(noon)
		settings.PrivateKey = wechat.Secret(key)
		_, err := wechat.New(wechat.Config{AppID: "wx1"}, wechat.WithTokenSource(token.None()), wechat.WithAPISecurity(settings))
		require.NoError(t, err, name)
	}
}

func TestAPISecuritySettings(t *testing.T) {
	t.Parallel()
	const planted = "cGxhbnRlZC1zZWNyZXQ=" // base64 that is no key
	cases := map[string]struct {
		spoil func(*wechat.APISecurity)
		want  string
	}{
		"no encryption key":     {func(s *wechat.APISecurity) { s.EncryptionKey = "" }, "EncryptionKey: 0 bytes, want 32"},
		"short encryption key":  {func(s *wechat.APISecurity) { s.EncryptionKey = planted }, "EncryptionKey: 14 bytes, want 32"},
		"encryption key in hex": {func(s *wechat.APISecurity) { s.EncryptionKey = "%planted%" }, "EncryptionKey: not base64"},
		"no key number":         {func(s *wechat.APISecurity) { s.EncryptionKeyNumber = "" }, "EncryptionKeyNumber is empty"},
		"no private key":        {func(s *wechat.APISecurity) { s.PrivateKey = " \n" }, "PrivateKey: empty"},
		"private key is no key": {func(s *wechat.APISecurity) { s.PrivateKey = planted }, "PrivateKey: neither PKCS #1 nor PKCS #8"},
		"private key is a path": {func(s *wechat.APISecurity) { s.PrivateKey = "./planted.pem" }, "PrivateKey: neither PEM nor base64"},
		"no certificate":        {func(s *wechat.APISecurity) { s.Certificate = "" }, "Certificate: empty"},
		"certificate is a key":  {func(s *wechat.APISecurity) { s.Certificate = string(file("private.pem")) }, "Certificate: not an X.509 certificate"},
		"no certificate number": {func(s *wechat.APISecurity) { s.CertificateNumber = "" }, "CertificateNumber is empty"},
		"path without a slash":  {func(s *wechat.APISecurity) { s.Paths = []string{"wxa/x"} }, `Paths: "wxa/x" does not begin with /`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := newPeer().settings(noon)
			c.spoil(&settings)
			_, err := wechat.New(wechat.Config{AppID: "wx1"}, wechat.WithTokenSource(token.None()), wechat.WithAPISecurity(settings))
			require.EqualError(t, err, "wechat: WithAPISecurity: "+c.want)
			require.NotContains(t, err.Error(), "planted")
		})
	}
}

func TestAPISecurityDoesNotPrint(t *testing.T) {
	t.Parallel()
	settings := newPeer().settings(noon)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		text := fmt.Sprintf(verb, settings)
		require.NotContains(t, text, published().Key)
		require.NotContains(t, text, "MIIEowIBAAK")
	}
}

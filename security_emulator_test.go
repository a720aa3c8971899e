package wechat_test

import (
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/content"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
)

// securedApp is a Mini Program of the emulator whose calls must be sealed, and what its console shows.
func securedApp(t *testing.T) (*emulator.Server, *emulator.App, wechat.APISecurity) {
	t.Helper()
	wx := emulator.New(t)
	app := wx.MiniProgram()
	console := app.SecureAPI(emulator.Security{PublicKey: &account().PublicKey})
	return wx, app, wechat.APISecurity{
		EncryptionKey: wechat.Secret(console.SymmetricKey), EncryptionKeyNumber: console.SymmetricSN,
		PrivateKey:  wechat.Secret(file("private.pem")),
		Certificate: string(console.Certificate), CertificateNumber: console.CertificateSN,
		Now: wx.Now,
	}
}

func sealing(t *testing.T, wx *emulator.Server, app *emulator.App, opts ...wechat.Option) *wechat.Client {
	t.Helper()
	client, err := wechat.New(wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)},
		append([]wechat.Option{wechat.WithHTTPClient(wx.HTTPClient())}, opts...)...)
	require.NoError(t, err)
	return client
}

// The emulator has its own reading of WeChat's page: what this side seals it must open, and the other way round.
func TestSealedCallsOnEmulator(t *testing.T) {
	t.Parallel()
	wx, app, settings := securedApp(t)
	client, ann := sealing(t, wx, app, wechat.WithAPISecurity(settings)), wx.User("Ann")
	ann.Write(app, "hello")
	hello := &customerservice.Message{ToUser: ann.OpenID(app), Content: customerservice.Text{Content: "您好 <a&b>"}}
	require.NoError(t, customerservice.New(client).Send(t.Context(), hello))
	require.Equal(t, "您好 <a&b>", ann.Inbox()[1].Text)

	wx.Revoke(app) // refused in the clear, then sealed anew with another token
	require.NoError(t, customerservice.New(client).Send(t.Context(), hello))
	quota, err := client.Account().Quota(t.Context(), "/cgi-bin/message/custom/send")
	require.NoError(t, err)
	require.Equal(t, int64(2), quota.Used)
	_, err = client.Account().LookupRID(t.Context(), "6a1f0c2e-1d7b3c4a-20e9b5d1")
	require.ErrorIs(t, err, errcode.RIDNotFound, "an error comes sealed too")
	_, err = client.Account().CallbackIPs(t.Context())
	require.NoError(t, err, "what needs no seal has none")
}

func TestSealedCallThroughASocket(t *testing.T) {
	t.Parallel()
	wx, app, settings := securedApp(t)
	client := sealing(t, wx, app, wechat.WithAPISecurity(settings), wechat.WithBaseURL(wx.URL()), wechat.WithHTTPClient(http.DefaultClient))
	_, err := client.Account().Quota(t.Context(), "/cgi-bin/message/custom/send")
	require.NoError(t, err)
}

func TestSealsThatTheEmulatorRefuses(t *testing.T) {
	t.Parallel()
	stranger, _ := platform()
	strangers := wechat.Secret(base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PrivateKey(stranger)))
	for name, c := range map[string]struct {
		spoil func(*wechat.APISecurity)
		want  errcode.Code
	}{
		"AnotherPrivateKey": {func(s *wechat.APISecurity) { s.PrivateKey = strangers }, errcode.InvalidSignature},
		"AnotherKey":        {func(s *wechat.APISecurity) { s.EncryptionKey = wechat.Secret(published().Key) }, errcode.InvalidEncryption},
		"AnotherKeyNumber":  {func(s *wechat.APISecurity) { s.EncryptionKeyNumber = "7" }, errcode.InvalidEncryption},
		"ClockBehind": {func(s *wechat.APISecurity) {
			now := s.Now
			s.Now = func() time.Time { return now().Add(-6 * time.Minute) }
		}, errcode.SignatureTooOld},
		"AnotherHost":  {func(s *wechat.APISecurity) { s.Host = "hk.api.weixin.qq.com" }, errcode.InvalidSignature},
		"AnotherAppID": {func(s *wechat.APISecurity) { s.AppID = "wx0000000000000009" }, errcode.InvalidSignatureAppID},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wx, app, settings := securedApp(t)
			c.spoil(&settings)
			_, err := sealing(t, wx, app, wechat.WithAPISecurity(settings)).Account().Quota(t.Context(), "/cgi-bin/x")
			require.ErrorIs(t, err, c.want)
			require.ErrorIs(t, err, errcode.BadCredentials)
			require.NotErrorIs(t, err, wechat.ErrUnverified)
		})
	}
	t.Run("NoSealAtAll", func(t *testing.T) {
		t.Parallel()
		wx, app, _ := securedApp(t)
		err := sealing(t, wx, app).Do(t.Context(), http.MethodPost, "/cgi-bin/clear_quota", nil, map[string]string{"appid": app.AppID}, nil)
		require.ErrorIs(t, err, errcode.SignatureAppIDMissing)
	})
}

// TestSealedContentChecks: both checks are among the calls that WeChat documents with API security.
func TestSealedContentChecks(t *testing.T) {
	t.Parallel()
	wx, app, settings := securedApp(t)
	checks, ann := content.New(sealing(t, wx, app, wechat.WithAPISecurity(settings))), wx.User("Ann")
	text := &content.Text{OpenID: ann.OpenID(app), Scene: content.Comment, Content: "您好 <a&b>"}
	file := &content.Media{OpenID: text.OpenID, Scene: content.Comment, Type: content.Image, URL: "https://cdn.example.com/a.png?a=1&b=2"}
	_, err := checks.CheckText(t.Context(), text)
	require.ErrorIs(t, err, content.ErrUserAway)
	ann.OpenApp(app)
	verdict, err := checks.CheckText(t.Context(), text)
	require.NoError(t, err)
	require.True(t, verdict.Advice.Passed())
	trace, err := checks.CheckMedia(t.Context(), file)
	require.NoError(t, err)
	require.NotEmpty(t, trace)
	calls := wx.Calls("/wxa/msg_sec_check", "/wxa/media_check_async")
	require.Len(t, calls, 3)
	for _, call := range calls {
		require.Contains(t, call.Request, `{"_n":`, "what was in the envelope; in the clear there is none")
	}
}

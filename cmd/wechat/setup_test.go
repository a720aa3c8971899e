package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/emulator"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// world is an emulator, what the environment says of it, and the network around it.
type world struct {
	t     *testing.T
	wx    *emulator.Server
	mini  *emulator.App
	oa    *emulator.App
	alice *emulator.User

	env    map[string]string
	answer string                  // to questions
	stdin  io.Reader               // in place of answer
	ctx    context.Context         // ends with Ctrl-C; nil for one without
	hosts  map[string]http.Handler // besides WeChat; nil cannot be reached
	slow   bool                    // the hosts do not answer in time, nor connect where they cannot be reached
	cut    bool                    // from WeChat
	now    time.Time               // on this machine
}

const (
	token  = "planted-callback-token"
	aesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
)

// setup makes a world in which all is well with the Mini Program.
func setup(t *testing.T) *world {
	t.Helper()
	wx := emulator.New(t, emulator.WithSeed(1), emulator.WithClockAt(noon), emulator.WithoutDemo())
	w := &world{
		t: t, wx: wx,
		mini:  wx.AddMiniProgram(emulator.AppConfig{AppID: "wx00000000000000a1", AppSecret: strings.Repeat("0a1b2c3d", 4), Platform: "demo"}),
		oa:    wx.AddServiceAccount(emulator.AppConfig{AppID: "wx00000000000000b2", AppSecret: strings.Repeat("4e5f6a7b", 4), Platform: "demo"}),
		alice: wx.User("alice"),
		env:   map[string]string{}, hosts: map[string]http.Handler{}, now: noon,
	}
	id := w.mini.AddTemplate(emulator.Template{
		ID: "TPL-CONTRACT", Title: "Contract due", Content: "Contract:{{thing1.DATA}}\nEnds:{{date2.DATA}}\n",
	})
	w.alice.Accept(id)
	w.use(w.mini, "WECHAT_", callback.MiniProgram)
	return w
}

// use puts an account into the environment and serves its pushes.
func (w *world) use(app *emulator.App, prefix string, kind callback.Kind) {
	w.t.Helper()
	h, err := callback.New(callback.Config{
		Apps: []callback.App{{AppID: app.AppID, Kind: kind, Token: token, EncodingAESKey: aesKey}},
		Now:  func() time.Time { return noon }, Observer: func(context.Context, callback.Report) {},
	})
	require.NoError(w.t, err)
	w.hosts["app.example.com"] = h
	app.SetCallback(emulator.Callback{URL: "https://app.example.com/wechat", Handler: h, Token: token, EncodingAESKey: aesKey})
	for name, value := range map[string]string{
		"APPID": app.AppID, "APPSECRET": app.AppSecret, "TOKEN": token, "AES_KEY": aesKey,
		"CALLBACK_URL": "https://app.example.com/wechat", "OPENID": w.alice.OpenID(app),
	} {
		w.env[prefix+name] = value
	}
}

// RoundTrip is the network. WeChat's clock stands at noon.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	if h, ok := w.hosts[r.URL.Host]; ok {
		trace := httptrace.ContextClientTrace(r.Context())
		switch {
		case h == nil && w.slow:
			return nil, context.DeadlineExceeded
		case h == nil:
			return nil, errors.New("nobody listens")
		}
		if trace != nil {
			trace.GotConn(httptrace.GotConnInfo{})
		}
		if w.slow {
			return nil, context.DeadlineExceeded
		}
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		return answer.Result(), nil
	}
	if w.cut {
		return nil, errors.New("no route")
	}
	answer, err := w.wx.HTTPClient().Transport.RoundTrip(r)
	if err == nil {
		answer.Header.Set("Date", noon.Format(http.TimeFormat))
	}
	return answer, err
}

// run runs the command. Whatever it is, no secret is printed.
func (w *world) run(args ...string) (stdout, stderr string, status int) {
	w.t.Helper()
	var out, complaints bytes.Buffer
	p := &program{
		getenv: func(name string) string { return w.env[name] }, stdin: strings.NewReader(w.answer),
		stdout: &out, stderr: &complaints, transport: w, now: func() time.Time { return w.now },
	}
	if w.stdin != nil {
		p.stdin = w.stdin
	}
	ctx := w.ctx
	if ctx == nil {
		ctx = w.t.Context()
	}
	status = p.run(ctx, args)
	all := out.String() + complaints.String()
	for _, name := range []string{"WECHAT_APPSECRET", "WECHAT_TOKEN", "WECHAT_AES_KEY", "WECHAT_SERVICE_APPSECRET"} {
		if w.env[name] != "" {
			require.NotContains(w.t, all, w.env[name], name)
		}
	}
	for _, secret := range []string{w.mini.Secret(), w.oa.Secret(), w.mini.Token(), w.oa.Token(), token, aesKey} {
		require.NotContains(w.t, all, secret)
	}
	return out.String(), complaints.String(), status
}

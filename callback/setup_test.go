package callback_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/callback/callbacktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	appID      = "wx0000000000000001"
	originalID = "gh_demo00000001"
	token      = "planted-token-1"
	oldToken   = "planted-token-0"
	key        = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	oldKey     = "ZZZZZZghijklmnopqrstuvwxyz0123456789ABCDEFG"

	textPush = `<xml><ToUserName><![CDATA[gh_demo00000001]]></ToUserName><FromUserName><![CDATA[oFan-1]]></FromUserName><CreateTime>1763600000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[hello]]></Content><MsgId>24000000000000001</MsgId></xml>`
	jsonPush = `{"ToUserName":"gh_demo00000001","FromUserName":"oFan-1","CreateTime":1763600000,"MsgType":"text","Content":"hello","MsgId":24000000000000001}`
)

// now is the time of the signatures, unless a test is about time.
var now = time.Unix(1763600000, 0)

func clock() time.Time { return now }

func secureApp() callback.App {
	return callback.App{AppID: appID, Kind: callback.OfficialAccount, Token: token, EncodingAESKey: key}
}

func appIn(mode callback.Mode) callback.App {
	app := secureApp()
	app.Mode = mode
	return app
}

// bundle is a handler with what a test wants to know about it.
type bundle struct {
	*callback.Handler
	app callback.App

	mu      sync.Mutex
	reports []callback.Report
	pushes  []callback.Push
}

// setup makes a handler for one app that records its reports and, in the fallback, its pushes.
func setup(t testing.TB, app callback.App, change ...func(*callback.Config)) *bundle {
	t.Helper()
	b := &bundle{app: app}
	cfg := callback.Config{Apps: []callback.App{app}, Now: clock, Observer: func(_ context.Context, r callback.Report) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.reports = append(b.reports, r)
	}}
	for _, c := range change {
		c(&cfg)
	}
	h, err := callback.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Shutdown(context.Background())) })
	b.Handler = h
	h.Fallback(func(_ context.Context, p callback.Push) (callback.Reply, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.pushes = append(b.pushes, p)
		return nil, nil
	})
	return b
}

func (b *bundle) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return w
}

// push delivers body as WeChat would and returns the answer in clear.
func (b *bundle) push(t testing.TB, body string) string {
	t.Helper()
	w := b.do(b.sender().Push(body))
	require.Equal(t, http.StatusOK, w.Code)
	reply, err := b.sender().Reply(w.Body.Bytes())
	require.NoError(t, err)
	return reply
}

func (b *bundle) sender() callbacktest.Sender {
	return callbacktest.Sender{App: b.app, Time: now}
}

// reported returns the errors reported so far, and forgets them.
func (b *bundle) reported() []callback.Report {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.reports
	b.reports = nil
	return out
}

// handled returns the pushes that reached the fallback, and forgets them.
func (b *bundle) handled() []callback.Push {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.pushes
	b.pushes = nil
	return out
}

// requireReport asserts that exactly one report came, with this error.
func (b *bundle) requireReport(t testing.TB, want error) callback.Report {
	t.Helper()
	got := b.reported()
	require.Len(t, got, 1)
	require.ErrorIs(t, got[0].Err, want)
	return got[0]
}

// requireRefused asserts a 4xx with this reason, and that no handler ran.
func (b *bundle) requireRefused(t testing.TB, r *http.Request, want error) {
	t.Helper()
	w := b.do(r)
	require.GreaterOrEqual(t, w.Code, 400)
	require.Less(t, w.Code, 500)
	report := b.requireReport(t, want)
	require.Equal(t, w.Code, report.Status)
	require.Empty(t, b.handled())
	require.NotContains(t, w.Body.String(), "callback", "the sender learns no reason")
}

var errBoom = errors.New("boom")

// brokenBody is a connection that was cut.
type brokenBody struct{ io.Reader }

func (brokenBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
func (brokenBody) Close() error             { return nil }

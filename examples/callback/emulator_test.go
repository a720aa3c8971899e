package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/emulator"
)

// world is an emulated WeChat whose account pushes to a callback handler.
type world struct {
	*emulator.Server
	account *emulator.App
	handler *callback.Handler

	mu      sync.Mutex
	got     []string
	reports []error
}

var modes = map[emulator.Mode]callback.Mode{
	emulator.Secure: callback.ModeSecure, emulator.Compatible: callback.ModeCompatible, emulator.Plaintext: callback.ModePlain,
}

// connect lets account push to a handler that notes what it gets.
func connect(t *testing.T, wx *emulator.Server, account *emulator.App, kind callback.Kind, mode emulator.Mode, format emulator.Format) *world {
	t.Helper()
	w := &world{Server: wx, account: account}
	var err error
	w.handler, err = callback.New(callback.Config{
		Apps: []callback.App{{AppID: account.AppID, Kind: kind, Mode: modes[mode], Token: app.Token, EncodingAESKey: app.EncodingAESKey}},
		Now:  wx.Now,
		Observer: func(_ context.Context, r callback.Report) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.reports = append(w.reports, r.Err)
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.handler.Shutdown(context.Background())) })
	w.handler.Use(func(next callback.HandlerFunc) callback.HandlerFunc {
		return func(ctx context.Context, p callback.Push) (callback.Reply, error) {
			w.mu.Lock()
			w.got = append(w.got, fmt.Sprintf("%T", p))
			w.mu.Unlock()
			return next(ctx, p)
		}
	})
	account.SetCallback(emulator.Callback{
		Handler: w.handler, Token: app.Token.Reveal(), EncodingAESKey: app.EncodingAESKey.Reveal(), Mode: mode, Format: format,
	})
	return w
}

func (w *world) received() []string {
	w.Settle()
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.got
	w.got = nil
	return out
}

// requireClean asserts that every push was answered in a way WeChat can use.
func (w *world) requireClean(t *testing.T) {
	t.Helper()
	for _, p := range w.Pushes() {
		require.Empty(t, p.Error, p.Type)
		require.Empty(t, p.Fault, p.Type)
	}
	require.Empty(t, w.reports)
}

func TestServiceAccountInTheEmulator(t *testing.T) {
	t.Parallel()
	for mode := range modes {
		wx := emulator.New(t)
		oa, alice := wx.ServiceAccount(), wx.User("alice")
		w := connect(t, wx, oa, callback.OfficialAccount, mode, emulator.XML)
		var scene string
		callback.On(w.handler, func(_ context.Context, e *callback.Follow) (callback.Reply, error) {
			scene = e.Scene
			return callback.TextReply{Content: "Welcome <&> ]]> 你好"}, nil
		})
		callback.On(w.handler, func(_ context.Context, m *callback.TextMessage) (callback.Reply, error) {
			return callback.TextReply{Content: "You wrote " + m.Content}, nil
		})
		require.NoError(t, oa.VerifyCallback(t.Context()))

		alice.Scan(oa.QRCode("poster_1"))
		alice.Follow(oa)
		alice.Write(oa, "hello <b>")
		alice.TapMenu(oa, "PRICES")
		alice.Scan(oa.QRCode("poster_1"))
		alice.Unfollow(oa)
		got := w.received()
		require.Contains(t, got, "*callback.Follow")
		require.Contains(t, got, "*callback.TextMessage")
		require.Contains(t, got, "*callback.MenuClick")
		require.Contains(t, got, "*callback.Scan")
		require.Contains(t, got, "*callback.Unfollow")
		require.Equal(t, "poster_1", scene)
		w.requireClean(t)

		require.Contains(t, texts(alice), "Welcome <&> ]]> 你好")
		require.Contains(t, texts(alice), "You wrote hello <b>")
	}
}

// TestVerificationInTheEmulator has every event about the verification of an account in its type, in all modes.
func TestVerificationInTheEmulator(t *testing.T) {
	t.Parallel()
	for mode := range modes {
		start := time.Date(2026, 11, 20, 4, 0, 0, 0, time.UTC)
		wx := emulator.New(t, emulator.WithClockAt(start))
		oa := wx.ServiceAccount()
		w := connect(t, wx, oa, callback.OfficialAccount, mode, emulator.XML)
		var expired, due time.Time
		var reason string
		callback.On(w.handler, func(_ context.Context, e *callback.VerificationExpired) (callback.Reply, error) {
			expired = e.ExpiredAt
			return nil, nil
		})
		callback.On(w.handler, func(_ context.Context, e *callback.RenewalDue) (callback.Reply, error) {
			due = e.ExpiresAt
			return nil, nil
		})
		callback.On(w.handler, func(_ context.Context, e *callback.NamingRefused) (callback.Reply, error) {
			reason = e.Reason
			return nil, nil
		})
		for _, event := range []emulator.VerificationEvent{
			emulator.QualificationPassed, emulator.QualificationRefused, emulator.NamingPassed, emulator.NamingRefused,
			emulator.RenewalDue, emulator.VerificationExpired,
		} {
			oa.Verify(event, "name taken & <used>")
		}
		require.Equal(t, []string{
			"*callback.QualificationVerified", "*callback.QualificationRefused", "*callback.NamingVerified", "*callback.NamingRefused",
			"*callback.RenewalDue", "*callback.VerificationExpired",
		}, w.received())
		require.Equal(t, start, expired)
		require.Equal(t, start.AddDate(0, 0, 30), due)
		require.Equal(t, "name taken & <used>", reason)
		w.requireClean(t)
	}
}

func TestMiniProgramInTheEmulator(t *testing.T) {
	t.Parallel()
	for mode := range modes {
		for _, format := range []emulator.Format{emulator.XML, emulator.JSON} {
			wx := emulator.New(t)
			mini, alice := wx.MiniProgram(), wx.User("alice")
			w := connect(t, wx, mini, callback.MiniProgram, mode, format)
			var results []callback.SubscribeResult
			callback.On(w.handler, func(_ context.Context, e *callback.SubscribePopup) (callback.Reply, error) {
				results = append(results, e.Results...)
				return nil, nil
			})
			callback.On(w.handler, func(context.Context, *callback.TextMessage) (callback.Reply, error) {
				return callback.TransferReply{}, nil
			})
			tpl := mini.AddTemplate(emulator.Template{Title: "Contract due", Keywords: []string{"thing1"}})
			require.NoError(t, mini.VerifyCallback(t.Context()))
			alice.EnterChat(mini, `{"from":"<card>"}`)
			alice.Write(mini, "hello")
			alice.SendCard(mini, "Order 77", "pages/index/index")
			alice.SendImage(mini, "a.png", []byte("\x89PNG\r\n\x1a\n"))
			alice.Accept(tpl)
			require.Equal(t, []string{
				"*callback.SessionEntered", "*callback.TextMessage", "*callback.MiniProgramPageMessage", "*callback.ImageMessage",
				"*callback.SubscribePopup",
			}, w.received())
			require.Equal(t, []callback.SubscribeResult{{TemplateID: tpl, Status: callback.SubscribeAccepted}}, results)
			w.requireClean(t)
		}
	}
}

func TestPlatformInTheEmulator(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	platform := wx.AddThirdParty(emulator.AppConfig{})
	w := connect(t, wx, platform, callback.ThirdPartyPlatform, emulator.Secure, emulator.XML)
	wx.ServiceAccount().AuthorizeTo(platform)
	wx.ServiceAccount().Deauthorize(platform)
	got := w.received()
	require.Subset(t, got, []string{"*callback.Authorized", "*callback.Unauthorized"})
	wx.Advance(11 * time.Minute)
	require.Contains(t, append(got, w.received()...), "*callback.VerifyTicket")
	w.requireClean(t)
}

// TestLateReplyInTheEmulator: what comes too late for a reply reaches the user as a customer-service message.
func TestLateReplyInTheEmulator(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	oa, alice := wx.ServiceAccount(), wx.User("alice")
	client, err := wechat.New(wechat.Config{AppID: oa.AppID, AppSecret: wechat.Secret(oa.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
	require.NoError(t, err)
	receiver := app
	receiver.AppID = oa.AppID
	h, err := callback.New(callback.Config{
		Apps: []callback.App{receiver}, Now: wx.Now, AnswerWithin: time.Millisecond, Late: sendLate(client),
	})
	require.NoError(t, err)
	answered := make(chan struct{})
	callback.On(h, func(_ context.Context, m *callback.TextMessage) (callback.Reply, error) {
		<-answered
		return callback.TextReply{Content: "You asked " + m.Content}, nil
	})
	oa.SetCallback(emulator.Callback{Handler: h, Token: app.Token.Reveal(), EncodingAESKey: app.EncodingAESKey.Reveal()})
	alice.Follow(oa)
	alice.Write(oa, "why?")
	wx.Settle()
	require.NotContains(t, texts(alice), "You asked why?")
	close(answered)
	require.NoError(t, h.Shutdown(context.Background()))
	require.Contains(t, texts(alice), "You asked why?")
}

func texts(u *emulator.User) []string {
	var out []string
	for _, m := range u.Inbox() {
		out = append(out, m.Text)
	}
	return out
}

// TestRetriesInTheEmulator: a failed push comes again and may run again, a finished one may not.
func TestRetriesInTheEmulator(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	oa, alice := wx.ServiceAccount(), wx.User("alice")
	w := connect(t, wx, oa, callback.OfficialAccount, emulator.Secure, emulator.XML)
	tries := 0
	callback.On(w.handler, func(context.Context, *callback.TextMessage) (callback.Reply, error) {
		if tries++; tries < 3 {
			return nil, errors.New("database is away")
		}
		return nil, nil
	})
	alice.Follow(oa)
	alice.Write(oa, "hello")
	wx.Advance(time.Minute)
	require.Equal(t, []string{"*callback.Follow", "*callback.TextMessage", "*callback.TextMessage", "*callback.TextMessage"}, w.received())

	for _, p := range wx.Pushes("text") {
		oa.Redeliver(p)
	}
	require.Empty(t, w.received())
	require.ErrorIs(t, w.reports[len(w.reports)-1], callback.ErrDuplicate)
}

// TestEnvironmentOfTheEmulator runs the program with the variables that wechat-emulator prints: the pushes come in, and
// what it sends goes to WECHAT_BASE_URL.
func TestEnvironmentOfTheEmulator(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	oa, alice := wx.ServiceAccount(), wx.User("alice")
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	set := oa.SetCallback(emulator.Callback{URL: "http://" + listener.Addr().String() + "/wechat"})
	env := map[string]string{"WECHAT_BASE_URL": wx.URL()}
	getenv := func(name string) string { return env[name] }
	for name, value := range map[string]string{
		"WECHAT_SERVICE_APPID": oa.AppID, "WECHAT_SERVICE_APPSECRET": oa.AppSecret,
		"WECHAT_SERVICE_TOKEN": set.Token, "WECHAT_SERVICE_AES_KEY": set.EncodingAESKey,
	} {
		require.ErrorContains(t, listen(t.Context(), getenv), ": not set")
		env[name] = value
	}
	for name, value := range env {
		if name == "WECHAT_BASE_URL" {
			continue
		}
		env[name] = ""
		require.ErrorContains(t, listen(t.Context(), getenv), name+": not set")
		env[name] = value
	}

	receiver, client, err := settings(getenv)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, listener, receiver, client) }()
	alice.Follow(oa)
	wx.Settle()
	require.Contains(t, texts(alice), "Welcome")
	push := &callback.TextMessage{}
	push.FromUserName = alice.OpenID(oa)
	sendLate(client)(t.Context(), push, callback.TextReply{Content: "late"})
	require.Contains(t, texts(alice), "late")
	stop()
	require.NoError(t, <-ended)
}

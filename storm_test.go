package wechat_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/subscribe"
	"github.com/wechatkit/wechat/token"
)

const sendPath = "/cgi-bin/message/subscribe/send"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// storm is a Mini Program on the emulator with one user who accepts everything.
type storm struct {
	wx     *emulator.Server
	client *wechat.Client
	msg    *subscribe.Message
}

func newStorm(t *testing.T, opts ...wechat.Option) *storm {
	t.Helper()
	wx := emulator.New(t)
	app := wx.MiniProgram()
	tpl := app.AddTemplate(emulator.Template{Title: "Due", Keywords: []string{"thing1"}, Type: emulator.LongTerm})
	alice := wx.User("alice")
	alice.Accept(tpl)
	opts = append([]wechat.Option{wechat.WithHTTPClient(wx.HTTPClient())}, opts...)
	client, err := wechat.New(wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)}, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return &storm{wx, client, &subscribe.Message{
		ToUser: alice.OpenID(app), TemplateID: tpl, Data: subscribe.Data{"thing1": "Insurance"},
	}}
}

// send sends n messages from as many goroutines as told, all begun at once, and counts the failures by error text.
func (s *storm) send(t *testing.T, goroutines, n int, at func(i int64)) map[string]int {
	t.Helper()
	var next atomic.Int64
	var mu sync.Mutex
	failures := map[string]int{}
	messages := subscribe.New(s.client)
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range goroutines {
		wg.Go(func() {
			<-start
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				if at != nil {
					at(i)
				}
				if _, err := messages.Send(t.Context(), s.msg); err != nil {
					mu.Lock()
					failures[err.Error()]++
					mu.Unlock()
				}
			}
		})
	}
	close(start)
	wg.Wait()
	return failures
}

func (s *storm) delivered() int { return len(s.wx.User("alice").Inbox()) }

func TestColdStartOfAThousandGoroutines(t *testing.T) {
	t.Parallel()
	s := newStorm(t)
	// All are there before the first of them has its token.
	s.wx.Fail(emulator.Fault{Path: "/cgi-bin/stable_token", Delay: 200 * time.Millisecond})
	require.Empty(t, s.send(t, 1000, 1000, nil))
	require.Equal(t, 1, s.wx.TokenCalls())
	require.Equal(t, 1000, s.delivered())
}

func TestRevokedTokenAmidAThousandSends(t *testing.T) {
	t.Parallel()
	s := newStorm(t)
	revoke := func(i int64) {
		if i == 500 {
			s.wx.Revoke(s.wx.MiniProgram())
		}
	}
	require.Empty(t, s.send(t, 50, 1000, revoke), "no send fails")
	require.Equal(t, 2, s.wx.TokenCalls(), "one to start, one for the revocation")
	require.Equal(t, 1000, s.delivered())
}

func TestBusyOnOnePercent(t *testing.T) {
	t.Parallel()
	s := newStorm(t, wechat.WithRetry(wechat.RetryPolicy{MinWait: 1, MaxWait: 1}))
	s.wx.Fail(emulator.Fault{Path: sendPath, Code: errcode.SystemBusy, Every: 100})
	require.Empty(t, s.send(t, 50, 1000, nil))
	require.Equal(t, 1000, s.delivered())
	require.Greater(t, s.wx.Count(sendPath), 1000)
}

func TestTokenThatNeverHeals(t *testing.T) {
	t.Parallel()
	s := newStorm(t)
	s.wx.Fail(emulator.Fault{Path: sendPath, Code: errcode.InvalidCredential})
	messages := subscribe.New(s.client)
	for i := range 20 {
		before := s.wx.Count(sendPath)
		_, err := messages.Send(t.Context(), s.msg)
		require.ErrorIs(t, err, errcode.InvalidToken)
		require.NotErrorIs(t, err, wechat.ErrOutcomeUnknown)
		require.ErrorContains(t, err, "subscribe.Send: errcode 40001: invalid credential")
		requests := s.wx.Count(sendPath) - before
		if i < 5 {
			require.Equal(t, 2, requests, "one repetition, with a new token")
			continue
		}
		require.Equal(t, 1, requests, "new tokens do not help")
		require.ErrorContains(t, err, "the token was not replaced: token: WeChat gives out the rejected token again")
	}
	require.LessOrEqual(t, s.wx.TokenCalls(), 8, "and the token endpoint is left in peace")
}

func TestTokenThatNeverHealsInAStorm(t *testing.T) {
	t.Parallel()
	s := newStorm(t)
	s.wx.Fail(emulator.Fault{Path: sendPath, Code: errcode.InvalidCredential})
	failed := 0
	for text, n := range s.send(t, 50, 1000, nil) {
		require.Contains(t, text, "subscribe.Send: errcode 40001: invalid credential")
		failed += n
	}
	require.Equal(t, 1000, failed)
	require.LessOrEqual(t, s.wx.Count(sendPath), 2000, "one repetition each, or fewer")
	require.LessOrEqual(t, s.wx.TokenCalls(), 8)
}

// The clock of WeChat runs on while that of the client stands still: the token expires without notice.
func TestTokenExpiresAmidSends(t *testing.T) {
	t.Parallel()
	s := newStorm(t)
	expire := func(i int64) {
		if i == 500 { // once: a call replaces its token once
			s.wx.Advance(3 * time.Hour)
		}
	}
	require.Empty(t, s.send(t, 20, 1000, expire))
	require.Equal(t, 1000, s.delivered())
}

// Two clients with classic tokens invalidate each other's on a real account; a shared store ends that.
func TestClassicTokenInASharedStore(t *testing.T) {
	t.Parallel()
	store := &token.MemoryStore{}
	wx := emulator.New(t)
	app := wx.MiniProgram()
	for range 5 {
		m, err := token.NewManager(token.Config{
			AppID: app.AppID, AppSecret: token.Secret(app.AppSecret), Kind: token.Classic,
			Store: store, HTTPClient: wx.HTTPClient(),
		})
		require.NoError(t, err)
		_, err = m.Token(t.Context())
		require.NoError(t, err)
		require.NoError(t, m.Close())
	}
	require.Equal(t, 1, wx.TokenCalls())
}

package notify_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/token"
)

// bundle is a notifier on an emulated WeChat with a stopped clock, and one user in both accounts.
type bundle struct {
	t         *testing.T
	wx        *emulator.Server
	mini      *emulator.App
	service   *emulator.App
	alice     *emulator.User
	cfg       notify.Config
	n         *notify.Notifier
	subscribe string     // template of the Mini Program
	template  string     // template of the service account
	mu        sync.Mutex // guards events: pushes arrive while leads are sent
	events    []notify.OutcomeEvent
	late      time.Duration // by which the machine's clock is wrong
}

var start = time.Date(2026, 11, 20, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))

func setup(t *testing.T, change ...func(*notify.Config)) *bundle {
	t.Helper()
	b := &bundle{t: t, wx: emulator.New(t, emulator.WithClockAt(start))}
	b.mini, b.service = b.wx.MiniProgram(), b.wx.ServiceAccount()
	b.alice = b.wx.User("alice")
	b.subscribe = b.mini.AddTemplate(emulator.Template{Title: "Contract due", Keywords: []string{"thing1", "date2"}})
	b.template = b.service.AddTemplate(emulator.Template{Title: "Contract due", Keywords: []string{"thing1", "time2"}})

	db, err := notify.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	mini, service := b.client(b.mini), b.client(b.service)
	cfg := notify.Config{
		Database: db, Now: b.wx.Now, SendTimeout: 2 * time.Second,
		Doors: []notify.Door{notify.NewTemplateDoor(service), notify.NewSubscribeDoor(mini), notify.NewReplyDoor(mini)},
		Observer: func(_ context.Context, e notify.OutcomeEvent) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.events = append(b.events, e)
		},
	}
	for _, c := range change {
		c(&cfg)
	}
	b.cfg = cfg
	b.n, err = notify.New(cfg)
	require.NoError(t, err)
	b.mount(b.mini, callback.MiniProgram)
	b.mount(b.service, callback.OfficialAccount)
	b.link(b.alice, "alice")
	return b
}

func (b *bundle) client(a *emulator.App) *wechat.Client {
	c, err := wechat.New(wechat.Config{AppID: a.AppID, AppSecret: wechat.Secret(a.AppSecret)},
		wechat.WithHTTPClient(b.wx.HTTPClient()), wechat.WithRetry(wechat.RetryPolicy{Attempts: 1}),
		wechat.WithTokenSource(turned{a}))
	require.NoError(b.t, err)
	b.t.Cleanup(func() { _ = c.Close() })
	return c
}

// turned is a source for an emulator whose clock is turned by days: a manager would take the many tokens that
// expire for another program's work.
type turned struct{ app *emulator.App }

func (s turned) Token(context.Context) (token.Token, error) {
	return token.Token{Value: token.Secret(s.app.Token()), Expiry: time.Now().Add(time.Hour)}, nil
}

// mount lets the ledger receive an account's pushes.
func (b *bundle) mount(a *emulator.App, kind callback.Kind) {
	const token, key = "token", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	h, err := callback.New(callback.Config{Now: b.wx.Now, Apps: []callback.App{{
		AppID: a.AppID, Kind: kind, Token: token, EncodingAESKey: key,
	}}})
	require.NoError(b.t, err)
	b.n.Ledger().Mount(h)
	a.SetCallback(emulator.Callback{Handler: h, Token: token, EncodingAESKey: key})
	b.t.Cleanup(func() { _ = h.Shutdown(context.Background()) })
}

// link tells the ledger of a login, with the UnionID, and of the follower's UnionID.
func (b *bundle) link(u *emulator.User, user string) {
	require.NoError(b.t, b.n.Ledger().Link(b.t.Context(), notify.Identity{
		AppID: b.mini.AppID, OpenID: u.OpenID(b.mini), UnionID: u.UnionID(b.mini), User: user,
	}))
	require.NoError(b.t, b.n.Ledger().Link(b.t.Context(), notify.Identity{
		AppID: b.service.AppID, OpenID: u.OpenID(b.service), UnionID: u.UnionID(b.service), User: user,
	}))
}

// reminder is due in ten days, with content for all doors.
func (b *bundle) reminder(key string) *notify.Reminder {
	return &notify.Reminder{
		Key: key, User: "alice", Due: start.AddDate(0, 0, 10),
		Leads: []notify.Lead{notify.Days(7), notify.Days(3), notify.Days(1)},
		Content: notify.Content{
			Template: &notify.TemplateContent{TemplateID: b.template, Data: map[string]string{
				"thing1": "Fire insurance", "time2": "2026-11-30 09:00"}},
			Subscribe: &notify.SubscribeContent{TemplateID: b.subscribe, Data: map[string]string{
				"thing1": "Fire insurance", "date2": "2026-11-30"}},
			Reply: "Your contract ends on 30 November.",
		},
	}
}

func (b *bundle) plan(r *notify.Reminder) {
	b.t.Helper()
	require.NoError(b.t, b.n.Plan(b.t.Context(), r))
}

// pass turns the clock and sends what is due.
func (b *bundle) pass(d time.Duration) {
	b.t.Helper()
	b.wx.Advance(d)
	_, err := b.n.FireDue(b.t.Context())
	require.NoError(b.t, err)
	b.wx.Settle()
}

func (b *bundle) list(key string) []notify.Status {
	b.t.Helper()
	list, err := b.n.List(b.t.Context(), notify.Query{Key: key})
	require.NoError(b.t, err)
	return list
}

// states are those of all leads of a reminder, in the order of their times.
func (b *bundle) states(key string) []notify.State {
	b.t.Helper()
	var states []notify.State
	for _, s := range b.list(key) {
		states = append(states, s.State)
	}
	return states
}

// inbox counts the messages that a user got from accounts.
func inbox(u *emulator.User) (messages []emulator.Message) {
	for _, m := range u.Inbox() {
		if !m.Own {
			messages = append(messages, m)
		}
	}
	return messages
}

const day = 24 * time.Hour

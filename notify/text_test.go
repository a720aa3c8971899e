package notify_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/notify/internal/pgtest"
	"github.com/wechatkit/wechat/oauth"
)

// badTexts are what no PostgreSQL keeps as a text, and no JSON carries as it is.
var badTexts = map[string]string{"GBK": "\xba\xcf\xcd\xac-77", "Cut": "合同"[:4], "NUL": "contract\x00-77"}

// goodTexts look odd and are in order.
var goodTexts = []string{"合同-77", "angle-<&>", "line-\u2028", "emoji-😀", "\ufffd", "tab\tand\nline"}

// TestTextsAreChecked hands every public function a text that is none.
func TestTextsAreChecked(t *testing.T) {
	t.Parallel()
	for name, bad := range badTexts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			for _, tc := range badCalls(b, bad) {
				var wrong *errcode.FieldError
				require.ErrorAs(t, tc.call(t.Context()), &wrong, tc.field)
				require.Equal(t, tc.field, wrong.Field)
				require.Contains(t, wrong.Reason, map[bool]string{true: "NUL", false: "UTF-8"}[name == "NUL"])
			}
			require.Empty(t, must(b.n.List(t.Context(), notify.Query{})))
		})
	}
}

// badCall is a call with a text that is none in one field.
type badCall struct {
	field string
	call  func(context.Context) error
}

func badCalls(b *bundle, bad string) []badCall {
	l, n := b.n.Ledger(), b.n
	link := func(field string, id notify.Identity) badCall {
		return badCall{field, func(ctx context.Context) error { return l.Link(ctx, id) }}
	}
	results := []callback.SubscribeResult{{TemplateID: "good", Status: "accept"}, {TemplateID: bad, Status: "accept"}}
	calls := []badCall{
		link("AppID", notify.Identity{AppID: bad, OpenID: "o", User: "u"}),
		link("OpenID", notify.Identity{AppID: "a", OpenID: bad, User: "u"}),
		link("UnionID", notify.Identity{AppID: "a", OpenID: "o", UnionID: bad, User: "u"}),
		link("User", notify.Identity{AppID: "a", OpenID: "o", User: bad}),
		{"scene", func(ctx context.Context) error { return l.LinkScene(ctx, bad, "u") }},
		{"user", func(ctx context.Context) error { return l.LinkScene(ctx, "s", bad) }},
		{"user", func(ctx context.Context) error { return l.Forget(ctx, bad) }},
		{"openID", func(ctx context.Context) error { return l.ForgetOpenID(ctx, "a", bad) }},
		{"User", func(ctx context.Context) error {
			return l.Unlink(ctx, notify.Identity{AppID: "a", OpenID: "o", User: bad})
		}},
		{"appID", func(ctx context.Context) error { return l.ClientResult(ctx, bad, "o", nil) }},
		{"openID", func(ctx context.Context) error { return l.ClientResult(ctx, "a", bad, nil) }},
		{"results[1].TemplateID", func(ctx context.Context) error { return l.ClientResult(ctx, "a", "o", results) }},
		{"results[1].TemplateID", func(ctx context.Context) error { return l.ClientSettings(ctx, "a", "o", results) }},
		{"identities[0].UnionID", func(ctx context.Context) error {
			return l.Store().Put(ctx, []oauth.Identity{{AppID: "a", OpenID: "o", UnionID: bad}})
		}},
		{"key", func(ctx context.Context) error { _, err := n.Cancel(ctx, bad); return err }},
		{"user", func(ctx context.Context) error { return n.OptOut(ctx, bad, "") }},
		{"topic", func(ctx context.Context) error { return n.OptIn(ctx, "u", bad) }},
	}
	for field, spoil := range badReminders(bad) {
		calls = append(calls, badCall{field, func(ctx context.Context) error {
			r := b.reminder("contract-1")
			spoil(r)
			return n.Plan(ctx, r)
		}})
	}
	for field, spoil := range map[string]func(*notify.Config){
		"Doors[3]":                        func(c *notify.Config) { c.Doors = append(c.Doors, notify.Named(bad, c.Doors[0])) },
		"LongTerm[0]":                     func(c *notify.Config) { c.LongTerm = []string{bad} },
		fmt.Sprintf("PerSecond[%q]", bad): func(c *notify.Config) { c.PerSecond = map[string]float64{bad: 1} },
	} {
		calls = append(calls, badCall{field, func(context.Context) error {
			cfg := b.cfg
			spoil(&cfg)
			_, err := notify.New(cfg)
			return err
		}})
	}
	return calls
}

func badReminders(bad string) map[string]func(*notify.Reminder) {
	return map[string]func(*notify.Reminder){
		"Key":                             func(r *notify.Reminder) { r.Key = bad },
		"User":                            func(r *notify.Reminder) { r.User = bad },
		"Topic":                           func(r *notify.Reminder) { r.Topic = bad },
		"Content.Template.TemplateID":     func(r *notify.Reminder) { r.Content.Template.TemplateID = bad },
		"Content.Template.URL":            func(r *notify.Reminder) { r.Content.Template.URL = bad },
		"Content.Template.AppID":          func(r *notify.Reminder) { r.Content.Template.AppID = bad },
		"Content.Template.Page":           func(r *notify.Reminder) { r.Content.Template.Page = bad },
		`Content.Template.Data["thing1"]`: func(r *notify.Reminder) { r.Content.Template.Data["thing1"] = bad },
		fmt.Sprintf("Content.Template.Data[%q]", bad): func(r *notify.Reminder) { r.Content.Template.Data[bad] = "x" },
		"Content.Subscribe.TemplateID":                func(r *notify.Reminder) { r.Content.Subscribe.TemplateID = bad },
		"Content.Subscribe.Page":                      func(r *notify.Reminder) { r.Content.Subscribe.Page = bad },
		`Content.Subscribe.Data["thing1"]`:            func(r *notify.Reminder) { r.Content.Subscribe.Data["thing1"] = bad },
		"Content.Reply":                               func(r *notify.Reminder) { r.Content.Reply = bad },
		`Content.Other["sms"]`:                        func(r *notify.Reminder) { r.Content.Other = map[string]string{"sms": bad} },
		fmt.Sprintf("Content.Other[%q]", bad):         func(r *notify.Reminder) { r.Content.Other = map[string]string{bad: "x"} },
	}
}

// TestBadTextsFindNothing looks for what cannot be there.
func TestBadTextsFindNothing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		ctx := t.Context()
		n, err := notify.New(smsConfig(db, nil))
		require.NoError(t, err)
		planSMS(t, n, "one")
		for _, bad := range badTexts {
			for _, q := range []notify.Query{{Key: bad}, {User: bad}, {States: []notify.State{notify.State(bad)}}} {
				require.Empty(t, must(n.List(ctx, q)))
				require.Empty(t, must(n.Counts(ctx, q)))
			}
			require.Empty(t, must(n.List(ctx, notify.Query{After: &notify.Status{ID: bad}})))
			_, ok, err := n.Next(ctx, bad)
			require.NoError(t, err)
			require.False(t, ok)
			_, ok, err = n.Find(ctx, bad)
			require.NoError(t, err)
			require.False(t, ok)
			_, ok, err = n.Ledger().Store().Get(ctx, "a", bad)
			require.NoError(t, err)
			require.False(t, ok)
			require.Empty(t, must(n.Ledger().Store().ByUnionID(ctx, bad)))
			require.Empty(t, must(n.Ledger().Reach(ctx, bad, "a")).OpenID)
			require.Empty(t, must(n.Ledger().Reach(ctx, "u", bad)).OpenID)
		}
	})
}

// TestComposedTextsAreChecked has Compose write what no wire carries: that is a failure of Compose's.
func TestComposedTextsAreChecked(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *notify.Config) {
		c.Compose = func(_ context.Context, r *notify.Reminder, _ notify.Lead) (notify.Content, error) {
			return notify.Content{Reply: badTexts["GBK"]}, nil
		}
	})
	b.plan(b.reminder("contract-1"))
	b.wx.Advance(2 * day)
	b.alice.Write(b.mini, "hello")
	b.pass(day)
	require.Equal(t, "Compose failed", b.list("contract-1")[0].Reason)
	require.Empty(t, inbox(b.alice))
}

// TestOddTextsAreSent has keys and texts that are unusual go through the database and the queue of the engine.
func TestOddTextsAreSent(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		var mu sync.Mutex
		var got []string
		n, err := notify.New(smsConfig(db, func(_ context.Context, m *notify.Message) (int64, error) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, m.Content.Other["sms"])
			return 0, nil
		}))
		require.NoError(t, err)
		planSMS(t, n, goodTexts...)
		require.NoError(t, n.Start(t.Context()))
		require.NoError(t, finished(t.Context(), n))
		require.NoError(t, n.Shutdown(t.Context()))
		require.ElementsMatch(t, goodTexts, got)
	})
}

// TestWordsOfOthersAreStored has WeChat, and a door, say what PostgreSQL does not keep as a text: the outcome is
// recorded all the same, and a push stops nobody.
func TestWordsOfOthersAreStored(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db, err := notify.OpenPostgres(ctx, pgtest.Database(t))
	require.NoError(t, err)
	defer db.Close()
	n, err := notify.New(smsConfig(db, func(context.Context, *notify.Message) (int64, error) {
		return 0, &errcode.Error{Op: "sms.Send", Code: 40003, Message: "invalid\x00\xba", Class: errcode.InvalidArgument}
	}))
	require.NoError(t, err)
	planSMS(t, n, "one")
	_, err = n.FireDue(ctx)
	require.NoError(t, err)
	s := must(n.List(ctx, notify.Query{Key: "one"}))[0]
	require.Equal(t, notify.Failed, s.State)
	require.Contains(t, s.Reason, "errcode 40003: invalid")

	l := n.Ledger()
	head := callback.Header{AppID: "wx1", FromUserName: "oAnn", CreateTime: time.Now()}
	odd := func(change func(*callback.Header)) callback.Header { h := head; change(&h); return h }
	for name, p := range map[string]callback.Push{
		"Key of a menu":  &callback.MenuClick{Header: head, EventKey: "a\x00\xba"},
		"Scene":          &callback.Scan{Header: head, Scene: "a\x00\xba"},
		"Scene followed": &callback.Follow{Header: head, Scene: "a\x00\xba"},
		"Template": &callback.SubscribePopup{Header: head, Results: []callback.SubscribeResult{
			{TemplateID: "a\x00\xba", Status: callback.SubscribeAccepted}}},
		"Sent": &callback.SubscribeSent{Header: head, Deliveries: []callback.SubscribeDelivery{
			{TemplateID: "a\x00\xba", MsgID: 7, ErrorCode: 1, ErrorStatus: "b\x00\xba"}}},
		"Outcome": &callback.TemplateSent{Header: head, MsgID: 8, Outcome: "failed:\x00\xba"},
		"OpenID":  &callback.MenuClick{Header: odd(func(h *callback.Header) { h.FromUserName = "o\x00" })},
		"AppID":   &callback.MenuClick{Header: odd(func(h *callback.Header) { h.AppID = "wx\xba" })},
	} {
		require.NoError(t, l.Record(ctx, p), name)
	}
	require.NoError(t, l.Link(ctx, notify.Identity{AppID: "wx1", OpenID: "oAnn", User: "ann"}))
	r, err := l.Reach(ctx, "ann", "wx1")
	require.NoError(t, err)
	require.Equal(t, 3, r.Window.Left, "the tap of the menu counts, whatever its key")
	require.Zero(t, r.Consent("a").Left, "a template that is none is not another")
}

// TestConsentThatIsNoText has a door of the program's own name a template that no row could hold: the lead ends, and
// is not taken up for ever.
func TestConsentThatIsNoText(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		cfg := smsConfig(db, nil)
		cfg.Doors = []notify.Door{oddDoor{sms{}}}
		n, err := notify.New(cfg)
		require.NoError(t, err)
		planSMS(t, n, "one")
		_, err = n.FireDue(t.Context())
		require.NoError(t, err)
		require.Equal(t, notify.Unreachable, must(n.List(t.Context(), notify.Query{Key: "one"}))[0].State)
	})
}

type oddDoor struct{ sms }

func (oddDoor) Check(*notify.Reach, *notify.Content) notify.Verdict {
	return notify.Verdict{Open: true, Consent: "a\x00"}
}

package notify_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
)

// ledgerRows opens the file of a ledger beside it and counts the rows that hold an OpenID.
func ledgerRows(t *testing.T, path string) func(openID string) map[string]int {
	t.Helper()
	raw := must(sql.Open("sqlite", path))
	t.Cleanup(func() { _ = raw.Close() })
	return func(openID string) map[string]int {
		t.Helper()
		counts := map[string]int{}
		for _, table := range []string{"identities", "facts", "receipts", "intents", "scenes"} {
			var count int
			require.NoError(t, raw.QueryRowContext(t.Context(),
				"SELECT COUNT(*) FROM notify_"+table+" WHERE open_id = $1", openID).Scan(&count))
			if count > 0 {
				counts[table] = count
			}
		}
		return counts
	}
}

func onFile(t *testing.T) (b *bundle, rows func(string) map[string]int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.db")
	db := must(notify.OpenSQLite(t.Context(), path))
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return setup(t, func(c *notify.Config) { c.Database = db }), ledgerRows(t, path)
}

// TestEventsOfNobody has events come in about somebody of whom nothing is known, such as after Forget: what only
// tells how something ended leaves no trace.
func TestEventsOfNobody(t *testing.T) {
	t.Parallel()
	head := callback.Header{AppID: "wx1", FromUserName: "oAnn", CreateTime: start}
	reject := []callback.SubscribeResult{{TemplateID: "t", Status: "reject"}, {TemplateID: "u", Status: callback.SubscribeBanned}}
	for name, p := range map[string]callback.Push{
		"Sent":      &callback.SubscribeSent{Header: head, Deliveries: []callback.SubscribeDelivery{{TemplateID: "t", MsgID: 77}}},
		"Template":  &callback.TemplateSent{Header: head, MsgID: 78, Outcome: callback.TemplateUserBlocked},
		"Unfollow":  &callback.Unfollow{Header: head},
		"Popup":     &callback.SubscribePopup{Header: head, Results: reject},
		"NoResults": &callback.SubscribePopup{Header: head},
		"Change":    &callback.SubscribeChange{Header: head, Results: reject},
		"MenuView":  &callback.MenuView{Header: head},
		"Location":  &callback.LocationReport{Header: head},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, rows := onFile(t)
			l := b.n.Ledger()
			require.NoError(t, l.Record(t.Context(), p))
			require.Empty(t, rows("oAnn"))
			require.NoError(t, l.Link(t.Context(), notify.Identity{AppID: "wx1", OpenID: "oAnn", User: "ann"}))
			require.NoError(t, l.Record(t.Context(), p))
			require.NoError(t, l.Forget(t.Context(), "ann"))
			require.NoError(t, l.Record(t.Context(), p))
			require.Empty(t, rows("oAnn"))
		})
	}
}

// TestForgottenWhileUnderWay has a user be forgotten while a message is sent, whose event comes later.
func TestForgottenWhileUnderWay(t *testing.T) {
	t.Parallel()
	for name, forget := range map[string]func(*bundle) error{
		"User": func(b *bundle) error { return b.n.Ledger().Forget(context.Background(), "alice") },
		"OpenID": func(b *bundle) error {
			return b.n.Ledger().ForgetOpenID(context.Background(), b.service.AppID, b.alice.OpenID(b.service))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, rows := onFile(t)
			b.alice.Follow(b.service)
			b.cfg.Doors = []notify.Door{doorBefore{b.cfg.Doors[0], func() { require.NoError(t, forget(b)) }}}
			b.n = must(notify.New(b.cfg))
			b.plan(b.reminder("contract-1"))
			b.pass(3 * day)
			require.Len(t, inbox(b.alice), 1)
			require.Empty(t, rows(b.alice.OpenID(b.service)))
		})
	}
}

type doorBefore struct {
	notify.Door
	do func()
}

func (d doorBefore) Send(ctx context.Context, m *notify.Message) (int64, error) {
	d.do()
	return d.Door.Send(ctx, m)
}

// TestForgetOpenID forgets somebody of whom only an OpenID is known, and one who is linked.
func TestForgetOpenID(t *testing.T) {
	t.Parallel()
	b, rows := onFile(t)
	ctx, l := t.Context(), b.n.Ledger()
	bob := b.wx.User("bob")
	bob.Follow(b.service)
	bob.Write(b.service, "hello")
	b.wx.Settle()
	require.NotEmpty(t, rows(bob.OpenID(b.service)))
	for range 2 {
		require.NoError(t, l.ForgetOpenID(ctx, b.service.AppID, bob.OpenID(b.service)))
		require.Empty(t, rows(bob.OpenID(b.service)))
	}

	b.alice.Follow(b.service)
	b.alice.Accept(b.subscribe)
	require.NoError(t, l.LinkScene(ctx, "bind-1", "alice"))
	b.alice.Scan(b.service.QRCode("bind-1"))
	b.plan(b.reminder("contract-1"))
	b.pass(3 * day)
	require.NoError(t, l.ForgetOpenID(ctx, b.service.AppID, b.alice.OpenID(b.service)))
	require.Empty(t, rows(b.alice.OpenID(b.service)))
	require.NotEmpty(t, rows(b.alice.OpenID(b.mini)), "of another account")
	require.Equal(t, []notify.State{notify.Delivered, notify.Planned, notify.Planned}, b.states("contract-1"))
	b.pass(4 * day)
	require.Equal(t, notify.DoorSubscribe, b.list("contract-1")[1].Door)
	for field, ids := range map[string][2]string{"appID": {"", "o"}, "openID": {"a", ""}} {
		var wrong *errcode.FieldError
		require.ErrorAs(t, l.ForgetOpenID(ctx, ids[0], ids[1]), &wrong)
		require.Equal(t, field, wrong.Field)
	}
}

// TestLateActsAfterForget has pushes come in about what somebody did before Forget and after it: only the latter make
// the OpenID known again.
func TestLateActsAfterForget(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(callback.Header) callback.Push{
		"Follow": func(h callback.Header) callback.Push { return &callback.Follow{Header: h} },
		"Scan":   func(h callback.Header) callback.Push { return &callback.Scan{Header: h, Scene: "1"} },
		"Menu":   func(h callback.Header) callback.Push { return &callback.MenuClick{Header: h} },
		"Enter":  func(h callback.Header) callback.Push { return &callback.SessionEntered{Header: h} },
		"Text": func(h callback.Header) callback.Push {
			return &callback.TextMessage{MessageHeader: callback.MessageHeader{Header: h, MsgID: 1}}
		},
		"Popup": func(h callback.Header) callback.Push {
			return &callback.SubscribePopup{Header: h, Results: []callback.SubscribeResult{{TemplateID: "t", Status: "accept"}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, rows := onFile(t)
			ctx, l := t.Context(), b.n.Ledger()
			ann := notify.Identity{AppID: "wx1", OpenID: "oAnn", User: "ann"}
			push := func(at time.Time) callback.Push {
				return act(callback.Header{AppID: ann.AppID, FromUserName: ann.OpenID, CreateTime: at})
			}
			before := b.wx.Now()
			b.wx.Advance(time.Second)
			for _, forget := range []func() error{
				func() error { return l.Forget(ctx, "ann") },
				func() error { return l.ForgetOpenID(ctx, ann.AppID, ann.OpenID) },
			} {
				require.NoError(t, l.Link(ctx, ann)) // whatever was forgotten before
				require.NoError(t, forget())
				require.NoError(t, l.Record(ctx, push(before)))
				require.NoError(t, l.Record(ctx, push(b.wx.Now())), "in the second of Forget")
				require.Empty(t, rows(ann.OpenID))
			}
			b.wx.Advance(time.Second)
			require.NoError(t, l.Record(ctx, push(b.wx.Now())))
			require.NotEmpty(t, rows(ann.OpenID), "a new act")
		})
	}
}

package notify_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/template"
)

// TestHeldForReview has WeChat hold a message back for half an hour: no other door is taken meanwhile.
func TestHeldForReview(t *testing.T) {
	t.Parallel()
	hold := func(t *testing.T, change ...func(*notify.Config)) *bundle {
		b := setup(t, change...)
		b.alice.Follow(b.service)
		b.alice.Accept(b.subscribe)
		b.wx.Fail(emulator.Fault{Path: templateSend, Code: 40252, Times: 1})
		b.plan(b.reminder("contract-1"))
		b.pass(3 * day)
		s := b.list("contract-1")[0]
		require.Equal(t, notify.Accepted, s.State)
		require.Equal(t, notify.DoorTemplate, s.Door)
		require.Contains(t, s.Reason, "held for review")
		require.Zero(t, b.wx.Count(subscribeSend))
		require.Equal(t, 1, b.consent().Left)
		return b
	}
	t.Run("Delivered", func(t *testing.T) {
		t.Parallel()
		b := hold(t)
		b.pass(time.Hour)
		require.Equal(t, notify.Accepted, b.states("contract-1")[0])
		require.Equal(t, 1, b.wx.Count(templateSend))
		require.Zero(t, b.wx.Count(subscribeSend))
	})
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		b := hold(t, func(c *notify.Config) { c.Database = db })
		sentAt := b.wx.Now()
		b.wx.Advance(30 * time.Minute)
		openID := b.alice.OpenID(b.service)
		for _, other := range []*template.Blocked{
			{ID: "1", OpenID: "somebody else", SentAt: sentAt},
			{ID: "2", OpenID: openID, SentAt: sentAt.Add(-time.Hour)},
		} {
			require.NoError(t, b.n.Ledger().Blocked(t.Context(), b.service.AppID, other))
		}
		require.Equal(t, notify.Accepted, b.states("contract-1")[0], "these are others")
		record := &template.Blocked{ID: "3", OpenID: openID, SentAt: sentAt}
		for range 2 {
			require.NoError(t, b.n.Ledger().Blocked(t.Context(), b.service.AppID, record))
			require.Equal(t, notify.Planned, b.states("contract-1")[0])
		}
		b.pass(time.Second)
		s := b.list("contract-1")[0]
		require.Equal(t, notify.Delivered, s.State)
		require.Equal(t, notify.DoorSubscribe, s.Door)
		require.Equal(t, 1, b.wx.Count(templateSend))
	})
	t.Run("NotTheNextOne", func(t *testing.T) {
		t.Parallel()
		b := hold(t)
		record := &template.Blocked{ID: "3", OpenID: b.alice.OpenID(b.service), SentAt: b.wx.Now()}
		require.NoError(t, b.n.Ledger().Blocked(t.Context(), b.service.AppID, record))
		b.wx.Fail(emulator.Fault{Path: templateSend, Code: 40252, Times: 1})
		b.plan(b.reminder("contract-2"))
		b.pass(time.Second)
		require.NoError(t, b.n.Ledger().Blocked(t.Context(), b.service.AppID, record))
		require.Equal(t, notify.Accepted, b.states("contract-2")[0], "the record is of the one before")
	})
	require.ErrorContains(t, setup(t).n.Ledger().Blocked(context.Background(), "wx", &template.Blocked{}), "notify: Blocked")
}

// TestCodesThatAreNoRefusal answers what may arrive all the same: no other door, and no repetition.
func TestCodesThatAreNoRefusal(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		code errcode.Code
		want notify.State
		door string
		mean func(*errcode.Error) notify.CodeMeaning
	}{
		{"HeldForReview", errcode.HeldForReview, notify.Accepted, notify.DoorTemplate, nil},
		{"Duplicate", 40241, notify.Unknown, notify.DoorTemplate, nil},
		{"NobodyKnows", 999999, notify.Unknown, notify.DoorTemplate, nil},
		{"TheProgramPanics", 999999, notify.Unknown, notify.DoorTemplate,
			func(*errcode.Error) notify.CodeMeaning { panic("no idea") }},
		{"TheProgramKnows", 999999, notify.Delivered, notify.DoorSubscribe,
			func(e *errcode.Error) notify.CodeMeaning {
				if e.Code == 999999 {
					return notify.NotDelivered
				}
				return notify.MayArrive
			}},
		{"TheProgramWaits", 999999, notify.Planned, notify.DoorTemplate,
			func(*errcode.Error) notify.CodeMeaning { return notify.TryLater }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(c *notify.Config) { c.UnknownCode = tc.mean })
			b.alice.Follow(b.service)
			b.alice.Accept(b.subscribe)
			b.wx.Fail(emulator.Fault{Path: templateSend, Code: tc.code})
			b.plan(b.reminder("contract-1"))
			b.pass(3 * day)
			s := b.list("contract-1")[0]
			require.Equal(t, tc.want, s.State, s.Reason)
			require.Equal(t, tc.door, s.Door)
			require.Equal(t, 1, b.wx.Count(templateSend))
		})
	}
}

// TestDuplicateAfterALostAnswer has WeChat say that the message it is sent again was sent just now: it arrived.
func TestDuplicateAfterALostAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alice.Follow(b.service)
	b.alice.Accept(b.subscribe)
	b.service.RemoveCallback()
	b.wx.Fail(emulator.Fault{Path: templateSend, Reset: true, AfterTheFact: true, Times: 1})
	b.wx.Fail(emulator.Fault{Path: templateSend, Code: 40241})
	b.plan(b.reminder("contract-1"))
	b.pass(3 * day)
	b.awaitLease("contract-1")
	require.Equal(t, notify.Accepted, b.states("contract-1")[0])
	require.Equal(t, 2, b.wx.Count(templateSend))
	require.Zero(t, b.wx.Count(subscribeSend))
	require.Len(t, inbox(b.alice), 1)
}

// TestTooManyToOneUser has WeChat slow down the messages to one user: the others go on.
func TestTooManyToOneUser(t *testing.T) {
	t.Parallel()
	b := setup(t)
	bob := b.wx.User("bob")
	b.link(bob, "bob")
	b.alice.Follow(b.service)
	b.alice.Accept(b.subscribe)
	bob.Follow(b.service)
	b.wx.Fail(emulator.Fault{Path: templateSend, Code: 43117, Times: 1})
	for _, key := range []string{"contract-1", "contract-2", "contract-3"} {
		b.plan(b.reminder(key))
	}
	b.pass(3 * day)
	require.Equal(t, 1, b.wx.Count(templateSend), "one answer counts for all messages to her")
	r := b.reminder("bobs")
	r.User = "bob"
	b.plan(r)
	b.pass(time.Minute)
	require.Equal(t, notify.Delivered, b.states("bobs")[0])
	require.Equal(t, 2, b.wx.Count(templateSend))
	b.pass(5 * time.Minute)
	for _, key := range []string{"contract-1", "contract-2", "contract-3"} {
		s := b.list(key)[0]
		require.Equal(t, notify.Delivered, s.State)
		require.Equal(t, notify.DoorTemplate, s.Door)
	}
	require.Zero(t, b.wx.Count(subscribeSend))
}

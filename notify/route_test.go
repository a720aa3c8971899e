package notify_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
)

func TestRefusalOpensTheNextDoor(t *testing.T) {
	t.Parallel()

	t.Run("StaleFollowFlag", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.alice.Follow(b.service)
		b.alice.Accept(b.subscribe)
		b.service.RemoveCallback() // the unfollow event is lost
		b.alice.Unfollow(b.service)
		b.plan(b.reminder("contract-1"))
		b.pass(3 * day)

		s := b.list("contract-1")[0]
		require.Equal(t, notify.Delivered, s.State)
		require.Equal(t, notify.DoorSubscribe, s.Door)
		require.Len(t, s.Steps, 3)
		require.Equal(t, notify.Step{Door: notify.DoorTemplate, Taken: true, Reason: "follows"}, s.Steps[0])
		require.Contains(t, s.Steps[1].Reason, "refused: template.Send: errcode 43004")
		require.Equal(t, notify.Step{Door: notify.DoorSubscribe, Taken: true, Reason: "consents left: 1"}, s.Steps[2])

		b.pass(4 * day)
		require.Equal(t, "does not follow", b.list("contract-1")[1].Steps[0].Reason, "the ledger has learnt")
	})

	t.Run("UsedUpConsent", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.alice.Accept(b.subscribe)
		b.mini.RemoveCallback() // the event of the ban is lost
		b.alice.Ban(b.subscribe)
		b.plan(b.reminder("contract-1"))
		b.pass(3 * day)
		require.Equal(t, []notify.State{notify.Unreachable, notify.Planned, notify.Planned}[1:], b.states("contract-1")[1:])
		s := b.list("contract-1")[0]
		require.Equal(t, notify.Refused, s.State)
		require.Contains(t, s.Reason, "43101")
		b.pass(4 * day)
		require.Equal(t, 1, b.wx.Count(subscribeSend), "the ledger has learnt")
	})

	t.Run("BadContent", func(t *testing.T) {
		t.Parallel()
		b := setup(t, func(c *notify.Config) {
			c.Compose = func(_ context.Context, r *notify.Reminder, _ notify.Lead) (notify.Content, error) {
				r.Content.Template.Data["time2"] = "soon"
				return r.Content, nil
			}
		})
		b.alice.Follow(b.service)
		b.alice.Accept(b.subscribe)
		b.plan(b.reminder("contract-1"))
		b.pass(3 * day)
		s := b.list("contract-1")[0]
		require.Equal(t, notify.DoorSubscribe, s.Door)
		require.Contains(t, s.Steps[1].Reason, `failed: template: Data["time2"]`)
	})

	eachDatabase(t, func(t *testing.T, db *notify.Database) { // the user blocks the account's messages
		b := setup(t, func(c *notify.Config) { c.Database = db })
		b.alice.Follow(b.service)
		b.alice.Accept(b.subscribe)
		b.alice.Block(b.service, true)
		b.plan(b.reminder("contract-1"))
		b.pass(3 * day) // accepted, and then the event says that she blocks
		b.pass(time.Second)
		s := b.list("contract-1")[0]
		require.Equal(t, notify.Delivered, s.State)
		require.Equal(t, notify.DoorSubscribe, s.Door)
		require.Len(t, inbox(b.alice), 1)
	})
}

// sms is a door of the program's own, the last resort.
type sms struct {
	send func(ctx context.Context, m *notify.Message) (int64, error)
}

func (sms) Name() string              { return "sms" }
func (sms) AppID() string             { return "" }
func (sms) Repeatable() time.Duration { return 0 }
func (sms) Check(_ *notify.Reach, c *notify.Content) notify.Verdict {
	if c.Other["sms"] == "" {
		return notify.Verdict{Reason: "no content for it"}
	}
	return notify.Verdict{Open: true, Reason: "last resort"}
}
func (d sms) Send(ctx context.Context, m *notify.Message) (int64, error) { return d.send(ctx, m) }

func TestOwnDoor(t *testing.T) {
	t.Parallel()
	var got notify.Message // of the one case that is sent
	for _, tc := range []struct {
		name string
		send func(ctx context.Context, m *notify.Message) (int64, error)
		want notify.State
	}{
		{"Sent", func(_ context.Context, m *notify.Message) (int64, error) { got = *m; return 0, nil }, notify.Accepted},
		{"Unreachable", func(context.Context, *notify.Message) (int64, error) { return 0, notify.ErrUnreachable }, notify.Refused},
		{"MayHaveGoneOut", func(context.Context, *notify.Message) (int64, error) { return 0, wechat.ErrOutcomeUnknown }, notify.Unknown},
		{"Panic", func(context.Context, *notify.Message) (int64, error) { panic("boom") }, notify.Unknown},
		{"TriedAgain", func(context.Context, *notify.Message) (int64, error) { return 0, notify.ErrNotSent }, notify.Planned},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(c *notify.Config) { c.Doors = append(c.Doors, sms{tc.send}) })
			r := b.reminder("contract-1")
			r.Content.Other = map[string]string{"sms": "It ends on 30 November."}
			b.plan(r)
			b.pass(3 * day)
			s := b.list("contract-1")[0]
			require.Equal(t, tc.want, s.State)
			if tc.want == notify.Accepted {
				require.Equal(t, "sms", s.Door)
				require.Equal(t, "It ends on 30 November.", got.Content.Other["sms"])
				require.Equal(t, "alice", got.User)
				require.Equal(t, notify.Days(7), got.Lead)
			}
		})
	}
}

func TestTemporaryTroubleIsTriedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alice.Accept(b.subscribe)
	b.wx.Fail(emulator.Fault{Path: subscribeSend, Code: errcode.SystemBusy, Times: 2})
	b.plan(b.reminder("contract-1"))
	b.pass(3 * day)
	s := b.list("contract-1")[0]
	require.Equal(t, notify.Planned, s.State)
	require.Equal(t, 2, s.Tries, "she does not follow, and WeChat is busy")
	require.Contains(t, s.Reason, "errcode -1")
	b.pass(time.Minute)
	b.pass(time.Minute)
	s = b.list("contract-1")[0]
	require.Equal(t, notify.Delivered, s.State)
	require.Equal(t, 4, s.Tries)
	require.Len(t, inbox(b.alice), 1)
}

func TestLostAnswer(t *testing.T) {
	t.Parallel()
	lost := func(path string) emulator.Fault {
		return emulator.Fault{Path: path, Reset: true, AfterTheFact: true, Times: 1}
	}

	t.Run("TemplateIsSentAgainAndArrivesOnce", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.alice.Follow(b.service)
		b.service.RemoveCallback()
		b.wx.Fail(lost(templateSend))
		b.plan(b.reminder("contract-1"))
		b.pass(3 * day)
		require.Equal(t, notify.Queued, b.states("contract-1")[0])
		b.awaitLease("contract-1")
		s := b.list("contract-1")[0]
		require.Equal(t, notify.Accepted, s.State)
		require.Equal(t, 2, b.wx.Count(templateSend))
		require.Len(t, inbox(b.alice), 1)
	})

	t.Run("TemplateAfterTenMinutesIsUnknown", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.alice.Follow(b.service)
		b.service.RemoveCallback()
		b.wx.Fail(lost(templateSend))
		b.plan(b.reminder("contract-1"))
		b.pass(3 * day)
		b.wx.Advance(10 * time.Minute)
		b.awaitLease("contract-1")
		require.Equal(t, notify.Unknown, b.states("contract-1")[0])
		require.Equal(t, 1, b.wx.Count(templateSend))
	})

	t.Run("SubscribeIsSettledByTheEvent", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.alice.Accept(b.subscribe)
		b.wx.Fail(lost(subscribeSend))
		b.plan(b.reminder("contract-1"))
		b.pass(3 * day)
		s := b.list("contract-1")[0]
		require.Equal(t, notify.Delivered, s.State)
		require.Equal(t, 1, b.wx.Count(subscribeSend))
		require.Len(t, inbox(b.alice), 1)
	})

	t.Run("SubscribeWithoutEventIsUnknown", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.alice.Accept(b.subscribe)
		var late []callback.Push
		collect(b, b.mini, callback.MiniProgram, &late)
		b.wx.Fail(lost(subscribeSend))
		b.plan(b.reminder("contract-1"))
		b.pass(3 * day)
		require.Equal(t, notify.Unknown, b.states("contract-1")[0])
		unknown, err := b.n.List(t.Context(), notify.Query{States: []notify.State{notify.Unknown}})
		require.NoError(t, err)
		require.Len(t, unknown, 1)

		require.Len(t, late, 1)
		for range 2 {
			require.NoError(t, b.n.Ledger().Record(t.Context(), late[0]))
		}
		require.Equal(t, notify.Delivered, b.states("contract-1")[0], "the late event settles it")
		require.Equal(t, notify.Delivered, b.events[len(b.events)-1].State)
	})
}

// leaseEnds has the lease of a lost send be over, which runs on the machine's clock, and sends what is there.
func (b *bundle) leaseEnds() {
	b.t.Helper()
	b.late += time.Minute
	notify.Misset(b.n, b.late)
	_, err := b.n.FireDue(b.t.Context())
	require.NoError(b.t, err)
}

// awaitLease has leases end until a lead is in nobody's hands.
func (b *bundle) awaitLease(key string) {
	b.t.Helper()
	for range 100 {
		if b.leaseEnds(); b.states(key)[0] != notify.Queued {
			return
		}
	}
	require.Fail(b.t, "it is queued for ever")
}

// TestCancelledBetweenDoors cancels a reminder while a message is under way that will be refused.
func TestCancelledBetweenDoors(t *testing.T) {
	t.Parallel()
	var b *bundle
	sent := 0
	first := named{sms{func(ctx context.Context, _ *notify.Message) (int64, error) {
		_, err := b.n.Cancel(ctx, "contract-1")
		return 0, errors.Join(err, notify.ErrUnreachable)
	}}, "first"}
	second := named{sms{func(context.Context, *notify.Message) (int64, error) { sent++; return 0, nil }}, "second"}
	b = setup(t, func(c *notify.Config) { c.Doors = []notify.Door{first, second} })
	r := b.reminder("contract-1")
	r.Content.Other = map[string]string{"sms": "It ends."}
	b.plan(r)
	b.pass(3 * day)
	require.Equal(t, notify.Cancelled, b.states("contract-1")[0])
	require.Zero(t, sent)
}

// named is a door under another name.
type named struct {
	sms
	name string
}

func (n named) Name() string { return n.name }

// TestCheckThatPanics has a door that cannot judge one reminder: it is passed over.
func TestCheckThatPanics(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *notify.Config) { c.Doors = append([]notify.Door{blind{}}, c.Doors...) })
	b.alice.Follow(b.service)
	b.plan(b.reminder("contract-1"))
	b.pass(3 * day)
	s := b.list("contract-1")[0]
	require.Equal(t, notify.Delivered, s.State)
	require.Equal(t, notify.Step{Door: "blind", Reason: "its Check panicked"}, s.Steps[0])
}

type blind struct{ sms }

func (blind) Name() string                                        { return "blind" }
func (blind) Check(*notify.Reach, *notify.Content) notify.Verdict { panic("cannot see") }

// TestTwoChats has the customer-service chats of both accounts as doors.
func TestTwoChats(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cfg := b.cfg
	cfg.Doors = []notify.Door{
		notify.NewReplyDoor(b.client(b.mini)), notify.Named("account", notify.NewReplyDoor(b.client(b.service))),
	}
	var err error
	b.n, err = notify.New(cfg)
	require.NoError(t, err)
	b.alice.Follow(b.service)
	b.plan(b.reminder("contract-1"))
	b.wx.Advance(3*day - time.Hour)
	b.alice.Write(b.service, "hello")
	b.pass(time.Hour)
	s := b.list("contract-1")[0]
	require.Equal(t, notify.Accepted, s.State)
	require.Equal(t, "account", s.Door)

	r := b.reminder("contract-2")
	r.Content.Reply = strings.Repeat("x", 3000)
	require.ErrorContains(t, b.n.Plan(t.Context(), r), "Content.Reply: 3000 bytes, limit 2048")
}

// TestPaid has the program tell of payments. WeChat may let one open the chat or not; then the next door has the reminder.
func TestPaid(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		window int
		door   string
	}{"Opens": {20, "account"}, "OpensNothing": {0, notify.DoorTemplate}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			cfg := b.cfg
			cfg.Doors = []notify.Door{
				notify.Named("account", notify.NewReplyDoor(b.client(b.service))), notify.NewTemplateDoor(b.client(b.service)),
			}
			var err error
			b.n, err = notify.New(cfg)
			require.NoError(t, err)
			b.alice.Follow(b.service)
			b.plan(b.reminder("contract-1"))
			b.wx.Advance(3*day - 2*time.Hour)
			b.alice.Pay(b.service, emulator.Payment{TransactionID: "4200000000000000000000000001", Window: tc.window})
			ledger, openID := b.n.Ledger(), b.alice.OpenID(b.service)
			require.NoError(t, ledger.Paid(t.Context(), b.service.AppID, openID, b.wx.Now()))
			b.pass(2 * time.Hour)
			require.Equal(t, tc.door, b.list("contract-1")[0].Door)
			require.Len(t, inbox(b.alice), 1)
			r, err := ledger.Reach(t.Context(), "alice", b.service.AppID)
			require.NoError(t, err)
			require.Zero(t, r.Window.Left, "one is used up, or WeChat shut it")
		})
	}
	b := setup(t)
	require.ErrorContains(t, b.n.Ledger().Paid(t.Context(), "", "o1", start), "appID")
	require.ErrorContains(t, b.n.Ledger().Paid(t.Context(), "wx1", "", start), "openID")
}

// TestOwnOrder prefers the acceptance of this very message to the follower's template message.
func TestOwnOrder(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *notify.Config) { slices.Reverse(c.Doors) })
	b.alice.Follow(b.service)
	b.alice.Accept(b.subscribe)
	b.plan(b.reminder("contract-1"))
	b.pass(3 * day)
	require.Equal(t, []notify.Step{
		{Door: notify.DoorReply, Reason: "has not written within 48 hours"},
		{Door: notify.DoorSubscribe, Taken: true, Reason: "consents left: 1"},
	}, b.list("contract-1")[0].Steps)
}

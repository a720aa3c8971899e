package notify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
)

const (
	templateSend  = "/cgi-bin/message/template/send"
	subscribeSend = "/cgi-bin/message/subscribe/send"
	replySend     = "/cgi-bin/message/custom/send"
)

// TestBusyAfterTheFact has WeChat answer −1 to a message that it delivers: the next try carries the same
// client_msg_id.
func TestBusyAfterTheFact(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alice.Follow(b.service)
	b.wx.Fail(emulator.Fault{Path: templateSend, Code: errcode.SystemBusy, AfterTheFact: true, Times: 1})
	b.plan(b.reminder("contract-1"))
	b.pass(3 * day)
	require.Equal(t, notify.Planned, b.states("contract-1")[0])
	b.pass(time.Minute)
	require.Equal(t, notify.Delivered, b.states("contract-1")[0])
	require.Equal(t, 2, b.wx.Count(templateSend))
	require.Len(t, inbox(b.alice), 1)
}

// TestRepetition answers the repetition of a template message whose first answer was lost, and which arrived.
func TestRepetition(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		fault emulator.Fault
		want  notify.State
	}{
		{"Busy", emulator.Fault{Code: errcode.SystemBusy, Times: 1}, notify.Accepted},
		{"SentBefore", emulator.Fault{Code: 45065}, notify.Accepted},
		{"NobodyKnowsTheCode", emulator.Fault{Code: 999999}, notify.Unknown},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.alice.Follow(b.service)
			b.alice.Accept(b.subscribe)
			b.service.RemoveCallback()
			b.wx.Fail(emulator.Fault{Path: templateSend, Reset: true, AfterTheFact: true, Times: 1})
			tc.fault.Path = templateSend
			b.wx.Fail(tc.fault)
			b.plan(b.reminder("contract-1"))
			b.pass(3 * day)
			b.awaitLease("contract-1")
			s := b.list("contract-1")[0]
			require.Equal(t, tc.want, s.State, s.Reason)
			require.Equal(t, notify.DoorTemplate, s.Door)
			require.Len(t, inbox(b.alice), 1, "by one door, once")
		})
	}
}

// TestRepetitionAfterTheKeyIsForgotten has WeChat busy until it no longer knows the client_msg_id of a message
// that may have arrived.
func TestRepetitionAfterTheKeyIsForgotten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alice.Follow(b.service)
	b.service.RemoveCallback()
	b.wx.Fail(emulator.Fault{Path: templateSend, Reset: true, AfterTheFact: true, Times: 1})
	stop := b.wx.Fail(emulator.Fault{Path: templateSend, Code: errcode.SystemBusy})
	b.plan(b.reminder("contract-1"))
	b.pass(3 * day)
	b.leaseEnds()
	require.Equal(t, 2, b.wx.Count(templateSend))
	b.wx.Advance(20 * time.Minute)
	stop()
	b.awaitLease("contract-1")
	require.Equal(t, notify.Unknown, b.states("contract-1")[0])
	require.Len(t, inbox(b.alice), 1)
}

// TestReasonsSurviveTheWaitForATurn has a limited account between two doors.
func TestReasonsSurviveTheWaitForATurn(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *notify.Config) {
		c.PerSecond = map[string]float64{c.Doors[0].AppID(): 100, c.Doors[1].AppID(): 100}
	})
	b.alice.Follow(b.service)
	b.alice.Accept(b.subscribe)
	b.service.RemoveCallback()
	b.alice.Unfollow(b.service)
	b.plan(b.reminder("contract-1"))
	b.pass(3 * day)
	s := b.list("contract-1")[0]
	require.Equal(t, notify.Delivered, s.State)
	require.Len(t, s.Steps, 3)
	require.Contains(t, s.Steps[1].Reason, "43004")
	require.Equal(t, 2, s.Tries)
}

// TestMinuteQuota has WeChat ask for a pause: nothing is sent for the account meanwhile.
func TestMinuteQuota(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alice.Follow(b.service)
	b.wx.Fail(emulator.Fault{Path: templateSend, Code: errcode.MinuteQuotaReached, Times: 1})
	for _, key := range []string{"contract-1", "contract-2", "contract-3"} {
		b.plan(b.reminder(key))
	}
	b.pass(3 * day)
	require.Equal(t, 1, b.wx.Count(templateSend))
	b.pass(2 * time.Minute)
	for _, key := range []string{"contract-1", "contract-2", "contract-3"} {
		require.Equal(t, notify.Delivered, b.states(key)[0])
	}
	require.Equal(t, 4, b.wx.Count(templateSend))
}

// TestPauseOfOneDoor has a gateway of the program's own ask for a pause: other doors without an account go on.
func TestPauseOfOneDoor(t *testing.T) {
	t.Parallel()
	busy := &errcode.Error{Op: "gateway", Code: errcode.MinuteQuotaReached, Class: errcode.RateLimited}
	door := func(err error) sms {
		return sms{func(context.Context, *notify.Message) (int64, error) { return 0, err }}
	}
	b := setup(t, func(c *notify.Config) {
		c.Doors = []notify.Door{notify.Named("busy", onlyFor{door(busy), "alice"}), notify.Named("idle", door(nil))}
	})
	b.link(b.wx.User("bob"), "bob")
	for _, user := range []string{"alice", "bob"} {
		r := b.reminder("contract-of-" + user)
		r.User, r.Content.Other = user, map[string]string{"sms": "It ends."}
		b.plan(r)
	}
	b.pass(3 * day)
	require.Equal(t, notify.Planned, b.states("contract-of-alice")[0])
	require.Equal(t, notify.Accepted, b.states("contract-of-bob")[0])
}

// onlyFor is open to one user.
type onlyFor struct {
	sms
	user string
}

func (d onlyFor) Check(r *notify.Reach, c *notify.Content) notify.Verdict {
	if r.User != d.user {
		return notify.Verdict{Reason: "somebody else"}
	}
	return d.sms.Check(r, c)
}

// TestDayQuota uses up an account's messages of the day: another door is taken, or the lead waits.
func TestDayQuota(t *testing.T) {
	t.Parallel()
	b := setup(t)
	bob := b.wx.User("bob")
	b.link(bob, "bob")
	b.alice.Follow(b.service)
	b.alice.Accept(b.subscribe)
	bob.Follow(b.service)
	stop := b.wx.Fail(emulator.Fault{Path: templateSend, Code: errcode.DayQuotaReached})
	b.plan(b.reminder("alices"))
	r := b.reminder("bobs")
	r.User = "bob"
	b.plan(r)
	b.pass(3 * day)
	require.Equal(t, notify.Delivered, b.states("alices")[0])
	require.Equal(t, notify.DoorSubscribe, b.list("alices")[0].Door)
	s := b.list("bobs")[0]
	require.Equal(t, notify.Planned, s.State)
	require.Contains(t, s.Reason, "45009")
	stop()
	b.pass(12 * time.Hour)
	require.Equal(t, notify.Delivered, b.states("bobs")[0])
	require.Equal(t, notify.DoorTemplate, b.list("bobs")[0].Door)
}

// TestForeignErrors has a door of the program's own return errors of other packages.
func TestForeignErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		err  error
		want notify.State
	}{
		{"SaysNothing", errors.New("gateway: 500"), notify.Unknown},
		{"Timeout", context.DeadlineExceeded, notify.Unknown},
		{"NothingWentOut", errors.Join(notify.ErrNotSent, errors.New("connection refused")), notify.Planned},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(c *notify.Config) {
				c.Doors = []notify.Door{sms{func(context.Context, *notify.Message) (int64, error) { return 0, tc.err }}}
			})
			r := b.reminder("contract-1")
			r.Content.Other = map[string]string{"sms": "It ends."}
			b.plan(r)
			b.pass(3 * day)
			require.Equal(t, tc.want, b.states("contract-1")[0])
		})
	}
}

// TestTokenTrouble has no token to be had when a consent is reserved: the consent is not used up.
func TestTokenTrouble(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alice.Accept(b.subscribe)
	stop := b.wx.Fail(emulator.Fault{Path: subscribeSend, Code: errcode.InvalidAppSecret})
	b.plan(b.reminder("contract-1"))
	b.pass(3 * day)
	require.Equal(t, notify.Planned, b.states("contract-1")[0])
	require.Equal(t, 1, b.consent().Left)
	stop()
	b.pass(time.Hour)
	require.Equal(t, notify.Delivered, b.states("contract-1")[0])
	require.Zero(t, b.consent().Left)
}

// TestStopCutsWeChatOff stops in a hurry while WeChat has a subscription message and has not answered.
func TestStopCutsWeChatOff(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *notify.Config) { c.SendTimeout, c.Poll = time.Minute, 10*time.Millisecond })
	b.alice.Accept(b.subscribe)
	var late []callback.Push
	collect(b, b.mini, callback.MiniProgram, &late)
	b.wx.Fail(emulator.Fault{Path: subscribeSend, Delay: time.Minute, AfterTheFact: true})
	b.plan(b.reminder("contract-1"))
	b.wx.Advance(3 * day)
	require.NoError(t, b.n.Start(t.Context()))
	require.Eventually(t, func() bool { return b.wx.Count(subscribeSend) == 1 }, patience, 10*time.Millisecond)
	hurry, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, b.n.Shutdown(hurry), context.Canceled)
	require.Equal(t, notify.Unknown, b.states("contract-1")[0])
	b.wx.Settle()
	require.Len(t, late, 1)
	require.NoError(t, b.n.Ledger().Record(t.Context(), late[0]))
	require.Equal(t, notify.Delivered, b.states("contract-1")[0])
	require.Len(t, inbox(b.alice), 1)
}

// TestNothingLeaks provokes failures of every kind, with answers that repeat what was sent, and looks for it in
// what operators see.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := setup(t, func(c *notify.Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	b.alice.Follow(b.service)
	b.alice.Accept(b.subscribe)
	b.wx.Advance(3*day - time.Hour)
	b.alice.Write(b.mini, "hello")
	private := map[string][]string{ // what the calls carry
		templateSend:  {b.alice.OpenID(b.service), "Fire insurance"},
		subscribeSend: {b.alice.OpenID(b.mini), "Fire insurance"},
		replySend:     {b.alice.OpenID(b.mini), "Your contract ends on 30 November."},
	}
	for i, fault := range []emulator.Fault{
		{Code: errcode.InvalidOpenID}, {Code: errcode.SystemBusy}, {Code: 999999}, {Status: 502}, {Status: 200}, {Reset: true},
	} {
		var stops []func()
		for path, words := range private {
			f := fault
			f.Path, f.Message, f.Body = path, strings.Join(words, " "), ""
			if f.Status > 0 {
				f.Body = "<html>" + f.Message
			}
			stops = append(stops, b.wx.Fail(f))
		}
		b.plan(b.reminder(fmt.Sprintf("contract-%d", i)))
		b.pass(time.Hour)
		for _, stop := range stops {
			stop()
		}
	}
	list, err := b.n.List(t.Context(), notify.Query{})
	require.NoError(t, err)
	history, err := json.Marshal(list)
	require.NoError(t, err)
	require.Contains(t, log.String(), "a send failed")
	for _, word := range slices.Concat(private[templateSend], private[subscribeSend], private[replySend]) {
		require.NotContains(t, log.String(), word)
		require.NotContains(t, string(history), word)
		require.NotContains(t, fmt.Sprint(b.events), word)
	}
}

// TestAnEqualPlanKeepsTheWait plans the same again each minute, as a job of a program does, while the lead waits.
func TestAnEqualPlanKeepsTheWait(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]errcode.Code{
		"Quota": errcode.DayQuotaReached, "User": 43117, "Minute": errcode.MinuteQuotaReached,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.alice.Follow(b.service)
			b.wx.Fail(emulator.Fault{Path: templateSend, Code: code})
			b.plan(b.reminder("contract-1"))
			b.pass(3 * day)
			next := b.list("contract-1")[0].FireAt
			for b.wx.Now().Add(time.Second).Before(next) {
				b.plan(b.reminder("contract-1"))
				require.Equal(t, next, b.list("contract-1")[0].FireAt)
				b.pass(min(time.Minute, next.Sub(b.wx.Now())/2))
			}
			require.Equal(t, 1, b.wx.Count(templateSend))
		})
	}
}

// TestDayQuotaIsRemembered has many leads due for an account whose quota of the day is used up.
func TestDayQuotaIsRemembered(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		const count = 30
		b := setup(t, func(c *notify.Config) {
			c.Database = db
			c.PerSecond = map[string]float64{c.Doors[0].AppID(): 10_000}
		})
		users := make([]*emulator.User, count)
		for i := range users {
			users[i] = b.wx.User(fmt.Sprintf("user-%d", i))
			users[i].Follow(b.service)
			b.link(users[i], users[i].Name)
			r := b.reminder("of-" + users[i].Name)
			r.User = users[i].Name
			b.plan(r)
		}
		stop := b.wx.Fail(emulator.Fault{Path: templateSend, Code: errcode.DayQuotaReached})
		b.pass(3*day + 3*time.Hour) // at noon
		require.Equal(t, 1, b.wx.Count(templateSend), "one learns it for all")
		b.pass(30 * time.Minute)
		require.Equal(t, 1, b.wx.Count(templateSend))
		b.pass(31 * time.Minute)
		b.pass(2 * time.Minute)
		require.Equal(t, 2, b.wx.Count(templateSend), "one asks each hour")
		second, err := notify.New(b.cfg)
		require.NoError(t, err)
		_, err = second.FireDue(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2, b.wx.Count(templateSend), "another process knows it too")
		stop()
		b.pass(time.Hour)
		b.pass(2 * time.Minute)
		for _, u := range users {
			require.Equal(t, notify.Delivered, b.states("of-" + u.Name)[0])
			require.Len(t, inbox(u), 1)
		}
		require.Equal(t, 2+count, b.wx.Count(templateSend))
	})
}

// TestQuotasOfADayEnd goes on at midnight without asking each hour.
func TestQuotasOfADayEnd(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *notify.Config) { c.CatchUp = notify.CatchUpAll })
	b.alice.Follow(b.service)
	stop := b.wx.Fail(emulator.Fault{Path: templateSend, Code: errcode.DayQuotaReached})
	b.plan(b.reminder("contract-1"))
	b.pass(3*day + 14*time.Hour + 30*time.Minute) // half past eleven in the evening
	require.Equal(t, 1, b.wx.Count(templateSend))
	require.Equal(t, start.Add(3*day+15*time.Hour).UTC(), b.list("contract-1")[0].FireAt.UTC())
	stop()
	b.pass(30 * time.Minute)
	require.Equal(t, notify.Delivered, b.states("contract-1")[0])
}

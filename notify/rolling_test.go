package notify_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/notify"
)

// own is a door of the program's own by any name, which takes the content of that name.
type own struct {
	name  string
	sends *atomic.Int64
	err   error
}

func (d own) Name() string            { return d.name }
func (own) AppID() string             { return "" }
func (own) Repeatable() time.Duration { return time.Minute }
func (d own) Check(_ *notify.Reach, c *notify.Content) notify.Verdict {
	return notify.Verdict{Open: c.Other[d.name] != "", Reason: "by its content"}
}
func (d own) Send(context.Context, *notify.Message) (int64, error) {
	d.sends.Add(1)
	return 0, d.err
}

// TestDoorsOfOtherProcesses has processes with different doors work on one database, as two versions of a program
// or two programs do.
func TestDoorsOfOtherProcesses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		content []string
		mailErr error
		want    notify.State
		door    string
	}{
		{"OnlyTheOther", []string{"sms"}, nil, notify.Accepted, "sms"},
		{"Both", []string{"mail", "sms"}, nil, notify.Accepted, "mail"},
		{"RefusedHere", []string{"mail", "sms"}, notify.ErrUnreachable, notify.Accepted, "sms"},
		{"NobodyHasIt", []string{"fax"}, nil, notify.Planned, ""},
		{"RefusedHereAndNobody", []string{"mail", "fax"}, notify.ErrUnreachable, notify.Planned, "mail"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(t *testing.T, db *notify.Database) {
				log := &counter{words: "has no door"}
				clock := clockAt(time.Now())
				process := func(d own) (*notify.Notifier, func()) {
					d.sends = new(atomic.Int64)
					cfg := smsConfig(db, nil)
					cfg.Doors, cfg.Logger, cfg.Now = []notify.Door{d}, slog.New(slog.NewTextHandler(log, nil)), clock.now
					n, err := notify.New(cfg)
					require.NoError(t, err)
					return n, func() {
						_, err := n.FireDue(t.Context())
						require.NoError(t, err)
					}
				}
				mail, fireMail := process(own{name: "mail", err: tc.mailErr})
				_, fireSMS := process(own{name: "sms"})
				for _, key := range []string{"one", "two"} {
					r := &notify.Reminder{
						Key: key, User: key, Due: clock.now().Add(time.Hour), Leads: []notify.Lead{notify.Before(time.Hour)},
						Content: notify.Content{Other: map[string]string{}},
					}
					for _, name := range tc.content {
						r.Content.Other[name] = "x"
					}
					require.NoError(t, mail.Plan(t.Context(), r))
				}
				for range 3 {
					fireMail() // the one without the door looks first
					fireSMS()
				}
				list, err := mail.List(t.Context(), notify.Query{})
				require.NoError(t, err)
				for _, s := range list {
					require.Equal(t, tc.want, s.State, s.Reason)
					require.Equal(t, tc.door, s.Door)
				}
				if tc.want == notify.Planned {
					require.Contains(t, list[0].Reason, "left to processes with the doors: fax")
					require.EqualValues(t, 1, log.count.Load(), "once, for both")
					clock.add(25 * time.Hour)
					fireMail()
					list, err := mail.List(t.Context(), notify.Query{States: []notify.State{notify.Planned}})
					require.NoError(t, err)
					require.Empty(t, list, "its time is over")
				}
			})
		})
	}
}

// TestPlannedAnewForADoorThatIsHere changes the content of a lead that was left to others.
func TestPlannedAnewForADoorThatIsHere(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		cfg := smsConfig(db, func(context.Context, *notify.Message) (int64, error) { return 0, nil })
		n, err := notify.New(cfg)
		require.NoError(t, err)
		r := &notify.Reminder{
			Key: "one", User: "one", Due: time.Now().Add(time.Hour), Leads: []notify.Lead{notify.Before(time.Hour)},
			Content: notify.Content{Other: map[string]string{"fax": "x"}},
		}
		for _, want := range []notify.State{notify.Planned, notify.Accepted} {
			require.NoError(t, n.Plan(t.Context(), r))
			_, err = n.FireDue(t.Context())
			require.NoError(t, err)
			counts, err := n.Counts(t.Context(), notify.Query{})
			require.NoError(t, err)
			require.Equal(t, map[notify.State]int{want: 1}, counts)
			r.Content.Other = map[string]string{"sms": "x"}
		}
	})
}

// TestAttemptsOfOtherProcesses has a process that knows how to repeat a message die, and one without the door find
// it first.
func TestAttemptsOfOtherProcesses(t *testing.T) {
	t.Parallel()
	db, err := notify.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	require.NoError(t, err)
	defer db.Close()
	clock := clockAt(time.Now().Add(time.Second))
	var sends, others atomic.Int64
	process := func(d own) *notify.Notifier {
		cfg := smsConfig(db, nil)
		cfg.Doors, cfg.Now = []notify.Door{d}, clock.now
		n, err := notify.New(cfg)
		require.NoError(t, err)
		return n
	}
	lost := process(own{"sms", &sends, wechat.ErrOutcomeUnknown})
	mail := process(own{"mail", &others, nil})
	planSMS(t, lost, "one")
	_, err = lost.FireDue(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, sends.Load())
	find := func(leasesAreOverFor time.Duration) notify.State {
		notify.Misset(mail, leasesAreOverFor)
		_, err := mail.FireDue(t.Context())
		require.NoError(t, err)
		list, err := mail.List(t.Context(), notify.Query{})
		require.NoError(t, err)
		return list[0].State
	}
	require.Equal(t, notify.Queued, find(time.Minute), "another process may know how to repeat it")
	clock.add(10 * time.Minute)
	require.Equal(t, notify.Unknown, find(2*time.Minute), "nobody came")
	require.Zero(t, others.Load())
}

// handClock is turned by hand.
type handClock struct{ at atomic.Int64 }

func clockAt(t time.Time) *handClock {
	c := new(handClock)
	c.at.Store(t.UnixMilli())
	return c
}

func (c *handClock) now() time.Time      { return time.UnixMilli(c.at.Load()) }
func (c *handClock) add(d time.Duration) { c.at.Add(d.Milliseconds()) }

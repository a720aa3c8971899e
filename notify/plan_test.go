package notify_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/notify/internal/pgtest"
)

func TestPlanAgainChangesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alice.Follow(b.service)
	b.plan(b.reminder("contract-1"))
	b.pass(3 * day)
	before := b.list("contract-1")
	for range 3 {
		b.plan(b.reminder("contract-1"))
		b.pass(0)
	}
	require.Equal(t, before, b.list("contract-1"))
	require.Len(t, inbox(b.alice), 1)
}

func TestRenewal(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alice.Follow(b.service)
	b.plan(b.reminder("contract-1"))
	b.pass(3 * day) // the first lead is out

	renewed := b.reminder("contract-1")
	renewed.Due = renewed.Due.AddDate(1, 0, 0)
	b.plan(renewed)
	require.Equal(t, []notify.State{
		notify.Delivered, notify.Cancelled, notify.Cancelled, notify.Planned, notify.Planned, notify.Planned,
	}, b.states("contract-1"))
	b.pass(30 * day)
	require.Len(t, inbox(b.alice), 1)

	// Taken back: what was sent for the old date is not sent again, what was dropped comes back or is missed.
	b.plan(b.reminder("contract-1"))
	require.Equal(t, notify.Delivered, b.states("contract-1")[0])
	require.Equal(t, notify.Missed, b.states("contract-1")[1])
	require.Len(t, inbox(b.alice), 1)
}

func TestOtherLeads(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.plan(b.reminder("contract-1"))
	r := b.reminder("contract-1")
	r.Leads = []notify.Lead{notify.Days(3), notify.Days(2), notify.Days(2)}
	b.plan(r)
	require.Equal(t, []notify.State{notify.Cancelled, notify.Planned, notify.Planned, notify.Cancelled}, b.states("contract-1"))
}

func TestCancel(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alice.Follow(b.service)
	b.plan(b.reminder("contract-1"))
	found, err := b.n.Cancel(t.Context(), "contract-1")
	require.NoError(t, err)
	require.True(t, found)
	found, err = b.n.Cancel(t.Context(), "contract-1")
	require.NoError(t, err)
	require.False(t, found)
	b.pass(9 * day)
	require.Empty(t, inbox(b.alice))
	require.Equal(t, "the reminder was cancelled", b.list("contract-1")[0].Reason)
	_, ok, err := b.n.Find(t.Context(), "contract-1")
	require.NoError(t, err)
	require.False(t, ok)

	b.plan(b.reminder("contract-2"))
	r, ok, err := b.n.Find(t.Context(), "contract-2")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "alice", r.User)
}

// TestCancelWaitsForACommitment cancels a reminder while a worker commits to send it.
func TestCancelWaitsForACommitment(t *testing.T) {
	t.Parallel()
	ctx, dsn := t.Context(), pgtest.Database(t)
	db, err := notify.OpenPostgres(ctx, dsn)
	require.NoError(t, err)
	defer db.Close()
	n, err := notify.New(smsConfig(db, nil))
	require.NoError(t, err)
	planSMS(t, n, "one")
	id := must(n.List(ctx, notify.Query{Key: "one"}))[0].ID
	worker := must(pgx.Connect(ctx, dsn))
	defer worker.Close(ctx)
	tx := must(worker.Begin(ctx))
	for _, step := range []string{
		`UPDATE notify_firings SET state = 'queued' WHERE id = $1`,
		`INSERT INTO notify_intents (firing_id, seq, door, app_id, open_id, state, started_at, lease_until)
			VALUES ($1, 1, 'sms', '', '', 'sending', 0, 0)`,
	} {
		_, err := tx.Exec(ctx, step, id)
		require.NoError(t, err)
	}
	cancelled := make(chan error, 1)
	go func() {
		_, err := n.Cancel(context.Background(), "one")
		cancelled <- err
	}()
	watcher := must(pgx.Connect(ctx, dsn))
	defer watcher.Close(ctx)
	require.Eventually(t, func() bool {
		var waiting int
		err := watcher.QueryRow(ctx, `SELECT COUNT(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
		return err == nil && waiting == 1
	}, patience, 10*time.Millisecond)
	require.NoError(t, tx.Commit(ctx))
	require.NoError(t, <-cancelled)
	require.Equal(t, notify.Queued, must(n.List(ctx, notify.Query{Key: "one"}))[0].State, "its message is under way")
}

func TestOptOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alice.Follow(b.service)
	r := b.reminder("contract-1")
	r.Topic = "contracts"
	b.plan(r)
	require.NoError(t, b.n.OptOut(t.Context(), "alice", "contracts"))
	require.NoError(t, b.n.OptOut(t.Context(), "alice", "contracts"))
	b.plan(b.reminder("other")) // of another topic
	b.pass(3 * day)
	require.Equal(t, notify.Skipped, b.states("contract-1")[0])
	require.Equal(t, notify.Delivered, b.states("other")[0])
	require.NoError(t, b.n.OptIn(t.Context(), "alice", "contracts"))
	require.NoError(t, b.n.OptOut(t.Context(), "alice", "")) // everything
	b.pass(4 * day)
	require.Equal(t, notify.Skipped, b.states("contract-1")[1])
	require.NoError(t, b.n.OptIn(t.Context(), "alice", ""))
	b.pass(2 * day)
	require.Equal(t, notify.Delivered, b.states("contract-1")[2])
}

func TestCatchUp(t *testing.T) {
	t.Parallel()
	late := 7*day + 2*time.Hour // after the second of three leads
	for name, tc := range map[string]struct {
		policy notify.CatchUp
		pass   time.Duration
		want   []notify.State
	}{
		"Latest":   {notify.CatchUpLatest, late, []notify.State{notify.Missed, notify.Delivered, notify.Planned}},
		"All":      {notify.CatchUpAll, late, []notify.State{notify.Delivered, notify.Delivered, notify.Planned}},
		"None":     {notify.CatchUpNone, late, []notify.State{notify.Missed, notify.Missed, notify.Planned}},
		"AfterDue": {notify.CatchUpAll, 11 * day, []notify.State{notify.Missed, notify.Missed, notify.Missed}},
		"InTime":   {notify.CatchUpNone, 3*day + 59*time.Minute, []notify.State{notify.Delivered, notify.Planned, notify.Planned}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(c *notify.Config) { c.CatchUp = tc.policy })
			b.alice.Follow(b.service)
			b.plan(b.reminder("contract-1"))
			b.pass(tc.pass)
			require.Equal(t, tc.want, b.states("contract-1"))
		})
	}
}

// TestFailsUntilTooLate has WeChat busy for days: a lead whose time is over ends as its last try did.
func TestFailsUntilTooLate(t *testing.T) {
	t.Parallel()
	busy := emulator.Fault{Path: templateSend, Code: errcode.SystemBusy}
	hourly := func(b *bundle, hours int) {
		for range hours {
			b.pass(time.Hour)
		}
	}

	t.Run("ALaterLeadHasCome", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.alice.Follow(b.service)
		stop := b.wx.Fail(busy)
		b.plan(b.reminder("contract-1"))
		hourly(b, 7*24+1)
		stop()
		hourly(b, 2)
		require.Equal(t, []notify.State{notify.Failed, notify.Delivered, notify.Planned}, b.states("contract-1"))
		require.Contains(t, b.list("contract-1")[0].Reason, "that of a later one has come; the last try: template.Send: errcode -1")
		require.Len(t, inbox(b.alice), 1)
	})

	t.Run("ItIsDue", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.alice.Follow(b.service)
		b.wx.Fail(busy)
		r := b.reminder("contract-1")
		r.Leads = []notify.Lead{notify.Days(1)}
		b.plan(r)
		hourly(b, 10*24+1)
		require.Equal(t, []notify.State{notify.Failed}, b.states("contract-1"))
		require.Contains(t, b.list("contract-1")[0].Reason, "errcode -1")
		last := b.events[len(b.events)-1]
		require.Equal(t, notify.Failed, last.State)
		require.Equal(t, notify.Planned, b.events[len(b.events)-2].State, "each failed try is told of")
	})

	t.Run("AWeekAfterDue", func(t *testing.T) {
		t.Parallel()
		b := setup(t, func(c *notify.Config) { c.CatchUp = notify.CatchUpAll })
		b.alice.Follow(b.service)
		b.wx.Fail(busy)
		r := b.reminder("contract-1")
		r.Leads = []notify.Lead{notify.Days(-1)}
		b.plan(r)
		hourly(b, 18*24+2)
		require.Equal(t, []notify.State{notify.Failed}, b.states("contract-1"))
		require.LessOrEqual(t, len(b.list("contract-1")[0].Steps), 50)
	})
}

// TestMovedIntoTheFuture moves the time of day of a lead that was missed.
func TestMovedIntoTheFuture(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alice.Follow(b.service)
	r := b.reminder("contract-1")
	r.Due, r.At = start.AddDate(0, 0, 7), "07:00"
	for range 2 {
		b.plan(r)
		require.Equal(t, []notify.State{notify.Missed, notify.Planned, notify.Planned}, b.states("contract-1"))
	}
	r.At = "18:00"
	b.plan(r)
	require.Equal(t, []notify.State{notify.Planned, notify.Planned, notify.Planned}, b.states("contract-1"))
	b.pass(10 * time.Hour)
	require.Equal(t, notify.Delivered, b.states("contract-1")[0])
}

func TestPlannedTooLateForALead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alice.Follow(b.service)
	r := b.reminder("contract-1")
	r.Due = start.AddDate(0, 0, 5)
	b.plan(r)
	b.pass(0)
	require.Equal(t, []notify.State{notify.Missed, notify.Planned, notify.Planned}, b.states("contract-1"))
	require.Equal(t, "its time was over when it was planned", b.list("contract-1")[0].Reason)
}

func TestLateIntoQuietHours(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alice.Follow(b.service)
	r := b.reminder("contract-1")
	r.Quiet = notify.QuietHours{From: "22:00", To: "08:00"}
	b.plan(r)
	b.pass(3*day + 14*time.Hour) // 23:00: the process was down since the morning
	s := b.list("contract-1")[0]
	require.Equal(t, notify.Planned, s.State)
	require.Equal(t, "waits for the end of the quiet hours", s.Reason)
	require.Equal(t, start.AddDate(0, 0, 4).Add(-time.Hour).Unix(), s.FireAt.Unix())
	b.pass(9 * time.Hour)
	require.Equal(t, notify.Delivered, b.states("contract-1")[0])
}

func TestCompose(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *notify.Config) {
		c.Compose = func(_ context.Context, r *notify.Reminder, l notify.Lead) (notify.Content, error) {
			if l == notify.Days(1) {
				panic("no text for tomorrow")
			}
			content := r.Content
			content.Reply += " In " + l.String() + "."
			return content, nil
		}
	})
	b.plan(b.reminder("contract-1"))
	b.wx.Advance(2 * day)
	b.alice.Write(b.mini, "hello")
	b.pass(day)
	require.Equal(t, "Your contract ends on 30 November. In 7d.", inbox(b.alice)[0].Text)
	b.pass(6 * day)
	last := b.list("contract-1")[2]
	require.Equal(t, notify.Planned, last.State)
	require.Equal(t, "Compose failed", last.Reason)
}

// TestComposeFails has the program's Compose fail for a while with an error about the content.
func TestComposeFails(t *testing.T) {
	t.Parallel()
	broken := true
	calls := 0
	b := setup(t, func(c *notify.Config) {
		c.Compose = func(_ context.Context, r *notify.Reminder, _ notify.Lead) (notify.Content, error) {
			calls++
			if broken {
				return notify.Content{}, &errcode.FieldError{Op: "contracts", Field: "ID", Reason: "unknown"}
			}
			return r.Content, nil
		}
	})
	b.alice.Follow(b.service)
	b.plan(b.reminder("contract-1"))
	b.pass(3 * day)
	b.pass(time.Second)
	require.Equal(t, 1, calls)
	for range 10 {
		b.pass(5 * time.Minute)
	}
	require.Less(t, calls, 10, "less and less often")
	broken = false
	b.pass(time.Hour)
	require.Equal(t, notify.Delivered, b.states("contract-1")[0])
}

func TestListPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.plan(b.reminder("contract-1"))
	b.plan(b.reminder("contract-2"))
	var keys []string
	q := notify.Query{User: "alice", States: []notify.State{notify.Planned}, Limit: 4}
	for {
		page, err := b.n.List(t.Context(), q)
		require.NoError(t, err)
		for _, s := range page {
			keys = append(keys, s.Key+" "+s.Lead.String())
		}
		if len(page) < q.Limit {
			break
		}
		q.After = &page[len(page)-1]
	}
	require.Equal(t, []string{
		"contract-1 7d", "contract-2 7d", "contract-1 3d", "contract-2 3d", "contract-1 1d", "contract-2 1d",
	}, keys)
	from, err := b.n.List(t.Context(), notify.Query{From: start.AddDate(0, 0, 7), To: start.AddDate(0, 0, 8)})
	require.NoError(t, err)
	require.Len(t, from, 2)
	counts, err := b.n.Counts(t.Context(), notify.Query{Key: "contract-1"})
	require.NoError(t, err)
	require.Equal(t, map[notify.State]int{notify.Planned: 3}, counts)
	_, ok, err := b.n.Next(t.Context(), "nobody")
	require.NoError(t, err)
	require.False(t, ok)
}

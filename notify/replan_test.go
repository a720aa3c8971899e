package notify_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/notify/internal/pgtest"
)

// TestEqualPlanKeepsAWait plans the same again while WeChat's quota of the day is used up.
func TestEqualPlanKeepsAWait(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alice.Follow(b.service)
	b.wx.Fail(emulator.Fault{Path: templateSend, Code: errcode.DayQuotaReached})
	r := b.reminder("contract-1")
	r.Due, r.Content.Subscribe, r.Content.Reply = start.AddDate(0, 0, 7), nil, ""
	b.plan(r)
	b.pass(0)
	before := b.list("contract-1")
	for range 10 {
		b.wx.Advance(time.Minute)
		b.plan(r)
		b.pass(0)
	}
	require.Equal(t, 1, b.wx.Count(templateSend))
	require.Equal(t, before, b.list("contract-1"))
}

// TestDueIsCorrected moves the due time after a lead was sent.
func TestDueIsCorrected(t *testing.T) {
	t.Parallel()
	hour := notify.Lead{Days: 1, Before: time.Hour}
	for name, tc := range map[string]struct {
		lead  notify.Lead
		at    string
		zone  string
		move  time.Duration
		again bool
	}{
		"ASecond":              {lead: notify.Days(7), move: time.Second},
		"AMillisecondBack":     {lead: notify.Days(7), move: -time.Millisecond},
		"EightHours":           {lead: notify.Days(7), move: 8 * time.Hour},
		"ATimeOfDay":           {lead: notify.Days(7), at: "09:00", move: 8 * time.Hour},
		"TheDayItself":         {lead: notify.Days(0), move: time.Hour},
		"TheNextDay":           {lead: notify.Days(7), move: 15 * time.Hour, again: true},
		"TheNextDayOfTheUser":  {lead: notify.Days(7), zone: "America/New_York", move: 4 * time.Hour, again: true},
		"TheSameDayOfTheUser":  {lead: notify.Days(7), zone: "America/New_York", move: 2 * time.Hour},
		"ExactLead":            {lead: notify.Before(7 * day), move: time.Hour, again: true},
		"DaysAndExact":         {lead: hour, move: time.Hour, again: true},
		"ExactLeadAndNoChange": {lead: notify.Before(7 * day)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachGated(t, func(t *testing.T, d *gated) {
				r := dueIn(7*day, tc.lead)
				r.At, r.Zone = tc.at, tc.zone
				// 7 days before 9:00 in Shanghai, which is 20:00 of the day before in New York.
				d.plan(r)
				d.now = d.list("a")[0].FireAt
				d.fire()
				require.Equal(t, []string{"a " + tc.lead.String()}, d.sent)
				for range 2 {
					r.Due = r.Due.Add(tc.move)
					d.plan(r)
					r.Due = r.Due.Add(-tc.move) // and back
					d.plan(r)
				}
				r.Due = r.Due.Add(tc.move)
				d.plan(r)
				for range 48 {
					d.now = d.now.Add(time.Hour)
					d.fire()
				}
				require.Len(t, d.sent, map[bool]int{false: 1, true: 2}[tc.again])
			})
		})
	}
}

// TestCorrectedDueMovesWhatWaits corrects the due time before the lead: it moves, and no second one appears.
func TestCorrectedDueMovesWhatWaits(t *testing.T) {
	t.Parallel()
	eachGated(t, func(t *testing.T, d *gated) {
		r := dueIn(8*day, notify.Days(7), notify.Before(time.Hour))
		d.plan(r)
		r.Due = r.Due.Add(3 * time.Hour)
		d.plan(r)
		require.Equal(t, []string{
			"7d planned", "1h0m0s cancelled: moved to another due time", "1h0m0s planned",
		}, d.states("a"))
		require.Equal(t, start.Add(day+3*time.Hour).Unix(), d.list("a")[0].FireAt.Unix())
		require.Equal(t, r.Due.Unix(), d.list("a")[0].Due.Unix())
		d.at(day)
		require.Empty(t, d.sent)
		d.at(day + 3*time.Hour)
		require.Equal(t, []string{"a 7d"}, d.sent)
	})
}

// TestWaitingLeadHeedsAMove has the only worker busy while a lead that waits for it is moved: what no worker is at waits
// in the table.
func TestWaitingLeadHeedsAMove(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		ctx := t.Context()
		sent := make(chan string, 10)
		busy, release := make(chan struct{}), make(chan struct{})
		cfg := smsConfig(db, func(_ context.Context, m *notify.Message) (int64, error) {
			if m.Key == "busy" {
				close(busy)
				<-release
			}
			sent <- m.Key
			return 0, nil
		})
		cfg.Workers, cfg.SendTimeout, cfg.Now = 1, time.Minute, func() time.Time { return start }
		n, err := notify.New(cfg)
		require.NoError(t, err)
		plan := func(key, at string) {
			r := dueIn(7*day, notify.Days(7))
			r.Key, r.User, r.At = key, key, at
			require.NoError(t, n.Plan(ctx, r))
		}
		plan("busy", "")
		require.NoError(t, n.Start(ctx))
		<-busy
		plan("moved", "")
		only := func() notify.Status { return must(n.List(ctx, notify.Query{Key: "moved"}))[0] }
		<-time.After(5 * cfg.Poll) // it is looked for, and has no worker
		require.Equal(t, notify.Planned, only().State)
		plan("moved", "15:00")
		require.Equal(t, notify.Planned, only().State)
		require.Equal(t, start.Add(6*time.Hour).Unix(), only().FireAt.Unix())
		close(release)
		plan("last", "")
		require.Equal(t, "busy", <-sent)
		require.Equal(t, "last", <-sent)
		require.NoError(t, n.Shutdown(context.Background()))
		require.Equal(t, notify.Planned, only().State)
	})
}

// TestMovedWhileUnderWay moves, drops or leaves a lead while its message is under way, which then fails in passing.
func TestMovedWhileUnderWay(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*notify.Reminder)
		want   []string // states after an hour
		sent   []time.Duration
	}{
		"Moved": {func(r *notify.Reminder) { r.At = "15:00" }, []string{"7d planned: moved to a later time", "1d planned"}, nil},
		"Removed": {func(r *notify.Reminder) { r.Leads = []notify.Lead{notify.Days(1)} },
			[]string{"7d cancelled: the lead was removed", "1d planned"}, nil},
		"Corrected": {func(r *notify.Reminder) { r.Due, r.At = r.Due.Add(time.Second), "09:00" },
			[]string{"7d accepted", "1d planned"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachGated(t, func(t *testing.T, d *gated) {
				r := dueIn(7*day, notify.Days(7), notify.Days(1))
				d.plan(r)
				d.err = fmt.Errorf("%w: no line", notify.ErrNotSent)
				d.during = func() {
					tc.change(r)
					d.plan(r)
					require.Equal(t, notify.Queued, d.list("a")[0].State, "it is under way")
				}
				d.fire()
				d.err = nil
				d.at(30 * time.Minute)
				require.Equal(t, tc.want, d.states("a"))
				if name == "Moved" {
					d.at(6*time.Hour - time.Second)
					require.Empty(t, d.sent)
					d.at(6 * time.Hour)
					require.Equal(t, []string{"a 7d"}, d.sent)
				}
			})
		})
	}
}

// TestComesBack plans a lead anew that nobody sent, whatever the reason, for a time to come.
func TestComesBack(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		end  func(*testing.T, *gated)
		want string
	}{
		"Cancelled": {func(t *testing.T, d *gated) { require.True(t, must(d.n.Cancel(t.Context(), "a"))) }, "7d cancelled: the reminder was cancelled"},
		"Missed":    {func(_ *testing.T, d *gated) { d.now = start.Add(3 * time.Hour) }, "7d missed: its time went by"},
		"Skipped": {func(t *testing.T, d *gated) { require.NoError(t, d.n.OptOut(t.Context(), "u", "")) },
			"7d skipped: the user has opted out"},
		"Unreachable": {func(_ *testing.T, d *gated) { d.closed = true }, "7d unreachable: no door was open"},
		"Refused":     {func(_ *testing.T, d *gated) { d.err = notify.ErrUnreachable }, "7d refused: not reachable this way"},
		"Failed": {func(_ *testing.T, d *gated) {
			d.err = &errcode.FieldError{Op: "sms", Field: "text", Reason: "too long"}
		}, "7d failed: sms: text: too long"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachGated(t, func(t *testing.T, d *gated) {
				r := dueIn(7*day, notify.Days(7))
				d.plan(r)
				tc.end(t, d)
				d.fire()
				require.Equal(t, []string{tc.want}, d.states("a"))
				d.closed, d.err = false, nil
				require.NoError(t, d.n.OptIn(t.Context(), "u", ""))
				if name != "Cancelled" { // planned for a time that is over
					d.plan(r)
					d.fire()
					require.Equal(t, []string{tc.want}, d.states("a"))
				}
				r.At = "18:00"
				for range 2 {
					d.plan(r)
					require.Equal(t, []string{"7d planned"}, d.states("a"))
					require.Zero(t, d.list("a")[0].SettledAt)
				}
				d.at(9 * time.Hour)
				require.Equal(t, []string{"a 7d"}, d.sent)
				require.Equal(t, 1, d.list("a")[0].Tries)
			}, func(c *notify.Config) { c.CatchUp = notify.CatchUpNone })
		})
	}
}

// TestWhatWentOutStays plans leads anew that were sent, or may have been.
func TestWhatWentOutStays(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{"Accepted": nil, "Unknown": errors.New("cut off")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachGated(t, func(t *testing.T, d *gated) {
				r := dueIn(7*day, notify.Days(7))
				d.plan(r)
				calls := 0
				d.err, d.during = err, func() { calls++ }
				d.fire()
				d.err, d.during = nil, func() { calls++ }
				before := d.list("a")
				r.At = "18:00"
				d.plan(r)
				require.True(t, must(d.n.Cancel(t.Context(), "a")))
				d.plan(r)
				d.at(9 * time.Hour)
				require.Equal(t, before, d.list("a"))
				require.Equal(t, 1, calls)
			})
		})
	}
}

// TestRemovedLead says why a lead is not sent that the reminder no longer has, and brings it back.
func TestRemovedLead(t *testing.T) {
	t.Parallel()
	eachGated(t, func(t *testing.T, d *gated) {
		r := dueIn(10*day, notify.Days(7), notify.Days(3))
		d.plan(r)
		r.Leads = []notify.Lead{notify.Days(3)}
		r.Due = r.Due.Add(time.Second)
		d.plan(r)
		require.Equal(t, []string{"7d cancelled: the lead was removed", "3d planned"}, d.states("a"))
		r.Due = r.Due.Add(day)
		d.plan(r)
		require.Equal(t, []string{
			"7d cancelled: the lead was removed", "3d cancelled: moved to another due time", "3d planned",
		}, d.states("a"))
		r.Due = r.Due.Add(-day)
		r.Leads = append(r.Leads, notify.Days(7))
		d.plan(r)
		require.Equal(t, []string{"7d planned", "3d planned", "3d cancelled: moved to another due time"}, d.states("a"))
	})
}

// TestNearestLeadIsRemoved takes the lead away for which others were passed over: the next one goes.
func TestNearestLeadIsRemoved(t *testing.T) {
	t.Parallel()
	eachGated(t, func(t *testing.T, d *gated) {
		r := dueIn(22*time.Hour, notify.Before(2*time.Hour), notify.Before(time.Hour))
		r.Quiet = notify.QuietHours{From: "22:00", To: "08:00"}
		d.plan(r)
		r.Leads = r.Leads[:1]
		d.plan(r)
		require.ElementsMatch(t, []string{"2h0m0s planned", "1h0m0s cancelled: the lead was removed"}, d.states("a"))
		r.Leads = append(r.Leads, notify.Before(time.Hour))
		d.plan(r)
		d.at(13*time.Hour - time.Minute)
		require.Equal(t, []string{"a 1h0m0s"}, d.sent)
	})
}

// TestPlansOfOneKeyAtOnce plans and cancels the same reminders from many goroutines.
func TestPlansOfOneKeyAtOnce(t *testing.T) {
	t.Parallel()
	eachGated(t, func(t *testing.T, d *gated) {
		ctx, all := t.Context(), keys("k", 5)
		list := func(after time.Duration) (list []*notify.Reminder) {
			for _, key := range all {
				r := dueIn(after, notify.Days(1), notify.Before(time.Hour))
				r.Key = key
				list = append(list, r)
			}
			return list
		}
		var plans sync.WaitGroup
		errs := make(chan error, 100)
		for g := range 8 {
			plans.Go(func() {
				for i := range 5 {
					err := d.n.PlanAll(ctx, list(time.Duration(48+(g+i)%4*20)*time.Hour))
					_, cancelErr := d.n.Cancel(ctx, all[(g+i)%len(all)])
					errs <- errors.Join(err, cancelErr)
				}
			})
		}
		plans.Wait()
		close(errs)
		for err := range errs {
			require.NoError(t, err)
		}
		require.NoError(t, d.n.PlanAll(ctx, list(10*day)))
		counts := must(d.n.Counts(ctx, notify.Query{States: []notify.State{notify.Planned}}))
		require.Equal(t, 2*len(all), counts[notify.Planned])
	})
}

// TestPlanWaitsForACommitment moves a lead while a worker commits to send it: the plan sees that it is under way.
func TestPlanWaitsForACommitment(t *testing.T) {
	t.Parallel()
	ctx, dsn := t.Context(), pgtest.Database(t)
	db := must(notify.OpenPostgres(ctx, dsn))
	defer db.Close()
	n := must(notify.New(smsConfig(db, nil)))
	r := dueIn(7*day, notify.Days(7))
	require.NoError(t, n.Plan(ctx, r))
	only := func() notify.Status { return must(n.List(ctx, notify.Query{Key: "a"}))[0] }
	worker := must(pgx.Connect(ctx, dsn))
	defer worker.Close(ctx)
	tx := must(worker.Begin(ctx))
	for _, step := range []string{
		`UPDATE notify_firings SET state = 'queued' WHERE id = $1`,
		`INSERT INTO notify_intents (firing_id, seq, door, app_id, open_id, state, started_at, lease_until)
			VALUES ($1, 1, 'sms', '', '', 'sending', 0, 0)`,
	} {
		_, err := tx.Exec(ctx, step, only().ID)
		require.NoError(t, err)
	}
	moved := make(chan error, 1)
	go func() {
		r.At = "15:00"
		moved <- n.Plan(context.Background(), r)
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
	require.NoError(t, <-moved)
	require.Equal(t, notify.Queued, only().State, "its message is under way")
}

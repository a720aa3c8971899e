package notify_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
)

// turnedClock is a clock that a test turns.
type turnedClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *turnedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *turnedClock) turn(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = to
}

// told is what a door was given.
type toldDoor struct {
	mu   sync.Mutex
	sent []string
}

func (d *toldDoor) send(_ context.Context, m *notify.Message) (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sent = append(d.sent, fmt.Sprintf("%s %s %s", m.Key, m.Due.In(start.Location()).Format("01-02"), m.Lead))
	return 0, nil
}

// take returns what was sent since.
func (d *toldDoor) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	sent := d.sent
	d.sent = nil
	return sent
}

// renewing is a notifier with a clock that is turned, and a door that notes what it is given.
func renewing(t *testing.T, db *notify.Database, change ...func(*notify.Config)) (*notify.Notifier, *turnedClock, *toldDoor) {
	clock, door := &turnedClock{now: start}, new(toldDoor)
	cfg := smsConfig(db, door.send)
	cfg.Now = clock.Now
	for _, c := range change {
		c(&cfg)
	}
	n, err := notify.New(cfg)
	require.NoError(t, err)
	return n, clock, door
}

// contract is due monthly on the 31st or the last day, from 31 January 2027 at 9:00 in Shanghai.
func contract(key string) *notify.Reminder {
	return &notify.Reminder{
		Key: key, User: key, Due: time.Date(2027, 1, 31, 9, 0, 0, 0, start.Location()),
		Leads:   []notify.Lead{notify.Days(3), notify.Days(0), notify.Days(-1)},
		Renewal: &notify.Renewal{Every: 1, Period: notify.Monthly},
		Content: notify.Content{Other: map[string]string{"sms": "x"}},
	}
}

func TestMonthlyContractOverThe31stOfJanuary(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		n, clock, door := renewing(t, db)
		require.NoError(t, n.Plan(t.Context(), contract("c")))
		var all []string
		for at := time.Date(2027, 1, 20, 9, 0, 0, 0, start.Location()); at.Month() < 5; at = at.AddDate(0, 0, 1) {
			clock.turn(at)
			require.NoError(t, n.Plan(t.Context(), contract("c")), "each day again, as a program does that starts")
			_, err := n.FireDue(t.Context())
			require.NoError(t, err)
			for _, s := range door.take() {
				all = append(all, at.Format("01-02: ")+s)
			}
		}
		require.Equal(t, []string{
			"01-28: c 01-31 3d", "01-31: c 01-31 0d", "02-01: c 01-31 -1d",
			"02-25: c 02-28 3d", "02-28: c 02-28 0d", "03-01: c 02-28 -1d",
			"03-28: c 03-31 3d", "03-31: c 03-31 0d", "04-01: c 03-31 -1d",
			"04-27: c 04-30 3d", "04-30: c 04-30 0d",
		}, all)
		r, ok, err := n.Find(t.Context(), "c")
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, "2027-05-31", r.Due.In(start.Location()).Format(time.DateOnly))
	})
}

func TestRenewByHand(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		n, clock, door := renewing(t, db)
		ctx, r := t.Context(), contract("c")
		require.NoError(t, n.Plan(ctx, r))
		holds, moved, err := n.Renew(ctx, "nobody", r.Due)
		require.NoError(t, err)
		require.False(t, moved || !holds.IsZero())

		var wg sync.WaitGroup // of many who renew the same, one does
		var mu sync.Mutex
		count := 0
		for range 8 {
			wg.Go(func() {
				holds, moved, err := n.Renew(context.WithoutCancel(ctx), "c", r.Due)
				mu.Lock()
				defer mu.Unlock()
				if err != nil || holds.In(start.Location()).Format(time.DateOnly) != "2027-02-28" {
					t.Errorf("%s %v", holds, err)
				}
				if moved {
					count++
				}
			})
		}
		wg.Wait()
		require.Equal(t, 1, count)
		require.NoError(t, n.Plan(ctx, r), "planned again, it stays where it is")
		clock.turn(r.Due.AddDate(0, 0, 1))
		_, err = n.FireDue(ctx)
		require.NoError(t, err)
		require.Empty(t, door.take(), "what waited for the time that was renewed is dropped")

		clock.turn(time.Date(2027, 2, 28, 10, 0, 0, 0, start.Location()))
		_, err = n.FireDue(ctx)
		require.NoError(t, err)
		require.Equal(t, []string{"c 02-28 0d"}, door.take())
		holds, moved, err = n.Renew(ctx, "c", holdsAt(2027, 2, 28))
		require.NoError(t, err)
		require.False(t, moved)
		require.True(t, holds.Equal(holdsAt(2027, 3, 31)))
		clock.turn(clock.Now().AddDate(0, 0, 2))
		_, err = n.FireDue(ctx)
		require.NoError(t, err)
		require.Empty(t, door.take(), "the lead after the time that was renewed is dropped")

		_, _, err = n.Renew(ctx, "", r.Due)
		var wrong *errcode.FieldError
		require.ErrorAs(t, err, &wrong)
		_, _, err = n.Renew(ctx, "c", time.Time{})
		require.ErrorAs(t, err, &wrong)
	})
}

func holdsAt(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 9, 0, 0, 0, start.Location())
}

// TestNothingRanForMonths has three due times pass: of each lead a row says what became of it, and only the latest is sent.
func TestNothingRanForMonths(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		n, clock, door := renewing(t, db)
		require.NoError(t, n.Plan(t.Context(), contract("c")))
		clock.turn(holdsAt(2027, 4, 28).Add(time.Minute))
		_, err := n.FireDue(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"c 04-30 3d"}, door.take())
		counts, err := n.Counts(t.Context(), notify.Query{Key: "c"})
		require.NoError(t, err)
		require.Equal(t, map[notify.State]int{notify.Missed: 9, notify.Accepted: 1, notify.Planned: 2}, counts)
	})
}

// TestARenewalEnds has a rule that ends, one that is changed, one that is dropped, and a reminder that is cancelled.
func TestARenewalEnds(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		n, clock, _ := renewing(t, db)
		ctx := t.Context()
		due := func(key string) string {
			r, ok, err := n.Find(ctx, key)
			require.NoError(t, err)
			require.True(t, ok)
			return r.Due.In(start.Location()).Format(time.DateOnly)
		}
		for key, change := range map[string]func(*notify.Renewal){
			"times": func(r *notify.Renewal) { r.Times = 2 },
			"until": func(r *notify.Renewal) { r.Until = holdsAt(2027, 3, 30) },
			"goes":  func(*notify.Renewal) {},
			"moved": func(*notify.Renewal) {},
			"plain": func(*notify.Renewal) {},
			"gone":  func(*notify.Renewal) {},
		} {
			r := contract(key)
			change(r.Renewal)
			require.NoError(t, n.Plan(ctx, r))
		}
		clock.turn(holdsAt(2027, 2, 1))
		_, err := n.FireDue(ctx)
		require.NoError(t, err)
		moved, plain := contract("moved"), contract("plain")
		moved.Due = holdsAt(2027, 2, 15)
		plain.Due, plain.Renewal = holdsAt(2027, 2, 28), nil
		require.NoError(t, n.PlanAll(ctx, []*notify.Reminder{moved, plain}))
		_, err = n.Cancel(ctx, "gone")
		require.NoError(t, err)
		clock.turn(holdsAt(2027, 6, 1))
		_, err = n.FireDue(ctx)
		require.NoError(t, err)
		require.Equal(t, "2027-03-31", due("times"))
		require.Equal(t, "2027-02-28", due("until"))
		require.Equal(t, "2027-06-30", due("goes"))
		require.Equal(t, "2027-06-15", due("moved"))
		require.Equal(t, "2027-02-28", due("plain"))
		list, err := n.List(ctx, notify.Query{Key: "gone", States: []notify.State{notify.Planned, notify.Queued}})
		require.NoError(t, err)
		require.Empty(t, list)
	})
}

// TestManyRenewTheSame has several notifiers look at the reminders that passed at the same moment.
func TestManyRenewTheSame(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		const reminders, rivals = 120, 4
		var notifiers []*notify.Notifier
		clock, door := &turnedClock{now: start}, new(toldDoor)
		for range rivals {
			cfg := smsConfig(db, door.send)
			cfg.Now = clock.Now
			n, err := notify.New(cfg)
			require.NoError(t, err)
			notifiers = append(notifiers, n)
		}
		var list []*notify.Reminder
		for _, key := range keys("c", reminders) {
			r := contract(key)
			r.Leads = []notify.Lead{notify.Days(3)}
			list = append(list, r)
		}
		require.NoError(t, notifiers[0].PlanAll(t.Context(), list))
		clock.turn(holdsAt(2027, 3, 28).Add(time.Minute)) // two due times have passed
		var wg sync.WaitGroup
		for _, n := range notifiers {
			wg.Go(func() {
				if _, err := n.FireDue(context.WithoutCancel(t.Context())); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		sent := map[string]int{}
		for _, s := range door.take() {
			sent[s]++
		}
		require.Len(t, sent, reminders)
		for what, count := range sent {
			require.Equal(t, 1, count, what)
		}
		counts, err := notifiers[0].Counts(t.Context(), notify.Query{})
		require.NoError(t, err)
		require.Equal(t, map[notify.State]int{notify.Missed: 2 * reminders, notify.Accepted: reminders}, counts)
	})
}

// TestRenewalsThatCannotBeMade has reminders that nobody can read, or whose leads nobody can, among others that are renewed.
func TestRenewalsThatCannotBeMade(t *testing.T) {
	t.Parallel()
	behind(t, func(t *testing.T, db *notify.Database, exec func(string)) {
		log := &counter{words: "cannot be renewed"}
		n, clock, _ := renewing(t, db, func(cfg *notify.Config) { cfg.Logger = slog.New(slog.NewTextHandler(log, nil)) })
		for _, key := range append(keys("good", 60), "lead", "spec", "progress") {
			require.NoError(t, n.Plan(t.Context(), contract(key)))
		}
		exec(`UPDATE notify_firings SET lead = 'soon', state = 'planned' WHERE reminder_id = 'lead' AND lead = '-1d'`)
		exec(`UPDATE notify_reminders SET spec = '{' WHERE id = 'spec'`)
		exec(`UPDATE notify_reminders SET progress = '{' WHERE id = 'progress'`)
		clock.turn(holdsAt(2027, 2, 1))
		_, err := n.FireDue(t.Context())
		require.NoError(t, err)
		for _, key := range append(keys("good", 60), "progress") {
			r, ok, err := n.Find(t.Context(), key)
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, "2027-02-28", r.Due.In(start.Location()).Format(time.DateOnly), key)
		}
		require.EqualValues(t, 1, log.count.Load())
	})
}

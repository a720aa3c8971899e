package notify_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
)

// bill is due on 31 January 2027 at 9:00 in Shanghai, and nags every four hours from the day before.
func bill(key string) *notify.Reminder {
	r := contract(key)
	r.Leads, r.Renewal = []notify.Lead{notify.Days(7), notify.Days(1)}, nil
	r.Repeat = &notify.Repeat{Every: 4 * time.Hour, Times: 3}
	return r
}

// play turns the clock by hours to a time, and returns what was sent, with the day and hour. Each hour the reminder is
// planned again, as a program does that starts.
func play(t *testing.T, n *notify.Notifier, clock *turnedClock, door *toldDoor, r *notify.Reminder, until time.Time) (sent []string) {
	t.Helper()
	for at := clock.Now(); !at.After(until); at = at.Add(time.Hour) {
		clock.turn(at)
		require.NoError(t, n.Plan(t.Context(), r))
		_, err := n.FireDue(t.Context())
		require.NoError(t, err)
		for _, s := range door.take() {
			sent = append(sent, at.In(start.Location()).Format("02.15 ")+s)
		}
	}
	return sent
}

func january(day, hour int) time.Time {
	return time.Date(2027, 1, day, hour, 0, 0, 0, start.Location())
}

func TestRepeatUntilAcknowledged(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		n, clock, door := renewing(t, db)
		ctx, r := t.Context(), bill("b")
		clock.turn(january(24, 8))
		require.Equal(t, []string{"24.09 b 01-31 7d", "24.13 b 01-31 7d+1"}, play(t, n, clock, door, r, january(24, 14)))
		found, err := n.Acknowledge(ctx, "b")
		require.NoError(t, err)
		require.True(t, found)
		counts, err := n.Counts(ctx, notify.Query{Key: "b"})
		require.NoError(t, err)
		require.Equal(t, map[notify.State]int{notify.Accepted: 2, notify.Skipped: 2, notify.Planned: 4}, counts)
		require.Equal(t, []string{
			"30.09 b 01-31 1d", "30.13 b 01-31 1d+1", "30.17 b 01-31 1d+2", "30.21 b 01-31 1d+3",
		}, play(t, n, clock, door, r, january(31, 12)))
		found, err = n.Acknowledge(ctx, "nobody")
		require.NoError(t, err)
		require.False(t, found)
	})
}

func TestSnooze(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		n, clock, door := renewing(t, db)
		ctx, r := t.Context(), bill("b")
		clock.turn(january(24, 8))
		require.Equal(t, []string{"24.09 b 01-31 7d"}, play(t, n, clock, door, r, january(24, 10)))
		for _, until := range []time.Time{january(25, 10), january(24, 20)} { // the last word counts
			found, err := n.Snooze(ctx, "b", until)
			require.NoError(t, err)
			require.True(t, found)
		}
		require.Equal(t, []string{"24.20 b 01-31 157h0m0s~", "24.21 b 01-31 7d+3"}, play(t, n, clock, door, r, january(25, 12)))

		_, err := n.Snooze(ctx, "b", january(31, 12))
		require.NoError(t, err)
		_, err = n.Acknowledge(ctx, "b")
		require.NoError(t, err)
		require.Equal(t, []string{"30.09 b 01-31 1d"}, play(t, n, clock, door, r, january(30, 10)), "what was put off is acknowledged")
		_, err = n.Snooze(ctx, "b", january(31, 12))
		require.NoError(t, err)
		require.Equal(t, []string{"31.12 b 01-31 -3h0m0s~"}, play(t, n, clock, door, r, january(31, 22)))

		found, err := n.Snooze(ctx, "nobody", january(31, 23))
		require.NoError(t, err)
		require.False(t, found)
		var wrong *errcode.FieldError
		_, err = n.Snooze(ctx, "b", clock.Now())
		require.ErrorAs(t, err, &wrong)
		require.Equal(t, "until", wrong.Field)
		_, err = n.Snooze(ctx, "", january(31, 23))
		require.ErrorAs(t, err, &wrong)
		_, err = n.Acknowledge(ctx, "")
		require.ErrorAs(t, err, &wrong)
	})
}

// TestAnswersAfterTheDueTime has a reminder that renews itself nag after a due time has passed.
func TestAnswersAfterTheDueTime(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		n, clock, door := renewing(t, db)
		ctx := t.Context()
		r := contract("c")
		r.Leads, r.Repeat = []notify.Lead{notify.Days(0)}, &notify.Repeat{Every: 2 * time.Hour, Times: 5}
		clock.turn(january(31, 8))
		require.Equal(t, []string{"31.09 c 01-31 0d", "31.11 c 01-31 0d+1"}, play(t, n, clock, door, r, january(31, 12)))
		_, err := n.Snooze(ctx, "c", january(31, 16))
		require.NoError(t, err)
		require.Equal(t, []string{"31.16 c 01-31 -7h0m0s~", "31.17 c 01-31 0d+4"}, play(t, n, clock, door, r, january(31, 18)))
		_, err = n.Acknowledge(ctx, "c")
		require.NoError(t, err)
		list, err := n.List(ctx, notify.Query{Key: "c", To: january(32, 0)})
		require.NoError(t, err)
		require.Equal(t, notify.Skipped, list[len(list)-1].State)
		require.Equal(t, "acknowledged", list[len(list)-1].Reason)
		clock.turn(holdsAt(2027, 2, 28).Add(-time.Hour))
		require.Equal(t, []string{"28.09 c 02-28 0d", "28.11 c 02-28 0d+1"}, play(t, n, clock, door, r, holdsAt(2027, 2, 28).Add(3*time.Hour)))
	})
}

// TestAcknowledgeByReply has the user write to the Mini Program after a reminder of the service account.
func TestAcknowledgeByReply(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alice.Follow(b.service)
	for key, byReply := range map[string]bool{"asks": true, "does not": false} {
		r := b.reminder(key)
		r.Leads, r.Repeat = []notify.Lead{notify.Days(7)}, &notify.Repeat{Every: time.Hour, Times: 2, UntilReply: byReply}
		b.plan(r)
	}
	b.pass(3*day + 30*time.Minute)
	b.alice.Write(b.mini, "thank you")
	b.wx.Settle()
	b.pass(time.Hour)
	require.Equal(t, []notify.State{notify.Delivered, notify.Skipped, notify.Planned}, b.states("asks"))
	require.Equal(t, []notify.State{notify.Delivered, notify.Delivered, notify.Planned}, b.states("does not"))
	b.plan(b.reminder("another")) // a new plan does not forget it
	r := b.reminder("asks")
	r.Leads, r.Repeat = []notify.Lead{notify.Days(7)}, &notify.Repeat{Every: time.Hour, Times: 2, UntilReply: true}
	b.plan(r)
	require.Equal(t, []notify.State{notify.Delivered, notify.Skipped, notify.Skipped}, b.states("asks"))
}

// TestNothingRanAmongRepetitions sends the latest alone.
func TestNothingRanAmongRepetitions(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		n, clock, door := renewing(t, db)
		require.NoError(t, n.Plan(t.Context(), bill("b")))
		clock.turn(january(24, 23))
		_, err := n.FireDue(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"b 01-31 7d+3"}, door.take())
		counts, err := n.Counts(t.Context(), notify.Query{Key: "b"})
		require.NoError(t, err)
		require.Equal(t, map[notify.State]int{notify.Accepted: 1, notify.Missed: 3, notify.Planned: 4}, counts)
	})
}

func TestPlanChecksRepetitions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, tc := range map[string]struct {
		field  string
		repeat notify.Repeat
		lead   notify.Lead
	}{
		"TooOften":     {"Repeat.Every", notify.Repeat{Every: time.Second, Times: 1}, notify.Days(1)},
		"NoTimes":      {"Repeat.Times", notify.Repeat{Every: time.Hour}, notify.Days(1)},
		"TooManyTimes": {"Repeat.Times", notify.Repeat{Every: time.Hour, Times: 101}, notify.Days(1)},
		"ARepetition":  {"Leads[0]", notify.Repeat{Every: time.Hour, Times: 1}, notify.Lead{Days: 1, Repeat: 1}},
		"ASnoozedOne":  {"Leads[0]", notify.Repeat{Every: time.Hour, Times: 1}, notify.Lead{Days: 1, Snoozed: true}},
	} {
		r := b.reminder("contract-1")
		r.Repeat, r.Leads = &tc.repeat, []notify.Lead{tc.lead}
		var wrong *errcode.FieldError
		require.ErrorAs(t, b.n.Plan(t.Context(), r), &wrong, name)
		require.Equal(t, tc.field, wrong.Field, name)
	}
}

func TestTextOfRepetitions(t *testing.T) {
	t.Parallel()
	for _, l := range []notify.Lead{
		{Days: 7, Repeat: 2}, {Repeat: 1}, {Months: 1, Before: time.Hour, Repeat: 100}, {Before: 90 * time.Minute, Snoozed: true},
		{Before: -time.Millisecond, Snoozed: true}, {Snoozed: true},
	} {
		text, err := json.Marshal(l)
		require.NoError(t, err)
		var back notify.Lead
		require.NoError(t, json.Unmarshal(text, &back), string(text))
		require.Equal(t, l, back, string(text))
	}
	for _, bad := range []string{"+1", "~", "7d+", "7d+x", "7d+-1", "7d~~", "7d~+1", "+~"} {
		require.Error(t, new(notify.Lead).UnmarshalText([]byte(bad)), bad)
	}
}

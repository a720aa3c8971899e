package notify

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var planned = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// aPlan is a reminder ready to be stored, due at a time after the start, in UTC.
func aPlan(t *testing.T, due time.Duration, change func(*Reminder), leads ...Lead) *plan {
	t.Helper()
	r := &Reminder{Key: "k", User: "u", Due: planned.Add(due), Leads: leads, Zone: "UTC"}
	if change != nil {
		change(r)
	}
	c, err := newCalendar(r, "", nil)
	require.NoError(t, err)
	return &plan{reminder: *r, calendar: c, firings: r.firings(c, planned, time.Hour)}
}

// TestPlannedAs has a lead in every state be planned again: for the same time, which is over, for one to come, and
// for one that is over.
func TestPlannedAs(t *testing.T) {
	t.Parallel()
	now := unix(planned)
	const (
		stays = "stays"
		moves = "moves" // to the new time, as if it were new
		anew  = "anew"  // moves, and begins anew
		notes = "notes" // stays, with the new time noted
	)
	hour := int64(time.Hour / time.Millisecond)
	for _, tc := range []struct {
		state               State
		open                bool
		same, later, before string
	}{
		{state: Planned, same: stays, later: moves, before: moves},
		{state: Queued, same: stays, later: moves, before: moves},
		{state: Queued, open: true, same: stays, later: notes, before: notes},
		{state: Accepted, same: stays, later: notes, before: notes},
		{state: Delivered, same: stays, later: notes, before: notes},
		{state: Unknown, same: stays, later: notes, before: notes},
		{state: Refused, same: stays, later: anew, before: stays},
		{state: Failed, same: stays, later: anew, before: stays},
		{state: Unreachable, same: stays, later: anew, before: stays},
		{state: Missed, same: stays, later: anew, before: stays},
		{state: Skipped, same: stays, later: anew, before: stays},
		{state: Cancelled, same: anew, later: anew, before: anew},
	} {
		stored := firing{
			user: "u", due: 7, fireAt: now - hour/4, meantAt: now - hour/2, state: tc.state, tries: 3, reason: "as it was",
			settledAt: now - 1, open: tc.open, waitTill: now + 2*hour,
		}
		for name, next := range map[string]firing{
			"same":   {user: "u", due: 7, fireAt: stored.meantAt, meantAt: stored.meantAt, state: Planned},
			"later":  {user: "u", due: 7, fireAt: now + hour, meantAt: now + hour, state: Planned},
			"before": {user: "u", due: 7, fireAt: now - 2*hour, meantAt: now - 2*hour, state: Missed, reason: "over"},
		} {
			want := stored
			switch how := map[string]string{"same": tc.same, "later": tc.later, "before": tc.before}[name]; how {
			case notes:
				want.meantAt = next.meantAt
			case moves, anew:
				want.fireAt, want.meantAt, want.state, want.reason = next.fireAt, next.meantAt, next.state, next.reason
				want.settledAt = 0
				if want.anew = how == anew; want.anew {
					want.tries, want.waitTill = 0, 0
				}
				if want.state == Planned {
					want.fireAt = max(want.fireAt, want.waitTill)
				}
			}
			got := stored.plannedAs(&next, now)
			require.Equal(t, want, got, "%s %v, planned for the time: %s", tc.state, tc.open, name)
			require.Equal(t, got.differs(&stored), !sameFiring(want, stored), "%s %s", tc.state, name)
		}
	}
}

func sameFiring(a, b firing) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

// TestPassedOverWhilePlanned puts a lead onto the moment of another one: it is passed over although its time is the same.
func TestPassedOverWhilePlanned(t *testing.T) {
	t.Parallel()
	before := aPlan(t, 7*24*time.Hour, nil, Before(24*time.Hour))
	after := aPlan(t, 7*24*time.Hour, nil, Days(1), Before(24*time.Hour))
	fresh, changed := after.replan(before.firings, unix(planned))
	require.Equal(t, []Lead{Days(1)}, leadsOf(fresh))
	require.Equal(t, []Lead{Before(24 * time.Hour)}, leadsOf(changed))
	require.Equal(t, Skipped, changed[0].state)

	moved := aPlan(t, 8*24*time.Hour, nil, Days(1), Before(24*time.Hour))
	moved.reminder.Due, moved.firings[1].due = after.reminder.Due, changed[0].due // by its time of day, say
	_, changed = moved.replan(changed, unix(planned))
	require.Equal(t, Skipped, changed[0].state)
	require.Equal(t, moved.firings[1].fireAt, changed[0].fireAt)
}

func leadsOf(list []firing) (leads []Lead) {
	for _, f := range list {
		leads = append(leads, f.lead)
	}
	return leads
}

// TestReplanFindsTheLead has several stored leads that may be the one that is planned.
func TestReplanFindsTheLead(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	stored := func(id string, due time.Duration, state State, l Lead) firing {
		return firing{id: id, reminder: "k", user: "u", due: unix(planned.Add(due)), lead: l, state: state}
	}
	for name, tc := range map[string]struct {
		due    time.Duration
		lead   Lead
		stored []firing
		want   string // the id, "" for a new one
	}{
		"None":           {7 * day, Days(7), nil, ""},
		"Exact":          {7 * day, Days(7), []firing{stored("a", 7*day+1e9, Planned, Days(7)), stored("b", 7*day, Planned, Days(7))}, "b"},
		"SentOnTheDay":   {7 * day, Days(7), []firing{stored("a", 7*day+1e9, Unknown, Days(7)), stored("b", 7*day, Planned, Days(7))}, "a"},
		"SameDay":        {7 * day, Days(7), []firing{stored("a", 7*day+14*time.Hour, Planned, Days(7))}, "a"},
		"NextDay":        {7 * day, Days(7), []firing{stored("a", 7*day+15*time.Hour, Planned, Days(7))}, ""},
		"OtherLead":      {7 * day, Days(7), []firing{stored("a", 7*day, Planned, Days(3))}, ""},
		"ExactLead":      {7 * day, Before(day), []firing{stored("a", 7*day+1e9, Planned, Before(day))}, ""},
		"ExactLeadExact": {7 * day, Before(day), []firing{stored("a", 7*day, Planned, Before(day))}, "a"},
	} {
		p := aPlan(t, tc.due, nil, tc.lead)
		got := ""
		if i := p.find(tc.stored, make([]bool, len(tc.stored)), &p.firings[0]); i >= 0 {
			got = tc.stored[i].id
		}
		require.Equal(t, tc.want, got, name)
	}
}

// TestReplanLeavesOneForADay begins with two leads of one day, as they were stored when the due time told leads of
// days apart: what waits beside the one that was sent is dropped.
func TestReplanLeavesOneForADay(t *testing.T) {
	t.Parallel()
	p := aPlan(t, 7*24*time.Hour, nil, Days(1))
	sent, waits := p.firings[0], p.firings[0]
	sent.id, sent.due, sent.state = "sent", sent.due-1000, Accepted
	fresh, changed := p.replan([]firing{waits, sent}, unix(planned))
	require.Empty(t, fresh)
	slices.SortFunc(changed, func(a, b firing) int { return len(a.id) - len(b.id) })
	require.Equal(t, Accepted, changed[0].state)
	require.Equal(t, p.firings[0].due, changed[0].due)
	require.Equal(t, Cancelled, changed[1].state)
}

// TestFreeID has a lead that was moved within its day, and one whose due time is the first one's of before, on
// another day for the user has moved to another zone.
func TestFreeID(t *testing.T) {
	t.Parallel()
	require.Equal(t, "a", freeID("a", nil))
	require.Equal(t, "a~3", freeID("a", []firing{{id: "a"}, {id: "a~2"}, {id: "b"}}))
}

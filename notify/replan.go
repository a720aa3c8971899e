package notify

import (
	"fmt"
	"slices"
)

// replan says what becomes of the leads of a reminder that is planned: of those that are stored, which it gets with
// what is under way as open, and of those that it has now. It returns the new ones, and those stored ones that change.
func (p *plan) replan(stored []firing, now int64) (fresh, changed []firing) {
	taken := make([]bool, len(stored))
	for i := range p.firings {
		next := p.firings[i]
		at := p.find(stored, taken, &next)
		if at < 0 {
			next.id = freeID(next.id, stored)
			fresh = append(fresh, next)
			continue
		}
		taken[at] = true
		if f := stored[at].plannedAs(&next, now); f.differs(&stored[at]) {
			changed = append(changed, f)
		}
	}
	for i, f := range stored {
		if taken[i] || !f.waits() || f.open || p.keeps(f.due) {
			continue // what is under way and fails is dropped when it is to be tried again
		}
		f.state, f.reason, f.settledAt = Cancelled, leadRemoved, now
		if !p.sameDue(f.due) || slices.Contains(p.reminder.leads(), f.lead) {
			f.reason = dueMoved
		}
		changed = append(changed, f)
	}
	return fresh, changed
}

// keeps reports whether the leads of another due time stand.
func (p *plan) keeps(due int64) bool {
	_, stands := p.reminder.of(due, p.calendar.due.Location())
	return stands && !p.sameDue(due)
}

// Why a lead is dropped.
const (
	leadRemoved       = "the lead was removed"
	dueMoved          = "moved to another due time"
	reminderCancelled = "the reminder was cancelled"
)

// find returns which stored lead is the one that is planned, -1 if it is new. Leads in whole days are known by the
// day that is due: a time that is corrected on that day makes no other lead. All others are known by the due time.
// Should there be several, one that was sent counts, then the one with the same due time.
func (p *plan) find(stored []firing, taken []bool, next *firing) int {
	best, most := -1, -1
	for i, f := range stored {
		exact := f.due == next.due
		if taken[i] || f.lead != next.lead || !exact && (next.lead.Before != 0 || !p.sameDue(f.due)) {
			continue
		}
		rank := 0
		if f.wentOut() {
			rank += 2
		}
		if exact {
			rank++
		}
		if rank > most {
			best, most = i, rank
		}
	}
	return best
}

// sameDue reports whether a due time is of the day that the reminder is due now, in the user's zone.
func (p *plan) sameDue(due int64) bool {
	year, month, day := p.calendar.due.Date()
	y, m, d := fromUnix(due).In(p.calendar.due.Location()).Date()
	return y == year && m == month && d == day
}

// freeID returns an id that no stored lead has: one that was planned first for this due time, and was moved on the
// day, keeps its id.
func freeID(id string, stored []firing) string {
	free := id
	for n := 2; slices.ContainsFunc(stored, func(f firing) bool { return f.id == free }); n++ {
		free = fmt.Sprintf("%s~%d", id, n)
	}
	return free
}

// waits reports whether the lead is still to be sent.
func (f *firing) waits() bool { return f.state == Planned || f.state == Queued }

// wentOut reports whether a message of the lead was sent, or may have been.
func (f *firing) wentOut() bool {
	return f.open || f.state == Accepted || f.state == Delivered || f.state == Unknown
}

// plannedAs returns the lead as it is after its reminder was planned again; next is what it would be if it were new.
//
// What went out stays as it is, and so does a wait that the new plan does not move, such as for a quota. A lead that
// nobody sent comes back for a time to come, with all doors open again.
func (f firing) plannedAs(next *firing, now int64) firing {
	f.user, f.due = next.user, next.due
	switch {
	case f.wentOut():
		f.meantAt = next.meantAt // a try that fails waits for it
	case f.waits() && f.meantAt == next.meantAt && next.state != Skipped:
	case f.waits(), f.state == Cancelled, next.fireAt > now:
		if !f.waits() {
			f.anew, f.tries, f.waitTill = f.tries > 0, 0, 0
		}
		f.fireAt, f.meantAt, f.state, f.reason = next.fireAt, next.meantAt, next.state, next.reason
		f.settledAt = 0
		if f.state == Planned {
			f.fireAt = max(f.fireAt, f.waitTill) // what WeChat said holds whatever the plan
		}
	}
	return f
}

func (f *firing) differs(from *firing) bool {
	return f.user != from.user || f.due != from.due || f.fireAt != from.fireAt || f.meantAt != from.meantAt ||
		f.state != from.state || f.reason != from.reason
}

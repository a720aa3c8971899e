package notify

import (
	"fmt"
	"time"
)

// Late says what happens to leads whose time was over already when their reminder was planned, by more than [Config.Grace]:
// for a contract that is entered five days before it ends, with leads of seven and three days. What went by after it
// was planned, while nothing ran, is for [CatchUp].
type Late string

// The policies. None of them announces a due time that has passed.
const (
	// LateMissed sends none: each ends as [Missed]. Nobody wants to hear "in seven days" five days before.
	LateMissed Late = ""
	// LateAtOnce sends each of them at once. What is said should not depend on the lead.
	LateAtOnce Late = "at once"
	// LateLatest sends the latest of them at once, unless another lead has come since; the others are Missed.
	LateLatest Late = "latest"
)

const (
	plannedLate    = "its time was over when it was planned"
	plannedLater   = plannedLate + ", and that of a later one had come"
	plannedPastDue = plannedLate + ", and it was due"
)

func (l Late) check() error {
	switch l {
	case LateMissed, LateAtOnce, LateLatest:
		return nil
	}
	return fieldError("Late", fmt.Sprintf("%q is unknown", string(l)))
}

// misses returns why a lead whose time was over when it was planned is not sent, "" if it is sent at once.
func (l Late) misses(s slot, c *calendar, all []slot, now time.Time) string {
	switch {
	case l == LateMissed:
		return plannedLate
	case !now.Before(c.due):
		return plannedPastDue
	case l == LateAtOnce:
		return ""
	}
	for _, other := range all {
		if other.over == "" && other.at.After(s.at) && !other.at.After(now) {
			return plannedLater
		}
	}
	return ""
}

// lateness is how long after its time a lead is sent. One that was planned late is meant for the moment of the plan.
func (d *decider) lateness(meant time.Time) time.Duration {
	if at := fromUnix(d.f.fireAt); d.reminder.Late != LateMissed && d.f.tries == 0 && at.After(meant) {
		meant = at
	}
	return d.now.Sub(meant)
}

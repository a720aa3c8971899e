package notify

import (
	"fmt"
	"iter"
	"slices"
	"time"
)

// Period is the unit of a [Renewal].
type Period string

// The periods.
const (
	Daily   Period = "day"
	Weekly  Period = "week"
	Monthly Period = "month"
	Yearly  Period = "year"
)

// Renewal is a rule by which a reminder becomes due again: every so many periods, counted from the first Due on the clock
// and calendar of the user's zone. When a due time has passed, or was renewed by hand ([Notifier.Renew]), the next one
// is planned with all leads, once, whichever process sees it first. What happened before stays in the history.
//
// Where a month is too short for the day, its last day is due, and the next month the day again: 31 January, 28
// February, 31 March. A yearly 29 February is the 28th in other years. A time of day that the clocks skip is as much
// later as they are put forward, 03:15 for 02:15; one that they show twice is the first.
type Renewal struct {
	Every  int    `json:"every"` // 1 is each period; up to 10,000
	Period Period `json:"period"`
	// DayOfMonth is the day of months and years, which is the last day of a shorter month. 31 is the last day of every
	// month. Defaults to that of the first Due, which must otherwise fit.
	DayOfMonth int `json:"dayOfMonth,omitempty"`
	// Until, unless zero, is the last moment that may be due.
	Until time.Time `json:"until,omitzero"`
	// Times, unless 0, is how often it is renewed at most, by itself and by hand.
	Times int `json:"times,omitempty"`
}

const mostPeriods = 10_000

// Dates returns the due times from the first one on, in the zone of first, up to the year 9999. It needs no [Notifier], and yields
// nothing but first where the rule is not one.
func (r Renewal) Dates(first time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		first = first.Truncate(time.Millisecond)
		at := occurrence{due: first}
		for ok := true; ok; at, ok = r.next(first, at) {
			if !yield(at.due) {
				return
			}
		}
	}
}

// occurrence is one due time of a series.
type occurrence struct {
	due     time.Time
	step    int // how many periods after the first, in units of Every
	renewed int // how often it was renewed: clocks that skip a whole day make two steps one due time
}

// next returns the due time after one; ok is false where the rule has ended.
func (r Renewal) next(first time.Time, at occurrence) (next occurrence, ok bool) {
	if r.check() != nil || (r.Times > 0 && at.renewed >= r.Times) {
		return occurrence{}, false
	}
	next = occurrence{due: at.due, step: at.step, renewed: at.renewed + 1}
	for !next.due.After(at.due) {
		next.step++
		next.due = r.on(first, next.step)
	}
	return next, next.due.Year() <= 9999 && (r.Until.IsZero() || !next.due.After(r.Until))
}

// on returns the due time after so many steps.
func (r Renewal) on(first time.Time, step int) time.Time {
	if step == 0 {
		return first
	}
	t, _ := moments(r.wall(wall(first), step*r.Every), first.Location())
	return t
}

// wall is what the clocks show so many periods after they show first.
func (r Renewal) wall(first time.Time, n int) time.Time {
	switch r.Period {
	case Daily:
		return first.AddDate(0, 0, n)
	case Weekly:
		return first.AddDate(0, 0, 7*n)
	case Yearly:
		n *= 12
	}
	day := first.Day()
	if r.DayOfMonth > 0 {
		day = r.DayOfMonth
	}
	month := first.AddDate(0, 0, 1-first.Day()).AddDate(0, n, 0)
	return month.AddDate(0, 0, min(day, lastDay(month))-1)
}

func lastDay(t time.Time) int { return time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day() }

// check refuses what is no rule.
func (r *Renewal) check() error {
	switch {
	case r.Every < 1 || r.Every > mostPeriods:
		return fieldError("Renewal.Every", fmt.Sprintf("%d, want 1 to %d", r.Every, mostPeriods))
	case !slices.Contains([]Period{Daily, Weekly, Monthly, Yearly}, r.Period):
		return fieldError("Renewal.Period", fmt.Sprintf("%q is unknown", r.Period))
	case r.DayOfMonth < 0 || r.DayOfMonth > 31:
		return fieldError("Renewal.DayOfMonth", fmt.Sprintf("%d, want 1 to 31", r.DayOfMonth))
	case r.DayOfMonth > 0 && (r.Period == Daily || r.Period == Weekly):
		return fieldError("Renewal.DayOfMonth", fmt.Sprintf("a period of a %s has none", r.Period))
	case r.Times < 0:
		return fieldError("Renewal.Times", fmt.Sprintf("%d is negative", r.Times))
	}
	return nil
}

// checkFirst refuses a rule that does not fit the first due time.
func (r *Renewal) checkFirst(first time.Time) error {
	switch day := first.Day(); {
	case r.DayOfMonth > 0 && day != min(r.DayOfMonth, lastDay(first)):
		return fieldError("Renewal.DayOfMonth", fmt.Sprintf("%d, but Due is on day %d", r.DayOfMonth, day))
	case !r.Until.IsZero() && r.Until.Before(first):
		return fieldError("Renewal.Until", "before Due")
	}
	return nil
}

// series reports whether two rules have the same due times, as long as both go on.
func (r *Renewal) series(other *Renewal) bool {
	return r != nil && other != nil && r.Every == other.Every && r.Period == other.Period && r.DayOfMonth == other.DayOfMonth
}

// progress is how far a reminder has come, which planning it again does not change.
type progress struct {
	First   int64 `json:"first,omitempty"` // the due time that the series began with
	Step    int   `json:"step,omitempty"`  // of the due time that holds, see occurrence
	Renewed int   `json:"renewed,omitempty"`
	Kept    int64 `json:"kept,omitempty"` // leads of due times from here on stand though these have passed
	// What Snooze asked for: until when leads of a due time are put off.
	SnoozedUntil int64 `json:"snoozedUntil,omitempty"`
	SnoozedDue   int64 `json:"snoozedDue,omitempty"`
	Acked        int64 `json:"-"` // when it was acknowledged; a column, for a reply of the user changes it
}

// begun is the progress of a series at its first due time.
func begun(due time.Time) progress { return progress{First: unix(due), Kept: unix(due)} }

// location returns the user's zone.
func (r *Reminder) location(defaultZone string) (*time.Location, error) {
	name := r.Zone
	if name == "" {
		name = defaultZone
	}
	zone, err := zoneNamed(name)
	if err != nil {
		return nil, fieldError("Zone", fmt.Sprintf("%q is unknown", name))
	}
	return zone, nil
}

// first returns the due time that the series began with.
func (r *Reminder) first(zone *time.Location) time.Time { return fromUnix(r.progress.First).In(zone) }

// renewed returns the reminder with its next due time; ok is false where the rule has ended.
func (r *Reminder) renewed(zone *time.Location) (next *Reminder, ok bool) {
	if r.Renewal == nil {
		return nil, false
	}
	at, ok := r.Renewal.next(r.first(zone), occurrence{r.Due.In(zone), r.progress.Step, r.progress.Renewed})
	if !ok {
		return nil, false
	}
	copied := *r
	copied.Due, copied.progress.Step, copied.progress.Renewed = at.due, at.step, at.renewed
	return &copied, true
}

// of returns the reminder as it was for a due time that has passed, and whether its leads stand: that time was
// replaced by the next one because it passed, and not because somebody moved or renewed it.
func (r *Reminder) of(due int64, zone *time.Location) (then *Reminder, stands bool) {
	if r.Renewal == nil || due < r.progress.Kept || due >= unix(r.Due) {
		return nil, false
	}
	copied, first := *r, r.first(zone)
	for step := r.progress.Step - 1; step >= 0; step-- {
		at := r.Renewal.on(first, step)
		if unix(at) > due {
			continue
		}
		copied.Due, copied.progress.Step = at, step
		return &copied, unix(at) == due
	}
	return nil, false
}

// stands reports whether the leads of a due time that has passed are still to be sent.
func (r *Reminder) stands(due int64, defaultZone string) bool {
	zone, err := r.location(defaultZone)
	if err != nil {
		return false
	}
	_, stands := r.of(due, zone)
	return stands
}

// forDue returns the reminder as it was for a due time that stands, else as it is.
func (r *Reminder) forDue(due int64, defaultZone string) *Reminder {
	if r == nil || r.Renewal == nil || due == unix(r.Due) {
		return r
	}
	zone, err := r.location(defaultZone)
	if err != nil {
		return r
	}
	if then, stands := r.of(due, zone); stands {
		return then
	}
	return r
}

// resume has a plan go on with the series that is stored: planned with its first due time again, or with the one that
// holds now, the reminder stays where it is. What was acknowledged or put off stays so. It reports whether anything is
// another than planned.
func (r *Reminder) resume(old *Reminder, zone *time.Location) bool {
	p, due := &r.progress, unix(r.Due)
	p.Acked, p.SnoozedUntil, p.SnoozedDue = old.progress.Acked, old.progress.SnoozedUntil, old.progress.SnoozedDue
	if !r.Renewal.series(old.Renewal) || old.progress.First == 0 || (due != old.progress.First && due != unix(old.Due)) {
		return p.Acked > 0 || p.SnoozedUntil > 0
	}
	r.progress = old.progress
	r.Due = r.Renewal.on(r.first(zone), r.progress.Step)
	return true
}

// renewAt is when the next due time is planned, 0 if none is.
func (p *plan) renewAt() int64 {
	if _, ok := p.reminder.renewed(p.calendar.due.Location()); !ok {
		return 0
	}
	return unix(p.reminder.Due)
}

// looksAhead is how many due times a lead has to fit at least one of: as many as years until a leap day, and more.
const looksAhead = 48

// checkFit refuses a rule without an end for leads of which every one would be over when its due time is planned.
func (p *plan) checkFit() error {
	r := &p.reminder
	if r.Renewal == nil || r.Late != LateMissed || !r.Renewal.Until.IsZero() || r.Renewal.Times > 0 {
		return nil
	}
	late := map[Lead]bool{}
	for _, l := range r.Leads {
		late[l] = true
	}
	then := r
	for range looksAhead {
		next, ok := then.renewed(p.calendar.due.Location())
		if !ok || len(late) == 0 {
			break
		}
		c, err := newCalendar(next, p.rules.zone, p.rules.calendars)
		for l := range late { // nobody knows the holidays of years to come, which is no error
			if err != nil || then.Due.Sub(c.fireAt(l)) <= p.rules.grace {
				delete(late, l)
			}
		}
		then = next
	}
	for i, l := range r.Leads {
		if late[l] {
			return fieldError(fmt.Sprintf("Leads[%d]", i), fmt.Sprintf(
				"%s is always over when the next due time is planned, which is when the one before has passed", l))
		}
	}
	return nil
}

package notify

import (
	"fmt"
	"time"
)

// longestTrying is how long after its time a lead is tried that fails again and again.
const longestTrying = 7 * 24 * time.Hour

// gate asks whether the lead is still wanted, and whether it is the time: of a lead on its way from one door to
// the next, only whether it is still wanted.
func (d *decider) gate() (goOn bool) {
	if d.broken != "" {
		d.finish(Failed, "", d.broken)
		return false
	}
	reason := d.reminder.drops(&d.f)
	switch {
	case !d.active:
		d.finish(Cancelled, "", reminderCancelled)
	case reason != "":
		d.finish(Cancelled, "", reason)
	case d.optedOut:
		d.finish(Skipped, "", "the user has opted out")
	default:
		return d.passed || d.inTime()
	}
	return false
}

// inTime asks whether it is the time to send the lead.
func (d *decider) inTime() bool {
	cal, err := newCalendar(d.reminder, d.zone)
	if err != nil {
		d.finish(Failed, "", err.Error()) // the zone is gone from the system's list
		return false
	}
	slot := cal.slotOf(d.f.lead, d.reminder.Leads)
	switch {
	case slot.over != "":
		d.finish(Skipped, "", slot.over)
		return false
	case d.f.moved(slot.at, d.now):
		d.until(slot.at, "moved to a later time")
		return false
	}
	if reason := d.tooLate(cal); reason != "" {
		d.giveUp(reason)
		return false
	}
	return !d.quiet(cal)
}

// moved reports whether the reminder was planned for a later time while the lead was on its way.
func (f *firing) moved(meant, now time.Time) bool { return f.fireAt < unix(meant) && now.Before(meant) }

// giveUp ends a lead that is too late: Missed if nothing was tried, else as its last try ended.
func (d *decider) giveUp(why string) {
	if d.f.tries == 0 {
		d.finish(Missed, "", why)
		return
	}
	last := intent{state: Failed, reason: composeFailed}
	if len(d.intents) > 0 {
		last = d.intents[len(d.intents)-1]
	}
	if last.state != Refused {
		last.state = Failed
	}
	d.finish(last.state, last.door, why+"; the last try: "+last.reason)
}

// tooLate returns why a lead is not sent any more, "" if it is.
func (d *decider) tooLate(cal *calendar) string {
	meant := cal.fireAt(d.f.lead)
	late := d.now.Sub(meant)
	switch {
	case meant.Before(cal.due) && !d.now.Before(cal.due):
		return "it is due: too late to announce it"
	case late > longestTrying && d.f.tries > 0:
		return "tried for too long"
	case late <= d.grace || d.catchUp == CatchUpAll:
		return ""
	case d.catchUp == CatchUpNone && d.f.tries == 0:
		return "its time went by"
	case d.catchUp == CatchUpNone:
		return ""
	}
	for _, l := range d.reminder.Leads {
		if at := cal.fireAt(l); at.After(meant) && !at.After(d.now) {
			return "its time went by, and that of a later one has come"
		}
	}
	return ""
}

// quiet postpones what came late, or is tried again, into quiet hours. Where another lead comes at their end, or has
// come since, that one is nearer to the due time, and this one is passed over.
func (d *decider) quiet(cal *calendar) bool {
	_, end, quiet := cal.quietAt(d.now)
	if !quiet {
		return false
	}
	if d.now.Before(cal.due) && !end.Before(cal.due) {
		d.finish(Missed, "", "quiet hours until it is due")
		return true
	}
	if next, found := cal.followedBy(d.reminder.Leads, cal.fireAt(d.f.lead), end); found {
		d.finish(Skipped, "", fmt.Sprintf("would wait for the end of the quiet hours, when %s comes", next.lead))
		return true
	}
	d.until(end, "waits for the end of the quiet hours")
	return true
}

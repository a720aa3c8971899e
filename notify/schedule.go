package notify

import (
	"fmt"
	"sync"
	"time"
	_ "time/tzdata" // zones are needed where the machine has none, as in small containers
)

// calendar is the part of a reminder that says when, checked and parsed.
type calendar struct {
	due     time.Time // in the user's zone
	at      clock
	seconds time.Duration // within the minute at
	quiet   bool
	from    clock
	to      clock
	works   Workdays      // nil where no lead needs it
	every   time.Duration // between repetitions
	acked   time.Time     // when it was acknowledged
	snooze  time.Time     // nothing comes before, zero if nothing was put off
}

// zones are those that were asked for before: to load one takes longer than all else that is decided about a lead.
var zones sync.Map

func zoneNamed(name string) (*time.Location, error) {
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location), nil
	}
	zone, err := time.LoadLocation(name)
	if err == nil {
		zones.Store(name, zone)
	}
	return zone, err
}

func newCalendar(r *Reminder, defaultZone string, calendars map[string]Workdays) (*calendar, error) {
	zone, err := r.location(defaultZone)
	if err != nil {
		return nil, err
	}
	c := &calendar{due: r.Due.In(zone), works: calendars[r.Calendar]}
	if r.Calendar != "" && c.works == nil {
		return nil, fieldError("Calendar", fmt.Sprintf("%q is unknown", r.Calendar))
	}
	if err := c.checkLeads(r.Leads); err != nil {
		return nil, err
	}
	c.acked = fromUnix(r.progress.Acked)
	if r.Repeat != nil {
		c.every = r.Repeat.Every
	}
	if r.snoozed() {
		c.snooze = fromUnix(r.progress.SnoozedUntil)
	}
	c.at = clock(c.due.Hour()*60 + c.due.Minute())
	c.seconds = time.Duration(c.due.Second())*time.Second + time.Duration(c.due.Nanosecond())
	if r.At != "" {
		c.seconds = 0
		if c.at, err = parseClock(r.At); err != nil {
			return nil, fieldError("At", err.Error())
		}
	}
	if r.Quiet == (QuietHours{}) {
		return c, nil
	}
	if c.from, err = parseClock(r.Quiet.From); err != nil {
		return nil, fieldError("Quiet.From", err.Error())
	}
	if c.to, err = parseClock(r.Quiet.To); err != nil {
		return nil, fieldError("Quiet.To", err.Error())
	}
	c.quiet = c.from != c.to
	return c, nil
}

// slot is when a lead is sent.
type slot struct {
	lead Lead
	at   time.Time
	over string // why it is passed over, "" if it is not
}

// slots returns when the leads are sent, each once. Of those that fall on one moment, mostly by quiet hours, only the
// nearest to the due time is sent, of equally near ones the first: the user learns the same from it.
func (c *calendar) slots(leads []Lead) []slot {
	list := make([]slot, 0, len(leads))
	nearest := map[int64]Lead{}
	seen := map[Lead]bool{}
	for _, l := range leads {
		if seen[l] {
			continue
		}
		seen[l] = true
		at := c.fireAt(l)
		list = append(list, slot{lead: l, at: at, over: c.over(l, at)})
		if list[len(list)-1].over != "" {
			continue
		}
		if n, ok := nearest[unix(at)]; !ok || c.distance(l) < c.distance(n) {
			nearest[unix(at)] = l
		}
	}
	for i, s := range list {
		if n := nearest[unix(s.at)]; s.over == "" && n != s.lead {
			list[i].over = fmt.Sprintf("falls on the same moment as %s, the nearest to the due time", n)
		}
	}
	return list
}

// over returns why a lead is passed over that the user has answered, "" if it is not.
func (c *calendar) over(l Lead, at time.Time) string {
	first := l
	first.Repeat = 0
	switch {
	case l.Repeat > 0 && !c.acked.Before(c.fireAt(first)):
		return "acknowledged"
	case !l.Snoozed && at.Before(c.snooze):
		return "put off to a later time"
	}
	return ""
}

// slotOf returns the slot of one of the leads.
func (c *calendar) slotOf(l Lead, leads []Lead) slot {
	for _, s := range c.slots(leads) {
		if s.lead == l {
			return s
		}
	}
	return slot{lead: l, at: c.fireAt(l)}
}

// followedBy returns the last lead that is sent after a time, and not after another.
func (c *calendar) followedBy(leads []Lead, after, until time.Time) (last slot, found bool) {
	for _, s := range c.slots(leads) {
		if s.over == "" && s.at.After(after) && !s.at.After(until) && (!found || s.at.After(last.at)) {
			last, found = s, true
		}
	}
	return last, found
}

// anyOf reports whether one of the leads is sent after a time, and not after another.
func (c *calendar) anyOf(leads []Lead, after, until time.Time) bool {
	_, found := c.followedBy(leads, after, until)
	return found
}

// distance is how far from the due time a lead is, without quiet hours.
func (c *calendar) distance(l Lead) time.Duration { return c.due.Sub(c.nominal(l)).Abs() }

// nominal is when a lead is sent where no hours are quiet.
func (c *calendar) nominal(l Lead) time.Time {
	if l.Snoozed {
		return c.due.Add(-l.Before)
	}
	if l.Repeat > 0 {
		first := l
		first.Repeat = 0
		return c.nominal(first).Add(time.Duration(l.Repeat) * c.every)
	}
	date, _ := l.day(c.date(), c.works)
	year, month, day := date.Date()
	if l.Before == 0 {
		return c.at.on(year, month, day, c.seconds, c.due.Location())
	}
	return clock(c.due.Hour()*60+c.due.Minute()).
		on(year, month, day, c.secondsOfDue(), c.due.Location()).Add(-l.Before)
}

// fireAt returns when a lead is sent. What falls into quiet hours waits for their end, or is sent in the last
// minute before them where the end is too late.
func (c *calendar) fireAt(l Lead) time.Time {
	t := c.nominal(l)
	begin, end, quiet := c.quietAt(t)
	switch {
	case !quiet:
		return t
	case t.Before(c.due) && !end.Before(c.due):
		return begin.Add(-time.Minute)
	}
	return end
}

func (c *calendar) secondsOfDue() time.Duration {
	return time.Duration(c.due.Second())*time.Second + time.Duration(c.due.Nanosecond())
}

// quietAt returns the quiet hours that t is in.
func (c *calendar) quietAt(t time.Time) (begin, end time.Time, quiet bool) {
	if !c.quiet {
		return begin, end, false
	}
	zone := c.due.Location()
	year, month, day := t.In(zone).Date()
	for _, start := range []int{day - 1, day} {
		last := start
		if c.to <= c.from {
			last++
		}
		begin, end = c.from.on(year, month, start, 0, zone), c.to.on(year, month, last, 0, zone)
		if !t.Before(begin) && t.Before(end) {
			return begin, end, true
		}
	}
	return time.Time{}, time.Time{}, false
}

package notify

import (
	"fmt"
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
}

func newCalendar(r *Reminder, defaultZone string) (*calendar, error) {
	name := r.Zone
	if name == "" {
		name = defaultZone
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fieldError("Zone", fmt.Sprintf("%q is unknown", name))
	}
	c := &calendar{due: r.Due.In(zone)}
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

// fireAt returns when a lead is sent. What falls into quiet hours waits for their end, or is sent in the last
// minute before them where the end is too late.
func (c *calendar) fireAt(l Lead) time.Time {
	year, month, day := c.due.Date()
	t := c.at.on(year, month, day-l.Days, c.seconds, c.due.Location())
	if l.Before != 0 {
		t = clock(c.due.Hour()*60+c.due.Minute()).
			on(year, month, day-l.Days, c.secondsOfDue(), c.due.Location()).Add(-l.Before)
	}
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

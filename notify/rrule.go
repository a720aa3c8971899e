package notify

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ParseRRULE reads a recurrence rule of a calendar file, such as "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=12", for a reminder whose
// first Due is first, in the zone of the user. It takes only what a [Renewal] does in the same way: FREQ of DAILY to YEARLY,
// INTERVAL, COUNT or UNTIL in UTC, WKST, and BYDAY, BYMONTHDAY and BYMONTH where they say of first what it says itself.
// The last day of the month is BYMONTHDAY=-1, the 30th or the last day BYMONTHDAY=28,29,30;BYSETPOS=-1. "RRULE:" may
// stand before it.
//
// All else is refused by its name, in an [errcode.FieldError] such as RRULE.BYHOUR: also a monthly 31st, which other programs leave out in
// short months. Where the clocks skip a time, a Renewal does what it says, whatever the file's program did.
func ParseRRULE(text string, first time.Time) (Renewal, error) {
	parts, err := splitRRULE(text)
	if err != nil {
		return Renewal{}, err
	}
	p := rruleParser{parts: parts, first: first}
	r := Renewal{Every: 1, Period: p.period()}
	if p.has("INTERVAL") {
		r.Every = p.number("INTERVAL", 1, mostPeriods)
	}
	p.end(&r)
	p.weekday(&r)
	if p.has("BYMONTHDAY") && !p.has("BYMONTH") && r.Period == Yearly {
		p.refuse("BYMONTHDAY", "without BYMONTH it is a day of every month")
	}
	p.month(&r)
	r.DayOfMonth = p.day(&r)
	for _, name := range slices.Sorted(maps.Keys(p.parts)) { // what nobody has taken
		p.refuse(name, "not understood")
	}
	if p.err == nil {
		p.err = cmp.Or(r.check(), r.checkFirst(first))
	}
	if p.err != nil {
		return Renewal{}, p.err
	}
	return r, nil
}

// splitRRULE returns the parts by their names.
func splitRRULE(text string) (map[string]string, error) {
	text = strings.TrimPrefix(strings.ToUpper(text), "RRULE:")
	parts := map[string]string{}
	for part := range strings.SplitSeq(text, ";") {
		name, value, found := strings.Cut(part, "=")
		switch _, twice := parts[name]; {
		case !found || name == "" || value == "":
			return nil, fieldError("RRULE", fmt.Sprintf("%q is no part of a rule such as FREQ=DAILY", part))
		case twice:
			return nil, fieldError("RRULE."+name, "there twice")
		}
		parts[name] = value
	}
	return parts, nil
}

// rruleParser takes the parts of a rule one by one, and keeps the first error.
type rruleParser struct {
	parts map[string]string
	first time.Time
	err   error
}

func (p *rruleParser) refuse(name, reason string) {
	if p.err == nil {
		p.err = fieldError("RRULE."+name, reason)
	}
}

func (p *rruleParser) has(name string) bool { return p.parts[name] != "" }

func (p *rruleParser) take(name string) string {
	value := p.parts[name]
	delete(p.parts, name)
	return value
}

func (p *rruleParser) number(name string, least, most int) int {
	value := p.take(name)
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most || strings.HasPrefix(value, "+") {
		p.refuse(name, fmt.Sprintf("%q, want %d to %d", value, least, most))
	}
	return n
}

func (p *rruleParser) period() Period {
	value := p.take("FREQ")
	period, found := map[string]Period{"DAILY": Daily, "WEEKLY": Weekly, "MONTHLY": Monthly, "YEARLY": Yearly}[value]
	if !found {
		p.refuse("FREQ", fmt.Sprintf("%q is none of DAILY, WEEKLY, MONTHLY and YEARLY", value))
	}
	return period
}

// end reads COUNT, which counts the first one too, or UNTIL.
func (p *rruleParser) end(r *Renewal) {
	switch {
	case p.has("COUNT") && p.has("UNTIL"):
		p.refuse("COUNT", "beside UNTIL")
	case p.has("COUNT"):
		r.Times = p.number("COUNT", 2, 1<<30) - 1
	case p.has("UNTIL"):
		value := p.take("UNTIL")
		var err error
		if r.Until, err = time.Parse("20060102T150405Z", value); err != nil {
			p.refuse("UNTIL", fmt.Sprintf("%q, want UTC such as 20271231T235959Z", value))
		}
	}
}

var weekdays = []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

// weekday reads BYDAY, which may name the weekday of the first one, and WKST, which changes nothing then.
func (p *rruleParser) weekday(r *Renewal) {
	if p.has("BYDAY") {
		day := p.take("BYDAY")
		if r.Period != Weekly || day != weekdays[p.first.Weekday()] {
			p.refuse("BYDAY", fmt.Sprintf("%q is not the weekday of the first one, of a weekly rule", day))
		}
	}
	if p.has("WKST") && !slices.Contains(weekdays, p.take("WKST")) {
		p.refuse("WKST", "no weekday")
	}
}

// month reads BYMONTH, which may name the month of the first one.
func (p *rruleParser) month(r *Renewal) {
	if p.has("BYMONTH") && (p.number("BYMONTH", 1, 12) != int(p.first.Month()) || r.Period != Yearly) {
		p.refuse("BYMONTH", "not the month of the first one, of a yearly rule")
	}
}

// day reads BYMONTHDAY, and BYSETPOS where it makes the last of several days of it.
func (p *rruleParser) day(r *Renewal) int {
	if r.Period == Daily || r.Period == Weekly {
		return 0
	}
	days, last := p.take("BYMONTHDAY"), p.parts["BYSETPOS"] == "-1"
	if last {
		p.take("BYSETPOS")
	}
	day := p.first.Day()
	switch {
	case days == "-1" && !last:
		return 31
	case last && slices.Contains([]string{"28,29", "28,29,30", "28,29,30,31"}, days):
		return 28 + strings.Count(days, ",")
	case last:
		p.refuse("BYSETPOS", "not understood with these days")
	case days != "" && days != strconv.Itoa(day):
		p.refuse("BYMONTHDAY", fmt.Sprintf("%q is not the day of the first one", days))
	case day > 28 && (r.Period == Monthly || p.first.Month() == time.February):
		p.refuse("BYMONTHDAY", fmt.Sprintf("day %d would be left out where there is none, which a Renewal does not do", day))
	}
	return 0
}

package notify

import (
	"fmt"
	"slices"
	"time"
)

// Workdays is a calendar: it reports whether a day is a working day. It is called for one day after the other, from many
// goroutines at the same time, and should answer the same in all processes. See [Weekdays] for one made of lists.
type Workdays func(year int, month time.Month, day int) bool

// Weekdays makes a calendar in which Monday to Friday are working days, but not the days off, such as public holidays,
// and also the days on, such as the Saturdays and Sundays that make up for them in China (调休). The days are written
// "2027-02-06". A day in both lists, or one that is no date, is an [errcode.FieldError]: off[2] for instance.
func Weekdays(off, on []string) (Workdays, error) {
	special := map[time.Time]bool{}
	for _, list := range []struct {
		name  string
		days  []string
		works bool
	}{{"off", off, false}, {"on", on, true}} {
		for i, text := range list.days {
			day, err := time.Parse(time.DateOnly, text)
			field := fmt.Sprintf("%s[%d]", list.name, i)
			if err != nil {
				return nil, fieldError(field, fmt.Sprintf("%q is no date such as 2027-02-06", text))
			}
			if works, known := special[day]; known && works != list.works {
				return nil, fieldError(field, text+" is off and on")
			}
			special[day] = list.works
		}
	}
	return func(year int, month time.Month, day int) bool {
		date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
		if works, known := special[date]; known {
			return works
		}
		return date.Weekday() != time.Saturday && date.Weekday() != time.Sunday
	}, nil
}

const (
	mostMonths       = 1200
	mostBusinessDays = 250
	// longestRest is how many days in a row no calendar rests: one that does knows nothing of that time.
	longestRest = 60
)

// before returns the n-th working day before a date, or after it where n is negative; ok is false where the calendar has
// none in sixty days.
func (w Workdays) before(date time.Time, n int) (day time.Time, ok bool) {
	step := -1
	if n < 0 {
		step, n = 1, -n
	}
	for rest := 0; n > 0; {
		date = date.AddDate(0, 0, step)
		if w(date.Date()) {
			n, rest = n-1, 0
		} else if rest++; rest > longestRest {
			return date, false
		}
	}
	return date, true
}

// monthsBefore returns the same day of an earlier month, or the last one where that month is shorter.
func monthsBefore(date time.Time, n int) time.Time {
	year, month, day := date.Date()
	last := time.Date(year, month-time.Month(n)+1, 0, 0, 0, 0, 0, time.UTC)
	return last.AddDate(0, 0, min(0, day-last.Day()))
}

// day returns the date on which the lead is, before its exact duration is taken off. The due date is labelled UTC.
func (l Lead) day(due time.Time, works Workdays) (date time.Time, ok bool) {
	date = monthsBefore(due, l.Months).AddDate(0, 0, -l.Days)
	if l.BusinessDays == 0 {
		return date, true
	}
	return works.before(date, l.BusinessDays)
}

// checkLeads refuses leads that the calendar cannot tell the time of.
func (c *calendar) checkLeads(leads []Lead) error {
	for i, l := range leads {
		field := fmt.Sprintf("Leads[%d]", i)
		switch {
		case max(l.Months, -l.Months) > mostMonths:
			return fieldError(field, fmt.Sprintf("%d months, limit %d", l.Months, mostMonths))
		case max(l.BusinessDays, -l.BusinessDays) > mostBusinessDays:
			return fieldError(field, fmt.Sprintf("%d business days, limit %d", l.BusinessDays, mostBusinessDays))
		case l.BusinessDays != 0 && c.works == nil:
			return fieldError("Calendar", fmt.Sprintf("%s needs one, and Config.Calendars has no default", l))
		}
		if _, ok := l.day(c.date(), c.works); !ok {
			return fieldError(field, fmt.Sprintf("the calendar has no working day within %d days", longestRest))
		}
	}
	return nil
}

// needsCalendar reports whether one of Config.Calendars is needed.
func (r *Reminder) needsCalendar() bool {
	return r.Calendar != "" || slices.ContainsFunc(r.Leads, func(l Lead) bool { return l.BusinessDays != 0 })
}

// date is the day that is due, labelled UTC.
func (c *calendar) date() time.Time {
	year, month, day := c.due.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

package notify

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Lead is how long before the due time a reminder is sent: calendar months, days and business days in the user's
// zone, counted back from the day of Due in this order, and an exact duration on top. Negative ones are after it.
//
// A month before the 31st is the last day of a month that has none: 28 or 29 February for 31 March. Business days need
// a calendar, see [Config.Calendars]. Its text form is "1mo", "7d", "2bd", "2h0m0s", or several in this order:
// "1d2h0m0s". Up to 1,200 months and 250 business days. "7d+2" is the second repetition of 7d, and "2h0m0s~" what was
// put off until two hours before.
type Lead struct {
	Months       int
	Days         int
	BusinessDays int
	Before       time.Duration
	// Repeat is which repetition it is, 0 for the lead itself; Snoozed tells that [Notifier.Snooze] asked for it. Both are
	// read in a [Message] or a [Status], and not set in Reminder.Leads.
	Repeat  int
	Snoozed bool
}

// Days is a lead of calendar days: the same time of day so many days earlier, also where clocks were changed
// in between.
func Days(n int) Lead { return Lead{Days: n} }

// Months is a lead of calendar months: the same day of the month so many months earlier, or the last day of that month
// where it is shorter.
func Months(n int) Lead { return Lead{Months: n} }

// BusinessDays is a lead of days on which the reminder's calendar works: 1 is the last of them before the day of Due,
// whether Due is on such a day or not.
func BusinessDays(n int) Lead { return Lead{BusinessDays: n} }

// Before is a lead of an exact duration.
func Before(d time.Duration) Lead { return Lead{Before: d} }

// String returns the text form.
func (l Lead) String() string {
	var b strings.Builder
	for _, part := range []struct {
		n    int
		unit string
	}{{l.Months, "mo"}, {l.Days, "d"}, {l.BusinessDays, "bd"}} {
		if part.n != 0 {
			b.WriteString(strconv.Itoa(part.n) + part.unit)
		}
	}
	switch {
	case l.Before != 0:
		b.WriteString(l.Before.String())
	case b.Len() == 0:
		b.WriteString("0d")
	}
	if l.Repeat != 0 {
		b.WriteString("+" + strconv.Itoa(l.Repeat))
	}
	if l.Snoozed {
		b.WriteString("~")
	}
	return b.String()
}

// MarshalText returns the text form.
func (l Lead) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads the text form.
func (l *Lead) UnmarshalText(text []byte) error {
	var out Lead
	rest, snoozed := strings.CutSuffix(string(text), "~")
	rest, repeat, repeated := strings.Cut(rest, "+")
	out.Snoozed = snoozed
	var err error
	if repeated {
		out.Repeat, err = strconv.Atoi(repeat)
	}
	err = errors.Join(err, cutUnit(&rest, "mo", &out.Months), cutUnit(&rest, "d", &out.Days), cutUnit(&rest, "bd", &out.BusinessDays))
	if err == nil && rest != "" {
		out.Before, err = time.ParseDuration(rest)
	}
	if err != nil || len(text) == 0 || (repeated || snoozed) && (len(text) < 3 || out.Repeat < 0) {
		return fmt.Errorf("notify: lead %q: want something like 7d, 1mo, 2bd or 2h30m", text)
	}
	*l = out
	return nil
}

// cutUnit takes a number and its unit off the text where it begins with them.
func cutUnit(text *string, unit string, n *int) (err error) {
	end := 0
	for end < len(*text) && ((*text)[end] >= '0' && (*text)[end] <= '9' || end == 0 && (*text)[end] == '-') {
		end++
	}
	rest, found := strings.CutPrefix((*text)[end:], unit)
	if !found {
		return nil
	}
	*n, err = strconv.Atoi((*text)[:end])
	*text = rest
	return err
}

// QuietHours is a time of the day in which nothing is sent, in the user's zone, such as from "22:00" to
// "08:00". A lead that falls into it waits for its end; where that is not before Due, the lead comes in the last
// minute before the quiet. What is late, or tried again, waits for the end too, or is Missed where that is not before
// Due. Of leads that fall on one moment in this way only the nearest to Due is sent; the others are Skipped. The zero
// value has none.
type QuietHours struct {
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// clock is a time of day in minutes.
type clock int

func parseClock(text string) (clock, error) {
	h, m, found := strings.Cut(text, ":")
	hour, errHour := strconv.Atoi(h)
	minute, errMinute := strconv.Atoi(m)
	if !found || errHour != nil || errMinute != nil || len(m) != 2 || hour < 0 || hour > 23 || minute < 0 || minute > 59 {
		return 0, fmt.Errorf("%q is no time of day such as 09:00", text)
	}
	return clock(hour*60 + minute), nil
}

// on returns the moment at which the clocks of a zone show c on a day. Where clocks are put forward over it,
// that is the moment of the change; where they show it twice, the first time.
func (c clock) on(year int, month time.Month, day int, seconds time.Duration, zone *time.Location) time.Time {
	t, change := moments(time.Date(year, month, day, int(c)/60, int(c)%60, 0, 0, time.UTC).Add(seconds), zone)
	if !change.IsZero() {
		return change
	}
	return t
}

// moments returns the moment at which the clocks of a zone show want, which is labelled UTC: the first where they show
// it twice. Where they are put forward over it, t is as long after the change as want is after the hour that they
// were put forward from, and change is not zero: the moment of the change.
func moments(want time.Time, zone *time.Location) (t, change time.Time) {
	t = time.Date(want.Year(), want.Month(), want.Day(), want.Hour(), want.Minute(), want.Second(), want.Nanosecond(), zone)
	start, end := t.ZoneBounds()
	switch shown := wall(t); {
	case shown.After(want): // skipped: t is behind the change
		return late(want, start), start
	case shown.Before(want): // skipped: t is before the change
		return late(want, end), end
	}
	if start.IsZero() {
		return t, change
	}
	_, now := t.Zone()
	_, before := start.Add(-time.Second).Zone()
	if first := t.Add(-time.Duration(before-now) * time.Second); before > now && first.Before(start) {
		return first, change
	}
	return t, change
}

// late is the moment at which clocks would show want if they had not been put forward.
func late(want, change time.Time) time.Time {
	_, offset := change.Add(-time.Second).Zone()
	return want.Add(-time.Duration(offset) * time.Second).In(change.Location())
}

// wall is what clocks show at t, as if it were UTC.
func wall(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

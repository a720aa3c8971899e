package notify

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Lead is how long before the due time a reminder is sent: calendar days in the user's zone, and an exact
// duration on top. Negative ones are after it. Its text form is "7d", "2h0m0s" or both: "1d2h0m0s".
type Lead struct {
	Days   int
	Before time.Duration
}

// Days is a lead of calendar days: the same time of day so many days earlier, also where clocks were changed
// in between.
func Days(n int) Lead { return Lead{Days: n} }

// Before is a lead of an exact duration.
func Before(d time.Duration) Lead { return Lead{Before: d} }

// String returns the text form.
func (l Lead) String() string {
	switch {
	case l.Before == 0:
		return strconv.Itoa(l.Days) + "d"
	case l.Days == 0:
		return l.Before.String()
	}
	return strconv.Itoa(l.Days) + "d" + l.Before.String()
}

// MarshalText returns the text form.
func (l Lead) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads the text form.
func (l *Lead) UnmarshalText(text []byte) error {
	days, rest, found := strings.Cut(string(text), "d")
	if !found {
		days, rest = "0", string(text)
	}
	var out Lead
	var err error
	if out.Days, err = strconv.Atoi(days); err == nil && rest != "" {
		out.Before, err = time.ParseDuration(rest)
	}
	if err != nil || len(text) == 0 {
		return fmt.Errorf("notify: lead %q: want something like 7d or 2h30m", text)
	}
	*l = out
	return nil
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
	want := time.Date(year, month, day, int(c)/60, int(c)%60, 0, 0, time.UTC).Add(seconds)
	t := time.Date(year, month, day, int(c)/60, int(c)%60, 0, 0, zone).Add(seconds)
	start, end := t.ZoneBounds()
	switch shown := wall(t); {
	case shown.After(want): // skipped: t is behind the change
		return start
	case shown.Before(want): // skipped: t is before the change
		return end
	}
	if start.IsZero() {
		return t
	}
	_, now := t.Zone()
	_, before := start.Add(-time.Second).Zone()
	if first := t.Add(-time.Duration(before-now) * time.Second); before > now && first.Before(start) {
		return first
	}
	return t
}

// wall is what clocks show at t, as if it were UTC.
func wall(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

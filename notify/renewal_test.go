package notify_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
)

// series is a line of testdata/renewals.txt.
type series struct {
	first time.Time
	rule  notify.Renewal
	due   []int64
}

// readSeries reads what testdata/dates.py has written: a thousand rules that begin in years by chance, and daily ones over
// each change of the clocks in ten zones.
func readSeries(t *testing.T) (list []series) {
	text, err := os.ReadFile("testdata/renewals.txt")
	require.NoError(t, err)
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		require.NoError(t, err)
		return n
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		zone, err := time.LoadLocation(f[0])
		require.NoError(t, err)
		var s series
		s.rule = notify.Renewal{Every: number(f[3]), Period: notify.Period(f[2]), DayOfMonth: number(f[4]), Times: number(f[5])}
		if until := number(f[6]); until > 0 {
			s.rule.Until = time.Unix(int64(until), 0)
		}
		for due := range strings.SplitSeq(f[7], ",") {
			s.due = append(s.due, int64(number(due)))
		}
		s.first = time.Unix(s.due[0], 0).In(zone)
		require.Equal(t, f[1], s.first.Format("2006-01-02T15:04:05"))
		list = append(list, s)
	}
	return list
}

// TestDatesAreThoseOfDateutil compares all series with what python3-dateutil and zoneinfo make of them.
func TestDatesAreThoseOfDateutil(t *testing.T) {
	t.Parallel()
	list := readSeries(t)
	require.Greater(t, len(list), 1500)
	for _, s := range list {
		var due []int64
		for d := range s.rule.Dates(s.first) {
			if len(due) == len(s.due) && (s.rule.Times == 0 && s.rule.Until.IsZero() || len(due) == 15 || d.Year() > 2025) {
				break
			}
			due = append(due, d.Unix())
		}
		require.Equal(t, s.due, due, "%v from %s", s.rule, s.first)
	}
}

func TestDatesThatArePastWriting(t *testing.T) {
	t.Parallel()
	first := time.Date(9998, 12, 31, 9, 0, 0, 0, time.UTC)
	var years []int
	for d := range (notify.Renewal{Every: 1, Period: notify.Yearly}).Dates(first) {
		years = append(years, d.Year())
	}
	require.Equal(t, []int{9998, 9999}, years)
	for d := range (notify.Renewal{}).Dates(first) {
		require.Equal(t, first, d)
	}
}

func TestPlanChecksTheRenewal(t *testing.T) {
	t.Parallel()
	b := setup(t, func(cfg *notify.Config) { cfg.Calendars = map[string]notify.Workdays{"": china(t)} })
	monthly := notify.Renewal{Every: 1, Period: notify.Monthly}
	for name, tc := range map[string]struct {
		field string
		rule  notify.Renewal
		leads []notify.Lead
	}{
		"NoEvery":        {"Renewal.Every", notify.Renewal{Period: notify.Daily}, nil},
		"EveryTooLong":   {"Renewal.Every", notify.Renewal{Every: 10_001, Period: notify.Daily}, nil},
		"UnknownPeriod":  {"Renewal.Period", notify.Renewal{Every: 1, Period: "fortnight"}, nil},
		"NoPeriod":       {"Renewal.Period", notify.Renewal{Every: 1}, nil},
		"DayTooLate":     {"Renewal.DayOfMonth", notify.Renewal{Every: 1, Period: notify.Monthly, DayOfMonth: 32}, nil},
		"DayOfAWeek":     {"Renewal.DayOfMonth", notify.Renewal{Every: 1, Period: notify.Weekly, DayOfMonth: 1}, nil},
		"DayIsAnother":   {"Renewal.DayOfMonth", notify.Renewal{Every: 1, Period: notify.Monthly, DayOfMonth: 29}, nil},
		"UntilBeforeDue": {"Renewal.Until", notify.Renewal{Every: 1, Period: notify.Monthly, Until: start}, nil},
		"NegativeTimes":  {"Renewal.Times", notify.Renewal{Every: 1, Period: notify.Monthly, Times: -1}, nil},
		"NeverFits":      {"Leads[1]", monthly, []notify.Lead{notify.Days(1), notify.Days(32)}},
		"MonthsNeverFit": {"Leads[0]", monthly, []notify.Lead{notify.Months(2)}},
		"DaysNeverFit":   {"Leads[0]", notify.Renewal{Every: 1, Period: notify.Daily}, []notify.Lead{notify.Before(26 * time.Hour)}},
		"WorkNeverFits":  {"Leads[0]", notify.Renewal{Every: 1, Period: notify.Weekly}, []notify.Lead{notify.BusinessDays(8)}},
	} {
		r := b.reminder("contract-1")
		r.Renewal = &tc.rule
		if tc.leads != nil {
			r.Leads = tc.leads
		}
		var wrong *errcode.FieldError
		require.ErrorAs(t, b.n.Plan(t.Context(), r), &wrong, name)
		require.Equal(t, tc.field, wrong.Field, name)
	}
	for name, tc := range map[string]struct {
		rule  notify.Renewal
		leads []notify.Lead
	}{
		"LastDay":        {notify.Renewal{Every: 1, Period: notify.Monthly, DayOfMonth: 31}, nil},
		"FitsSometimes":  {monthly, []notify.Lead{notify.Days(31)}},
		"FitsInLeapYear": {notify.Renewal{Every: 1, Period: notify.Yearly}, []notify.Lead{notify.Days(366)}},
		"JustFits":       {notify.Renewal{Every: 1, Period: notify.Weekly}, []notify.Lead{notify.Days(7)}},
		"HasAnEnd":       {notify.Renewal{Every: 1, Period: notify.Daily, Times: 5}, nil},
		"AfterDue":       {notify.Renewal{Every: 1, Period: notify.Daily}, []notify.Lead{notify.Days(-3)}},
	} {
		r := b.reminder(name)
		r.Renewal = &tc.rule
		if tc.leads != nil {
			r.Leads = tc.leads
		}
		require.NoError(t, b.n.Plan(t.Context(), r), name)
	}
}

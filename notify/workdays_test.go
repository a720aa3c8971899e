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

// china is a calendar with the days around the Spring Festival of 2027: two weekends are worked.
func china(t *testing.T) notify.Workdays {
	works, err := notify.Weekdays(
		[]string{"2027-02-05", "2027-02-08", "2027-02-09", "2027-02-10", "2027-02-11", "2027-02-12"},
		[]string{"2027-01-31", "2027-02-20"})
	require.NoError(t, err)
	return works
}

func TestLeadsInMonthsAndBusinessDays(t *testing.T) {
	t.Parallel()
	b := setup(t, func(cfg *notify.Config) { cfg.Calendars = map[string]notify.Workdays{"cn": china(t)} })
	for name, tc := range map[string]struct {
		due, zone string
		lead      notify.Lead
		want      string
	}{
		"MonthBeforeThe31st":      {"2027-03-31T09:00:00+08:00", "", notify.Months(1), "2027-02-28T09:00:00+08:00"},
		"InALeapYear":             {"2028-03-31T09:00:00+08:00", "", notify.Months(1), "2028-02-29T09:00:00+08:00"},
		"YearBeforeALeapDay":      {"2028-02-29T09:00:00+08:00", "", notify.Months(12), "2027-02-28T09:00:00+08:00"},
		"OverTheYear":             {"2027-01-31T09:00:00+08:00", "", notify.Months(2), "2026-11-30T09:00:00+08:00"},
		"MonthAfter":              {"2027-01-31T09:00:00+08:00", "", notify.Months(-1), "2027-02-28T09:00:00+08:00"},
		"MonthsAndDays":           {"2027-03-31T09:00:00+08:00", "", notify.Lead{Months: 1, Days: 1}, "2027-02-27T09:00:00+08:00"},
		"IntoASkippedHour":        {"2027-04-28T02:30:00+02:00", "Europe/Berlin", notify.Months(1), "2027-03-28T03:00:00+02:00"},
		"IntoASkippedMidnight":    {"2027-10-05T00:00:00-03:00", "America/Santiago", notify.Months(1), "2027-09-05T01:00:00-03:00"},
		"IntoAnHourTwice":         {"2027-11-30T02:30:00+01:00", "Europe/Berlin", notify.Lead{Months: 1, Days: -1}, "2027-10-31T02:30:00+02:00"},
		"MonthAndHoursOverChange": {"2027-04-28T04:00:00+02:00", "Europe/Berlin", notify.Lead{Months: 1, Before: 2 * time.Hour}, "2027-03-28T01:00:00+01:00"},
		"OverAWeekend":            {"2027-01-18T09:00:00+08:00", "", notify.BusinessDays(1), "2027-01-15T09:00:00+08:00"},
		"DueOnAWeekend":           {"2027-01-17T09:00:00+08:00", "", notify.BusinessDays(1), "2027-01-15T09:00:00+08:00"},
		"OverAFestival":           {"2027-02-15T09:00:00+08:00", "", notify.BusinessDays(2), "2027-02-03T09:00:00+08:00"},
		"ASundayThatWorks":        {"2027-02-01T09:00:00+08:00", "", notify.BusinessDays(1), "2027-01-31T09:00:00+08:00"},
		"ASaturdayThatWorks":      {"2027-02-19T09:00:00+08:00", "", notify.BusinessDays(-1), "2027-02-20T09:00:00+08:00"},
		"MonthThenBusinessDay":    {"2027-03-15T09:00:00+08:00", "", notify.Lead{Months: 1, BusinessDays: 1}, "2027-02-04T09:00:00+08:00"},
		"InTheUsersZone":          {"2027-02-01T02:00:00+08:00", "America/New_York", notify.BusinessDays(1), "2027-01-30T02:00:00+08:00"},
	} {
		due, err := time.Parse(time.RFC3339, tc.due)
		require.NoError(t, err)
		r := b.reminder(name)
		r.Due, r.Zone, r.Calendar, r.Leads = due, tc.zone, "cn", []notify.Lead{tc.lead}
		b.plan(r)
		s := b.list(name)[0]
		want, err := time.Parse(time.RFC3339, tc.want)
		require.NoError(t, err)
		require.True(t, want.Equal(s.FireAt), "%s: %s", name, s.FireAt)
		require.Equal(t, tc.lead, s.Lead)
	}
}

// TestMonthsAreThoseOfDateutil compares with testdata/months.txt, which testdata/dates.py writes.
func TestMonthsAreThoseOfDateutil(t *testing.T) {
	t.Parallel()
	b := setup(t, func(cfg *notify.Config) { cfg.Zone = "UTC" })
	text, err := os.ReadFile("testdata/months.txt")
	require.NoError(t, err)
	var list []*notify.Reminder
	want := map[string]string{}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		due, err := time.Parse(time.DateOnly, f[0])
		require.NoError(t, err)
		n, err := strconv.Atoi(f[1])
		require.NoError(t, err)
		r := b.reminder(f[0] + " " + f[1])
		r.Due, r.Leads = due.Add(9*time.Hour), []notify.Lead{notify.Months(n)}
		if want[r.Key] == "" {
			list = append(list, r)
		}
		want[r.Key] = f[2]
	}
	require.NoError(t, b.n.PlanAll(t.Context(), list))
	all, err := b.n.List(t.Context(), notify.Query{Limit: len(list) + 1})
	require.NoError(t, err)
	require.Len(t, all, len(want))
	for _, s := range all {
		require.Equal(t, want[s.Key]+" 09:00", s.FireAt.UTC().Format("2006-01-02 15:04"), s.Key)
	}
}

func TestCalendarsThatAreNotThere(t *testing.T) {
	t.Parallel()
	never := func(int, time.Month, int) bool { return false }
	b := setup(t, func(cfg *notify.Config) {
		cfg.Calendars = map[string]notify.Workdays{"cn": china(t), "never": never}
	})
	for name, tc := range map[string]struct {
		calendar string
		lead     notify.Lead
		field    string
	}{
		"NoDefault":      {"", notify.BusinessDays(1), "Calendar"},
		"Unknown":        {"mars", notify.Days(1), "Calendar"},
		"NoText":         {"\xff", notify.Days(1), "Calendar"},
		"NoWorkingDay":   {"never", notify.BusinessDays(1), "Leads[0]"},
		"TooManyDays":    {"cn", notify.BusinessDays(-251), "Leads[0]"},
		"TooManyMonths":  {"cn", notify.Months(1201), "Leads[0]"},
		"TooManyMonths2": {"cn", notify.Months(-1201), "Leads[0]"},
	} {
		r := b.reminder("contract-1")
		r.Calendar, r.Leads = tc.calendar, []notify.Lead{tc.lead}
		var wrong *errcode.FieldError
		require.ErrorAs(t, b.n.Plan(t.Context(), r), &wrong, name)
		require.Equal(t, tc.field, wrong.Field, name)
	}
	_, err := notify.New(notify.Config{Database: b.cfg.Database, Calendars: map[string]notify.Workdays{"x": nil}})
	require.ErrorContains(t, err, `Calendars["x"]`)
	for field, lists := range map[string][2][]string{
		"off[1]": {{"2027-01-01", "soon"}, nil}, "on[0]": {nil, {"2027-02-30"}}, "on[1]": {{"2027-01-02"}, {"2027-01-03", "2027-01-02"}},
	} {
		_, err := notify.Weekdays(lists[0], lists[1])
		var wrong *errcode.FieldError
		require.ErrorAs(t, err, &wrong, field)
		require.Equal(t, field, wrong.Field)
	}
}

// TestCalendarOfAnotherProcess has a process without the calendar of a reminder leave its leads to one that has it.
func TestCalendarOfAnotherProcess(t *testing.T) {
	t.Parallel()
	b := setup(t, func(cfg *notify.Config) { cfg.Calendars = map[string]notify.Workdays{"": china(t)} })
	b.alice.Follow(b.service)
	r := b.reminder("contract-1")
	r.Leads = []notify.Lead{notify.BusinessDays(1)}
	b.plan(r)
	cfg := b.cfg
	cfg.Calendars = nil
	other, err := notify.New(cfg)
	require.NoError(t, err)
	b.wx.Advance(9 * day)
	_, err = other.FireDue(t.Context())
	require.NoError(t, err)
	require.Equal(t, notify.Planned, b.list("contract-1")[0].State)
	require.Contains(t, b.list("contract-1")[0].Reason, "left to processes with the calendar")
	b.pass(time.Minute)
	require.Equal(t, notify.Delivered, b.list("contract-1")[0].State)
}

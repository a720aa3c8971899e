package notify_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
)

func TestFireTimes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	night := notify.QuietHours{From: "22:00", To: "08:00"}
	for i, tc := range []struct {
		name  string
		due   string
		zone  string
		at    string
		quiet notify.QuietHours
		lead  notify.Lead
		want  string
	}{
		{"DaysKeepTheTimeOfDay", "2026-12-10T15:04:05+08:00", "", "", notify.QuietHours{}, notify.Days(7), "2026-12-03T15:04:05+08:00"},
		{"AtATimeOfDay", "2026-12-10T00:00:00+08:00", "", "09:00", notify.QuietHours{}, notify.Days(3), "2026-12-07T09:00:00+08:00"},
		{"TheUsersDay", "2026-12-10T00:00:00+08:00", "America/New_York", "09:00", notify.QuietHours{}, notify.Days(1), "2026-12-08T09:00:00-05:00"},
		{"ExactDuration", "2026-12-10T15:00:00+08:00", "", "09:00", notify.QuietHours{}, notify.Before(90 * time.Minute), "2026-12-10T13:30:00+08:00"},
		{"DaysAndDuration", "2026-12-10T15:00:00+08:00", "", "09:00", notify.QuietHours{}, notify.Lead{Days: 1, Before: time.Hour}, "2026-12-09T14:00:00+08:00"},
		{"AfterDue", "2026-12-10T15:00:00+08:00", "", "", notify.QuietHours{}, notify.Days(-1), "2026-12-11T15:00:00+08:00"},
		{"SpringForwardBetween", "2027-03-29T10:00:00+02:00", "Europe/Berlin", "", notify.QuietHours{}, notify.Days(2), "2027-03-27T10:00:00+01:00"},
		{"FallBackBetween", "2027-11-01T10:00:00+01:00", "Europe/Berlin", "", notify.QuietHours{}, notify.Days(2), "2027-10-30T10:00:00+02:00"},
		{"SkippedHour", "2027-03-29T02:30:00+02:00", "Europe/Berlin", "", notify.QuietHours{}, notify.Days(1), "2027-03-28T03:00:00+02:00"},
		{"SkippedHourInNewYork", "2027-03-15T02:30:00-04:00", "America/New_York", "", notify.QuietHours{}, notify.Days(1), "2027-03-14T03:00:00-04:00"},
		{"HourThatComesTwice", "2027-11-01T02:30:00+01:00", "Europe/Berlin", "", notify.QuietHours{}, notify.Days(1), "2027-10-31T02:30:00+02:00"},
		{"HourThatComesTwiceInNewYork", "2027-11-08T01:30:00-05:00", "America/New_York", "", notify.QuietHours{}, notify.Days(1), "2027-11-07T01:30:00-04:00"},
		{"MonthBorder", "2027-03-01T10:00:00+08:00", "", "", notify.QuietHours{}, notify.Days(1), "2027-02-28T10:00:00+08:00"},
		{"QuietEvening", "2026-12-10T23:30:00+08:00", "", "", night, notify.Days(1), "2026-12-10T08:00:00+08:00"},
		{"QuietMorning", "2026-12-10T07:59:00+08:00", "", "", night, notify.Days(1), "2026-12-09T08:00:00+08:00"},
		{"EndOfQuiet", "2026-12-10T08:00:00+08:00", "", "", night, notify.Days(1), "2026-12-09T08:00:00+08:00"},
		{"BeforeQuietIfDueWithin", "2026-12-10T07:00:00+08:00", "", "", night, notify.Before(time.Hour), "2026-12-09T21:59:00+08:00"},
		{"QuietAtNoon", "2026-12-10T12:30:00+08:00", "", "", notify.QuietHours{From: "12:00", To: "14:00"}, notify.Days(1), "2026-12-09T14:00:00+08:00"},
		{"QuietInTheUsersZone", "2026-12-10T05:00:00+08:00", "Europe/Berlin", "", night, notify.Days(1), "2026-12-09T08:00:00+01:00"},
	} {
		due, err := time.Parse(time.RFC3339, tc.due)
		require.NoError(t, err)
		key := tc.name
		r := b.reminder(key)
		r.Due, r.Zone, r.At, r.Quiet, r.Leads = due, tc.zone, tc.at, tc.quiet, []notify.Lead{tc.lead}
		b.plan(r)
		want, err := time.Parse(time.RFC3339, tc.want)
		require.NoError(t, err, i)
		got := b.list(key)[0].FireAt
		require.True(t, want.Equal(got), "%s: %s, want %s", tc.name, got.In(want.Location()).Format(time.RFC3339), tc.want)
	}
}

func TestLeadText(t *testing.T) {
	t.Parallel()
	for _, l := range []notify.Lead{
		notify.Days(7), notify.Days(-1), notify.Before(90 * time.Minute), {Days: 1, Before: 2 * time.Hour}, {},
		notify.Months(1), notify.Months(-12), notify.BusinessDays(3), notify.BusinessDays(-1),
		{Months: 1, Days: -2, BusinessDays: 3, Before: -time.Minute},
	} {
		text, err := json.Marshal(l)
		require.NoError(t, err)
		var back notify.Lead
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, l, back, string(text))
	}
	for _, bad := range []string{"", "7", "d", "xd", "7days", "-", "mo", "1m o", "1bd1mo", "1d1d", "b", "2bdx"} {
		require.Error(t, new(notify.Lead).UnmarshalText([]byte(bad)), bad)
	}
}

func TestPlanChecksTheReminder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for field, spoil := range map[string]func(*notify.Reminder){
		"Key":     func(r *notify.Reminder) { r.Key = "" },
		"User":    func(r *notify.Reminder) { r.User = "" },
		"Due":     func(r *notify.Reminder) { r.Due = time.Time{} },
		"Leads":   func(r *notify.Reminder) { r.Leads = nil },
		"Content": func(r *notify.Reminder) { r.Content = notify.Content{} },
		`Content.Template.Data["thing1"]`: func(r *notify.Reminder) {
			r.Content.Template.Data["thing1"] = "A contract with a name of more than twenty characters"
		},
		"Content.Template.TemplateID":     func(r *notify.Reminder) { r.Content.Template.TemplateID = "" },
		"Content.Subscribe.Data":          func(r *notify.Reminder) { r.Content.Subscribe.Data = nil },
		`Content.Subscribe.Data["date2"]`: func(r *notify.Reminder) { r.Content.Subscribe.Data["date2"] = "soon" },
		"At":                              func(r *notify.Reminder) { r.At = "9 o'clock" },
		"Zone":                            func(r *notify.Reminder) { r.Zone = "Mars/Base" },
		"Quiet.From":                      func(r *notify.Reminder) { r.Quiet = notify.QuietHours{To: "08:00"} },
		"Quiet.To":                        func(r *notify.Reminder) { r.Quiet = notify.QuietHours{From: "22:00", To: "24:00"} },
	} {
		r := b.reminder("contract-1")
		spoil(r)
		err := b.n.Plan(t.Context(), r)
		var wrong *errcode.FieldError
		require.ErrorAs(t, err, &wrong, field)
		require.Equal(t, field, wrong.Field)
	}
	twice := b.reminder("contract-1")
	require.Error(t, b.n.PlanAll(t.Context(), []*notify.Reminder{twice, twice}))
	require.Empty(t, b.list("contract-1"))
}

package notify_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
)

func TestParseRRULE(t *testing.T) {
	t.Parallel()
	at := func(month time.Month, day int) time.Time { return time.Date(2027, month, day, 9, 0, 0, 0, time.UTC) }
	end := time.Date(2027, 12, 31, 23, 59, 59, 0, time.UTC)
	for text, tc := range map[string]struct {
		first time.Time
		want  notify.Renewal
	}{
		"FREQ=DAILY":                                   {at(1, 31), notify.Renewal{Every: 1, Period: notify.Daily}},
		"RRULE:FREQ=WEEKLY;INTERVAL=2":                 {at(1, 31), notify.Renewal{Every: 2, Period: notify.Weekly}},
		"freq=weekly;byday=su;wkst=mo":                 {at(1, 31), notify.Renewal{Every: 1, Period: notify.Weekly}},
		"FREQ=MONTHLY;COUNT=12":                        {at(1, 28), notify.Renewal{Every: 1, Period: notify.Monthly, Times: 11}},
		"COUNT=2;FREQ=MONTHLY;BYMONTHDAY=5":            {at(1, 5), notify.Renewal{Every: 1, Period: notify.Monthly, Times: 1}},
		"FREQ=MONTHLY;BYMONTHDAY=-1":                   {at(1, 31), notify.Renewal{Every: 1, Period: notify.Monthly, DayOfMonth: 31}},
		"FREQ=YEARLY;UNTIL=20271231T235959Z":           {at(1, 31), notify.Renewal{Every: 1, Period: notify.Yearly, Until: end}},
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1":          {at(2, 28), notify.Renewal{Every: 1, Period: notify.Yearly, DayOfMonth: 31}},
		"FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1": {at(1, 30), notify.Renewal{Every: 1, Period: notify.Monthly, DayOfMonth: 30}},
		"FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=31":          {at(1, 31), notify.Renewal{Every: 1, Period: notify.Yearly}},
	} {
		got, err := notify.ParseRRULE(text, tc.first)
		require.NoError(t, err, text)
		require.Equal(t, tc.want, got, text)
	}
	for text, field := range map[string]string{
		"":                                "RRULE",
		"FREQ":                            "RRULE",
		"FREQ=DAILY;":                     "RRULE",
		"FREQ=DAILY\r\nRRULE:FREQ=WEEKLY": "RRULE.FREQ",
		"FREQ=DAILY;FREQ=DAILY":           "RRULE.FREQ",
		"INTERVAL=2":                      "RRULE.FREQ",
		"FREQ=HOURLY":                     "RRULE.FREQ",
		"FREQ=DAILY;INTERVAL=0":           "RRULE.INTERVAL",
		"FREQ=DAILY;INTERVAL=x":           "RRULE.INTERVAL",
		"FREQ=DAILY;COUNT=0":              "RRULE.COUNT",
		"FREQ=DAILY;COUNT=1":              "RRULE.COUNT",
		"FREQ=DAILY;COUNT=2;UNTIL=20271231T235959Z":    "RRULE.COUNT",
		"FREQ=DAILY;UNTIL=20271231":                    "RRULE.UNTIL",
		"FREQ=DAILY;UNTIL=20271231T235959":             "RRULE.UNTIL",
		"FREQ=DAILY;UNTIL=20270101T000000Z":            "Renewal.Until",
		"FREQ=WEEKLY;BYDAY=MO":                         "RRULE.BYDAY",
		"FREQ=WEEKLY;BYDAY=SU,MO":                      "RRULE.BYDAY",
		"FREQ=MONTHLY;BYDAY=SU":                        "RRULE.BYDAY",
		"FREQ=WEEKLY;WKST=X":                           "RRULE.WKST",
		"FREQ=MONTHLY":                                 "RRULE.BYMONTHDAY",
		"FREQ=MONTHLY;BYMONTHDAY=31":                   "RRULE.BYMONTHDAY",
		"FREQ=MONTHLY;BYMONTHDAY=1,15":                 "RRULE.BYMONTHDAY",
		"FREQ=MONTHLY;BYMONTHDAY=-1;BYSETPOS=-1":       "RRULE.BYSETPOS",
		"FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=1":  "RRULE.BYMONTHDAY",
		"FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1": "Renewal.DayOfMonth",
		"FREQ=MONTHLY;BYMONTHDAY=-1;BYMONTH=1":         "RRULE.BYMONTH",
		"FREQ=YEARLY;BYMONTHDAY=-1":                    "RRULE.BYMONTHDAY",
		"FREQ=YEARLY;BYMONTH=3":                        "RRULE.BYMONTH",
		"FREQ=DAILY;BYMONTHDAY=31":                     "RRULE.BYMONTHDAY",
		"FREQ=DAILY;BYHOUR=9":                          "RRULE.BYHOUR",
		"FREQ=MONTHLY;BYMONTHDAY=-1;RSCALE=CHINESE":    "RRULE.RSCALE",
		"FREQ=DAILY;DTSTART=20270131T090000Z":          "RRULE.DTSTART",
	} {
		_, err := notify.ParseRRULE(text, at(1, 31))
		var wrong *errcode.FieldError
		require.ErrorAs(t, err, &wrong, text)
		require.Equal(t, field, wrong.Field, text)
	}
}

// FuzzParseRRULE has any text be refused, or be a rule that a reminder can have and that moves on.
func FuzzParseRRULE(f *testing.F) {
	for _, text := range []string{"FREQ=DAILY", "RRULE:FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=12", "FREQ=YEARLY;UNTIL=20271231T235959Z"} {
		f.Add(text)
	}
	first := time.Date(2027, 1, 31, 9, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		rule, err := notify.ParseRRULE(text, first)
		if err != nil {
			var wrong *errcode.FieldError
			require.ErrorAs(t, err, &wrong)
			return
		}
		count, last := 0, time.Time{}
		for due := range rule.Dates(first) {
			require.True(t, due.After(last))
			if last, count = due, count+1; count == 5 {
				break
			}
		}
		require.Positive(t, count)
	})
}

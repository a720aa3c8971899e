package notify_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
)

// A contract ends on the last day of each month: the reminder becomes due again by itself. Each is repeated every four
// hours until the user has seen it.
func ExampleRenewal() {
	ctx := context.Background()
	shanghai := must(time.LoadLocation("Asia/Shanghai"))
	now := time.Date(2027, 1, 24, 8, 0, 0, 0, shanghai)
	dir := must(os.MkdirTemp("", "notify"))
	defer os.RemoveAll(dir)
	db := must(notify.OpenSQLite(ctx, filepath.Join(dir, "reminders.db")))
	defer db.Close()
	holidays := must(notify.Weekdays([]string{"2027-02-08", "2027-02-09"}, []string{"2027-02-20"}))
	n := must(notify.New(notify.Config{
		Database: db, Now: func() time.Time { return now }, Calendars: map[string]notify.Workdays{"": holidays},
		Doors: []notify.Door{printer(func(m *notify.Message) {
			fmt.Printf("%s: due %s, lead %s\n", now.Format("02 Jan 15:04"), m.Due.In(shanghai).Format("02 Jan"), m.Lead)
		})},
	}))
	rent := &notify.Reminder{
		Key: "rent", User: "42", Due: time.Date(2027, 1, 31, 9, 0, 0, 0, shanghai), At: "09:00",
		Leads:   []notify.Lead{notify.BusinessDays(3)},
		Renewal: &notify.Renewal{Every: 1, Period: notify.Monthly}, // on the 31st, or the last day
		Repeat:  &notify.Repeat{Every: 4 * time.Hour, Times: 3},
		Content: notify.Content{Other: map[string]string{"printer": "The rent is due."}},
	}
	if err := n.Plan(ctx, rent); err != nil {
		panic(err)
	}
	for range 24 * 66 {
		now = now.Add(time.Hour)
		must(n.FireDue(ctx))
		if now.Hour() == 14 {
			must(n.Acknowledge(ctx, "rent")) // a tap on the page of the reminder
		}
	}
	r, _, err := n.Find(ctx, "rent")
	fmt.Println("next:", r.Due.In(shanghai).Format("02 Jan"), err)
	// Output:
	// 27 Jan 09:00: due 31 Jan, lead 3bd
	// 27 Jan 13:00: due 31 Jan, lead 3bd+1
	// 24 Feb 09:00: due 28 Feb, lead 3bd
	// 24 Feb 13:00: due 28 Feb, lead 3bd+1
	// 26 Mar 09:00: due 31 Mar, lead 3bd
	// 26 Mar 13:00: due 31 Mar, lead 3bd+1
	// next: 31 Mar <nil>
}

// printer is a door of the program's own.
type printer func(*notify.Message)

func (printer) Name() string              { return "printer" }
func (printer) AppID() string             { return "" }
func (printer) Repeatable() time.Duration { return 0 }

func (printer) Check(*notify.Reach, *notify.Content) notify.Verdict {
	return notify.Verdict{Open: true, Reason: "always"}
}

func (p printer) Send(_ context.Context, m *notify.Message) (int64, error) {
	p(m)
	return 0, nil
}

func ExampleRenewal_Dates() {
	leapDay := time.Date(2028, 2, 29, 9, 0, 0, 0, time.UTC)
	for due := range (notify.Renewal{Every: 1, Period: notify.Yearly, Times: 4}).Dates(leapDay) {
		fmt.Println(due.Format(time.DateOnly))
	}
	// Output:
	// 2028-02-29
	// 2029-02-28
	// 2030-02-28
	// 2031-02-28
	// 2032-02-29
}

func ExampleParseRRULE() {
	first := time.Date(2027, 1, 31, 9, 0, 0, 0, time.UTC)
	rule, err := notify.ParseRRULE("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=12", first)
	fmt.Println(rule.Every, rule.Period, rule.DayOfMonth, rule.Times, err)

	_, err = notify.ParseRRULE("FREQ=MONTHLY;BYDAY=-1FR", first)
	var wrong *errcode.FieldError
	fmt.Println(errors.As(err, &wrong), wrong.Field)
	// Output:
	// 1 month 31 11 <nil>
	// true RRULE.BYDAY
}

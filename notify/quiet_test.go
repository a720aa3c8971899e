package notify_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/notify"
)

// gated is a door of the program's own on a clock that is turned by hand.
type gated struct {
	t      *testing.T
	now    time.Time
	n      *notify.Notifier
	closed bool
	err    error  // of the next sends
	during func() // the next send
	sent   []string
}

func (d *gated) Name() string              { return "sms" }
func (d *gated) AppID() string             { return "" }
func (d *gated) Repeatable() time.Duration { return 0 }
func (d *gated) Check(*notify.Reach, *notify.Content) notify.Verdict {
	return notify.Verdict{Open: !d.closed, Reason: "as it is"}
}

func (d *gated) Send(_ context.Context, m *notify.Message) (int64, error) {
	if during := d.during; during != nil {
		d.during = nil
		during()
	}
	if d.err == nil {
		d.sent = append(d.sent, m.Key+" "+m.Lead.String())
	}
	return 0, d.err
}

// eachGated runs a test with such a door on both databases.
func eachGated(t *testing.T, test func(t *testing.T, d *gated), change ...func(*notify.Config)) {
	t.Helper()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		d := &gated{t: t, now: start}
		cfg := notify.Config{Database: db, Doors: []notify.Door{d}, Now: func() time.Time { return d.now }}
		for _, c := range change {
			c(&cfg)
		}
		var err error
		d.n, err = notify.New(cfg)
		require.NoError(t, err)
		test(t, d)
	})
}

func (d *gated) plan(r *notify.Reminder) {
	d.t.Helper()
	require.NoError(d.t, d.n.Plan(d.t.Context(), r))
}

func (d *gated) fire() {
	d.t.Helper()
	_, err := d.n.FireDue(d.t.Context())
	require.NoError(d.t, err)
}

// at turns the clock to a time after the start, and sends what is due.
func (d *gated) at(after time.Duration) {
	d.t.Helper()
	d.now = start.Add(after)
	d.fire()
}

func (d *gated) list(key string) []notify.Status {
	d.t.Helper()
	return must(d.n.List(d.t.Context(), notify.Query{Key: key}))
}

// states are those of all leads of a reminder with the reasons that there are.
func (d *gated) states(key string) (list []string) {
	d.t.Helper()
	for _, s := range d.list(key) {
		text := s.Lead.String() + " " + string(s.State)
		if s.Reason != "" {
			text += ": " + s.Reason
		}
		list = append(list, text)
	}
	return list
}

func dueIn(after time.Duration, leads ...notify.Lead) *notify.Reminder {
	return &notify.Reminder{
		Key: "a", User: "u", Due: start.Add(after), Leads: leads,
		Content: notify.Content{Other: map[string]string{"sms": "x"}},
	}
}

// TestQuietHoursDoNotStack has quiet hours put several leads on one moment.
func TestQuietHoursDoNotStack(t *testing.T) {
	t.Parallel()
	hours := func(list ...int) (leads []notify.Lead) {
		for _, h := range list {
			leads = append(leads, notify.Before(time.Duration(h)*time.Hour))
		}
		return leads
	}
	const over, nearest = " skipped: falls on the same moment as ", ", the nearest to the due time"
	for name, tc := range map[string]struct {
		due   time.Duration // after 9:00
		leads []notify.Lead
		want  []string
		sent  []string
	}{
		"BeforeTheQuiet": {22 * time.Hour, hours(8, 4, 2, 1), []string{
			"8h0m0s" + over + "1h0m0s" + nearest, "4h0m0s" + over + "1h0m0s" + nearest,
			"2h0m0s" + over + "1h0m0s" + nearest, "1h0m0s accepted",
		}, []string{"a 1h0m0s"}},
		"AfterTheQuiet": {27 * time.Hour, hours(4, 5, 3), []string{
			"4h0m0s accepted", "5h0m0s" + over + "4h0m0s" + nearest, "3h0m0s accepted",
		}, []string{"a 4h0m0s", "a 3h0m0s"}},
		"OneThatIsNotQuiet": {22 * time.Hour, hours(10, 1), []string{
			"10h0m0s accepted", "1h0m0s accepted",
		}, []string{"a 10h0m0s", "a 1h0m0s"}},
		"SameMomentWithoutQuiet": {33 * time.Hour, []notify.Lead{notify.Days(1), notify.Before(day)}, []string{
			"1d accepted", "24h0m0s" + over + "1d" + nearest,
		}, []string{"a 1d"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachGated(t, func(t *testing.T, d *gated) {
				r := dueIn(tc.due, tc.leads...)
				r.Quiet = notify.QuietHours{From: "22:00", To: "08:00"}
				for range 2 {
					d.plan(r)
				}
				for d.now.Before(r.Due) {
					d.now = d.now.Add(time.Minute)
					if d.now.Minute()%10 == 9 || d.now.Minute() == 0 {
						d.fire()
					}
				}
				require.ElementsMatch(t, tc.want, d.states("a"))
				require.Equal(t, tc.sent, d.sent)
			})
		})
	}
}

// TestNothingInQuietHours has leads come late into quiet hours, by a little and by much.
func TestNothingInQuietHours(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		at   string
		due  time.Duration
		late time.Duration // after 22:00
		want string
	}{
		"ASecond":             {"21:59", 8 * day, time.Second, "7d planned: waits for the end of the quiet hours"},
		"FourMinutes":         {"21:59", 8 * day, 4 * time.Minute, "7d planned: waits for the end of the quiet hours"},
		"AnHour":              {"21:30", 8 * day, 30 * time.Minute, "7d planned: waits for the end of the quiet hours"},
		"ASecondBeforeTheEnd": {"21:59", 8 * day, 10*time.Hour - time.Second, "7d planned: waits for the end of the quiet hours"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachGated(t, func(t *testing.T, d *gated) {
				r := dueIn(tc.due, notify.Days(7))
				r.At, r.Quiet = tc.at, notify.QuietHours{From: "22:00", To: "08:00"}
				d.plan(r)
				d.at(day + 13*time.Hour + tc.late)
				require.Equal(t, []string{tc.want}, d.states("a"))
				d.at(day + 23*time.Hour)
				require.Equal(t, []string{"a 7d"}, d.sent)
			})
		})
	}
	t.Run("NoTimeLeft", func(t *testing.T) {
		t.Parallel()
		eachGated(t, func(t *testing.T, d *gated) {
			r := dueIn(22*time.Hour, notify.Before(time.Hour))
			r.Quiet = notify.QuietHours{From: "22:00", To: "08:00"}
			d.plan(r)
			d.at(13*time.Hour + time.Second)
			require.Equal(t, []string{"1h0m0s missed: quiet hours until it is due"}, d.states("a"))
		})
	})
	t.Run("LateLeadsDoNotStackAtTheEnd", func(t *testing.T) {
		t.Parallel()
		eachGated(t, func(t *testing.T, d *gated) {
			r := dueIn(30*time.Hour, notify.Before(19*time.Hour), notify.Before(18*time.Hour), notify.Before(7*time.Hour))
			r.Quiet = notify.QuietHours{From: "22:00", To: "08:00"}
			d.plan(r) // for 20:00, 21:00 and 8:00
			d.at(14 * time.Hour)
			d.at(23 * time.Hour)
			require.Equal(t, []string{"a 7h0m0s"}, d.sent)
			for _, s := range d.list("a")[:2] {
				require.Equal(t, notify.Skipped, s.State)
				require.Equal(t, "would wait for the end of the quiet hours, when 7h0m0s comes", s.Reason)
			}
		}, func(c *notify.Config) { c.CatchUp, c.Grace = notify.CatchUpAll, day })
	})
}

// TestStackedByAnEarlierVersion has leads on one moment in the database, where quiet hours put them before.
func TestStackedByAnEarlierVersion(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	db := must(notify.OpenSQLite(t.Context(), path))
	defer db.Close()
	d := &gated{t: t, now: start}
	d.n = must(notify.New(notify.Config{Database: db, Doors: []notify.Door{d}, Now: func() time.Time { return d.now }}))
	r := dueIn(22*time.Hour, notify.Before(2*time.Hour), notify.Before(time.Hour))
	r.Quiet = notify.QuietHours{From: "22:00", To: "08:00"}
	d.plan(r)
	raw := must(sql.Open("sqlite", path))
	defer raw.Close()
	_, err := raw.ExecContext(t.Context(), `UPDATE notify_firings SET state = 'planned', reason = ''`)
	require.NoError(t, err)
	d.at(13*time.Hour - time.Minute)
	require.Equal(t, []string{"a 1h0m0s"}, d.sent)
	require.ElementsMatch(t, []string{
		"1h0m0s accepted", "2h0m0s skipped: falls on the same moment as 1h0m0s, the nearest to the due time",
	}, d.states("a"))
}

package notify

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// seriesWorld is a reminder that renews itself, in memory: its leads, and what was sent for which due time.
type seriesWorld struct {
	t       *testing.T
	rules   *rules
	r       *Reminder
	renewAt int64
	stored  []firing
	now     time.Time
	sent    map[string]int // by due time and lead
	dues    []int64
}

func newSeriesWorld(t *testing.T, r *Reminder) *seriesWorld {
	w := &seriesWorld{t: t, rules: coreRules(), sent: map[string]int{}, now: r.Due.AddDate(0, 0, -3)}
	w.rules.calendars = map[string]Workdays{"": func(y int, m time.Month, d int) bool { return d%7 > 1 }}
	w.r = r
	w.planAgain(r.Due)
	return w
}

// planAgain plans the reminder with a due time, as the program does.
func (w *seriesWorld) planAgain(due time.Time) {
	p := plan{reminder: *w.r, rules: w.rules}
	p.reminder.Due, p.reminder.progress = due, begun(due)
	require.NoError(w.t, p.build(w.now))
	if w.renewAt > 0 || len(w.stored) > 0 {
		require.NoError(w.t, p.resume(w.r, w.now))
	}
	w.apply(&p)
}

func (w *seriesWorld) apply(p *plan) {
	fresh, changed := p.replan(w.stored, unix(w.now))
	for _, f := range changed {
		w.stored[slices.IndexFunc(w.stored, func(o firing) bool { return o.id == f.id })] = f
	}
	w.stored = append(w.stored, fresh...)
	w.r, w.renewAt = &p.reminder, p.renewAt()
	if due := unix(p.reminder.Due); len(w.dues) == 0 || w.dues[len(w.dues)-1] != due {
		w.dues = append(w.dues, due)
	}
}

// next is when something happens, false if nothing will.
func (w *seriesWorld) next() (at int64, ok bool) {
	at, ok = w.renewAt, w.renewAt > 0
	for _, f := range w.stored {
		if f.state == Planned && (!ok || f.fireAt < at) {
			at, ok = f.fireAt, true
		}
	}
	return at, ok
}

// step does what is due now.
func (w *seriesWorld) step() {
	for w.renewAt > 0 && w.renewAt <= unix(w.now) {
		p, until, err := w.rules.renewal(w.r, w.now)
		require.NoError(w.t, err)
		if p == nil {
			w.renewAt = until
			continue
		}
		w.apply(p)
	}
	for i := range w.stored {
		if w.stored[i].state == Planned && w.stored[i].fireAt <= unix(w.now) {
			w.fire(&w.stored[i])
		}
	}
}

func (w *seriesWorld) fire(f *firing) {
	f.state = Queued
	s := &snapshot{lead: *f, reminder: w.r, active: true, busy: map[person]bool{},
		standing: &standing{quotas: map[quotaKey]quota{}, paused: map[string]time.Time{}}}
	at := moment{w.now, w.now}
	a := decide(w.rules, s, at)
	if a.send != nil {
		key := fmt.Sprintf("%d %s", unix(a.send.msg.Due), a.send.msg.Lead)
		w.sent[key]++
		require.Equal(w.t, 1, w.sent[key], "twice: %s", key)
		require.Equal(w.t, f.due, unix(a.send.msg.Due))
		s.lead, s.intents, s.sent = *a.lead, []intent{*a.fresh}, a.send
		a = decide(w.rules, s, at)
	}
	require.NotNil(w.t, a.lead)
	*f = *a.lead
}

// goldenSeries calls fn for each series of testdata/renewals.txt.
func goldenSeries(t *testing.T, fn func(n int, first time.Time, rule Renewal, due []int64)) {
	text, err := os.ReadFile("testdata/renewals.txt")
	require.NoError(t, err)
	n := 0
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		zone, err := time.LoadLocation(f[0])
		require.NoError(t, err)
		var due, v []int64
		for _, text := range strings.Split(f[7], ",") {
			at, err := strconv.ParseInt(text, 10, 64)
			require.NoError(t, err)
			due = append(due, at*1000)
		}
		for _, text := range f[3:7] {
			x, err := strconv.ParseInt(text, 10, 64)
			require.NoError(t, err)
			v = append(v, x)
		}
		rule := Renewal{Every: int(v[0]), Period: Period(f[2]), DayOfMonth: int(v[1]), Times: int(v[2])}
		if v[3] > 0 {
			rule.Until = time.Unix(v[3], 0)
		}
		fn(n, fromUnix(due[0]).In(zone), rule, due)
		n++
	}
}

// TestLivesOfSeries plays a thousand rules and more, from years by chance and over all changes of the clocks of ten zones:
// the due times are those of the table, no lead is sent twice, and none is lost, whatever is planned again in
// between, and however long nothing runs.
func TestLivesOfSeries(t *testing.T) {
	t.Parallel()
	var sent, missed int
	goldenSeries(t, func(n int, first time.Time, rule Renewal, due []int64) {
		random := rand.New(rand.NewPCG(17, uint64(n)))
		all := []Lead{{}, Days(1), Before(2 * time.Hour), Days(-1), Months(1), BusinessDays(1), Before(-90 * time.Minute)}
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		down := n%2 == 1 // sometimes nothing runs for long
		w := newSeriesWorld(t, &Reminder{Key: "k", User: "u", Due: first, Zone: first.Location().String(), Leads: all[:3],
			Renewal: &rule, Content: Content{Other: map[string]string{"sms": "s"}}})
		for len(w.dues) < len(due) || w.waits(due) {
			at, ok := w.next()
			if !ok {
				break
			}
			w.now = fromUnix(at)
			if down && random.IntN(3) == 0 {
				w.now = w.now.Add(time.Duration(random.IntN(72)) * time.Hour)
			}
			w.step()
			switch random.IntN(4) {
			case 0:
				w.planAgain(first)
			case 1:
				w.planAgain(w.r.Due)
			}
		}
		require.GreaterOrEqual(t, len(w.dues), len(due))
		require.Equal(t, due, w.dues[:len(due)], "%v from %s", rule, first)
		for i, d := range due {
			for _, l := range w.r.Leads {
				f := w.find(d, l)
				sent += w.sent[fmt.Sprintf("%d %s", d, l)]
				switch {
				case f.state == Accepted:
				case f.state == Skipped:
					require.Contains(t, f.reason, "same moment")
				default:
					missed++
					require.Equal(t, Missed, f.state, f.reason)
					require.True(t, down || w.overWhenPlanned(first, due, i, l), "%s %v %s", fromUnix(d), l, f.reason)
				}
			}
		}
	})
	t.Logf("%d sent, %d missed", sent, missed)
	require.Greater(t, sent, 25_000)
}

// overWhenPlanned reports whether the time of a lead was over when its due time was planned.
func (w *seriesWorld) overWhenPlanned(first time.Time, due []int64, i int, l Lead) bool {
	then := *w.r
	then.Due = fromUnix(due[i])
	c, err := newCalendar(&then, "", w.rules.calendars)
	require.NoError(w.t, err)
	since := first.AddDate(0, 0, -3)
	if i > 0 {
		since = fromUnix(due[i-1])
	}
	return since.Sub(c.fireAt(l)) > w.rules.grace
}

// waits reports whether a lead of some due times has not ended.
func (w *seriesWorld) waits(due []int64) bool {
	return slices.ContainsFunc(w.stored, func(f firing) bool { return f.waits() && slices.Contains(due, f.due) })
}

// find returns the one row of a lead.
func (w *seriesWorld) find(due int64, l Lead) firing {
	var found []firing
	for _, f := range w.stored {
		if f.due == due && f.lead == l {
			found = append(found, f)
		}
	}
	require.Len(w.t, found, 1, "%s %s", fromUnix(due), l)
	return found[0]
}

// TestRenewedByHand has somebody renew due times before and after they pass, and some that are none.
func TestRenewedByHand(t *testing.T) {
	t.Parallel()
	due := planned.AddDate(0, 0, 10)
	r := &Reminder{Due: due, Zone: "UTC", Renewal: &Renewal{Every: 1, Period: Monthly, Times: 3}, progress: begun(due)}
	next, moved := r.renewedByHand(unix(due), time.UTC)
	require.True(t, moved)
	require.Equal(t, "2026-12-30", next.Due.Format(time.DateOnly))
	_, stands := next.of(unix(due), time.UTC)
	require.False(t, stands, "what waits for it is dropped")
	again, moved := next.renewedByHand(unix(due), time.UTC)
	require.False(t, moved)
	require.Nil(t, again)

	passed, ok := r.renewed(time.UTC)
	require.True(t, ok)
	then, stands := passed.of(unix(due), time.UTC)
	require.True(t, stands)
	require.Equal(t, due, then.Due)
	_, stands = passed.of(unix(due)+1, time.UTC)
	require.False(t, stands)
	late, moved := passed.renewedByHand(unix(due), time.UTC)
	require.False(t, moved)
	require.Equal(t, passed.Due, late.Due)
	_, stands = late.of(unix(due), time.UTC)
	require.False(t, stands)

	for range 2 {
		passed, ok = passed.renewed(time.UTC)
		require.True(t, ok)
	}
	ended, moved := passed.renewedByHand(unix(passed.Due), time.UTC)
	require.False(t, moved)
	require.Nil(t, ended)
}

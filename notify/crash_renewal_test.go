package notify_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/notify/internal/pgtest"
)

// TestKilledWorkersRenew kills worker processes while they renew reminders of which four due times have passed, and send
// each lead and its repetition: each message of each due time is there once, or listed as unknown.
func TestKilledWorkersRenew(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		newRenewalCrash(t, &workerSpec{SQLite: filepath.Join(t.TempDir(), "ledger.db")}, 1).run()
	})
	t.Run("Postgres", func(t *testing.T) {
		t.Parallel()
		newRenewalCrash(t, &workerSpec{Postgres: pgtest.Database(t)}, 3).run()
	})
}

const dueTimes = 4

// renewalCrash is one such test. The users with even numbers get template messages, which are repeated once each; those
// with odd ones four customer-service messages, of the five that a window has.
type renewalCrash struct {
	*crash
	users    int
	messages int // of all due times
}

func newRenewalCrash(t *testing.T, spec *workerSpec, processes int) *renewalCrash {
	c := &renewalCrash{crash: newCrash(t, spec, processes)}
	c.users = c.reminders / 12 * 2
	if os.Getenv("NOTIFY_CRASH") != "" {
		c.kills *= 2
	}
	c.messages = c.users / 2 * dueTimes * 3
	c.reminders = c.messages // of these a kill is due after some each
	c.spec.Doors = []string{notify.DoorTemplate, notify.DoorReply}
	c.spec.CatchUp, c.spec.Tell = notify.CatchUpAll, true
	return c
}

func (c *renewalCrash) run() {
	c.wx.Fail(emulator.Fault{Path: messagePaths + "*", Delay: c.delay})
	c.plan()
	closeFeed := c.feed()
	c.slaughter()
	closeFeed()
	c.check()
}

// plan plans reminders days ago, so that their due times pass when the workers start.
func (c *renewalCrash) plan() {
	spec := *c.spec
	spec.Behind = dueTimes * day
	db, err := spec.open(c.t.Context())
	require.NoError(c.t, err)
	defer db.Close()
	n, err := spec.notifier(db)
	require.NoError(c.t, err)
	h := c.mount(n)
	mini, service := c.wx.MiniProgram(), c.wx.ServiceAccount()
	tpl := service.AddTemplate(emulator.Template{Title: "Due", Keywords: []string{"thing1"}})
	first := time.Now().Add(-(dueTimes-1)*day - 2*time.Hour)
	var list []*notify.Reminder
	for i := range c.users {
		key := fmt.Sprintf("reminder-%d", i)
		u := c.wx.User(key)
		for _, a := range []*emulator.App{mini, service} {
			require.NoError(c.t, n.Ledger().Link(c.t.Context(), notify.Identity{
				AppID: a.AppID, OpenID: u.OpenID(a), UnionID: u.UnionID(a), User: key,
			}))
		}
		r := &notify.Reminder{
			Key: key, User: key, Due: first, Leads: []notify.Lead{notify.Before(0)}, Zone: "UTC",
			Renewal: &notify.Renewal{Every: 1, Period: notify.Daily, Times: dueTimes - 1},
		}
		if i%2 == 0 {
			u.Follow(service)
			r.Content.Template = &notify.TemplateContent{TemplateID: tpl, Data: map[string]string{"thing1": key}}
			r.Repeat = &notify.Repeat{Every: time.Hour, Times: 1}
		} else {
			u.Write(mini, "hello")
			r.Content.Reply = key
		}
		list = append(list, r)
	}
	require.NoError(c.t, n.PlanAll(c.t.Context(), list))
	mini.RemoveCallback()
	service.RemoveCallback()
	require.NoError(c.t, h.Shutdown(context.Background()))
}

func (c *renewalCrash) check() {
	db, err := c.spec.open(c.t.Context())
	require.NoError(c.t, err)
	defer db.Close()
	n, err := c.spec.notifier(db)
	require.NoError(c.t, err)
	_, err = n.FireDue(c.t.Context()) // a worker that ends looks only for what is planned
	require.NoError(c.t, err)

	arrived := map[string]int{} // by user and text
	for i := range c.users {
		key := fmt.Sprintf("reminder-%d", i)
		for _, m := range inbox(c.wx.User(key)) {
			text := m.Text
			if len(m.Lines) > 0 {
				text = m.Lines[0].Value
			}
			arrived[key+" "+text]++
		}
	}
	list, err := n.List(c.t.Context(), notify.Query{Limit: c.messages + 1})
	require.NoError(c.t, err)
	require.Len(c.t, list, c.messages, "each lead of each due time has one row")
	states := map[string]int{}
	for _, s := range list {
		what := fmt.Sprintf("%s %s %s", s.Key, s.Due.UTC().Format("0102"), s.Lead)
		states[s.Door+" "+string(s.State)]++
		switch s.State {
		case notify.Accepted, notify.Delivered:
			require.Equal(c.t, 1, arrived[what], "%s %v", what, arrived)
		case notify.Unknown:
			require.LessOrEqual(c.t, arrived[what], 1, what)
		default:
			require.Fail(c.t, "lost", "%s: %s %s", what, s.State, s.Reason)
		}
	}
	require.LessOrEqual(c.t, len(arrived), c.messages)
	c.t.Logf("%d messages of %d reminders, %d processes, %d kills, %.0f s: %v",
		c.messages, c.users, c.processes, c.kills, time.Since(c.began).Seconds(), states)
}

package notify_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/notify/internal/pgtest"
)

const messagePaths = "/cgi-bin/message/"

var sendPaths = []string{templateSend, subscribeSend, replySend}

// crashSize is the number of reminders and of kills: NOTIFY_CRASH=10000 for the long version.
func crashSize(t *testing.T) (reminders, kills int) {
	text := os.Getenv("NOTIFY_CRASH")
	if text == "" {
		return 600, 8
	}
	reminders, err := strconv.Atoi(text)
	require.NoError(t, err)
	return reminders, max(8, reminders/200)
}

// TestKilledWorkers kills worker processes in the middle of their sends, again and again. By the record of the
// emulator every template message arrives exactly once, every other at most once, and those that did not arrive
// are listed as unknown.
func TestKilledWorkers(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		c := newCrash(t, &workerSpec{SQLite: filepath.Join(t.TempDir(), "ledger.db")}, 1)
		c.run()
	})
	t.Run("Postgres", func(t *testing.T) {
		t.Parallel()
		c := newCrash(t, &workerSpec{Postgres: pgtest.Database(t)}, 3)
		c.run()
	})
	t.Run("PostgresAlone", func(t *testing.T) {
		t.Parallel()
		if os.Getenv("NOTIFY_CRASH") == "" {
			t.Skip("one process more is enough for the short version")
		}
		newCrash(t, &workerSpec{Postgres: pgtest.Database(t)}, 1).run()
	})
}

// crash is one such test.
type crash struct {
	t         *testing.T
	wx        *emulator.Server
	spec      *workerSpec
	processes int
	reminders int
	kills     int
	all       bool          // a kill ends all processes, as the end of a machine does
	delay     time.Duration // the time of a call
	random    *rand.Rand
	began     time.Time
}

func newCrash(t *testing.T, spec *workerSpec, processes int) *crash {
	c := &crash{
		t: t, spec: spec, processes: processes, delay: 5 * time.Millisecond,
		wx: emulator.New(t, emulator.WithCallLimit(0)),
	}
	c.reminders, c.kills = crashSize(t)
	c.random = rand.New(rand.NewPCG(1, uint64(processes)))
	spec.URL, spec.Workers, spec.SendTimeout = c.wx.URL(), 16, time.Second
	spec.Mini, spec.Service = appOf(c.wx.MiniProgram()), appOf(c.wx.ServiceAccount())
	spec.Doors = []string{notify.DoorTemplate, notify.DoorSubscribe, notify.DoorReply}
	return c
}

func (c *crash) run() {
	c.wx.Fail(emulator.Fault{Path: messagePaths + "*", Delay: c.delay})
	c.plan()
	closeFeed := c.feed()
	c.slaughter()
	closeFeed()
	c.check()
}

// plan makes a user with one open door for each reminder.
func (c *crash) plan() {
	db, err := c.spec.open(c.t.Context())
	require.NoError(c.t, err)
	defer db.Close()
	n, err := c.spec.notifier(db)
	require.NoError(c.t, err)
	h := c.mount(n)

	mini, service := c.wx.MiniProgram(), c.wx.ServiceAccount()
	tpl := service.AddTemplate(emulator.Template{Title: "Due", Keywords: []string{"thing1"}})
	sub := mini.AddTemplate(emulator.Template{Title: "Due", Keywords: []string{"thing1"}})
	due := time.Now().Add(time.Hour)
	var list []*notify.Reminder
	for i := range c.reminders {
		key := fmt.Sprintf("reminder-%d", i)
		u := c.wx.User(key)
		for _, a := range []*emulator.App{mini, service} {
			require.NoError(c.t, n.Ledger().Link(c.t.Context(), notify.Identity{
				AppID: a.AppID, OpenID: u.OpenID(a), UnionID: u.UnionID(a), User: key,
			}))
		}
		content := notify.Content{
			Template:  &notify.TemplateContent{TemplateID: tpl, Data: map[string]string{"thing1": key}},
			Subscribe: &notify.SubscribeContent{TemplateID: sub, Data: map[string]string{"thing1": key}},
			Reply:     key,
		}
		switch i % 3 {
		case 0:
			u.Follow(service)
		case 1:
			content.Template = nil
			u.Accept(sub)
		case 2:
			content.Template = nil
			u.Write(mini, "hello")
		}
		list = append(list, &notify.Reminder{
			Key: key, User: key, Due: due, Leads: []notify.Lead{notify.Before(time.Hour)}, Content: content,
		})
	}
	require.NoError(c.t, n.PlanAll(c.t.Context(), list))
	mini.RemoveCallback()
	service.RemoveCallback()
	require.NoError(c.t, h.Shutdown(context.Background()))
}

// mount has both accounts push to the ledger of n.
func (c *crash) mount(n *notify.Notifier) *callback.Handler {
	const token, key = "token", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	mini, service := c.wx.MiniProgram(), c.wx.ServiceAccount()
	h, err := callback.New(callback.Config{Apps: []callback.App{
		{AppID: mini.AppID, Kind: callback.MiniProgram, Token: token, EncodingAESKey: key},
		{AppID: service.AppID, Kind: callback.OfficialAccount, Token: token, EncodingAESKey: key},
	}})
	require.NoError(c.t, err)
	n.Ledger().Mount(h)
	for _, a := range []*emulator.App{mini, service} {
		a.SetCallback(emulator.Callback{Handler: h, Token: token, EncodingAESKey: key})
	}
	return h
}

// feed lets this process receive the pushes while the workers run. SQLite is for one process, the worker's.
func (c *crash) feed() (end func()) {
	if c.spec.Postgres == "" {
		return func() {}
	}
	db, err := c.spec.open(c.t.Context())
	require.NoError(c.t, err)
	n, err := c.spec.notifier(db)
	require.NoError(c.t, err)
	h := c.mount(n)
	return func() {
		c.wx.Settle()
		require.NoError(c.t, h.Shutdown(context.Background()))
		require.NoError(c.t, db.Close())
	}
}

func (c *crash) calls() (sum int) {
	for _, path := range sendPaths {
		sum += c.wx.Count(path)
	}
	return sum
}

// slaughter kills a worker whenever some more messages were sent, and starts another in its place. After the
// last kill the workers end when nothing is left.
func (c *crash) slaughter() {
	c.began = time.Now()
	workers := make([]*worker, c.processes)
	for i := range workers {
		workers[i] = startWorker(c.t, c.spec)
	}
	for _, w := range workers {
		w.begin(c.t)
	}
	atRisk := c.spec.Workers // of a kill: what was committed to and not sent yet is never sent
	if c.all {
		atRisk *= c.processes
	}
	each := max(1, (c.reminders-c.kills*atRisk)/(c.kills+1))
	for kill := range c.kills {
		c.waitForCalls((kill + 1) * each)
		first, last := 0, len(workers)
		if !c.all {
			first = c.random.IntN(len(workers))
			last = first + 1
		}
		for i := first; i < last; i++ {
			workers[i].kill()
		}
		for i := first; i < last; i++ {
			workers[i] = startWorker(c.t, c.spec)
			workers[i].begin(c.t)
		}
	}
	for _, w := range workers {
		require.NoError(c.t, <-w.done)
	}
}

// waitForCalls waits until so many sends have been seen, and then for a random moment: a kill hits calls under
// way, commits and pauses alike.
func (c *crash) waitForCalls(count int) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for c.calls() < count {
		select {
		case <-tick.C:
		case <-deadline:
			c.t.Fatalf("%d of %d sends, and nothing for %s", c.calls(), count, patience)
		}
	}
	<-time.After(time.Duration(c.random.Int64N(int64(c.delay + 5*time.Millisecond))))
}

func (c *crash) check() {
	db, err := c.spec.open(c.t.Context())
	require.NoError(c.t, err)
	defer db.Close()
	n, err := c.spec.notifier(db)
	require.NoError(c.t, err)

	list, err := n.List(c.t.Context(), notify.Query{Limit: c.reminders + 1})
	require.NoError(c.t, err)
	require.Len(c.t, list, c.reminders)
	states := map[string]int{}
	var arrived, twice, unknown, unknownArrived, lost int
	for _, s := range list {
		count := len(inbox(c.wx.User(s.Key)))
		states[s.Door+" "+string(s.State)]++
		arrived += count
		switch {
		case count > 1:
			twice++
		case s.State == notify.Unknown && (s.Door != notify.DoorTemplate || strings.Contains(s.Reason, "every process that took it up ended")):
			unknown++
			unknownArrived += count
		case s.State != notify.Accepted && s.State != notify.Delivered || count == 0:
			lost++
		}
	}
	c.t.Logf("%d reminders, %d processes, %d kills, %.0f s: %d sends, %d arrived, %d twice, %d lost, %d unknown of which %d arrived; %v",
		c.reminders, c.processes, c.kills, time.Since(c.began).Seconds(), c.calls(), arrived, twice, lost, unknown, unknownArrived, states)
	require.Zero(c.t, twice, "at most once")
	require.Zero(c.t, lost, "each arrived or is listed as unknown; those with a key, template messages, arrived")
	require.Equal(c.t, c.reminders, arrived+unknown-unknownArrived)
}

// TestOneConsentManyProcesses has three processes compete for the one consent of a user.
func TestOneConsentManyProcesses(t *testing.T) {
	t.Parallel()
	c := newCrash(t, &workerSpec{Postgres: pgtest.Database(t)}, 3)
	c.wx.Fail(emulator.Fault{Path: messagePaths + "*", Delay: c.delay})
	c.spec.Doors = []string{notify.DoorSubscribe}
	db, err := c.spec.open(t.Context())
	require.NoError(t, err)
	defer db.Close()
	n, err := c.spec.notifier(db)
	require.NoError(t, err)
	h := c.mount(n)
	defer h.Shutdown(context.Background())

	const rivals = 60
	mini := c.wx.MiniProgram()
	u := c.wx.User("alice")
	tpl := mini.AddTemplate(emulator.Template{Title: "Due", Keywords: []string{"thing1"}})
	u.Accept(tpl)
	require.NoError(t, n.Ledger().Link(t.Context(), notify.Identity{
		AppID: mini.AppID, OpenID: u.OpenID(mini), User: "alice",
	}))
	for i := range rivals {
		require.NoError(t, n.Plan(t.Context(), &notify.Reminder{
			Key: fmt.Sprintf("rival-%d", i), User: "alice", Due: time.Now().Add(time.Hour),
			Leads: []notify.Lead{notify.Before(time.Hour)},
			Content: notify.Content{Subscribe: &notify.SubscribeContent{
				TemplateID: tpl, Data: map[string]string{"thing1": "one"}}},
		}))
	}
	var workers []*worker
	for range c.processes {
		workers = append(workers, startWorker(t, c.spec))
	}
	for _, w := range workers {
		w.begin(t)
	}
	for _, w := range workers {
		require.NoError(t, <-w.done)
	}
	c.wx.Settle()

	require.Equal(t, 1, c.wx.Count(subscribeSend), "no call was wasted on a 43101")
	require.Len(t, inbox(u), 1)
	counts, err := n.Counts(t.Context(), notify.Query{})
	require.NoError(t, err)
	require.Equal(t, map[notify.State]int{notify.Delivered: 1, notify.Unreachable: rivals - 1}, counts)
}

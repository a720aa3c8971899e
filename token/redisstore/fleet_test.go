package redisstore_test

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/subscribe"
	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/redisstore"
)

// childEnv makes the test binary one process of a fleet.
const childEnv = "REDISSTORE_TEST_CHILD"

func TestMain(m *testing.M) {
	redis.SetLogger(quiet{})
	if setup := os.Getenv(childEnv); setup != "" {
		child(setup)
		return
	}
	if addr := os.Getenv(dyingEnv); addr != "" {
		dieAtWork(addr)
	}
	waitTogether()
	os.Exit(m.Run())
}

// waitTogether runs more tests at once than there are cores: they wait for timeouts more than they compute.
func waitTogether() {
	flag.Parse()
	if atOnce := flag.Lookup("test.parallel"); atOnce.Value.String() == atOnce.DefValue {
		must(atOnce.Value.Set("6"))
	}
}

// quiet keeps go-redis from reporting the outages that these tests make.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// setup is what a child is told at the start.
type setup struct {
	Redis            []string // several are nodes of a Cluster
	Master           string   // which Sentinels at these addresses watch
	WeChat           string
	AppID, AppSecret string
	ToUser, Template string
	Kind             token.Kind
	StoreTimeout     time.Duration
}

// key is where the token is.
func (s setup) key() string { return "wechat:token:{" + s.AppID + "}:" + s.Kind.String() }

// order is one line that a child reads. It sends from so many goroutines, so many messages each, or, where Each
// is 0, until the next order. Or it looks whether the store works.
type order struct {
	Goroutines, Each int
	Look             bool
}

// outcome is the line that it answers.
type outcome struct {
	Sent, Failed int
	Err          string // the first
	Slowest      time.Duration
}

func child(raw string) {
	var s setup
	must(json.Unmarshal([]byte(raw), &s))
	rdb := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: s.Redis, MasterName: s.Master})
	store, err := redisstore.New(rdb)
	must(err)
	transport := &http.Transport{MaxIdleConnsPerHost: 64, MaxConnsPerHost: 64}
	manager, err := token.NewManager(token.Config{
		AppID: s.AppID, AppSecret: token.Secret(s.AppSecret), Kind: s.Kind, BaseURL: s.WeChat, Store: store,
		StoreTimeout: s.StoreTimeout,
	})
	must(err)
	client, err := wechat.New(wechat.Config{AppID: s.AppID}, wechat.WithBaseURL(s.WeChat),
		wechat.WithTokenSource(manager), wechat.WithHTTPClient(&http.Client{Transport: transport}),
		wechat.WithTimeout(30*time.Second))
	must(err)
	messages := subscribe.New(client)
	send := func() error {
		_, err := messages.Send(context.Background(), &subscribe.Message{
			ToUser: s.ToUser, TemplateID: s.Template, Data: subscribe.Data{"thing1": "Insurance"},
		})
		return err
	}
	fmt.Println("{}")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var o order
		must(json.Unmarshal(lines.Bytes(), &o))
		var stop atomic.Bool
		if o.Look {
			var sum outcome
			if _, err := store.Load(context.Background(), s.key()); err != nil {
				sum.Err = err.Error()
			}
			report(sum)
			continue
		}
		if o.Each > 0 {
			report(o.run(&stop, send))
			continue
		}
		done := make(chan outcome)
		go func() { done <- o.run(&stop, send) }()
		fmt.Println("{}")
		lines.Scan()
		stop.Store(true)
		report(<-done)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func report(o outcome) {
	line, err := json.Marshal(o)
	must(err)
	fmt.Println(string(line))
}

func (o order) run(stop *atomic.Bool, send func() error) outcome {
	var mu sync.Mutex
	var sum outcome
	var wg sync.WaitGroup
	for range o.Goroutines {
		wg.Go(func() {
			for i := 0; (o.Each == 0 || i < o.Each) && !stop.Load(); i++ {
				start := time.Now()
				err := send()
				mu.Lock()
				sum.Slowest = max(sum.Slowest, time.Since(start))
				sum.Sent++
				if err != nil {
					sum.Failed++
					if sum.Err == "" {
						sum.Err = err.Error()
					}
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return sum
}

// process is a child as the test sees it.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func (p *process) tell(o order) {
	line, err := json.Marshal(o)
	require.NoError(p.t, err)
	_, err = p.in.Write(append(line, '\n'))
	require.NoError(p.t, err)
}

func (p *process) hear() outcome {
	line, err := p.out.ReadBytes('\n')
	require.NoError(p.t, err)
	var o outcome
	require.NoError(p.t, json.Unmarshal(line, &o), string(line))
	return o
}

// fleet is an emulated WeChat with one user who accepts everything, a Redis, and processes.
type fleet struct {
	t     *testing.T
	wx    *emulator.Server
	app   *emulator.App
	redis *server
	setup setup
	procs []*process
}

func newFleet(t *testing.T, kind token.Kind) *fleet {
	t.Helper()
	f := newFleetWithoutRedis(t, kind)
	f.redis = startRedis(t)
	f.setup.Redis = []string{f.redis.addr()}
	return f
}

func newFleetWithoutRedis(t *testing.T, kind token.Kind) *fleet {
	t.Helper()
	f := &fleet{t: t, wx: emulator.New(t, emulator.WithCallLimit(0), emulator.WithInboxLimit(1))}
	f.app = f.wx.MiniProgram()
	tpl := f.app.AddTemplate(emulator.Template{Title: "Due", Keywords: []string{"thing1"}, Type: emulator.LongTerm})
	alice := f.wx.User("alice")
	alice.Accept(tpl)
	f.setup = setup{
		WeChat: f.wx.URL(), AppID: f.app.AppID, AppSecret: f.app.AppSecret,
		ToUser: alice.OpenID(f.app), Template: tpl, Kind: kind,
		StoreTimeout: patience, // a busy machine is no outage
	}
	return f
}

// launch starts n processes, which do nothing yet.
func (f *fleet) launch(n int) {
	f.t.Helper()
	raw, err := json.Marshal(f.setup)
	require.NoError(f.t, err)
	var started []*process
	for range n {
		p := &process{t: f.t, cmd: exec.Command(os.Args[0])}
		p.cmd.Env = append(os.Environ(), childEnv+"="+string(raw))
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		p.cmd.Stderr = os.Stderr
		p.in, err = p.cmd.StdinPipe()
		require.NoError(f.t, err)
		out, err := p.cmd.StdoutPipe()
		require.NoError(f.t, err)
		p.out = bufio.NewReader(out)
		require.NoError(f.t, p.cmd.Start())
		f.t.Cleanup(func() {
			_ = p.in.Close()
			_ = p.cmd.Wait()
		})
		started = append(started, p)
	}
	for _, p := range started {
		p.hear()
	}
	f.procs = append(f.procs, started...)
}

func (f *fleet) everywhere(o order) (sum outcome) {
	f.t.Helper()
	for _, p := range f.procs {
		p.tell(o)
	}
	for _, p := range f.procs {
		sum.add(p.hear())
	}
	return sum
}

func (o *outcome) add(more outcome) {
	o.Sent, o.Failed = o.Sent+more.Sent, o.Failed+more.Failed
	o.Slowest = max(o.Slowest, more.Slowest)
	if o.Err == "" {
		o.Err = more.Err
	}
}

func TestColdStartOfAFleet(t *testing.T) {
	t.Parallel()
	for _, kind := range []token.Kind{token.Stable, token.Classic} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, kind)
			f.launch(fleetSize)
			sum := f.everywhere(order{Goroutines: 200, Each: 1})
			t.Logf("%d processes x 200 goroutines cold: %d sent, %d failed, %d upstream calls, slowest %v",
				fleetSize, sum.Sent, sum.Failed, f.wx.TokenCalls(), sum.Slowest.Round(time.Millisecond))
			require.Equal(t, 200*fleetSize, sum.Sent)
			require.Zero(t, sum.Failed, sum.Err)
			require.Equal(t, 1, f.wx.TokenCalls())
		})
	}
}

// amid lets all processes send while something happens, and returns what became of their messages.
func (f *fleet) amid(happens func()) (sum outcome) {
	f.t.Helper()
	for _, p := range f.procs {
		p.tell(order{Goroutines: 8})
		p.hear()
	}
	f.flows()
	happens()
	f.flows()
	for _, p := range f.procs {
		p.tell(order{})
		sum.add(p.hear())
	}
	// A process that got no turn to send must not miss two revocations: a call is repeated once.
	sum.add(f.everywhere(order{Goroutines: 1, Each: 1}))
	return sum
}

// flows waits until some more messages have come through.
func (f *fleet) flows() {
	f.t.Helper()
	const path, more = "/cgi-bin/message/subscribe/send", 300
	from := f.wx.Count(path)
	require.Eventually(f.t, func() bool { return f.wx.Count(path) >= from+more }, patience, time.Millisecond)
}

func TestRevocationAmidTraffic(t *testing.T) {
	t.Parallel()
	for _, kind := range []token.Kind{token.Stable, token.Classic} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, kind)
			f.launch(fleetSize)
			var sum outcome
			const revocations = 3
			for range revocations {
				sum.add(f.amid(func() { f.wx.Revoke(f.app) }))
			}
			t.Logf("revoked %d times amid traffic of %d processes: %d sent, %d failed, %d upstream calls, slowest %v",
				revocations, fleetSize, sum.Sent, sum.Failed, f.wx.TokenCalls(), sum.Slowest.Round(time.Millisecond))
			require.Zero(t, sum.Failed, sum.Err)
			require.Equal(t, 1+revocations, f.wx.TokenCalls())
		})
	}
}

func TestHolderOfTheLockIsKilled(t *testing.T) {
	t.Parallel()
	f := newFleet(t, token.Classic)
	f.launch(1)
	release := f.wx.Fail(emulator.Fault{Path: "/cgi-bin/token", Delay: time.Hour})
	holder := f.procs[0]
	holder.tell(order{Goroutines: 1, Each: 1})
	rdb := f.redis.client()
	require.Eventually(t, func() bool {
		return rdb.Exists(t.Context(), f.setup.key()+":lock").Val() == 1
	}, patience, time.Millisecond)
	f.procs = nil
	f.launch(4)
	for _, p := range f.procs {
		p.tell(order{Goroutines: 10, Each: 1})
	}
	release()
	require.NoError(t, holder.cmd.Process.Kill())
	start := time.Now()
	var sum outcome
	for _, p := range f.procs {
		sum.add(p.hear())
	}
	t.Logf("holder killed: another took over after %v; %d sent, %d failed, %d upstream calls",
		time.Since(start).Round(time.Millisecond), sum.Sent, sum.Failed, f.wx.TokenCalls())
	require.Zero(t, sum.Failed, sum.Err)
	require.Equal(t, 1, f.wx.TokenCalls())
	require.Less(t, time.Since(start), 15*time.Second, "the lock ends by itself after five seconds")
}

// A process stands still in the middle of its request, loses the lock, and goes on when another one has a newer token.
func TestHolderOfTheLockIsFrozen(t *testing.T) {
	t.Parallel()
	f := newFleet(t, token.Classic)
	f.launch(1)
	defer f.wx.Fail(emulator.Fault{Path: "/cgi-bin/token", Delay: 7 * time.Second, AfterTheFact: true, Times: 1})()
	holder := f.procs[0]
	holder.tell(order{Goroutines: 1, Each: 1})
	require.Eventually(t, func() bool { return f.wx.TokenCalls() == 1 }, patience, time.Millisecond)
	require.NoError(t, holder.cmd.Process.Signal(syscall.SIGSTOP))
	f.procs = nil
	f.launch(2)
	sum := f.everywhere(order{Goroutines: 10, Each: 1})
	stored := func() string {
		return f.redis.client().HGet(t.Context(), f.setup.key(), "v").Val()
	}
	newer := stored()
	require.NotEmpty(t, newer)
	require.NoError(t, holder.cmd.Process.Signal(syscall.SIGCONT))
	sum.add(holder.hear())
	require.Zero(t, sum.Failed, sum.Err)
	require.Equal(t, newer, stored(), "the older answer came late")
	require.Equal(t, 2, f.wx.TokenCalls())
}

func TestRedisIsDownForTheWholeRun(t *testing.T) {
	t.Parallel()
	f := newFleet(t, token.Stable)
	f.redis.kill()
	f.setup.StoreTimeout = 0 // the default
	f.launch(fleetSize)
	sum := f.everywhere(order{Goroutines: 50, Each: 4})
	t.Logf("Redis stopped: %d sent, %d failed, %d upstream calls by %d processes, slowest %v",
		sum.Sent, sum.Failed, f.wx.TokenCalls(), fleetSize, sum.Slowest.Round(time.Millisecond))
	require.Equal(t, 200*fleetSize, sum.Sent)
	require.Zero(t, sum.Failed, sum.Err)
	require.LessOrEqual(t, f.wx.TokenCalls(), fleetSize)

	before := f.wx.TokenCalls()
	f.wx.Revoke(f.app)
	sum = f.everywhere(order{Goroutines: 50, Each: 4})
	require.Zero(t, sum.Failed, sum.Err)
	require.LessOrEqual(t, f.wx.TokenCalls()-before, fleetSize)

	defer f.wx.Fail(emulator.Fault{Path: "/cgi-bin/stable_token", Code: -1})()
	before = f.wx.TokenCalls()
	f.wx.Revoke(f.app)
	start := time.Now()
	sum = f.everywhere(order{Goroutines: 10, Each: 40})
	periods := 1 + int(time.Since(start)/(500*time.Millisecond))
	t.Logf("Redis and the token endpoint down: %d calls tried over %v, %d upstream calls by %d processes",
		sum.Sent, time.Since(start).Round(time.Millisecond), f.wx.TokenCalls()-before, fleetSize)
	require.Positive(t, sum.Failed)
	require.LessOrEqual(t, f.wx.TokenCalls()-before, fleetSize*periods)
}

package notify_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/notify/internal/pgtest"
)

// TestMain runs the tests, or, in a process that a test has started, a worker that can be killed.
func TestMain(m *testing.M) {
	if spec := os.Getenv(workerEnv); spec != "" {
		if err := work(spec); err != nil {
			fmt.Fprintln(os.Stderr, "worker:", err)
			os.Exit(1)
		}
		return
	}
	waitTogether()
	code := m.Run()
	pgtest.Stop()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// patience is how long a test waits for what takes a moment: a machine under load is no failure.
const patience = 2 * time.Minute

// waitTogether runs more tests at once than there are cores: they wait for timers more than they compute.
func waitTogether() {
	flag.Parse()
	if atOnce := flag.Lookup("test.parallel"); atOnce.Value.String() == atOnce.DefValue {
		if err := atOnce.Value.Set("6"); err != nil {
			panic(err)
		}
	}
}

const workerEnv = "NOTIFY_TEST_WORKER"

// workerSpec tells a worker process what to work on.
type workerSpec struct {
	SQLite, Postgres string // one of them
	URL              string // of the emulator
	Mini, Service    wechatApp
	Doors            []string
	Workers          int
	SendTimeout      time.Duration
	PerSecond        float64
	Poison           string // key of a reminder that ends the process which composes it
	CatchUp          notify.CatchUp
	Behind           time.Duration // by which the clock of the reminders is
	Tell             bool          // messages say which due time and lead they are for
	Ahead            time.Duration // by which the machine's clock is wrong, so that leases have ended
	Task             string        // what it does instead of sending, see tasks
}

// tasks are what processes do that do not send, by name.
var tasks = map[string]func(context.Context, *workerSpec) error{}

type wechatApp struct{ AppID, AppSecret string }

func appOf(a *emulator.App) wechatApp { return wechatApp{a.AppID, a.AppSecret} }

func (s *workerSpec) open(ctx context.Context) (*notify.Database, error) {
	if s.Postgres != "" {
		return notify.OpenPostgres(ctx, s.Postgres)
	}
	return notify.OpenSQLite(ctx, s.SQLite)
}

func (s *workerSpec) client(a wechatApp) (*wechat.Client, error) {
	return wechat.New(wechat.Config{AppID: a.AppID, AppSecret: wechat.Secret(a.AppSecret)},
		wechat.WithBaseURL(s.URL), wechat.WithRetry(wechat.RetryPolicy{Attempts: 1}))
}

func (s *workerSpec) notifier(db *notify.Database) (*notify.Notifier, error) {
	mini, err := s.client(s.Mini)
	if err != nil {
		return nil, err
	}
	service, err := s.client(s.Service)
	if err != nil {
		return nil, err
	}
	known := map[string]notify.Door{
		notify.DoorTemplate:  notify.NewTemplateDoor(service),
		notify.DoorSubscribe: notify.NewSubscribeDoor(mini),
		notify.DoorReply:     notify.NewReplyDoor(mini),
	}
	cfg := notify.Config{
		Database: db, Workers: s.Workers, SendTimeout: s.SendTimeout, Poll: 50 * time.Millisecond, CatchUp: s.CatchUp,
	}
	if s.Behind > 0 {
		cfg.Now = func() time.Time { return time.Now().Add(-s.Behind) }
	}
	if s.Tell {
		cfg.Compose = tellWhich
	}
	if s.Poison != "" {
		cfg.Compose = func(_ context.Context, r *notify.Reminder, _ notify.Lead) (notify.Content, error) {
			if r.Key == s.Poison {
				os.Exit(3)
			}
			return r.Content, nil
		}
	}
	for _, name := range s.Doors {
		cfg.Doors = append(cfg.Doors, known[name])
	}
	if s.PerSecond > 0 {
		cfg.PerSecond = map[string]float64{s.Mini.AppID: s.PerSecond, s.Service.AppID: s.PerSecond}
	}
	n, err := notify.New(cfg)
	if err == nil {
		notify.Misset(n, s.Ahead)
	}
	return n, err
}

// tellWhich writes the day that is due and the lead.
func tellWhich(_ context.Context, r *notify.Reminder, l notify.Lead) (notify.Content, error) {
	c, text := r.Content, fmt.Sprintf("%s %s", r.Due.UTC().Format("0102"), l)
	if c.Template != nil {
		t := *c.Template
		t.Data = map[string]string{"thing1": text}
		c.Template = &t
	}
	c.Reply = text
	return c, nil
}

// work sends until nothing is left to send, or until it is told to stop.
func work(text string) error {
	var spec workerSpec
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if spec.Task != "" {
		return tasks[spec.Task](ctx, &spec)
	}
	db, err := spec.open(ctx)
	if err != nil {
		return err
	}
	n, err := spec.notifier(db)
	if err != nil {
		return err
	}
	fmt.Println("ready") // the parent has all workers begin at once
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	if err := n.Start(ctx); err != nil {
		return err
	}
	fmt.Println("working")
	err = finished(ctx, n)
	return errors.Join(err, n.Shutdown(context.Background()), db.Close())
}

// finished waits until nothing is planned or queued for these hours.
func finished(ctx context.Context, n *notify.Notifier) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	left := notify.Query{States: []notify.State{notify.Planned, notify.Queued}, To: time.Now().Add(2 * time.Hour)}
	for {
		counts, err := n.Counts(context.Background(), left)
		if err != nil || counts[notify.Planned]+counts[notify.Queued] == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// worker is a process under test.
type worker struct {
	cmd  *exec.Cmd
	in   *bufio.Writer
	out  *bufio.Reader
	done chan error
}

// startWorker starts a process that waits for begin.
func startWorker(t testing.TB, spec *workerSpec) *worker {
	t.Helper()
	text, err := json.Marshal(spec)
	require.NoError(t, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), workerEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	w := &worker{cmd: cmd, in: bufio.NewWriter(in), out: bufio.NewReader(out), done: make(chan error, 1)}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	w.says(t, "ready")
	go func() { w.done <- cmd.Wait() }()
	return w
}

// says waits for the next line that the process prints: "ready" when it can begin, "working" when it has.
func (w *worker) says(t testing.TB, want string) {
	t.Helper()
	line, err := w.out.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, want+"\n", line)
}

func (w *worker) begin(t testing.TB) {
	t.Helper()
	_, err := w.in.WriteString("go\n")
	require.NoError(t, err)
	require.NoError(t, w.in.Flush())
}

// kill ends the process with SIGKILL and waits for its end.
func (w *worker) kill() {
	_ = w.cmd.Process.Kill()
	<-w.done
}

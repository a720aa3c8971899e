package notify_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/notify/internal/pgtest"
)

// triggers counts those on the table of leads.
func triggers(t *testing.T, raw *sql.DB) (count int) {
	t.Helper()
	for _, query := range []string{
		`SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'notify_firings'`,
		`SELECT COUNT(*) FROM pg_trigger WHERE tgrelid = 'notify_firings'::regclass`,
	} {
		if err := raw.QueryRowContext(t.Context(), query).Scan(&count); err == nil {
			return count
		}
	}
	t.Fatal("neither database")
	return 0
}

func outbox(t *testing.T, n *notify.Notifier, reader string, states ...notify.State) *notify.Outbox {
	t.Helper()
	return must(n.Outbox(t.Context(), notify.OutboxConfig{Reader: reader, States: states}))
}

// path is what a reader was told of one lead, from state to state.
func path(t *testing.T, list []notify.Change, leadID string) string {
	t.Helper()
	var states []string
	var last notify.State
	for _, c := range list {
		if c.LeadID == leadID {
			require.Equal(t, last, c.Was)
			last = c.State
			states = append(states, string(c.State))
		}
	}
	return strings.Join(states, " ")
}

// TestEveryChangeIsTold has leads change in all ways, and reads of it as several readers.
func TestEveryChangeIsTold(t *testing.T) {
	t.Parallel()
	eachLedger(t, func(t *testing.T, b *bundle, raw *sql.DB) {
		ctx := t.Context()
		b.plan(b.reminder("before"))
		require.Zero(t, triggers(t, raw), "nothing is written where nobody reads")
		all, some := outbox(t, b.n, "all"), outbox(t, b.n, "some", notify.Delivered, notify.Cancelled)
		require.Equal(t, 2, triggers(t, raw))
		require.Empty(t, must(all.Read(ctx, 0)), "what was before is not told")

		b.alice.Follow(b.service)
		b.wx.Settle()
		r := b.reminder("contract-1")
		b.plan(r)
		b.plan(r) // changes nothing
		b.pass(3 * day)
		b.pass(0) // on PostgreSQL the event of the first message may have held the user
		require.True(t, must(b.n.Cancel(ctx, "contract-1")))
		r.Due = r.Due.Add(time.Hour)
		b.plan(r)

		list := must(all.Read(ctx, 1000))
		id := func(days int) string { return fmt.Sprintf("contract-1@2026-11-30T01:00:00Z-%dd", days) }
		require.Contains(t, []string{
			"planned queued accepted delivered", "planned queued delivered", // the event may come before the outcome is stored
		}, path(t, list, id(7)))
		require.Equal(t, "planned cancelled planned", path(t, list, id(3)))
		require.Equal(t, "planned cancelled planned", path(t, list, id(1)))
		require.True(t, slices.IsSortedFunc(list, func(a, b notify.Change) int { return int(a.ID - b.ID) }))
		first := list[slices.IndexFunc(list, func(c notify.Change) bool { return c.State == notify.Delivered && c.Key == "contract-1" })]
		require.False(t, first.At.IsZero())
		require.Contains(t, []notify.State{notify.Accepted, notify.Queued}, first.Was)
		require.Equal(t, notify.Change{
			ID: first.ID, At: first.At, LeadID: id(7), Key: "contract-1", User: "alice", Due: start.AddDate(0, 0, 10).Local(),
			Lead: notify.Days(7), Was: first.Was, State: notify.Delivered, Door: notify.DoorTemplate,
		}, first)

		require.NoError(t, all.Ack(ctx, list[0], list[2]))
		require.NoError(t, all.Ack(ctx, list[0]))
		require.NoError(t, all.Ack(ctx))
		again := must(all.Read(ctx, 2))
		require.Equal(t, []notify.Change{list[1], list[3]}, again, "each by itself")
		for _, c := range must(some.Read(ctx, 1000)) {
			require.Contains(t, []notify.State{notify.Delivered, notify.Cancelled}, c.State)
			require.NoError(t, some.Ack(ctx, c))
		}
		require.Equal(t, again, must(all.Read(ctx, 2)), "of the other reader")

		require.NoError(t, b.n.Ledger().Forget(ctx, "alice"))
		require.Empty(t, must(all.Read(ctx, 0)))
		require.NoError(t, some.Remove(ctx))
		require.Equal(t, 2, triggers(t, raw))
		require.NoError(t, all.Remove(ctx))
		require.Zero(t, triggers(t, raw))
		require.Zero(t, ask[int](t, raw, `SELECT COUNT(*) FROM notify_changes`))
	})
}

// TestChangesOfTheProgramsTransaction tells of what a transaction of the program's own planned when it was committed.
func TestChangesOfTheProgramsTransaction(t *testing.T) {
	t.Parallel()
	eachProgram(t, func(t *testing.T, p *program) {
		ctx := t.Context()
		n := p.notifier(t, nil)
		o := outbox(t, n, "hooks")
		for _, key := range []string{"lost", "kept"} {
			tx := must(p.begin(ctx))
			require.NoError(t, tx.sign(ctx, n, key))
			if key == "lost" {
				tx.undo(ctx)
			} else {
				require.NoError(t, tx.commit(ctx))
			}
		}
		list := must(o.Read(ctx, 0))
		require.Len(t, list, 1)
		require.Equal(t, "kept", list[0].Key)
	})
}

// TestChangesThatNobodyTakes are dropped in the end.
func TestChangesThatNobodyTakes(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		ctx := t.Context()
		log := &counter{words: "no reader acknowledged"}
		cfg := smsConfig(db, nil)
		cfg.Logger = slog.New(slog.NewTextHandler(log, nil))
		n := must(notify.New(cfg))
		o := outbox(t, n, "slow")
		gone := must(n.Outbox(ctx, notify.OutboxConfig{Reader: "gone", Keep: time.Millisecond}))
		planSMS(t, n, keys("one", 450)...)
		dropped := 0
		require.Eventually(t, func() bool {
			dropped += must(n.Prune(ctx)).Changes
			return dropped == 450
		}, patience, 10*time.Millisecond)
		require.Empty(t, must(gone.Read(ctx, 0)))
		require.Len(t, must(o.Read(ctx, 1000)), 450)
		require.Positive(t, log.count.Load())
	})
}

// TestHooksOfManyProcesses has several processes run one reader while leads are sent: one at a time, in order, and a hook
// that fails is called again before what is behind it.
func TestHooksOfManyProcesses(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		ctx, stop := context.WithCancel(t.Context())
		var mu sync.Mutex
		var told []notify.Change
		failed, calls := map[int64]int{}, 0
		n := must(notify.New(smsConfig(db, func(context.Context, *notify.Message) (int64, error) { return 0, nil })))
		o := outbox(t, n, "hooks")
		var group sync.WaitGroup
		for range 3 {
			o := outbox(t, must(notify.New(smsConfig(db, nil))), "hooks")
			group.Go(func() {
				err := o.Run(ctx, func(_ context.Context, c notify.Change) error {
					mu.Lock()
					defer mu.Unlock()
					calls++
					if failed[c.ID]++; c.Key == "one-7" && c.State == notify.Accepted {
						switch failed[c.ID] {
						case 1:
							return errors.New("not now")
						case 2:
							panic("nor now")
						}
					}
					told = append(told, c)
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		planSMS(t, n, keys("one", 40)...)
		require.NoError(t, n.Start(ctx))
		require.NoError(t, finished(ctx, n))
		require.Eventually(t, func() bool { return len(must(o.Read(ctx, 1))) == 0 }, patience, 10*time.Millisecond)
		require.NoError(t, n.Shutdown(ctx))
		stop()
		group.Wait()
		require.GreaterOrEqual(t, len(told), 40*3)
		require.Equal(t, len(told)+2, calls, "each once, but for the one that failed")
		require.True(t, slices.IsSortedFunc(told, func(a, b notify.Change) int { return int(a.ID - b.ID) }))
		for _, c := range told {
			require.Regexp(t, "^planned queued .*accepted$", path(t, told, c.LeadID)) // tried again where the machine is slow
		}
	})
}

// hooking is what a process does that sends, and writes what its hooks are told into a file, until nothing is left.
func hooking(ctx context.Context, spec *workerSpec) error {
	db, err := spec.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	n, err := notify.New(smsConfig(db, func(context.Context, *notify.Message) (int64, error) { return 0, nil }))
	if err != nil {
		return err
	}
	file, err := os.OpenFile(spec.URL, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	o, err := n.Outbox(ctx, notify.OutboxConfig{Reader: "hooks"})
	if err != nil {
		return err
	}
	notify.TakeOver(o, 300*time.Millisecond)
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	if err := n.Start(ctx); err != nil {
		return err
	}
	return o.Run(ctx, func(_ context.Context, c notify.Change) error {
		_, err := fmt.Fprintf(file, "%d %s %s\n", c.ID, c.LeadID, c.State)
		return err
	})
}

func init() { tasks["hooks"] = hooking }

// TestKilledBetweenCommitAndHook kills processes that send and call hooks: what they committed is told by the next one.
func TestKilledBetweenCommitAndHook(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]*workerSpec{
		"SQLite":   {SQLite: filepath.Join(t.TempDir(), "ledger.db")},
		"Postgres": {Postgres: pgtest.Database(t)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const leads = 300
			spec.Task, spec.URL = "hooks", filepath.Join(t.TempDir(), "told")
			db := must(spec.open(t.Context()))
			defer db.Close()
			n := must(notify.New(smsConfig(db, nil)))
			o := outbox(t, n, "hooks")
			planSMS(t, n, keys("one", leads)...)
			lines := func() []string {
				text, err := os.ReadFile(spec.URL)
				if errors.Is(err, os.ErrNotExist) {
					return nil
				}
				require.NoError(t, err)
				whole := text[:strings.LastIndex(string(text), "\n")+1]
				return strings.Fields(strings.ReplaceAll(string(whole), " ", "|"))
			}
			random := rand.New(rand.NewPCG(3, 4))
			for kill := range 3 {
				w := startWorker(t, spec)
				w.begin(t)
				enough := len(lines()) + 20 + random.IntN(40)
				require.Eventually(t, func() bool { return len(lines()) >= enough }, patience, time.Millisecond, "kill %d", kill)
				w.kill()
			}
			w := startWorker(t, spec)
			w.begin(t)
			require.Eventually(t, func() bool {
				left := must(n.Counts(t.Context(), notify.Query{}))
				return left[notify.Planned]+left[notify.Queued] == 0 && len(must(o.Read(t.Context(), 1))) == 0
			}, patience, 10*time.Millisecond)
			w.kill()
			told, ids := map[string]string{}, map[string]bool{}
			for _, line := range lines() {
				part := strings.SplitN(line, "|", 3)
				if !ids[part[0]] {
					ids[part[0]] = true
					told[part[1]] += part[2] + " "
				}
			}
			twice := len(lines()) - len(ids)
			require.Len(t, told, leads)
			for _, s := range must(n.List(t.Context(), notify.Query{Limit: leads})) {
				require.True(t, strings.HasPrefix(told[s.ID], "planned queued "), told[s.ID])
				require.True(t, strings.HasSuffix(told[s.ID], " "+string(s.State)+" "), told[s.ID])
			}
			t.Logf("%d leads, 3 kills: %d changes told, %d of them twice", leads, len(ids), twice)
		})
	}
}

// TestReaderOfAnotherRole has the owner of the tables make the first reader, for a role that may not.
func TestReaderOfAnotherRole(t *testing.T) {
	t.Parallel()
	ctx, dsn := t.Context(), pgtest.Database(t)
	role := "reader_of_" + query[string](t, dsn, `SELECT current_database()`)
	owner := must(notify.OpenPostgres(ctx, dsn))
	defer owner.Close()
	execute(t, dsn, `CREATE ROLE `+role+` LOGIN`)
	for _, schema := range []string{"public", "wechat_notify"} {
		execute(t, dsn, `GRANT USAGE ON SCHEMA `+schema+` TO `+role+`;
			GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA `+schema+` TO `+role+`;
			GRANT USAGE ON ALL SEQUENCES IN SCHEMA `+schema+` TO `+role)
	}
	db := must(notify.OpenPostgres(ctx, strings.Replace(dsn, "postgres@", role+"@", 1)))
	defer db.Close()
	n := must(notify.New(smsConfig(db, nil)))
	_, err := n.Outbox(ctx, notify.OutboxConfig{Reader: "hooks"})
	require.ErrorContains(t, err, "have the owner of the tables make the first reader")
	_ = outbox(t, must(notify.New(smsConfig(owner, nil))), "first")
	o := outbox(t, n, "hooks")
	planSMS(t, n, "one")
	require.Len(t, must(o.Read(ctx, 0)), 1)
	require.NoError(t, o.Remove(ctx))
	require.Equal(t, notify.Pruned{}, must(n.Prune(ctx)))
}

func TestReaderThatIsNone(t *testing.T) {
	t.Parallel()
	db := must(notify.OpenSQLite(t.Context(), ":memory:"))
	defer db.Close()
	n := must(notify.New(smsConfig(db, nil)))
	for field, cfg := range map[string]notify.OutboxConfig{
		"Reader":    {},
		"Keep":      {Reader: "a", Keep: -1},
		"States[1]": {Reader: "a", States: []notify.State{notify.Planned, "sending"}},
	} {
		_, err := n.Outbox(t.Context(), cfg)
		var wrong *errcode.FieldError
		require.ErrorAs(t, err, &wrong)
		require.Equal(t, field, wrong.Field)
	}
	for _, name := range []string{"a\x00b", "a\xff", strings.Repeat("a", 101)} {
		_, err := n.Outbox(t.Context(), notify.OutboxConfig{Reader: name})
		require.ErrorIs(t, err, errcode.InvalidArgument)
	}
}

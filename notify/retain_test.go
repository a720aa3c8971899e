package notify_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/notify/internal/pgtest"
)

// eachLedger runs a test on both databases, with a connection of its own beside the Database.
func eachLedger(t *testing.T, test func(t *testing.T, b *bundle, raw *sql.DB)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "ledger.db")
		db := must(notify.OpenSQLite(t.Context(), path))
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		b := setup(t, func(c *notify.Config) { c.Database = db })
		test(t, b, openFile(t, path))
	})
	t.Run("Postgres", func(t *testing.T) {
		t.Parallel()
		dsn := pgtest.Database(t)
		db := must(notify.OpenPostgres(t.Context(), dsn))
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		b := setup(t, func(c *notify.Config) { c.Database = db })
		raw := stdlib.OpenDB(*must(pgx.ParseConfig(dsn)))
		t.Cleanup(func() { require.NoError(t, raw.Close()) })
		test(t, b, raw)
	})
}

var historyTables = []string{"reminders", "firings", "intents", "facts", "receipts"}

// rowsOf counts the rows of the tables that grow with each message.
func rowsOf(t *testing.T, raw *sql.DB) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, table := range historyTables {
		if n := ask[int](t, raw, `SELECT COUNT(*) FROM notify_`+table); n > 0 {
			counts[table] = n
		}
	}
	return counts
}

// remindOnce has the user accept and plans a reminder that is due in a day and sent at once.
func (b *bundle) remindOnce(key string, u *emulator.User, user string) {
	b.t.Helper()
	u.Accept(b.subscribe)
	b.wx.Settle()
	r := b.reminder(key)
	r.User, r.Due, r.Leads, r.Content.Template = user, b.wx.Now().Add(day), []notify.Lead{notify.Days(1)}, nil
	b.plan(r)
	b.pass(0)
}

// TestHistoryIsPruned sends 300 messages to 300 users, and measures what they leave.
func TestHistoryIsPruned(t *testing.T) {
	t.Parallel()
	eachLedger(t, func(t *testing.T, b *bundle, raw *sql.DB) {
		const messages = 300
		for i := range messages {
			user := fmt.Sprintf("user-%d", i)
			u := b.wx.User(user)
			b.link(u, user)
			b.remindOnce("contract-"+user, u, user)
		}
		before := rowsOf(t, raw)
		require.Equal(t, map[string]int{"reminders": messages, "firings": messages, "intents": messages, "facts": messages,
			"receipts": messages}, before)
		require.Equal(t, messages, must(b.n.Counts(t.Context(), notify.Query{}))[notify.Delivered])

		b.wx.Advance(399 * day)
		require.Zero(t, must(b.n.Prune(t.Context())))
		require.Equal(t, before, rowsOf(t, raw))

		b.wx.Advance(3 * day)
		pruned := must(b.n.Prune(t.Context()))
		require.Equal(t, notify.Pruned{Reminders: messages, Leads: messages, Attempts: messages, Facts: messages, Receipts: messages}, pruned)
		require.Empty(t, rowsOf(t, raw))
		require.Equal(t, 1+messages, ask[int](t, raw, `SELECT COUNT(*) FROM notify_identities WHERE app_id = '`+b.mini.AppID+`'`),
			"who they are is no history")
		t.Logf("%d messages: rows %v before, %v after", messages, before, rowsOf(t, raw))
	})
}

// TestWhatIsKept has old rows that still count.
func TestWhatIsKept(t *testing.T) {
	t.Parallel()
	eachLedger(t, func(t *testing.T, b *bundle, raw *sql.DB) {
		ctx := t.Context()
		consent := func() notify.Consent {
			return must(b.n.Ledger().Reach(ctx, "alice", b.mini.AppID)).Consent(b.subscribe)
		}
		b.alice.Accept(b.subscribe)
		b.wx.Settle()
		b.wx.Advance(time.Hour)
		b.remindOnce("contract-1", b.alice, "alice")
		require.Equal(t, 1, consent().Left)
		long := b.reminder("long")
		long.Due, long.Leads = start.AddDate(5, 0, 0), []notify.Lead{notify.Days(5 * 365)} // sent soon, due in five years
		long.Content.Subscribe, long.Content.Template = nil, nil
		b.plan(long)
		for range 3 {
			b.wx.Advance(500 * day)
			must(b.n.Prune(ctx))
			b.pass(0)
			require.Equal(t, 1, consent().Left, "one was left")
			require.Len(t, b.list("long"), 1, "its due time has not come")
			require.Empty(t, b.list("contract-1"))
		}
		require.Equal(t, map[string]int{"reminders": 1, "firings": 1, "facts": 1}, rowsOf(t, raw))
	})
}

// TestPlannedAfterItWasPruned plans what was sent and pruned once more, as a program does that plans all contracts each
// night: what is planned again and again stays, what comes back is not sent, and what is renewed loses its history alone.
func TestPlannedAfterItWasPruned(t *testing.T) {
	t.Parallel()
	eachLedger(t, func(t *testing.T, b *bundle, raw *sql.DB) {
		ctx := t.Context()
		r := b.reminder("contract-1")
		r.Content.Template, r.Leads = nil, []notify.Lead{notify.Days(10)}
		b.alice.Accept(b.subscribe)
		b.wx.Settle()
		b.plan(r)
		b.pass(0)
		require.Len(t, inbox(b.alice), 1)
		for range 3 {
			b.wx.Advance(300 * day)
			b.plan(r)
			must(b.n.Prune(ctx))
			require.Equal(t, []notify.State{notify.Delivered}, b.states("contract-1"), "it is planned again and again")
		}
		renewed := *r
		renewed.Due = b.wx.Now().Add(700 * day)
		renewed.Leads = []notify.Lead{notify.Days(1)}
		b.plan(&renewed)
		require.Equal(t, 1, must(b.n.Prune(ctx)).Leads)
		require.Equal(t, []notify.State{notify.Planned}, b.states("contract-1"))
		require.NotEmpty(t, must(b.n.Ledger().Reach(ctx, "alice", b.mini.AppID)).OpenID)

		b.alice.Accept(b.subscribe)
		b.wx.Settle()
		b.plan(r) // the old due time, of which nobody knows any more
		b.pass(0)
		require.Equal(t, []notify.State{notify.Missed, notify.Cancelled}, b.states("contract-1"))
		require.Len(t, inbox(b.alice), 1, "once")
	})
}

// TestWhatRenewsIsKept has a reminder whose leads are old and gone, and which only a process with its calendar can renew.
func TestWhatRenewsIsKept(t *testing.T) {
	t.Parallel()
	eachLedger(t, func(t *testing.T, b *bundle, raw *sql.DB) {
		ctx := t.Context()
		r := b.reminder("contract-1")
		r.Calendar, r.Leads = "office", []notify.Lead{notify.BusinessDays(1)}
		r.Renewal = &notify.Renewal{Every: 1, Period: notify.Yearly}
		cfg := b.cfg
		cfg.Calendars = map[string]notify.Workdays{"office": must(notify.Weekdays(nil, nil))}
		office := must(notify.New(cfg))
		require.NoError(t, office.Plan(ctx, r))
		for range 3 {
			b.pass(500 * day)
			must(b.n.Prune(ctx))
		}
		require.Equal(t, map[string]int{"reminders": 1}, rowsOf(t, raw))
		b.wx.Advance(time.Hour) // it was put off
		must(office.FireDue(ctx))
		found, ok, err := office.Find(ctx, "contract-1")
		require.NoError(t, err)
		require.True(t, ok)
		require.True(t, found.Due.After(b.wx.Now()), "it was renewed up to now")
		require.Contains(t, b.states("contract-1"), notify.Planned)

		must(office.Cancel(ctx, "contract-1"))
		b.pass(1000 * day)
		must(office.Prune(ctx))
		require.Empty(t, rowsOf(t, raw), "one that was cancelled goes")
	})
}

// TestForgetAfterPruning leaves nothing of a user, whatever was pruned before.
func TestForgetAfterPruning(t *testing.T) {
	t.Parallel()
	eachLedger(t, func(t *testing.T, b *bundle, raw *sql.DB) {
		ctx := t.Context()
		b.remindOnce("contract-1", b.alice, "alice")
		b.wx.Advance(390 * day)
		b.remindOnce("contract-2", b.alice, "alice")
		b.wx.Advance(20 * day)
		require.Equal(t, 1, must(b.n.Prune(ctx)).Leads)
		require.NoError(t, b.n.Ledger().Forget(ctx, "alice"))
		require.Empty(t, rowsOf(t, raw))
		require.Zero(t, ask[int](t, raw, `SELECT COUNT(*) FROM notify_identities`))
		require.Equal(t, 2, ask[int](t, raw, `SELECT COUNT(*) FROM notify_forgotten`))
		b.wx.Advance(8 * day)
		must(b.n.Prune(ctx))
		require.Zero(t, ask[int](t, raw, `SELECT COUNT(*) FROM notify_forgotten`), "the digests last for a week")
	})
}

// TestPruneWhileWorking has processes that were started prune by themselves, beside one that plans, sends and prunes too.
func TestPruneWhileWorking(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		ctx := t.Context()
		clock := clockAt(time.Now().AddDate(-2, 0, 0))
		var sent sync.Map
		var twice, count atomic.Int64
		process := func() *notify.Notifier {
			cfg := smsConfig(db, func(_ context.Context, m *notify.Message) (int64, error) {
				count.Add(1)
				if _, before := sent.LoadOrStore(m.ID, true); before {
					twice.Add(1)
				}
				return 0, nil
			})
			cfg.Now = clock.now
			return must(notify.New(cfg))
		}
		n := process()
		plan := func(prefix string) {
			var list []*notify.Reminder
			for _, key := range keys(prefix, 500) {
				list = append(list, &notify.Reminder{
					Key: key, User: key, Due: clock.now().Add(time.Hour), Leads: []notify.Lead{notify.Before(time.Hour)},
					Content: notify.Content{Other: map[string]string{"sms": key}},
				})
			}
			require.NoError(t, n.PlanAll(ctx, list))
		}
		plan("old")
		require.NoError(t, n.Start(ctx))
		require.Eventually(t, func() bool { return count.Load() == 500 }, patience, 10*time.Millisecond)
		require.NoError(t, n.Shutdown(ctx))
		require.Len(t, must(n.List(ctx, notify.Query{Limit: 1000})), 500)

		clock.add(2 * 365 * day)
		n = process()
		require.NoError(t, n.Start(ctx))
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() {
				if _, err := process().Prune(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		plan("new")
		plan("old") // renewed
		group.Wait()
		require.Eventually(t, func() bool { return count.Load() == 1500 }, patience, 10*time.Millisecond)
		must(process().Prune(ctx))
		require.NoError(t, n.Shutdown(ctx))
		require.Equal(t, map[notify.State]int{notify.Accepted: 1000}, must(n.Counts(ctx, notify.Query{})))
		require.Zero(t, twice.Load())
	})
}

// TestUpkeepByItself has a process prune without being asked.
func TestUpkeepByItself(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		ctx := t.Context()
		clock := clockAt(time.Now())
		cfg := smsConfig(db, func(context.Context, *notify.Message) (int64, error) { return 0, nil })
		cfg.Now = clock.now
		n := must(notify.New(cfg))
		planSMS(t, n, "one")
		clock.add(time.Minute)
		require.Equal(t, 1, must(n.FireDue(ctx)))
		clock.add(500 * day)
		require.NoError(t, n.Start(ctx))
		require.Eventually(t, func() bool { return len(must(n.List(ctx, notify.Query{}))) == 0 }, patience, 10*time.Millisecond)
		require.NoError(t, n.Shutdown(ctx))
	})
}

func TestRetentionThatIsTooShort(t *testing.T) {
	t.Parallel()
	db := must(notify.OpenSQLite(t.Context(), ":memory:"))
	defer db.Close()
	for retention, cfg := range map[time.Duration]notify.Config{
		39 * day: {},
		41 * day: {Grace: 40 * day},
		42 * day: {Allowances: map[notify.Trigger]notify.Allowance{notify.TriggerMessage: {Messages: 1, For: 36 * day}}},
		-2:       {},
	} {
		cfg.Database, cfg.Retention = db, retention
		_, err := notify.New(cfg)
		var wrong *errcode.FieldError
		require.ErrorAs(t, err, &wrong)
		require.Equal(t, "Retention", wrong.Field)
	}
	n := must(notify.New(notify.Config{Database: db, Retention: notify.KeepForever}))
	require.Zero(t, must(n.Prune(t.Context())))
	must(notify.New(notify.Config{Database: db, Retention: 40 * day}))
}

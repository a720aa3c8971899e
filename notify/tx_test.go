package notify_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/notify/internal/pgtest"
)

// program is a program with a table of its own beside the ledger, which it writes by transactions of its own.
type program struct {
	db    *notify.Database
	begin func(ctx context.Context) (own ownTx, err error)
	ids   func(ctx context.Context) (list []string, err error) // of its contracts
	// postgres tells that others may write while a transaction is open.
	postgres bool
	dsn      string
}

// ownTx is such a transaction, and what plans in it.
type ownTx struct {
	exec   func(ctx context.Context, query string, args ...any) error
	in     func(n *notify.Notifier) *notify.Tx
	commit func(ctx context.Context) error
	undo   func(ctx context.Context)
}

const contractTable = `CREATE TABLE IF NOT EXISTS contracts (id TEXT PRIMARY KEY)`

const contractIDs = `SELECT id FROM contracts ORDER BY id`

func sqlProgram(db *notify.Database, own *sql.DB) *program {
	return &program{db: db, ids: func(ctx context.Context) (list []string, err error) {
		rows, err := own.QueryContext(ctx, contractIDs)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			err = errors.Join(err, rows.Scan(&id))
			list = append(list, id)
		}
		return list, errors.Join(err, rows.Err())
	}, begin: func(ctx context.Context) (ownTx, error) {
		tx, err := own.BeginTx(ctx, nil)
		return ownTx{
			exec: func(ctx context.Context, query string, args ...any) error {
				_, err := tx.ExecContext(ctx, query, args...)
				return err
			},
			in:     func(n *notify.Notifier) *notify.Tx { return n.InTx(tx) },
			commit: func(context.Context) error { return tx.Commit() },
			undo:   func(context.Context) { _ = tx.Rollback() },
		}, err
	}}
}

func pgxProgram(db *notify.Database, pool *pgxpool.Pool) *program {
	return &program{db: db, postgres: true, ids: func(ctx context.Context) ([]string, error) {
		rows, err := pool.Query(ctx, contractIDs)
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(rows, pgx.RowTo[string])
	}, begin: func(ctx context.Context) (ownTx, error) {
		tx, err := pool.Begin(ctx)
		return ownTx{
			exec: func(ctx context.Context, query string, args ...any) error {
				_, err := tx.Exec(ctx, query, args...)
				return err
			},
			in:     func(n *notify.Notifier) *notify.Tx { return n.InPgxTx(tx) },
			commit: tx.Commit,
			undo:   func(ctx context.Context) { _ = tx.Rollback(ctx) },
		}, err
	}}
}

// openProgram opens the databases that a worker is told of, by pgx or database/sql.
func openProgram(ctx context.Context, spec *workerSpec, std bool) (p *program, end func(), err error) {
	db, err := spec.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case spec.SQLite != "":
		own, err := sql.Open("sqlite", "file:"+spec.SQLite+"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=synchronous(FULL)")
		p, end = sqlProgram(db, own), func() { _, _ = own.Close(), db.Close() }
		if err == nil {
			_, err = own.ExecContext(ctx, contractTable)
		}
		return p, end, err
	case std:
		config, err := pgx.ParseConfig(spec.Postgres)
		if err != nil {
			return nil, nil, err
		}
		own := stdlib.OpenDB(*config)
		p, end = sqlProgram(db, own), func() { _, _ = own.Close(), db.Close() }
		p.postgres = true
		_, err = own.ExecContext(ctx, contractTable)
		return p, end, err
	}
	pool, err := pgxpool.New(ctx, spec.Postgres)
	if err == nil {
		_, err = pool.Exec(ctx, contractTable)
	}
	p = pgxProgram(db, pool)
	p.dsn = spec.Postgres
	return p, func() { pool.Close(); _ = db.Close() }, err
}

// eachProgram runs a test for each kind of transaction.
func eachProgram(t *testing.T, test func(t *testing.T, p *program)) {
	t.Helper()
	for name, std := range map[string]bool{"SQLite": false, "Pgx": false, "PgxStdlib": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := &workerSpec{}
			if name == "SQLite" {
				spec.SQLite = filepath.Join(t.TempDir(), "app.db")
			} else {
				spec.Postgres = pgtest.Database(t)
			}
			p, end, err := openProgram(t.Context(), spec, std)
			require.NoError(t, err)
			t.Cleanup(end)
			test(t, p)
		})
	}
}

func (p *program) notifier(t *testing.T, send func(context.Context, *notify.Message) (int64, error)) *notify.Notifier {
	t.Helper()
	return must(notify.New(smsConfig(p.db, send)))
}

// reminded returns the keys of all reminders.
func reminded(t *testing.T, n *notify.Notifier) (keys []string) {
	t.Helper()
	for _, s := range must(n.List(t.Context(), notify.Query{Limit: 100_000})) {
		keys = append(keys, s.Key)
	}
	return keys
}

func smsReminder(key string) *notify.Reminder {
	return &notify.Reminder{
		Key: key, User: key, Due: time.Now().Add(time.Hour), Leads: []notify.Lead{notify.Before(time.Hour)},
		Content: notify.Content{Other: map[string]string{"sms": key}},
	}
}

// sign inserts a contract, links its user and plans its reminder.
func (o ownTx) sign(ctx context.Context, n *notify.Notifier, key string) error {
	err := o.exec(ctx, `INSERT INTO contracts (id) VALUES ($1)`, key)
	if err == nil {
		err = o.in(n).Link(ctx, notify.Identity{AppID: "wx1", OpenID: "o-" + key, User: key})
	}
	if err == nil {
		err = o.in(n).Plan(ctx, smsReminder(key))
	}
	return err
}

// TestPlanWithTheContract commits contracts with their reminders, rolls others back, and cancels one.
func TestPlanWithTheContract(t *testing.T) {
	t.Parallel()
	eachProgram(t, func(t *testing.T, p *program) {
		ctx := t.Context()
		var sent []string
		n := p.notifier(t, func(_ context.Context, m *notify.Message) (int64, error) {
			sent = append(sent, m.Key)
			return 0, nil
		})
		states := func() map[notify.State]int { return must(n.Counts(ctx, notify.Query{})) }

		tx := must(p.begin(ctx))
		require.NoError(t, tx.sign(ctx, n, "kept"))
		require.NoError(t, tx.in(n).PlanAll(ctx, []*notify.Reminder{smsReminder("b"), smsReminder("a")}))
		found, err := tx.in(n).Cancel(ctx, "a")
		require.NoError(t, err)
		require.True(t, found)
		var wrong *errcode.FieldError
		require.ErrorAs(t, tx.in(n).Plan(ctx, &notify.Reminder{Key: "c"}), &wrong)
		require.Equal(t, "User", wrong.Field)
		require.ErrorAs(t, tx.in(n).Link(ctx, notify.Identity{AppID: "wx1"}), &wrong)
		require.NoError(t, tx.commit(ctx), "what a check refused leaves the transaction alone")
		require.Equal(t, map[notify.State]int{notify.Planned: 2, notify.Cancelled: 1}, states())
		require.Equal(t, "o-kept", must(n.Ledger().Reach(ctx, "kept", "wx1")).OpenID)

		tx = must(p.begin(ctx))
		require.NoError(t, tx.sign(ctx, n, "lost"))
		found, err = tx.in(n).Cancel(ctx, "kept")
		require.NoError(t, err)
		require.True(t, found)
		tx.undo(ctx)
		require.Equal(t, map[notify.State]int{notify.Planned: 2, notify.Cancelled: 1}, states())
		require.Empty(t, must(n.Ledger().Reach(ctx, "lost", "wx1")).OpenID)
		require.Equal(t, []string{"kept"}, must(p.ids(ctx)))

		require.Equal(t, 2, must(n.FireDue(ctx)))
		require.ElementsMatch(t, []string{"kept", "b"}, sent)

		tx = must(p.begin(ctx))
		found, err = tx.in(n).Cancel(ctx, "nothing")
		require.NoError(t, err)
		require.False(t, found)
		require.NoError(t, tx.commit(ctx))
		err = tx.in(n).Plan(ctx, smsReminder("late"))
		require.Error(t, err, "it has ended")
		require.NotErrorAs(t, err, &wrong)
	})
}

// TestRenewWithTheContract renews, puts off and acknowledges with a transaction of the program, and takes all of it back.
func TestRenewWithTheContract(t *testing.T) {
	t.Parallel()
	eachProgram(t, func(t *testing.T, p *program) {
		ctx := t.Context()
		n := p.notifier(t, func(context.Context, *notify.Message) (int64, error) { return 0, nil })
		due := time.Now().Add(48 * time.Hour).Truncate(time.Millisecond)
		r := smsReminder("a")
		r.Due, r.Renewal = due, &notify.Renewal{Every: 1, Period: notify.Yearly}
		r.Repeat = &notify.Repeat{Every: time.Hour, Times: 1}
		require.NoError(t, n.Plan(ctx, r))
		now := func() []notify.Status { return must(n.List(ctx, notify.Query{Key: "a"})) }
		planned := now()

		renew := func(own ownTx) {
			holds, moved, err := own.in(n).Renew(ctx, "a", due)
			require.NoError(t, err)
			require.True(t, moved)
			require.Equal(t, due.Year()+1, holds.Year())
		}
		own := must(p.begin(ctx))
		renew(own)
		own.undo(ctx)
		require.Equal(t, planned, now(), "rolled back")

		own = must(p.begin(ctx))
		require.NoError(t, own.exec(ctx, `INSERT INTO contracts (id) VALUES ($1)`, "a"))
		renew(own)
		found, err := own.in(n).Snooze(ctx, "a", time.Now().Add(time.Hour))
		require.NoError(t, err)
		require.True(t, found)
		found, err = own.in(n).Acknowledge(ctx, "a")
		require.NoError(t, err)
		require.True(t, found)
		_, _, err = own.in(n).Renew(ctx, "a", time.Time{})
		require.ErrorContains(t, err, "due")
		require.NoError(t, own.commit(ctx))
		require.Equal(t, []string{"a"}, must(p.ids(ctx)))
		held, ok, err := n.Find(ctx, "a")
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, due.Year()+1, held.Due.Year())
	})
}

// TestTransactionOfAnotherDatabase refuses transactions that are not on the Database, by name.
func TestTransactionOfAnotherDatabase(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), t.TempDir()
	path, dsn := filepath.Join(dir, "ledger.db"), pgtest.Database(t)
	lite := openNotifier(t, path)
	opened := func(db *notify.Database, err error) *notify.Notifier {
		n := must(notify.New(smsConfig(must(db, err), nil)))
		t.Cleanup(func() { _ = db.Close() })
		return n
	}
	postgres := opened(notify.OpenPostgres(ctx, dsn))
	memory := opened(notify.OpenSQLite(ctx, ":memory:"))

	own := openFile(t, filepath.Join(dir, "app.db"))
	execFile(t, own, `ATTACH '`+path+`' AS ledger`)
	attached := must(own.BeginTx(ctx, nil))
	other := openFile(t, filepath.Join(dir, "other.db"))
	elsewhere := must(other.BeginTx(ctx, nil))
	defer elsewhere.Rollback()

	begin := func(dsn string) pgx.Tx {
		conn := must(pgx.Connect(ctx, dsn))
		t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(ctx)) })
		return must(conn.Begin(ctx))
	}
	bare, second := pgtest.Database(t), pgtest.Database(t)
	require.NoError(t, must(notify.OpenPostgres(ctx, second)).Close())
	std := func(dsn string) *sql.Tx {
		db := must(sql.Open("pgx", dsn))
		t.Cleanup(func() { _ = db.Close() })
		return must(db.BeginTx(ctx, nil))
	}
	secondTx := begin(second)
	for name, tc := range map[string]struct {
		tx   *notify.Tx
		want string
	}{
		"Nil":               {lite.InTx(nil), "nil"},
		"NilPgx":            {postgres.InPgxTx(nil), "nil"},
		"PgxOnSQLite":       {lite.InPgxTx(begin(dsn)), "a transaction of pgx, and the Database is SQLite"},
		"PostgresOnSQLite":  {lite.InTx(std(dsn)), "a transaction of PostgreSQL, and the Database is SQLite"},
		"SQLiteOnPostgres":  {postgres.InTx(elsewhere), "a transaction of SQLite, and the Database is PostgreSQL"},
		"Attached":          {lite.InTx(attached), "the main database of its connection is another file than that of the Database"},
		"OtherFile":         {lite.InTx(elsewhere), "the main database of its connection is another file than that of the Database"},
		"Memory":            {memory.InTx(elsewhere), "no other connection reaches a Database in memory"},
		"NoTables":          {postgres.InPgxTx(begin(bare)), "of another database than the Database"},
		"OtherLedger":       {postgres.InPgxTx(secondTx), "of another database than the Database"},
		"OtherLedgerStdlib": {postgres.InTx(std(second)), "of another database than the Database"},
	} {
		for range 2 {
			var wrong *errcode.FieldError
			require.ErrorAs(t, tc.tx.Plan(ctx, smsReminder("one")), &wrong, name)
			require.Equal(t, &errcode.FieldError{Op: "notify", Field: "tx", Reason: tc.want}, wrong, name)
		}
	}
	_, err := secondTx.Exec(ctx, `SELECT 1`)
	require.NoError(t, err, "it goes on")
	require.NoError(t, attached.Rollback())
	link := filepath.Join(dir, "link.db")
	require.NoError(t, os.Symlink(path, link))
	tx := must(openFile(t, link).BeginTx(ctx, nil))
	require.NoError(t, lite.InTx(tx).Plan(ctx, smsReminder("one")), "the same file by another name")
	require.NoError(t, tx.Commit())
}

// TestCommittedLate has a transaction stay open while its leads are due: nothing is sent before its end, and all after.
func TestCommittedLate(t *testing.T) {
	t.Parallel()
	eachProgram(t, func(t *testing.T, p *program) {
		ctx := t.Context()
		var sent atomic.Int64
		n := p.notifier(t, func(context.Context, *notify.Message) (int64, error) { return 0, errorAfter(&sent) })
		tx := must(p.begin(ctx))
		require.NoError(t, tx.sign(ctx, n, "one"))
		if p.postgres {
			require.Zero(t, must(n.FireDue(ctx)), "not committed")
			require.NoError(t, n.Start(ctx))
			planSMS(t, n, "other")
			require.NoError(t, finished(ctx, n), "others are sent meanwhile")
			require.EqualValues(t, 1, sent.Swap(0))
			require.NoError(t, tx.commit(ctx))
		} else {
			require.NoError(t, tx.commit(ctx))
			require.NoError(t, n.Start(ctx))
		}
		require.Eventually(t, func() bool { return sent.Load() == 1 }, patience, time.Millisecond)
		require.NoError(t, finished(ctx, n))
		require.NoError(t, n.Shutdown(ctx))
		require.Equal(t, notify.Accepted, must(n.List(ctx, notify.Query{Key: "one"}))[0].State)
	})
}

func errorAfter(sent *atomic.Int64) error {
	sent.Add(1)
	return nil
}

// TestStricterIsolation has a lead be sent after a transaction of another isolation level has begun: a plan in it does not
// go by what was before.
func TestStricterIsolation(t *testing.T) {
	t.Parallel()
	for _, level := range []pgx.TxIsoLevel{pgx.RepeatableRead, pgx.Serializable} {
		t.Run(string(level), func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			p, end, err := openProgram(ctx, &workerSpec{Postgres: pgtest.Database(t)}, false)
			require.NoError(t, err)
			defer end()
			var sent atomic.Int64
			n := p.notifier(t, func(context.Context, *notify.Message) (int64, error) { return 0, errorAfter(&sent) })
			r := smsReminder("one")
			require.NoError(t, n.Plan(ctx, r))
			conn := must(pgx.Connect(ctx, p.dsn))
			defer conn.Close(ctx)
			plan := func(before func()) error {
				return pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: level}, func(tx pgx.Tx) error {
					if _, err := tx.Exec(ctx, contractIDs); err != nil {
						return err
					}
					before()
					return n.InPgxTx(tx).Plan(ctx, r)
				})
			}
			err = plan(func() { require.Equal(t, 1, must(n.FireDue(ctx))) })
			var failed *pgconn.PgError
			require.ErrorAs(t, err, &failed)
			require.Equal(t, "40001", failed.Code)
			require.NoError(t, plan(func() {}), "again, as the program does")
			require.Zero(t, must(n.FireDue(ctx)))
			require.EqualValues(t, 1, sent.Load())
		})
	}
}

// TestContractsAtOnce has goroutines commit and roll back contracts while their reminders are sent.
func TestContractsAtOnce(t *testing.T) {
	t.Parallel()
	eachProgram(t, func(t *testing.T, p *program) {
		ctx := t.Context()
		var sent sync.Map
		var twice atomic.Int64
		n := p.notifier(t, func(_ context.Context, m *notify.Message) (int64, error) {
			if _, before := sent.LoadOrStore(m.Key, true); before {
				twice.Add(1)
			}
			return 0, nil
		})
		require.NoError(t, n.Start(ctx))
		var group sync.WaitGroup
		for g := range 4 {
			group.Go(func() {
				for i := range 25 {
					key := fmt.Sprintf("%d-%d", g, i)
					tx, err := p.begin(ctx)
					if err == nil {
						err = tx.sign(ctx, n, key)
					}
					if err == nil && i%2 == 0 {
						err = tx.commit(ctx)
					} else {
						tx.undo(ctx)
					}
					if err != nil {
						t.Errorf("%s: %v", key, err)
					}
				}
			})
		}
		group.Wait()
		require.NoError(t, finished(ctx, n))
		require.NoError(t, n.Shutdown(ctx))
		require.Zero(t, twice.Load())
		count := 0
		sent.Range(func(any, any) bool { count++; return true })
		require.Equal(t, 4*13, count)
		require.Equal(t, map[notify.State]int{notify.Accepted: 4 * 13}, must(n.Counts(ctx, notify.Query{})))
	})
}

// signing is what a process does that signs contracts until it is killed.
func signing(ctx context.Context, spec *workerSpec) error {
	p, end, err := openProgram(ctx, spec, spec.Workers == 1)
	if err != nil {
		return err
	}
	defer end()
	n, err := notify.New(smsConfig(p.db, nil))
	if err != nil {
		return err
	}
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	for i := 0; ctx.Err() == nil; i++ {
		tx, err := p.begin(ctx)
		if err == nil {
			err = tx.sign(ctx, n, fmt.Sprintf("%d-%d", os.Getpid(), i))
		}
		if err == nil {
			err = tx.commit(ctx)
		}
		if err != nil {
			return errors.Join(err, ctx.Err())
		}
	}
	return nil
}

func init() { tasks["sign"] = signing }

// TestKilledBetweenContractAndReminder kills processes that sign contracts: each contract has its reminder and each
// reminder its contract.
func TestKilledBetweenContractAndReminder(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]*workerSpec{
		"SQLite":    {SQLite: filepath.Join(t.TempDir(), "app.db")},
		"Pgx":       {Postgres: pgtest.Database(t)},
		"PgxStdlib": {Postgres: pgtest.Database(t), Workers: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec.Task = "sign"
			p, end, err := openProgram(t.Context(), spec, false)
			require.NoError(t, err)
			defer end()
			n := p.notifier(t, nil)
			random, seen := rand.New(rand.NewPCG(1, 2)), 0
			for range 5 {
				w := startWorker(t, spec)
				w.begin(t)
				more := seen + 5 + random.IntN(10)
				require.Eventually(t, func() bool {
					seen = must(n.Counts(t.Context(), notify.Query{}))[notify.Planned]
					return seen >= more
				}, patience, time.Millisecond)
				w.kill()
			}
			require.ElementsMatch(t, must(p.ids(t.Context())), reminded(t, n))
		})
	}
}

package sqldb

import (
	"database/sql/driver"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/notify/internal/pgtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	pgtest.Stop()
	os.Exit(code)
}

// TestWaitForTheLock has somebody hold the lock of the migrations: a start that has nothing to change does not need it,
// one that has waits, and not for ever.
func TestWaitForTheLock(t *testing.T) {
	t.Parallel()
	ctx, dsn := t.Context(), pgtest.Database(t)
	db, err := OpenPostgres(ctx, dsn)
	require.NoError(t, err)
	defer db.Close()
	holder, err := pgx.Connect(ctx, dsn)
	require.NoError(t, err)
	defer holder.Close(ctx)
	_, err = holder.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(lockID))
	require.NoError(t, err)

	again, err := OpenPostgres(ctx, dsn)
	require.NoError(t, err)
	require.NoError(t, again.Close())
	db.lockWait = 50 * time.Millisecond
	err = db.change(ctx, true, func(pgx.Tx, Tx) error { return nil })
	require.ErrorContains(t, err, "somebody else has held a lock for 50ms")
	require.ErrorContains(t, err, "pg_locks")
	_, err = holder.Exec(ctx, `SELECT pg_advisory_unlock($1)`, int64(lockID))
	require.NoError(t, err)
	require.NoError(t, db.change(ctx, true, func(pgx.Tx, Tx) error { return nil }))
}

func TestReadMigrations(t *testing.T) {
	t.Parallel()
	list, err := readMigrations(fstest.MapFS{
		"migrations/0010_b.sql": {Data: []byte("-- +goose Up\nALTER TABLE a ADD b TEXT;\n")},
		"migrations/0002_a.sql": {Data: []byte(`-- +goose Up

-- What it is; and why.
CREATE TABLE a ( -- one; two
	b TEXT -- ;
);
-- +goose StatementBegin
CREATE FUNCTION f() AS $$
	BEGIN;
	END;
$$;
-- +goose StatementEnd
UPDATE a SET b = '' ; -- all
-- +goose Down
DROP TABLE a;
`)},
	})
	require.NoError(t, err)
	require.Equal(t, []migration{
		{2, "migrations/0002_a.sql", []string{
			"CREATE TABLE a (\n\tb TEXT\n);", "CREATE FUNCTION f() AS $$\n\tBEGIN;\n\tEND;\n$$;", "UPDATE a SET b = '' ;",
		}},
		{10, "migrations/0010_b.sql", []string{"ALTER TABLE a ADD b TEXT;"}},
	}, list)
	_, err = readMigrations(fstest.MapFS{"migrations/x.sql": {}})
	require.ErrorContains(t, err, "x.sql")
}

func TestQualify(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"SELECT 1": "SELECT 1",
		"SELECT id FROM notify_a JOIN\n\tnotify_b ON (notify_a.id=notify_b.id)": `SELECT id FROM "S".notify_a JOIN` + "\n\t" +
			`"S".notify_b ON ("S".notify_a.id=notify_b.id)`,
		"UPDATE notify_a SET b = 'notify_c', my_notify_d = 1": `UPDATE "S".notify_a SET b = 'notify_c', my_notify_d = 1`,
	} {
		require.Equal(t, want, qualify(query, "S"))
		require.Equal(t, query, qualify(query, ""))
	}
}

func TestEngineSchema(t *testing.T) {
	t.Parallel()
	require.Equal(t, "wechat_notify", engineSchema("public"))
	require.Equal(t, "wechat_notify_tenant_1", engineSchema("tenant_1"))
	require.Equal(t, "wechat_notify_wechat_notify", engineSchema("wechat_notify"))
	for _, odd := range []string{"Tenant-1", "a_very_long_name_of_a_schema_of_a_tenant_of_ours"} {
		require.True(t, usable(engineSchema(odd)), engineSchema(odd))
	}
}

// TestQueueOfAReplacedConnection releases the queue when the connection that had it is gone.
func TestQueueOfAReplacedConnection(t *testing.T) {
	t.Parallel()
	db, err := OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	for range 2 {
		release, err := db.Work(t.Context())
		require.NoError(t, err)
		err = onConn(t.Context(), db.SQLite, func(any) error { return driver.ErrBadConn })
		require.ErrorIs(t, err, driver.ErrBadConn)
		require.NoError(t, release())
	}
}

// TestOneWorksOnAFile has several begin at the same moment, on a new queue and on one that a process has left: one
// begins, the others learn that the file is in use.
func TestOneWorksOnAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	dbs := make([]*DB, 4)
	for i := range dbs {
		db, err := OpenSQLite(t.Context(), path)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		dbs[i] = db
	}
	for range 3 {
		var wg sync.WaitGroup
		releases, errs := make([]func() error, len(dbs)), make([]error, len(dbs))
		start := make(chan struct{})
		for i, db := range dbs {
			wg.Go(func() {
				<-start
				releases[i], errs[i] = db.Work(t.Context())
			})
		}
		close(start)
		wg.Wait()
		working := 0
		for i, err := range errs {
			if err == nil {
				working++
				require.NoError(t, releases[i]())
				continue
			}
			require.ErrorIs(t, err, ErrInUse)
		}
		require.Equal(t, 1, working)
	}
}

// TestByIndex has the settings hold for one transaction.
func TestByIndex(t *testing.T) {
	t.Parallel()
	ctx, dsn := t.Context(), pgtest.Database(t)
	db, err := OpenPostgres(ctx, dsn+"&pool_max_conns=1")
	require.NoError(t, err)
	defer db.Close()
	settings := func(tx Tx) (seqscan, jit string) {
		require.NoError(t, tx.QueryRow(ctx, `SELECT current_setting('enable_seqscan'), current_setting('jit')`).Scan(&seqscan, &jit))
		return seqscan, jit
	}
	for range 2 {
		require.NoError(t, db.Tx(ctx, func(tx Tx) error {
			seqscan, before := settings(tx)
			require.Equal(t, "on", seqscan)
			require.NoError(t, tx.ByIndex(ctx))
			seqscan, jit := settings(tx)
			require.Equal(t, []string{"off", "off"}, []string{seqscan, jit}, "was %s", before)
			return nil
		}))
	}
}

// TestTableOfRows has a statement find the same rows of a table on both databases, by each kind of transaction.
func TestTableOfRows(t *testing.T) {
	t.Parallel()
	type row struct {
		text   string
		number int64
		ord    int64
	}
	s := NewStatement("rows", `SELECT v.text, v.number, v.ord FROM {text text, number bigint} WHERE v.number <> $1 ORDER BY v.ord`)
	var table Table
	texts := []string{"", `"quoted" \ 'too'`, "line\nand\ttab\x1f", "合同", "?::int $1 {a}", "<&>\u2028"}
	for i, text := range texts {
		table.Add(text, math.MaxInt64-int64(i))
	}
	table.Add("none", int64(7))
	read := func(tx Tx) (list []row) {
		_, err := tx.Run(t.Context(), func(rows Rows) error {
			var r row
			err := rows.Scan(&r.text, &r.number, &r.ord)
			list = append(list, r)
			return err
		}, s, &table, int64(7))
		require.NoError(t, err)
		return list
	}
	check := func(list []row) {
		require.Len(t, list, len(texts))
		for i, r := range list {
			require.Equal(t, row{texts[i], math.MaxInt64 - int64(i), list[0].ord + int64(i)}, r)
		}
	}
	within := func(db *DB) {
		require.NoError(t, db.Tx(t.Context(), func(tx Tx) error {
			check(read(tx))
			return nil
		}))
	}
	lite, err := OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	require.NoError(t, err)
	defer lite.Close()
	within(lite)
	dsn := pgtest.Database(t)
	postgres, err := OpenPostgres(t.Context(), dsn)
	require.NoError(t, err)
	defer postgres.Close()
	within(postgres)
	config, err := pgx.ParseConfig(dsn)
	require.NoError(t, err)
	std := stdlib.OpenDB(*config)
	defer std.Close()
	own, err := std.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	joined, err := postgres.Join(t.Context(), own)
	require.NoError(t, err)
	check(read(joined))
	require.NoError(t, own.Rollback())
}

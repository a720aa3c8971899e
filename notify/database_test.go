package notify_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/notify/internal/pgtest"
)

// query asks the database of a test.
func query[T any](t *testing.T, dsn, sql string, args ...any) (value T) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, dsn)
	require.NoError(t, err)
	defer conn.Close(ctx)
	require.NoError(t, conn.QueryRow(ctx, sql, args...).Scan(&value))
	return value
}

func execute(t *testing.T, dsn, sql string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}

// TestOneConnection has a pool that cannot give two.
func TestOneConnection(t *testing.T) {
	t.Parallel()
	sendAll(t, pgtest.Database(t)+"&pool_max_conns=1", 20)
}

// sendAll opens a database, sends reminders with the engine, and closes it.
func sendAll(t *testing.T, dsn string, count int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	db, err := notify.OpenPostgres(ctx, dsn)
	require.NoError(t, err)
	n, err := notify.New(smsConfig(db, func(context.Context, *notify.Message) (int64, error) { return 0, nil }))
	require.NoError(t, err)
	planSMS(t, n, keys(dsn, count)...)
	require.NoError(t, n.Start(ctx))
	require.NoError(t, finished(ctx, n))
	require.NoError(t, ctx.Err(), "it hangs")
	require.NoError(t, n.Shutdown(ctx))
	counts, err := n.Counts(ctx, notify.Query{Key: keys(dsn, 1)[0]})
	require.NoError(t, err)
	require.Equal(t, map[notify.State]int{notify.Accepted: 1}, counts)
	require.NoError(t, db.Close())
}

// reportArgs and tickArgs are jobs of a program that has a River of its own.
type reportArgs struct{}

func (reportArgs) Kind() string { return "app_report" }

type tickArgs struct{}

func (tickArgs) Kind() string { return "app_tick" }

// TestBesideAnotherRiver has notify start first in a database whose program uses River too: the program's running
// job is left alone for as long as the program's settings say, its completed job is kept, its periodic job runs.
func TestBesideAnotherRiver(t *testing.T) {
	t.Parallel()
	ctx, dsn := t.Context(), pgtest.Database(t)
	pool, err := pgxpool.New(ctx, dsn)
	require.NoError(t, err)
	defer pool.Close()
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	require.NoError(t, err)
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	require.NoError(t, err)

	db, err := notify.OpenPostgres(ctx, dsn)
	require.NoError(t, err)
	defer db.Close()
	n, err := notify.New(smsConfig(db, func(context.Context, *notify.Message) (int64, error) { return 0, nil }))
	require.NoError(t, err)
	require.NoError(t, n.Start(ctx))
	defer func() { require.NoError(t, n.Shutdown(context.WithoutCancel(ctx))) }()
	require.Eventually(t, func() bool {
		return query[int](t, dsn, `SELECT COUNT(*) FROM wechat_notify.river_leader`) == 1
	}, patience, 20*time.Millisecond)

	began, ticks, free := make(chan struct{}, 1), make(chan struct{}, 100), make(chan struct{})
	app := otherRiver(t, pool, began, ticks, free)
	_, err = app.Insert(ctx, reportArgs{}, nil)
	require.NoError(t, err)
	receive(t, began)
	// Each in both queues: the program's job has run for 50 minutes, another was completed 11 minutes ago.
	execute(t, dsn, `UPDATE river_job SET attempted_at = now() - interval '50 minutes' WHERE kind = 'app_report'`)
	for _, table := range []string{"public.river_job", "wechat_notify.river_job"} {
		execute(t, dsn, `INSERT INTO `+table+` (state, kind, args, max_attempts, attempted_at, finalized_at) VALUES
			('completed', 'app_done', '{}', 25, now() - interval '11 minutes', now() - interval '11 minutes'),
			('running', 'app_stuck', '{}', 1, now() - interval '50 minutes', NULL)`)
	}
	require.Eventually(t, func() bool {
		return query[int](t, dsn, `SELECT COUNT(*) FROM wechat_notify.river_job
			WHERE kind IN ('app_done', 'app_stuck') AND state IN ('completed', 'running')`) == 0
	}, 90*time.Second, 50*time.Millisecond, "notify's leader tidies up its own queue")
	for range 2 {
		receive(t, ticks)
	}
	planSMS(t, n, "one")
	require.NoError(t, finished(ctx, n))

	for kind, state := range map[string]string{"app_report": "running", "app_stuck": "running", "app_done": "completed"} {
		require.Equal(t, state, query[string](t, dsn, `SELECT state::text FROM river_job WHERE kind = $1`, kind), kind)
	}
	require.Zero(t, query[int](t, dsn, `SELECT COUNT(*) FROM river_job WHERE kind LIKE 'notify%'`))
	close(free)
	require.NoError(t, app.Stop(ctx))
}

func receive(t *testing.T, from <-chan struct{}) {
	t.Helper()
	select {
	case <-from:
	case <-time.After(time.Minute):
		t.Fatal("nothing in a minute")
	}
}

// otherRiver starts the River of the program: a job that runs until it is freed, and one that runs each second.
func otherRiver(t *testing.T, pool *pgxpool.Pool, began, ticks, free chan struct{}) *river.Client[pgx.Tx] {
	t.Helper()
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(context.Context, *river.Job[reportArgs]) error {
		began <- struct{}{}
		<-free
		return nil
	}))
	river.AddWorker(workers, river.WorkFunc(func(context.Context, *river.Job[tickArgs]) error {
		ticks <- struct{}{}
		return nil
	}))
	app, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 5}}, Workers: workers, JobTimeout: -1,
		Logger: slog.New(slog.DiscardHandler),
		PeriodicJobs: []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(time.Second),
			func() (river.JobArgs, *river.InsertOpts) { return tickArgs{}, nil }, nil)},
	})
	require.NoError(t, err)
	require.NoError(t, app.Start(t.Context()))
	return app
}

// TestInheritTheQueue opens a database whose queue stands among the program's tables, as earlier builds made it,
// and where the program has jobs of its own by now.
func TestInheritTheQueue(t *testing.T) {
	t.Parallel()
	ctx, dsn := t.Context(), pgtest.Database(t)
	cfg := smsConfig(nil, func(context.Context, *notify.Message) (int64, error) { return 0, nil })
	var err error
	cfg.Database, err = notify.OpenPostgres(ctx, dsn)
	require.NoError(t, err)
	n, err := notify.New(cfg)
	require.NoError(t, err)
	planSMS(t, n, "one", "two")
	require.NoError(t, cfg.Database.Close())

	execute(t, dsn, `DROP SCHEMA wechat_notify CASCADE`)
	pool, err := pgxpool.New(ctx, dsn)
	require.NoError(t, err)
	defer pool.Close()
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	require.NoError(t, err)
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	require.NoError(t, err)
	execute(t, dsn, `INSERT INTO river_job (state, kind, queue, args, max_attempts, finalized_at)
		SELECT 'available', 'notify_fire', 'notify', jsonb_build_object('key', id), 1, NULL FROM notify_firings
		UNION ALL VALUES
		('available'::river_job_state, 'app_report', 'default', '{}'::jsonb, 25, NULL),
		('completed', 'app_done', 'default', '{}', 25, now()),
		('running', 'notify_fire', 'notify', '{"key":"begun"}', 1, NULL)`)
	execute(t, dsn, `UPDATE notify_firings SET state = 'queued', lease_until = 9999999999999`)

	cfg.Database, err = notify.OpenPostgres(ctx, dsn)
	require.NoError(t, err)
	defer cfg.Database.Close()
	n, err = notify.New(cfg)
	require.NoError(t, err)
	require.NoError(t, n.Start(ctx))
	require.NoError(t, finished(ctx, n), "the jobs were taken over: the leases would last for ever")
	require.NoError(t, n.Shutdown(ctx))
	require.Equal(t, "app_done completed, app_report available, notify_fire running", query[string](t, dsn,
		`SELECT string_agg(kind || ' ' || state, ', ' ORDER BY kind) FROM river_job`))
}

// TestWhereThingsStand has ledgers in several schemas, found by the search_path or named.
func TestWhereThingsStand(t *testing.T) {
	t.Parallel()
	ctx, dsn := t.Context(), pgtest.Database(t)
	execute(t, dsn, `CREATE SCHEMA a; CREATE SCHEMA "B-1"`)
	sent := map[string][]string{}
	var notifiers []*notify.Notifier
	for _, path := range []string{"a", "%22B-1%22", "public"} {
		var mu sync.Mutex
		db, err := notify.OpenPostgres(ctx, dsn+"&search_path="+path)
		require.NoError(t, err)
		defer db.Close()
		n, err := notify.New(smsConfig(db, func(_ context.Context, m *notify.Message) (int64, error) {
			mu.Lock()
			defer mu.Unlock()
			sent[path] = append(sent[path], m.Key)
			return 0, nil
		}))
		require.NoError(t, err)
		planSMS(t, n, path)
		notifiers = append(notifiers, n)
	}
	for _, n := range notifiers {
		require.NoError(t, n.Start(ctx))
	}
	for _, n := range notifiers {
		require.NoError(t, finished(ctx, n))
		require.NoError(t, n.Shutdown(ctx))
	}
	require.Equal(t, map[string][]string{"a": {"a"}, "%22B-1%22": {"%22B-1%22"}, "public": {"public"}}, sent)
	require.Equal(t, 3, query[int](t, dsn, `SELECT COUNT(*) FROM pg_tables
		WHERE tablename = 'river_job' AND schemaname LIKE 'wechat\_notify%'`))

	execute(t, dsn, `CREATE SCHEMA empty`)
	db, err := notify.OpenPostgres(ctx, dsn+"&search_path=empty,public")
	require.NoError(t, err)
	defer db.Close()
	n, err := notify.New(smsConfig(db, nil))
	require.NoError(t, err)
	require.Len(t, must(n.List(ctx, notify.Query{})), 1, "found behind a schema that has nothing")
	require.Zero(t, query[int](t, dsn, `SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'empty'`))

	sendAll(t, dsn+"&engine_schema=queue_of_mine", 5)
	require.Equal(t, 1, query[int](t, dsn, `SELECT COUNT(*) FROM pg_tables
		WHERE tablename = 'river_job' AND schemaname = 'queue_of_mine'`))
	_, err = notify.OpenPostgres(ctx, dsn+"&engine_schema=no-good")
	require.ErrorContains(t, err, "engine_schema")
	_, err = notify.OpenPostgres(ctx, dsn+"&search_path=nowhere")
	require.ErrorContains(t, err, "search_path: none of its schemas exists")
}

// TestRightsToReadAndWrite has an owner make the tables, and a process that may not.
func TestRightsToReadAndWrite(t *testing.T) {
	t.Parallel()
	ctx, dsn := t.Context(), pgtest.Database(t)
	role := "writer_of_" + query[string](t, dsn, `SELECT current_database()`)
	execute(t, dsn, `CREATE ROLE `+role+` LOGIN`)
	db, err := notify.OpenPostgres(ctx, dsn)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	writer := strings.Replace(dsn, "postgres@", role+"@", 1)
	_, err = notify.OpenPostgres(ctx, writer)
	require.ErrorContains(t, err, "permission denied")
	grants := func(schema string) string {
		return `GRANT USAGE ON SCHEMA ` + schema + ` TO ` + role + `;
			GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ` + schema + ` TO ` + role + `;
			GRANT USAGE ON ALL SEQUENCES IN SCHEMA ` + schema + ` TO ` + role
	}
	execute(t, dsn, grants("public"))
	_, err = notify.OpenPostgres(ctx, writer)
	require.ErrorContains(t, err, "permission denied for schema wechat_notify")
	_, err = notify.OpenPostgres(ctx, writer+"&engine_schema=queue_of_mine")
	require.ErrorContains(t, err, "CREATE SCHEMA queue_of_mine")
	execute(t, dsn, grants("wechat_notify"))
	sendAll(t, writer, 5)
}

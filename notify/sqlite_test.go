package notify_test

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/notify"
)

// TestSQLiteOpenAtOnce has four processes start on a new file: the first makes the tables, the others wait.
func TestSQLiteOpenAtOnce(t *testing.T) {
	t.Parallel()
	for range 5 {
		path := filepath.Join(t.TempDir(), "ledger.db")
		spec, err := json.Marshal(idleWorker(path))
		require.NoError(t, err)
		var ready []*bufio.Reader
		for range 4 {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), workerEnv+"="+string(spec))
			cmd.Stderr = os.Stderr
			_, err := cmd.StdinPipe()
			require.NoError(t, err)
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			defer func() { _, _ = cmd.Process.Kill(), cmd.Wait() }()
			ready = append(ready, bufio.NewReader(out))
		}
		for _, r := range ready {
			line, err := r.ReadString('\n')
			require.NoError(t, err)
			require.Equal(t, "ready\n", line)
		}
	}
}

// TestSQLiteIsForOneProcess has a second process begin to work on a file, and again when the first was killed.
func TestSQLiteIsForOneProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	n := openNotifier(t, path)
	require.NoError(t, n.Plan(t.Context(), &notify.Reminder{
		Key: "later", User: "later", Due: time.Now().Add(2 * time.Hour), Leads: []notify.Lead{notify.Before(time.Hour)},
		Content: notify.Content{Other: map[string]string{"sms": "later"}},
	}))
	w := startWorker(t, idleWorker(path))
	w.begin(t)
	w.says(t, "working")
	require.ErrorIs(t, n.Start(t.Context()), notify.ErrInUse)
	planSMS(t, n, "one") // others may do all but send by the engine
	w.kill()
	require.NoError(t, n.Start(t.Context()))
	require.NoError(t, n.Shutdown(t.Context()))

	other := openNotifier(t, path)
	require.NoError(t, other.Start(t.Context()), "the first has stopped")
	require.ErrorIs(t, n.Start(t.Context()), notify.ErrInUse)
	require.NoError(t, other.Shutdown(t.Context()))
}

// idleWorker is a process without doors.
func idleWorker(path string) *workerSpec {
	return &workerSpec{
		SQLite: path, URL: "http://127.0.0.1:1", Mini: wechatApp{"wx1", "s"}, Service: wechatApp{"wx2", "s"},
	}
}

// openNotifier opens a notifier that sends nothing of its own on a file.
func openNotifier(t *testing.T, path string) *notify.Notifier {
	t.Helper()
	db, err := notify.OpenSQLite(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	n, err := notify.New(smsConfig(db, func(context.Context, *notify.Message) (int64, error) { return 0, nil }))
	require.NoError(t, err)
	return n
}

// openFile opens a SQLite file as a program of its own does.
func openFile(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?"+url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)"}, "_txlock": {"immediate"},
	}.Encode())
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func execFile(t *testing.T, db *sql.DB, query string) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), query)
	require.NoError(t, err)
}

func ask[T any](t *testing.T, db *sql.DB, query string) (value T) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(t.Context(), query).Scan(&value))
	return value
}

// migrateRiver makes River's tables where the program has them, and where earlier builds had them.
func migrateRiver(t *testing.T, db *sql.DB) {
	t.Helper()
	migrator, err := rivermigrate.New(riversqlite.New(db), nil)
	require.NoError(t, err)
	_, err = migrator.Migrate(t.Context(), rivermigrate.DirectionUp, nil)
	require.NoError(t, err)
}

const oldJobs = `INSERT INTO river_job (state, kind, args, max_attempts, attempted_at, finalized_at) VALUES
	('completed', 'app_done', '{}', 25, datetime('now', '-11 minutes'), datetime('now', '-11 minutes')),
	('running', 'app_stuck', '{}', 1, datetime('now', '-50 minutes'), NULL)`

// TestSQLiteBesideAnotherRiver has the program use River in the same file.
func TestSQLiteBesideAnotherRiver(t *testing.T) {
	t.Parallel()
	ctx, path := t.Context(), filepath.Join(t.TempDir(), "ledger.db")
	n := openNotifier(t, path)
	require.NoError(t, n.Start(ctx))
	require.NoError(t, n.Shutdown(ctx)) // the queue's file is there
	file, queue := openFile(t, path), openFile(t, path+"-queue")
	migrateRiver(t, file)
	execFile(t, file, oldJobs)
	execFile(t, queue, oldJobs)
	require.NoError(t, queue.Close())

	ticks := make(chan struct{}, 1000)
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(context.Context, *river.Job[tickArgs]) error {
		ticks <- struct{}{}
		return nil
	}))
	app, err := river.NewClient(riversqlite.New(file), &river.Config{
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 5}}, Workers: workers, JobTimeout: -1,
		Logger: slog.New(slog.DiscardHandler),
		PeriodicJobs: []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(time.Second),
			func() (river.JobArgs, *river.InsertOpts) { return tickArgs{}, nil }, nil)},
	})
	require.NoError(t, err)
	left := 2
	for try := 0; left > 0 && try < 10; try++ {
		require.NoError(t, n.Start(ctx))
		if try == 0 {
			require.NoError(t, app.Start(ctx)) // behind notify
		}
		for range 3 {
			<-ticks
		}
		planSMS(t, n, keys("sms", 3)...)
		require.NoError(t, finished(ctx, n))
		require.NoError(t, n.Shutdown(ctx))
		queue := openFile(t, path+"-queue")
		left = ask[int](t, queue, `SELECT COUNT(*) FROM river_job
			WHERE kind IN ('app_done', 'app_stuck') AND state <> 'discarded'`)
		require.NoError(t, queue.Close())
	}
	require.Zero(t, left, "notify's leader tidies up its own queue")
	require.Equal(t, "completed", ask[string](t, file, `SELECT state FROM river_job WHERE kind = 'app_done'`))
	require.Equal(t, "running", ask[string](t, file, `SELECT state FROM river_job WHERE kind = 'app_stuck'`))
	require.Zero(t, ask[int](t, file, `SELECT COUNT(*) FROM river_job WHERE kind LIKE 'notify%'`))
	require.NoError(t, app.Stop(ctx))
}

// TestSQLiteInheritTheQueue opens a file whose queue stands among the program's tables.
func TestSQLiteInheritTheQueue(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	n := openNotifier(t, path)
	planSMS(t, n, "one", "two")
	file := openFile(t, path)
	migrateRiver(t, file)
	execFile(t, file, `INSERT INTO river_job (state, kind, queue, args, max_attempts)
		SELECT 'available', 'notify_fire', 'notify', jsonb_object('key', id), 1 FROM notify_firings`)
	execFile(t, file, `INSERT INTO river_job (state, kind, args, max_attempts) VALUES ('available', 'app_report', '{}', 25)`)
	execFile(t, file, `UPDATE notify_firings SET state = 'queued', lease_until = 9999999999999`)
	require.NoError(t, n.Start(t.Context()))
	require.NoError(t, finished(t.Context(), n), "the jobs were taken over: the leases would last for ever")
	require.NoError(t, n.Shutdown(t.Context()))
	require.Equal(t, "app_report available", ask[string](t, file, `SELECT group_concat(kind || ' ' || state) FROM river_job`))
}

// TestSQLiteInMemory has no file at all.
func TestSQLiteInMemory(t *testing.T) {
	t.Parallel()
	n := openNotifier(t, ":memory:")
	planSMS(t, n, keys("sms", 5)...)
	require.NoError(t, n.Start(t.Context()))
	require.NoError(t, finished(t.Context(), n))
	require.NoError(t, n.Shutdown(t.Context()))
}

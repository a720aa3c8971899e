package notify_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/notify/internal/pgtest"
)

// eachDatabase runs a test on both databases.
func eachDatabase(t *testing.T, test func(t *testing.T, db *notify.Database)) {
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		db, err := notify.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		test(t, db)
	})
	t.Run("Postgres", func(t *testing.T) {
		t.Parallel()
		db, err := notify.OpenPostgres(t.Context(), pgtest.Database(t))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		test(t, db)
	})
}

func smsConfig(db *notify.Database, send func(context.Context, *notify.Message) (int64, error)) notify.Config {
	return notify.Config{
		Database: db, Doors: []notify.Door{sms{send}}, Workers: 4, SendTimeout: time.Second, Poll: 10 * time.Millisecond,
	}
}

func planSMS(t *testing.T, n *notify.Notifier, keys ...string) {
	t.Helper()
	var list []*notify.Reminder
	for _, key := range keys {
		list = append(list, &notify.Reminder{
			Key: key, User: key, Due: time.Now().Add(time.Hour), Leads: []notify.Lead{notify.Before(time.Hour)},
			Content: notify.Content{Other: map[string]string{"sms": key}},
		})
	}
	require.NoError(t, n.PlanAll(t.Context(), list))
}

func keys(prefix string, count int) (list []string) {
	for i := range count {
		list = append(list, fmt.Sprintf("%s-%d", prefix, i))
	}
	return list
}

func TestEngine(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		var mu sync.Mutex
		got := map[string]int{}
		var accepted atomic.Int64
		cfg := smsConfig(db, func(_ context.Context, m *notify.Message) (int64, error) {
			mu.Lock()
			defer mu.Unlock()
			got[m.Key]++
			return 0, nil
		})
		cfg.Observer = func(_ context.Context, e notify.OutcomeEvent) {
			if e.State == notify.Accepted {
				accepted.Add(1)
			}
		}
		n, err := notify.New(cfg)
		require.NoError(t, err)
		planSMS(t, n, keys("sms", 200)...)
		require.NoError(t, n.Start(t.Context()))
		require.Error(t, n.Start(t.Context()), "started already")
		require.NoError(t, finished(t.Context(), n))
		require.NoError(t, n.Shutdown(t.Context()))
		require.NoError(t, n.Shutdown(t.Context()))
		require.Len(t, got, 200)
		for key, count := range got {
			require.Equal(t, 1, count, key)
		}
		require.EqualValues(t, 200, accepted.Load())
	})
}

// TestObserverThatPanics has every outcome stored all the same, and each panic told to the operator.
func TestObserverThatPanics(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		var sent atomic.Int64
		log := &counter{words: "Observer panicked"}
		cfg := smsConfig(db, func(context.Context, *notify.Message) (int64, error) {
			sent.Add(1)
			return 0, nil
		})
		cfg.Observer = func(context.Context, notify.OutcomeEvent) { panic("metrics") }
		cfg.Logger = slog.New(slog.NewTextHandler(log, nil))
		n, err := notify.New(cfg)
		require.NoError(t, err)
		planSMS(t, n, keys("sms", 5)...)
		require.NoError(t, n.Start(t.Context()))
		require.NoError(t, finished(t.Context(), n))
		require.NoError(t, n.Shutdown(t.Context()))
		require.EqualValues(t, 5, sent.Load())
		require.EqualValues(t, 5, log.count.Load())
	})
}

// TestPoisonedJobs has messages that panic, fail for ever or hang, among others that must not wait for them.
func TestPoisonedJobs(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		var good atomic.Int64
		n, err := notify.New(smsConfig(db, func(ctx context.Context, m *notify.Message) (int64, error) {
			switch m.Key {
			case "poison-0":
				panic("poison")
			case "poison-1":
				return 0, fmt.Errorf("%w: never works", notify.ErrNotSent)
			case "poison-2":
				<-ctx.Done()
				return 0, ctx.Err()
			}
			good.Add(1)
			return 0, nil
		}))
		require.NoError(t, err)
		planSMS(t, n, append(keys("poison", 3), keys("good", 100)...)...)
		require.NoError(t, n.Start(t.Context()))
		require.Eventually(t, func() bool {
			counts, err := n.Counts(context.Background(), notify.Query{})
			return err == nil && counts[notify.Accepted] == 100 && counts[notify.Queued] == 0
		}, patience, 10*time.Millisecond)
		require.NoError(t, n.Shutdown(t.Context()))
		counts, err := n.Counts(t.Context(), notify.Query{})
		require.NoError(t, err)
		require.Equal(t, map[notify.State]int{notify.Accepted: 100, notify.Unknown: 2, notify.Planned: 1}, counts)
		require.EqualValues(t, 100, good.Load())
	})
}

// TestStopWaitsForSends begins to stop while a message is under way.
func TestStopWaitsForSends(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		begun, end := make(chan struct{}), make(chan struct{})
		n, err := notify.New(smsConfig(db, func(context.Context, *notify.Message) (int64, error) {
			close(begun)
			<-end
			return 0, nil
		}))
		require.NoError(t, err)
		planSMS(t, n, "one")
		require.NoError(t, n.Start(t.Context()))
		<-begun
		stopped := make(chan error, 1)
		go func() { stopped <- n.Shutdown(context.Background()) }()
		close(end)
		require.NoError(t, <-stopped)
		counts, err := n.Counts(t.Context(), notify.Query{})
		require.NoError(t, err)
		require.Equal(t, map[notify.State]int{notify.Accepted: 1}, counts)
	})
}

// TestStopInAHurry cancels what is under way: the message may have gone out.
func TestStopInAHurry(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		begun := make(chan struct{})
		cfg := smsConfig(db, func(ctx context.Context, _ *notify.Message) (int64, error) {
			close(begun)
			<-ctx.Done()
			return 0, fmt.Errorf("cancelled")
		})
		cfg.SendTimeout = time.Minute
		n, err := notify.New(cfg)
		require.NoError(t, err)
		planSMS(t, n, "one")
		require.NoError(t, n.Start(t.Context()))
		<-begun
		hurry, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, n.Shutdown(hurry), context.Canceled)
		counts, err := n.Counts(t.Context(), notify.Query{})
		require.NoError(t, err)
		require.Equal(t, map[notify.State]int{notify.Unknown: 1}, counts)
	})
}

// TestOpenAtTheSameTime has several starters make the tables.
func TestOpenAtTheSameTime(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			db, err := notify.OpenPostgres(t.Context(), dsn)
			if err == nil {
				err = db.Close()
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestConfig(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := notify.New(notify.Config{})
	require.ErrorContains(t, err, "notify: Database")
	db, err := notify.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "a?b #1.db"))
	require.NoError(t, err)
	defer db.Close()
	_, err = notify.New(notify.Config{Database: db, Zone: "Mars"})
	require.ErrorContains(t, err, "notify: Zone")
	_, err = notify.New(notify.Config{Database: db, PerSecond: map[string]float64{"wx": 0}})
	require.ErrorContains(t, err, `PerSecond["wx"]`)
	_, err = notify.New(notify.Config{Database: db, Doors: []notify.Door{
		notify.NewReplyDoor(b.client(b.mini)), notify.NewReplyDoor(b.client(b.service)),
	}})
	require.ErrorContains(t, err, `Doors[1]: another is named "reply"`)
	_, err = notify.New(notify.Config{Database: db, Doors: []notify.Door{nil}})
	require.ErrorContains(t, err, "Doors[0]: nil")
	_, err = notify.New(notify.Config{Database: db, Doors: []notify.Door{notify.Named("", sms{})}})
	require.ErrorContains(t, err, "Doors[0]: its Name is empty")
	_, err = notify.New(notify.Config{Database: db, CatchUp: 9})
	require.ErrorContains(t, err, "CatchUp: 9 is unknown")
	_, err = notify.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "no", "such", "folder"))
	require.ErrorContains(t, err, "notify: SQLite")
}

// TestRateLimit shares a limit between two notifiers on one database.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		const perSecond, count = 50, 100
		var mu sync.Mutex
		var times []time.Time
		door := metered{sms{func(context.Context, *notify.Message) (int64, error) {
			mu.Lock()
			defer mu.Unlock()
			times = append(times, time.Now())
			return 0, nil
		}}}
		var all []*notify.Notifier
		for range 2 {
			cfg := smsConfig(db, nil)
			cfg.Doors, cfg.PerSecond = []notify.Door{door}, map[string]float64{"gateway": perSecond}
			n, err := notify.New(cfg)
			require.NoError(t, err)
			all = append(all, n)
		}
		planSMS(t, all[0], keys("sms", count)...)
		for _, n := range all {
			require.NoError(t, n.Start(t.Context()))
		}
		require.NoError(t, finished(t.Context(), all[0]))
		for _, n := range all {
			require.NoError(t, n.Shutdown(t.Context()))
		}
		require.Len(t, times, count)
		took := times[len(times)-1].Sub(times[0])
		require.GreaterOrEqual(t, took, count*3/4*time.Second/perSecond, "each alone would take half the time")
	})
}

// metered is a door whose sends are counted for an account that is not WeChat's.
type metered struct{ sms }

func (metered) AppID() string { return "gateway" }

// TestPauseUnderALimit has WeChat ask for a pause while other workers book their turns: nobody waits for
// anybody, and all is planned again.
func TestPauseUnderALimit(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		door := metered{sms{func(context.Context, *notify.Message) (int64, error) {
			return 0, &errcode.Error{Op: "gateway", Code: errcode.MinuteQuotaReached, Class: errcode.RateLimited}
		}}}
		cfg := smsConfig(db, nil)
		cfg.Doors, cfg.PerSecond, cfg.Workers = []notify.Door{door}, map[string]float64{"gateway": 2000}, 16
		cfg.SendTimeout = time.Minute // so that a worker that hangs is not cut off
		n, err := notify.New(cfg)
		require.NoError(t, err)
		planSMS(t, n, keys("sms", 100)...)
		require.NoError(t, n.Start(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		later := notify.Query{States: []notify.State{notify.Planned}, From: time.Now().Add(time.Second)}
		for left := 100; left > 0; {
			counts, err := n.Counts(ctx, later)
			require.NoError(t, err, "it hangs")
			left = 100 - counts[notify.Planned]
		}
		require.NoError(t, n.Shutdown(ctx))
	})
}

// TestDatabaseAwayAfterASend breaks all connections while a message is under way: its outcome is known all the
// same.
func TestDatabaseAwayAfterASend(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t)
	db, err := notify.OpenPostgres(t.Context(), dsn)
	require.NoError(t, err)
	defer db.Close()
	sends := 0
	n, err := notify.New(smsConfig(db, func(ctx context.Context, _ *notify.Message) (int64, error) {
		sends++
		conn, err := pgx.Connect(ctx, dsn)
		if err != nil {
			return 0, err
		}
		_, err = conn.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		return 0, errors.Join(err, conn.Close(ctx))
	}))
	require.NoError(t, err)
	planSMS(t, n, "one")
	_, err = n.FireDue(t.Context())
	require.NoError(t, err)
	counts, err := n.Counts(t.Context(), notify.Query{})
	require.NoError(t, err)
	require.Equal(t, map[notify.State]int{notify.Accepted: 1}, counts)
	require.Equal(t, 1, sends)
}

// TestStuckDoors has as many sends hang as there are workers, in a door that does not heed its context.
func TestStuckDoors(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		free := make(chan struct{})
		var stuck sync.WaitGroup
		stuck.Add(4)
		defer stuck.Wait()
		defer close(free)
		n, err := notify.New(smsConfig(db, func(_ context.Context, m *notify.Message) (int64, error) {
			if strings.HasPrefix(m.Key, "stuck") {
				defer stuck.Done()
				<-free
			}
			return 0, nil
		}))
		require.NoError(t, err)
		planSMS(t, n, keys("stuck", 4)...)
		require.NoError(t, n.Start(t.Context()))
		require.Eventually(t, func() bool {
			counts, err := n.Counts(context.Background(), notify.Query{})
			return err == nil && counts[notify.Queued] == 4
		}, 20*time.Second, time.Millisecond)
		planSMS(t, n, keys("good", 20)...)
		require.NoError(t, finished(t.Context(), n))
		counts, err := n.Counts(t.Context(), notify.Query{})
		require.NoError(t, err)
		require.Equal(t, map[notify.State]int{notify.Unknown: 4, notify.Accepted: 20}, counts)
		require.NoError(t, n.Shutdown(t.Context()))
	})
}

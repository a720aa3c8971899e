package notify_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/notify/internal/pgtest"
)

// TestTakenUpForever has processes end with the same leads in their hands, again and again.
func TestTakenUpForever(t *testing.T) {
	t.Parallel()
	db, err := notify.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	require.NoError(t, err)
	defer db.Close()
	composed := map[string]int{}
	cfg := smsConfig(db, func(context.Context, *notify.Message) (int64, error) { return 0, nil })
	cfg.Compose = func(_ context.Context, r *notify.Reminder, _ notify.Lead) (notify.Content, error) {
		composed[r.Key]++
		return r.Content, nil
	}
	n, err := notify.New(cfg)
	require.NoError(t, err)
	planSMS(t, n, keys("sms", 10)...)
	leasesEnd, counts := time.Duration(0), []int(nil)
	for range 5 { // the first one begins, four take up what it left
		count, err := notify.TakeAndDie(t.Context(), n, 100)
		require.NoError(t, err)
		counts = append(counts, count)
		leasesEnd += time.Minute
		notify.Misset(n, leasesEnd)
	}
	require.Equal(t, []int{10, 10, 10, 1, 1}, counts, "whichever it is, it takes none of the others along")

	_, err = n.FireDue(t.Context())
	require.NoError(t, err)
	require.Len(t, composed, 10, "none has ended five processes")
	states, err := n.Counts(t.Context(), notify.Query{})
	require.NoError(t, err)
	require.Equal(t, map[notify.State]int{notify.Accepted: 10}, states)

	planSMS(t, n, "poison")
	for range 6 {
		_, err := notify.TakeAndDie(t.Context(), n, 100)
		require.NoError(t, err)
		leasesEnd += time.Minute
		notify.Misset(n, leasesEnd)
	}
	_, err = n.FireDue(t.Context())
	require.NoError(t, err)
	list, err := n.List(t.Context(), notify.Query{Key: "poison"})
	require.NoError(t, err)
	require.Equal(t, notify.Failed, list[0].State)
	require.Equal(t, "every process that took it up ended", list[0].Reason)
	require.Zero(t, composed["poison"])
}

// TestComposeThatEndsTheProcess has one lead of many end every process that composes it.
func TestComposeThatEndsTheProcess(t *testing.T) {
	t.Parallel()
	test := func(t *testing.T, spec *workerSpec) {
		c := newCrash(t, spec, 1)
		spec.Poison, spec.SendTimeout, spec.Workers = "reminder-7", 300*time.Millisecond, 4
		c.reminders = 30
		c.plan()
		ended := 0
		for ; ended < 20; ended++ {
			w := startWorker(t, spec)
			w.begin(t)
			spec.Ahead += time.Minute // PostgreSQL goes by its own clock
			if err := <-w.done; err == nil {
				break
			}
		}
		require.Equal(t, 5, ended)
		db, err := spec.open(t.Context())
		require.NoError(t, err)
		defer db.Close()
		n, err := spec.notifier(db)
		require.NoError(t, err)
		list, err := n.List(t.Context(), notify.Query{States: []notify.State{notify.Failed}})
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.Equal(t, spec.Poison, list[0].Key)
		counts, err := n.Counts(t.Context(), notify.Query{})
		require.NoError(t, err)
		require.Zero(t, counts[notify.Planned]+counts[notify.Queued])
	}
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, &workerSpec{SQLite: filepath.Join(t.TempDir(), "ledger.db")})
	})
	t.Run("Postgres", func(t *testing.T) {
		t.Parallel()
		test(t, &workerSpec{Postgres: pgtest.Database(t)})
	})
}

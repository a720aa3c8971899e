package notify_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/notify/internal/pgtest"
)

// TestClocksApart has two processes share the work whose clocks are minutes apart. Neither may take the other's
// leases for over, nor wait for slots of the rate limit that its clock has not reached, nor send too early.
func TestClocksApart(t *testing.T) {
	t.Parallel()
	const count = 200
	db, err := notify.OpenPostgres(t.Context(), pgtest.Database(t))
	require.NoError(t, err)
	defer db.Close()
	var sent, early atomic.Int64
	var all []*notify.Notifier
	for _, by := range []time.Duration{-2 * time.Minute, 2 * time.Minute} {
		cfg := smsConfig(db, nil)
		cfg.Doors = []notify.Door{metered{sms{func(_ context.Context, m *notify.Message) (int64, error) {
			sent.Add(1)
			if m.User == "early" {
				early.Add(1)
			}
			return 0, nil
		}}}}
		cfg.PerSecond = map[string]float64{"gateway": 1000}
		n, err := notify.New(cfg)
		require.NoError(t, err)
		notify.Misset(n, by)
		all = append(all, n)
	}
	planSMS(t, all[0], keys("sms", count)...)
	require.NoError(t, all[0].Plan(t.Context(), &notify.Reminder{
		Key: "early", User: "early", Due: time.Now().Add(90 * time.Second), Leads: []notify.Lead{notify.Before(0)},
		Content: notify.Content{Other: map[string]string{"sms": "early"}},
	}))
	for _, n := range all {
		require.NoError(t, n.Start(t.Context()))
	}
	require.Eventually(t, func() bool {
		counts, err := all[0].Counts(context.Background(), notify.Query{})
		return err == nil && counts[notify.Accepted] == count
	}, patience, 10*time.Millisecond)
	for _, n := range all {
		require.NoError(t, n.Shutdown(t.Context()))
	}
	require.Zero(t, early.Load(), "its time comes in a minute and a half")
	require.EqualValues(t, count, sent.Load())
}

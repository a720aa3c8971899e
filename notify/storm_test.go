package notify_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/notify/internal/pgtest"
)

// stormSize is how many reminders there are and how often processes are killed. It takes a minute with NOTIFY_STORM=180, as
// in .ci/run, where TestLeadsOfTheDead takes some seconds. Few workers make it a storm: the dead soon hold more leads than
// the queue takes.
func stormSize(t *testing.T) (reminders, kills int) {
	text := os.Getenv("NOTIFY_STORM")
	if text == "" {
		t.Skip("NOTIFY_STORM says how many reminders: 180 takes a minute, 600 four")
	}
	reminders, err := strconv.Atoi(text)
	require.NoError(t, err)
	return reminders, max(25, min(40, reminders/15))
}

// TestCrashStorm kills whole machines while their few workers are in the middle of a call, until the dead hold
// more leads than a queue may have. The living must go on all the same: none is lost, none arrives twice.
func TestCrashStorm(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		newStorm(t, &workerSpec{SQLite: filepath.Join(t.TempDir(), "ledger.db")}, 1).run()
	})
	t.Run("Postgres", func(t *testing.T) {
		t.Parallel()
		newStorm(t, &workerSpec{Postgres: pgtest.Database(t)}, 2).run()
	})
}

func newStorm(t *testing.T, spec *workerSpec, processes int) *crash {
	c := newCrash(t, spec, processes)
	c.reminders, c.kills = stormSize(t)
	c.spec.Workers, c.spec.SendTimeout = 2, 4*time.Second // so that many die within one lease
	c.all, c.delay = true, 200*time.Millisecond
	return c
}

// TestLeadsOfTheDead starts a process after others have died with more leads in their hands than it would ever take
// itself: they were composing.
func TestLeadsOfTheDead(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		cfg := smsConfig(db, func(context.Context, *notify.Message) (int64, error) { return 0, nil })
		cfg.Workers, cfg.SendTimeout = 2, 200*time.Millisecond
		cfg.Compose = func(_ context.Context, r *notify.Reminder, _ notify.Lead) (notify.Content, error) {
			return r.Content, nil
		}
		n, err := notify.New(cfg)
		require.NoError(t, err)
		planSMS(t, n, keys("sms", 60)...)
		_, err = notify.TakeAndDie(t.Context(), n, 40)
		require.NoError(t, err)
		require.NoError(t, n.Start(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.NoError(t, finished(ctx, n))
		require.NoError(t, n.Shutdown(t.Context()))
		counts, err := n.Counts(t.Context(), notify.Query{})
		require.NoError(t, err)
		require.Equal(t, map[notify.State]int{notify.Accepted: 60}, counts)
	})
}

// TestRepetitionsLeaveTheQueueToOthers has more messages wait to be sent again than the queue takes.
func TestRepetitionsLeaveTheQueueToOthers(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		cfg := smsConfig(db, nil)
		cfg.Workers = 2
		cfg.Doors = []notify.Door{repeatable{sms{func(_ context.Context, m *notify.Message) (int64, error) {
			if strings.HasPrefix(m.Key, "lost") {
				return 0, wechat.ErrOutcomeUnknown
			}
			return 0, nil
		}}}}
		n, err := notify.New(cfg)
		require.NoError(t, err)
		planSMS(t, n, keys("lost", 20)...)
		require.NoError(t, n.Start(t.Context()))
		tried := func(want int) func() bool {
			return func() bool {
				list, err := n.List(context.Background(), notify.Query{})
				return err == nil && want == len(slices.DeleteFunc(list, func(s notify.Status) bool { return s.Tries == 0 }))
			}
		}
		require.Eventually(t, tried(20), patience, 10*time.Millisecond)
		planSMS(t, n, keys("good", 20)...)
		require.Eventually(t, tried(40), patience, 10*time.Millisecond)
		require.NoError(t, n.Shutdown(t.Context()))
	})
}

// repeatable recognises messages that are sent again.
type repeatable struct{ sms }

func (repeatable) Repeatable() time.Duration { return time.Hour }

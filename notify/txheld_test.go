package notify_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/notify/internal/pgtest"
)

// TestPlannedWhileItIsSent has a transaction plan and link what is being sent, and stay open when the answer comes: the
// rounds go on with others, and the outcome is stored when it ends.
func TestPlannedWhileItIsSent(t *testing.T) {
	t.Parallel()
	r := smsReminder("held")
	for name, hold := range map[string]func(context.Context, *notify.Tx) error{
		"Lead": func(ctx context.Context, tx *notify.Tx) error { return tx.Plan(ctx, r) },
		"Person": func(ctx context.Context, tx *notify.Tx) error {
			return tx.Link(ctx, notify.Identity{AppID: "wx1", OpenID: "o-held", User: "held"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			p, end, err := openProgram(ctx, &workerSpec{Postgres: pgtest.Database(t)}, false)
			require.NoError(t, err)
			defer end()
			began, answer := make(chan struct{}, 1), make(chan struct{})
			var sent atomic.Int64
			cfg := smsConfig(p.db, nil)
			cfg.SendTimeout = time.Minute
			cfg.Doors = []notify.Door{withApp{own{name: "sms", sends: &sent}, func(key string) {
				if key == "held" {
					began <- struct{}{}
					<-answer
				}
			}}}
			n := must(notify.New(cfg))
			require.NoError(t, n.Ledger().Link(ctx, notify.Identity{AppID: "wx1", OpenID: "o-held", User: "held"}))
			require.NoError(t, n.Plan(ctx, r))
			require.NoError(t, n.Start(ctx))
			receive(t, began)
			tx := must(p.begin(ctx))
			require.NoError(t, hold(ctx, tx.in(n)))
			close(answer)
			for i := range 3 {
				planSMS(t, n, fmt.Sprintf("other-%d", i))
				require.Eventually(t, func() bool {
					return must(n.Counts(ctx, notify.Query{}))[notify.Accepted] == i+1
				}, patience, time.Millisecond, "rounds go on")
			}
			require.Equal(t, notify.Queued, must(n.List(ctx, notify.Query{Key: "held"}))[0].State)
			require.NoError(t, tx.commit(ctx))
			require.NoError(t, finished(ctx, n))
			require.NoError(t, n.Shutdown(ctx))
			require.Equal(t, notify.Accepted, must(n.List(ctx, notify.Query{Key: "held"}))[0].State)
			require.EqualValues(t, 4, sent.Load(), "once each")
		})
	}
}

// withApp is a door of the program's own in an account.
type withApp struct {
	own

	meanwhile func(key string)
}

func (withApp) AppID() string             { return "wx1" }
func (withApp) Repeatable() time.Duration { return 0 }
func (d withApp) Send(ctx context.Context, m *notify.Message) (int64, error) {
	d.meanwhile(m.Key)
	return d.own.Send(ctx, m)
}

// TestStopWhileItIsHeld ends a process whose last outcome a transaction keeps from being stored.
func TestStopWhileItIsHeld(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	p, end, err := openProgram(ctx, &workerSpec{Postgres: pgtest.Database(t)}, false)
	require.NoError(t, err)
	defer end()
	began, answer := make(chan struct{}, 1), make(chan struct{})
	n := p.notifier(t, func(context.Context, *notify.Message) (int64, error) {
		began <- struct{}{}
		<-answer
		return 0, nil
	})
	notify.Hurry(n, 50*time.Millisecond)
	r := smsReminder("held")
	require.NoError(t, n.Plan(ctx, r))
	require.NoError(t, n.Start(ctx))
	receive(t, began)
	tx := must(p.begin(ctx))
	require.NoError(t, tx.in(n).Plan(ctx, r))
	close(answer)
	over, cancel := context.WithCancel(ctx)
	cancel()
	_ = n.Shutdown(over) // it gives up in a moment
	require.NoError(t, tx.commit(ctx))
}

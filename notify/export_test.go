package notify

import (
	"context"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// TakeAndDie takes leads up as a process does that ends before it is done with any of them. It returns how many.
func TakeAndDie(ctx context.Context, n *Notifier, most int) (int, error) {
	return n.due(ctx, most, func(sqldb.Tx, []string) error { return nil })
}

// Misset puts the clock of the machine that n runs on wrong.
func Misset(n *Notifier, by time.Duration) {
	n.clock.machine = func() time.Time { return time.Now().Add(by) }
}

// Hurry sets how long a process that is told to end tries to record what it has sent.
func Hurry(n *Notifier, d time.Duration) { n.recordTimeout = d }

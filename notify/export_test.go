package notify

import (
	"context"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// TakeAndDie takes leads up as a process does that ends before it begins with any of them.
func TakeAndDie(ctx context.Context, n *Notifier, count int) error {
	_, err := n.due(ctx, count, func(sqldb.Tx, []string) error { return nil })
	return err
}

// Misset puts the clock of the machine that n runs on wrong.
func Misset(n *Notifier, by time.Duration) {
	n.clock.machine = func() time.Time { return time.Now().Add(by) }
}

// Hurry sets how long a process that is told to end tries to record what it has sent.
func Hurry(n *Notifier, d time.Duration) { n.recordTimeout = d }

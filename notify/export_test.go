package notify

import (
	"context"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// TakeAndDie takes leads up as a process does that ends before it begins with any of them.
func TakeAndDie(ctx context.Context, n *Notifier, count int) error {
	_, err := n.due(ctx, count, func(sqldb.Tx, []string) error { return nil })
	return err
}

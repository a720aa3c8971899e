package notify

import (
	"context"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// renewTogether is how many reminders are renewed in one transaction.
const renewTogether = 50

var (
	takePassed = sqldb.NewStatement("reminders whose due time has passed", `SELECT r.id, r.spec, r.progress, r.acked_at
		FROM notify_reminders r WHERE r.renew_at > 0 AND r.renew_at <= $1 AND r.state = 'active'
		ORDER BY r.renew_at LIMIT $2 FOR UPDATE OF r /*skip*/`)

	lockReminder = sqldb.NewStatement("a reminder", `SELECT r.id, r.spec, r.progress, r.acked_at
		FROM notify_reminders r WHERE r.id = $1 AND r.state = 'active' FOR UPDATE OF r`)

	putOffRenewal = sqldb.NewStatement("put a renewal off", `UPDATE notify_reminders SET renew_at = $1 WHERE id = $2`)
)

// storedReminder is a reminder whose row is locked. r is nil where it cannot be read.
type storedReminder struct {
	key string
	r   *Reminder
}

func queryReminders(ctx context.Context, tx sqldb.Tx, s *sqldb.Statement, args ...any) (list []storedReminder, err error) {
	_, err = tx.Run(ctx, func(rows sqldb.Rows) error {
		var one storedReminder
		var spec, progress string
		var acked int64
		err := rows.Scan(&one.key, &spec, &progress, &acked)
		if err == nil {
			one.r, _ = decodeReminder(spec, progress, acked)
		}
		list = append(list, one)
		return err
	}, s, nil, args...)
	return list, err
}

// lockOne locks the row of an active reminder; nil if there is none that can be read.
func lockOne(ctx context.Context, tx sqldb.Tx, key string) (*Reminder, error) {
	list, err := queryReminders(ctx, tx, lockReminder, key)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0].r, nil
}

// storeAgain writes reminders whose rows are locked, and what becomes of their leads.
func storeAgain(ctx context.Context, tx sqldb.Tx, db *sqldb.DB, batch []plan, now time.Time) error {
	var t sqldb.Table
	known := map[string]bool{}
	for i := range batch {
		batch[i].row(&t, now)
		known[batch[i].reminder.Key] = true
	}
	if err := run(ctx, tx, saveReminders, &t); err != nil {
		return err
	}
	return storePlans(ctx, tx, db, batch, known, now)
}

package notify

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// store writes a batch of plans. The rows of its reminders are locked first: what is decided about their leads holds.
func store(ctx context.Context, tx sqldb.Tx, db *sqldb.DB, batch []plan, now time.Time) error {
	batch = slices.Clone(batch)                                                                            // it is done again where the database breaks the transaction off
	slices.SortFunc(batch, func(a, b plan) int { return strings.Compare(a.reminder.Key, b.reminder.Key) }) // one order of locks for all
	known := map[string]bool{}
	for some := range slices.Chunk(batch, insertRows) {
		if err := storeReminders(ctx, tx, some, known, now); err != nil {
			return err
		}
	}
	if err := storePlans(ctx, tx, db, batch, known, now); err != nil {
		return err
	}
	return forgetLooks(ctx, tx, known)
}

// storePlans writes what becomes of the leads of reminders whose rows are locked.
func storePlans(ctx context.Context, tx sqldb.Tx, db *sqldb.DB, batch []plan, known map[string]bool, now time.Time) error {
	var fresh, changed []firing
	for i := range batch {
		var stored []firing
		if p := &batch[i]; known[p.reminder.Key] {
			var err error
			if stored, err = loadStored(ctx, tx, db, p); err != nil {
				return err
			}
		}
		f, c := batch[i].replan(stored, unix(now))
		fresh, changed = append(fresh, f...), append(changed, c...)
	}
	if err := insertFirings(ctx, tx, fresh, ""); err != nil {
		return err
	}
	return changeFirings(ctx, tx, changed)
}

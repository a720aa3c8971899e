package notify

import (
	"context"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// saveReader stores a reader, or what is new about it.
func saveReader(ctx context.Context, tx sqldb.Tx, name string, states doorSet, keep time.Duration) error {
	_, err := tx.Exec(ctx, `INSERT INTO notify_readers (name, states, keep) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET states = excluded.states, keep = excluded.keep`,
		name, string(states), keep.Milliseconds())
	return err
}

// dropReader deletes a reader with all that waits for it.
func dropReader(ctx context.Context, tx sqldb.Tx, name string) error {
	_, err := tx.Exec(ctx, `DELETE FROM notify_readers WHERE name = $1`, name)
	if err == nil {
		_, err = tx.Exec(ctx, `DELETE FROM notify_changes WHERE reader = $1`, name)
	}
	return err
}

// leaseReader takes the right to read for a while, unless another has it. ok is false then.
func leaseReader(ctx context.Context, tx sqldb.Tx, name, holder string, now, until int64) (ok bool, err error) {
	changed, err := tx.Exec(ctx, `UPDATE notify_readers SET holder = $1, lease_until = $2
		WHERE name = $3 AND (holder = $1 OR lease_until <= $4)`, holder, until, name, now)
	return changed == 1, err
}

// releaseReader gives the right back.
func releaseReader(ctx context.Context, tx sqldb.Tx, name, holder string) error {
	_, err := tx.Exec(ctx, `UPDATE notify_readers SET lease_until = 0 WHERE name = $1 AND holder = $2`, name, holder)
	return err
}

var (
	oldestChanges = sqldb.NewStatement("changes", `SELECT c.seq, c.at, c.firing_id, c.reminder_id, c.user_id, c.due, c.lead,
		c.was, c.state, c.door, c.reason FROM notify_changes c WHERE c.reader = $1 ORDER BY c.seq LIMIT $2`)

	dropChanges = sqldb.NewStatement("acknowledge changes", `DELETE FROM notify_changes
		WHERE reader = $1 AND seq IN (SELECT v.seq FROM {seq bigint})`)

	lateChanges = sqldb.NewStatement("changes that nobody acknowledged", `DELETE FROM notify_changes WHERE seq IN (
		SELECT c.seq FROM {name text, before bigint} CROSS JOIN notify_changes c
		WHERE c.reader = v.name AND c.at < v.before
			AND c.seq <= (SELECT MAX(few.seq) FROM (SELECT o.seq FROM notify_changes o WHERE o.reader = v.name
				ORDER BY o.seq LIMIT 200) few))`)
)

// readChanges returns the oldest changes that wait for a reader.
func readChanges(ctx context.Context, tx sqldb.Tx, reader string, most int) (list []Change, err error) {
	_, err = tx.Run(ctx, func(rows sqldb.Rows) error {
		var c Change
		var at, due int64
		var lead string
		err := rows.Scan(&c.ID, &at, &c.LeadID, &c.Key, &c.User, &due, &lead, &c.Was, &c.State, &c.Door, &c.Reason)
		c.At, c.Due = fromUnix(at), fromUnix(due)
		_ = c.Lead.UnmarshalText([]byte(lead)) // one that cannot be read keeps no other waiting
		list = append(list, c)
		return err
	}, oldestChanges, nil, reader, int64(most))
	return list, err
}

// ackChanges deletes changes of a reader.
func ackChanges(ctx context.Context, tx sqldb.Tx, reader string, changes []Change) error {
	var t sqldb.Table
	for _, c := range changes {
		t.Add(c.ID)
	}
	if t.Len() == 0 {
		return nil
	}
	_, err := tx.Run(ctx, nil, dropChanges, &t, reader)
	return err
}

// dropLateChanges deletes, of the oldest changes of each reader, those that waited for too long.
func dropLateChanges(ctx context.Context, tx sqldb.Tx, db *sqldb.DB) (int, error) {
	var t sqldb.Table
	err := tx.Query(ctx, func(rows sqldb.Rows) error {
		var name string
		var before int64
		err := rows.Scan(&name, &before)
		t.Add(name, before)
		return err
	}, `SELECT name, `+db.ChangeTime()+` - keep FROM notify_readers`)
	if err != nil {
		return 0, err
	}
	return change(ctx, tx, lateChanges, &t)
}

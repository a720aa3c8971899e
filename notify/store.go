package notify

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// insertRows is how many rows one statement inserts: enough to spare round trips, and few enough for SQLite,
// which looks for each parameter among all before it.
const insertRows = 50

// store writes a batch of plans.
func store(ctx context.Context, tx sqldb.Tx, db *sqldb.DB, batch []plan, now time.Time) error {
	slices.SortFunc(batch, func(a, b plan) int { return strings.Compare(a.reminder.Key, b.reminder.Key) }) // one order of locks for all
	versions := make(map[string]int64, len(batch))
	for rows := range slices.Chunk(batch, insertRows) {
		if err := storeReminders(ctx, tx, rows, versions, now); err != nil {
			return err
		}
	}
	if err := storeFirings(ctx, tx, batch, versions, now); err != nil {
		return err
	}
	var renewed []string
	for key, version := range versions {
		if version > 1 {
			renewed = append(renewed, key)
		}
	}
	slices.Sort(renewed)
	for _, key := range renewed {
		if err := dropOthers(ctx, tx, db, key, versions[key], "moved to another due time", now); err != nil {
			return err
		}
	}
	return nil
}

// storeReminders stores a few reminders and notes their versions.
func storeReminders(ctx context.Context, tx sqldb.Tx, batch []plan, versions map[string]int64, now time.Time) error {
	v := values{}
	for i := range batch {
		r := &batch[i].reminder
		v.row(r.Key, r.User, r.Topic, unix(r.Due), batch[i].spec, 1, "active", unix(now))
	}
	return tx.Query(ctx, func(rows sqldb.Rows) error {
		var key string
		var version int64
		err := rows.Scan(&key, &version)
		versions[key] = version
		return err
	}, `INSERT INTO notify_reminders (id, user_id, topic, due, spec, version, state, updated_at) VALUES `+v.sql()+`
		ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, topic = excluded.topic, due = excluded.due,
		spec = excluded.spec, version = notify_reminders.version + 1, state = 'active', updated_at = excluded.updated_at
		RETURNING id, version`, v.args...)
}

// revived is the condition for a lead to be planned anew: it was dropped, or missed and its time has been moved
// into the future.
const revived = `(notify_firings.state = 'cancelled' OR (notify_firings.state = 'missed' AND excluded.fire_at > %s))`

func storeFirings(ctx context.Context, tx sqldb.Tx, batch []plan, versions map[string]int64, now time.Time) error {
	var all []firing
	for i := range batch {
		all = append(all, batch[i].firings...)
	}
	for chunk := range slices.Chunk(all, insertRows) {
		v := values{}
		for _, f := range chunk {
			v.row(f.id, f.reminder, f.user, f.due, f.lead.String(), f.fireAt, string(f.state), versions[f.reminder], f.reason)
		}
		again := fmt.Sprintf(revived, placeholder(len(v.args)+1))
		_, err := tx.Exec(ctx, `INSERT INTO notify_firings
			(id, reminder_id, user_id, due, lead, fire_at, state, version, reason) VALUES `+v.sql()+`
			ON CONFLICT (id) DO UPDATE SET version = excluded.version, user_id = excluded.user_id,
			wants = '', looked = '',
			fire_at = CASE WHEN NOT (notify_firings.state = 'planned' OR `+again+`) THEN notify_firings.fire_at
				WHEN excluded.fire_at < notify_firings.wait_until THEN notify_firings.wait_until
				ELSE excluded.fire_at END,
			reason = CASE WHEN `+again+` THEN excluded.reason ELSE notify_firings.reason END,
			settled_at = CASE WHEN `+again+` THEN 0 ELSE notify_firings.settled_at END,
			state = CASE WHEN `+again+` THEN excluded.state ELSE notify_firings.state END`,
			append(v.args, unix(now))...)
		if err != nil {
			return err
		}
	}
	return nil
}

// dropOthers cancels the leads of a reminder that belong to an older version. One whose message is under way
// stays: the leads are locked first, so that a worker that is just committing to a send is seen.
func dropOthers(
	ctx context.Context, tx sqldb.Tx, db *sqldb.DB, key string, version int64, reason string, now time.Time,
) error {
	err := tx.Query(ctx, func(sqldb.Rows) error { return nil },
		db.Lock(`SELECT id FROM notify_firings WHERE reminder_id = $1 AND version < $2
			AND state IN ('planned', 'queued') ORDER BY id`), key, version)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE notify_firings SET state = 'cancelled', reason = $1, settled_at = $2
		WHERE reminder_id = $3 AND version < $4 AND state IN ('planned', 'queued') AND NOT EXISTS (
			SELECT 1 FROM notify_intents i WHERE i.firing_id = notify_firings.id AND i.state = 'sending')`,
		reason, unix(now), key, version)
	return err
}

// values writes the rows of an INSERT.
type values struct {
	text strings.Builder
	args []any
}

func (v *values) row(args ...any) {
	if len(v.args) > 0 {
		v.text.WriteString(", ")
	}
	for i := range args {
		v.text.WriteString([...]string{"(", ", "}[min(i, 1)])
		v.text.WriteString("$" + strconv.Itoa(len(v.args)+i+1))
	}
	v.text.WriteString(")")
	v.args = append(v.args, args...)
}

func (v *values) sql() string { return v.text.String() }

package notify

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// insertRows is how many rows one statement inserts: enough to spare round trips, and few enough for SQLite,
// which looks for each parameter among all before it.
const insertRows = 50

// forgetLooks lets every process look again at the leads of reminders that were planned again: the content may be for
// other doors now. The state is wrapped so that SQLite looks for the reminders, not through all that is planned.
func forgetLooks(ctx context.Context, tx sqldb.Tx, known map[string]bool) error {
	var again []string
	for key, before := range known {
		if before {
			again = append(again, key)
		}
	}
	slices.Sort(again)
	for some := range slices.Chunk(again, insertRows) {
		v := values{}
		v.row(anyOf(some)...)
		_, err := tx.Exec(ctx, `UPDATE notify_firings SET wants = '', looked = '' WHERE reminder_id IN `+v.sql()+`
			AND COALESCE(state, '') = 'planned' AND (wants <> '' OR looked <> '')`, v.args...)
		if err != nil {
			return err
		}
	}
	return nil
}

func anyOf(list []string) []any {
	values := make([]any, len(list))
	for i, s := range list {
		values[i] = s
	}
	return values
}

// storeReminders stores a few reminders, and notes which were there before. Of those it locks the rows first: what has
// become of them decides what is stored.
func storeReminders(ctx context.Context, tx sqldb.Tx, batch []plan, known map[string]bool, now time.Time) error {
	v := values{}
	for i := range batch {
		p := &batch[i]
		r := &p.reminder
		v.row(r.Key, r.User, r.Topic, unix(r.Due), p.spec, 1, "active", unix(now), p.renewAt(), r.encodeProgress(), p.byReply())
	}
	old := map[string]*Reminder{}
	err := tx.Query(ctx, func(rows sqldb.Rows) error {
		var key, spec, progress string
		var version, acked int64
		err := rows.Scan(&key, &version, &spec, &progress, &acked)
		if known[key] = version > 1; known[key] {
			old[key], _ = decodeReminder(spec, progress, acked) // one that cannot be read is replaced
		}
		return err
	}, `INSERT INTO notify_reminders (id, user_id, topic, due, spec, version, state, updated_at, renew_at, progress, by_reply)
		VALUES `+v.sql()+` ON CONFLICT (id) DO UPDATE SET version = notify_reminders.version + 1
		RETURNING id, version, spec, progress, acked_at`, v.args...)
	if err != nil {
		return err
	}
	var t sqldb.Table
	for i := range batch {
		p := &batch[i]
		if !known[p.reminder.Key] {
			continue
		}
		if before := old[p.reminder.Key]; before != nil {
			if err := p.resume(before, now); err != nil {
				return err
			}
		}
		p.row(&t, now)
	}
	return run(ctx, tx, saveReminders, &t)
}

var saveReminders = sqldb.NewStatement("plan reminders again", `UPDATE notify_reminders SET user_id = v.user_id, topic = v.topic,
	due = v.due, spec = v.spec, state = 'active', updated_at = v.updated_at, renew_at = v.renew_at, progress = v.progress,
	by_reply = v.by_reply, acked_at = CASE WHEN v.acked_at > notify_reminders.acked_at
	THEN v.acked_at ELSE notify_reminders.acked_at END
	FROM {id text, user_id text, topic text, due bigint, spec text, updated_at bigint, renew_at bigint, progress text,
		by_reply bigint, acked_at bigint}
	WHERE notify_reminders.id = v.id`)

// row adds the reminder to a table for saveReminders.
func (p *plan) row(t *sqldb.Table, now time.Time) {
	r := &p.reminder
	t.Add(r.Key, r.User, r.Topic, unix(r.Due), p.spec, unix(now), p.renewAt(), r.encodeProgress(), p.byReply(),
		r.progress.Acked)
}

// nearDue bounds the due times of leads that may be those of a plan: of the same day, wherever the user is.
const nearDue = int64(3 * 24 * time.Hour / time.Millisecond)

// loadStored returns the leads that a new plan of a reminder may concern: what waits, and what happened around the
// new due time. They are locked before it asks what is under way, so that a worker that is just committing to a send
// is seen. The query is so simple that no planner can miss the index.
func loadStored(ctx context.Context, tx sqldb.Tx, db *sqldb.DB, p *plan) (list []firing, err error) {
	due := unix(p.reminder.Due)
	err = tx.Query(ctx, func(rows sqldb.Rows) error {
		f := firing{reminder: p.reminder.Key}
		var lead string
		err := rows.Scan(&f.id, &f.user, &f.due, &lead, &f.fireAt, &f.meantAt, &f.waitTill, &f.state, &f.tries, &f.reason,
			&f.settledAt)
		if err == nil {
			err = f.lead.UnmarshalText([]byte(lead))
		}
		list = append(list, f)
		return err
	}, db.Lock(`SELECT id, user_id, due, lead, fire_at, meant_at, wait_until, state, tries, reason, settled_at
		FROM notify_firings WHERE reminder_id = $1 AND (state IN ('planned', 'queued') OR due BETWEEN $2 AND $3) ORDER BY id`),
		p.reminder.Key, due-nearDue, due+nearDue)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if f := &list[i]; f.state == Queued {
			var count int64
			err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM notify_intents WHERE firing_id = $1 AND state = 'sending'`, f.id).
				Scan(&count)
			if f.open = count > 0; err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// insertFirings writes leads; onConflict says what is done with those that are there.
func insertFirings(ctx context.Context, tx sqldb.Tx, list []firing, onConflict string) error {
	for chunk := range slices.Chunk(list, insertRows) {
		v := values{}
		for _, f := range chunk {
			v.row(f.id, f.reminder, f.user, f.due, f.lead.String(), f.fireAt, f.meantAt, f.waitTill, string(f.state), 0,
				f.tries, f.reason, f.settledAt)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO notify_firings (id, reminder_id, user_id, due, lead, fire_at, meant_at,
			wait_until, state, version, tries, reason, settled_at) VALUES `+v.sql()+onConflict, v.args...); err != nil {
			return err
		}
	}
	return nil
}

// changeFirings writes what a plan changed in leads that were locked. The attempts of one that comes back no longer
// shut their doors.
func changeFirings(ctx context.Context, tx sqldb.Tx, list []firing) error {
	err := insertFirings(ctx, tx, list, ` ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, due = excluded.due,
		fire_at = excluded.fire_at, meant_at = excluded.meant_at, wait_until = excluded.wait_until, state = excluded.state,
		takes = CASE WHEN notify_firings.settled_at = 0 THEN notify_firings.takes ELSE 0 END, tries = excluded.tries,
		reason = excluded.reason, settled_at = excluded.settled_at`)
	if err != nil {
		return err
	}
	for _, f := range list {
		if !f.anew {
			continue
		}
		if _, err := tx.Exec(ctx, `UPDATE notify_intents SET state = 'retried' WHERE firing_id = $1
			AND state IN ('refused', 'failed')`, f.id); err != nil {
			return err
		}
	}
	return nil
}

// drop cancels the leads of a reminder. One whose message is under way stays: the leads are locked first, so that a
// worker that is just committing to a send is seen.
func drop(ctx context.Context, tx sqldb.Tx, db *sqldb.DB, key string, now time.Time) error {
	err := tx.Query(ctx, func(sqldb.Rows) error { return nil },
		db.Lock(`SELECT id FROM notify_firings WHERE reminder_id = $1 AND state IN ('planned', 'queued') ORDER BY id`), key)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE notify_firings SET state = 'cancelled', reason = $1, settled_at = $2
		WHERE reminder_id = $3 AND state IN ('planned', 'queued') AND NOT EXISTS (
			SELECT 1 FROM notify_intents i WHERE i.firing_id = notify_firings.id AND i.state = 'sending')`,
		reminderCancelled, unix(now), key)
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

func loadReminder(ctx context.Context, tx sqldb.Tx, key string) (r *Reminder, active bool, err error) {
	var spec, progress, state string
	var acked int64
	err = tx.QueryRow(ctx, `SELECT spec, progress, acked_at, state FROM notify_reminders WHERE id = $1`, key).
		Scan(&spec, &progress, &acked, &state)
	if err != nil {
		return nil, false, err
	}
	r, err = decodeReminder(spec, progress, acked)
	return r, state == "active", err
}

// cancel ends a reminder, if it is active.
func cancel(ctx context.Context, tx sqldb.Tx, key string, now time.Time) (found bool, err error) {
	changed, err := tx.Exec(ctx, `UPDATE notify_reminders SET state = 'cancelled', version = version + 1,
		updated_at = $1, renew_at = 0 WHERE id = $2 AND state = 'active'`, unix(now), key)
	return changed == 1, err
}

func addOptOut(ctx context.Context, tx sqldb.Tx, user, topic string, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO notify_optouts (user_id, topic, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		user, topic, unix(now))
	return err
}

func dropOptOut(ctx context.Context, tx sqldb.Tx, user, topic string) error {
	_, err := tx.Exec(ctx, `DELETE FROM notify_optouts WHERE user_id = $1 AND topic = $2`, user, topic)
	return err
}

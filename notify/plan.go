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

// planBatch is how many reminders are planned in one transaction.
const planBatch = 500

// Plan stores a reminder. A new Key is planned; a Key with another Due is a renewal: what was planned for the
// old Due is dropped, the leads of the new one are planned. Planning the same again changes nothing, and a lead
// that was sent for a Due is not sent for it again, whatever is planned in between.
func (n *Notifier) Plan(ctx context.Context, r *Reminder) error {
	return n.PlanAll(ctx, []*Reminder{r})
}

// PlanAll plans many reminders, in batches of 500: after an error those of earlier batches are stored. Nothing
// is stored if one of them is incomplete, or two have the same Key.
func (n *Notifier) PlanAll(ctx context.Context, reminders []*Reminder) error {
	plans := make([]plan, len(reminders))
	seen := make(map[string]bool, len(reminders))
	now := n.cfg.Now()
	for i, r := range reminders {
		p, err := n.prepare(r, now)
		if err != nil {
			return err
		}
		if seen[r.Key] {
			return fieldError("Key", "there twice")
		}
		seen[r.Key], plans[i] = true, p
	}
	for batch := range slices.Chunk(plans, planBatch) {
		if err := n.db.Tx(ctx, func(tx sqldb.Tx) error { return store(ctx, tx, batch, now) }); err != nil {
			return fmt.Errorf("notify: plan: %w", err)
		}
	}
	return nil
}

// plan is a reminder ready to be stored.
type plan struct {
	reminder Reminder
	spec     string
	firings  []firing
}

func (n *Notifier) prepare(r *Reminder, now time.Time) (plan, error) {
	p := plan{reminder: *r}
	p.reminder.Due = r.Due.Truncate(time.Millisecond)
	c, err := p.reminder.check(n.cfg.Zone)
	if err != nil {
		return p, err
	}
	if err := n.checkContent(&p.reminder.Content); err != nil {
		return p, err
	}
	p.firings = p.reminder.firings(c, now, n.cfg.Grace)
	p.spec, err = p.reminder.encode()
	return p, err
}

// checkContent refuses what no door could ever send, unless Compose writes something else.
func (n *Notifier) checkContent(c *Content) error {
	if n.cfg.Compose != nil {
		return nil
	}
	if c.empty() {
		return fieldError("Content", "empty")
	}
	for _, d := range n.cfg.Doors {
		if err := checkContent(d, c); err != nil {
			return err
		}
	}
	return nil
}

func store(ctx context.Context, tx sqldb.Tx, batch []plan, now time.Time) error {
	slices.SortFunc(batch, func(a, b plan) int { return strings.Compare(a.reminder.Key, b.reminder.Key) }) // one order of locks for all
	versions, err := storeReminders(ctx, tx, batch, now)
	if err != nil {
		return err
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
		if err := dropOthers(ctx, tx, key, versions[key], "moved to another due time", now); err != nil {
			return err
		}
	}
	return nil
}

func storeReminders(ctx context.Context, tx sqldb.Tx, batch []plan, now time.Time) (map[string]int64, error) {
	v := values{}
	for i := range batch {
		r := &batch[i].reminder
		v.row(r.Key, r.User, r.Topic, unix(r.Due), batch[i].spec, 1, "active", unix(now))
	}
	versions := make(map[string]int64, len(batch))
	err := tx.Query(ctx, func(rows sqldb.Rows) error {
		var key string
		var version int64
		err := rows.Scan(&key, &version)
		versions[key] = version
		return err
	}, `INSERT INTO notify_reminders (id, user_id, topic, due, spec, version, state, updated_at) VALUES `+v.sql()+`
		ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, topic = excluded.topic, due = excluded.due,
		spec = excluded.spec, version = notify_reminders.version + 1, state = 'active', updated_at = excluded.updated_at
		RETURNING id, version`, v.args...)
	return versions, err
}

// revived is the condition for a lead to be planned anew: it was dropped, or missed and its time has been moved
// into the future.
const revived = `(notify_firings.state = 'cancelled' OR (notify_firings.state = 'missed' AND excluded.fire_at > %s))`

func storeFirings(ctx context.Context, tx sqldb.Tx, batch []plan, versions map[string]int64, now time.Time) error {
	var all []firing
	for i := range batch {
		all = append(all, batch[i].firings...)
	}
	for chunk := range slices.Chunk(all, planBatch) {
		v := values{}
		for _, f := range chunk {
			v.row(f.id, f.reminder, f.user, f.due, f.lead.String(), f.fireAt, string(f.state), versions[f.reminder], f.reason)
		}
		again := fmt.Sprintf(revived, placeholder(len(v.args)+1))
		_, err := tx.Exec(ctx, `INSERT INTO notify_firings
			(id, reminder_id, user_id, due, lead, fire_at, state, version, reason) VALUES `+v.sql()+`
			ON CONFLICT (id) DO UPDATE SET version = excluded.version, user_id = excluded.user_id,
			fire_at = CASE WHEN notify_firings.state = 'planned' OR `+again+` THEN excluded.fire_at
				ELSE notify_firings.fire_at END,
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
// stays.
func dropOthers(ctx context.Context, tx sqldb.Tx, key string, version int64, reason string, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE notify_firings SET state = 'cancelled', reason = $1, settled_at = $2
		WHERE reminder_id = $3 AND version < $4 AND state IN ('planned', 'queued') AND NOT EXISTS (
			SELECT 1 FROM notify_intents i WHERE i.firing_id = notify_firings.id AND i.state = 'sending')`,
		reason, unix(now), key, version)
	return err
}

// Cancel drops what is planned for a reminder. It reports whether there was such a reminder. Messages that are
// under way, or were sent, stay in the history.
func (n *Notifier) Cancel(ctx context.Context, key string) (found bool, err error) {
	err = n.db.Tx(ctx, func(tx sqldb.Tx) error {
		now := n.cfg.Now()
		changed, err := tx.Exec(ctx, `UPDATE notify_reminders SET state = 'cancelled', version = version + 1,
			updated_at = $1 WHERE id = $2 AND state = 'active'`, unix(now), key)
		if found = changed == 1; err != nil || !found {
			return err
		}
		var version int64
		if err := tx.QueryRow(ctx, `SELECT version FROM notify_reminders WHERE id = $1`, key).Scan(&version); err != nil {
			return err
		}
		return dropOthers(ctx, tx, key, version, "the reminder was cancelled", now)
	})
	if err != nil {
		return false, fmt.Errorf("notify: cancel: %w", err)
	}
	return found, nil
}

// OptOut keeps a user from being reminded of a topic; "" is every topic. What is planned stays planned and
// ends as Skipped when its time comes, so that [Notifier.OptIn] brings back what has not come yet.
func (n *Notifier) OptOut(ctx context.Context, user, topic string) error {
	return n.write(ctx, "opt-out", `INSERT INTO notify_optouts (user_id, topic, at) VALUES ($1, $2, $3)
		ON CONFLICT DO NOTHING`, user, topic, unix(n.cfg.Now()))
}

// OptIn takes an OptOut of the same topic back.
func (n *Notifier) OptIn(ctx context.Context, user, topic string) error {
	return n.write(ctx, "opt-in", `DELETE FROM notify_optouts WHERE user_id = $1 AND topic = $2`, user, topic)
}

func (n *Notifier) write(ctx context.Context, what, query string, args ...any) error {
	err := n.db.Tx(ctx, func(tx sqldb.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("notify: %s: %w", what, err)
	}
	return nil
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

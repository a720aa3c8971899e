package notify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// Query chooses leads of reminders. Empty fields choose all.
type Query struct {
	Key    string // of a reminder
	User   string
	States []State
	// From and To bound the time at which a lead is sent, or was to be sent: From <= FireAt < To.
	From, To time.Time
	// After continues behind the ID of the last Status of the page before, with the same Query.
	After *Status
	Limit int // defaults to 100
}

const defaultLimit = 100

// List returns leads of reminders, planned and past ones, in the order of FireAt: what comes next with States
// [Planned], what happened to a reminder with its Key, and what nobody can tell with States [Unknown].
func (n *Notifier) List(ctx context.Context, q Query) ([]Status, error) {
	if !q.finds() {
		return nil, nil
	}
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	where, args := q.where()
	args = append(args, q.Limit)
	var list []Status
	err := n.db.Tx(ctx, func(tx sqldb.Tx) error {
		list = nil
		return tx.Query(ctx, func(rows sqldb.Rows) error {
			s, err := scanStatus(rows)
			list = append(list, s)
			return err
		}, `SELECT id, reminder_id, user_id, due, lead, fire_at, state, door, reason, decision, tries, settled_at
			FROM notify_firings`+where+` ORDER BY fire_at, id LIMIT `+placeholder(len(args)), args...)
	})
	if err != nil {
		return nil, fmt.Errorf("notify: list: %w", err)
	}
	return list, nil
}

// Next returns the next lead of a reminder and when it is sent; ok is false if nothing is planned.
func (n *Notifier) Next(ctx context.Context, key string) (s Status, ok bool, err error) {
	list, err := n.List(ctx, Query{Key: key, States: []State{Planned, Queued}, Limit: 1})
	if err != nil || len(list) == 0 {
		return Status{}, false, err
	}
	return list[0], true, nil
}

// Counts returns how many leads that Query chooses are in each state. Limit and After have no effect.
func (n *Notifier) Counts(ctx context.Context, q Query) (map[State]int, error) {
	q.After = nil
	if !q.finds() {
		return map[State]int{}, nil
	}
	where, args := q.where()
	counts := map[State]int{}
	err := n.db.Tx(ctx, func(tx sqldb.Tx) error {
		return tx.Query(ctx, func(rows sqldb.Rows) error {
			var s State
			var count int
			err := rows.Scan(&s, &count)
			counts[s] = count
			return err
		}, `SELECT state, COUNT(*) FROM notify_firings`+where+` GROUP BY state`, args...)
	})
	if err != nil {
		return nil, fmt.Errorf("notify: counts: %w", err)
	}
	return counts, nil
}

// Find returns a reminder as it was planned last; ok is false if there is none, or it was cancelled.
func (n *Notifier) Find(ctx context.Context, key string) (r *Reminder, ok bool, err error) {
	if !isText(key) {
		return nil, false, nil
	}
	err = n.db.Tx(ctx, func(tx sqldb.Tx) (err error) {
		r, ok, err = loadReminder(ctx, tx, key)
		return ignoreNoRows(err)
	})
	if err != nil {
		return nil, false, fmt.Errorf("notify: find: %w", err)
	}
	return r, ok, nil
}

// where writes the conditions, with their parameters in the order of use.
func (q *Query) where() (string, []any) {
	var conditions []string
	var args []any
	add := func(format string, values ...any) {
		marks := make([]any, len(values))
		for i, v := range values {
			args = append(args, v)
			marks[i] = placeholder(len(args))
		}
		conditions = append(conditions, fmt.Sprintf(format, marks...))
	}
	if q.Key != "" {
		add("reminder_id = %s", q.Key)
	}
	if q.User != "" {
		add("user_id = %s", q.User)
	}
	if len(q.States) > 0 {
		states := make([]any, len(q.States))
		for i, s := range q.States {
			states[i] = string(s)
		}
		add("state IN (%s"+strings.Repeat(", %s", len(states)-1)+")", states...)
	}
	if !q.From.IsZero() {
		add("fire_at >= %s", unix(q.From))
	}
	if !q.To.IsZero() {
		add("fire_at < %s", unix(q.To))
	}
	if q.After != nil {
		at := unix(q.After.FireAt)
		add("(fire_at > %s OR (fire_at = %s AND id > %s))", at, at, q.After.ID)
	}
	if len(conditions) == 0 {
		return "", args
	}
	return " WHERE " + strings.Join(conditions, " AND "), args
}

func scanStatus(row sqldb.Row) (Status, error) {
	var s Status
	var lead, decision string
	var due, fireAt, settledAt int64
	err := row.Scan(&s.ID, &s.Key, &s.User, &due, &lead, &fireAt, &s.State, &s.Door, &s.Reason, &decision,
		&s.Tries, &settledAt)
	if err != nil {
		return s, err
	}
	s.Due, s.FireAt, s.SettledAt = fromUnix(due), fromUnix(fireAt), fromUnix(settledAt)
	if err := s.Lead.UnmarshalText([]byte(lead)); err != nil {
		return s, err
	}
	s.Steps, err = decodeSteps(decision)
	return s, err
}

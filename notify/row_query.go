package notify

import (
	"context"
	"fmt"
	"strings"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

func listLeads(ctx context.Context, tx sqldb.Tx, q *Query) (list []Status, err error) {
	where, args := q.where()
	args = append(args, q.Limit)
	err = tx.Query(ctx, func(rows sqldb.Rows) error {
		s, err := scanStatus(rows)
		list = append(list, s)
		return err
	}, `SELECT id, reminder_id, user_id, due, lead, fire_at, state, door, reason, decision, tries, settled_at
		FROM notify_firings`+where+` ORDER BY fire_at, id LIMIT `+placeholder(len(args)), args...)
	return list, err
}

func countLeads(ctx context.Context, tx sqldb.Tx, q *Query) (map[State]int, error) {
	where, args := q.where()
	counts := map[State]int{}
	err := tx.Query(ctx, func(rows sqldb.Rows) error {
		var s State
		var count int
		err := rows.Scan(&s, &count)
		counts[s] = count
		return err
	}, `SELECT state, COUNT(*) FROM notify_firings`+where+` GROUP BY state`, args...)
	return counts, err
}

func placeholder(n int) string { return fmt.Sprintf("$%d", n) }

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

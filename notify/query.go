package notify

import (
	"context"
	"fmt"
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
	var list []Status
	err := n.db.Tx(ctx, func(tx sqldb.Tx) (err error) {
		list, err = listLeads(ctx, tx, &q)
		return err
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
	var counts map[State]int
	err := n.db.Tx(ctx, func(tx sqldb.Tx) (err error) {
		counts, err = countLeads(ctx, tx, &q)
		return err
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

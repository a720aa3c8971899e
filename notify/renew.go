package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// Renew plans the next due time of a reminder before its due time has passed, as when a user has renewed a contract; due is the
// due time that was renewed. What waits for it is dropped. It returns the due time that holds now, zero if there is
// no such reminder, and whether this call has moved it: of two calls for one due time, from one process or several, one
// has.
//
// Where that time has passed and the next one was planned already, Renew drops what still waits of it, such as leads after
// Due, and moves nothing; nor does it where the rule has ended, or the reminder has none.
func (n *Notifier) Renew(ctx context.Context, key string, due time.Time) (holds time.Time, moved bool, err error) {
	return n.renew(ctx, n.write, key, due)
}

func (n *Notifier) renew(ctx context.Context, in inTx, key string, due time.Time) (holds time.Time, moved bool, err error) {
	if err := needText("key", key); err != nil {
		return time.Time{}, false, err
	}
	if due.IsZero() {
		return time.Time{}, false, fieldError("due", "zero")
	}
	var found bool
	err = n.change(ctx, in, "renew", key, &found, func(r *Reminder, zone *time.Location) (next *Reminder) {
		next, moved = r.renewedByHand(unix(due), zone)
		if holds = r.Due; next != nil {
			holds = next.Due
		}
		return next
	})
	return holds, moved && err == nil, err
}

// inTx runs fn in a transaction, of the Notifier's own or of the program's; what tells an error.
type inTx func(ctx context.Context, what string, fn func(sqldb.Tx) error) error

// renewedByHand returns the reminder as it is after somebody renewed a due time, nil if that changes nothing.
func (r *Reminder) renewedByHand(due int64, zone *time.Location) (next *Reminder, moved bool) {
	if due == unix(r.Due) {
		next, moved = r.renewed(zone)
	} else if _, stands := r.of(due, zone); stands {
		copied := *r
		next = &copied
	}
	if next != nil {
		next.progress.Kept = due + 1
	}
	return next, moved
}

// change locks an active reminder and plans it as fn returns it: nil changes nothing. fn has no effects beside it but
// on variables that are set each time.
func (n *Notifier) change(
	ctx context.Context, in inTx, what, key string, found *bool, fn func(*Reminder, *time.Location) *Reminder,
) error {
	return in(ctx, what, func(tx sqldb.Tx) error {
		r, err := lockOne(ctx, tx, key)
		*found = r != nil
		if err != nil || r == nil {
			return err
		}
		zone, err := r.location(n.cfg.Zone)
		if err != nil {
			return err
		}
		next := fn(r, zone)
		if next == nil {
			return nil
		}
		now := n.cfg.Now()
		p := plan{reminder: *next, rules: &n.rules}
		if err := p.build(now); err != nil {
			return err
		}
		if err := storeAgain(ctx, tx, n.db, []plan{p}, now); err != nil {
			return err
		}
		return n.storeBefore(ctx, tx, next, zone, now)
	})
}

// renewalWait is how long a renewal is put off that cannot be made, such as by a process without the reminder's calendar.
const renewalWait = time.Minute

// renewPassed plans the next due times of all reminders whose due time has passed. One that cannot be renewed is put off,
// so that it keeps no other from it.
func (n *Notifier) renewPassed(ctx context.Context) error {
	for limit := renewTogether; ; {
		var keys []string
		err := n.db.Tx(ctx, func(tx sqldb.Tx) (err error) {
			keys, err = n.renewSome(ctx, tx, n.cfg.Now(), limit)
			return err
		})
		switch {
		case err == nil && len(keys) == 0:
			return nil
		case err == nil:
		case len(keys) > 1:
			limit = 1
		case len(keys) == 1 && n.putOffRenewal(ctx, keys[0]) == nil:
			n.cfg.Logger.Error("notify: a reminder cannot be renewed", "reminder", keys[0], "error", err)
		default:
			return fmt.Errorf("notify: renew: %w", err)
		}
	}
}

func (n *Notifier) putOffRenewal(ctx context.Context, key string) error {
	return n.db.Tx(ctx, func(tx sqldb.Tx) error {
		_, err := tx.Run(ctx, nil, putOffRenewal, nil, unix(n.cfg.Now().Add(renewalWait)), key)
		return err
	})
}

// renewNow is renewPassed by the clock of the database. It may hang where the network does.
func (n *Notifier) renewNow(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	if err := n.clock.read(ctx); err != nil {
		return fmt.Errorf("notify: clock of the database: %w", err)
	}
	return n.renewPassed(ctx)
}

// renewSome renews up to limit reminders, each by one step, and returns whose it found. Rows that other processes have are
// passed over.
func (n *Notifier) renewSome(ctx context.Context, tx sqldb.Tx, now time.Time, limit int) (keys []string, err error) {
	if err := tx.ByIndex(ctx); err != nil {
		return nil, err
	}
	list, err := queryReminders(ctx, tx, takePassed, unix(now), int64(limit))
	if err != nil {
		return nil, err
	}
	var batch []plan
	for _, one := range list {
		keys = append(keys, one.key)
		p, until, err := n.rules.renewal(one.r, now)
		switch {
		case err != nil:
			n.cfg.Logger.Error("notify: a reminder cannot be renewed", "reminder", one.key, "error", err)
			fallthrough
		case p == nil:
			if _, err := tx.Run(ctx, nil, putOffRenewal, nil, until, one.key); err != nil {
				return keys, err
			}
		default:
			batch = append(batch, *p)
		}
	}
	return keys, storeAgain(ctx, tx, n.db, batch, now)
}

// renewal returns the plan of the next due time of a reminder whose due time has passed. Without one until is when it is
// looked at again, 0 for never. The leads are planned as of the moment at which the due time passed: what went by since, while
// nothing ran, is for [CatchUp].
func (r *rules) renewal(stored *Reminder, now time.Time) (p *plan, until int64, err error) {
	defer func() {
		if v := recover(); v != nil {
			p, until, err = nil, unix(now.Add(renewalWait)), fmt.Errorf("a calendar panicked: %T", v)
		}
	}()
	if stored == nil {
		return nil, 0, nil
	}
	zone, err := stored.location(r.zone)
	if err != nil {
		return nil, unix(now.Add(renewalWait)), err
	}
	next, ok := stored.renewed(zone)
	switch {
	case !ok:
		return nil, 0, nil
	case stored.Due.After(now): // a build before this one has planned it again
		return nil, unix(stored.Due), nil
	}
	p = &plan{reminder: *next, rules: r}
	if err := p.build(stored.Due); err != nil {
		return nil, unix(now.Add(renewalWait)), err
	}
	return p, 0, nil
}

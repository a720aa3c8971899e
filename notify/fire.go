package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

const (
	// leaseMargin is what a process may take beyond SendTimeout to record an outcome.
	leaseMargin = 2 * time.Second
	// recordTimeout bounds the recording of an outcome, which goes on when the job's time is over.
	recordTimeout = 10 * time.Second
)

// shipment is one send that is committed to.
type shipment struct {
	door   Door
	intent *intent
	msg    Message
	msgID  int64 // of the answer
	err    error // of the answer
}

// turn is what one transaction decided: to send, to wait for the rate limit, or, with neither, to end.
type turn struct {
	send   *shipment
	slot   string // AppID whose turn is needed first
	events []Event
}

// fire does the job of one lead. Each round is one transaction, which records the send of the round before
// and commits to the next one; between two rounds is the call. The last one ends the job.
func (n *Notifier) fire(ctx context.Context, id string, done func(context.Context, sqldb.Tx) error) error {
	content, err := n.compose(ctx, id)
	if err != nil {
		return err
	}
	r := run{n: n, id: id, content: content}
	for {
		var t turn
		err := n.round(ctx, r.sent != nil, func(ctx context.Context, tx sqldb.Tx) error {
			t = turn{}
			if err := r.decide(ctx, tx, &t); err != nil {
				return err
			}
			if t.send != nil || t.slot != "" {
				return nil
			}
			return done(ctx, tx)
		})
		if err != nil {
			return fmt.Errorf("notify: %w", err)
		}
		for _, e := range t.events {
			n.cfg.Observe(e)
		}
		r.sent = t.send
		switch {
		case t.send != nil:
			r.slot = ""
			n.send(ctx, t.send)
		case t.slot != "":
			if r.slot, r.wait, err = n.limits.take(ctx, t.slot); err != nil {
				return fmt.Errorf("notify: %w", err)
			}
		default:
			return nil
		}
	}
}

// compose calls the program's own Compose, outside of any transaction. A failure is content that no door has.
func (n *Notifier) compose(ctx context.Context, id string) (func(*Reminder, Lead) (Content, error), error) {
	if n.cfg.Compose == nil {
		return func(r *Reminder, _ Lead) (Content, error) { return r.Content, nil }, nil
	}
	var r *Reminder
	var f *firing
	err := n.db.Tx(ctx, func(tx sqldb.Tx) (err error) {
		if f, err = loadFiring(ctx, tx, id); err == nil {
			r, _, err = loadReminder(ctx, tx, f.reminder)
		}
		return ignoreNoRows(err)
	})
	if err != nil {
		return nil, fmt.Errorf("notify: %w", err)
	}
	if r == nil {
		return nil, nil // forgotten: nothing will be composed
	}
	c, failed := n.callCompose(ctx, r, f.lead)
	return func(*Reminder, Lead) (Content, error) { return c, failed }, nil
}

func (n *Notifier) callCompose(ctx context.Context, r *Reminder, l Lead) (c Content, err error) {
	defer func() {
		if p := recover(); p != nil {
			n.cfg.Logger.Error("notify: Compose panicked", "reminder", r.Key, "panic", fmt.Sprintf("%T", p))
			err = errCompose
		}
	}()
	return n.cfg.Compose(ctx, r, l)
}

var errCompose = errors.New("notify: Compose panicked")

// round runs one transaction. What was sent is recorded even when the job's time is over.
func (n *Notifier) round(ctx context.Context, sent bool, fn func(context.Context, sqldb.Tx) error) error {
	if sent {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
		defer cancel()
	}
	return n.db.Tx(ctx, func(tx sqldb.Tx) error { return fn(ctx, tx) })
}

// send makes the call. A door that panics may have sent.
func (n *Notifier) send(ctx context.Context, s *shipment) {
	ctx, cancel := context.WithTimeout(ctx, n.cfg.SendTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			n.cfg.Logger.Error("notify: a door panicked", "door", s.door.Name(), "panic", fmt.Sprintf("%T", p))
			s.err = wechat.ErrOutcomeUnknown
		}
	}()
	s.msgID, s.err = s.door.Send(ctx, &s.msg)
}

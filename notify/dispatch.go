package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

const dispatchBatch = 500

func placeholder(n int) string { return fmt.Sprintf("$%d", n) }

// roundsQueued is how many leads for each worker may be under way or wait for one.
const roundsQueued = 8

// shortestPause is between two looks at what is planned, however fast the workers are.
const shortestPause = 50 * time.Millisecond

// due moves leads whose time has come, and those that a dead process left, into the queue, up to a number, and
// hands them to add in the same transaction.
func (n *Notifier) due(ctx context.Context, limit int, add func(sqldb.Tx, []string) error) (count int, err error) {
	if err := n.clock.read(ctx); err != nil {
		return 0, fmt.Errorf("notify: clock of the database: %w", err)
	}
	var ids, left []string
	err = n.db.Tx(ctx, func(tx sqldb.Tx) (err error) {
		if err := n.limits.loadQuotas(ctx, tx); err != nil {
			return err
		}
		old, planned, err := n.rules.takeUp(ctx, tx, moment{n.cfg.Now(), n.clock.now()}, limit)
		if err != nil || len(old)+len(planned) == 0 {
			return err
		}
		var list []*held
		ids, left = nil, nil
		for _, l := range append(old, planned...) {
			h := &held{snap: snapshot{lead: l.firing}}
			switch {
			case l.state == Planned || l.parked > 0:
				l.takes = 0
			default:
				l.takes++
				left = append(left, l.id)
			}
			l.state, l.parked, l.leaseUntil = Queued, 0, n.queuedUntil()
			h.act.lead = &l.firing
			list, ids = append(list, h), append(ids, l.id)
		}
		if err := storeLeads(ctx, tx, list); err != nil {
			return err
		}
		return add(tx, ids)
	})
	if err != nil {
		return 0, fmt.Errorf("notify: dispatch: %w", err)
	}
	if len(left) > 0 {
		n.cfg.Logger.Warn("notify: leads of processes that ended, or are too slow, are taken up again", "leads", len(left))
	}
	return len(ids), nil
}

const (
	// aloneFrom is how often a lead may have been taken up before it goes alone: should it be the one that ends
	// the processes, it takes no other along.
	aloneFrom = 2
	// mostTakes is how often a lead is taken up. It has ended as many processes, or was there each time.
	mostTakes = 5
)

// queuedUntil is when a lead that is queued now may be taken up by others, unless a worker has begun with it.
func (n *Notifier) queuedUntil() int64 {
	return unix(n.clock.now().Add((roundsQueued+2)*n.cfg.SendTimeout + leaseMargin))
}

// FireDue sends all leads whose time has come, one after the other, in the calling goroutine and without the
// engine, and returns how many it looked at. It serves tests, demos with a clock that is turned by hand, and
// programs that are started by cron. The rules are those of the engine, which may run at the same time.
func (n *Notifier) FireDue(ctx context.Context) (fired int, err error) {
	for {
		var ids []string
		count, err := n.due(ctx, dispatchBatch, func(_ sqldb.Tx, list []string) error {
			ids = list
			return nil
		})
		if err != nil || count == 0 {
			return fired, err
		}
		for _, id := range ids {
			if err := n.fire(ctx, ctx, id, func(context.Context, sqldb.Tx) error { return nil }); err != nil {
				return fired, err
			}
			fired++
		}
	}
}

// Start begins to send what is planned, here and in every other process that is started on the database. It
// returns at once; ctx serves the start alone. Call [Notifier.Stop] before closing the database.
func (n *Notifier) Start(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stop != nil {
		return errors.New("notify: started already")
	}
	if err := n.clock.read(ctx); err != nil {
		return fmt.Errorf("notify: clock of the database: %w", err)
	}
	n.alive, n.hurry = context.WithCancel(context.WithoutCancel(ctx))
	if err := n.queue.Start(ctx); err != nil {
		n.hurry()
		return fmt.Errorf("notify: engine: %w", err)
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	n.stop, n.stopped = stop, make(chan struct{})
	go n.dispatch(background, n.stopped)
	return nil
}

// Stop takes up nothing new and waits for the sends under way, until ctx ends: then it cancels them, which
// leaves those without an answer Unknown. Where the database is away, what was sent is recorded when it comes
// back, or, for half a minute, after ctx has ended.
func (n *Notifier) Stop(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stop == nil {
		return nil
	}
	n.stop()
	<-n.stopped
	n.stop = nil
	defer n.hurry()
	defer context.AfterFunc(ctx, n.hurry)()
	if err := n.queue.Stop(ctx); err != nil {
		return fmt.Errorf("notify: engine: %w", err)
	}
	return nil
}

// dispatch fills the queue until ctx ends: when it is time to look, and when workers have made room.
func (n *Notifier) dispatch(ctx context.Context, stopped chan<- struct{}) {
	defer close(stopped)
	ticker := time.NewTicker(n.cfg.Poll)
	defer ticker.Stop()
	pause := time.NewTicker(min(shortestPause, n.cfg.Poll))
	defer pause.Stop()
	for {
		full, err := n.fill(ctx)
		if err != nil && ctx.Err() == nil {
			n.cfg.Logger.Error("notify: planned reminders could not be looked at", "error", err)
		}
		again := ticker.C
		if full && err == nil {
			again = pause.C
		}
		select {
		case <-ctx.Done():
			return
		case <-again:
		}
	}
}

// fill puts what is due into the queue, as long as it is short: what waits in the table can still be moved or
// cancelled, and costs nothing. It reports whether there may be more than the queue takes.
//
// The queue is as long as the living have leases in it. What the dead left must not count, for it is fill that
// has it taken up again; nor does what waits before it is sent again, for it needs no worker meanwhile.
func (n *Notifier) fill(ctx context.Context) (full bool, err error) {
	for {
		var queued int64
		err := n.db.Tx(ctx, func(tx sqldb.Tx) error {
			return tx.QueryRow(ctx, `SELECT COUNT(*) FROM notify_firings WHERE state = 'queued' AND parked = 0
				AND lease_until >= $1`,
				unix(n.clock.now())).Scan(&queued)
		})
		room := min(roundsQueued*n.cfg.Workers-int(queued), dispatchBatch)
		if err != nil || room <= 0 {
			return true, err
		}
		count, err := n.due(ctx, room, func(tx sqldb.Tx, ids []string) error { return n.queue.Add(ctx, tx, ids) })
		if err != nil || count < room {
			return false, err
		}
	}
}

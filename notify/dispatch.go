package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

const (
	// aloneFrom is how often a lead may have been taken up before it goes alone: should it be the one that ends
	// the processes, it takes no other along.
	aloneFrom = 2
	// mostTakes is how often a lead is taken up. It has ended as many processes, or was there each time: its own call was
	// under way, for a process has nothing in hand that it is not at.
	mostTakes = 5
)

// FireDue sends all leads whose time has come, one after the other, in the calling goroutine and without the
// engine, and returns how many it looked at. It serves tests, demos with a clock that is turned by hand, and
// programs that are started by cron. The rules are those of the engine, which may run at the same time.
func (n *Notifier) FireDue(ctx context.Context) (fired int, err error) {
	c := n.newCrew(ctx, 1)
	if err := n.renewNow(ctx); err != nil {
		return 0, err
	}
	for {
		b, err := c.round(ctx, nil, 1)
		if err != nil && b.alone() != nil && sqldb.Refused(err) {
			err = c.putOff(b.alone(), err) // it must not keep the others from being sent
			if err == nil {
				continue
			}
		}
		if err != nil {
			return fired, fmt.Errorf("notify: dispatch: %w", err)
		}
		if b.taken == 0 {
			return fired, nil
		}
		if err := c.finish(ctx); err != nil {
			return fired, fmt.Errorf("notify: %w", err)
		}
		fired += b.taken
	}
}

// Start begins to send what is planned, here and in every other process that is started on the database. It
// returns at once; ctx serves the start alone. Call [Notifier.Shutdown] before closing the database.
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
	n.crew, n.closing = n.newCrew(n.alive, n.cfg.Workers), make(chan struct{})
	if err := n.queue.Start(ctx); err != nil {
		n.hurry()
		return fmt.Errorf("notify: engine: %w", err)
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	n.stop, n.stopped, n.tidied = stop, make(chan struct{}), make(chan struct{})
	go n.dispatch(background, n.stopped)
	go n.upkeep(background, n.tidied)
	return nil
}

// Shutdown takes up nothing new and waits for the sends under way, until ctx ends: then it cancels them, which
// leaves those without an answer Unknown. Where the database is away, what was sent is recorded when it comes
// back, or, for half a minute, after ctx has ended.
func (n *Notifier) Shutdown(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stop == nil {
		return nil
	}
	n.stop()
	<-n.stopped
	<-n.tidied
	n.stop = nil
	close(n.closing)
	defer n.hurry()
	defer context.AfterFunc(ctx, n.hurry)()
	err := n.queue.Stop(ctx)
	if err == nil || n.crew.out() > 0 { // no job was there for what is in hand
		err = errors.Join(err, n.work(context.WithoutCancel(ctx)))
	}
	if err != nil {
		return fmt.Errorf("notify: engine: %w", err)
	}
	return nil
}

// dispatch has a job done whenever there is something to do and none is, until ctx ends.
func (n *Notifier) dispatch(ctx context.Context, stopped chan<- struct{}) {
	defer close(stopped)
	ticker := time.NewTicker(n.cfg.Poll)
	defer ticker.Stop()
	for {
		if err := n.renewNow(ctx); err != nil && ctx.Err() == nil {
			n.cfg.Logger.Error("notify: the next due times of reminders could not be planned", "error", err)
		}
		if err := n.call(ctx); err != nil && ctx.Err() == nil {
			n.cfg.Logger.Error("notify: planned reminders could not be looked at", "error", err)
		}
		if !n.doze(ctx, ticker.C) {
			return
		}
	}
}

// doze waits until it is time to look, or a job has ended before all was done. It reports false when ctx ends.
func (n *Notifier) doze(ctx context.Context, tick <-chan time.Time) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-tick:
			return true
		case <-n.ended:
			if n.crew.out() > 0 {
				return true
			}
		}
	}
}

// tend stores what came back while no job is done here: the one that is called for may go to another process, which knows
// nothing of what is in these hands.
func (n *Notifier) tend() {
	if !n.shifts.TryLock() {
		return
	}
	defer n.shifts.Unlock()
	if back, _ := n.crew.collect(n.crew.together()); len(back) > 0 {
		_, _, _ = n.crew.bring(back, 0) // it has told of what failed, and kept it
	}
}

// call adds a job if there is something to do. The process that does it may be another one.
func (n *Notifier) call(ctx context.Context) error {
	if n.working.Load() {
		return nil
	}
	found := n.crew.out() > 0
	if found {
		n.tend()
	} else {
		if err := n.clock.read(ctx); err != nil {
			return err
		}
		err := n.db.Tx(ctx, func(tx sqldb.Tx) (err error) {
			found, err = n.rules.anything(ctx, tx, moment{n.cfg.Now(), n.clock.now()})
			return err
		})
		if err != nil {
			return err
		}
	}
	if found {
		return n.queue.Add(ctx)
	}
	return nil
}

package notify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// KeepForever is a [Config.Retention] under which nothing is pruned.
const KeepForever time.Duration = -1

const (
	// defaultRetention lets somebody who is reminded each year see what happened the last time.
	defaultRetention = 400 * 24 * time.Hour
	// leastRetention is more than the 31 days of limited templates, and the week in which pushes may come late.
	leastRetention = 40 * 24 * time.Hour
	// pruneAtOnce is how many rows one transaction looks at: few, for others wait for SQLite's one connection.
	pruneAtOnce = 200
	// walkEvery is when everything is looked at again.
	walkEvery = 6 * time.Hour
	// A process prunes for a small share of its time.
	pruneShare  = 20
	prunePause  = time.Second
	pruneIdle   = time.Minute
	pruneFailed = time.Hour
)

// The tasks, in the order in which they are done: leads go when what they used up was settled.
const (
	taskPersons = "persons"
	taskLeads   = "leads"
	taskChanges = "changes"
)

func (cfg *Config) tasks() []string {
	if cfg.Retention == KeepForever {
		return []string{taskChanges}
	}
	return []string{taskPersons, taskLeads, taskChanges}
}

// Pruned is how many rows were deleted.
type Pruned struct {
	Reminders int // of which no lead is left
	Leads     int
	Attempts  int // at doors
	Facts     int // about persons: acceptances that were used up, what opened windows, and the like
	Receipts  int // events of messages
	Changes   int // that no reader acknowledged, see [OutboxConfig.Keep]
}

func (p *Pruned) add(more Pruned) {
	p.Reminders += more.Reminders
	p.Leads += more.Leads
	p.Attempts += more.Attempts
	p.Facts += more.Facts
	p.Receipts += more.Receipts
	p.Changes += more.Changes
}

// checkRetention fills in the default, and refuses what would forget what is still needed.
func (cfg *Config) checkRetention() error {
	if cfg.Retention == 0 {
		cfg.Retention = defaultRetention
	}
	least := max(leastRetention, cfg.Grace+lateEvents)
	for _, a := range cfg.Allowances {
		least = max(least, a.For+lateEvents)
	}
	if cfg.Retention != KeepForever && cfg.Retention < least {
		return fieldError("Retention", fmt.Sprintf("%v, at least %v", cfg.Retention, least))
	}
	return nil
}

// Prune deletes at once all that is older than [Config.Retention], and the changes that no reader took in time, in small
// transactions, and returns how much that was. Processes that were started ([Notifier.Start]) do so by themselves while they
// work, one of them at a time; Prune is for programs that call [Notifier.FireDue]. It may run beside all else. After an
// error what it had pruned stays pruned.
func (n *Notifier) Prune(ctx context.Context) (Pruned, error) {
	var sum Pruned
	for _, task := range n.cfg.tasks() {
		at, more := place{}, true
		for more {
			var next place
			var pruned Pruned
			err := n.db.Tx(ctx, func(tx sqldb.Tx) (err error) {
				next, pruned, more, err = n.prune(ctx, tx, task, at)
				return err
			})
			if err != nil {
				return sum, fmt.Errorf("notify: prune: %w", err)
			}
			at = next
			sum.add(pruned)
		}
	}
	return sum, nil
}

// prune does a step of a task: it looks at the rows behind a place. more tells that there may be others.
func (n *Notifier) prune(ctx context.Context, tx sqldb.Tx, task string, after place) (next place, p Pruned, more bool, err error) {
	if err := tx.ByIndex(ctx); err != nil {
		return after, p, false, err
	}
	before := unix(n.cfg.Now().Add(-n.cfg.Retention))
	switch task {
	case taskPersons:
		return n.prunePersons(ctx, tx, after, before)
	case taskLeads:
		return pruneLeads(ctx, tx, after, before)
	}
	p.Changes, err = dropLateChanges(ctx, tx, n.db)
	if p.Changes > 0 {
		n.cfg.Logger.Warn("notify: changes were dropped that no reader acknowledged in time", "changes", p.Changes)
	}
	return place{}, p, p.Changes > 0, err
}

// prunePersons deletes what is known of persons and counts for nothing any more.
func (n *Notifier) prunePersons(
	ctx context.Context, tx sqldb.Tx, after place, before int64,
) (next place, p Pruned, more bool, err error) {
	page, err := personsPage(ctx, tx, after, pruneAtOnce)
	if err != nil {
		return after, p, false, err
	}
	list, err := pasts(ctx, tx, page, before)
	if err != nil {
		return after, p, false, err
	}
	list = slices.DeleteFunc(list, func(p *pastOf) bool { return p.busy })
	olds := make([]outlived, len(list))
	longTerm := func(templateID string) bool { return slices.Contains(n.cfg.LongTerm, templateID) }
	for i, past := range list {
		olds[i] = past.outlivedBy(before, longTerm, past.held)
	}
	p, err = dropOutlived(ctx, tx, list, olds)
	if more = len(page) == pruneAtOnce; more {
		last := page[len(page)-1]
		return place{a: last.appID, b: last.openID}, p, true, err
	}
	if err == nil {
		err = dropForgotten(ctx, tx, unix(n.cfg.Now().Add(-lateEvents)))
	}
	return place{}, p, false, err
}

// pruneLeads deletes leads that ended long ago, whose due time is as long ago, and all that belongs to them.
func pruneLeads(ctx context.Context, tx sqldb.Tx, after place, before int64) (next place, p Pruned, more bool, err error) {
	page, err := leadsPage(ctx, tx, after, before, pruneAtOnce)
	if err != nil {
		return after, p, false, err
	}
	if more = len(page) == pruneAtOnce; more {
		last := page[len(page)-1]
		next = place{at: last.fireAt, a: last.id}
	}
	old := slices.DeleteFunc(page, func(l pastLead) bool {
		return l.state == Planned || l.state == Queued || l.last > before || l.settledAt > before
	})
	p, err = dropHistory(ctx, tx, old, before)
	return next, p, more, err
}

// upkeep prunes now and then until ctx ends.
func (n *Notifier) upkeep(ctx context.Context, ended chan<- struct{}) {
	defer close(ended)
	for {
		began := time.Now()
		done, err := n.upkeepStep(ctx)
		wait := pruneIdle
		switch {
		case err != nil && ctx.Err() == nil:
			n.cfg.Logger.Error("notify: old rows could not be pruned", "error", err)
			wait = pruneFailed
		case done:
			wait = max(prunePause, pruneShare*time.Since(began))
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// upkeepStep does a step of the first task that is to be done and that no other process is at.
func (n *Notifier) upkeepStep(ctx context.Context) (done bool, err error) {
	if err := n.clock.read(ctx); err != nil {
		return false, err
	}
	for _, task := range n.cfg.tasks() {
		err := n.db.Tx(ctx, func(tx sqldb.Tx) error {
			now := n.clock.now()
			at, ok, err := claim(ctx, tx, task, unix(now))
			if done = ok; err != nil || !ok {
				return err
			}
			next, _, more, err := n.prune(ctx, tx, task, at)
			if err != nil {
				return err
			}
			if !more {
				now = now.Add(walkEvery)
			}
			return saveTask(ctx, tx, task, next, unix(now))
		})
		if done || err != nil {
			return done, err
		}
	}
	return false, nil
}

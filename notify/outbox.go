package notify

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

const (
	// defaultKeep is how long a change waits for its acknowledgement.
	defaultKeep = 30 * 24 * time.Hour
	// readerLease is how long a process has a reader for itself. One call of fn may take all but a sixth of it, in which the
	// calls before it are done.
	readerLease   = 30 * time.Second
	changesAtOnce = 100
	longestReader = 100 // bytes
	firstHookWait = time.Second
	mostHookWait  = time.Minute
)

// Change is that a lead got another State. It holds no OpenID and no text.
type Change struct {
	ID     int64 // rises with each change of a lead, and is never given twice: a reader knows by it what it was told before
	At     time.Time
	LeadID string // as [Status.ID]
	Key    string // of the reminder
	User   string
	Due    time.Time
	Lead   Lead
	Was    State // "" of a lead that is new
	State  State
	Door   string // as [Status.Door]
	Reason string
}

// OutboxConfig is the setting of a reader.
type OutboxConfig struct {
	// Reader names it; each reader is told of each change. It is needed; up to 100 bytes.
	Reader string
	// States are those whose beginning is told. Defaults to all: with [Planned] when a lead is planned, put off or tried
	// again, and [Queued] when a process takes it up, there are three changes and more of a lead that arrives.
	States []State
	// Keep is how long a change waits for its acknowledgement; then it is dropped, and the log of a process that was
	// started says so. Defaults to 30 days.
	Keep time.Duration
}

// Outbox tells a reader of the changes of all leads: each at least once, after the commit, those of one lead in their order,
// whichever process made them: by a plan, a send, an event of WeChat's or a transaction of the program's own ([Tx]).
// [Config.Observer], beside it, is told once, by the process that made a change, and not at all where that ends too early.
//
// Changes are rows that the database writes in the transaction of the change, from when the first reader was made until the
// last one is removed; without a reader they cost nothing. They wait until they are acknowledged, or [OutboxConfig.Keep] is
// over. [Ledger.Forget] drops those of a user; what is pruned ([Config.Retention]) is no change.
//
// An Outbox is safe for concurrent use.
type Outbox struct {
	n      *Notifier
	reader string
	holder string // this Outbox among those of other processes
	lease  time.Duration
}

// Outbox makes a reader, or returns the one of that name, whose States and Keep are from now on those of cfg. It is told of
// the changes that are made afterwards, and of those that wait for it already.
//
// The first reader makes triggers on the ledger's table of leads. On PostgreSQL that takes the owner of the table, and waits
// for transactions that write to it, a minute at most; later ones need no more than the rights that the package comment
// names.
func (n *Notifier) Outbox(ctx context.Context, cfg OutboxConfig) (*Outbox, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	var states doorSet
	if len(cfg.States) > 0 {
		names := make([]string, len(cfg.States))
		for i, s := range cfg.States {
			names[i] = string(s)
		}
		states = newDoorSet(names...)
	}
	err := n.write(ctx, "outbox", func(tx sqldb.Tx) error { return saveReader(ctx, tx, cfg.Reader, states, cfg.Keep) })
	if err == nil {
		err = n.db.TellChanges(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("notify: outbox: %w", err)
	}
	return &Outbox{n: n, reader: cfg.Reader, holder: rand.Text(), lease: readerLease}, nil
}

func (cfg *OutboxConfig) check() error {
	if cfg.Keep == 0 {
		cfg.Keep = defaultKeep
	}
	if err := needText("Reader", cfg.Reader); err != nil {
		return err
	}
	switch {
	case len(cfg.Reader) > longestReader:
		return fieldError("Reader", fmt.Sprintf("%d bytes, limit %d", len(cfg.Reader), longestReader))
	case cfg.Keep < time.Millisecond:
		return fieldError("Keep", fmt.Sprintf("%v, at least a millisecond", cfg.Keep))
	}
	for i, s := range cfg.States {
		if !slices.Contains(allStates, s) {
			return fieldError(fmt.Sprintf("States[%d]", i), fmt.Sprintf("%q is unknown", s))
		}
	}
	return nil
}

var allStates = []State{Planned, Queued, Accepted, Delivered, Refused, Failed, Unknown, Unreachable, Missed, Skipped, Cancelled}

// Read returns the oldest changes that are not acknowledged, 100 where most is 0. It takes them from nobody: whoever reads
// as the same reader gets the same. See [Outbox.Run] for one process among several.
func (o *Outbox) Read(ctx context.Context, most int) (list []Change, err error) {
	if most <= 0 {
		most = changesAtOnce
	}
	err = o.write(ctx, func(tx sqldb.Tx) (err error) {
		list, err = readChanges(ctx, tx, o.reader, most)
		return err
	})
	return list, err
}

// Ack has changes told no more. What is acknowledged already is no error.
func (o *Outbox) Ack(ctx context.Context, changes ...Change) error {
	return o.write(ctx, func(tx sqldb.Tx) error { return ackChanges(ctx, tx, o.reader, changes) })
}

// Remove ends the reader for all processes, with what waits for it: nothing is told any more. With the last reader changes
// are no longer written.
func (o *Outbox) Remove(ctx context.Context) error {
	err := o.write(ctx, func(tx sqldb.Tx) error { return dropReader(ctx, tx, o.reader) })
	if err == nil {
		err = o.n.db.KeepChanges(ctx)
	}
	return err
}

func (o *Outbox) write(ctx context.Context, fn func(sqldb.Tx) error) error {
	return o.n.write(ctx, "outbox", fn)
}

// Run calls fn with each change, one after the other, and acknowledges those for which it returned nil, until ctx ends. Of
// all processes that run one reader one does; another goes on when that ends, half a minute later where it was killed. The
// changes of the last moments before are told again then.
//
// A change for which fn fails or panics is told again after a second, then later and later, up to a minute, and those behind
// it wait: return nil for what is not to be tried again. The context of fn ends after 25 seconds; one that takes longer all
// the same may be called in another process too. Changes are looked for each [Config.Poll]. Trouble with the database is
// logged, and tried again.
//
// Run returns nil when ctx has ended.
func (o *Outbox) Run(ctx context.Context, fn func(context.Context, Change) error) error {
	defer o.release(context.WithoutCancel(ctx))
	failed := 0
	for ctx.Err() == nil {
		told, err := o.round(ctx, fn)
		wait := o.n.cfg.Poll
		if told > 0 {
			failed = 0
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			wait = min(firstHookWait<<min(failed, 10), mostHookWait)
			failed++
			o.n.cfg.Logger.Warn("notify: a change was not taken", "reader", o.reader, "error", err, "tries", failed)
		case told > 0:
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
	return nil
}

// round tells some changes. An error of fn comes after those before it were acknowledged.
func (o *Outbox) round(ctx context.Context, fn func(context.Context, Change) error) (told int, err error) {
	list, err := o.take(ctx)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	for _, c := range list {
		if ctx.Err() != nil || time.Since(began) > o.lease/6 {
			break // the lease is to cover the whole of the next call
		}
		if err = hook(ctx, o.lease*5/6, fn, c); err != nil {
			break
		}
		told++
	}
	return told, cmp.Or(err, o.Ack(context.WithoutCancel(ctx), list[:told]...))
}

// take returns changes if there are any, and if no other process is at them.
func (o *Outbox) take(ctx context.Context) (list []Change, err error) {
	if list, err = o.Read(ctx, 1); err != nil || len(list) == 0 {
		return nil, err
	}
	if err := o.n.clock.read(ctx); err != nil {
		return nil, err
	}
	err = o.write(ctx, func(tx sqldb.Tx) error {
		now := o.n.clock.now()
		ok, err := leaseReader(ctx, tx, o.reader, o.holder, unix(now), unix(now.Add(o.lease)))
		if list = nil; err != nil || !ok {
			return err
		}
		list, err = readChanges(ctx, tx, o.reader, changesAtOnce)
		return err
	})
	return list, err
}

func (o *Outbox) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, busyRelease)
	defer cancel()
	_ = o.write(ctx, func(tx sqldb.Tx) error { return releaseReader(ctx, tx, o.reader, o.holder) }) // the lease ends anyway
}

// busyRelease is how long the end of Run may wait for the database.
const busyRelease = 2 * time.Second

func hook(
	ctx context.Context, most time.Duration, fn func(context.Context, Change) error, c Change,
) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %T", p)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	return fn(ctx, c)
}

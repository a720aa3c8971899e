package notify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// Repeat has each lead of a reminder come again until the user has acknowledged it. Each repetition is a message of
// its own, with its own row, door and [State], sent at most once as every lead; its [Lead] says which it is. It comes
// whether the one before went out or not.
type Repeat struct {
	Every time.Duration `json:"every"` // from the time of the lead on; a minute at least
	Times int           `json:"times"` // after the first, up to 100
	// UntilReply has a message of the user to one of the accounts acknowledge too, as soon as its push was recorded.
	UntilReply bool `json:"untilReply,omitempty"`
}

const (
	mostRepetitions   = 100
	leastBetweenThese = time.Minute
)

// checkRepeat refuses repetitions that are none.
func (r *Reminder) checkRepeat() error {
	for i, l := range r.Leads {
		if l.Repeat != 0 || l.Snoozed {
			return fieldError(fmt.Sprintf("Leads[%d]", i), "Repeat and Snoozed are not for callers, see Reminder.Repeat and Snooze")
		}
	}
	switch {
	case r.Repeat == nil:
		return nil
	case r.Repeat.Every < leastBetweenThese:
		return fieldError("Repeat.Every", fmt.Sprintf("%s, at least %s", r.Repeat.Every, leastBetweenThese))
	case r.Repeat.Times < 1 || r.Repeat.Times > mostRepetitions:
		return fieldError("Repeat.Times", fmt.Sprintf("%d, want 1 to %d", r.Repeat.Times, mostRepetitions))
	}
	return nil
}

// leads returns the leads with their repetitions, and the one that was asked for by Snooze.
func (r *Reminder) leads() []Lead {
	if r.Repeat == nil && !r.snoozed() {
		return r.Leads
	}
	list := slices.Clone(r.Leads)
	for _, l := range r.Leads {
		for r.Repeat != nil && l.Repeat < r.Repeat.Times {
			l.Repeat++
			list = append(list, l)
		}
	}
	if r.snoozed() {
		list = append(list, Lead{Before: r.Due.Sub(fromUnix(r.progress.SnoozedUntil)), Snoozed: true})
	}
	return list
}

// snoozed reports whether leads of the reminder's due time were put off.
func (r *Reminder) snoozed() bool {
	return r.progress.SnoozedUntil > 0 && r.progress.SnoozedDue == unix(r.Due)
}

// byReply is 1 where a message of the user acknowledges the reminder.
func (p *plan) byReply() int64 {
	if r := p.reminder.Repeat; r != nil && r.UntilReply {
		return 1
	}
	return 0
}

// Acknowledge ends the repetitions of all leads of a reminder whose time has come, and what [Notifier.Snooze] put off: it
// tells that the user has read it, or done what it is about. Leads to come are sent, and repeated, as planned. It
// reports whether there is such a reminder.
func (n *Notifier) Acknowledge(ctx context.Context, key string) (found bool, err error) {
	return n.acknowledge(ctx, n.write, key)
}

func (n *Notifier) acknowledge(ctx context.Context, in inTx, key string) (found bool, err error) {
	if err := needText("key", key); err != nil {
		return false, err
	}
	err = n.change(ctx, in, "acknowledge", key, &found, func(r *Reminder, _ *time.Location) *Reminder {
		next := *r
		next.progress.Acked = max(r.progress.Acked, unix(n.cfg.Now()))
		next.progress.SnoozedUntil, next.progress.SnoozedDue = 0, 0
		return &next
	})
	return found && err == nil, err
}

// Snooze puts a reminder off: all leads and repetitions that would come before a time are passed over, and one message is
// sent at that time instead, for which [Lead.Snoozed] is set. It concerns the due time that holds, or, where none of
// its leads has come yet, the one before it whose leads still stand. A message that is to come before Due and is put off
// behind it is Missed. It reports whether there is such a reminder; until must be to come.
func (n *Notifier) Snooze(ctx context.Context, key string, until time.Time) (found bool, err error) {
	return n.snooze(ctx, n.write, key, until)
}

func (n *Notifier) snooze(ctx context.Context, in inTx, key string, until time.Time) (found bool, err error) {
	if err := needText("key", key); err != nil {
		return false, err
	}
	until = until.Truncate(time.Millisecond)
	if !until.After(n.cfg.Now()) {
		return false, fieldError("until", "it is over")
	}
	err = n.change(ctx, in, "snooze", key, &found, func(r *Reminder, zone *time.Location) *Reminder {
		next := *r
		next.progress.SnoozedUntil, next.progress.SnoozedDue = unix(until), unix(n.rules.reminding(r, zone, n.cfg.Now()).Due)
		return &next
	})
	return found && err == nil, err
}

// reminding returns the reminder as it is for the due time of which it has reminded last.
func (r *rules) reminding(of *Reminder, zone *time.Location, now time.Time) *Reminder {
	before, ok := of.before(zone)
	if !ok {
		return of
	}
	if c, err := newCalendar(of, r.zone, r.calendars); err == nil && c.anyOf(of.Leads, time.Time{}, now) {
		return of
	}
	return before
}

// before returns the reminder as it was for the due time before, if the leads of that stand.
func (r *Reminder) before(zone *time.Location) (then *Reminder, ok bool) {
	for step := r.progress.Step - 1; r.Renewal != nil && step >= 0; step-- {
		if at := unix(r.Renewal.on(r.first(zone), step)); at < unix(r.Due) {
			return r.of(at, zone)
		}
	}
	return nil, false
}

// storeBefore writes what a change of a reminder means for the leads of the due time before.
func (n *Notifier) storeBefore(ctx context.Context, tx sqldb.Tx, r *Reminder, zone *time.Location, now time.Time) error {
	then, ok := r.before(zone)
	if !ok {
		return nil
	}
	p := plan{reminder: *then, rules: &n.rules}
	if err := p.build(now); err != nil {
		return err
	}
	stored, err := loadStored(ctx, tx, n.db, &p)
	if err != nil {
		return err
	}
	stored = slices.DeleteFunc(stored, func(f firing) bool { return f.due != unix(then.Due) })
	fresh, changed := p.replan(stored, unix(now))
	fresh = slices.DeleteFunc(fresh, func(f firing) bool { return !f.lead.Snoozed }) // others were planned, or pruned
	if err := insertFirings(ctx, tx, fresh, ""); err != nil {
		return err
	}
	return changeFirings(ctx, tx, changed)
}

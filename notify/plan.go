package notify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// planBatch is how many reminders are planned in one transaction.
const planBatch = 500

// Plan stores a reminder. A new Key is planned; a Key with another Due is a renewal: what was planned for the
// old Due is dropped, the leads of the new one are planned. Planning the same again changes nothing, a wait for a
// quota for instance, and a lead that was sent for a Due is not sent for it again, whatever is planned in between;
// one of whole days is not sent again for another time on the day of Due.
//
// A lead that waits for its turn heeds a new plan until its message is committed to. One that nobody sent, whatever
// its [State] says of the reason, comes back where the new plan has it at a time to come. A text that is not UTF-8, or
// holds a NUL, is refused by an [errcode.FieldError].
func (n *Notifier) Plan(ctx context.Context, r *Reminder) error {
	return n.PlanAll(ctx, []*Reminder{r})
}

// PlanAll plans many reminders, in batches of 500: after an error those of earlier batches are stored. Nothing
// is stored if one of them is incomplete, or two have the same Key.
func (n *Notifier) PlanAll(ctx context.Context, reminders []*Reminder) error {
	now := n.cfg.Now()
	plans, err := n.prepareAll(reminders, now)
	if err != nil {
		return err
	}
	for batch := range slices.Chunk(plans, planBatch) {
		if err := n.db.Tx(ctx, func(tx sqldb.Tx) error { return store(ctx, tx, n.db, batch, now) }); err != nil {
			return fmt.Errorf("notify: plan: %w", err)
		}
	}
	return nil
}

// prepareAll has reminders ready to be stored, or refuses them all.
func (n *Notifier) prepareAll(reminders []*Reminder, now time.Time) ([]plan, error) {
	plans := make([]plan, len(reminders))
	seen := make(map[string]bool, len(reminders))
	for i, r := range reminders {
		p, err := n.prepare(r, now)
		if err != nil {
			return nil, err
		}
		if seen[r.Key] {
			return nil, fieldError("Key", "there twice")
		}
		seen[r.Key], plans[i] = true, p
	}
	return plans, nil
}

// plan is a reminder ready to be stored.
type plan struct {
	reminder Reminder
	rules    *rules
	calendar *calendar
	spec     string
	firings  []firing
}

func (n *Notifier) prepare(r *Reminder, now time.Time) (plan, error) {
	p := plan{reminder: *r, rules: &n.rules}
	p.reminder.Due = r.Due.Truncate(time.Millisecond)
	p.reminder.progress = begun(p.reminder.Due)
	c, err := p.reminder.check(n.cfg.Zone, n.cfg.Calendars)
	if err != nil {
		return p, err
	}
	p.calendar = c
	if err := cmp.Or(n.checkContent(&p.reminder.Content), p.checkFit()); err != nil {
		return p, err
	}
	return p, p.build(now)
}

// build makes what is to be stored of the reminder, as it is to be planned at a time.
func (p *plan) build(now time.Time) (err error) {
	if p.calendar, err = newCalendar(&p.reminder, p.rules.zone, p.rules.calendars); err != nil {
		return err
	}
	p.firings = p.reminder.firings(p.calendar, now, p.rules.grace)
	p.spec, err = p.reminder.encode()
	return err
}

// resume has a plan go on where the stored reminder is.
func (p *plan) resume(old *Reminder, now time.Time) error {
	if !p.reminder.resume(old, p.calendar.due.Location()) {
		return nil
	}
	return p.build(now)
}

// checkContent refuses what no door could ever send, unless Compose writes something else.
func (n *Notifier) checkContent(c *Content) error {
	if n.cfg.Compose != nil {
		return nil
	}
	if c.empty() {
		return fieldError("Content", "empty")
	}
	for _, d := range n.cfg.Doors {
		if err := checkContent(d, c); err != nil {
			return err
		}
	}
	return nil
}

// Cancel drops what is planned for a reminder. It reports whether there was such a reminder. Messages that are
// under way, or were sent, stay in the history.
func (n *Notifier) Cancel(ctx context.Context, key string) (found bool, err error) {
	if err := checkText("key", key); err != nil {
		return false, err
	}
	err = n.db.Tx(ctx, func(tx sqldb.Tx) (err error) {
		found, err = n.cancel(ctx, tx, key)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("notify: cancel: %w", err)
	}
	return found, nil
}

func (n *Notifier) cancel(ctx context.Context, tx sqldb.Tx, key string) (found bool, err error) {
	now := n.cfg.Now()
	if found, err = cancel(ctx, tx, key, now); err != nil || !found {
		return false, err
	}
	return true, drop(ctx, tx, n.db, key, now)
}

// OptOut keeps a user from being reminded of a topic; "" is every topic. What is planned stays planned and
// ends as Skipped when its time comes, so that [Notifier.OptIn] brings back what has not come yet.
func (n *Notifier) OptOut(ctx context.Context, user, topic string) error {
	if err := cmp.Or(needText("user", user), checkText("topic", topic)); err != nil {
		return err
	}
	return n.write(ctx, "opt-out", func(tx sqldb.Tx) error { return addOptOut(ctx, tx, user, topic, n.cfg.Now()) })
}

// OptIn takes an OptOut of the same topic back.
func (n *Notifier) OptIn(ctx context.Context, user, topic string) error {
	if err := cmp.Or(needText("user", user), checkText("topic", topic)); err != nil {
		return err
	}
	return n.write(ctx, "opt-in", func(tx sqldb.Tx) error { return dropOptOut(ctx, tx, user, topic) })
}

func (n *Notifier) write(ctx context.Context, what string, fn func(sqldb.Tx) error) error {
	if err := n.db.Tx(ctx, fn); err != nil {
		return fmt.Errorf("notify: %s: %w", what, err)
	}
	return nil
}

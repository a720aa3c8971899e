package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// longestTrying is how long after its time a lead is tried that fails again and again.
const longestTrying = 7 * 24 * time.Hour

// gate asks whether the lead is still wanted, and whether it is the time: of a lead on its way from one door to
// the next, only whether it is still wanted.
func (c *choice) gate(ctx context.Context) (goOn bool, err error) {
	reminder, active, err := loadReminder(ctx, c.tx, c.firing.reminder)
	if err != nil {
		return false, ignoreNoRows(err)
	}
	c.reminder = reminder
	if !active {
		return false, c.finish(ctx, Cancelled, "", reminderCancelled)
	}
	if reason := reminder.drops(c.firing); reason != "" {
		return false, c.finish(ctx, Cancelled, "", reason)
	}
	out, err := c.optedOut(ctx)
	if err != nil {
		return false, err
	}
	if out {
		return false, c.finish(ctx, Skipped, "", "the user has opted out")
	}
	if c.passed {
		return true, nil
	}
	calendar, err := newCalendar(reminder, c.n.cfg.Zone)
	if err != nil {
		return false, c.finish(ctx, Failed, "", err.Error()) // the zone is gone from the system's list
	}
	slot := calendar.slotOf(c.firing.lead, reminder.Leads)
	switch {
	case slot.over != "":
		return false, c.finish(ctx, Skipped, "", slot.over)
	case c.firing.moved(slot.at, c.n.cfg.Now()):
		return false, c.update(ctx, `state = 'planned', fire_at = $1, reason = $2`, unix(slot.at), "moved to a later time")
	}
	if reason := c.tooLate(calendar); reason != "" {
		return false, c.giveUp(ctx, reason)
	}
	return c.quiet(ctx, calendar)
}

// moved reports whether the reminder was planned for a later time while the lead was on its way.
func (f *firing) moved(meant, now time.Time) bool { return f.fireAt < unix(meant) && now.Before(meant) }

// giveUp ends a lead that is too late: Missed if nothing was tried, else as its last try ended.
func (c *choice) giveUp(ctx context.Context, why string) error {
	if c.firing.tries == 0 {
		return c.finish(ctx, Missed, "", why)
	}
	last := intent{state: Failed, reason: "Compose failed"}
	if len(c.intents) > 0 {
		last = *c.intents[len(c.intents)-1]
	}
	if last.state != Refused {
		last.state = Failed
	}
	return c.finish(ctx, last.state, last.door, why+"; the last try: "+last.reason)
}

func (c *choice) optedOut(ctx context.Context) (bool, error) {
	var count int64
	err := c.tx.QueryRow(ctx, `SELECT COUNT(*) FROM notify_optouts WHERE user_id = $1 AND topic IN ('', $2)`,
		c.reminder.User, c.reminder.Topic).Scan(&count)
	return count > 0, err
}

// tooLate returns why a lead is not sent any more, "" if it is.
func (c *choice) tooLate(cal *calendar) string {
	now := c.n.cfg.Now()
	meant := cal.fireAt(c.firing.lead)
	late := now.Sub(meant)
	switch {
	case meant.Before(cal.due) && !now.Before(cal.due):
		return "it is due: too late to announce it"
	case late > longestTrying && c.firing.tries > 0:
		return "tried for too long"
	case late <= c.n.cfg.Grace || c.n.cfg.CatchUp == CatchUpAll:
		return ""
	case c.n.cfg.CatchUp == CatchUpNone && c.firing.tries == 0:
		return "its time went by"
	case c.n.cfg.CatchUp == CatchUpNone:
		return ""
	}
	for _, l := range c.reminder.Leads {
		if at := cal.fireAt(l); at.After(meant) && !at.After(now) {
			return "its time went by, and that of a later one has come"
		}
	}
	return ""
}

// quiet postpones what came late, or is tried again, into quiet hours. Where another lead comes at their end, or has
// come since, that one is nearer to the due time, and this one is passed over.
func (c *choice) quiet(ctx context.Context, cal *calendar) (goOn bool, err error) {
	now := c.n.cfg.Now()
	_, end, quiet := cal.quietAt(now)
	if !quiet {
		return true, nil
	}
	if now.Before(cal.due) && !end.Before(cal.due) {
		return false, c.finish(ctx, Missed, "", "quiet hours until it is due")
	}
	if next, found := cal.followedBy(c.reminder.Leads, cal.fireAt(c.firing.lead), end); found {
		return false, c.finish(ctx, Skipped, "", fmt.Sprintf("would wait for the end of the quiet hours, when %s comes", next.lead))
	}
	return false, c.update(ctx, `state = 'planned', fire_at = $1, reason = $2, tries = $3`,
		unix(end), "waits for the end of the quiet hours", c.firing.tries)
}

func lockFiring(ctx context.Context, tx sqldb.Tx, db *sqldb.DB, id string) (*firing, error) {
	return scanFiring(tx.QueryRow(ctx, db.Lock(selectFiring+`WHERE id = $1`), id))
}

func loadFiring(ctx context.Context, tx sqldb.Tx, id string) (*firing, error) {
	return scanFiring(tx.QueryRow(ctx, selectFiring+`WHERE id = $1`, id))
}

const selectFiring = `SELECT id, reminder_id, user_id, due, lead, fire_at, state, tries, decision, takes, looked
	FROM notify_firings `

func scanFiring(row sqldb.Row) (*firing, error) {
	var f firing
	var lead, decision string
	err := row.Scan(&f.id, &f.reminder, &f.user, &f.due, &lead, &f.fireAt, &f.state, &f.tries, &decision, &f.takes, &f.looked)
	if err == nil {
		err = f.lead.UnmarshalText([]byte(lead))
	}
	if err == nil {
		f.steps, err = decodeSteps(decision)
	}
	return &f, err
}

func loadReminder(ctx context.Context, tx sqldb.Tx, key string) (r *Reminder, active bool, err error) {
	var spec, state string
	err = tx.QueryRow(ctx, `SELECT spec, state FROM notify_reminders WHERE id = $1`, key).Scan(&spec, &state)
	if err != nil {
		return nil, false, err
	}
	r, err = decodeReminder(spec)
	return r, state == "active", err
}

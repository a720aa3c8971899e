package notify

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

// record stores what became of a send. goOn tells that the next door is to be tried.
func (c *choice) record(ctx context.Context, s *shipment) (goOn bool, err error) {
	i := c.find(s.intent.seq)
	if i == nil || (i.state != sending && i.state != Unknown) {
		return false, nil // somebody else has settled it, after this process was gone for long
	}
	c.firing.tries++
	v := judge(s.err, c.firing.tries, c.n.meaning)
	if s.again {
		v = v.repeated(s.err)
	}
	if v.pause {
		if err := c.n.limits.pause(ctx, c.tx, i.who.appID, i.door, v.wait); err != nil {
			return false, err
		}
	}
	if err := c.learnQuota(ctx, s, i, &v); err != nil {
		return false, err
	}
	i.reason = v.reason
	switch v.state {
	case Accepted:
		i.state, i.msgID = Accepted, s.msgID
		return false, c.conclude(ctx, i)
	case Unknown:
		if c.repeatable(i, v.wait) {
			return false, c.again(ctx, i, v.wait)
		}
		i.state = Unknown
		return false, c.conclude(ctx, i)
	case retried:
		i.state, i.uses = retried, ""
		if err := c.save(ctx, i); err != nil {
			return false, err
		}
		if v.slow {
			if err := slowDown(ctx, c.tx, i.who, i.door, c.n.cfg.Now()); err != nil {
				return false, err
			}
		}
		return false, c.tryAgain(ctx, i.door, v)
	}
	i.state, i.uses = v.state, ""
	if v.state == deferred {
		i.state = retried
		c.deferred[i.door] = v
	}
	if err := c.save(ctx, i); err != nil {
		return false, err
	}
	c.steps = append(c.steps, Step{Door: i.door, Reason: string(v.state) + ": " + v.reason})
	if err := c.update(ctx, `tries = $1`, c.firing.tries); err != nil {
		return false, err
	}
	return true, c.learn(ctx, s, i)
}

// learnQuota notes what an answer tells of the door's quota.
func (c *choice) learnQuota(ctx context.Context, s *shipment, i *intent, v *verdictOn) error {
	k := quotaKey{i.who.appID, i.door}
	switch {
	case errors.Is(s.err, errcode.QuotaExhausted):
		q, err := c.n.limits.useUp(ctx, c.tx, k)
		v.wait, _ = q.wait(c.n.cfg.Now())
		return err
	case s.probe && (v.state == Accepted || v.state == Refused || v.state == Failed):
		return c.n.limits.quotaBack(ctx, c.tx, k)
	}
	return nil
}

// tryAgain plans the lead again after a failure.
func (c *choice) tryAgain(ctx context.Context, door string, v verdictOn) error {
	c.turn.events = append(c.turn.events, Event{
		Key: c.firing.reminder, Lead: c.firing.lead, State: Planned, Door: door, Reason: v.reason,
	})
	return c.postpone(ctx, v.wait, v.reason)
}

func (c *choice) find(seq int) *intent {
	for _, i := range c.intents {
		if i.seq == seq {
			return i
		}
	}
	return nil
}

func (c *choice) save(ctx context.Context, i *intent) error { return i.save(ctx, c.tx, c.n.cfg.Now()) }

// conclude ends the lead with an attempt that was accepted or whose outcome is unknown, and looks for the event
// that may have come before.
func (c *choice) conclude(ctx context.Context, i *intent) error {
	if err := c.save(ctx, i); err != nil {
		return err
	}
	if err := c.finish(ctx, i.state, i.door, i.reason); err != nil {
		return err
	}
	r, err := c.n.ledger.findReceipt(ctx, c.tx, i)
	if err != nil || r == nil {
		return err
	}
	event, err := applyReceipt(ctx, c.tx, i, *r, c.n.cfg.Now())
	if event != nil {
		c.turn.events = append(c.turn.events, *event)
	}
	return err
}

// repeatable reports whether the door will still recognise the message of an attempt after a pause.
func (c *choice) repeatable(i *intent, wait time.Duration) bool {
	d := c.n.doors[i.door]
	return wait > 0 && d != nil && c.n.cfg.Now().Add(wait).Sub(fromUnix(i.startedAt)) < d.Repeatable()
}

// again leaves the attempt open, to be sent once more by whoever finds it after a pause.
func (c *choice) again(ctx context.Context, i *intent, wait time.Duration) error {
	i.leaseUntil = unix(c.n.clock.now().Add(wait))
	if err := c.save(ctx, i); err != nil {
		return err
	}
	return c.park(ctx, wait)
}

// park keeps the lead queued for a pause in which nobody is at it.
func (c *choice) park(ctx context.Context, wait time.Duration) error {
	return c.update(ctx, `lease_until = $1, tries = $2, parked = 1`,
		unix(c.n.clock.now().Add(wait)), c.firing.tries)
}

// settle deals with an attempt that somebody left open: a process that died, or that had no answer. Where the
// door recognises repetitions the message is sent again with its id; else its outcome is unknown.
func (c *choice) settle(ctx context.Context, i *intent) error {
	if i.leaseUntil > unix(c.n.clock.now()) {
		return nil // it is under way; whoever is at it ends the lead, or the lease ends
	}
	if c.n.doors[i.door] == nil && c.n.cfg.Now().Sub(fromUnix(i.startedAt)) < samePeriod {
		return c.park(ctx, settleAgain) // a process that has the door may know how to repeat it
	}
	if c.firing.wornOut() {
		i.reason = wornOut + ", and it may have gone out"
	}
	if c.firing.wornOut() || !c.repeatable(i, max(c.wait, 1)) {
		i.state, i.reason = Unknown, cmp.Or(i.reason, "left open: it may have gone out")
		return c.conclude(ctx, i)
	}
	if c.wait > 0 {
		return c.again(ctx, i, c.wait)
	}
	reminder, _, err := loadReminder(ctx, c.tx, c.firing.reminder)
	if err != nil {
		return ignoreNoRows(err)
	}
	c.reminder = reminder
	content, err := c.content(reminder, c.firing.lead)
	if err != nil {
		return c.again(ctx, i, settleAgain)
	}
	if !c.hasTurn(i.who.appID) {
		return nil
	}
	i.leaseUntil = c.n.leaseEnd()
	if err := c.save(ctx, i); err != nil {
		return err
	}
	c.steps = append(c.steps, Step{Door: i.door, Taken: true, Reason: "again with the same id: the answer was lost"})
	c.turn.send = c.shipment(c.n.doors[i.door], i, content)
	c.turn.send.again = true
	return c.lease(ctx, i)
}

// learn corrects the ledger by WeChat's refusal.
func (c *choice) learn(ctx context.Context, s *shipment, i *intent) error {
	now := c.n.cfg.Now()
	switch {
	case i.who.openID == "":
		return nil
	case errors.Is(s.err, errcode.UserRefused) && i.templateID != "":
		return addFact(ctx, c.tx, i.who, fact{kind: factEmpty, topic: i.templateID, at: unix(now)})
	case errors.Is(s.err, errcode.NotFollowing), errors.Is(s.err, errcode.Unfollowed):
		return c.n.ledger.setFollow(ctx, c.tx, i.who, followNo, unix(now.Truncate(time.Second)))
	case errors.Is(s.err, errcode.ReplyWindowClosed), errors.Is(s.err, errcode.ReplyCountUsedUp):
		return addFact(ctx, c.tx, i.who, fact{kind: factShut, at: unix(now)})
	}
	return nil
}

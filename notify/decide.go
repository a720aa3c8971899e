package notify

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// run is one job under way.
type run struct {
	n       *Notifier
	id      string
	content func(*Reminder, Lead) (Content, error)
	sent    *shipment     // by the round before, to be recorded
	passed  bool          // the gate, in a round before
	slot    string        // AppID whose turn it is
	wait    time.Duration // the turn is this far away, too long to wait for
	// deferred are doors that will be open again, of which this job has had enough.
	deferred map[string]verdictOn
}

// decide is one round: it records what was sent, and commits to the next send or ends the lead.
func (r *run) decide(ctx context.Context, tx sqldb.Tx, t *turn) error {
	f, err := lockFiring(ctx, tx, r.n.db, r.id)
	if err != nil {
		return ignoreNoRows(err) // forgotten
	}
	intents, err := intentsOf(ctx, tx, r.id)
	if err != nil {
		return err
	}
	c := &choice{run: r, tx: tx, turn: t, firing: f, intents: intents}
	switch {
	case r.sent != nil:
		goOn, err := c.record(ctx, r.sent)
		if err != nil || !goOn {
			return err
		}
	case f.state != Queued:
		return nil // another job was here first
	default:
		if i := c.open(); i != nil {
			return c.settle(ctx, i)
		}
		if f.wornOut() {
			return c.finish(ctx, Failed, "", wornOut)
		}
	}
	if r.wait > 0 {
		return c.postpone(ctx, r.wait, "waits for its turn at the rate limit")
	}
	goOn, err := c.gate(ctx)
	if err != nil || !goOn {
		return err
	}
	t.passed = true
	return c.route(ctx)
}

// choice is the state of one round.
type choice struct {
	*run
	tx       sqldb.Tx
	turn     *turn
	firing   *firing
	intents  []*intent
	reminder *Reminder
	steps    []Step
}

// open returns the attempt whose outcome nobody has recorded.
func (c *choice) open() *intent {
	for _, i := range c.intents {
		if i.state == sending {
			return i
		}
	}
	return nil
}

// route takes the first door that is open, in the order of the configuration.
func (c *choice) route(ctx context.Context) error {
	content, err := c.content(c.reminder, c.firing.lead)
	if err != nil {
		c.firing.tries++
		return c.tryAgain(ctx, "", verdictOn{reason: "Compose failed", wait: backoff(c.firing.tries)})
	}
	for _, d := range c.n.cfg.Doors {
		if c.tried(d.Name()) {
			continue
		}
		taken, err := c.try(ctx, d, &content)
		if err != nil || taken {
			return err
		}
	}
	return c.exhausted(ctx, &content)
}

func (c *choice) tried(door string) bool {
	return c.deferred[door].wait > 0 ||
		slices.ContainsFunc(c.intents, func(i *intent) bool { return i.door == door && i.settled() })
}

// deferDoor passes over a door whose quota is used up: others are tried first.
func (c *choice) deferDoor(d Door, wait time.Duration) {
	v := verdictOn{state: deferred, reason: "the quota of the day is used up (45009)", wait: wait}
	c.deferred[d.Name()] = v
	c.steps = append(c.steps, Step{Door: d.Name(), Reason: v.reason})
}

// probe makes this lead the one that asks, where it is time to ask whether a quota is there again.
func (c *choice) probe(ctx context.Context, d Door) (wait time.Duration, probe bool, err error) {
	if _, probe = c.n.limits.quota(keyOf(d)).wait(c.n.cfg.Now()); !probe {
		return 0, false, nil
	}
	wait, err = c.n.limits.claimProbe(ctx, c.tx, keyOf(d))
	return wait, true, err
}

// soonest returns the door whose quota may be there again first, "" if there is none.
func (c *choice) soonest() (door string, v verdictOn) {
	for _, name := range slices.Sorted(maps.Keys(c.deferred)) {
		if d := c.deferred[name]; door == "" || d.wait < v.wait {
			door, v = name, d
		}
	}
	return door, v
}

// hasTurn reports whether the rate limit of an account lets the next send through. If not, another round comes
// when it does.
func (c *choice) hasTurn(appID string) bool {
	if !c.n.limits.limited(appID) || c.slot == appID {
		return true
	}
	c.turn.slot = appID
	return false
}

// try commits to a door if it is open. taken tells that the choice is made, or that it has to wait.
func (c *choice) try(ctx context.Context, d Door, content *Content) (taken bool, err error) {
	reach, err := c.n.ledger.reach(ctx, c.tx, c.reminder.User, d.AppID(), true)
	if err != nil {
		return false, err
	}
	v := c.n.check(d, reach, content)
	if !v.Open {
		c.steps = append(c.steps, Step{Door: d.Name(), Reason: v.Reason})
		return false, nil
	}
	if wait := reach.slowFor(d.Name(), c.n.cfg.Now()); wait > 0 {
		return true, c.postpone(ctx, wait, "too many messages to this user")
	}
	if wait := c.n.limits.pausedFor(d); wait > 0 {
		return true, c.postpone(ctx, wait, "a pause was asked for")
	}
	if wait, _ := c.n.limits.quota(keyOf(d)).wait(c.n.cfg.Now()); wait > 0 {
		c.deferDoor(d, wait)
		return false, nil
	}
	if !c.hasTurn(d.AppID()) {
		return true, nil
	}
	wait, probe, err := c.probe(ctx, d)
	if err != nil {
		return false, err
	}
	if wait > 0 {
		c.deferDoor(d, wait)
		return false, nil
	}
	now := c.n.cfg.Now()
	i := &intent{
		firingID: c.id, seq: len(c.intents) + 1, door: d.Name(), who: person{d.AppID(), reach.OpenID},
		templateID: v.Consent, state: sending, startedAt: unix(now), leaseUntil: c.n.leaseEnd(),
	}
	switch {
	case v.Consent != "":
		i.uses = usesConsent
	case v.Reply:
		i.uses = usesReply
	}
	free, err := i.insert(ctx, c.tx)
	if err != nil {
		return false, err
	}
	if !free {
		return true, c.postpone(ctx, crowded, "another message to this user is under way")
	}
	c.steps = append(c.steps, Step{Door: d.Name(), Taken: true, Reason: v.Reason})
	c.turn.send = c.shipment(d, i, *content)
	c.turn.send.probe = probe
	return true, c.lease(ctx, i)
}

func (c *choice) shipment(d Door, i *intent, content Content) *shipment {
	return &shipment{door: d, intent: i, msg: Message{
		ID: messageID(c.id, i.door), User: c.reminder.User, OpenID: i.who.openID, Key: c.reminder.Key,
		Due: c.reminder.Due, Lead: c.firing.lead, Content: content,
	}}
}

// lease keeps other processes off while the call runs, and stores why this door was taken.
func (c *choice) lease(ctx context.Context, i *intent) error {
	return c.set(ctx, `state = 'queued', lease_until = $1, door = $2`, i.leaseUntil, i.door)
}

// exhausted ends a lead for which no door is left.
func (c *choice) exhausted(ctx context.Context, content *Content) error {
	if door, v := c.soonest(); door != "" {
		return c.tryAgain(ctx, door, v)
	}
	if left, err := c.leave(ctx, content); err != nil || left {
		return err
	}
	state, reason, door := Unreachable, "no door was open", ""
	for _, i := range c.intents {
		if i.state == Refused || (i.state == Failed && state != Refused) {
			state, reason, door = i.state, i.reason, i.door
		}
	}
	return c.finish(ctx, state, door, reason)
}

// finish ends the lead, for now or for good.
func (c *choice) finish(ctx context.Context, state State, door, reason string) error {
	now := c.n.cfg.Now()
	e := Event{Key: c.firing.reminder, Lead: c.firing.lead, State: state, Door: door, Reason: reason}
	if state == Accepted {
		e.Late = max(0, now.Sub(fromUnix(c.firing.fireAt)))
	}
	c.turn.events = append(c.turn.events, e)
	return c.update(ctx, `state = $1, door = $2, reason = $3, settled_at = $4, tries = $5`,
		string(state), door, reason, unix(now), c.firing.tries)
}

// postpone plans the lead again, not before the wait is over, whatever is planned meanwhile.
func (c *choice) postpone(ctx context.Context, wait time.Duration, reason string) error {
	return c.update(ctx, `state = 'planned', fire_at = $1, wait_until = $1, reason = $2, tries = $3`,
		unix(c.n.cfg.Now().Add(wait)), reason, c.firing.tries)
}

// mostSteps bounds what is kept of the reasons of a lead that is tried for days: the latest.
const mostSteps = 50

// update sets columns of the lead when this process is done with it, or with a send: it has not ended it.
func (c *choice) update(ctx context.Context, set string, args ...any) error {
	return c.set(ctx, set+`, takes = 0`, args...)
}

// wornOut is the reason of a lead that is not taken up any more.
const wornOut = "every process that took it up ended"

func (f *firing) wornOut() bool { return f.takes >= mostTakes }

// set sets columns of the lead, and adds the reasons of this round to its decision.
func (c *choice) set(ctx context.Context, set string, args ...any) error {
	if len(c.steps) > 0 {
		steps := slices.Concat(c.firing.steps, c.steps)
		steps = steps[max(0, len(steps)-mostSteps):]
		text, err := json.Marshal(steps)
		if err != nil {
			return err
		}
		c.firing.steps, c.steps = steps, nil
		set += `, decision = ` + placeholder(len(args)+1)
		args = append(args, string(text))
	}
	_, err := c.tx.Exec(ctx, `UPDATE notify_firings SET `+set+` WHERE id = `+placeholder(len(args)+1), append(args, c.id)...)
	return err
}

func decodeSteps(text string) (steps []Step, err error) {
	if text != "" {
		err = json.Unmarshal([]byte(text), &steps)
	}
	return steps, err
}

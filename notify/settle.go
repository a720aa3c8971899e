package notify

import (
	"cmp"
	"errors"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

// record takes in the answer to a send. goOn tells that the next door is to be tried.
func (d *decider) record() (goOn bool) {
	s := d.sent
	i := d.find(func(i *intent) bool { return i.seq == s.intent.seq })
	if i == nil || (i.state != sending && i.state != Unknown) {
		return false // somebody else has settled it, after this process was gone for long
	}
	if errors.Is(s.err, errHeld) {
		d.release(i)
		return false
	}
	d.f.tries++
	v := d.verdict(s, i)
	i.reason = v.reason
	switch v.state {
	case Accepted:
		i.state, i.msgID = Accepted, s.msgID
		d.conclude(i)
		return false
	case Unknown:
		if d.repeatable(i, v.wait) {
			d.again(i, v.wait)
			return false
		}
		i.state = Unknown
		d.conclude(i)
		return false
	case retried:
		i.state, i.uses = retried, ""
		d.save(i)
		if v.slow && i.who.openID != "" {
			d.a.slow = &learnt{i.who, fact{kind: factSlow, topic: i.door, at: unix(d.now)}}
		}
		d.tryAgain(i.door, v)
		return false
	}
	i.state, i.uses = v.state, ""
	if v.state == deferred {
		i.state = retried
		d.deferDoor(i.door, v)
	}
	d.save(i)
	d.steps = append(d.steps, Step{Door: i.door, Reason: string(v.state) + ": " + v.reason})
	d.update()
	d.learn(s, i)
	return true
}

// verdict judges the answer to a send, and notes what it tells of the account.
func (d *decider) verdict(s *shipment, i *intent) verdictOn {
	v := judge(s.err, d.f.tries, d.meaning)
	if s.again {
		v = v.repeated(s.err)
	}
	if v.jitter {
		v = d.jittered(v)
	}
	if v.pause {
		d.a.pause = &pause{i.who.appID, i.door, v.wait}
	}
	k := quotaKey{i.who.appID, i.door}
	switch {
	case errors.Is(s.err, errcode.QuotaExhausted):
		d.a.usedUp = &k
		v.wait, _ = usedUp(d.now).wait(d.now)
	case s.probe && (v.state == Accepted || v.state == Refused || v.state == Failed):
		d.a.back = &k
	}
	return v
}

// release takes back an attempt that was not begun, because a pause came in between: it was no try.
func (d *decider) release(i *intent) {
	if d.sent.again { // the first time it may have gone out
		d.again(i, settleAgain)
		return
	}
	i.state, i.uses, i.reason = retried, "", pauseAsked
	d.save(i)
	wait := d.standing.paused[cmp.Or(i.who.appID, i.door)].Sub(d.now)
	d.postpone(max(wait, time.Second), pauseAsked)
}

// conclude ends the lead with an attempt that was accepted or whose outcome is unknown. An event may have come before.
func (d *decider) conclude(i *intent) {
	d.save(i)
	d.finish(i.state, i.door, i.reason)
	if d.early != nil {
		d.hear(i, *d.early)
	}
}

// hear takes in an event about a message that was accepted or whose outcome is unknown. The lead of one that did not
// arrive is put back, for another door may be open.
func (d *decider) hear(i *intent, r told) {
	i.state, i.msgID, i.reason = r.state, r.msgID, r.reason
	d.save(i)
	d.f.state, d.f.reason, d.f.settledAt = r.state, r.reason, unix(d.now)
	if r.state != Delivered {
		d.f.state, d.f.fireAt = Planned, unix(d.now)
	}
	d.a.events = append(d.a.events, Event{
		Key: d.f.reminder, Lead: d.f.lead, State: r.state, Door: i.door, Reason: r.reason,
	})
}

// repeatable reports whether the door will still recognise the message of an attempt after a pause.
func (d *decider) repeatable(i *intent, wait time.Duration) bool {
	door := d.named[i.door]
	return wait > 0 && door != nil && d.now.Add(wait).Sub(fromUnix(i.startedAt)) < door.Repeatable()
}

// again leaves the attempt open, to be sent once more by whoever finds it after a pause.
func (d *decider) again(i *intent, wait time.Duration) {
	i.leaseUntil = unix(d.shared.Add(wait))
	d.save(i)
	d.park(wait)
}

// park keeps the lead queued for a pause in which nobody is at it.
func (d *decider) park(wait time.Duration) {
	d.f.leaseUntil, d.f.parked = unix(d.shared.Add(wait)), 1
	d.update()
}

// settle deals with an attempt that somebody left open: a process that died, or that had no answer. Where the
// door recognises repetitions the message is sent again with its id; else its outcome is unknown.
func (d *decider) settle(i *intent) {
	switch {
	case i.leaseUntil > unix(d.shared):
		d.f.leaseUntil, d.a.lead = i.leaseUntil, &d.f // it is under way; whoever is at it ends the lead, or the lease ends
		return
	case d.named[i.door] == nil && d.now.Sub(fromUnix(i.startedAt)) < samePeriod:
		d.park(settleAgain) // a process that has the door may know how to repeat it
		return
	}
	if d.f.wornOut() {
		i.reason = wornOut + ", and it may have gone out"
	}
	if d.f.wornOut() || d.broken != "" || !d.repeatable(i, max(d.wait, 1)) {
		i.state, i.reason = Unknown, cmp.Or(i.reason, "left open: it may have gone out")
		d.conclude(i)
		return
	}
	if d.wait > 0 {
		d.again(i, d.wait)
		return
	}
	d.sendAgain(i)
}

// sendAgain sends a message once more, with its id.
func (d *decider) sendAgain(i *intent) {
	content, failed := d.contentNow()
	switch {
	case failed:
		d.again(i, settleAgain)
		return
	case content == nil:
		d.a.compose = true
		d.keep(d.leaseEnd())
		return
	case d.limited(i.who.appID) && d.slot != i.who.appID:
		d.needTurn(i.who.appID)
		return
	}
	i.leaseUntil = d.leaseEnd()
	d.save(i)
	d.steps = append(d.steps, Step{Door: i.door, Taken: true, Reason: "again with the same id: the answer was lost"})
	d.a.send = d.shipment(d.named[i.door], *i, content)
	d.a.send.again = true
	d.f.door, d.f.parked = i.door, 0
	d.keep(i.leaseUntil)
}

// learn corrects the ledger by WeChat's refusal.
func (d *decider) learn(s *shipment, i *intent) {
	note := func(kind, topic string) {
		d.a.learnt = append(d.a.learnt, learnt{i.who, fact{kind: kind, topic: topic, at: unix(d.now)}})
	}
	switch {
	case i.who.openID == "":
	case errors.Is(s.err, errcode.UserRefused) && i.templateID != "":
		note(factEmpty, i.templateID)
	case errors.Is(s.err, errcode.NotFollowing), errors.Is(s.err, errcode.Unfollowed):
		who := i.who
		d.a.left, d.a.leftAt = &who, unix(d.now.Truncate(time.Second))
	case errors.Is(s.err, errcode.ReplyWindowClosed), errors.Is(s.err, errcode.ReplyCountUsedUp):
		note(factShut, "")
	}
}

package notify

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// route takes the first door that is open, in the order of the configuration.
func (d *decider) route() {
	content, failed := d.contentNow()
	switch {
	case failed:
		d.f.tries++
		d.tryAgain("", d.jittered(verdictOn{reason: composeFailed, wait: backoff(d.f.tries)}))
		return
	case content == nil:
		d.a.compose = true
		d.keep(d.leaseEnd())
		return
	}
	for _, door := range d.doors {
		if !d.tried(door.Name()) && d.try(door, content) {
			return
		}
	}
	d.exhausted(content)
}

const composeFailed = "Compose failed"

func (d *decider) tried(door string) bool {
	return d.a.deferred[door].wait > 0 ||
		d.find(func(i *intent) bool { return i.door == door && i.settled() }) != nil
}

// deferDoor passes over a door whose quota is used up: others are tried first.
func (d *decider) deferDoor(door string, v verdictOn) {
	deferred := maps.Clone(d.a.deferred)
	if deferred == nil {
		deferred = map[string]verdictOn{}
	}
	deferred[door] = v
	d.a.deferred = deferred
}

// soonest returns the door whose quota may be there again first, "" if there is none.
func (d *decider) soonest() (door string, v verdictOn) {
	for _, name := range slices.Sorted(maps.Keys(d.a.deferred)) {
		if other := d.a.deferred[name]; door == "" || other.wait < v.wait {
			door, v = name, other
		}
	}
	return door, v
}

// try commits to a door if it is open. taken tells that the choice is made, or that it has to wait.
func (d *decider) try(door Door, content *Content) (taken bool) {
	reach := d.reach[door.AppID()]
	if reach == nil {
		reach = &Reach{User: d.reminder.User, AppID: door.AppID()}
	}
	v := d.check(door, reach, content)
	if !v.Open {
		d.steps = append(d.steps, Step{Door: door.Name(), Reason: v.Reason})
		return false
	}
	who := person{door.AppID(), reach.OpenID}
	if wait := reach.slowFor(door.Name(), d.now); wait > 0 {
		d.postpone(wait, "too many messages to this user")
		return true
	}
	if wait := d.standing.paused[cmp.Or(door.AppID(), door.Name())].Sub(d.now); wait > 0 {
		d.postpone(wait, pauseAsked)
		return true
	}
	wait, probe := d.standing.quotas[keyOf(door)].wait(d.now)
	asks := d.asks != nil && *d.asks == keyOf(door)
	if wait > 0 && !asks {
		deferral := verdictOn{state: deferred, reason: "the quota of the day is used up (45009)", wait: wait}
		d.deferDoor(door.Name(), deferral)
		d.steps = append(d.steps, Step{Door: door.Name(), Reason: deferral.reason})
		return false
	}
	if who.openID != "" && d.busy[who] && !d.isAt(who) {
		d.postpone(crowded, "another message to this user is under way")
		return true
	}
	if d.limited(door.AppID()) && d.slot != door.AppID() {
		d.needTurn(door.AppID())
		return true
	}
	if probe && !asks {
		k := keyOf(door)
		d.a.claim = &k
		return true
	}
	d.commit(door, reach, v, content)
	d.a.send.probe = asks
	return true
}

// isAt reports whether the message that was under way to a person was the lead's own. One that somebody else has settled
// meanwhile is not: another lead may be at the person since.
func (d *decider) isAt(who person) bool {
	return slices.ContainsFunc(d.snapshot.intents, func(i intent) bool { return i.state == sending && i.who == who })
}

const pauseAsked = "a pause was asked for"

// needTurn has the lead wait in hand until the rate limit of an account lets its message through.
func (d *decider) needTurn(appID string) {
	d.a.slot = appID
	d.f.parked = 1 // nobody sends it meanwhile: it is not the lead's fault if the process ends
	d.keep(unix(d.shared.Add(max(d.rules.lease, 2*longestTurn))))
}

// commit makes the attempt that is stored before the call.
func (d *decider) commit(door Door, reach *Reach, v Verdict, content *Content) {
	i := intent{
		firingID: d.f.id, seq: 1, door: door.Name(), who: person{door.AppID(), reach.OpenID},
		templateID: v.Consent, state: sending, startedAt: unix(d.now), leaseUntil: d.leaseEnd(),
	}
	for _, before := range d.intents {
		i.seq = max(i.seq, before.seq+1)
	}
	switch {
	case v.Consent != "":
		i.uses = usesConsent
	case v.Reply:
		i.uses = usesReply
	}
	d.steps = append(d.steps, Step{Door: door.Name(), Taken: true, Reason: v.Reason})
	d.a.fresh = &i
	d.a.send = d.shipment(door, i, content)
	d.f.door, d.f.parked = i.door, 0
	d.keep(i.leaseUntil)
}

func (d *decider) shipment(door Door, i intent, content *Content) *shipment {
	return &shipment{door: door, intent: i, msg: Message{
		ID: messageID(d.f.id, i.door), User: d.reminder.User, OpenID: i.who.openID, Key: d.reminder.Key,
		Due: d.reminder.Due, Lead: d.f.lead, Content: *content,
	}}
}

// exhausted ends a lead for which no door is left.
func (d *decider) exhausted(content *Content) {
	if door, v := d.soonest(); door != "" {
		d.tryAgain(door, v)
		return
	}
	if d.leave(content) {
		return
	}
	state, reason, door := Unreachable, "no door was open", ""
	for _, i := range d.intents {
		if i.state == Refused || (i.state == Failed && state != Refused) {
			state, reason, door = i.state, i.reason, i.door
		}
	}
	d.finish(state, door, reason)
}

// leave puts the lead back for processes that have its other doors. Each process looks at it once, so it ends
// when all of its doors were looked at, or when its time is over.
func (d *decider) leave(content *Content) (left bool) {
	looked := d.f.looked.with(d.served...)
	wants := wanting(content, looked, d.tried)
	if len(wants) == 0 || !d.f.left(d.now) {
		return false
	}
	d.f.state, d.f.wants, d.f.looked = Planned, newDoorSet(wants...), looked
	d.f.reason = "left to processes with the doors: " + strings.Join(wants, ", ")
	d.a.wants = wants
	d.update()
	return true
}

// jittered cuts a pause by up to a quarter, so that not all who were refused at once come back at once.
func (d *decider) jittered(v verdictOn) verdictOn {
	v.wait -= time.Duration(d.chance * float64(v.wait/4))
	return v
}

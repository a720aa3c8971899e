package notify

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

// rules is what decisions depend on besides the snapshot: the setting of a process.
type rules struct {
	doors     []Door
	named     map[string]Door
	served    []string // names in contents that the doors serve
	zone      string
	calendars map[string]Workdays
	grace     time.Duration
	catchUp   CatchUp
	compose   bool          // contents come from Config.Compose
	lease     time.Duration // how long whoever sends has the lead for itself
	check     func(Door, *Reach, *Content) Verdict
	meaning   func(*errcode.Error) CodeMeaning
	limited   func(appID string) bool
}

// moment is the time by both clocks: that of the reminders, and that of leases, which all processes share.
type moment struct{ now, shared time.Time }

// snapshot is all that counts for one lead at one moment, as it was read under locks. decide changes nothing in it.
type snapshot struct {
	lead     firing
	intents  []intent // in the order of their numbers
	reminder *Reminder
	active   bool
	optedOut bool
	broken   string            // why a row of it cannot be read
	reach    map[string]*Reach // by AppID of the doors
	busy     map[person]bool   // those to whom a message is under way
	early    *told             // an event about the message that came before its outcome was stored
	standing *standing
	session
}

// session is what a process remembers of a lead in its hands from one round to the next.
type session struct {
	sent    *shipment // with its answer, which is to be stored
	passed  bool      // the gate, in a round before
	slot    string    // AppID whose turn it is
	wait    time.Duration
	asks    *quotaKey // it may ask whether this quota is there again
	content *Content  // that was composed
	failed  bool      // Compose did
	chance  float64   // of [0, 1): cuts pauses, so that not all come back at once
	// deferred are doors that will be open again, of which this session has had enough.
	deferred map[string]verdictOn
}

// standing is what a process knows of whole accounts: the same for all leads of a round.
type standing struct {
	quotas map[quotaKey]quota
	paused map[string]time.Time // by account or, without one, by door
}

// action is what is to happen with a lead: what is to be stored, and then done. With claim nothing else is: the right
// to ask is to be had first, and then it is decided anew.
type action struct {
	claim   *quotaKey
	lead    *firing  // as it is from now on, nil if nothing changes
	intents []intent // of these what became of them
	fresh   *intent  // the new attempt, to be committed before the call
	learnt  []learnt
	slow    *learnt // replaces what was known
	left    *person // does not follow any more
	leftAt  int64
	pause   *pause
	usedUp  *quotaKey
	back    *quotaKey // a quota that is there again
	events  []OutcomeEvent
	wants   []string // the doors that it is left for

	send     *shipment // what is to be done
	compose  bool      // the content is needed first
	slot     string    // AppID whose turn is needed first
	passed   bool      // the gate
	deferred map[string]verdictOn
}

// learnt is a fact about a person.
type learnt struct {
	who person
	fact
}

// pause is what WeChat asked for, of an account or, without one, of a door.
type pause struct {
	appID, door string
	wait        time.Duration
}

// goesOn reports whether the lead stays in the hands of this process.
func (a *action) goesOn() bool { return a.send != nil || a.compose || a.slot != "" }

// decider makes one decision.
type decider struct {
	*rules
	*snapshot
	moment
	reminder *Reminder // as it was for the due time of the lead
	f        firing    // the lead as it becomes
	intents  []intent  // as they become
	steps    []Step
	touched  map[int]bool // numbers of intents that changed
	a        action
}

// decide says what is to happen with a lead: it records the answer to what was sent, settles what somebody left open,
// and commits to the next door, waits, or ends the lead. It knows neither a database nor a clock.
func decide(r *rules, s *snapshot, at moment) action {
	d := &decider{
		rules: r, snapshot: s, moment: at, f: s.lead, intents: slices.Clone(s.intents), touched: map[int]bool{},
		a: action{passed: s.passed, deferred: s.deferred}, reminder: s.reminder.forDue(s.lead.due, r.zone),
	}
	d.run()
	if d.a.claim != nil {
		return action{claim: d.a.claim}
	}
	if len(d.steps) > 0 {
		d.f.newDecision = addSteps(s.lead.decision, d.steps)
		d.a.lead = &d.f
	}
	for _, i := range d.intents {
		if d.touched[i.seq] {
			d.a.intents = append(d.a.intents, i)
		}
	}
	return d.a
}

// mostSteps bounds what is kept of the reasons of a lead that is tried for days: the latest.
const mostSteps = 50

// addSteps adds the reasons of a round to those that are stored. What of these cannot be read is dropped.
func addSteps(decision string, steps []Step) string {
	before, err := decodeSteps(decision)
	if err != nil {
		before = []Step{{Reason: "earlier reasons cannot be read"}}
	}
	before = append(before, steps...)
	text, _ := json.Marshal(before[max(0, len(before)-mostSteps):]) // of strings it cannot fail
	return string(text)
}

func decodeSteps(text string) (steps []Step, err error) {
	if text != "" {
		err = json.Unmarshal([]byte(text), &steps)
	}
	return steps, err
}

func (d *decider) run() {
	switch {
	case d.sent != nil:
		if !d.record() {
			return
		}
	case d.f.state != Queued:
		return // somebody else was here first
	default:
		if i := d.open(); i != nil {
			d.settle(i)
			return
		}
		if d.f.wornOut() {
			d.finish(Failed, "", wornOut)
			return
		}
	}
	if d.wait > 0 {
		d.postpone(d.wait, "waits for its turn at the rate limit")
		return
	}
	if d.gate() {
		d.a.passed = true
		d.route()
	}
}

// wornOut is the reason of a lead that is not taken up any more.
const wornOut = "every process that took it up ended"

func (f *firing) wornOut() bool { return f.takes >= mostTakes }

// open returns the attempt whose outcome nobody has recorded.
func (d *decider) open() *intent { return d.find(func(i *intent) bool { return i.state == sending }) }

func (d *decider) find(is func(*intent) bool) *intent {
	for n := range d.intents {
		if is(&d.intents[n]) {
			return &d.intents[n]
		}
	}
	return nil
}

// save has what became of an attempt stored.
func (d *decider) save(i *intent) {
	i.settledAt = unix(d.now)
	d.touched[i.seq] = true
}

// update has the lead stored, when this process is done with it, or with a send: it has not ended the process.
func (d *decider) update() {
	d.f.takes = 0
	d.a.lead = &d.f
}

// finish ends the lead, for now or for good.
func (d *decider) finish(state State, door, reason string) {
	e := OutcomeEvent{Key: d.f.reminder, Lead: d.f.lead, State: state, Door: door, Reason: reason}
	if state == Accepted {
		e.Late = max(0, d.now.Sub(fromUnix(d.f.fireAt)))
	}
	d.a.events = append(d.a.events, e)
	d.f.state, d.f.door, d.f.reason, d.f.settledAt = state, door, reason, unix(d.now)
	d.update()
}

// postpone plans the lead again, not before the wait is over, whatever is planned meanwhile.
func (d *decider) postpone(wait time.Duration, reason string) {
	d.f.state, d.f.fireAt, d.f.reason = Planned, unix(d.now.Add(wait)), reason
	d.f.waitTill = d.f.fireAt
	d.update()
}

// until plans the lead again for a time that a new plan may move.
func (d *decider) until(at time.Time, reason string) {
	d.f.state, d.f.fireAt, d.f.reason = Planned, unix(at), reason
	d.update()
}

// tryAgain plans the lead again after a failure.
func (d *decider) tryAgain(door string, v verdictOn) {
	d.a.events = append(d.a.events, OutcomeEvent{
		Key: d.f.reminder, Lead: d.f.lead, State: Planned, Door: door, Reason: v.reason,
	})
	d.postpone(v.wait, v.reason)
}

// keep has the lead stay in the hands of this process while the lease lasts.
func (d *decider) keep(until int64) {
	d.f.state, d.f.leaseUntil = Queued, until
	d.a.lead = &d.f
}

// leaseEnd is until when whoever sends now has the lead for itself.
func (d *decider) leaseEnd() int64 { return unix(d.shared.Add(d.rules.lease)) }

// contentNow returns the content, if it is there. If not, it is to be composed, or the lead waits after a failure.
func (d *decider) contentNow() (c *Content, failed bool) {
	switch {
	case !d.rules.compose:
		return &d.reminder.Content, false
	case d.failed:
		return nil, true
	}
	return d.content, false
}

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
	d.a.events = append(d.a.events, OutcomeEvent{
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
	case s.msg.Card != nil:
		if endsCard(s.err) {
			d.a.learnt = append(d.a.learnt, learnt{i.who, fact{kind: factCardEnd, topic: s.msg.Card.Code}})
		}
	case errors.Is(s.err, errcode.UserRefused) && i.templateID != "":
		note(factEmpty, i.templateID)
	case errors.Is(s.err, errcode.NotFollowing), errors.Is(s.err, errcode.Unfollowed):
		who := i.who
		d.a.left, d.a.leftAt = &who, unix(d.now.Truncate(time.Second))
	case errors.Is(s.err, errcode.ReplyWindowClosed), errors.Is(s.err, errcode.ReplyCountUsedUp):
		note(factShut, "")
	}
}

// longestTrying is how long after its time a lead is tried that fails again and again.
const longestTrying = 7 * 24 * time.Hour

// gate asks whether the lead is still wanted, and whether it is the time: of a lead on its way from one door to
// the next, only whether it is still wanted.
func (d *decider) gate() (goOn bool) {
	if d.broken != "" {
		d.finish(Failed, "", d.broken)
		return false
	}
	reason := d.snapshot.reminder.drops(&d.f, d.zone)
	switch {
	case !d.active:
		d.finish(Cancelled, "", reminderCancelled)
	case reason != "":
		d.finish(Cancelled, "", reason)
	case d.optedOut:
		d.finish(Skipped, "", "the user has opted out")
	default:
		return d.passed || d.inTime()
	}
	return false
}

// inTime asks whether it is the time to send the lead.
func (d *decider) inTime() bool {
	cal, err := newCalendar(d.reminder, d.zone, d.calendars)
	if d.calendars[d.reminder.Calendar] == nil && d.reminder.needsCalendar() && d.now.Before(d.reminder.Due) {
		d.until(d.now.Add(calendarWait), fmt.Sprintf("left to processes with the calendar %q", d.reminder.Calendar))
		return false
	}
	if err != nil {
		d.finish(Failed, "", err.Error()) // the zone is gone from the system's list
		return false
	}
	slot := cal.slotOf(d.f.lead, d.reminder.leads())
	switch {
	case slot.over != "":
		d.finish(Skipped, "", slot.over)
		return false
	case d.f.moved(slot.at, d.now):
		d.until(slot.at, "moved to a later time")
		return false
	}
	if reason := d.tooLate(cal); reason != "" {
		d.giveUp(reason)
		return false
	}
	return !d.quiet(cal)
}

// calendarWait is how long a lead is left to processes that have its calendar.
const calendarWait = time.Minute

// moved reports whether the reminder was planned for a later time while the lead was on its way.
func (f *firing) moved(meant, now time.Time) bool { return f.fireAt < unix(meant) && now.Before(meant) }

// giveUp ends a lead that is too late: Missed if nothing was tried, else as its last try ended.
func (d *decider) giveUp(why string) {
	if d.f.tries == 0 {
		d.finish(Missed, "", why)
		return
	}
	last := intent{state: Failed, reason: composeFailed}
	if len(d.intents) > 0 {
		last = d.intents[len(d.intents)-1]
	}
	if last.state != Refused {
		last.state = Failed
	}
	d.finish(last.state, last.door, why+"; the last try: "+last.reason)
}

// tooLate returns why a lead is not sent any more, "" if it is.
func (d *decider) tooLate(cal *calendar) string {
	meant := cal.fireAt(d.f.lead)
	late := d.lateness(meant)
	switch {
	case meant.Before(cal.due) && !d.now.Before(cal.due):
		return "it is due: too late to announce it"
	case late > longestTrying && d.f.tries > 0:
		return "tried for too long"
	case late <= d.grace || d.catchUp == CatchUpAll:
		return ""
	case d.catchUp == CatchUpNone && d.f.tries == 0:
		return "its time went by"
	case d.catchUp == CatchUpNone:
		return ""
	}
	if cal.anyOf(d.reminder.leads(), meant, d.now) || d.nextHasCome(meant) {
		return "its time went by, and that of a later one has come"
	}
	return ""
}

// nextHasCome reports whether a lead of the due time after the lead's own has come since a time.
func (d *decider) nextHasCome(since time.Time) bool {
	if d.reminder == d.snapshot.reminder {
		return false // it is the last
	}
	zone, err := d.reminder.location(d.zone)
	if err != nil {
		return false
	}
	next, ok := d.reminder.renewed(zone)
	if !ok {
		return false
	}
	cal, err := newCalendar(next, d.zone, d.calendars)
	return err == nil && cal.anyOf(next.leads(), since, d.now)
}

// quiet postpones what came late, or is tried again, into quiet hours. Where another lead comes at their end, or has
// come since, that one is nearer to the due time, and this one is passed over.
func (d *decider) quiet(cal *calendar) bool {
	_, end, quiet := cal.quietAt(d.now)
	if !quiet {
		return false
	}
	if d.now.Before(cal.due) && !end.Before(cal.due) {
		d.finish(Missed, "", "quiet hours until it is due")
		return true
	}
	if next, found := cal.followedBy(d.reminder.leads(), cal.fireAt(d.f.lead), end); found {
		d.finish(Skipped, "", fmt.Sprintf("would wait for the end of the quiet hours, when %s comes", next.lead))
		return true
	}
	d.until(end, "waits for the end of the quiet hours")
	return true
}

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
	case v.Card != nil:
		i.uses, i.templateID = usesCard, cardTopic(v.Card.Code, v.Card.State)
	}
	d.steps = append(d.steps, Step{Door: door.Name(), Taken: true, Reason: v.Reason})
	d.a.fresh = &i
	d.a.send = d.shipment(door, i, content)
	if v.Card != nil {
		d.a.send.msg.Card = v.Card // with the state before
	}
	d.f.door, d.f.parked = i.door, 0
	d.keep(i.leaseUntil)
}

func (d *decider) shipment(door Door, i intent, content *Content) *shipment {
	return &shipment{door: door, intent: i, msg: Message{
		ID: messageID(d.f.id, i.door), User: d.reminder.User, OpenID: i.who.openID, Key: d.reminder.Key,
		Due: d.reminder.Due, Lead: d.f.lead, Content: *content, Card: i.change(),
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

package notify

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

// rules is what decisions depend on besides the snapshot: the setting of a process.
type rules struct {
	doors   []Door
	named   map[string]Door
	served  []string // names in contents that the doors serve
	zone    string
	grace   time.Duration
	catchUp CatchUp
	compose bool          // contents come from Config.Compose
	lease   time.Duration // how long whoever sends has the lead for itself
	check   func(Door, *Reach, *Content) Verdict
	meaning func(*errcode.Error) CodeMeaning
	limited func(appID string) bool
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
	events  []Event
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
	f       firing   // the lead as it becomes
	intents []intent // as they become
	steps   []Step
	touched map[int]bool // numbers of intents that changed
	a       action
}

// decide says what is to happen with a lead: it records the answer to what was sent, settles what somebody left open,
// and commits to the next door, waits, or ends the lead. It knows neither a database nor a clock.
func decide(r *rules, s *snapshot, at moment) action {
	d := &decider{
		rules: r, snapshot: s, moment: at, f: s.lead, intents: slices.Clone(s.intents), touched: map[int]bool{},
		a: action{passed: s.passed, deferred: s.deferred},
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
	e := Event{Key: d.f.reminder, Lead: d.f.lead, State: state, Door: door, Reason: reason}
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
	d.a.events = append(d.a.events, Event{
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

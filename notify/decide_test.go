package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
)

// coreDoor is a door of the program's own, which recognises repetitions or does not.
type coreDoor struct {
	name, app string
	repeat    time.Duration
}

func (d coreDoor) Name() string              { return d.name }
func (d coreDoor) AppID() string             { return d.app }
func (d coreDoor) Repeatable() time.Duration { return d.repeat }
func (d coreDoor) Check(_ *Reach, c *Content) Verdict {
	return Verdict{Open: c.Other[d.name] != "", Reason: "by its content"}
}
func (coreDoor) Send(context.Context, *Message) (int64, error) { return 0, errors.New("not here") }

var coreDue = time.Date(2026, 11, 30, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))

// coreRules are those of WeChat's three doors and of one of the program's own.
func coreRules() *rules {
	doors := []Door{&templateDoor{appID: "service"}, &subscribeDoor{appID: "mini"}, &replyDoor{appID: "mini"}, coreDoor{name: "sms"}}
	r := &rules{
		doors: doors, named: map[string]Door{}, served: servedBy(doors), zone: "Asia/Shanghai", grace: time.Hour, lease: 32 * time.Second,
		check: func(d Door, r *Reach, c *Content) Verdict { return d.Check(r, c) }, meaning: mayArrive,
		limited: func(string) bool { return false },
	}
	for _, d := range doors {
		r.named[d.Name()] = d
	}
	return r
}

// coreSnapshot is a lead of three days whose time has come, of a user who follows, has one consent and has written.
func coreSnapshot() *snapshot {
	at := coreDue.AddDate(0, 0, -3)
	popup := fact{kind: factAccept, topic: "S", at: unix(at.Add(-time.Hour))}
	wrote := fact{kind: factTrigger, topic: string(TriggerMessage), at: unix(at.Add(-time.Hour))}
	mini := &record{facts: []fact{popup, wrote}}
	return &snapshot{
		lead: firing{id: "a@1", reminder: "a", user: "u", due: unix(coreDue), lead: Days(3), fireAt: unix(at), state: Queued},
		reminder: &Reminder{
			Key: "a", User: "u", Due: coreDue, Leads: []Lead{Days(3), Days(1)}, Content: Content{
				Template: &TemplateContent{TemplateID: "T"}, Subscribe: &SubscribeContent{TemplateID: "S"}, Reply: "r",
				Other: map[string]string{"sms": "s"},
			},
		},
		active: true,
		reach: map[string]*Reach{
			"service": {User: "u", AppID: "service", OpenID: "o1", Follow: followYes.public(), record: &record{}},
			"mini":    {User: "u", AppID: "mini", OpenID: "o2", record: mini, Window: mini.window(at, Allowances())},
		},
		busy:     map[person]bool{},
		standing: &standing{quotas: map[quotaKey]quota{}, paused: map[string]time.Time{}},
	}
}

func coreMoment() moment {
	at := coreDue.AddDate(0, 0, -3).Add(time.Second)
	return moment{at, at}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	who := person{"service", "o1"}
	open := func(door, openID string, lease time.Duration) intent {
		return intent{firingID: "a@1", seq: 1, door: door, who: person{"service", openID}, state: sending,
			startedAt: unix(coreMoment().now.Add(-time.Minute)), leaseUntil: unix(coreMoment().shared.Add(lease))}
	}
	answer := func(s *snapshot, err error) {
		s.intents = []intent{open(DoorTemplate, "o1", time.Minute)}
		s.sent = &shipment{door: coreRules().doors[0], intent: s.intents[0], msgID: 7, err: err}
	}
	code := func(c errcode.Code) error {
		return notSent(errcode.New("template.Send", "/cgi-bin/message/template/send", 200, c, ""))
	}
	refusedLate := func(s *snapshot, err error) { // the attempt was settled by somebody else, and another lead is at the person
		answer(s, err)
		i := &s.intents[0]
		i.who, i.state = person{"mini", "o2"}, Unknown
		s.sent.intent, s.busy[i.who] = *i, true
	}
	for name, tc := range map[string]struct {
		change func(*snapshot)
		state  State // of the lead; Queued with a send
		door   string
		reason string // in it
		steps  int
	}{
		"FirstDoor":       {func(*snapshot) {}, Queued, DoorTemplate, "", 1},
		"SecondDoor":      {func(s *snapshot) { s.reach["service"].Follow = followNo.public() }, Queued, DoorSubscribe, "", 2},
		"Unreachable":     {func(s *snapshot) { s.reach, s.reminder.Content.Other = nil, nil }, Unreachable, "", "no door was open", 4},
		"Cancelled":       {func(s *snapshot) { s.active = false }, Cancelled, "", "was cancelled", 0},
		"DueMoved":        {func(s *snapshot) { s.lead.due++ }, Cancelled, "", dueMoved, 0},
		"OptedOut":        {func(s *snapshot) { s.optedOut = true }, Skipped, "", "opted out", 0},
		"TooLate":         {func(s *snapshot) { s.lead.lead = Days(9); s.reminder.Leads = append(s.reminder.Leads, Days(9)) }, Missed, "", "its time went by", 0},
		"ZoneIsGone":      {func(s *snapshot) { s.reminder.Zone = "Mars" }, Failed, "", "Zone", 0},
		"Broken":          {func(s *snapshot) { s.broken, s.reminder = "its reminder cannot be read", nil }, Failed, "", "cannot be read", 0},
		"QuietHours":      {func(s *snapshot) { s.reminder.Quiet = QuietHours{"08:59", "10:00"}; s.reminder.At = "08:58" }, Planned, "", "quiet hours", 0},
		"Busy":            {func(s *snapshot) { s.busy[who] = true }, Planned, "", "another message", 0},
		"BusyAfterAll":    {func(s *snapshot) { refusedLate(s, code(errcode.NotFollowing)) }, Planned, "", "another message", 1},
		"Paused":          {func(s *snapshot) { s.standing.paused["service"] = coreMoment().now.Add(time.Minute) }, Planned, "", pauseAsked, 0},
		"QuotaUsedUp":     {func(s *snapshot) { s.standing.quotas[quotaKey{"service", DoorTemplate}] = usedUp(coreMoment().now) }, Queued, DoorSubscribe, "", 2},
		"WornOut":         {func(s *snapshot) { s.lead.takes = mostTakes }, Failed, "", wornOut, 0},
		"LongWait":        {func(s *snapshot) { s.wait = time.Minute }, Planned, "", "rate limit", 0},
		"Arrived":         {func(s *snapshot) { answer(s, nil) }, Accepted, DoorTemplate, "", 0},
		"ArrivedEarlier":  {func(s *snapshot) { answer(s, nil); s.early = &told{msgID: 7, state: Delivered} }, Delivered, DoorTemplate, "", 0},
		"BlockedEarlier":  {func(s *snapshot) { answer(s, nil); s.early = &told{msgID: 7, state: Refused, reason: "x"} }, Planned, DoorTemplate, "x", 0},
		"Held":            {func(s *snapshot) { answer(s, code(40252)) }, Accepted, DoorTemplate, "outcome is open", 0},
		"NotFollowing":    {func(s *snapshot) { answer(s, code(errcode.NotFollowing)) }, Queued, DoorSubscribe, "", 2},
		"BusyWeChat":      {func(s *snapshot) { answer(s, code(errcode.SystemBusy)) }, Planned, "", "errcode -1", 0},
		"LostAnswer":      {func(s *snapshot) { answer(s, wechat.ErrOutcomeUnknown) }, Queued, "", "", 0},
		"NotBegun":        {func(s *snapshot) { answer(s, errHeld) }, Planned, "", pauseAsked, 0},
		"SettledByOthers": {func(s *snapshot) { answer(s, nil); s.intents[0].state = Delivered }, "", "", "", 0},
		"OpenUnderWay":    {func(s *snapshot) { s.intents = []intent{open("sms", "", time.Second)} }, Queued, "", "", 0},
		"OpenLeft":        {func(s *snapshot) { s.intents = []intent{open("sms", "", -time.Second)} }, Unknown, "sms", "left open", 0},
		"OpenRepeatable":  {func(s *snapshot) { s.intents = []intent{open(DoorTemplate, "o1", -time.Second)} }, Queued, DoorTemplate, "", 1},
		"OpenDoorIsGone":  {func(s *snapshot) { s.intents = []intent{open("fax", "", -time.Second)} }, Queued, "", "", 0},
		"OpenBroken":      {func(s *snapshot) { s.intents, s.broken = []intent{open(DoorTemplate, "o1", -time.Second)}, "gone" }, Unknown, DoorTemplate, "left open", 0},
		"OpenAndWornOut": {func(s *snapshot) {
			s.intents, s.lead.takes = []intent{open(DoorTemplate, "o1", -time.Second)}, mostTakes
		}, Unknown, DoorTemplate, wornOut, 0},
		"LeftToOthers": {func(s *snapshot) { s.reminder.Content = Content{Other: map[string]string{"fax": "x"}} }, Planned, "", "left to processes with the doors: fax", 4},
		"Moved":        {func(s *snapshot) { s.lead.fireAt -= 1e6; s.reminder.At = "18:00" }, Planned, "", "moved to a later time", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := coreSnapshot()
			tc.change(s)
			a := decide(coreRules(), s, coreMoment())
			if tc.state == "" {
				require.Nil(t, a.lead)
				return
			}
			require.NotNil(t, a.lead)
			require.Equal(t, tc.state, a.lead.state, a.lead.reason)
			require.Equal(t, tc.door, a.lead.door)
			require.Contains(t, a.lead.reason, tc.reason)
			steps, err := decodeSteps(a.lead.newDecision)
			require.NoError(t, err)
			require.Len(t, steps, tc.steps)
			require.Equal(t, tc.state == Queued && tc.door != "", a.send != nil)
		})
	}
}

// world is one lead and what became of its messages, in memory: a database, a network and crashes without any of them.
type world struct {
	*rapid.T
	rules   *rules
	s       *snapshot
	at      moment
	arrived map[string]bool // by id of the message
	calls   map[string]int
	ended   bool
}

// TestDecideAtMostOnce plays the lives of leads with answers, lost answers, ends of processes and pauses by chance.
// Whatever happens, no second message arrives, no attempt is opened beside another, and each door that was passed over
// has a reason.
func TestDecideAtMostOnce(t *testing.T) {
	t.Parallel()
	card := NewCardDoor(coreClient(t))
	rapid.Check(t, func(t *rapid.T) {
		w := &world{T: t, rules: coreRules(), s: coreSnapshot(), at: coreMoment(), arrived: map[string]bool{}, calls: map[string]int{}}
		if rapid.Bool().Draw(t, "card") {
			w.rules, w.s = cardSnapshot(card)
		}
		w.rules.compose = rapid.Bool().Draw(t, "compose")
		limited := rapid.SampledFrom([]string{"", "service", "mini"}).Draw(t, "limited")
		w.rules.limited = func(app string) bool { return app != "" && app == limited }
		if rapid.Bool().Draw(t, "stranger") {
			w.s.reach["service"].Follow = followNo.public()
		}
		if rapid.Bool().Draw(t, "no consent") {
			w.s.reach["mini"].record.facts = w.s.reach["mini"].record.facts[1:]
		}
		for range 60 {
			if w.round(); w.ended {
				break
			}
		}
		require.LessOrEqual(t, len(w.arrived), 1, "two messages arrived")
	})
}

func (w *world) round() {
	before := fmt.Sprintf("%+v", *w.s)
	a := decide(w.rules, w.s, w.at)
	require.Equal(w, before, fmt.Sprintf("%+v", *w.s), "the snapshot is as it was")
	again := decide(w.rules, w.s, w.at)
	require.Equal(w, a.lead, again.lead, "the same again")
	if a.claim != nil {
		w.s.asks = a.claim
		return
	}
	w.apply(&a)
	switch {
	case a.send != nil:
		w.send(a.send)
	case a.compose:
		w.s.content, w.s.failed = &w.s.reminder.Content, rapid.IntRange(0, 9).Draw(w.T, "fails") == 0
	case a.slot != "":
		if w.s.slot = a.slot; rapid.IntRange(0, 3).Draw(w.T, "far") == 0 {
			w.s.slot, w.s.wait = "", 5*time.Second
		}
	default:
		w.pass(&a)
	}
}

// apply stores what was decided, and checks it.
func (w *world) apply(a *action) {
	if a.lead != nil {
		w.s.lead = *a.lead
		if a.lead.newDecision != "" {
			w.s.lead.decision, w.s.lead.newDecision = a.lead.newDecision, ""
		}
	}
	for _, i := range a.intents {
		w.s.intents[slices.IndexFunc(w.s.intents, func(o intent) bool { return o.seq == i.seq })] = i
	}
	if a.fresh != nil {
		require.NotNil(w, a.send)
		w.s.intents = append(slices.Clone(w.s.intents), *a.fresh)
	}
	open := 0
	for _, i := range w.s.intents {
		if i.state == sending {
			open++
		}
	}
	require.LessOrEqual(w, open, 1, "two attempts are open")
	w.s.sent, w.s.slot, w.s.wait, w.s.asks = nil, "", 0, nil
	w.s.passed, w.s.deferred = a.passed, a.deferred
	if a.fresh != nil || a.lead != nil && a.lead.state == Unreachable {
		w.reasons(a)
	}
	mini := w.s.reach["mini"].record
	mini.uses = nil
	for _, i := range w.s.intents {
		if i.uses != "" {
			mini.uses = append(mini.uses, use{i.uses, i.templateID, i.startedAt, i.msgID, i.state == sending || i.state == Unknown})
		}
	}
	for _, l := range a.learnt {
		mini.facts = append(mini.facts, l.fact)
	}
	w.s.reach["mini"].Window = mini.window(w.at.now, Allowances())
	w.s.reach["mini"].Cards = mini.cards("o2", w.at.now)
	if a.left != nil {
		w.s.reach["service"].Follow = followNo.public()
	}
}

// reasons checks that each door before the one that is taken was named.
func (w *world) reasons(a *action) {
	for _, d := range w.rules.doors {
		if a.fresh != nil && d.Name() == a.fresh.door {
			return
		}
		require.Contains(w, w.s.lead.decision, `"door":"`+d.Name()+`"`, "passed over without a reason")
	}
}

// send plays the call, whose answer comes or not; the process may end meanwhile.
func (w *world) send(s *shipment) {
	if s.intent.uses == usesConsent {
		left := (&record{facts: w.s.reach["mini"].record.facts}).consent("S", false).Left
		require.Positive(w, left, "a consent that is not there")
	}
	w.calls[s.door.Name()]++
	code := func(c errcode.Code) error { return notSent(errcode.New("op", "/", 200, c, "")) }
	answers := []error{
		nil, wechat.ErrOutcomeUnknown, errHeld, fmt.Errorf("%w: line", ErrNotSent), code(errcode.SystemBusy), code(999999),
		code(errcode.DayQuotaReached), code(errcode.ConcurrentSends),
	}
	if !w.arrived[s.msg.ID] { // somebody who got the first one can be reached
		answers = append(answers, ErrUnreachable, code(errcode.UserRefused), code(errcode.NotifyCodeExpired))
	}
	s.err = rapid.SampledFrom(answers).Draw(w.T, "answer")
	if s.err == nil || (errors.Is(s.err, wechat.ErrOutcomeUnknown) && rapid.Bool().Draw(w.T, "arrives")) {
		w.arrived[s.msg.ID] = true
	}
	if rapid.IntRange(0, 4).Draw(w.T, "the process ends") == 0 {
		w.s.session = session{}
		w.s.lead.takes++
		w.at = moment{w.at.now.Add(time.Minute), w.at.shared.Add(time.Minute)}
		return
	}
	w.s.sent = s
}

// pass lets time go by until the lead is taken up again, or ends.
func (w *world) pass(a *action) {
	w.s.session = session{}
	switch {
	case w.s.lead.state == Queued:
		w.at.shared = fromUnix(w.s.lead.leaseUntil).Add(time.Second)
		w.at.now = w.at.now.Add(5 * time.Second)
		w.s.lead.parked = 0
	case w.s.lead.state == Planned:
		require.NotNil(w, a.lead, "it would be found again at once")
		wait := max(time.Second, fromUnix(w.s.lead.fireAt).Sub(w.at.now))
		w.at = moment{w.at.now.Add(wait), w.at.shared.Add(wait)}
		w.s.lead.state, w.s.lead.takes = Queued, 0
		if strings.Contains(w.s.lead.reason, "left to") {
			w.ended = true
		}
	default:
		w.ended = true
	}
}

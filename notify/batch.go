package notify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// hand is a lead in the hands of this process.
type hand struct {
	id, key, user string
	who           person // to whom its message is under way
	refused       int    // how often the database refused to store its outcome
	refusedAt     time.Time
	session
}

// held is one lead of a round: what is known of it, and what is to happen.
type held struct {
	hand *hand // nil where it is taken up now
	snap snapshot
	act  action
}

// take takes in the reminder of the lead.
func (h *held) take(spec string, active bool) {
	r, err := decodeReminder(spec)
	if err != nil {
		h.snap.broken = "its reminder cannot be read"
		return
	}
	h.snap.reminder, h.snap.active = r, active
}

// routing reports whether it may need another door, or a first one: what went well needs none.
func (h *hand) routing() bool { return h.sent == nil || h.sent.err != nil }

// concluding returns the attempt that may end in this round, with the id that WeChat gave its message.
func (h *held) concluding() (i *intent, msgID int64) {
	for n := range h.snap.intents {
		i := &h.snap.intents[n]
		switch {
		case h.snap.sent != nil && i.seq == h.snap.sent.intent.seq:
			return i, h.snap.sent.msgID
		case h.snap.sent == nil && i.state == sending:
			return i, 0
		}
	}
	return nil, 0
}

// batch is one round, a transaction: it stores what came back, and commits to what is done next, of many leads at once.
type batch struct {
	n    *Notifier
	tx   sqldb.Tx
	at   moment
	back []*hand // whose calls have returned
	most int     // to be taken up
	mine func(id string) bool

	list     []*held
	follows  map[person]following
	standing *standing
	slots    []bookedSlot // that were used
	ofDead   int          // leads that others had
	looked   int          // leads that were found
	taken    int          // of these that are no longer as they were
	trouble  map[string]string
}

// alone returns the lead of a round of one, nil in others: of a round that failed, that one has done it.
func (b *batch) alone() *firing {
	if b == nil || len(b.list) != 1 {
		return nil
	}
	return &b.list[0].snap.lead
}

func (b *batch) run(ctx context.Context) error {
	if err := b.tx.ByIndex(ctx); err != nil {
		return err
	}
	b.at = moment{b.n.cfg.Now(), b.n.clock.now()}
	if err := b.inHand(ctx); err != nil {
		return err
	}
	if err := b.takeUp(ctx); err != nil {
		return err
	}
	if err := b.know(ctx); err != nil {
		return err
	}
	b.standing = b.n.limits.standing()
	for _, h := range b.list {
		if err := b.settleOn(ctx, h); err != nil {
			return err
		}
	}
	return b.store(ctx)
}

// inHand locks the leads whose calls have returned, and first the persons, as everybody does who needs both.
func (b *batch) inHand(ctx context.Context) error {
	var users []string
	var persons []person
	for _, h := range b.back {
		if h.routing() {
			users = append(users, h.user)
		}
	}
	d, err := lookUp(ctx, b.tx, users)
	if err != nil {
		return err
	}
	byID := make(map[string]*hand, len(b.back))
	reach := make(map[string]map[string]*Reach, len(b.back))
	for _, h := range b.back {
		byID[h.id] = h
		if h.sent != nil && h.who.openID != "" && (b.shared() || h.routing()) {
			persons = append(persons, h.who)
		}
		if h.routing() {
			reach[h.id] = b.n.reaches(d, h.user)
			persons = appendPersons(persons, reach[h.id])
		}
	}
	if b.follows, err = holdPersons(ctx, b.tx, persons, false); err != nil {
		return err
	}
	rows, err := leadsInHand(ctx, b.tx, b.back)
	for _, l := range rows {
		b.add(l, byID[l.id], reach[l.id])
	}
	return err
}

// shared reports whether others may be at persons and leads meanwhile. A transaction has all of SQLite.
func (b *batch) shared() bool { return b.n.db.Postgres != nil }

func appendPersons(persons []person, reach map[string]*Reach) []person {
	for app, r := range reach {
		if r.OpenID != "" {
			persons = append(persons, person{app, r.OpenID})
		}
	}
	return persons
}

func (b *batch) add(l *leadRow, h *hand, reach map[string]*Reach) {
	s := snapshot{lead: l.firing, broken: l.broken, reach: reach}
	if h != nil {
		s.session = h.session
	}
	s.chance = rand.Float64()
	b.list = append(b.list, &held{hand: h, snap: s})
}

// takeUp takes leads that nobody has, and whose persons nobody is at.
func (b *batch) takeUp(ctx context.Context) error {
	if b.most <= 0 {
		return loadAttempts(ctx, b.tx, b.list)
	}
	if err := b.n.limits.loadQuotas(ctx, b.tx); err != nil {
		return err
	}
	left, planned, err := b.n.rules.takeUp(ctx, b.tx, b.at, b.most)
	if err != nil {
		return err
	}
	inHand := len(b.list)
	b.looked = len(left) + len(planned)
	mine := func(l *leadRow) bool { return b.mine(l.id) }
	for _, l := range slices.DeleteFunc(left, mine) { // their outcomes are known here
		if l.parked == 0 {
			l.takes++
			b.ofDead++
		} else {
			l.takes = 0
		}
		l.parked = 0
		b.add(l, nil, nil)
	}
	for _, l := range slices.DeleteFunc(planned, mine) { // moved to an earlier time while they are in hand
		l.state, l.parked, l.takes = Queued, 0, 0
		b.add(l, nil, nil)
	}
	if err := loadAttempts(ctx, b.tx, b.list); err != nil {
		return err
	}
	return b.meet(ctx, inHand)
}

// meet finds out who the users of the leads from first on are, and keeps those leads of whose persons it has all.
func (b *batch) meet(ctx context.Context, first int) error {
	fresh := b.list[first:]
	var users []string
	for _, h := range fresh {
		users = append(users, h.snap.lead.user)
	}
	d, err := lookUp(ctx, b.tx, users)
	if err != nil {
		return err
	}
	needs := make([][]person, len(fresh))
	for n, h := range fresh {
		h.snap.reach = b.n.reaches(d, h.snap.lead.user)
		needs[n] = appendPersons(nil, h.snap.reach)
		if i, _ := h.concluding(); i != nil && i.who.openID != "" {
			needs[n] = append(needs[n], i.who)
		}
	}
	if !b.shared() {
		return nil
	}
	had, err := holdPersons(ctx, b.tx, slices.Concat(needs...), true)
	if err != nil {
		return err
	}
	maps.Copy(b.follows, had)
	b.list = b.list[:first]
	for n, h := range fresh {
		if free(needs[n], b.follows) {
			b.list = append(b.list, h)
		}
	}
	return nil
}

func free(persons []person, held map[person]following) bool {
	for _, p := range persons {
		if _, ok := held[p]; !ok {
			return false
		}
	}
	return true
}

// know reads what is known of all leads: their reminders, persons, and events that came early.
func (b *batch) know(ctx context.Context) error {
	var routing []*held
	var persons []person
	for _, h := range b.list {
		if h.hand == nil || h.hand.routing() {
			routing = append(routing, h)
			persons = appendPersons(persons, h.snap.reach)
		}
	}
	if err := loadPlans(ctx, b.tx, routing); err != nil {
		return err
	}
	for _, h := range routing {
		if h.snap.reminder == nil && h.snap.broken == "" {
			h.snap.broken = "its reminder is gone"
		}
	}
	slices.SortFunc(persons, comparePersons)
	known, busy, err := records(ctx, b.tx, slices.Compact(persons))
	if err != nil {
		return err
	}
	for _, h := range b.list {
		h.snap.busy = busy
		for app, r := range h.snap.reach {
			if r.OpenID != "" {
				r.record = known[person{app, r.OpenID}]
				r.Window = r.record.window(b.at.now, b.n.cfg.Allowances)
			}
		}
	}
	return loadEarly(ctx, b.tx, b.list)
}

// reaches is what the identities tell of a user, in the accounts of all doors.
func (n *Notifier) reaches(d *directory, user string) map[string]*Reach {
	list := make(map[string]*Reach, len(n.cfg.Doors))
	for _, door := range n.cfg.Doors {
		app := door.AppID()
		if app == "" || list[app] != nil {
			continue
		}
		r := &Reach{User: user, AppID: app, longTerm: n.cfg.LongTerm}
		if id := d.find(user, app); id != nil {
			r.OpenID, r.UnionID, r.Follow, r.FollowSeen = id.openID, id.unionID, id.follow.public(), fromUnix(id.seen())
		}
		list[app] = r
	}
	return list
}

// settleOn decides about a lead. Where the decision needs a right that all processes share, it is made again with it,
// or without.
func (b *batch) settleOn(ctx context.Context, h *held) error {
	h.snap.standing = b.standing
	for {
		h.act = b.decide(&h.snap)
		switch {
		case h.act.claim != nil:
			k := *h.act.claim
			wait, err := b.n.limits.claimProbe(ctx, b.tx, k)
			if err != nil {
				return err
			}
			b.standing.quotas[k] = b.n.limits.quota(k)
			if wait <= 0 {
				h.snap.asks = &k
				b.standing.quotas[k] = b.standing.quotas[k].asked(b.at.now)
			}
			continue
		case h.act.slot != "" && h.snap.slot == "":
			if slot, ok := b.n.limits.ready(h.act.slot); ok {
				b.slots = append(b.slots, slot)
				h.snap.slot = h.act.slot
				continue
			}
		}
		break
	}
	if p := h.act.pause; p != nil {
		b.standing.pause(p, b.at.now)
	}
	if k := h.act.usedUp; k != nil {
		b.standing.quotas[*k] = usedUp(b.at.now)
	}
	if k := h.act.back; k != nil {
		delete(b.standing.quotas, *k)
	}
	if s := h.act.send; s != nil && s.intent.who.openID != "" {
		h.snap.busy[s.intent.who] = true // one of a person in a round
	}
	return nil
}

// decide keeps a door that panics from failing the leads of others: then it is decided without doors, so that what came
// back is stored all the same.
func (b *batch) decide(s *snapshot) action {
	a, ok := b.tryToDecide(&b.n.rules, s)
	if !ok {
		s.broken = "its decision panicked"
		a, _ = b.tryToDecide(&rules{lease: b.n.rules.lease, meaning: b.n.rules.meaning}, s)
	}
	return a
}

func (b *batch) tryToDecide(r *rules, s *snapshot) (a action, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			b.trouble[s.lead.id] = fmt.Sprintf("panic: %T", p)
			a, ok = action{}, false
		}
	}()
	return decide(r, s, b.at), true
}

// store writes all of it: outcomes first, for they make room for what is committed to.
func (b *batch) store(ctx context.Context) error {
	if err := storeOutcomes(ctx, b.tx, b.list); err != nil {
		return err
	}
	crowdedOut, err := storeIntents(ctx, b.tx, b.list)
	if err != nil {
		return err
	}
	for _, h := range crowdedOut {
		h.snap.busy = map[person]bool{h.act.fresh.who: true}
		h.act = b.decide(&h.snap)
	}
	if err := storeLeads(ctx, b.tx, b.list); err != nil {
		return err
	}
	if err := storeLearnt(ctx, b.tx, b.list, b.follows); err != nil {
		return err
	}
	return b.storeLimits(ctx)
}

// storeLimits tells all processes what was learnt of whole accounts.
func (b *batch) storeLimits(ctx context.Context) error {
	told := map[string]bool{}
	for _, h := range b.list {
		if h.hand == nil && h.act.lead != nil {
			b.taken++
		}
		if k := h.act.usedUp; k != nil && b.n.limits.quota(*k) != usedUp(b.at.now) {
			if err := b.n.limits.useUp(ctx, b.tx, *k, b.at.now); err != nil {
				return err
			}
		}
		if k := h.act.back; k != nil {
			if err := b.n.limits.quotaBack(ctx, b.tx, *k); err != nil {
				return err
			}
		}
		if p := h.act.pause; p != nil && !told[cmp.Or(p.appID, p.door)] {
			told[cmp.Or(p.appID, p.door)] = true
			if err := b.n.limits.pause(ctx, b.tx, p.appID, p.door, p.wait); err != nil {
				return err
			}
		}
	}
	return nil
}

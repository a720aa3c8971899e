package notify

import (
	"cmp"
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// What a round reads and writes of leads and their attempts: the only place that knows these rows. Each statement is for
// many rows at once, has one constant text for both databases, and is prepared once by each connection.

const leadColumns = `f.id, f.reminder_id, f.user_id, f.due, f.lead, f.fire_at, f.wait_until, f.state, f.tries, f.decision,
	f.takes, f.looked, f.wants, f.door, f.reason, f.settled_at, f.lease_until, f.parked `

var (
	lockLeads = sqldb.NewStatement("leads in hand", `SELECT `+leadColumns+`
		FROM {id text} CROSS JOIN notify_firings f WHERE f.id = v.id ORDER BY v.ord FOR UPDATE OF f /*skip*/`)

	takePlanned = sqldb.NewStatement("leads whose time has come", `SELECT `+leadColumns+`
		FROM notify_firings f WHERE f.state = 'planned' AND f.fire_at <= $1 AND (
			f.wants = '' OR (f.due <= $1 AND f.fire_at <= $2)
			OR EXISTS (SELECT 1 FROM {mark text} WHERE REPLACE(f.wants, v.mark, '') <> f.wants))
		ORDER BY f.fire_at LIMIT $3 FOR UPDATE OF f /*skip*/`)

	takeLeft = sqldb.NewStatement("leads whose lease has ended", `SELECT `+leadColumns+`
		FROM notify_firings f WHERE f.state = 'queued' AND f.lease_until < $1 AND f.takes < $2
		ORDER BY f.lease_until LIMIT $3 FOR UPDATE OF f /*skip*/`)

	takeAlone = sqldb.NewStatement("leads that may end processes", `SELECT `+leadColumns+`
		FROM notify_firings f WHERE f.state = 'queued' AND f.lease_until < $1 AND f.takes >= $2 AND NOT EXISTS (
			SELECT 1 FROM notify_firings other
			WHERE other.state = 'queued' AND other.lease_until >= $1 AND other.takes > $2)
		ORDER BY f.takes, f.lease_until LIMIT 1 FOR UPDATE OF f /*skip*/`)

	anythingDue = sqldb.NewStatement("whether anything is due", `SELECT 1 FROM notify_firings f
		WHERE f.state = 'planned' AND f.fire_at <= $1 AND (
			f.wants = '' OR (f.due <= $1 AND f.fire_at <= $2)
			OR EXISTS (SELECT 1 FROM {mark text} WHERE REPLACE(f.wants, v.mark, '') <> f.wants)) LIMIT 1`)

	anythingLeft = sqldb.NewStatement("whether a lease has ended", `SELECT 1 FROM notify_firings f
		WHERE f.state = 'queued' AND f.lease_until < $1 LIMIT 1`)
)

// leadRow is a lead as it was read. broken says what of it cannot be read.
type leadRow struct {
	firing
	broken string
}

func scanLead(row sqldb.Row) (*leadRow, error) {
	var l leadRow
	var lead string
	err := row.Scan(&l.id, &l.reminder, &l.user, &l.due, &lead, &l.fireAt, &l.waitTill, &l.state, &l.tries, &l.decision,
		&l.takes, &l.looked, &l.wants, &l.door, &l.reason, &l.settledAt, &l.leaseUntil, &l.parked)
	if err == nil && l.lead.UnmarshalText([]byte(lead)) != nil {
		l.broken = "its lead cannot be read"
	}
	return &l, err
}

func queryLeads(ctx context.Context, tx sqldb.Tx, s *sqldb.Statement, t *sqldb.Table, args ...any) (list []*leadRow, err error) {
	_, err = tx.Run(ctx, func(rows sqldb.Rows) error {
		l, err := scanLead(rows)
		list = append(list, l)
		return err
	}, s, t, args...)
	return list, err
}

// inHand locks the leads whose calls have returned, and first the persons, as everybody does who needs both. Those that
// somebody else holds come back later.
func (b *batch) inHand(ctx context.Context) error {
	var users []string
	for _, h := range b.back {
		if h.routing() {
			users = append(users, h.user)
		}
	}
	d, err := lookUp(ctx, b.tx, users)
	if err != nil {
		return err
	}
	reach := make(map[string]map[string]*Reach, len(b.back))
	needs := make(map[string][]person, len(b.back))
	var persons []person
	for _, h := range b.back {
		if h.sent != nil && h.who.openID != "" && (b.shared() || h.routing()) {
			needs[h.id] = append(needs[h.id], h.who)
		}
		if h.routing() {
			reach[h.id] = b.n.reaches(d, h.user)
			needs[h.id] = appendPersons(needs[h.id], reach[h.id])
		}
		persons = append(persons, needs[h.id]...)
	}
	if b.follows, err = holdPersons(ctx, b.tx, persons); err != nil {
		return err
	}
	taken, err := lockedPersons(ctx, b.tx, persons, b.follows)
	if err != nil {
		return err
	}
	byID := make(map[string]*hand, len(b.back))
	var free []*hand
	for _, h := range b.back {
		if slices.ContainsFunc(needs[h.id], func(p person) bool { return taken[p] }) {
			b.locked = append(b.locked, h)
			continue
		}
		free, byID[h.id] = append(free, h), h
	}
	rows, err := leadsInHand(ctx, b.tx, free)
	if err != nil {
		return err
	}
	for _, l := range rows {
		b.add(l, byID[l.id], reach[l.id])
	}
	held, err := lockedLeads(ctx, b.tx, free, rows)
	for id := range held {
		b.locked = append(b.locked, byID[id])
	}
	return err
}

// leadsInHand locks the leads of this process, in the order in which plans lock them.
func leadsInHand(ctx context.Context, tx sqldb.Tx, hands []*hand) ([]*leadRow, error) {
	hands = slices.Clone(hands)
	slices.SortFunc(hands, func(a, b *hand) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.id, b.id)) })
	var t sqldb.Table
	for _, h := range hands {
		t.Add(h.id)
	}
	if t.Len() == 0 {
		return nil, nil
	}
	return queryLeads(ctx, tx, lockLeads, &t)
}

// shared reports whether others may be at persons and leads meanwhile. A transaction has all of SQLite.
func (b *batch) shared() bool { return b.n.db.Postgres != nil }

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

// takeUp locks leads that nobody has: those of dead processes and what waited to be sent again first, then those whose
// time has come. It passes over what others have locked.
func (r *rules) takeUp(ctx context.Context, tx sqldb.Tx, at moment, limit int) (left, planned []*leadRow, err error) {
	shared := unix(at.shared)
	found, err := anyLeft(ctx, tx, shared)
	if err == nil && found {
		left, err = queryLeads(ctx, tx, takeLeft, nil, shared, int64(aloneFrom), int64(limit))
	}
	if err == nil && found && len(left) < limit {
		var alone []*leadRow
		alone, err = queryLeads(ctx, tx, takeAlone, nil, shared, int64(aloneFrom))
		left = append(left, alone...)
	}
	if rest := limit - len(left); err == nil && rest > 0 {
		planned, err = queryLeads(ctx, tx, takePlanned, r.marks(), unix(at.now), unix(at.now.Add(-leaveFor)), int64(rest))
	}
	return left, planned, err
}

func anyLeft(ctx context.Context, tx sqldb.Tx, shared int64) (found bool, err error) {
	_, err = tx.Run(ctx, func(sqldb.Rows) error { found = true; return nil }, anythingLeft, nil, shared)
	return found, err
}

// anything reports whether there is something to take up.
func (r *rules) anything(ctx context.Context, tx sqldb.Tx, at moment) (found bool, err error) {
	found, err = anyLeft(ctx, tx, unix(at.shared))
	if err == nil && !found {
		_, err = tx.Run(ctx, func(sqldb.Rows) error { found = true; return nil }, anythingDue, r.marks(), unix(at.now), unix(at.now.Add(-leaveFor)))
	}
	return found, err
}

// marks is the table of the names in contents that this process serves.
func (r *rules) marks() *sqldb.Table {
	t := new(sqldb.Table)
	t.Add("")
	for _, name := range r.served {
		t.Add(mark(name))
	}
	return t
}

func (b *batch) add(l *leadRow, h *hand, reach map[string]*Reach) {
	s := snapshot{lead: l.firing, broken: l.broken, reach: reach}
	if h != nil {
		s.session = h.session
	}
	s.chance = rand.Float64()
	b.list = append(b.list, &held{hand: h, snap: s})
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
	had, err := holdPersons(ctx, b.tx, slices.Concat(needs...))
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

func appendPersons(persons []person, reach map[string]*Reach) []person {
	for app, r := range reach {
		if r.OpenID != "" {
			persons = append(persons, person{app, r.OpenID})
		}
	}
	return persons
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
				r.Cards = r.record.cards(r.OpenID, b.at.now)
			}
		}
	}
	return loadEarly(ctx, b.tx, b.list)
}

var (
	loadIntents = sqldb.NewStatement("attempts", `SELECT i.firing_id, i.seq, i.door, i.app_id, i.open_id, i.template_id,
		i.uses, i.state, i.msg_id, i.reason, i.started_at, i.lease_until
		FROM {id text} CROSS JOIN notify_intents i WHERE i.firing_id = v.id ORDER BY i.firing_id, i.seq`)

	receiptsByID = sqldb.NewStatement("events of messages", `SELECT v.n, r.msg_id, r.status, r.reason, r.at
		FROM {n bigint, app_id text, msg_id bigint} CROSS JOIN notify_receipts r
		WHERE r.app_id = v.app_id AND r.msg_id = v.msg_id`)

	// Events that no send has claimed: one of them may be of a message whose answer was lost.
	receiptsByTemplate = sqldb.NewStatement("events of templates", `SELECT v.n, r.msg_id, r.status, r.reason, r.at
		FROM {n bigint, app_id text, open_id text, template_id text, at bigint} CROSS JOIN notify_receipts r
		WHERE r.app_id = v.app_id AND r.open_id = v.open_id AND r.template_id = v.template_id AND r.at >= v.at
			AND NOT EXISTS (SELECT 1 FROM notify_intents i WHERE i.app_id = r.app_id AND i.msg_id = r.msg_id)
		ORDER BY v.n, r.at, r.msg_id`)
)

// loadAttempts reads the attempts of all leads.
func loadAttempts(ctx context.Context, tx sqldb.Tx, list []*held) error {
	var t sqldb.Table
	byID := make(map[string]*held, len(list))
	for _, h := range list {
		h.snap.intents = nil
		byID[h.snap.lead.id] = h
		t.Add(h.snap.lead.id)
	}
	if t.Len() == 0 {
		return nil
	}
	_, err := tx.Run(ctx, func(rows sqldb.Rows) error {
		i, err := scanIntent(rows)
		if err == nil {
			h := byID[i.firingID]
			h.snap.intents = append(h.snap.intents, *i)
		}
		return err
	}, loadIntents, &t)
	return err
}

// loadEarly looks for events that came before the sends that they tell of were recorded. The rows of the persons are
// locked, here and where events are recorded, so that one of the two sees the other.
func loadEarly(ctx context.Context, tx sqldb.Tx, list []*held) error {
	var byID, byTemplate sqldb.Table
	for n, h := range list {
		i, msgID := h.concluding()
		switch {
		case i == nil || i.who.openID == "":
		case msgID != 0:
			byID.Add(int64(n), i.who.appID, msgID)
		case i.uses == usesConsent || i.uses == usesCard:
			byTemplate.Add(int64(n), i.who.appID, i.who.openID, i.templateID, i.startedAt-clockSkew)
		}
	}
	scan := func(rows sqldb.Rows) error {
		var n, at int64
		var r told
		err := rows.Scan(&n, &r.msgID, &r.state, &r.reason, &at)
		if h := list[n]; err == nil && h.snap.early == nil {
			r.at = fromUnix(at)
			h.snap.early = &r
		}
		return err
	}
	for s, t := range map[*sqldb.Statement]*sqldb.Table{receiptsByID: &byID, receiptsByTemplate: &byTemplate} {
		if t.Len() == 0 {
			continue
		}
		if _, err := tx.Run(ctx, scan, s, t); err != nil {
			return err
		}
	}
	return nil
}

const identityColumns = `i.user_id, i.app_id, i.open_id, i.union_id, i.scene_at, i.linked_at, i.follow, i.follow_at, i.seen_at `

var (
	identitiesByUser = sqldb.NewStatement("identities of users", `SELECT `+identityColumns+`
		FROM {user_id text} CROSS JOIN notify_identities i WHERE i.user_id = v.user_id`)

	identitiesByUnion = sqldb.NewStatement("identities of one UnionID", `SELECT `+identityColumns+`
		FROM {union_id text} CROSS JOIN notify_identities i WHERE i.union_id = v.union_id`)

	lockPersons = sqldb.NewStatement("persons", `SELECT i.app_id, i.open_id, i.follow, i.follow_at
		FROM {app_id text, open_id text} CROSS JOIN notify_identities i
		WHERE i.app_id = v.app_id AND i.open_id = v.open_id ORDER BY v.ord FOR UPDATE OF i /*skip*/`)

	loadRecords = sqldb.NewStatement("what is known of persons", `WITH p AS MATERIALIZED (
			SELECT v.n, v.app_id, v.open_id FROM {n bigint, app_id text, open_id text})
		SELECT p.n, 1 AS source, f.kind, f.topic, f.at, f.ref, 0 AS msg_id FROM p CROSS JOIN notify_facts f
			WHERE f.app_id = p.app_id AND f.open_id = p.open_id
		UNION ALL SELECT p.n, CASE i.state WHEN 'sending' THEN 4 ELSE 2 END, i.uses, i.template_id, i.started_at, i.state, i.msg_id
			FROM p CROSS JOIN notify_intents i
			WHERE i.app_id = p.app_id AND i.open_id = p.open_id AND (i.uses <> '' OR i.state = 'sending')
		UNION ALL SELECT p.n, 3, '', r.template_id, r.at, '', r.msg_id FROM p CROSS JOIN notify_receipts r
			WHERE r.app_id = p.app_id AND r.open_id = p.open_id AND r.template_id <> ''
		ORDER BY 5, 2, 3, 4, 6, 7`)

	loadReminders = sqldb.NewStatement("reminders", `SELECT r.id, r.spec, r.progress, r.acked_at, r.state
		FROM {id text} CROSS JOIN notify_reminders r WHERE r.id = v.id`)

	loadOptOuts = sqldb.NewStatement("opt-outs", `SELECT o.user_id, o.topic
		FROM {user_id text} CROSS JOIN notify_optouts o WHERE o.user_id = v.user_id`)
)

// directory is who the users of a round are, in all accounts.
type directory struct {
	own    map[string][]identity // by user
	joined map[string][]identity // by UnionID
}

// lookUp reads who users are.
func lookUp(ctx context.Context, tx sqldb.Tx, users []string) (*directory, error) {
	d := &directory{own: map[string][]identity{}, joined: map[string][]identity{}}
	slices.Sort(users)
	var t, unions sqldb.Table
	for _, u := range slices.Compact(users) {
		t.Add(u)
	}
	if t.Len() == 0 {
		return d, nil
	}
	_, err := tx.Run(ctx, func(rows sqldb.Rows) error {
		user, id, err := scanIdentity(rows)
		d.own[user] = append(d.own[user], id)
		return err
	}, identitiesByUser, &t)
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, list := range d.own {
		for union := range unionsOf(list) {
			if !wanted[union] {
				wanted[union] = true
				unions.Add(union)
			}
		}
	}
	if unions.Len() == 0 {
		return d, nil
	}
	_, err = tx.Run(ctx, func(rows sqldb.Rows) error {
		_, id, err := scanIdentity(rows)
		d.joined[id.unionID] = append(d.joined[id.unionID], id)
		return err
	}, identitiesByUnion, &unions)
	return d, err
}

func scanIdentity(row sqldb.Row) (user string, id identity, err error) {
	var sceneAt int64
	err = row.Scan(&user, &id.appID, &id.openID, &id.unionID, &sceneAt, &id.linkedAt, &id.follow, &id.at, &id.seenAt)
	if id.byScene = sceneAt > 0; id.byScene {
		id.linkedAt = sceneAt
	}
	return user, id, err
}

// find returns a user's identity in an account, nil if none is known.
func (d *directory) find(user, appID string) *identity {
	own := d.own[user]
	var joined []identity
	for union := range unionsOf(own) {
		for _, id := range d.joined[union] {
			if id.appID == appID {
				joined = append(joined, id)
			}
		}
	}
	return chooseIdentity(own, joined, appID)
}

// holdPersons locks the rows of those persons that nobody else holds, so that nobody counts meanwhile what they have left.
// It returns whom it has, and whether they follow.
func holdPersons(ctx context.Context, tx sqldb.Tx, persons []person) (map[person]following, error) {
	held := make(map[person]following, len(persons))
	slices.SortFunc(persons, comparePersons)
	var t sqldb.Table
	for _, p := range slices.Compact(persons) {
		t.Add(p.appID, p.openID)
	}
	if t.Len() == 0 {
		return held, nil
	}
	_, err := tx.Run(ctx, func(rows sqldb.Rows) error {
		var p person
		var k following
		err := rows.Scan(&p.appID, &p.openID, &k.follow, &k.at)
		held[p] = k
		return err
	}, lockPersons, &t)
	return held, err
}

func comparePersons(a, b person) int {
	return cmp.Or(strings.Compare(a.appID, b.appID), strings.Compare(a.openID, b.openID))
}

// records reads all that counts for persons, and to whom a message is under way.
func records(ctx context.Context, tx sqldb.Tx, persons []person) (map[person]*record, map[person]bool, error) {
	known, busy := make(map[person]*record, len(persons)), map[person]bool{}
	var t sqldb.Table
	for n, p := range persons {
		known[p] = new(record)
		t.Add(int64(n), p.appID, p.openID)
	}
	if t.Len() == 0 {
		return known, busy, nil
	}
	_, err := tx.Run(ctx, func(rows sqldb.Rows) error {
		var n, source, msgID, at int64
		var kind, topic, ref string
		if err := rows.Scan(&n, &source, &kind, &topic, &at, &ref, &msgID); err != nil {
			return err
		}
		p := persons[n]
		if source == 4 {
			busy[p] = true
		}
		known[p].add(source, kind, topic, at, ref, msgID)
		return nil
	}, loadRecords, &t)
	return known, busy, err
}

// add adds a row of one of the tables that a record is made of.
func (r *record) add(source int64, kind, topic string, at int64, ref string, msgID int64) {
	switch {
	case source == 1:
		r.facts = append(r.facts, fact{kind, topic, at, ref})
	case source == 3:
		r.receipts = append(r.receipts, receipt{msgID, topic, at})
	case kind != "":
		r.uses = append(r.uses, use{kind, topic, at, msgID, source == 4 || State(ref) == Unknown})
	}
}

// loadPlans reads the reminders of leads, and which users have opted out. What cannot be read is noted at the lead.
func loadPlans(ctx context.Context, tx sqldb.Tx, list []*held) error {
	var keys, users sqldb.Table
	byKey, byUser := map[string][]*held{}, map[string]map[string]bool{}
	for _, h := range list {
		if key := h.snap.lead.reminder; byKey[key] == nil {
			keys.Add(key)
		}
		byKey[h.snap.lead.reminder] = append(byKey[h.snap.lead.reminder], h)
	}
	if keys.Len() == 0 {
		return nil
	}
	_, err := tx.Run(ctx, func(rows sqldb.Rows) error {
		var key, spec, progress, state string
		var acked int64
		if err := rows.Scan(&key, &spec, &progress, &acked, &state); err != nil {
			return err
		}
		for _, h := range byKey[key] {
			h.take(spec, progress, acked, state == "active")
			if r := h.snap.reminder; r != nil && byUser[r.User] == nil {
				byUser[r.User] = map[string]bool{}
				users.Add(r.User)
			}
		}
		return nil
	}, loadReminders, &keys)
	if err != nil || users.Len() == 0 {
		return err
	}
	_, err = tx.Run(ctx, func(rows sqldb.Rows) error {
		var user, topic string
		err := rows.Scan(&user, &topic)
		byUser[user][topic] = true
		return err
	}, loadOptOuts, &users)
	for _, h := range list {
		if r := h.snap.reminder; r != nil {
			h.snap.optedOut = byUser[r.User][""] || byUser[r.User][r.Topic]
		}
	}
	return err
}

// take takes in the reminder of the lead.
func (h *held) take(spec, progress string, acked int64, active bool) {
	r, err := decodeReminder(spec, progress, acked)
	if err != nil {
		h.snap.broken = "its reminder cannot be read"
		return
	}
	h.snap.reminder, h.snap.active = r, active
}

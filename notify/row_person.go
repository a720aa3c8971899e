package notify

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

const identityColumns = `i.user_id, i.app_id, i.open_id, i.union_id, i.scene_at, i.linked_at, i.follow, i.follow_at, i.seen_at `

var (
	identitiesByUser = sqldb.NewStatement("identities of users", `SELECT `+identityColumns+`
		FROM {user_id text} CROSS JOIN notify_identities i WHERE i.user_id = v.user_id`)

	identitiesByUnion = sqldb.NewStatement("identities of one UnionID", `SELECT `+identityColumns+`
		FROM {union_id text} CROSS JOIN notify_identities i WHERE i.union_id = v.union_id`)

	lockPersons = sqldb.NewStatement("persons in hand", `SELECT i.app_id, i.open_id, i.follow, i.follow_at
		FROM {app_id text, open_id text} CROSS JOIN notify_identities i
		WHERE i.app_id = v.app_id AND i.open_id = v.open_id ORDER BY v.ord FOR UPDATE OF i`)

	lockFreePersons = sqldb.NewStatement("persons", `SELECT i.app_id, i.open_id, i.follow, i.follow_at
		FROM {app_id text, open_id text} CROSS JOIN notify_identities i
		WHERE i.app_id = v.app_id AND i.open_id = v.open_id ORDER BY v.ord FOR UPDATE OF i /*skip*/`)

	loadRecords = sqldb.NewStatement("what is known of persons", `WITH p AS MATERIALIZED (
			SELECT v.n, v.app_id, v.open_id FROM {n bigint, app_id text, open_id text})
		SELECT p.n, 1 AS source, f.kind, f.topic, f.at, f.ref, 0 AS msg_id FROM p CROSS JOIN notify_facts f
			WHERE f.app_id = p.app_id AND f.open_id = p.open_id
		UNION ALL SELECT p.n, CASE i.state WHEN 'sending' THEN 4 ELSE 2 END, i.uses, i.template_id, i.started_at, '', i.msg_id
			FROM p CROSS JOIN notify_intents i
			WHERE i.app_id = p.app_id AND i.open_id = p.open_id AND (i.uses <> '' OR i.state = 'sending')
		UNION ALL SELECT p.n, 3, '', r.template_id, r.at, '', r.msg_id FROM p CROSS JOIN notify_receipts r
			WHERE r.app_id = p.app_id AND r.open_id = p.open_id AND r.template_id <> ''
		ORDER BY 5, 2, 3, 4, 6, 7`)

	loadReminders = sqldb.NewStatement("reminders", `SELECT r.id, r.spec, r.state
		FROM {id text} CROSS JOIN notify_reminders r WHERE r.id = v.id`)

	loadOptOuts = sqldb.NewStatement("opt-outs", `SELECT o.user_id, o.topic
		FROM {user_id text} CROSS JOIN notify_optouts o WHERE o.user_id = v.user_id`)

	insertFacts = sqldb.NewStatement("store facts", `INSERT INTO notify_facts (app_id, open_id, kind, topic, at, ref)
		SELECT v.app_id, v.open_id, v.kind, v.topic, v.at, v.ref
		FROM {app_id text, open_id text, kind text, topic text, at bigint, ref text} WHERE TRUE ON CONFLICT DO NOTHING`)

	dropFacts = sqldb.NewStatement("replace facts", `DELETE FROM notify_facts WHERE (app_id, open_id, kind, topic) IN (
		SELECT v.app_id, v.open_id, v.kind, v.topic FROM {app_id text, open_id text, kind text, topic text})`)

	saveFollows = sqldb.NewStatement("store who follows", `UPDATE notify_identities SET follow = v.follow,
		follow_at = v.follow_at FROM {app_id text, open_id text, follow bigint, follow_at bigint}
		WHERE notify_identities.app_id = v.app_id AND notify_identities.open_id = v.open_id`)
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

// holdPersons locks the rows of persons in the order of their names, so that nobody else counts what they have left:
// with skip, those that are free. It returns whom it has, and whether they follow.
func holdPersons(ctx context.Context, tx sqldb.Tx, persons []person, skip bool) (map[person]following, error) {
	held := make(map[person]following, len(persons))
	slices.SortFunc(persons, comparePersons)
	var t sqldb.Table
	for _, p := range slices.Compact(persons) {
		t.Add(p.appID, p.openID)
	}
	if t.Len() == 0 {
		return held, nil
	}
	s := lockPersons
	if skip {
		s = lockFreePersons
	}
	_, err := tx.Run(ctx, func(rows sqldb.Rows) error {
		var p person
		var k following
		err := rows.Scan(&p.appID, &p.openID, &k.follow, &k.at)
		held[p] = k
		return err
	}, s, &t)
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
		r.uses = append(r.uses, use{kind, topic, at, msgID})
	}
}

// storeLearnt writes what refusals told of persons.
func storeLearnt(ctx context.Context, tx sqldb.Tx, list []*held, follows map[person]following) error {
	var facts, old, unfollowed sqldb.Table
	add := func(l learnt) {
		facts.Add(l.who.appID, l.who.openID, l.kind, l.topic, l.at, cleanText(l.ref))
	}
	for _, h := range list {
		for _, l := range h.act.learnt {
			add(l)
		}
		if l := h.act.slow; l != nil {
			old.Add(l.who.appID, l.who.openID, l.kind, l.topic)
			add(*l)
		}
		if p := h.act.left; p != nil {
			known, found := follows[*p]
			if next := known.hear(followNo, h.act.leftAt); found && next != known {
				unfollowed.Add(p.appID, p.openID, int64(next.follow), next.at)
			}
		}
	}
	return cmp.Or(run(ctx, tx, dropFacts, &old), run(ctx, tx, insertFacts, &facts), run(ctx, tx, saveFollows, &unfollowed))
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
		var key, spec, state string
		if err := rows.Scan(&key, &spec, &state); err != nil {
			return err
		}
		for _, h := range byKey[key] {
			h.take(spec, state == "active")
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

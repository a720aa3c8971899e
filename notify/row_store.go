package notify

import (
	"cmp"
	"context"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

var (
	saveLeads = sqldb.NewStatement("store leads", `UPDATE notify_firings SET `+leadChanges+leadTable)

	moveLeads = sqldb.NewStatement("plan leads again", `UPDATE notify_firings SET fire_at = v.fire_at,
		wait_until = v.wait_until, `+leadChanges+leadTable)
)

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

var (
	insertIntents = sqldb.NewStatement("commit to sends", `INSERT INTO notify_intents (firing_id, seq, door, app_id, open_id,
		template_id, uses, state, started_at, lease_until)
		SELECT v.firing_id, v.seq, v.door, v.app_id, v.open_id, v.template_id, v.uses, 'sending', v.started_at, v.lease_until
		FROM {firing_id text, seq bigint, door text, app_id text, open_id text, template_id text, uses text,
			started_at bigint, lease_until bigint}
		WHERE TRUE ON CONFLICT DO NOTHING RETURNING firing_id`)

	saveIntents = sqldb.NewStatement("store outcomes", `UPDATE notify_intents SET state = v.state, uses = v.uses,
		msg_id = v.msg_id, reason = v.reason, lease_until = v.lease_until, settled_at = v.settled_at
		FROM {firing_id text, seq bigint, state text, uses text, msg_id bigint, reason text, lease_until bigint,
			settled_at bigint}
		WHERE notify_intents.firing_id = v.firing_id AND notify_intents.seq = v.seq`)
)

// storeOutcomes writes what became of attempts.
func storeOutcomes(ctx context.Context, tx sqldb.Tx, list []*held) error {
	var t sqldb.Table
	for _, h := range list {
		for _, i := range h.act.intents {
			t.Add(i.firingID, int64(i.seq), string(i.state), i.uses, i.msgID, i.reason, i.leaseUntil, i.settledAt)
		}
	}
	return run(ctx, tx, saveIntents, &t)
}

// storeIntents commits to sends. It returns the leads whose user has another message under way after all.
func storeIntents(ctx context.Context, tx sqldb.Tx, list []*held) (crowdedOut []*held, err error) {
	var t sqldb.Table
	waiting := map[string]*held{}
	for _, h := range list {
		if i := h.act.fresh; i != nil {
			waiting[i.firingID] = h
			t.Add(i.firingID, int64(i.seq), i.door, i.who.appID, i.who.openID, i.templateID, i.uses, i.startedAt, i.leaseUntil)
		}
	}
	if t.Len() == 0 {
		return nil, nil
	}
	_, err = tx.Run(ctx, func(rows sqldb.Rows) error {
		var id string
		err := rows.Scan(&id)
		delete(waiting, id)
		return err
	}, insertIntents, &t)
	for _, h := range waiting {
		crowdedOut = append(crowdedOut, h)
	}
	return crowdedOut, err
}

// fire_at and wait_until are left alone where they do not change: two indexes hold them.
const (
	leadChanges = `state = v.state, door = v.door, reason = v.reason, settled_at = v.settled_at,
		lease_until = v.lease_until, takes = v.takes, parked = v.parked, tries = v.tries, wants = v.wants, looked = v.looked,
		decision = CASE v.decision WHEN '' THEN notify_firings.decision ELSE v.decision END`
	leadTable = ` FROM {id text, fire_at bigint, wait_until bigint, state text, door text, reason text, settled_at bigint,
		lease_until bigint, takes bigint, parked bigint, tries bigint, wants text, looked text, decision text}
		WHERE notify_firings.id = v.id`
)

// storeLeads writes what became of leads.
func storeLeads(ctx context.Context, tx sqldb.Tx, list []*held) error {
	var kept, moved sqldb.Table
	for _, h := range list {
		f := h.act.lead
		if f == nil {
			continue
		}
		t := &kept
		if f.fireAt != h.snap.lead.fireAt || f.waitTill != h.snap.lead.waitTill {
			t = &moved
		}
		t.Add(f.id, f.fireAt, f.waitTill, string(f.state), f.door, f.reason, f.settledAt, f.leaseUntil, int64(f.takes),
			f.parked, int64(f.tries), string(f.wants), string(f.looked), f.newDecision)
	}
	return cmp.Or(run(ctx, tx, saveLeads, &kept), run(ctx, tx, moveLeads, &moved))
}

var (
	insertFacts = sqldb.NewStatement("store facts", `INSERT INTO notify_facts (app_id, open_id, kind, topic, at, ref)
		SELECT v.app_id, v.open_id, v.kind, v.topic, v.at, v.ref
		FROM {app_id text, open_id text, kind text, topic text, at bigint, ref text} WHERE TRUE ON CONFLICT DO NOTHING`)

	dropFacts = sqldb.NewStatement("replace facts", `DELETE FROM notify_facts WHERE (app_id, open_id, kind, topic) IN (
		SELECT v.app_id, v.open_id, v.kind, v.topic FROM {app_id text, open_id text, kind text, topic text})`)

	saveFollows = sqldb.NewStatement("store who follows", `UPDATE notify_identities SET follow = v.follow,
		follow_at = v.follow_at FROM {app_id text, open_id text, follow bigint, follow_at bigint}
		WHERE notify_identities.app_id = v.app_id AND notify_identities.open_id = v.open_id`)
)

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

// run writes a table, if there is anything in it.
func run(ctx context.Context, tx sqldb.Tx, s *sqldb.Statement, t *sqldb.Table) error {
	if t.Len() == 0 {
		return nil
	}
	_, err := tx.Run(ctx, nil, s, t)
	return err
}

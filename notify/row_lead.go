package notify

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// What a round reads and writes of leads and their attempts: the only place that knows these rows. Each statement is for
// many rows at once, has one constant text for both databases, and is prepared once by each connection.

const leadColumns = `f.id, f.reminder_id, f.user_id, f.due, f.lead, f.fire_at, f.wait_until, f.state, f.tries, f.decision,
	f.takes, f.looked, f.wants, f.door, f.reason, f.settled_at, f.lease_until, f.parked `

var (
	lockLeads = sqldb.NewStatement("leads in hand", `SELECT `+leadColumns+`
		FROM {id text} CROSS JOIN notify_firings f WHERE f.id = v.id ORDER BY v.ord FOR UPDATE OF f`)

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

	saveLeads = sqldb.NewStatement("store leads", `UPDATE notify_firings SET `+leadChanges+leadTable)

	moveLeads = sqldb.NewStatement("plan leads again", `UPDATE notify_firings SET fire_at = v.fire_at,
		wait_until = v.wait_until, `+leadChanges+leadTable)
)

// fire_at and wait_until are left alone where they do not change: two indexes hold them.
const (
	leadChanges = `state = v.state, door = v.door, reason = v.reason, settled_at = v.settled_at,
		lease_until = v.lease_until, takes = v.takes, parked = v.parked, tries = v.tries, wants = v.wants, looked = v.looked,
		decision = CASE v.decision WHEN '' THEN notify_firings.decision ELSE v.decision END`
	leadTable = ` FROM {id text, fire_at bigint, wait_until bigint, state text, door text, reason text, settled_at bigint,
		lease_until bigint, takes bigint, parked bigint, tries bigint, wants text, looked text, decision text}
		WHERE notify_firings.id = v.id`
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

// marks is the table of the names in contents that this process serves.
func (r *rules) marks() *sqldb.Table {
	t := new(sqldb.Table)
	t.Add("")
	for _, name := range r.served {
		t.Add(mark(name))
	}
	return t
}

// takeUp locks leads that nobody has: those of dead processes and what waited to be sent again first, then those whose
// time has come. It passes over what others have locked.
func (r *rules) takeUp(ctx context.Context, tx sqldb.Tx, at moment, limit int) (left, planned []*leadRow, err error) {
	shared := unix(at.shared)
	left, err = queryLeads(ctx, tx, takeLeft, nil, shared, int64(aloneFrom), int64(limit))
	if err == nil && len(left) < limit {
		var alone []*leadRow
		alone, err = queryLeads(ctx, tx, takeAlone, nil, shared, int64(aloneFrom))
		left = append(left, alone...)
	}
	if rest := limit - len(left); err == nil && rest > 0 {
		planned, err = queryLeads(ctx, tx, takePlanned, r.marks(), unix(at.now), unix(at.now.Add(-leaveFor)), int64(rest))
	}
	return left, planned, err
}

// anything reports whether there is something to take up.
func (r *rules) anything(ctx context.Context, tx sqldb.Tx, at moment) (found bool, err error) {
	scan := func(sqldb.Rows) error { found = true; return nil }
	_, err = tx.Run(ctx, scan, anythingLeft, nil, unix(at.shared))
	if err == nil && !found {
		_, err = tx.Run(ctx, scan, anythingDue, r.marks(), unix(at.now), unix(at.now.Add(-leaveFor)))
	}
	return found, err
}

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

// run writes a table, if there is anything in it.
func run(ctx context.Context, tx sqldb.Tx, s *sqldb.Statement, t *sqldb.Table) error {
	if t.Len() == 0 {
		return nil
	}
	_, err := tx.Run(ctx, nil, s, t)
	return err
}

var (
	loadIntents = sqldb.NewStatement("attempts", `SELECT i.firing_id, i.seq, i.door, i.app_id, i.open_id, i.template_id,
		i.uses, i.state, i.msg_id, i.reason, i.started_at, i.lease_until
		FROM {id text} CROSS JOIN notify_intents i WHERE i.firing_id = v.id ORDER BY i.firing_id, i.seq`)

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
		case i.uses == usesConsent:
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

var leadByID = sqldb.NewStatement("a lead", `SELECT `+leadColumns+`FROM notify_firings f WHERE f.id = $1`)

// loadLead reads a lead, nil if there is none.
func loadLead(ctx context.Context, tx sqldb.Tx, id string) (*leadRow, error) {
	list, err := queryLeads(ctx, tx, leadByID, nil, id)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// putOff plans a lead again whose round failed because of it alone, so that it keeps no other waiting.
var putOff = sqldb.NewStatement("put a lead off", `UPDATE notify_firings SET state = 'planned', fire_at = $1, reason = $2,
	takes = 0 WHERE id = $3 AND state IN ('planned', 'queued')
	AND NOT EXISTS (SELECT 1 FROM notify_intents i WHERE i.firing_id = notify_firings.id AND i.state = 'sending')`)

func (n *Notifier) putOff(ctx context.Context, id string, wait time.Duration, reason string) error {
	return n.db.Tx(ctx, func(tx sqldb.Tx) error {
		_, err := tx.Run(ctx, nil, putOff, nil, unix(n.cfg.Now().Add(wait)), reason, id)
		return err
	})
}

// release lets a lead be taken up that an earlier build had queued and not begun with.
var release = sqldb.NewStatement("release a lead", `UPDATE notify_firings SET lease_until = 0, parked = 1
	WHERE id = $1 AND state = 'queued'
	AND NOT EXISTS (SELECT 1 FROM notify_intents i WHERE i.firing_id = notify_firings.id AND i.state = 'sending')`)

// inherit takes over a job of an earlier build, which was about one lead.
func (n *Notifier) inherit(ctx context.Context, id string) error {
	return n.db.Tx(ctx, func(tx sqldb.Tx) error {
		_, err := tx.Run(ctx, nil, release, nil, id)
		return err
	})
}

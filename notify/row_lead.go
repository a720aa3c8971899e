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

// hearOfLead takes in what an event tells of a lead that went out, or may have. What did not arrive is put back.
func hearOfLead(ctx context.Context, tx sqldb.Tx, id string, r told, now time.Time) (changed bool, err error) {
	next, fireAt := r.state, int64(0)
	if r.state != Delivered {
		next, fireAt = Planned, unix(now)
	}
	rows, err := tx.Exec(ctx, `UPDATE notify_firings SET state = $1, reason = $2, settled_at = $3,
		fire_at = CASE WHEN CAST($4 AS BIGINT) > 0 THEN $4 ELSE fire_at END
		WHERE id = $5 AND state IN ('accepted', 'unknown')`, string(next), r.reason, unix(now), fireAt, id)
	return rows == 1, err
}

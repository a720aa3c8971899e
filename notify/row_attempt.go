package notify

import (
	"context"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

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

const selectIntent = `SELECT firing_id, seq, door, app_id, open_id, template_id, uses, state, msg_id,
	reason, started_at, lease_until FROM notify_intents `

func scanIntent(row sqldb.Row) (*intent, error) {
	var i intent
	err := row.Scan(&i.firingID, &i.seq, &i.door, &i.who.appID, &i.who.openID, &i.templateID, &i.uses, &i.state,
		&i.msgID, &i.reason, &i.startedAt, &i.leaseUntil)
	return &i, err
}

// save stores what became of the attempt.
func (i *intent) save(ctx context.Context, tx sqldb.Tx, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE notify_intents SET state = $1, uses = $2, msg_id = $3, reason = $4, lease_until = $5,
		settled_at = $6 WHERE firing_id = $7 AND seq = $8`,
		string(i.state), i.uses, i.msgID, i.reason, i.leaseUntil, unix(at), i.firingID, i.seq)
	return err
}

// intentByMessage returns the attempt whose message has an id, [sqldb.ErrNoRows] if there is none.
func intentByMessage(ctx context.Context, tx sqldb.Tx, appID string, msgID int64) (*intent, error) {
	return scanIntent(tx.QueryRow(ctx, selectIntent+`WHERE app_id = $1 AND msg_id = $2`, appID, msgID))
}

// intentWithoutID returns the first attempt with a template at a person whose outcome is open, and whose id nobody knows.
func intentWithoutID(ctx context.Context, tx sqldb.Tx, who person, templateID string, before int64) (*intent, error) {
	return scanIntent(tx.QueryRow(ctx, selectIntent+`WHERE app_id = $1 AND open_id = $2 AND template_id = $3
		AND msg_id = 0 AND state IN ('unknown', 'accepted') AND started_at <= $4
		ORDER BY started_at, firing_id, seq LIMIT 1`, who.appID, who.openID, templateID, before))
}

// heldIntent returns the attempt nearest to a time whose message is held for review.
func heldIntent(ctx context.Context, tx sqldb.Tx, who person, at, around int64) (*intent, error) {
	return scanIntent(tx.QueryRow(ctx, selectIntent+`WHERE app_id = $1 AND open_id = $2 AND state = 'accepted'
		AND reason LIKE $3 AND started_at > $4 AND started_at < $5
		ORDER BY ABS(started_at - $6), firing_id, seq LIMIT 1`,
		who.appID, who.openID, heldReason+"%", at-around, at+around, at))
}

func addReceipt(ctx context.Context, tx sqldb.Tx, who person, r told) error {
	_, err := tx.Exec(ctx, `INSERT INTO notify_receipts (app_id, msg_id, open_id, template_id, status, reason, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
		who.appID, r.msgID, who.openID, r.templateID, string(r.state), r.reason, unix(r.at))
	return err
}

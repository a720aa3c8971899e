package notify

import (
	"context"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

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

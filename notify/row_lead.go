package notify

import (
	"context"
	"errors"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

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

// putOffOpen has nobody settle what a lead has left open.
var putOffOpen = sqldb.NewStatement("put an open lead off", `UPDATE notify_firings SET lease_until = $1, parked = 1
	WHERE id = $2 AND state = 'queued'`)

var errNotPutOff = errors.New("somebody else has it")

func (n *Notifier) putOff(ctx context.Context, id string, wait time.Duration, reason string) error {
	return n.db.Tx(ctx, func(tx sqldb.Tx) error {
		changed, err := tx.Run(ctx, nil, putOff, nil, unix(n.cfg.Now().Add(wait)), reason, id)
		if err == nil && changed == 0 {
			changed, err = tx.Run(ctx, nil, putOffOpen, nil, unix(n.clock.now().Add(wait)), id)
		}
		if err == nil && changed == 0 {
			err = errNotPutOff
		}
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

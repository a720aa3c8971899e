package notify

import (
	"context"
	"errors"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// book returns new slots, none if they would not be soon.
func (l *limits) book(ctx context.Context, app string, count int64) (slots []int64, err error) {
	interval := l.interval[app]
	now := l.shared.now().UnixMicro()
	var next int64
	err = l.db.Tx(ctx, func(tx sqldb.Tx) error {
		return tx.QueryRow(ctx, `INSERT INTO notify_rates (app_id, next_at) VALUES ($1, $2)
			ON CONFLICT (app_id) DO UPDATE SET next_at = $3 +
				CASE WHEN notify_rates.next_at > $4 THEN notify_rates.next_at ELSE $4 END
			WHERE notify_rates.next_at < $5 RETURNING next_at`,
			app, now+count*interval, count*interval, now, now+longestTurn.Microseconds()).Scan(&next)
	})
	if errors.Is(err, sqldb.ErrNoRows) {
		return nil, nil
	}
	for i := count; i > 0 && err == nil; i-- {
		slots = append(slots, next-i*interval)
	}
	return slots, err
}

// delaySlots has no slot of an account be before a time.
func delaySlots(ctx context.Context, tx sqldb.Tx, app string, until time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE notify_rates SET next_at = $1 WHERE app_id = $2 AND next_at < $1`, until.UnixMicro(), app)
	return err
}

func allQuotas(ctx context.Context, tx sqldb.Tx) (map[quotaKey]quota, error) {
	quotas := map[quotaKey]quota{}
	err := tx.Query(ctx, func(rows sqldb.Rows) error {
		var k quotaKey
		var until, probe int64
		err := rows.Scan(&k.appID, &k.door, &until, &probe)
		quotas[k] = quota{fromUnix(until), fromUnix(probe)}
		return err
	}, `SELECT app_id, door, until_at, probe_at FROM notify_quotas`)
	return quotas, err
}

// loadQuota reads a quota. One of which there is no row is not used up.
func loadQuota(ctx context.Context, tx sqldb.Tx, k quotaKey) (quota, error) {
	var until, probe int64
	err := tx.QueryRow(ctx, `SELECT until_at, probe_at FROM notify_quotas WHERE app_id = $1 AND door = $2`,
		k.appID, k.door).Scan(&until, &probe)
	return quota{fromUnix(until), fromUnix(probe)}, ignoreNoRows(err)
}

func saveQuota(ctx context.Context, tx sqldb.Tx, k quotaKey, q quota) error {
	_, err := tx.Exec(ctx, `INSERT INTO notify_quotas (app_id, door, until_at, probe_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (app_id, door) DO UPDATE SET until_at = excluded.until_at, probe_at = excluded.probe_at`,
		k.appID, k.door, unix(q.until), unix(q.probe))
	return err
}

// claimQuota has nobody else ask for a while whether a quota is there again, unless somebody does.
func claimQuota(ctx context.Context, tx sqldb.Tx, k quotaKey, now time.Time) (bool, error) {
	changed, err := tx.Exec(ctx, `UPDATE notify_quotas SET probe_at = $1 WHERE app_id = $2 AND door = $3 AND probe_at <= $4`,
		unix(now.Add(probeTime)), k.appID, k.door, unix(now))
	return changed == 1, err
}

func dropQuota(ctx context.Context, tx sqldb.Tx, k quotaKey) error {
	_, err := tx.Exec(ctx, `DELETE FROM notify_quotas WHERE app_id = $1 AND door = $2`, k.appID, k.door)
	return err
}

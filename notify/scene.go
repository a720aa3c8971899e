package notify

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// LinkScene tells that a QR code of a service account with this scene is shown to one user. Whoever scans it
// first, following or already a follower, is taken for the user until a UnionID says otherwise, for a picture
// can be passed on. So make a scene of random letters for each user and each time, keep the code short-lived,
// and tell of it before showing it. To tell the same again changes nothing; for another user
// it makes the scene new.
func (l *Ledger) LinkScene(ctx context.Context, scene, user string) error {
	if err := cmp.Or(needText("scene", scene), needText("user", user)); err != nil {
		return err
	}
	return l.tx(ctx, func(tx sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO notify_scenes (scene, user_id) VALUES ($1, $2)
			ON CONFLICT DO NOTHING`, scene, user); err != nil {
			return err
		}
		var before string
		var holder person
		err := tx.QueryRow(ctx, l.db.Lock(`SELECT user_id, app_id, open_id FROM notify_scenes WHERE scene = $1`), scene).
			Scan(&before, &holder.appID, &holder.openID)
		if err != nil || before == user {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE notify_scenes SET user_id = $1, app_id = '', open_id = '', used_at = 0
			WHERE scene = $2`, user, scene)
		return errors.Join(err, guess(ctx, tx, holder))
	})
}

// recordScene notes who scanned a code. The first one counts, whatever the order in which the events come.
func (l *Ledger) recordScene(ctx context.Context, tx sqldb.Tx, who person, scene string, at time.Time) error {
	if scene == "" || !isText(scene) {
		return nil
	}
	var holder person
	var used int64
	err := tx.QueryRow(ctx, l.db.Lock(`SELECT app_id, open_id, used_at FROM notify_scenes WHERE scene = $1`), scene).
		Scan(&holder.appID, &holder.openID, &used)
	if err != nil {
		return ignoreNoRows(err) // a code of another purpose
	}
	if used != 0 && (used < unix(at) || (used == unix(at) && holder.openID <= who.openID)) {
		return nil
	}
	_, err = tx.Exec(ctx, `UPDATE notify_scenes SET app_id = $1, open_id = $2, used_at = $3 WHERE scene = $4`,
		who.appID, who.openID, unix(at), scene)
	return errors.Join(err, guess(ctx, tx, holder), guess(ctx, tx, who))
}

// guess takes a person for the user of the scene that the person scanned last, as long as nothing better is
// known.
func guess(ctx context.Context, tx sqldb.Tx, p person) error {
	if p.openID == "" {
		return nil
	}
	var user string
	var at int64
	err := tx.QueryRow(ctx, `SELECT user_id, used_at FROM notify_scenes WHERE app_id = $1 AND open_id = $2
		ORDER BY used_at DESC, scene LIMIT 1`, p.appID, p.openID).Scan(&user, &at)
	if ignoreNoRows(err) != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE notify_identities SET user_id = $1, scene_at = $2
		WHERE app_id = $3 AND open_id = $4 AND (user_id = '' OR scene_at > 0)`, user, at, p.appID, p.openID)
	return err
}

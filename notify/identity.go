package notify

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// identity is a row of notify_identities.
type identity struct {
	appID    string
	openID   string
	unionID  string
	byScene  bool  // the user is a guess
	linkedAt int64 // when that was told last
	following
	seenAt int64
}

// touch makes the row of a person, or notes a sign of it. Either way tx holds the row from here on.
func (l *Ledger) touch(ctx context.Context, tx sqldb.Tx, p person, at time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO notify_identities (app_id, open_id, seen_at) VALUES ($1, $2, $3)
		ON CONFLICT (app_id, open_id) DO UPDATE SET seen_at =
			CASE WHEN excluded.seen_at > notify_identities.seen_at THEN excluded.seen_at
			ELSE notify_identities.seen_at END`, p.appID, p.openID, unix(at))
	return err
}

// touchKnown is touch for what is stored of a person only if there is a row: it tells how something ended, and of
// somebody of whom nothing is known that ends nothing. known tells whether there is one.
func (l *Ledger) touchKnown(ctx context.Context, tx sqldb.Tx, p person, at time.Time) (known bool, err error) {
	changed, err := tx.Exec(ctx, `UPDATE notify_identities SET seen_at = CASE WHEN $1 > seen_at THEN $1 ELSE seen_at END
		WHERE app_id = $2 AND open_id = $3`, unix(at), p.appID, p.openID)
	return changed == 1, err
}

// meet makes the row of a person by what the person did, unless that was before the person was forgotten.
func (l *Ledger) meet(ctx context.Context, tx sqldb.Tx, p person, at time.Time) (known bool, err error) {
	forgotten, err := forgottenSince(ctx, tx, p, at)
	if err != nil || forgotten {
		return false, err
	}
	return true, l.touch(ctx, tx, p, at)
}

// unionsOf returns the UnionIDs of those who are linked, each with when that was told last, in any account.
func unionsOf(own []identity) map[string]int64 {
	unions := map[string]int64{}
	for _, id := range own {
		if !id.byScene && id.unionID != "" {
			unions[id.unionID] = max(unions[id.unionID], id.linkedAt)
		}
	}
	return unions
}

// chooseIdentity returns which identity in an account is the user's, nil if none is: of those that are linked, or have
// the UnionID of one that is, the one that was linked last, and else the one who scanned the user's QR code last, which
// is a guess. What an identity does, such as writing, makes no difference: of two WeChat accounts the old one may do so.
func chooseIdentity(own, joined []identity, appID string) *identity {
	unions := unionsOf(own)
	var best *identity
	consider := func(id identity) {
		id.linkedAt = max(id.linkedAt, unions[id.unionID])
		if best == nil || id.compare(best) < 0 {
			best = &id
		}
	}
	for _, id := range own {
		if id.appID == appID && !id.stranger(unions) {
			consider(id)
		}
	}
	for _, id := range joined {
		id.byScene, id.linkedAt = false, 0 // the UnionID proves it, and tells since when
		consider(id)
	}
	return best
}

func queryIdentities(ctx context.Context, tx sqldb.Tx, where string, args ...any) (list []identity, err error) {
	err = tx.Query(ctx, func(rows sqldb.Rows) error {
		var id identity
		var sceneAt int64
		err := rows.Scan(&id.appID, &id.openID, &id.unionID, &sceneAt, &id.linkedAt, &id.follow, &id.at, &id.seenAt)
		if id.byScene = sceneAt > 0; id.byScene {
			id.linkedAt = sceneAt
		}
		list = append(list, id)
		return err
	}, `SELECT app_id, open_id, union_id, scene_at, linked_at, follow, follow_at, seen_at FROM notify_identities `+where, args...)
	return list, err
}

// stranger reports whether somebody who came by the user's QR code has a UnionID that is not the user's.
func (i *identity) stranger(unions map[string]int64) bool {
	_, known := unions[i.unionID]
	return i.byScene && i.unionID != "" && len(unions) > 0 && !known
}

// compare puts first the identity to use.
func (i *identity) compare(than *identity) int {
	if i.byScene != than.byScene {
		return boolOrder(than.byScene)
	}
	return cmp.Or(cmp.Compare(than.linkedAt, i.linkedAt), cmp.Compare(than.follow, i.follow),
		cmp.Compare(than.seenAt, i.seenAt), cmp.Compare(i.openID, than.openID))
}

// identitiesOf lists a user in all accounts.
func identitiesOf(ctx context.Context, tx sqldb.Tx, user string) ([]person, error) {
	list, err := queryIdentities(ctx, tx, `WHERE user_id = $1`, user)
	if err != nil {
		return nil, err
	}
	for _, id := range slices.Clone(list) {
		if id.byScene || id.unionID == "" {
			continue
		}
		joined, err := queryIdentities(ctx, tx, `WHERE union_id = $1`, id.unionID)
		if err != nil {
			return nil, err
		}
		list = append(list, joined...)
	}
	people := make([]person, len(list))
	for i, id := range list {
		people[i] = person{id.appID, id.openID}
	}
	return people, nil
}

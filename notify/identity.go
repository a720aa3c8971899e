package notify

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
	"github.com/wechatkit/wechat/oauth"
)

// follow is oauth.Follow in an order in which the larger one holds where both are of the same second: a
// follower who is not one costs a refused call that corrects it, the opposite would stay.
type follow int64

const (
	followUnknown follow = iota
	followNo
	followYes
)

func (f follow) public() oauth.Follow {
	switch f {
	case followYes:
		return oauth.FollowYes
	case followNo:
		return oauth.FollowNo
	}
	return oauth.FollowUnknown
}

func followOf(f oauth.Follow) follow {
	switch f {
	case oauth.FollowYes:
		return followYes
	case oauth.FollowNo:
		return followNo
	}
	return followUnknown
}

// identity is a row of notify_identities.
type identity struct {
	openID   string
	unionID  string
	userID   string
	byScene  bool
	follow   follow
	followAt int64
	seenAt   int64
}

// touch makes the row of a person, or notes a sign of it. Either way tx holds the row from here on.
func (l *Ledger) touch(ctx context.Context, tx sqldb.Tx, p person, at time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO notify_identities (app_id, open_id, seen_at) VALUES ($1, $2, $3)
		ON CONFLICT (app_id, open_id) DO UPDATE SET seen_at =
			CASE WHEN excluded.seen_at > notify_identities.seen_at THEN excluded.seen_at
			ELSE notify_identities.seen_at END`, p.appID, p.openID, unix(at))
	return err
}

// setFollow notes whether a person follows. The latest word holds, whenever it comes.
func setFollow(ctx context.Context, tx sqldb.Tx, p person, f follow, at int64) error {
	_, err := tx.Exec(ctx, `UPDATE notify_identities SET follow = $1, follow_at = $2
		WHERE app_id = $3 AND open_id = $4 AND (follow_at < $2 OR (follow_at = $2 AND follow < $1))`,
		int64(f), at, p.appID, p.openID)
	return err
}

// findIdentity returns the user's identity in an account, nil if none is known: one that was linked, or that
// has the UnionID of one that was, before one that only followed through the user's QR code.
func findIdentity(ctx context.Context, tx sqldb.Tx, user, appID string) (*identity, error) {
	var found []identity
	var guessed bool
	err := tx.Query(ctx, func(rows sqldb.Rows) error {
		var id identity
		var byScene int64
		if err := rows.Scan(&id.openID, &id.unionID, &id.userID, &byScene, &id.follow, &id.followAt, &id.seenAt); err != nil {
			return err
		}
		id.byScene = byScene == 1 && id.userID == user
		guessed = guessed || id.byScene
		found = append(found, id)
		return nil
	}, `SELECT open_id, union_id, user_id, by_scene, follow, follow_at, seen_at FROM notify_identities
			WHERE user_id = $1 AND app_id = $2
		UNION SELECT open_id, union_id, user_id, by_scene, follow, follow_at, seen_at FROM notify_identities
			WHERE app_id = $2 AND union_id IN (SELECT union_id FROM notify_identities
				WHERE user_id = $1 AND by_scene = 0 AND union_id <> '')
		ORDER BY open_id`, user, appID)
	if err != nil {
		return nil, err
	}
	var unions []string
	if guessed {
		if unions, err = unionsOf(ctx, tx, user); err != nil {
			return nil, err
		}
	}
	var best *identity
	for i := range found {
		if id := &found[i]; !id.stranger(unions) && (best == nil || id.better(best)) {
			best = id
		}
	}
	return best, nil
}

// stranger reports whether somebody who came by the user's QR code has a UnionID that is not the user's.
func (i *identity) stranger(unions []string) bool {
	return i.byScene && i.unionID != "" && len(unions) > 0 && !slices.Contains(unions, i.unionID)
}

// better orders the identities of one user in one account, for people with several WeChat accounts.
func (i *identity) better(than *identity) bool {
	if i.byScene != than.byScene {
		return than.byScene
	}
	if (i.follow == followNo) != (than.follow == followNo) {
		return than.follow == followNo
	}
	return cmp.Compare(i.seenAt, than.seenAt) > 0
}

func unionsOf(ctx context.Context, tx sqldb.Tx, user string) ([]string, error) {
	var unions []string
	err := tx.Query(ctx, func(rows sqldb.Rows) error {
		var u string
		err := rows.Scan(&u)
		unions = append(unions, u)
		return err
	}, `SELECT union_id FROM notify_identities WHERE user_id = $1 AND by_scene = 0 AND union_id <> ''`, user)
	return unions, err
}

// identitiesOf lists a user in all accounts.
func identitiesOf(ctx context.Context, tx sqldb.Tx, user string) ([]person, error) {
	var people []person
	err := tx.Query(ctx, func(rows sqldb.Rows) error {
		var p person
		err := rows.Scan(&p.appID, &p.openID)
		people = append(people, p)
		return err
	}, `SELECT app_id, open_id FROM notify_identities WHERE user_id = $1
		UNION SELECT app_id, open_id FROM notify_identities WHERE union_id IN (
			SELECT union_id FROM notify_identities WHERE user_id = $1 AND by_scene = 0 AND union_id <> '')`, user)
	return people, err
}

// Store returns the ledger's identities as the store of an [oauth.Directory], which fills in UnionIDs and
// follow flags: for one user when a follow event comes ([oauth.Directory.Refresh]), for all followers with
// [oauth.Directory.Backfill].
func (l *Ledger) Store() oauth.Store { return directoryStore{l} }

type directoryStore struct{ ledger *Ledger }

// Put implements [oauth.Store].
func (s directoryStore) Put(ctx context.Context, identities []oauth.Identity) error {
	return s.ledger.tx(ctx, func(tx sqldb.Tx) error {
		for _, id := range identities {
			p := person{id.AppID, id.OpenID}
			if err := s.ledger.touch(ctx, tx, p, id.FollowSeen); err != nil {
				return err
			}
			if err := setFollow(ctx, tx, p, followOf(id.Follow), unix(id.FollowSeen)); err != nil {
				return err
			}
			if id.UnionID == "" {
				continue
			}
			if _, err := tx.Exec(ctx, `UPDATE notify_identities SET union_id = $1 WHERE app_id = $2 AND open_id = $3`,
				id.UnionID, id.AppID, id.OpenID); err != nil {
				return err
			}
		}
		return nil
	})
}

// Get implements [oauth.Store].
func (s directoryStore) Get(ctx context.Context, appID, openID string) (id oauth.Identity, ok bool, err error) {
	err = s.ledger.tx(ctx, func(tx sqldb.Tx) error {
		err := scanDirectory(tx.QueryRow(ctx, `SELECT app_id, open_id, union_id, follow, follow_at FROM notify_identities
			WHERE app_id = $1 AND open_id = $2`, appID, openID), &id)
		ok = err == nil
		if errors.Is(err, sqldb.ErrNoRows) {
			return nil
		}
		return err
	})
	return id, ok, err
}

// ByUnionID implements [oauth.Store].
func (s directoryStore) ByUnionID(ctx context.Context, unionID string) (list []oauth.Identity, err error) {
	err = s.ledger.tx(ctx, func(tx sqldb.Tx) error {
		list = nil
		return tx.Query(ctx, func(rows sqldb.Rows) error {
			var id oauth.Identity
			err := scanDirectory(rows, &id)
			list = append(list, id)
			return err
		}, `SELECT app_id, open_id, union_id, follow, follow_at FROM notify_identities WHERE union_id = $1`, unionID)
	})
	return list, err
}

func scanDirectory(row sqldb.Row, id *oauth.Identity) error {
	var f follow
	var at int64
	err := row.Scan(&id.AppID, &id.OpenID, &id.UnionID, &f, &at)
	id.Follow, id.FollowSeen = f.public(), fromUnix(at)
	return err
}

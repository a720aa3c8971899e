package notify

import (
	"cmp"
	"context"
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
	appID    string
	openID   string
	unionID  string
	byScene  bool // the user is a guess
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
//
// The queries are kept so simple that no planner can miss the index.
func findIdentity(ctx context.Context, tx sqldb.Tx, user, appID string) (*identity, error) {
	own, err := queryIdentities(ctx, tx, `WHERE user_id = $1`, user)
	if err != nil {
		return nil, err
	}
	var unions []string
	for _, id := range own {
		if !id.byScene && id.unionID != "" && !slices.Contains(unions, id.unionID) {
			unions = append(unions, id.unionID)
		}
	}
	found := slices.DeleteFunc(own, func(id identity) bool { return id.appID != appID || id.stranger(unions) })
	for _, union := range unions {
		joined, err := queryIdentities(ctx, tx, `WHERE union_id = $1 AND app_id = $2`, union, appID)
		if err != nil {
			return nil, err
		}
		for _, id := range joined {
			id.byScene = false // the UnionID proves it
			found = append(found, id)
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(found, func(a, b identity) int { return a.compare(&b) })
	return &found[0], nil
}

func queryIdentities(ctx context.Context, tx sqldb.Tx, where string, args ...any) (list []identity, err error) {
	err = tx.Query(ctx, func(rows sqldb.Rows) error {
		var id identity
		var sceneAt int64
		err := rows.Scan(&id.appID, &id.openID, &id.unionID, &sceneAt, &id.follow, &id.followAt, &id.seenAt)
		id.byScene = sceneAt > 0
		list = append(list, id)
		return err
	}, `SELECT app_id, open_id, union_id, scene_at, follow, follow_at, seen_at FROM notify_identities `+where, args...)
	return list, err
}

// stranger reports whether somebody who came by the user's QR code has a UnionID that is not the user's.
func (i *identity) stranger(unions []string) bool {
	return i.byScene && i.unionID != "" && len(unions) > 0 && !slices.Contains(unions, i.unionID)
}

// compare puts first the identity to use, for people with several WeChat accounts: not one that is a guess, not
// one that has left, then the one seen last.
func (i *identity) compare(than *identity) int {
	rank := func(id *identity) int {
		n := 0
		if id.byScene {
			n += 2
		}
		if id.follow == followNo {
			n++
		}
		return n
	}
	return cmp.Or(rank(i)-rank(than), cmp.Compare(than.seenAt, i.seenAt), cmp.Compare(i.openID, than.openID))
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

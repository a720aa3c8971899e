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
	list, err := identitiesOfUser(ctx, tx, user)
	if err != nil {
		return nil, err
	}
	for _, id := range slices.Clone(list) {
		if id.byScene || id.unionID == "" {
			continue
		}
		joined, err := identitiesOfUnion(ctx, tx, id.unionID)
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

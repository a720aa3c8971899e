package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/notify/internal/sqldb"
	"github.com/wechatkit/wechat/oauth"
)

// LookUp asks WeChat about users of a service account and stores what joins them with those of the Mini Program:
// their UnionIDs, and whether they follow. Call it when somebody follows, for the event does not tell the UnionID:
//
//	callback.On(h, func(ctx context.Context, e *callback.Follow) (callback.Reply, error) {
//		return nil, n.Ledger().LookUp(ctx, service, e.FromUserName)
//	})
//
// On an error the users that WeChat told of before it are stored. Those who followed before the ledger was there
// come by [Ledger.Store].
func (l *Ledger) LookUp(ctx context.Context, service *wechat.Client, openIDs ...string) error {
	directory := oauth.NewDirectory(l.Store())
	directory.Now = l.now
	return directory.Refresh(ctx, oauth.New(service), openIDs...)
}

// Store returns the ledger's identities as the store of an [oauth.Directory], which fills in the UnionIDs of all
// who follow already, with [oauth.Directory.Backfill].
func (l *Ledger) Store() oauth.Store { return directoryStore{l} }

type directoryStore struct{ ledger *Ledger }

// Put implements [oauth.Store].
func (s directoryStore) Put(ctx context.Context, identities []oauth.Identity) error {
	for i, id := range identities {
		field := fmt.Sprintf("identities[%d].", i)
		err := cmp.Or(needText(field+"AppID", id.AppID), needText(field+"OpenID", id.OpenID), checkText(field+"UnionID", id.UnionID))
		if err != nil {
			return err
		}
	}
	return s.ledger.tx(ctx, func(tx sqldb.Tx) error {
		for _, id := range identities {
			p := person{id.AppID, id.OpenID}
			if err := s.ledger.touch(ctx, tx, p, id.FollowSeen); err != nil {
				return err
			}
			if err := s.ledger.setFollow(ctx, tx, p, followOf(id.Follow), unix(id.FollowSeen)); err != nil {
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
	if !isTexts(appID, openID) {
		return id, false, nil
	}
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
	if !isText(unionID) {
		return nil, nil
	}
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
	var k following
	err := row.Scan(&id.AppID, &id.OpenID, &id.UnionID, &k.follow, &k.at)
	id.Follow, id.FollowSeen = k.follow.public(), fromUnix(k.seen())
	return err
}

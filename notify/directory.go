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

// Refresh asks WeChat about users of a service account and stores what joins them with those of the Mini Program:
// their UnionIDs, and whether they follow. Call it when somebody follows, for the event does not tell the UnionID:
//
//	callback.On(h, func(ctx context.Context, e *callback.Follow) (callback.Reply, error) {
//		return nil, n.Ledger().Refresh(ctx, service, e.FromUserName)
//	})
//
// On an error the users that WeChat told of before it are stored. Those who followed before the ledger was there
// come by [Ledger.Store].
func (l *Ledger) Refresh(ctx context.Context, service *wechat.Client, openIDs ...string) error {
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
			if err := setUnion(ctx, tx, p, id.UnionID); err != nil {
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
		var err error
		id, err = directoryOfPerson(ctx, tx, person{appID, openID})
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
	err = s.ledger.tx(ctx, func(tx sqldb.Tx) (err error) {
		list, err = directoryOfUnion(ctx, tx, unionID)
		return err
	})
	return list, err
}

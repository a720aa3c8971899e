package notify

import (
	"context"

	"github.com/wechatkit/wechat/callback"
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
	// followChat is never stored: the person wrote in the chat of the account, as only followers of a service
	// account can, and all users of a Mini Program.
	followChat
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

// provenBy returns what a push says about following, beside what it is for. It corrects the ledger where a follow
// event was lost, for without that the template door would stay shut.
//
//   - SCAN is sent when a follower scans a code with a scene; all others are asked to follow, and come as "subscribe".
//   - A menu, each kind of its buttons, and the report of a place are in the chat of the account, which a service
//     account has with its followers: whoever else opens it lands on the profile.
//   - So is a message, but for one that was written below an article, which anybody may read; and a Mini Program has
//     messages too, and no followers.
//   - A pop-up, the outcome of a message and a session of an agent prove nothing: the first is on any page, the others
//     come when the person may have left.
func provenBy(p callback.Push) follow {
	switch p := p.(type) {
	case *callback.Follow, *callback.Scan, *callback.LocationReport,
		*callback.MenuClick, *callback.MenuView, *callback.MenuMiniProgram,
		*callback.MenuScan, *callback.MenuPictures, *callback.MenuLocation:
		return followYes
	case *callback.Unfollow:
		return followNo
	case interface {
		Message() *callback.MessageHeader
	}:
		if p.Message().MsgDataID == "" {
			return followChat
		}
	}
	return followUnknown
}

// following is whether a person follows, and since when that is known. With followUnknown, at is when the person
// wrote last: should the account have followers, that is one.
type following struct {
	follow follow
	at     int64
}

// hear returns what is known after something was told of a time. The order in which it is told makes no difference.
func (k following) hear(f follow, at int64) following {
	switch {
	case f == followUnknown:
		return k
	case f == followChat && k.follow == followUnknown:
		return following{followUnknown, max(k.at, at)}
	case f == followChat:
		f = followYes
	case k.follow == followUnknown && k.at >= at && k.at > 0:
		return following{followYes, k.at} // it has followers, and the person wrote since
	}
	if at > k.at || at == k.at && f > k.follow {
		return following{f, at}
	}
	return k
}

// setFollow takes in whether a person follows.
func (l *Ledger) setFollow(ctx context.Context, tx sqldb.Tx, p person, f follow, at int64) error {
	if f == followUnknown {
		return nil
	}
	known, err := l.lockFollowing(ctx, tx, p)
	next := known.hear(f, at)
	if err != nil || next == known {
		return ignoreNoRows(err)
	}
	return saveFollowing(ctx, tx, p, next)
}

// seen is when it was known that a person follows, or not.
func (k following) seen() int64 {
	if k.follow == followUnknown {
		return 0
	}
	return k.at
}

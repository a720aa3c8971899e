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
func (l *Ledger) LinkScene(ctx context.Context, name, user string) error {
	if err := cmp.Or(needText("scene", name), needText("user", user)); err != nil {
		return err
	}
	return l.tx(ctx, func(tx sqldb.Tx) error {
		if err := makeScene(ctx, tx, name, user); err != nil {
			return err
		}
		s, err := l.lockScene(ctx, tx, name)
		if err != nil || s.user == user {
			return err
		}
		return errors.Join(saveScene(ctx, tx, name, scene{user: user}), guess(ctx, tx, s.holder))
	})
}

// recordScene notes who scanned a code. The first one counts, whatever the order in which the events come.
func (l *Ledger) recordScene(ctx context.Context, tx sqldb.Tx, who person, name string, at time.Time) error {
	if name == "" || !isText(name) {
		return nil
	}
	s, err := l.lockScene(ctx, tx, name)
	if err != nil {
		return ignoreNoRows(err) // a code of another purpose
	}
	if s.used != 0 && (s.used < unix(at) || (s.used == unix(at) && s.holder.openID <= who.openID)) {
		return nil
	}
	before := s.holder
	s.holder, s.used = who, unix(at)
	return errors.Join(saveScene(ctx, tx, name, s), guess(ctx, tx, before), guess(ctx, tx, who))
}

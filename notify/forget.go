package notify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// Forget deletes what is known of a user: identities, consents, windows, cards, scenes, and the reminders with their
// history, as far as [Config.Retention] has left any, and the changes that wait for a reader ([Notifier.Outbox]). Call it
// when a user asks for it.
//
// A push that comes later about what was before brings nothing back: neither the event of a message that was sent, nor
// what the user did; for a week a digest of the OpenID tells the latter. What the user does afterwards, such as
// writing or following, makes the OpenID known again, as that of nobody: only [Ledger.ForgetOpenID] reaches it then.
func (l *Ledger) Forget(ctx context.Context, user string) error {
	if err := needText("user", user); err != nil {
		return err
	}
	return l.tx(ctx, func(tx sqldb.Tx) error {
		people, err := identitiesOf(ctx, tx, user)
		if err != nil {
			return err
		}
		for _, p := range people {
			if err := l.forget(ctx, tx, p); err != nil {
				return err
			}
		}
		return forgetUser(ctx, tx, user)
	})
}

// ForgetOpenID deletes what is known of one OpenID of an account, whether it is linked to a user or not: identity,
// consents, window and cards. It is taken out of the history of reminders; the reminders stay, and reach the user through
// other doors. Call it when WeChat tells that somebody has withdrawn an authorisation or closed the account:
//
//	callback.On(h, func(ctx context.Context, e *callback.AuthorizationCancelled) (callback.Reply, error) {
//		return nil, n.Ledger().ForgetOpenID(ctx, e.UserAppID, e.OpenID)
//	})
//
// What comes later is as with [Ledger.Forget].
func (l *Ledger) ForgetOpenID(ctx context.Context, appID, openID string) error {
	if err := cmp.Or(needText("appID", appID), needText("openID", openID)); err != nil {
		return err
	}
	return l.tx(ctx, func(tx sqldb.Tx) error { return l.forget(ctx, tx, person{appID, openID}) })
}

// lateEvents is how long pushes may come late. WeChat repeats one for seconds, a program's own queue may take longer.
const lateEvents = 7 * 24 * time.Hour

// forget deletes a person, also from the history of users.
func (l *Ledger) forget(ctx context.Context, tx sqldb.Tx, p person) error {
	if err := forgetPerson(ctx, tx, p); err != nil {
		return err
	}
	now := l.now()
	return rememberForgotten(ctx, tx, p, now, now.Add(-lateEvents))
}

func (p person) digest() string {
	sum := sha256.Sum256([]byte(p.appID + "\x00" + p.openID))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

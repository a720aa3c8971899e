package notify

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
	"github.com/wechatkit/wechat/template"
)

// reviewTime is how far apart the send of a message and WeChat's record that its review ended badly may be: WeChat
// promises half an hour.
const reviewTime = 40 * time.Minute

// Blocked takes in that WeChat's review blocked a template message, as [template.Client.Blocked] lists it for an
// account: the lead whose message was held for review (40252) and was sent to this person nearest to that time is
// put back, for another door may be open. The same record again changes nothing, and so do records of messages
// that are not ours.
//
// Ask for them half an hour or so after a lead became [Accepted] with the reason that it is held: a message that is
// not listed then was delivered, as far as anybody can tell, for WeChat's event names an id that it never told.
func (l *Ledger) Blocked(ctx context.Context, appID string, b *template.Blocked) error {
	if appID == "" || b == nil || b.OpenID == "" {
		return fieldError("Blocked", "without an AppID or OpenID")
	}
	who := person{appID, b.OpenID}
	var event *OutcomeEvent
	err := l.tx(ctx, func(tx sqldb.Tx) (err error) {
		event, err = l.settleHeld(ctx, tx, who, b)
		return err
	})
	if err == nil && event != nil {
		l.observe(ctx, *event)
	}
	return err
}

func (l *Ledger) settleHeld(ctx context.Context, tx sqldb.Tx, who person, b *template.Blocked) (*OutcomeEvent, error) {
	if err := l.lock(ctx, tx, who); err != nil {
		return nil, ignoreNoRows(err)
	}
	sent := unix(b.SentAt)
	if sent == 0 {
		sent = unix(l.now())
	}
	ref := fact{kind: factBlocked, at: sent, ref: cmp.Or(b.ID, strconv.FormatInt(sent, 10))}
	if known, err := hasFact(ctx, tx, who, ref); err != nil || known {
		return nil, err
	}
	i, err := heldIntent(ctx, tx, who, sent, reviewTime.Milliseconds())
	if err != nil {
		return nil, ignoreNoRows(err)
	}
	if err := addFact(ctx, tx, who, ref); err != nil {
		return nil, err
	}
	blocked := told{msgID: i.msgID, state: Failed, reason: "blocked by WeChat's review", at: b.SentAt}
	return applyReceipt(ctx, tx, i, blocked, l.now())
}

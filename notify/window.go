package notify

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// Window is the right to send customer-service messages (客服消息) to a user, as far as it is known. WeChat does
// not tell what is left; this is an estimate from the user's actions and our own sends.
type Window struct {
	Left int
	Ends time.Time // zero if no window is open
}

// Trigger is what a user does to open a window.
type Trigger string

// The triggers. They are stored.
const (
	TriggerMessage Trigger = "message" // wrote
	TriggerEnter   Trigger = "enter"   // opened the customer-service chat of a Mini Program
	TriggerMenu    Trigger = "menu"    // tapped a menu of a service account
	TriggerFollow  Trigger = "follow"
	TriggerScan    Trigger = "scan"
	TriggerPayment Trigger = "payment" // paid an order of a service account, see [Ledger.Paid]
)

// Allowance is what a trigger opens.
type Allowance struct {
	Messages int
	For      time.Duration
}

// Allowances returns what WeChat documents. It has changed the numbers before: see [Config.Allowances]. That of a payment
// is cautious: older pages name 20 messages or no limit, the newest none.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/customer-message/send.html
func Allowances() map[Trigger]Allowance {
	return map[Trigger]Allowance{
		TriggerMessage: {5, 48 * time.Hour},
		TriggerEnter:   {2, time.Minute},
		TriggerMenu:    {3, time.Minute},
		TriggerFollow:  {3, time.Minute},
		TriggerScan:    {3, time.Minute},
		TriggerPayment: {1, 48 * time.Hour},
	}
}

// Paid tells that a user paid an order of the service account appID at a time, which may open the window of its
// customer-service messages for 48 hours. WeChat pushes nothing about it: the notice of WeChat Pay tells, whose OpenID must
// be that of this account, not that of a Mini Program. WeChat's pages do not agree about it and users met
// [errcode.ReplyWindowClosed], which shuts the window again and lets the next door have the reminder.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/en/guide/product/kf/intro.html
func (l *Ledger) Paid(ctx context.Context, appID, openID string, at time.Time) error {
	if err := cmp.Or(needText("appID", appID), needText("openID", openID)); err != nil {
		return err
	}
	who := person{appID, openID}
	return l.tx(ctx, func(tx sqldb.Tx) error {
		if err := l.touch(ctx, tx, who, at); err != nil {
			return err
		}
		return l.addTrigger(ctx, tx, who, fact{kind: factTrigger, topic: string(TriggerPayment), at: unix(at)})
	})
}

// window replays what opened, used and shut it. Counts do not add up: the larger holds, and so does the later
// end.
func (r *record) window(now time.Time, allowances map[Trigger]Allowance) Window {
	type step struct {
		at      int64
		order   int // of what is told for the same moment
		trigger Trigger
	}
	var steps []step
	for _, f := range r.facts {
		switch f.kind {
		case factTrigger:
			steps = append(steps, step{at: f.at, order: 1, trigger: Trigger(f.topic)})
		case factShut:
			steps = append(steps, step{at: f.at, order: 0})
		}
	}
	for _, u := range r.uses {
		if u.what == usesReply {
			steps = append(steps, step{at: u.at, order: 2})
		}
	}
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Or(cmp.Compare(a.at, b.at), a.order-b.order) })

	var left int
	var ends int64
	for _, s := range steps {
		if s.at >= ends {
			left, ends = 0, 0
		}
		switch s.order {
		case 0:
			left, ends = 0, 0
		case 1:
			a := allowances[s.trigger]
			left, ends = max(left, a.Messages), max(ends, s.at+a.For.Milliseconds())
		case 2:
			left = max(0, left-1)
		}
	}
	if now.UnixMilli() >= ends {
		return Window{}
	}
	return Window{Left: left, Ends: fromUnix(ends)}
}

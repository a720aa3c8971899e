package notify

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// Mount lets the ledger see every push that h receives, before the handlers of the program do. A push that
// cannot be stored is answered with an error, so that WeChat sends it again.
func (l *Ledger) Mount(h *callback.Handler) {
	h.Use(func(next callback.HandlerFunc) callback.HandlerFunc {
		return func(ctx context.Context, p callback.Push) (callback.Reply, error) {
			if err := l.Record(ctx, p); err != nil {
				return nil, err
			}
			return next(ctx, p)
		}
	})
}

// Record takes in one push, as [Ledger.Mount] does with all of them. Pushes that tell nothing about who can be
// reached change nothing; so does a push that was recorded before. What only a follower can do corrects whether
// somebody follows, where a follow event was lost.
func (l *Ledger) Record(ctx context.Context, p callback.Push) error {
	head := p.Head()
	who := person{head.AppID, head.FromUserName}
	if who.appID == "" || who.openID == "" || !isText(who.appID) || !isText(who.openID) {
		return nil
	}
	at, proof := head.CreateTime, provenBy(p)
	switch p := p.(type) {
	case *callback.SubscribePopup:
		return l.recordAnswers(ctx, who, at, answers(at, p.Results, false))
	case *callback.SubscribeChange:
		return l.recordAnswers(ctx, who, at, answers(at, p.Results, true))
	case *callback.SubscribeSent:
		return l.recordDeliveries(ctx, who, at, p.Deliveries)
	case *callback.TemplateSent:
		return l.recordTemplate(ctx, who, at, p)
	case *callback.CardFailed:
		return l.recordCardFailed(ctx, who, at, p)
	case *callback.Follow:
		return l.recordAct(ctx, who, at, proof, TriggerFollow, "", p.Scene)
	case *callback.Unfollow:
		return l.recordUnfollow(ctx, who, at)
	case *callback.Scan:
		return l.recordAct(ctx, who, at, proof, TriggerScan, p.Scene, p.Scene)
	case *callback.MenuClick:
		return l.recordAct(ctx, who, at, proof, TriggerMenu, p.EventKey, "")
	case *callback.MenuScan:
		return l.recordAct(ctx, who, at, proof, TriggerMenu, p.EventKey, "")
	case *callback.SessionEntered:
		return l.recordAct(ctx, who, at, proof, TriggerEnter, "", "")
	case *callback.TextMessage:
		if p.MenuItemID != "" { // a tap on an item of a menu message, which counts as a menu
			return l.recordAct(ctx, who, at, proof, TriggerMenu, msgRef(p.MsgID), "")
		}
	}
	if m, ok := p.(interface {
		Message() *callback.MessageHeader
	}); ok {
		return l.recordAct(ctx, who, at, proof, TriggerMessage, msgRef(m.Message().MsgID), "")
	}
	return l.recordProof(ctx, who, at, proof)
}

// answers are the facts of a pop-up, or of a change in the settings.
func answers(at time.Time, results []callback.SubscribeResult, change bool) (facts []fact) {
	for _, r := range results {
		f := fact{topic: r.TemplateID, at: unix(at)}
		switch {
		case !isText(r.TemplateID):
			continue // no template that anybody could send
		case !r.Status.Accepted() && change:
			f.kind = factVoid
		case r.Status == callback.SubscribeBanned:
			f.kind = factBan
		case r.Status.Accepted() && !change:
			f.kind, f.ref = factAccept, sceneRef(r.Scene)
		default:
			continue // a rejected pop-up leaves earlier acceptances alone
		}
		facts = append(facts, f)
	}
	return facts
}

// recordAnswers takes in a pop-up or a change in the settings. What only takes something back makes nobody known.
func (l *Ledger) recordAnswers(ctx context.Context, who person, at time.Time, facts []fact) error {
	if len(facts) == 0 {
		return nil
	}
	return l.tx(ctx, func(tx sqldb.Tx) error {
		known, err := l.touchKnown(ctx, tx, who, at)
		if err == nil && !known && slices.ContainsFunc(facts, func(f fact) bool { return f.kind == factAccept }) {
			known, err = l.meet(ctx, tx, who, at)
		}
		if err != nil || !known {
			return err
		}
		return addFacts(ctx, tx, who, facts)
	})
}

func sceneRef(scene int) string {
	if scene == 0 {
		return ""
	}
	return strconv.Itoa(scene)
}

// recordAct takes in what a user did to open a window. ref tells acts of one second apart; scene is that of a code.
func (l *Ledger) recordAct(
	ctx context.Context, who person, at time.Time, proof follow, t Trigger, ref, scene string,
) error {
	return l.tx(ctx, func(tx sqldb.Tx) error {
		known, err := l.touchKnown(ctx, tx, who, at)
		if err == nil && !known {
			known, err = l.meet(ctx, tx, who, at)
		}
		if err != nil || !known {
			return err
		}
		if err := l.setFollow(ctx, tx, who, proof, unix(at)); err != nil {
			return err
		}
		trigger := fact{kind: factTrigger, topic: string(t), at: unix(at), ref: ref}
		if err := l.addTrigger(ctx, tx, who, trigger); err != nil {
			return err
		}
		if t == TriggerMessage {
			if err := acknowledgeByReply(ctx, tx, who, at); err != nil {
				return err
			}
		}
		return l.recordScene(ctx, tx, who, scene, at)
	})
}

// recordProof takes in what tells nothing but whether a person follows, if anything is known of the person.
func (l *Ledger) recordProof(ctx context.Context, who person, at time.Time, proof follow) error {
	if proof == followUnknown {
		return nil
	}
	return l.tx(ctx, func(tx sqldb.Tx) error {
		if known, err := l.touchKnown(ctx, tx, who, at); err != nil || !known {
			return err
		}
		return l.setFollow(ctx, tx, who, proof, unix(at))
	})
}

// addTrigger stores what opens or shuts a window, and drops what is too old for any: people may write for years.
func (l *Ledger) addTrigger(ctx context.Context, tx sqldb.Tx, who person, f fact) error {
	var longest time.Duration
	for _, a := range l.allowances {
		longest = max(longest, a.For)
	}
	err := dropTriggers(ctx, tx, who, l.now().Add(-longest))
	return errors.Join(err, addFact(ctx, tx, who, f))
}

func (l *Ledger) recordUnfollow(ctx context.Context, who person, at time.Time) error {
	return l.tx(ctx, func(tx sqldb.Tx) error {
		if known, err := l.touchKnown(ctx, tx, who, at); err != nil || !known {
			return err
		}
		if err := l.setFollow(ctx, tx, who, followNo, unix(at)); err != nil {
			return err
		}
		return l.addTrigger(ctx, tx, who, fact{kind: factShut, at: unix(at)})
	})
}

func (l *Ledger) recordDeliveries(
	ctx context.Context, who person, at time.Time, deliveries []callback.SubscribeDelivery,
) error {
	for _, d := range deliveries {
		r := told{msgID: d.MsgID, templateID: d.TemplateID, state: Delivered, at: at}
		if !isText(d.TemplateID) {
			r.templateID = ""
		}
		if !d.Delivered() {
			r.state, r.reason = Failed, "WeChat's event: "+cleanText(d.ErrorStatus)
		}
		if err := l.recordReceipt(ctx, who, r); err != nil {
			return err
		}
	}
	return nil
}

func (l *Ledger) recordTemplate(ctx context.Context, who person, at time.Time, p *callback.TemplateSent) error {
	r := told{msgID: p.MsgID, state: Failed, reason: "WeChat's event: " + cleanText(string(p.Outcome)), at: at}
	switch p.Outcome {
	case callback.TemplateDelivered:
		r.state, r.reason = Delivered, ""
	case callback.TemplateUserBlocked:
		r.state = Refused
	}
	return l.recordReceipt(ctx, who, r)
}

// told is what an event tells of one message.
type told struct {
	msgID      int64
	templateID string // of a subscription message
	state      State  // Delivered, Refused or Failed
	reason     string
	at         time.Time
}

// recordReceipt stores what became of a message, and settles the reminder that it belongs to. Where the send
// has not been recorded yet, its recording finds the receipt.
func (l *Ledger) recordReceipt(ctx context.Context, who person, r told) error {
	if r.msgID == 0 {
		return nil
	}
	var event *OutcomeEvent
	err := l.tx(ctx, func(tx sqldb.Tx) error {
		event = nil
		if known, err := l.touchKnown(ctx, tx, who, r.at); err != nil || !known {
			return err // nobody's, or of somebody who was forgotten
		}
		if err := addReceipt(ctx, tx, who, r); err != nil {
			return err
		}
		in, err := l.intentOf(ctx, tx, who, r)
		if err != nil || in == nil {
			return err
		}
		event, err = applyReceipt(ctx, tx, in, r, l.now())
		return err
	})
	if err == nil && event != nil {
		l.observe(ctx, *event)
	}
	return err
}

// intentOf finds the send that a receipt is about: by its id, or where WeChat's answer was lost, the one send
// of the template to the person whose outcome is open.
func (l *Ledger) intentOf(ctx context.Context, tx sqldb.Tx, who person, r told) (*intent, error) {
	in, err := intentByMessage(ctx, tx, who.appID, r.msgID)
	if err == nil || !errors.Is(err, sqldb.ErrNoRows) {
		return in, err
	}
	if r.templateID == "" {
		return nil, nil
	}
	in, err = intentWithoutID(ctx, tx, who, r.templateID, unix(r.at)+clockSkew)
	if errors.Is(err, sqldb.ErrNoRows) {
		return nil, nil
	}
	return in, err
}

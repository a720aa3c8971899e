package notify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify/internal/sqldb"
	"github.com/wechatkit/wechat/servicecard"
)

// Card is a service card (服务卡片) of a user, as far as it is known.
type Card struct {
	servicecard.Card

	State servicecard.State // that was set last, by the program's word or by a reminder
	// Maybe is the state of a later change whose outcome nobody knows; [servicecard.None] without one.
	Maybe   servicecard.State
	Expires time.Time
	// Open tells that the card takes changes, see [servicecard.Info.Open].
	Open bool
}

// before is the state that the card has for sure.
func (c *Card) before() servicecard.State {
	if c.Maybe != servicecard.None {
		return servicecard.Unknown
	}
	return c.State
}

// Card tells of a service card of a user in the Mini Program appID, and of the state that it has now. Tell of it after
// each [servicecard.Client.Set] of the program's own, the first of which is in the handler of the payment:
//
//	err := cards.Set(ctx, &order)
//	if err == nil {
//		err = n.Ledger().Card(ctx, mini.AppID(), order.Card, servicecard.Info{State: order.State})
//	}
//
// and with what [servicecard.Client.Get] answered, where a state is in doubt. What reminders change the ledger notes
// itself. Of info State, Expires and Code are looked at. Without Expires the code ends as was told before or else, for
// a state that was just set first, after the kind's time for changes. A code that is abnormal or refused ends the card.
//
// The code permits changes to the card; it is kept in the database, until the first card that is told of after it has
// expired, or [Ledger.Forget]. One writer at a time is WeChat's rule: a state that the program sets while a reminder
// changes the same card may be told of in the wrong order, which WeChat's refusal ([errcode.CardStateNotAllowed]) shows.
func (l *Ledger) Card(ctx context.Context, appID string, card servicecard.Card, info servicecard.Info) error {
	err := cmp.Or(needText("appID", appID), needText("card.OpenID", card.OpenID), needText("card.Code", card.Code))
	switch {
	case err != nil:
		return err
	case card.Kind <= 0:
		return fieldError("card.Kind", strconv.Itoa(int(card.Kind)))
	}
	who := person{appID, card.OpenID}
	return l.tx(ctx, func(tx sqldb.Tx) error {
		now := l.now()
		if err := l.touch(ctx, tx, who, now); err != nil {
			return err
		}
		known, err := cardFacts(ctx, tx, who)
		if err != nil {
			return err
		}
		if info.Expires.IsZero() {
			info.Expires = expiryOf(known, card.Code)
		}
		if info.Expires.IsZero() {
			info.Expires = now.Add(card.Kind.UpdateWithin())
		}
		if err := dropFactsOf(ctx, tx, who, outdated(known, card.Code, now)); err != nil {
			return err
		}
		if info.Code == servicecard.CodeAbnormal || info.Code == servicecard.CodeRefused {
			if err := addFact(ctx, tx, who, fact{kind: factCardEnd, topic: card.Code}); err != nil {
				return err
			}
		}
		return addFact(ctx, tx, who, fact{
			kind: factCard, topic: card.Code, at: unix(now), ref: cardRef(card.Kind, info.State, info.Expires),
		})
	})
}

// cardRef is how a fact tells of a card beside its code, such as "2001 4 1767100000000".
func cardRef(kind servicecard.Kind, state servicecard.State, expires time.Time) string {
	return fmt.Sprintf("%d %d %d", kind, state, unix(expires))
}

// readCard reads a fact about a card. What cannot be read is a card of no kind, for which nobody asks.
func readCard(f *fact) Card {
	var numbers [3]int64
	for i, word := range strings.Fields(f.ref) {
		if i < len(numbers) {
			numbers[i], _ = strconv.ParseInt(word, 10, 64)
		}
	}
	card := Card{State: servicecard.State(numbers[1]), Expires: fromUnix(numbers[2])}
	card.Kind, card.Code = servicecard.Kind(numbers[0]), f.topic
	return card
}

// expiryOf returns until when a card was told to last, the zero time if nobody did.
func expiryOf(known []fact, code string) time.Time {
	var at time.Time
	for i := range known {
		if f := &known[i]; f.kind == factCard && f.topic == code {
			at = readCard(f).Expires
		}
	}
	return at
}

// outdated lists the facts that a new one about a card replaces, and all of the cards whose code has expired.
func outdated(known []fact, code string, now time.Time) (list []fact) {
	over := map[string]bool{}
	for i := range known {
		if f := &known[i]; f.kind == factCard && f.topic != code {
			over[f.topic] = !now.Before(readCard(f).Expires)
		}
	}
	for _, f := range known {
		if over[f.topic] || f.kind == factCard && f.topic == code {
			list = append(list, f)
		}
	}
	return list
}

// usesCard is what the change of a card does to it: it has another state. The attempt's template is its cardTopic.
const usesCard = "card"

// cardTopic names a state of a card, where others name their template.
func cardTopic(code string, state servicecard.State) string {
	return code + ":" + strconv.Itoa(int(state))
}

func readTopic(topic string) (code string, state servicecard.State) {
	cut := strings.LastIndexByte(topic, ':')
	if cut < 0 {
		return "", servicecard.None
	}
	n, _ := strconv.Atoi(topic[cut+1:])
	return topic[:cut], servicecard.State(n)
}

// change is what is stored of the change of a card by an attempt, nil for other attempts.
func (i *intent) change() *CardChange {
	if i.uses != usesCard {
		return nil
	}
	code, state := readTopic(i.templateID)
	return &CardChange{Code: code, Before: servicecard.Unknown, State: state}
}

// cards replays what was told of the cards of a person, and what reminders changed since.
func (r *record) cards(openID string, now time.Time) (list []Card) {
	if !slices.ContainsFunc(r.facts, func(f fact) bool { return f.kind == factCard }) {
		return nil
	}
	told := map[string]int64{} // when the state of a code was told last
	at := map[string]int{}     // its place in the list
	for i := range r.facts {
		f := &r.facts[i]
		if f.kind != factCard {
			continue
		}
		card := readCard(f)
		card.OpenID = openID
		n, there := at[f.topic]
		switch {
		case !there:
			at[f.topic], told[f.topic] = len(list), f.at
			list = append(list, card)
		case f.at >= told[f.topic]:
			list[n], told[f.topic] = card, f.at
		}
	}
	for _, u := range r.uses { // in the order of their times
		code, state := readTopic(u.templateID)
		n, there := at[code]
		switch {
		case u.what != usesCard || !there || u.at < told[code]:
		case u.open:
			list[n].Maybe = state
		default:
			list[n].State, list[n].Maybe = state, servicecard.None
		}
	}
	for i := range list {
		c := &list[i]
		info := servicecard.Info{Kind: c.Kind, State: c.State, Expires: c.Expires}
		c.Open = c.State != servicecard.None && info.Open(now) && !r.ended(c.Code)
	}
	return list
}

func (r *record) ended(code string) bool {
	return slices.ContainsFunc(r.facts, func(f fact) bool { return f.kind == factCardEnd && f.topic == code })
}

// endsCard reports whether a refusal shuts the door of a card for good.
func endsCard(err error) bool {
	return errors.Is(err, errcode.NotifyCodeExpired) || errors.Is(err, errcode.NotifyCodeBanned) ||
		errors.Is(err, errcode.CardKindRefused)
}

// recordCardFailed takes in that a user was not notified of a change. The card keeps its state.
func (l *Ledger) recordCardFailed(ctx context.Context, who person, at time.Time, p *callback.CardFailed) error {
	var event *OutcomeEvent
	err := l.tx(ctx, func(tx sqldb.Tx) error {
		event = nil
		if known, err := l.touchKnown(ctx, tx, who, at); err != nil || !known {
			return err
		}
		code, err := knownCode(ctx, tx, who, p)
		if err != nil || code == "" {
			return err // a card that nobody told of
		}
		if p.Reason == callback.CardUserRefused {
			if err := addFact(ctx, tx, who, fact{kind: factCardEnd, topic: code}); err != nil {
				return err
			}
		}
		r := cardFailed(who, code, at, p)
		if err := addReceipt(ctx, tx, who, r); err != nil {
			return err
		}
		in, err := intentOfCard(ctx, tx, who, r)
		if err != nil {
			return ignoreNoRows(err)
		}
		event, err = applyReceipt(ctx, tx, in, r, l.now())
		return err
	})
	if err == nil && event != nil {
		l.observe(ctx, *event)
	}
	return err
}

// cardFailed is what the event tells. Its id is made up, below zero where WeChat has none, and the same for the same
// event.
func cardFailed(who person, code string, at time.Time, p *callback.CardFailed) told {
	r := told{
		templateID: cardTopic(code, servicecard.State(p.State)), state: Failed, at: at,
		reason: fmt.Sprintf("WeChat's event: %d %s", p.Reason, cleanText(p.Message)),
	}
	if p.Reason == callback.CardUserRefused {
		r.state = Refused
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %d %d", who.appID, who.openID, r.templateID, unix(at), p.Reason))
	r.msgID = -1 - int64(binary.BigEndian.Uint64(sum[:])>>1)
	return r
}

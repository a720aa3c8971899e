package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/servicecard"
)

// DoorCard is the name of the door of service cards.
const DoorCard = "card"

// CardContent is what a service card (服务卡片) is to become: the change that reminds the user.
type CardContent struct {
	Kind servicecard.Kind `json:"kind"`
	// Code names the card (notify_code), such as the transaction number of the order that the reminder is about. "" is
	// the only card of Kind that is open: where the user has several, the door is shut.
	Code  string            `json:"code,omitempty"`
	State servicecard.State `json:"state"` // that the card is to have
	Page  string            `json:"page"`  // that a tap on it opens
	// Content is in the form of Kind; may be nil. A planned reminder is stored with it as Fields, so that Compose finds
	// nil here, and the whole there.
	Content servicecard.Content `json:"-"`
	// Fields are further fields by WeChat's names, as in [servicecard.Update].
	Fields map[string]any `json:"fields,omitempty"`
}

// MarshalJSON writes Content as Fields.
func (c CardContent) MarshalJSON() ([]byte, error) {
	type plain CardContent
	p := plain(c)
	if c.Content != nil {
		p.Fields = servicecard.Fields(c.Content)
		maps.Copy(p.Fields, c.Fields)
	}
	return json.Marshal(p)
}

func (c *CardContent) checkTexts() error {
	if err := checkText("Content.Card.Code", c.Code); err != nil {
		return err
	}
	if err := checkText("Content.Card.Page", c.Page); err != nil {
		return err
	}
	return checkValue("Content.Card.Fields", c.Fields)
}

// checkValue is checkText for all texts in what JSON can hold.
func checkValue(field string, v any) error {
	switch v := v.(type) {
	case string:
		return checkText(field, v)
	case []any:
		for i, inner := range v {
			if err := checkValue(fmt.Sprintf("%s[%d]", field, i), inner); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			entry := fmt.Sprintf("%s[%q]", field, key)
			if err := checkText(entry, key); err != nil {
				return err
			}
			if err := checkValue(entry, v[key]); err != nil {
				return err
			}
		}
	}
	return nil
}

// update is the change of a card from a state.
func (c *CardContent) update(card servicecard.Card, before servicecard.State) servicecard.Update {
	return servicecard.Update{
		Card: card, Before: before, State: c.State, Page: c.Page, Content: c.Content, Fields: c.Fields,
	}
}

// choose returns the card that is to be changed, or why there is none.
func (c *CardContent) choose(cards []Card) (chosen *Card, shut string) {
	shut = "no card of this kind, or code, is known"
	for i := range cards {
		card := &cards[i]
		switch {
		case card.Kind != c.Kind || c.Code != "" && card.Code != c.Code:
		case !card.Open:
			shut = "its card takes no more changes"
		case chosen != nil:
			return nil, "several cards of this kind are open, and the content names no code"
		default:
			chosen = card
		}
	}
	return chosen, shut
}

// CardChange is what a message does to a service card.
type CardChange struct {
	Code          string
	Before, State servicecard.State
}

type cardDoor struct {
	appID  string
	client *servicecard.Client
}

// NewCardDoor is the door of service cards (服务卡片) of a Mini Program: it reminds by changing a card that is there. It is
// open while the ledger knows a card of the content's kind, or code, that was activated ([Ledger.Card]), whose code has
// not expired, whose state is not the last and, as far as the states of the kind are known, allows the wanted one. opts
// are those of [servicecard.New].
//
// A card belongs to the OpenID that paid the order, or tapped the button: [Ledger.Link] has to have told whose that is.
// A card has a state once, but for those few that may be repeated: give each lead a state of its own by
// [Config.Compose], or the leads after the first are for the next door. The door activates no card, for a reminder
// comes too late for that.
//
// WeChat does not recognise a change that is sent twice: after a lost answer the outcome is [Unknown], and stays so.
// It tells by an event that the user was not notified, which opens the next door, and of success nothing, so that the
// lead stays [Accepted]. The card has the new state either way. That a code has expired or was banned, or its kind was
// refused, shuts the door of this card for good, and so does a user who refuses it.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/subscribe-message-2.html
func NewCardDoor(mini *wechat.Client, opts ...servicecard.Option) Door {
	return &cardDoor{mini.AppID(), servicecard.New(mini, opts...)}
}

func (d *cardDoor) Name() string              { return DoorCard }
func (d *cardDoor) AppID() string             { return d.appID }
func (d *cardDoor) Repeatable() time.Duration { return 0 }

func (d *cardDoor) Check(r *Reach, c *Content) Verdict {
	switch {
	case c.Card == nil:
		return closed("no content for it")
	case r.OpenID == "":
		return closed("no OpenID in the Mini Program")
	}
	card, shut := c.Card.choose(r.Cards)
	if card == nil {
		return closed(shut)
	}
	if (card.State == c.Card.State || card.Maybe == c.Card.State) && !d.repeats(c.Card) {
		return closed("the card has this state, or may have it")
	}
	change := CardChange{Code: card.Code, Before: card.before(), State: c.Card.State}
	u := c.Card.update(card.Card, change.Before)
	if err := d.client.Check(&u); err != nil {
		return closed(reasonOf(err))
	}
	return Verdict{Open: true, Reason: fmt.Sprintf("card in state %d", card.State), Card: &change}
}

// repeats reports whether the state may be set again.
func (d *cardDoor) repeats(c *CardContent) bool {
	for _, s := range d.client.Steps(c.Kind) {
		if s.State == c.State {
			return slices.Contains(s.After, c.State)
		}
	}
	return false
}

// CheckContent implements [ContentChecker].
func (d *cardDoor) CheckContent(c *Content) error {
	if c.Card == nil {
		return nil
	}
	u := c.Card.update(servicecard.Card{OpenID: "of the user", Kind: c.Card.Kind, Code: "of the card"}, servicecard.Unknown)
	return d.client.Check(&u)
}

func (d *cardDoor) Send(ctx context.Context, m *Message) (int64, error) {
	if m.Card == nil || m.Content.Card == nil {
		return 0, fieldError("Content.Card", "nil")
	}
	card := servicecard.Card{OpenID: m.OpenID, Kind: m.Content.Card.Kind, Code: m.Card.Code}
	u := m.Content.Card.update(card, m.Card.Before)
	return 0, notSent(d.client.Set(ctx, &u))
}

package servicecard

import (
	"context"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
)

// Update activates a card, or changes it. Card, State and Page are needed; of an order, its activation needs Payment.
type Update struct {
	Card

	// Before is the state that the card has, [None] for one that is activated, [Unknown] where nobody remembers it.
	Before State
	State  State // that it is to have
	// Page is the page of this Mini Program that a tap on the card opens, with a query if wanted: "pages/order?id=77".
	Page    string
	Content Content // in the form of the kind; may be nil
	// Fields are further fields by WeChat's names (content_json), for kinds and fields that have no type here. They
	// take the place of what the other members would have written. Values are what encoding/json takes.
	Fields  map[string]any
	Payment *Payment // proof of an order's payment
}

// Payment is what WeChat compares with its own record of an order (check_json).
type Payment struct {
	// AmountFen is in fen (分). With a discount the amount of the order as well as what was paid is right; for a combined
	// payment either amount of the part or of the whole.
	AmountFen int64
	PaidAt    time.Time // the time of this payment, to the second
	Channel   PayChannel
}

// PayChannel is how an order was paid. Values that are not listed here pass through.
type PayChannel int

// The channels.
const (
	OrdinaryPay PayChannel = 0    // the default
	PayScore    PayChannel = 1001 // Pay-Score (微信支付分), whose codes are not found without it
)

// Set activates a card or changes its state (激活与更新服务卡片). Nothing is returned: WeChat gives no id, and success means
// that it took the change. See the package comment about times and what the user sees.
//
// An [errcode.FieldError] before anything is sent tells of a missing field, of one with a wrong form, of a content that is
// another kind's, and, as far as the states of the kind are known, of one that does not follow Before. WeChat's own word about
// the latter is [errcode.CardStateNotAllowed] or, for a state that the card has already, [errcode.CardPushed]: ask
// [Client.Get] what the state is.
//
// [errcode.NotifyCodeNotFound] is normal for an order just paid. Set waits a minute and tries again, as it does after a
// minute quota: where the context's deadline leaves that time, up to the attempts of the policy, for ten minutes after
// PaidAt. Otherwise try again after a minute, a few times; later it is final, as it always is for the code of a button.
// [errcode.NotifyCodeExpired], [errcode.NotifyCodeBanned] and [errcode.CardKindRefused] shut the card's door for good.
// [errcode.CardBusy] and [errcode.CardLocked] pass: try again after some seconds. Mistakes: [errcode.InvalidOpenID],
// also of another than who paid; [errcode.InvalidCardPayment]; [errcode.InvalidNotifyType], also where the template
// is missing; [errcode.CardContentRejected].
//
// Not every state may be set twice, so Set repeats nothing that may have arrived: such an error matches
// [wechat.ErrOutcomeUnknown]. Ask [Client.Get] then, and compare the states.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-message-management/subscribe-message/api_setusernotify.html
//
//wechat:endpoint POST /wxa/set_user_notify
//wechat:account mini-program
func (c *Client) Set(ctx context.Context, u *Update) error {
	if u == nil {
		return fieldErrorf("Update", "nil")
	}
	fields := u.fields()
	if err := c.check(u, fields); err != nil {
		return err
	}
	content, err := encode("Content", fields)
	if err != nil {
		return err
	}
	check, err := u.Payment.encode()
	if err != nil {
		return err
	}
	in := struct {
		wireCard
		Content string `json:"content_json" field:"Content"`
		Check   string `json:"check_json,omitempty" field:"Payment"`
	}{u.wire(), content, check}
	return c.core.Call(ctx, wechat.Call{
		Op: "servicecard.Set", Method: http.MethodPost, Path: "/wxa/set_user_notify",
		In: in, Private: []string{u.Code}, Unready: u.unready(time.Now()),
	})
}

// Check returns the [errcode.FieldError] with which [Client.Set] would refuse u before anything is sent, nil if it would
// send it. Nothing is sent.
func (c *Client) Check(u *Update) error {
	if u == nil {
		return fieldErrorf("Update", "nil")
	}
	fields := u.fields()
	if err := c.check(u, fields); err != nil {
		return err
	}
	_, err := encode("Content", fields)
	return err
}

func (c *Client) check(u *Update, fields map[string]any) error {
	if !c.core.Checks() {
		return nil
	}
	return u.check(c.steps[u.Kind], fields)
}

// fields is what the card is to show, by WeChat's names.
func (u *Update) fields() map[string]any {
	m := map[string]any{}
	if u.Content != nil {
		m = u.Content.fields()
	}
	m["cur_status"] = u.State
	m["wxa_path_query"] = u.Page
	for name, value := range u.Fields {
		m[name] = value
	}
	return m
}

func (u *Update) check(steps []Step, fields map[string]any) error {
	if err := u.Card.check(); err != nil {
		return err
	}
	switch {
	case u.State <= 0 || u.State > math.MaxInt32:
		return fieldErrorf("State", "%d", u.State)
	case fields["wxa_path_query"] == "":
		return fieldErrorf("Page", "empty")
	case u.Kind.FromOrder() && u.Before == None && u.Payment == nil:
		return fieldErrorf("Payment", "nil, and Before is None: the activation of an order needs it")
	}
	if err := u.Payment.check(); err != nil {
		return err
	}
	if err := u.checkContent(); err != nil {
		return err
	}
	return checkStep(steps, u.Before, u.State, fields)
}

func (u *Update) checkContent() error {
	if u.Content == nil {
		return nil
	}
	form := u.Content.form()
	if want, known := forms[u.Kind]; known && want != form {
		return fieldErrorf("Content", "%s, and the form of kind %d is %s", form, u.Kind, want)
	}
	return u.Content.check()
}

func (p *Payment) check() error {
	switch {
	case p == nil:
		return nil
	case p.AmountFen < 0 || p.AmountFen > math.MaxUint32:
		return fieldErrorf("Payment.AmountFen", "%d, must be 0 to %d", p.AmountFen, uint32(math.MaxUint32))
	case p.PaidAt.IsZero():
		return fieldErrorf("Payment.PaidAt", "zero")
	case p.PaidAt.Unix() < 0 || p.PaidAt.Unix() > math.MaxUint32: // milliseconds taken for seconds
		return fieldErrorf("Payment.PaidAt", "in the year %d", p.PaidAt.Year())
	}
	return nil
}

// encode returns "" for no payment.
func (p *Payment) encode() (string, error) {
	if p == nil {
		return "", nil
	}
	return encode("Payment", struct {
		Amount  int64      `json:"pay_amount"`
		Time    int64      `json:"pay_time"`
		Channel PayChannel `json:"pay_channel,omitempty"`
	}{p.AmountFen, p.PaidAt.Unix(), p.Channel})
}

// youngFor is how long after a payment its number may still become known. WeChat does not say.
const youngFor = 10 * time.Minute

// unready is the code that says that the number of a payment just made is not known yet.
func (u *Update) unready(now time.Time) errcode.Code {
	if !u.Kind.FromOrder() || u.Payment == nil || now.Sub(u.Payment.PaidAt) > youngFor {
		return 0
	}
	return errcode.NotifyCodeNotFound
}

// within names a text as the caller knows it: in a field, where the encoder knows the whole only.
func within(field, found string) string {
	if inner, whole := strings.CutPrefix(found, "In"); whole {
		return field + inner
	}
	return field + "." + found
}

package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/oauth"
	"github.com/wechatkit/wechat/subscribe"
	"github.com/wechatkit/wechat/template"
)

// The names of WeChat's doors.
const (
	DoorTemplate  = "template"
	DoorSubscribe = "subscribe"
	DoorReply     = "reply"
)

// samePeriod is how long WeChat promises to deliver messages with one client_msg_id once. A minute of the ten
// is left for the way and for clocks that differ.
const samePeriod = 9 * time.Minute

type templateDoor struct {
	appID  string
	checks bool
	client *template.Client
}

// NewTemplateDoor is the door of template messages (模板消息) of a service account. It is open to users who
// follow the account, and to those of whom that is not known: WeChat's refusal ([errcode.NotFollowing]) then
// tells, and the next door is taken. A message whose outcome is unknown is sent again with the same
// client_msg_id while WeChat recognises it.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/guide/product/template_message/Template_Message_Interface.html
func NewTemplateDoor(service *wechat.Client) Door {
	return &templateDoor{service.AppID(), service.Checks(), template.New(service)}
}

func (d *templateDoor) Name() string              { return DoorTemplate }
func (d *templateDoor) AppID() string             { return d.appID }
func (d *templateDoor) Repeatable() time.Duration { return samePeriod }

func (d *templateDoor) Check(r *Reach, c *Content) Verdict {
	switch {
	case c.Template == nil:
		return closed("no content for it")
	case r.OpenID == "":
		return closed("no OpenID in the service account")
	case r.Follow == oauth.FollowNo:
		return closed("does not follow")
	case r.Follow == oauth.FollowUnknown:
		return Verdict{Open: true, Reason: "may follow"}
	}
	return Verdict{Open: true, Reason: "follows"}
}

// CheckContent implements [ContentChecker].
func (d *templateDoor) CheckContent(c *Content) error {
	if !d.checks {
		return nil
	}
	return c.Template.check()
}

func (d *templateDoor) Send(ctx context.Context, m *Message) (int64, error) {
	c := m.Content.Template
	if c == nil {
		return 0, fieldError("Content.Template", "nil") // Compose gives another content than before
	}
	msg := &template.Message{
		ToUser: m.OpenID, TemplateID: c.TemplateID, Data: c.Data, URL: c.URL, ClientMsgID: m.ID,
	}
	if c.AppID != "" {
		msg.MiniProgram = &template.MiniProgram{AppID: c.AppID, Page: c.Page}
	}
	receipt, err := d.client.Send(ctx, msg)
	return receipt.MsgID, notSent(err)
}

type subscribeDoor struct {
	appID  string
	checks bool
	client *subscribe.Client
}

// NewSubscribeDoor is the door of subscription messages (订阅消息) of a Mini Program. It is open while the
// ledger has a consent for the template, and uses one up. A consent that only the client told of opens it too
// where there is no proven one: the word of a client can cost one refused call, no more.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/subscribe-message.html
func NewSubscribeDoor(mini *wechat.Client) Door {
	return &subscribeDoor{mini.AppID(), mini.Checks(), subscribe.New(mini)}
}

func (d *subscribeDoor) Name() string              { return DoorSubscribe }
func (d *subscribeDoor) AppID() string             { return d.appID }
func (d *subscribeDoor) Repeatable() time.Duration { return 0 }

func (d *subscribeDoor) Check(r *Reach, c *Content) Verdict {
	if c.Subscribe == nil {
		return closed("no content for it")
	}
	if r.OpenID == "" {
		return closed("no OpenID in the Mini Program")
	}
	consent := r.Consent(c.Subscribe.TemplateID)
	use := Verdict{Open: true, Consent: c.Subscribe.TemplateID}
	switch {
	case consent.Banned:
		return closed("WeChat has banned the template")
	case consent.LongTerm:
		use.Reason = "long-term consent"
	case consent.Left > 0:
		use.Reason = fmt.Sprintf("consents left: %d", consent.Left)
	case consent.Claimed > 0:
		use.Reason = "a consent by the client's word"
	default:
		return closed("no consent left")
	}
	return use
}

// CheckContent implements [ContentChecker].
func (d *subscribeDoor) CheckContent(c *Content) error {
	if !d.checks {
		return nil
	}
	return c.Subscribe.check()
}

func (d *subscribeDoor) Send(ctx context.Context, m *Message) (int64, error) {
	c := m.Content.Subscribe
	if c == nil {
		return 0, fieldError("Content.Subscribe", "nil") // Compose gives another content than before
	}
	msgID, err := d.client.Send(ctx, &subscribe.Message{
		ToUser: m.OpenID, TemplateID: c.TemplateID, Page: c.Page, Data: c.Data,
	})
	return msgID, notSent(err)
}

type replyDoor struct {
	appID  string
	checks bool
	client *customerservice.Client
}

// NewReplyDoor is the door of customer-service messages (客服消息) of a Mini Program or a service account, with
// a text. It is open while the user has written or acted recently enough and messages of that window are left.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/customer-message/send.html
func NewReplyDoor(account *wechat.Client) Door {
	return &replyDoor{account.AppID(), account.Checks(), customerservice.New(account)}
}

func (d *replyDoor) Name() string              { return DoorReply }
func (d *replyDoor) AppID() string             { return d.appID }
func (d *replyDoor) Repeatable() time.Duration { return 0 }

func (d *replyDoor) Check(r *Reach, c *Content) Verdict {
	switch {
	case c.Reply == "":
		return closed("no content for it")
	case r.OpenID == "":
		return closed("no OpenID in the account")
	case r.Window.Left == 0 && r.Window.Ends.IsZero():
		return closed("has not written within 48 hours")
	case r.Window.Left == 0:
		return closed("the messages of the window are used up")
	}
	return Verdict{Open: true, Reason: fmt.Sprintf("messages left in the window: %d", r.Window.Left), Reply: true}
}

// CheckContent implements [ContentChecker].
func (d *replyDoor) CheckContent(c *Content) error {
	if !d.checks {
		return nil
	}
	return checkReply(c.Reply)
}

func (d *replyDoor) Send(ctx context.Context, m *Message) (int64, error) {
	return 0, notSent(d.client.Send(ctx, &customerservice.Message{
		ToUser: m.OpenID, Content: customerservice.Text{Content: m.Content.Reply},
	}))
}

// notSent marks the errors of a [wechat.Client] that promise that nothing went out: all that do not say otherwise.
func notSent(err error) error {
	if err == nil || errors.Is(err, wechat.ErrOutcomeUnknown) {
		return err
	}
	return fmt.Errorf("%w (%w)", err, ErrNotSent)
}

package template

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strconv"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/keyword"
	"github.com/wechatkit/wechat/internal/rest"
)

// Message is one template message. ToUser, TemplateID and Data are needed.
type Message struct {
	ToUser     string // OpenID of a follower of this service account
	TemplateID string // the account's own template
	// URL is the web page that the card opens. Accounts from outside China have no such jump.
	URL string
	// MiniProgram is what the card opens instead of URL; clients that cannot, open URL. With neither, the
	// card cannot be tapped. nil and an empty one are not sent.
	MiniProgram *MiniProgram
	Data        Data
	// ClientMsgID (client_msg_id) makes WeChat deliver only one of all messages to ToUser that carry it
	// within ten minutes. Set it to something that stands for the occasion, such as "order-77-paid", or to
	// a [NewClientMsgID] that is stored before sending, and a message sent again by another process, or
	// after a crash, does not arrive twice. Left empty, Send makes one up. WeChat documents neither its
	// length nor its characters; up to 32 letters, digits and hyphens are safe.
	ClientMsgID string
}

// MiniProgram is a page of a Mini Program that is associated with the service account (关联小程序).
type MiniProgram struct {
	AppID string
	// Page is a page of the published version, with a query if wanted: "pages/order?id=7". "" is the
	// home page. Another page is [errcode.InvalidPagePath].
	Page string
}

// Data holds the values of a template by keyword: Data{"thing1": "Blue mug", "time4": "2026-11-29 10:00"}.
// The keys are those of the template's content without ".DATA". WeChat wants every typed keyword of the
// template, none of them empty.
type Data map[string]string

// Receipt is what there is to know of a message that was sent.
type Receipt struct {
	// MsgID is WeChat's id of the message, which the later TEMPLATESENDJOBFINISH event repeats; 0 if the
	// message was not sent, or WeChat gave no id.
	MsgID int64
	// ClientMsgID is the message's own, or the one that Send made up. It is set with an error too, unless
	// the local checks found one: to try again within ten minutes, put it into the message.
	ClientMsgID string
}

// NewClientMsgID returns a random value for a [Message], 26 letters and digits.
func NewClientMsgID() string { return rand.Text() }

// Send sends msg to one follower of a service account (发送模板消息).
//
// A value that breaks the rule of its keyword is an [errcode.FieldError] before anything is sent. WeChat's
// refusals that are part of normal operation: [errcode.NotFollowing], the user does not follow;
// [errcode.InvalidTemplateData] names the keyword that breaks its rule; [errcode.MarketingContent].
// Mistakes: [errcode.InvalidOpenID], also for an OpenID of another account; [errcode.InvalidTemplateID];
// [errcode.InvalidAppID], a Mini Program that is not associated; [errcode.InvalidPagePath]. Success means that
// WeChat took the message; whether it arrived is told by the event. What WeChat drops from accepted messages is
// told by [Losses].
//
// [errcode.HeldForReview], of the class [errcode.OutcomeOpen], is no refusal: WeChat reviews the message, and within
// 30 minutes delivers it by itself or blocks it. Do not send it again, not under the same ClientMsgID either, which
// protects for ten minutes only, and not by another way. The answer has no MsgID, so the event of a message that
// passed cannot be told by it; [Client.Blocked] lists one that was blocked. [errcode.DuplicateMessage], of the class
// [errcode.AlreadyDone], says that WeChat takes the message for one it had within the minute; where Send itself had
// lost the answer to an earlier request it is success, with a MsgID of 0. [errcode.TooManyToUser] concerns this user
// alone.
//
// An error after which the message may arrive matches [wechat.ErrOutcomeUnknown]: HeldForReview, and a lost answer. The
// message always carries a ClientMsgID, so Send also repeats a request whose answer was lost. Where all attempts were
// (ErrOutcomeUnknown without OutcomeOpen), send again within ten minutes with the ClientMsgID of the Receipt, and the
// user gets one message. After ten minutes WeChat promises nothing.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/notify/template/api_sendtemplatemessage.html
//
//wechat:endpoint POST /cgi-bin/message/template/send
//wechat:account service-account
func (c *Client) Send(ctx context.Context, msg *Message) (Receipt, error) {
	if err := msg.check(c.core.Checks()); err != nil {
		return Receipt{}, err
	}
	in := wireMessage(*msg) // the caller's message may be sent to others next, with other ids
	if in.ClientMsgID == "" {
		in.ClientMsgID = NewClientMsgID()
	}
	var receipt rest.Receipt
	err := c.core.Call(ctx, wechat.Call{
		Op: "template.Send", Method: http.MethodPost, Path: "/cgi-bin/message/template/send",
		In: &in, Out: &receipt, Effect: wechat.Idempotent,
	})
	if errors.Is(err, errcode.DuplicateMessage) && errors.Is(err, wechat.ErrOutcomeUnknown) {
		err = nil // an earlier request of this call was lost: it did arrive
	}
	return Receipt{MsgID: receipt.MsgID, ClientMsgID: in.ClientMsgID}, err
}

func (m *Message) check(rules bool) error {
	switch {
	case m == nil:
		return fieldError("Message", "nil")
	case !rules:
		return nil
	case m.ToUser == "":
		return fieldError("ToUser", "empty")
	case m.TemplateID == "":
		return fieldError("TemplateID", "empty")
	case len(m.Data) == 0:
		return fieldError("Data", "empty")
	}
	if key, reason := keyword.Check(m.Data); reason != "" {
		return fieldError("Data["+strconv.Quote(key)+"]", reason)
	}
	return nil
}

// wireMessage is a Message that writes its own JSON.
type wireMessage Message

// AppendJSON implements rest.Appender.
func (m *wireMessage) AppendJSON(dst []byte) []byte {
	o := rest.NewObject(dst)
	o.String("touser", m.ToUser)
	o.String("template_id", m.TemplateID)
	o.Optional("url", m.URL)
	if mini := m.MiniProgram; mini != nil && *mini != (MiniProgram{}) {
		o.Open("miniprogram")
		o.Optional("appid", mini.AppID)
		o.Optional("pagepath", mini.Page)
		o.Shut()
	}
	o.String("client_msg_id", m.ClientMsgID)
	keyword.Append(&o, m.Data)
	return o.Close()
}

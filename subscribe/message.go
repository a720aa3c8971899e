package subscribe

import (
	"context"
	"net/http"
	"strconv"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/keyword"
	"github.com/wechatkit/wechat/internal/rest"
)

// Message is one subscription message of a Mini Program. ToUser, TemplateID and Data are needed.
type Message struct {
	ToUser     string // OpenID of the user in this Mini Program
	TemplateID string // the account's own template (priTmplId)
	// Page is the page of this Mini Program that the card opens, with a query if wanted and without a
	// leading slash: "pages/order?id=7". A card without one cannot be tapped.
	Page string
	Data Data
	// Version is which version of the Mini Program opens (miniprogram_state); "" means the published one.
	Version wechat.MiniProgramVersion
	Lang    Lang // language of the card's frame; "" means ZhCN
}

// Data holds the values of a template by keyword: Data{"thing1": "Blue mug", "date2": "2026-12-01"}. The
// keys are those of the template's content without ".DATA", see [ParseTemplate]; a key says what its value
// may be, see [KeywordType]. WeChat wants every keyword of the template, none of them empty.
type Data map[string]string

// Lang is the language of the card's frame.
type Lang string

// The languages.
const (
	ZhCN Lang = "zh_CN" // simplified Chinese, the default
	EnUS Lang = "en_US"
	ZhHK Lang = "zh_HK"
	ZhTW Lang = "zh_TW"
)

// Send sends msg to one user of a Mini Program (发送订阅消息) and returns WeChat's id of the message (msgid),
// which the later subscribe_msg_sent_event repeats. The id is 0 where WeChat gave none; it does not promise
// one.
//
// A value that breaks the rule of its keyword is an [errcode.FieldError] before anything is sent. WeChat's
// refusals that are part of normal operation: [errcode.UserRefused], the user has not accepted, or the
// acceptance is used up, or perhaps a limited long-term template came too early, see the package comment;
// [errcode.InvalidTemplateData] names the keyword that breaks its rule; [errcode.ConcurrentSends], several
// messages to one user at the same time: send them one after the other. Mistakes: [errcode.InvalidOpenID], also
// for an OpenID of another account; [errcode.InvalidTemplateID]; [errcode.InvalidPage], a page that the released
// version does not have; [errcode.ForbiddenWords]. Success means that WeChat took the message; whether it
// arrived is told by the event.
//
// WeChat knows no id by which it recognises a message sent twice. Send therefore never repeats one that
// may have arrived: such an error matches [wechat.ErrOutcomeUnknown].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-message-management/subscribe-message/api_sendmessage.html
//
//wechat:endpoint POST /cgi-bin/message/subscribe/send
//wechat:account mini-program
func (c *Client) Send(ctx context.Context, msg *Message) (msgID int64, err error) {
	if err := msg.check(c.core.Checks()); err != nil {
		return 0, err
	}
	var receipt rest.Receipt
	err = c.core.Call(ctx, wechat.Call{
		Op: "subscribe.Send", Method: http.MethodPost, Path: "/cgi-bin/message/subscribe/send",
		In: (*wireMessage)(msg), Out: &receipt,
	})
	return receipt.MsgID, err
}

func (m *Message) check(rules bool) error {
	switch {
	case m == nil:
		return fieldError("Message", "nil")
	case !rules:
		return nil
	}
	return checkMessage(m.ToUser, m.TemplateID, m.Data)
}

// wireMessage is a Message that writes its own JSON.
type wireMessage Message

// AppendJSON implements rest.Appender.
func (m *wireMessage) AppendJSON(dst []byte) []byte {
	o := rest.NewObject(dst)
	o.String("touser", m.ToUser)
	o.String("template_id", m.TemplateID)
	o.Optional("page", m.Page)
	o.Optional("miniprogram_state", stateOf(m.Version))
	o.Optional("lang", string(m.Lang))
	keyword.Append(&o, m.Data)
	return o.Close()
}

// stateOf returns WeChat's word for a version in messages, which is not that of links.
func stateOf(v wechat.MiniProgramVersion) string {
	switch v {
	case wechat.VersionRelease:
		return "formal"
	case wechat.VersionDevelop:
		return "developer"
	default:
		return string(v)
	}
}

// checkMessage checks what all messages by template have.
func checkMessage(toUser, templateID string, data Data) error {
	switch {
	case toUser == "":
		return fieldError("ToUser", "empty")
	case templateID == "":
		return fieldError("TemplateID", "empty")
	case len(data) == 0:
		return fieldError("Data", "empty")
	}
	return data.check()
}

func (d Data) check() error {
	key, reason := keyword.Check(d)
	if reason == "" {
		return nil
	}
	return dataError(key, reason)
}

func dataError(key, reason string) error {
	return fieldError("Data["+strconv.Quote(key)+"]", reason)
}

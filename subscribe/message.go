package subscribe

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/rest"
)

// Message is one subscription message. ToUser, TemplateID and Data are needed.
type Message struct {
	ToUser     string // OpenID of the user in this Mini Program
	TemplateID string // the account's own template (priTmplId)
	Page       string // page that the card opens, with a query if wanted: "pages/order?id=7"; "" for none
	Data       Data
	State      State // which version of the Mini Program opens; "" means Formal
	Lang       Lang  // language of the card's frame; "" means ZhCN
}

// Data holds the values of a template by keyword: Data{"thing1": "Blue mug", "date2": "2026-12-01"}. The
// keys are those of the template's content without ".DATA".
type Data map[string]string

// State is the version of the Mini Program that a message opens (miniprogram_state).
type State string

// The versions.
const (
	Formal    State = "formal"    // released, the default
	Trial     State = "trial"     // trial (体验版)
	Developer State = "developer" // in development (开发版)
)

// Lang is the language of the card's frame.
type Lang string

// The languages.
const (
	ZhCN Lang = "zh_CN" // simplified Chinese, the default
	EnUS Lang = "en_US"
	ZhHK Lang = "zh_HK"
	ZhTW Lang = "zh_TW"
)

// Send sends msg to one user of a Mini Program and returns WeChat's id of the message (msgid), which the
// later subscribe_msg_sent_event repeats. The id is 0 where WeChat gave none; it does not promise one.
//
// WeChat's refusals that are part of normal operation: [errcode.UserRefused], the user has not accepted, or
// the acceptance is used up; [errcode.InvalidTemplateData] names the keyword that breaks its rule. Success
// means that WeChat took the message; whether it arrived is told by the event.
//
// WeChat knows no id by which it recognises a message sent twice. Send therefore never repeats one that
// may have arrived: such an error matches [wechat.ErrOutcomeUnknown].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-message-management/subscribe-message/api_sendmessage.html
//
//wechat:endpoint POST /cgi-bin/message/subscribe/send
func (c *Client) Send(ctx context.Context, msg *Message) (msgID int64, err error) {
	if c.core.Checks() {
		if err := msg.check(); err != nil {
			return 0, err
		}
	}
	var receipt rest.Receipt
	err = c.core.Call(ctx, wechat.Call{
		Op: "subscribe.Send", Method: http.MethodPost, Path: "/cgi-bin/message/subscribe/send",
		In: (*wireMessage)(msg), Out: &receipt,
	})
	return receipt.MsgID, err
}

// wireMessage is a Message that writes its own JSON.
type wireMessage Message

// AppendJSON implements rest.Appender.
func (m *wireMessage) AppendJSON(dst []byte) []byte {
	o := rest.NewObject(dst)
	o.String("touser", m.ToUser)
	o.String("template_id", m.TemplateID)
	o.Optional("page", m.Page)
	o.Optional("miniprogram_state", string(m.State))
	o.Optional("lang", string(m.Lang))
	m.Data.append(&o)
	return o.Close()
}

func (d Data) append(o *rest.Object) {
	o.Open("data")
	for _, key := range slices.Sorted(maps.Keys(d)) {
		o.Open(key)
		o.String("value", d[key])
		o.Shut()
	}
	o.Shut()
}

func (m *Message) check() error {
	switch {
	case m == nil:
		return &errcode.FieldError{Op: "subscribe", Field: "Message", Reason: "nil"}
	case m.ToUser == "":
		return &errcode.FieldError{Op: "subscribe", Field: "ToUser", Reason: "empty"}
	case m.TemplateID == "":
		return &errcode.FieldError{Op: "subscribe", Field: "TemplateID", Reason: "empty"}
	case len(m.Data) == 0:
		return &errcode.FieldError{Op: "subscribe", Field: "Data", Reason: "empty"}
	}
	return nil
}

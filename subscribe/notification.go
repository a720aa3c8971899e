package subscribe

import (
	"context"
	"net/http"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/rest"
)

// Notification is one subscription notification of a service account. ToUser, TemplateID and Data are
// needed.
type Notification struct {
	ToUser     string // OpenID of the user in this service account
	TemplateID string // the account's own template (priTmplId)
	// Page is the web page that the card opens. WeChat's documentation of 2026 speaks of a page of a Mini
	// Program here, the years before of a web page, and that is what users report to work.
	Page        string
	MiniProgram *MiniProgram // Mini Program that the card opens; nil for none
	Data        Data
	// ClientMsgID (client_msg_id) stands in WeChat's sample, but not in its list of parameters. [Client.Notify]
	// sends it and does not rely on it.
	ClientMsgID string
	// State and Lang are as in [Message], and best left empty: WeChat's documentation seems to have copied
	// them from there.
	State State
	Lang  Lang
}

// MiniProgram is a page of a Mini Program that the sending account is associated with (关联小程序).
type MiniProgram struct {
	AppID    string
	PagePath string // with a query if wanted: "pages/order?id=7"
}

// Notify sends a subscription notification of a verified service account (服务号订阅通知) and returns WeChat's
// id of the message (msgid), which the later subscribe_msg_sent_event repeats. The id is 0 where WeChat gave
// none; it is not documented.
//
// Refusals are those of [Client.Send], as far as is known; WeChat lists none for this call. A Mini Program,
// or an account to which the ability is not open yet, gets [errcode.APIUnauthorized]. An error after
// which the message may have been sent matches [wechat.ErrOutcomeUnknown].
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/notify/notify/api_sendnewsubscribemsg.html
//
//wechat:endpoint POST /cgi-bin/message/subscribe/bizsend
//wechat:account service-account
func (c *Client) Notify(ctx context.Context, n *Notification) (msgID int64, err error) {
	if err := n.check(c.core.Checks()); err != nil {
		return 0, err
	}
	var receipt rest.Receipt
	err = c.core.Call(ctx, wechat.Call{
		Op: "subscribe.Notify", Method: http.MethodPost, Path: "/cgi-bin/message/subscribe/bizsend",
		In: n.wire(), Out: &receipt,
	})
	return receipt.MsgID, err
}

func (n *Notification) check(rules bool) error {
	switch {
	case n == nil:
		return fieldError("Notification", "nil")
	case !rules:
		return nil
	}
	return checkMessage(n.ToUser, n.TemplateID, n.Data)
}

type wireNotification struct {
	ToUser      string               `json:"touser"`
	TemplateID  string               `json:"template_id"`
	Page        string               `json:"page,omitempty"`
	MiniProgram *wireMiniProgram     `json:"miniprogram,omitempty"`
	Data        map[string]wireValue `json:"data"`
	ClientMsgID string               `json:"client_msg_id,omitempty"`
	State       State                `json:"miniprogram_state,omitempty"`
	Lang        Lang                 `json:"lang,omitempty"`
}

type wireMiniProgram struct {
	AppID    string `json:"appid"`
	PagePath string `json:"pagepath,omitempty"`
}

type wireValue struct {
	Value string `json:"value"`
	Color string `json:"color,omitempty"`
}

func (n *Notification) wire() *wireNotification {
	values := make(map[string]wireValue, len(n.Data))
	for key, v := range n.Data {
		values[key] = wireValue{Value: v}
	}
	return &wireNotification{
		ToUser: n.ToUser, TemplateID: n.TemplateID, Page: n.Page, MiniProgram: n.MiniProgram.wire(),
		Data: values, ClientMsgID: n.ClientMsgID, State: n.State, Lang: n.Lang,
	}
}

// wire leaves out an empty Mini Program, with which WeChat could only find fault.
func (m *MiniProgram) wire() *wireMiniProgram {
	if m == nil || *m == (MiniProgram{}) {
		return nil
	}
	return &wireMiniProgram{AppID: m.AppID, PagePath: m.PagePath}
}

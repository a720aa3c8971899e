package subscribe

import (
	"context"
	"net/http"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/keyword"
	"github.com/wechatkit/wechat/internal/rest"
)

// Notification is one subscription notification of a service account. ToUser, TemplateID and Data are
// needed.
type Notification struct {
	ToUser     string // OpenID of the user in this service account
	TemplateID string // the account's own template (priTmplId)
	// URL is the web page that the card opens (page). WeChat's documentation of 2026 speaks of a page of a Mini
	// Program here, the years before of a web page, and that is what users report to work.
	URL         string
	MiniProgram *MiniProgram // Mini Program that the card opens; nil for none
	Data        Data
	// ClientMsgID (client_msg_id) stands in WeChat's sample, but not in its list of parameters. [Client.Notify]
	// sends it and does not rely on it.
	ClientMsgID string
	// Version and Lang are as in [Message], and best left empty: WeChat's documentation seems to have copied
	// them from there.
	Version wechat.MiniProgramVersion
	Lang    Lang
}

// MiniProgram is a page of a Mini Program that the sending account is associated with (关联小程序).
type MiniProgram struct {
	AppID string
	Page  string // with a query if wanted: "pages/order?id=7"
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
		In: (*wireNotification)(n), Out: &receipt,
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

// wireNotification is a Notification that writes its own JSON.
type wireNotification Notification

// AppendJSON implements rest.Appender.
func (n *wireNotification) AppendJSON(dst []byte) []byte {
	o := rest.NewObject(dst)
	o.String("touser", n.ToUser)
	o.String("template_id", n.TemplateID)
	o.Optional("page", n.URL)
	n.MiniProgram.append(&o)
	keyword.Append(&o, n.Data)
	o.Optional("client_msg_id", n.ClientMsgID)
	o.Optional("miniprogram_state", stateOf(n.Version))
	o.Optional("lang", string(n.Lang))
	return o.Close()
}

// append leaves out an empty Mini Program, with which WeChat could only find fault.
func (m *MiniProgram) append(o *rest.Object) {
	if m == nil || *m == (MiniProgram{}) {
		return
	}
	o.Open("miniprogram")
	o.String("appid", m.AppID)
	o.Optional("pagepath", m.Page)
	o.Shut()
}

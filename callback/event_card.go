package callback

import (
	"strings"

	"github.com/wechatkit/wechat/callback/internal/tree"
)

// CardFailed tells that the user was not notified of a change of a service card (服务卡片,
// "notify_service_msg_send_result"). WeChat pushes failures only. The card keeps the state that was set. WeChat's page
// shows the event in JSON; the same names are expected in XML.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/subscribe-message-2.html
type CardFailed struct {
	Header
	OpenID string // the user, as in FromUserName
	// Code is the card's notify_code as WeChat pushes it, with "p1." before it in its sample: compare with [CardFailed.For].
	Code    string
	Kind    int // notify_type, such as 2001
	State   int // cur_status, of which the user was not notified
	Reason  CardFailure
	Message string
}

// CardFailure is why a user was not notified of a card (fail_ret). Others than the constants are possible.
type CardFailure int

// The known failures of a card.
const (
	CardSystemFailed    CardFailure = -10001
	CardContentRejected CardFailure = -10002 // by the safety review, which other messages with this text meet too
	CardTemplateMissing CardFailure = -1003  // the account has not added the template of the kind
	CardUserRefused     CardFailure = -1004  // the user refuses this template, which says nothing about others
	CardTooFrequent     CardFailure = -1005  // held back, for too many came
)

// For reports whether the event is about the card with this notify_code, whatever WeChat has put before it.
func (e *CardFailed) For(code string) bool {
	return code != "" && (e.Code == code || strings.HasSuffix(e.Code, "."+code))
}

func (e *CardFailed) decode(n tree.Node) {
	e.OpenID = text(n, "openid")
	e.Code = text(n, "notify_code")
	e.Kind = integer(n, "notify_type")
	e.State = integer(n, "card_status")
	e.Reason = CardFailure(integer(n, "fail_ret"))
	e.Message = text(n, "fail_msg")
}

func (e *CardFailed) hollow() bool { return e.Code == "" }

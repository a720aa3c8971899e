package callback

import (
	"strings"

	"github.com/wechatkit/wechat/callback/internal/tree"
)

// The events of subscription messages (订阅消息), of mini programs and service accounts alike. One event may cover
// several templates.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/subscribe-message.html,
// https://developers.weixin.qq.com/doc/service/guide/product/subscription_messages/push.html

// SubscribeStatus is a user's answer for one template. Others than the constants are possible.
type SubscribeStatus string

// The known answers.
const (
	SubscribeAccepted SubscribeStatus = "accept"
	SubscribeRejected SubscribeStatus = "reject"
	SubscribeBanned   SubscribeStatus = "ban"    // WeChat has banned the template
	SubscribeFiltered SubscribeStatus = "filter" // dropped, for another template has the same title
	// SubscribeCancelled comes from the tag wx-open-subscribe of web pages: the user closed the pop-up.
	SubscribeCancelled SubscribeStatus = "cancel"

	SubscribeAcceptedWithAudio     SubscribeStatus = "acceptWithAudio"     // with a voice reminder
	SubscribeAcceptedWithAlert     SubscribeStatus = "acceptWithAlert"     // with a banner
	SubscribeAcceptedWithForcePush SubscribeStatus = "acceptWithForcePush" // from older clients
)

// Accepted tells whether the user agreed, in whatever form.
func (s SubscribeStatus) Accepted() bool { return strings.HasPrefix(string(s), "accept") }

// SubscribeResult is a user's answer for one template.
type SubscribeResult struct {
	TemplateID string
	Status     SubscribeStatus
	// Scene is where the pop-up was: 0 a mini program page, 1 a web page, 2 an article. 0 too where nobody says.
	Scene int
}

// SubscribePopup is the answer of a user to the subscription pop-up (用户触发订阅消息弹框, "subscribe_msg_popup_event").
// For a one-time template each accept allows one message. One pop-up asks for up to five templates. Whether an event
// comes when the user has ticked "always keep" and sees no pop-up is not documented; of the pop-ups of a web page, users
// report, the first alone gives one.
type SubscribePopup struct {
	Header
	Results []SubscribeResult
}

func (e *SubscribePopup) decode(n tree.Node) {
	e.Results = subscribeResults(n, "SubscribeMsgPopupEvent")
}

func (e *SubscribePopup) hollow() bool { return len(e.Results) == 0 }

// SubscribeChange is the event of a user who changes subscriptions afterwards (用户改变订阅状态,
// "subscribe_msg_change_event"). Only rejections are pushed, as of today.
type SubscribeChange struct {
	Header
	Results []SubscribeResult
}

func (e *SubscribeChange) decode(n tree.Node) {
	e.Results = subscribeResults(n, "SubscribeMsgChangeEvent")
}

func (e *SubscribeChange) hollow() bool { return len(e.Results) == 0 }

// SubscribeSent is the outcome of subscription messages (订阅消息发送结果, "subscribe_msg_sent_event"). Its failures are
// those of WeChat's system alone: a user who did not accept is an error of the send call.
type SubscribeSent struct {
	Header
	Deliveries []SubscribeDelivery
}

// SubscribeDelivery is the outcome of one subscription message.
type SubscribeDelivery struct {
	TemplateID  string
	MsgID       int64 // the msgid that the send call returned
	ErrorCode   int   // 0 for success
	ErrorStatus string
}

// Delivered tells whether the message reached the user.
func (d SubscribeDelivery) Delivered() bool { return d.ErrorCode == 0 }

func (e *SubscribeSent) hollow() bool { return len(e.Deliveries) == 0 }

func (e *SubscribeSent) decode(n tree.Node) {
	for _, item := range subscribeItems(n, "SubscribeMsgSentEvent") {
		e.Deliveries = append(e.Deliveries, SubscribeDelivery{
			TemplateID:  text(item, "TemplateId"),
			MsgID:       number(item, "MsgID"),
			ErrorCode:   integer(item, "ErrorCode"),
			ErrorStatus: text(item, "ErrorStatus"),
		})
	}
}

// subscribeItems finds the items of an event, in its own wrapper, or that of another event, as a sample has it, or in a
// List without a wrapper.
func subscribeItems(n tree.Node, wrapper string) []tree.Node {
	for _, name := range []string{
		wrapper, "SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent", "List",
	} {
		if items := appendItems(nil, n.Child(name)); items != nil {
			return items
		}
	}
	return nil
}

// appendItems adds the items among n and its siblings of the same name: each is an item itself, or has a List of them.
func appendItems(items []tree.Node, n tree.Node) []tree.Node {
	for ; n.Exists(); n = n.NextSame() {
		switch {
		case n.Child("TemplateId").Exists(), n.Child("MsgID").Exists():
			items = append(items, n)
		case n.Child("List").Exists():
			items = appendItems(items, n.Child("List"))
		default:
			items = appendItems(items, n.Child("item"))
		}
	}
	return items
}

func subscribeResults(n tree.Node, wrapper string) []SubscribeResult {
	var out []SubscribeResult
	for _, item := range subscribeItems(n, wrapper) {
		out = append(out, SubscribeResult{
			TemplateID: text(item, "TemplateId"),
			Status:     SubscribeStatus(text(item, "SubscribeStatusString")),
			Scene:      integer(item, "PopupScene"),
		})
	}
	return out
}

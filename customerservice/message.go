package customerservice

import (
	"context"
	"net/http"
	"reflect"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/rest"
)

const (
	sendPath         = "/cgi-bin/message/custom/send"
	businessSendPath = "/cgi-bin/message/custom/business/send"
)

// Message is one customer-service message. ToUser and Content are needed.
type Message struct {
	ToUser  string // OpenID of the user in this account
	Content Content
	// Agent shows the message as that agent's (kf_account), such as "anna@demo_shop". Official accounts; for
	// Mini Programs it is not documented.
	Agent string
	// AI adds a grey line that says that an AI wrote the message (aimsgcontext).
	AI bool
}

// Send sends msg to one user (发送客服消息), for Mini Programs and verified official accounts. See the package
// comment for when a user may be written to.
//
// Refusals that are part of normal operation: [errcode.ReplyWindowClosed] and [errcode.ReplyCountUsedUp],
// nothing more may be sent before the user acts again; [errcode.UserBlocksMessages]. All of them have the
// class [errcode.UserUnreachable]. Others: [errcode.InvalidOpenID] also for an OpenID of another account,
// [errcode.InvalidMediaID], [errcode.InvalidMessageObject] for a type that the kind of account does not have,
// [errcode.APIUnauthorized] for an official account that is not verified.
//
// An official account may make 500,000 of these calls a day by default.
//
// What an account may send depends on its kind and changes with time, so only what is wrong for all is found
// before the message is sent. Characters are sent as they are, never escaped, so links in a [Text] work.
//
// After [Client.ForBusiness] the message goes to the path of sub-merchants, which refuses one that names none
// ([errcode.MissingParameter]), as that of [Client.Typing] does. WeChat's newest page has the ordinary path for both,
// older ones and other libraries do as is done here; [Client.WithSendPath] replaces either. API security is documented for
// the ordinary path only: [wechat.SecuredPaths] lacks the other one.
//
// WeChat gives a message no id and cannot tell one sent twice. Send therefore never repeats one that may have
// arrived: such an error matches [wechat.ErrOutcomeUnknown].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/kf-mgnt/kf-message/api_sendcustommessage
//
//wechat:endpoint POST /cgi-bin/message/custom/send
//wechat:account mini-program official-account
//wechat:endpoint POST /cgi-bin/message/custom/business/send
//wechat:account mini-program
func (c *Client) Send(ctx context.Context, msg *Message) error {
	if err := c.check(msg); err != nil {
		return err
	}
	return c.core.Call(ctx, wechat.Call{
		Op: "customerservice.Send", Method: http.MethodPost, Path: c.path(c.sendPath, businessSendPath, sendPath),
		In: &wireMessage{msg, c.businessID},
	})
}

func (c *Client) check(m *Message) error {
	switch {
	case m == nil:
		return fieldError("Message", "nil")
	case isNil(m.Content):
		return fieldError("Content", "nil")
	case !c.core.Checks():
		return nil
	case m.ToUser == "":
		return fieldError("ToUser", "empty")
	}
	return m.Content.check()
}

// isNil also finds a nil pointer to a content type.
func isNil(c Content) bool {
	v := reflect.ValueOf(c)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

// wireMessage writes the JSON of a message.
type wireMessage struct {
	*Message
	businessID string
}

// AppendJSON implements rest.Appender.
func (m *wireMessage) AppendJSON(dst []byte) []byte {
	kind := m.Content.msgType()
	o := rest.NewObject(dst)
	o.String("touser", m.ToUser)
	o.String("msgtype", kind)
	o.Open(kind)
	m.Content.append(&o)
	o.Shut()
	if m.Agent != "" {
		o.Open("customservice")
		o.String("kf_account", m.Agent)
		o.Shut()
	}
	if m.AI {
		o.Open("aimsgcontext")
		o.Int("is_ai_msg", 1)
		o.Shut()
	}
	o.Optional("businessid", m.businessID)
	return o.Close()
}

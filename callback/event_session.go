package callback

import "github.com/wechatkit/wechat/callback/internal/tree"

// SessionEntered is the event of a user who opens the customer service chat of a mini program (用户进入客服会话,
// "user_enter_tempsession"). It opens a short window for customer service messages.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/customer-message/receive.html
type SessionEntered struct {
	Header
	// SessionFrom is the session-from attribute of the button, any text of up to 1000 bytes.
	SessionFrom string
}

func (e *SessionEntered) decode(n tree.Node) { e.SessionFrom = text(n, "SessionFrom") }

// SessionCreated is the event of an agent who takes up a chat (接入会话, "kf_create_session"). Official accounts only, as
// are the two below.
type SessionCreated struct {
	Header
	Account string // of the agent, such as "anna@demo_shop"
}

func (e *SessionCreated) decode(n tree.Node) { e.Account = text(n, "KfAccount") }

// SessionClosed is the event of a chat that ends (关闭会话, "kf_close_session").
type SessionClosed struct {
	Header
	Account string
}

func (e *SessionClosed) decode(n tree.Node) { e.Account = text(n, "KfAccount") }

// SessionSwitched is the event of a chat that is passed on (转接会话, "kf_switch_session").
type SessionSwitched struct {
	Header
	FromAccount, ToAccount string
}

func (e *SessionSwitched) decode(n tree.Node) {
	e.FromAccount = text(n, "FromKfAccount")
	e.ToAccount = text(n, "ToKfAccount")
}

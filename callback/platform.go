package callback

import (
	"time"

	"github.com/wechatkit/wechat/callback/internal/tree"
)

// The pushes to the authorisation URL of a third-party platform (第三方平台). They have an InfoType, no MsgType, and are
// always encrypted XML.
//
// WeChat docs: https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/authorize_event.html,
// https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/component_verify_ticket.html

// platformTypes maps InfoType to types.
var platformTypes = map[string]func() Push{
	"component_verify_ticket": fresh[VerifyTicket](),
	"authorized":              fresh[Authorized](),
	"updateauthorized":        fresh[AuthorizationUpdated](),
	"unauthorized":            fresh[Unauthorized](),
}

// VerifyTicket brings the component_verify_ticket, every ten minutes. A ticket is good for twelve hours; keep the newest.
type VerifyTicket struct {
	Header
	ComponentAppID string
	// Ticket is a secret of the platform.
	Ticket Secret
}

func (e *VerifyTicket) decode(n tree.Node) {
	e.ComponentAppID = text(n, "AppId")
	e.Ticket = Secret(text(n, "ComponentVerifyTicket"))
}

// Authorization is what an account granted to the platform.
type Authorization struct {
	ComponentAppID  string
	AuthorizerAppID string
	// AuthorizationCode can be exchanged for the account's tokens, once.
	AuthorizationCode Secret
	// Expires is when AuthorizationCode ends.
	Expires     time.Time
	PreAuthCode Secret
}

func (a *Authorization) decode(n tree.Node) {
	a.ComponentAppID = text(n, "AppId")
	a.AuthorizerAppID = text(n, "AuthorizerAppid")
	a.AuthorizationCode = Secret(text(n, "AuthorizationCode"))
	a.Expires = expiry(n)
	a.PreAuthCode = Secret(text(n, "PreAuthCode"))
}

// expiry reads AuthorizationCodeExpiredTime, of which the documents say only "seconds": a small number is a duration
// from CreateTime.
func expiry(n tree.Node) time.Time {
	const smallest = 1_000_000_000 // 2001; no duration is that long
	at := seconds(n, "AuthorizationCodeExpiredTime")
	if at.IsZero() || at.Unix() >= smallest {
		return at
	}
	return seconds(n, "CreateTime").Add(time.Duration(at.Unix()) * time.Second)
}

// Authorized tells that an account authorised the platform (授权成功, "authorized").
type Authorized struct {
	Header
	Authorization
}

func (e *Authorized) decode(n tree.Node) { e.Authorization.decode(n) }

// AuthorizationUpdated tells that an account changed what it grants (更新授权, "updateauthorized").
type AuthorizationUpdated struct {
	Header
	Authorization
}

func (e *AuthorizationUpdated) decode(n tree.Node) { e.Authorization.decode(n) }

// Unauthorized tells that an account took its authorisation back (取消授权, "unauthorized").
type Unauthorized struct {
	Header
	ComponentAppID  string
	AuthorizerAppID string
}

func (e *Unauthorized) decode(n tree.Node) {
	e.ComponentAppID = text(n, "AppId")
	e.AuthorizerAppID = text(n, "AuthorizerAppid")
}

// Package token hands out the access token (接口调用凭据) that nearly every call of WeChat's API carries.
//
// A [Source] gives the token of one account. The usual one is a [Manager]: it fetches a token, keeps it,
// renews it before it expires and replaces one that WeChat no longer accepts, with one request to WeChat
// however many goroutines ask. [Static] serves a token from elsewhere, [None] none at all.
package token

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/wechatkit/wechat/internal/secret"
)

// Secret is a string that does not print: fmt, log/slog and encoding/json show "[redacted]". An untyped
// constant is a Secret as it stands, a string is converted: token.Secret(s). Its method Reveal gives the
// string back.
type Secret = secret.String

// Token is an access token and when it ends. What else WeChat issues for a time and a [Store] keeps, a ticket or a refresh
// token, is one as well.
type Token struct {
	// Value is the access token, ticket or refresh token itself. Empty means that there is none.
	Value  Secret
	Expiry time.Time // zero where it is not known
	// Issued is when it was asked for. Of two tokens the one asked for later is the newer, whichever expires
	// first; a Store and a Manager go by it. Zero where it is not known.
	Issued time.Time
}

// A Source hands out the access token of one account. Token is safe for concurrent use and returns when
// ctx ends, even while a refresh that other callers wait for goes on.
//
// A token with an empty Value means that calls carry none, as in cloud hosting.
type Source interface {
	Token(ctx context.Context) (Token, error)
}

// A Renewer is a Source that can replace a token before its time. The client uses it when WeChat answers
// 40001, 40014 or 42001.
type Renewer interface {
	Source
	// Renew returns a token other than rejected if there is one: the current token where it already
	// differs, else a new one. It may return rejected again where asking for another is not due yet.
	Renew(ctx context.Context, rejected Secret) (Token, error)
}

// Static returns a Source that always gives the same token. Somebody else must see to its renewal.
func Static(accessToken Secret) Source {
	return &static{func() Token { return Token{Value: accessToken} }}
}

// None returns a Source without a token, for WeChat Cloud Hosting (云托管), whose sidecar adds the
// credentials itself.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/wxcloudservice/wxcloudrun/src/guide/weixin/open.html
func None() Source { return none }

var none = &static{func() Token { return Token{} }}

// static has its token behind a function because no printer looks into one, wherever it finds it: a printer does not
// ask a Secret in an unexported field how to print. Each type of this module that keeps a secret does so.
type static struct{ token func() Token }

// String returns "token.Static".
func (static) String() string { return "token.Static" }

// Format is for the verbs that do not ask String.
func (s static) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

func (s static) Token(context.Context) (Token, error) { return s.token(), nil }

package oauth

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/token"
)

// Component is a third-party platform (第三方平台) to which accounts have granted their login and web
// authorisation. For these calls it does not know the account's AppSecret and shows its own token instead.
//
// WeChat docs: https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/Official_Accounts/official_account_website_authorization.html
type Component struct {
	AppID string // of the platform (component_appid)
	// Tokens gives the component_access_token. Where it is a [token.Renewer], a token that WeChat rejects is
	// replaced and the call repeated once. It has a way to WeChat of its own; where that would be past the base URL or the
	// HTTP client of the client, calls report an [errcode.FieldError], as wechat.WithTokenSource does.
	Tokens token.Source
}

// call makes a call for which an account shows its AppSecret. A platform makes it at another path and with
// its token; a nil p is an account that acts for itself.
func (p *Component) call(ctx context.Context, core *wechat.Client, call wechat.Call, path string) error {
	if p == nil {
		return core.Call(ctx, call)
	}
	if p.Tokens == nil || p.AppID == "" {
		return fmt.Errorf("%s: Component: AppID and Tokens are needed", call.Op)
	}
	if reason := core.Route().Refuse(p.Tokens); reason != "" {
		return &errcode.FieldError{Op: call.Op, Field: "Component.Tokens", Reason: reason}
	}
	t, err := p.Tokens.Token(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", call.Op, err)
	}
	call.Path, call.Auth = path, wechat.AuthNone
	err = core.Call(ctx, p.with(t, core, call))
	renewer, ok := p.Tokens.(token.Renewer)
	if !ok || !rejectsToken(err) {
		return err
	}
	renewed, renewal := renewer.Renew(ctx, t.Value)
	if renewal != nil {
		return fmt.Errorf("%w; the token was not replaced: %w", err, renewal)
	}
	return core.Call(ctx, p.with(renewed, core, call))
}

// with adds what the platform shows to a copy of call.
func (p *Component) with(t token.Token, core *wechat.Client, call wechat.Call) wechat.Call {
	secret := t.Value.Reveal()
	call.Query = maps.Clone(call.Query)
	call.Query.Set("appid", core.AppID())
	call.Query.Set("component_appid", p.AppID)
	call.Query.Set("component_access_token", secret)
	call.Private = append([]string{secret}, call.Private...)
	return call
}

// rejectsToken reports whether WeChat did not take the platform's token. It then has not looked at the code.
func rejectsToken(err error) bool {
	for _, code := range []errcode.Code{
		errcode.InvalidCredential, errcode.InvalidAccessToken, errcode.AccessTokenExpired,
	} {
		if errors.Is(err, code) {
			return true
		}
	}
	return false
}

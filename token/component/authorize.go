package component

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/secret"
	"github.com/wechatkit/wechat/token"
)

type platformID struct {
	AppID string `json:"component_appid"`
}

// PreAuthCode is a pre_auth_code: it opens the authorisation page once.
type PreAuthCode struct {
	Code   token.Secret
	Expiry time.Time
}

// PreAuthCode fetches a pre-authorisation code (预授权码) for one visit to the authorisation page. It lasts ten to
// thirty minutes; the Expiry is WeChat's.
//
// WeChat docs: https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_getpreauthcode.html
//
//wechat:endpoint POST /cgi-bin/component/api_create_preauthcode
//wechat:account component
func (c *Component) PreAuthCode(ctx context.Context) (PreAuthCode, error) {
	var out struct {
		Code      lenient.String `json:"pre_auth_code"`
		ExpiresIn lenient.Int64  `json:"expires_in"`
	}
	start := time.Now()
	err := c.call(ctx, "component.PreAuthCode", "/cgi-bin/component/api_create_preauthcode", wechat.Idempotent,
		platformID{c.AppID()}, &out, "pre_auth_code")
	if err != nil {
		return PreAuthCode{}, err
	}
	return PreAuthCode{token.Secret(out.Code), until(start, int64(out.ExpiresIn))}, nil
}

// AccountKind restricts the authorisation page to some accounts.
type AccountKind int

// The kinds (auth_type).
const (
	AnyAccount       AccountKind = 0 // WeChat's default: both
	OfficialAccounts AccountKind = 1
	MiniPrograms     AccountKind = 2
	BothAccounts     AccountKind = 3
)

// AuthPage describes a visit to the page on which an account's administrator authorises the platform.
type AuthPage struct {
	PreAuthCode token.Secret // from [Component.PreAuthCode]
	// RedirectURL is where the administrator comes back to, with auth_code and expires_in in the query. Its
	// domain must be the one registered for the platform.
	RedirectURL string
	Kind        AccountKind
	AppID       string // offers only this account; "" for all (biz_appid)
	// Mobile makes a link to open inside WeChat; else it is a page for a computer, with a QR code.
	Mobile bool
}

// AuthURL returns the address of the authorisation page (授权页). The page opens only from a link on the domain
// that is registered for the platform, not when it is typed in. The addresses are those of WeChat's older
// pages; they hold the pre-auth code, which is a secret for as long as it lasts.
//
// The auth_code that the redirect brings goes to [Component.QueryAuth]; so does that of the push.
//
// WeChat docs: https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/Authorization_Process_Technical_Description.html
func (c *Component) AuthURL(p AuthPage) string {
	q := url.Values{
		"component_appid": {c.AppID()}, "pre_auth_code": {p.PreAuthCode.Reveal()}, "redirect_uri": {p.RedirectURL},
	}
	if p.Kind != AnyAccount {
		q.Set("auth_type", strconv.Itoa(int(p.Kind)))
	}
	if p.AppID != "" {
		q.Set("biz_appid", p.AppID)
	}
	if !p.Mobile {
		return "https://mp.weixin.qq.com/cgi-bin/componentloginpage?" + q.Encode()
	}
	q.Set("action", "bindcomponent")
	q.Set("no_scan", "1")
	return "https://open.weixin.qq.com/wxaopen/safe/bindcomponent?" + q.Encode() + "#wechat_redirect"
}

// Authorization is what an account granted.
type Authorization struct {
	AppID        string       // of the account (authorizer_appid)
	RefreshToken token.Secret // kept by the Component; here for those who keep it elsewhere too
	// PermissionSets are the ids of what was granted (func_info). An administrator may grant only some of them; a
	// call beyond them answers [errcode.ComponentUnauthorized].
	PermissionSets []int
}

// Has reports whether a permission set (权限集) was granted.
func (a *Authorization) Has(permissionSet int) bool {
	for _, id := range a.PermissionSets {
		if id == permissionSet {
			return true
		}
	}
	return false
}

// authorizationInfo is an authorization on the wire.
type authorizationInfo struct {
	AppID     lenient.String `json:"authorizer_appid"`
	Token     lenient.String `json:"authorizer_access_token"`
	ExpiresIn lenient.Int64  `json:"expires_in"`
	Refresh   lenient.String `json:"authorizer_refresh_token"`
	FuncInfo  lenient.List[struct {
		Category struct {
			ID lenient.Int64 `json:"id"`
		} `json:"funcscope_category"`
	}] `json:"func_info"`
}

func (i *authorizationInfo) authorization() *Authorization {
	a := &Authorization{AppID: string(i.AppID), RefreshToken: token.Secret(i.Refresh)}
	for _, f := range i.FuncInfo {
		a.PermissionSets = append(a.PermissionSets, int(f.Category.ID))
	}
	return a
}

// QueryAuth trades an authorization code (授权码), which works once, for the account's refresh token, and keeps
// that. From then on [Component.Authorizer] gives the account's access tokens.
//
// Where the refresh token could not be kept in the Store, the error says so and the Authorization comes with
// it: the code is used up. This process goes on with the token; [Component.Restore] fetches it back later.
//
// Errors: [errcode.InvalidAuthorizationCode], [errcode.AuthorizationCodeExpired].
//
// WeChat docs: https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_getauthorizerrefreshtoken.html
//
//wechat:endpoint POST /cgi-bin/component/api_query_auth
//wechat:account component
func (c *Component) QueryAuth(ctx context.Context, code token.Secret) (*Authorization, error) {
	const op = "component.QueryAuth"
	if code == "" {
		return nil, &errcode.FieldError{Op: op, Field: "code", Reason: "empty"}
	}
	if secret.IsMask(code) {
		return nil, &errcode.FieldError{Op: op, Field: "code", Reason: secret.Masked}
	}
	in := struct {
		platformID

		Code string `json:"authorization_code"`
	}{platformID{c.AppID()}, code.Reveal()}
	var out struct {
		Info authorizationInfo `json:"authorization_info"`
	}
	asked := time.Now()
	err := c.call(ctx, op, "/cgi-bin/component/api_query_auth", wechat.SingleUse, in, &out, "authorization_info")
	if err != nil {
		return nil, err
	}
	auth := out.Info.authorization()
	a, err := c.account(auth.AppID)
	if err != nil {
		return auth, err
	}
	if auth.RefreshToken == "" {
		return auth, nil
	}
	ctx = context.WithoutCancel(ctx) // the code is used up: what came for it must not be lost
	if err := a.keep(ctx, auth.RefreshToken, asked); err != nil {
		return auth, fmt.Errorf("%s: the refresh token was not kept: %w", op, err)
	}
	if out.Info.Token != "" {
		t := token.Token{
			Value: token.Secret(out.Info.Token), Issued: asked, Expiry: until(asked, int64(out.Info.ExpiresIn)),
		}
		_ = c.save(ctx, c.tokenKey(auth.AppID), t, "") // where that fails, one is fetched
	}
	return auth, nil
}

package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// UserToken is what a visitor's authorisation gives. Its secrets do not print, and JSON does not carry them:
// to keep a token, store what their method Reveal returns.
type UserToken struct {
	OpenID string // the visitor in this account
	// UnionID is the visitor in all accounts of the Open Platform account. A service account gets it with
	// [ScopeUserInfo] only. [Web.Refresh] does not tell it again.
	UnionID      string
	AccessToken  wechat.Secret // of this visitor, two hours
	Expiry       time.Time     // of AccessToken, by the clock of this machine
	RefreshToken wechat.Secret // thirty days, not renewed by use
	Scopes       []Scope       // what was granted
	// IsSnapshotUser tells that the page was opened as a snapshot (快照页): OpenID, UnionID, name and picture
	// are made up. Bind no account to them. WeChat has been seen to leave the mark out.
	IsSnapshotUser bool
}

// Finish checks the query with which a visitor came back and exchanges its code for the visitor's token, see
// [Web.Exchange]. state is what the visitor left with, from the cookie or session of the same browser.
//
// The error matches [ErrState] if the states differ or state is empty, and [ErrDeclined] if there is no code.
func (w *Web) Finish(ctx context.Context, query url.Values, state string) (*UserToken, error) {
	code, err := code(query, state)
	if err != nil {
		return nil, fmt.Errorf("oauth.Finish: %w", err)
	}
	return w.Exchange(ctx, code)
}

// Exchange exchanges a visitor's code for the visitor's token (通过code换取网页授权access_token). [Web.Finish] checks
// the state first and is the better choice for a redirect.
//
// The code lives five minutes, that of a QR login ten, and works once. Exchange therefore never repeats a
// request that may have arrived: after such an error, and after −1, send the visitor through the page again.
// WeChat refuses with [errcode.InvalidCode], [errcode.CodeUsed] or [errcode.CodeExpired].
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsaccesstoken.html,
// for a third-party platform
// https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/Official_Accounts/official_account_website_authorization.html
//
//wechat:endpoint GET /sns/oauth2/access_token
//wechat:account service-account website
//wechat:endpoint GET /sns/oauth2/component/access_token
//wechat:account component
func (w *Web) Exchange(ctx context.Context, code string) (*UserToken, error) {
	if err := needTexts(w.core, "code", code); err != nil {
		return nil, err
	}
	return w.token(ctx, wechat.Call{
		Op: "oauth.Exchange", Path: "/sns/oauth2/access_token",
		Query: url.Values{"code": {code}, "grant_type": {"authorization_code"}},
		Auth:  wechat.AuthSecret, Effect: wechat.SingleUse, Private: []string{code},
	}, "/sns/oauth2/component/access_token")
}

// Refresh returns a new access token for a visitor, or the old one with a new two hours (刷新access_token). The
// refresh token lives thirty days from the authorisation, however often it is used; then, and when a later
// authorisation made it void, [errcode.RefreshTokenExpired] or [errcode.InvalidRefreshToken] says to send the
// visitor through the page again.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsrefreshtoken.html,
// for a third-party platform
// https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/Official_Accounts/official_account_website_authorization.html
//
//wechat:endpoint GET /sns/oauth2/refresh_token
//wechat:account service-account website
//wechat:endpoint GET /sns/oauth2/component/refresh_token
//wechat:account component
func (w *Web) Refresh(ctx context.Context, refreshToken wechat.Secret) (*UserToken, error) {
	secret := refreshToken.Reveal()
	if err := checkSecret("refreshToken", refreshToken); err != nil {
		return nil, err
	}
	if err := needTexts(w.core, "refreshToken", secret); err != nil {
		return nil, err
	}
	return w.token(ctx, wechat.Call{
		Op: "oauth.Refresh", Path: "/sns/oauth2/refresh_token",
		Query: url.Values{
			"appid": {w.core.AppID()}, "grant_type": {"refresh_token"}, "refresh_token": {secret},
		},
		Auth: wechat.AuthNone, Effect: wechat.Idempotent, Private: []string{secret},
	}, "/sns/oauth2/component/refresh_token")
}

func (w *Web) token(ctx context.Context, call wechat.Call, componentPath string) (*UserToken, error) {
	var out wireUserToken
	call.Method, call.Out = http.MethodGet, rest.Needs(&out, "access_token", "openid")
	if err := w.component.call(ctx, w.core, call, componentPath); err != nil {
		return nil, err
	}
	return out.token(time.Now()), nil
}

type wireUserToken struct {
	OpenID       lenient.String `json:"openid"`
	UnionID      lenient.String `json:"unionid"`
	AccessToken  lenient.String `json:"access_token"`
	ExpiresIn    lenient.Int64  `json:"expires_in"`
	RefreshToken lenient.String `json:"refresh_token"`
	Scope        lenient.String `json:"scope"`
	IsSnapshot   lenient.Bool   `json:"is_snapshotuser"`
}

func (w *wireUserToken) token(now time.Time) *UserToken {
	t := &UserToken{
		OpenID: string(w.OpenID), UnionID: string(w.UnionID),
		AccessToken: wechat.Secret(w.AccessToken), RefreshToken: wechat.Secret(w.RefreshToken),
		IsSnapshotUser: bool(w.IsSnapshot),
	}
	if w.ExpiresIn > 0 {
		t.Expiry = now.Add(time.Duration(w.ExpiresIn) * time.Second)
	}
	for scope := range strings.FieldsFuncSeq(string(w.Scope), func(r rune) bool { return r == ',' || r == ' ' }) {
		t.Scopes = append(t.Scopes, Scope(scope))
	}
	return t
}

// Valid asks WeChat whether a visitor's access token still works (检验授权凭证是否有效). A token that does not is an
// answer, false, and no error.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsauth.html
//
//wechat:endpoint GET /sns/auth
//wechat:account service-account website
func (w *Web) Valid(ctx context.Context, t *UserToken) (bool, error) {
	err := w.forUser(ctx, wechat.Call{Op: "oauth.Valid", Path: "/sns/auth"}, t)
	for _, code := range []errcode.Code{
		errcode.InvalidCredential, errcode.InvalidOpenID, errcode.InvalidAccessToken, errcode.AccessTokenExpired,
	} {
		if errors.Is(err, code) {
			return false, nil
		}
	}
	return err == nil, err
}

// Profile is what a visitor shows to others. Sex and place WeChat has not told since 2021.
type Profile struct {
	OpenID     string // the visitor in this account
	UnionID    string // empty unless the account is bound to an Open Platform account
	Nickname   string
	AvatarURL  string   // ends in the size in pixels: 0 for 640, 46, 64, 96 or 132 (headimgurl)
	Privileges []string // such as "chinaunicom"
}

// Profile returns the visitor's profile (拉取用户信息). It needs [ScopeUserInfo] or a QR login;
// [errcode.APIUnauthorized] is the answer otherwise, and perhaps for a snapshot user, whose profile is made up.
// An access token that has expired gives [errcode.UserAuthRequired]: use [Web.Refresh].
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsuserinfo.html
//
//wechat:endpoint GET /sns/userinfo
//wechat:account service-account website
func (w *Web) Profile(ctx context.Context, t *UserToken) (*Profile, error) {
	var out struct {
		OpenID     lenient.String       `json:"openid"`
		UnionID    lenient.String       `json:"unionid"`
		Nickname   lenient.String       `json:"nickname"`
		AvatarURL  lenient.String       `json:"headimgurl"`
		Privileges lenient.List[string] `json:"privilege"`
	}
	err := w.forUser(ctx, wechat.Call{
		Op: "oauth.Profile", Path: "/sns/userinfo", Out: rest.Needs(&out, "openid"),
	}, t)
	if err != nil {
		return nil, err
	}
	return &Profile{
		OpenID: string(out.OpenID), UnionID: string(out.UnionID), Nickname: string(out.Nickname),
		AvatarURL: string(out.AvatarURL), Privileges: out.Privileges,
	}, nil
}

// forUser makes a call with the visitor's token. It must not go as a call with the account's token: a
// rejected one would be taken for that, and replaced.
func (w *Web) forUser(ctx context.Context, call wechat.Call, t *UserToken) error {
	if t == nil {
		return fieldError("UserToken", "nil")
	}
	if err := checkSecret("AccessToken", t.AccessToken); err != nil {
		return err
	}
	secret := t.AccessToken.Reveal()
	if err := needTexts(w.core, "AccessToken", secret, "OpenID", t.OpenID); err != nil {
		return err
	}
	call.Method, call.Auth, call.Effect = http.MethodGet, wechat.AuthNone, wechat.ReadOnly
	call.Query = url.Values{"access_token": {secret}, "openid": {t.OpenID}}
	call.Private = []string{secret, t.OpenID}
	return w.core.Call(ctx, call)
}

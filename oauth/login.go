package oauth

import (
	"context"
	"net/http"
	"net/url"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// Session is what a login of a Mini Program gives.
type Session struct {
	OpenID string // the user in this Mini Program
	// UnionID is the user in all accounts of the Open Platform account. It is empty unless the Mini Program
	// is bound to one, and for older users perhaps until they log in again.
	UnionID string
	// SessionKey (session_key) signs and encrypts data of this user. It stays on the server. WeChat does
	// not tell how long it lives; a later login may replace it. It does not print, and JSON does not carry it:
	// to keep it, store what its method Reveal returns.
	SessionKey wechat.Secret
}

// Login exchanges a code of wx.login for the user's session in a Mini Program (小程序登录, code2Session).
//
// The code lives five minutes and works once. Login therefore never repeats a request that may have
// arrived: after such an error, and after −1, ask the Mini Program for a new code. WeChat refuses with
// [errcode.InvalidCode] (wrong, expired, or of another app), [errcode.CodeUsed], [errcode.LoginBlocked] (the
// user is considered a risk) and, over a hundred logins of one user in a minute, [errcode.MinuteQuotaReached].
//
// It takes the AppSecret and no access token. A third-party platform takes its own token instead, see
// [NewForComponent].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/user-login/api_code2session.html,
// for a third-party platform
// https://developers.weixin.qq.com/doc/oplatform/openApi/miniprogram-management/login/api_thirdpartycode2session.html
//
//wechat:endpoint GET /sns/jscode2session
//wechat:account mini-program
//wechat:endpoint GET /sns/component/jscode2session
//wechat:account component
func (c *Client) Login(ctx context.Context, code string) (*Session, error) {
	if err := needTexts(c.core, "code", code); err != nil {
		return nil, err
	}
	var out wireSession
	call := wechat.Call{
		Op: "oauth.Login", Method: http.MethodGet, Path: "/sns/jscode2session",
		Query: url.Values{"js_code": {code}, "grant_type": {"authorization_code"}},
		Out:   rest.Needs(&out, "openid", "session_key"),
		Auth:  wechat.AuthSecret, Effect: wechat.SingleUse, Private: []string{code},
	}
	err := c.component.call(ctx, c.core, call, "/sns/component/jscode2session")
	if err != nil {
		return nil, err
	}
	return out.session(), nil
}

type wireSession struct {
	OpenID     lenient.String `json:"openid"`
	UnionID    lenient.String `json:"unionid"`
	SessionKey lenient.String `json:"session_key"`
}

func (w *wireSession) session() *Session {
	return &Session{
		OpenID: string(w.OpenID), UnionID: string(w.UnionID), SessionKey: wechat.Secret(w.SessionKey),
	}
}

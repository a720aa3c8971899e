package emulator

import (
	"net/http"
	"strings"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

const refreshLife = 30 * 24 * time.Hour

// Web OAuth (网页授权): no call of it carries an app token.
var webOAuthRoutes = []route{
	{method: http.MethodGet, path: "/sns/oauth2/access_token", handle: exchangeOAuthCode},
	{method: http.MethodGet, path: "/sns/oauth2/refresh_token", handle: refreshUserToken},
	{method: http.MethodGet, path: "/sns/userinfo", handle: getSNSUserInfo},
	{method: http.MethodGet, path: "/sns/auth", handle: checkUserToken},
}

const (
	scopeBase     = "snsapi_base"
	scopeUserInfo = "snsapi_userinfo"
	scopeLogin    = "snsapi_login"
)

// userToken is a user-level access token with its refresh token.
type userToken struct {
	app         *App
	member      *member // nil for the made-up user of a snapshot page
	openID      string
	scope       string
	access      string
	ends        time.Time
	refresh     string
	refreshEnds time.Time
}

func (t *userToken) stale(now time.Time) bool { return lapsed(t.refreshEnds, now) }

type userTokenAnswer struct {
	AccessToken  string `json:"access_token"`
	ExpiresIn    int64  `json:"expires_in"`
	RefreshToken string `json:"refresh_token"`
	OpenID       string `json:"openid"`
	Scope        string `json:"scope"`
	Snapshot     int    `json:"is_snapshotuser,omitempty"`
	UnionID      string `json:"unionid,omitempty"`
}

func exchangeOAuthCode(c *call) reply {
	q := c.query
	switch {
	case q.Get("appid") == "":
		return c.fail(errcode.AppIDMissing)
	case q.Get("secret") == "":
		return c.fail(errcode.AppSecretMissing)
	case q.Get("grant_type") != "authorization_code":
		return c.fail(errcode.InvalidGrantType)
	case q.Get("code") == "":
		return c.fail(errcode.CodeMissing)
	}
	if code := c.identify(q.Get("appid"), q.Get("secret")); code != 0 {
		return c.fail(code)
	}
	return c.exchange(q.Get("code"))
}

// exchange turns an OAuth code of the calling account into a user-level token.
func (c *call) exchange(value string) reply {
	if code := c.app.spend(c.path, c.now); code != 0 {
		return c.fail(code)
	}
	if old := c.w.codes.get(value); old != nil && old.use == forOAuth && old.member.app == c.app && !old.used && !c.now.Before(old.ends) {
		return c.fail(errcode.CodeExpired)
	}
	found, code := c.redeem(value, forOAuth)
	if code != 0 {
		return c.fail(code)
	}
	t := &userToken{
		app: c.app, member: found.member, openID: found.member.OpenID, scope: found.scope,
		access: c.w.ids.token(), ends: c.now.Add(tokenLife),
		refresh: c.w.ids.token(), refreshEnds: c.now.Add(refreshLife),
	}
	if found.snapshot {
		t.member, t.openID = nil, c.w.ids.named("snapshot", value)
	}
	c.w.userTokens.put(t.access, t, c.now)
	c.w.userTokens.put(t.refresh, t, c.now)
	return c.data(t.answer(c.now))
}

func (t *userToken) answer(now time.Time) userTokenAnswer {
	a := userTokenAnswer{
		AccessToken: t.access, ExpiresIn: int64(t.ends.Sub(now) / time.Second),
		RefreshToken: t.refresh, OpenID: t.openID, Scope: t.scope,
	}
	switch {
	case t.member == nil:
		a.Snapshot = 1
	case t.scope != scopeBase:
		a.UnionID = t.member.UnionID
	}
	return a
}

// refreshUserToken needs no secret. The refresh token itself never gets a longer life.
func refreshUserToken(c *call) reply {
	q := c.query
	a := c.w.apps[q.Get("appid")]
	if a == nil {
		return c.fail(errcode.InvalidAppID)
	}
	c.app = a
	if code := a.spend(c.path, c.now); code != 0 {
		return c.fail(code)
	}
	if q.Get("grant_type") != "refresh_token" {
		return c.fail(errcode.InvalidGrantType)
	}
	t := c.w.userTokens.get(q.Get("refresh_token"))
	switch {
	case q.Get("refresh_token") == "":
		return c.fail(errcode.RefreshTokenMissing)
	case t == nil || t.app != a || t.refresh != q.Get("refresh_token"):
		return c.fail(errcode.InvalidRefreshToken)
	case !c.now.Before(t.refreshEnds):
		return c.fail(errcode.RefreshTokenExpired)
	}
	if !c.now.Before(t.ends) {
		c.w.userTokens.drop(t.access)
		t.access = c.w.ids.token()
		c.w.userTokens.put(t.access, t, c.now)
	}
	t.ends = c.now.Add(tokenLife)
	return c.data(t.answer(c.now))
}

// userToken finds the user-level token of a call and checks that it is the OpenID's.
func (c *call) userToken() (*userToken, errcode.Code) {
	value := c.query.Get("access_token")
	t := c.w.userTokens.get(value)
	switch {
	case value == "":
		return nil, errcode.AccessTokenMissing
	case t == nil || t.access != value: // 40001 is documented as well, but 40014 was seen
		return nil, errcode.InvalidAccessToken
	}
	c.app = t.app
	switch {
	case !c.now.Before(t.ends):
		return nil, errcode.AccessTokenExpired
	case c.query.Get("openid") != t.openID:
		return nil, errcode.InvalidOpenID
	}
	return t, 0
}

func getSNSUserInfo(c *call) reply {
	t, code := c.userToken()
	switch {
	case code != 0:
		return c.fail(code)
	case t.scope == scopeBase || t.member == nil:
		return c.fail(errcode.APIUnauthorized)
	}
	if code := c.app.spend(c.path, c.now); code != 0 {
		return c.fail(code)
	}
	return c.data(struct {
		OpenID    string   `json:"openid"`
		Nickname  string   `json:"nickname"`
		Sex       int      `json:"sex"`
		Language  string   `json:"language"`
		City      string   `json:"city"`
		Province  string   `json:"province"`
		Country   string   `json:"country"`
		HeadImg   string   `json:"headimgurl"`
		Privilege []string `json:"privilege"`
		UnionID   string   `json:"unionid,omitempty"`
	}{
		OpenID: t.openID, Nickname: t.member.user.nickname(), Privilege: []string{}, UnionID: t.member.UnionID,
		HeadImg: "https://thirdwx.qlogo.cn/mmopen/emulator/" + strings.TrimPrefix(t.openID, "o") + "/132",
	})
}

func checkUserToken(c *call) reply {
	if _, code := c.userToken(); code != 0 {
		return c.fail(code)
	}
	return c.ok()
}

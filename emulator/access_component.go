package emulator

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

const (
	verifyTicketEvery = 10 * time.Minute
	verifyTicketLife  = 12 * time.Hour
	preAuthLife       = 1800 * time.Second
	authorizationLife = time.Hour
)

// The token chain of a third-party platform (第三方平台).
var componentRoutes = []route{
	{method: http.MethodPost, path: "/cgi-bin/component/api_start_push_ticket", handle: jsonBody(startTickets)},
	{method: http.MethodPost, path: "/cgi-bin/component/api_component_token", handle: jsonBody(getComponentToken)},
	{method: http.MethodPost, path: "/cgi-bin/component/api_create_preauthcode", token: platformToken, kinds: thirdOnly, handle: platformBody(createPreAuthCode)},
	{method: http.MethodPost, path: "/cgi-bin/component/api_query_auth", token: platformToken, kinds: thirdOnly, handle: platformBody(queryAuth)},
	{method: http.MethodPost, path: "/cgi-bin/component/api_authorizer_token", token: platformToken, kinds: thirdOnly, handle: platformBody(refreshAuthorizer)},
	{method: http.MethodPost, path: "/cgi-bin/component/api_get_authorizer_info", token: platformToken, kinds: thirdOnly, handle: platformBody(getAuthorizer)},
	{method: http.MethodPost, path: "/cgi-bin/component/api_get_authorizer_list", token: platformToken, kinds: thirdOnly, handle: platformBody(listAuthorizers)},
	{method: http.MethodPost, path: "/cgi-bin/component/clear_quota/v2", handle: clearQuotaForMerchant},
	{method: http.MethodGet, path: "/sns/component/jscode2session", token: platformToken, kinds: thirdOnly, handle: componentLogin},
	{method: http.MethodGet, path: "/sns/oauth2/component/refresh_token", token: platformToken, kinds: thirdOnly, handle: componentRefresh},
	{method: http.MethodGet, path: "/sns/oauth2/component/access_token", token: platformToken, kinds: thirdOnly, handle: componentOAuth},
}

// appPlatform is what a third-party platform has been given. None of it is saved: tickets are pushed anew.
type appPlatform struct {
	tickets   shelf[verifyTicket]
	merchants []*authorization
}

// authorization is what a merchant's account gave a platform.
type authorization struct {
	merchant *App
	code     string
	codeEnds time.Time
	codeUsed bool
	refresh  string
	since    time.Time
	tokens   succession
}

// authorizes reports whether the account has given this platform its rights.
func (a *App) authorizes(merchant *App) bool { return a.authorization(merchant.AppID) != nil }

func (a *App) authorization(appID string) *authorization {
	i := slices.IndexFunc(a.platform.merchants, func(m *authorization) bool { return m.merchant.AppID == appID })
	if i < 0 {
		return nil
	}
	return a.platform.merchants[i]
}

// VerifyTicket is a new component_verify_ticket, as a push would bring it.
func (a *App) VerifyTicket() string {
	a.s.mustBe("VerifyTicket", a, ThirdParty)
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.newVerifyTicket(&a.s.world.ids)
}

// AuthorizeTo lets the administrator of this account grant all permission sets to a third-party platform.
// It returns the authorization_code that the platform's page is redirected with.
func (a *App) AuthorizeTo(platform *App) string {
	a.s.mustBe("AuthorizeTo", platform, ThirdParty)
	var code string
	a.s.act(func() {
		ids, now := &a.s.world.ids, a.s.world.clock.now()
		code = "queryauthcode@@@" + ids.text(64, base64url)
		m := platform.authorization(a.AppID)
		kind := "updateauthorized"
		if m == nil {
			m = &authorization{merchant: a, since: now, refresh: "refreshtoken@@@" + ids.text(43, base64url)}
			platform.platform.merchants = append(platform.platform.merchants, m)
			kind = "authorized"
		}
		m.code, m.codeEnds, m.codeUsed = code, now.Add(authorizationLife), false
		platform.pushAuthEvent(kind, field{"AuthorizerAppid", a.AppID}, field{"AuthorizationCode", code},
			field{"AuthorizationCodeExpiredTime", m.codeEnds.Unix()})
	})
	return code
}

// Deauthorize takes the rights back. Calls with the platform's tokens for this account answer 61003.
func (a *App) Deauthorize(platform *App) {
	a.s.act(func() {
		platform.platform.merchants = slices.DeleteFunc(platform.platform.merchants, func(m *authorization) bool { return m.merchant == a })
		platform.pushAuthEvent("unauthorized", field{"AuthorizerAppid", a.AppID})
	})
}

type componentBody struct {
	AppID   string `json:"component_appid"`
	Secret  string `json:"component_appsecret"`
	Secret2 string `json:"component_secret"` // what api_start_push_ticket calls it
	Ticket  string `json:"component_verify_ticket"`
}

// platform finds the third-party platform that names itself in the body.
func (c *call) platform(in *componentBody) errcode.Code {
	secret := cmp.Or(in.Secret, in.Secret2)
	a := c.w.apps[in.AppID]
	switch {
	case in.AppID == "" || a == nil || a.Kind != ThirdParty:
		return errcode.InvalidAppID
	case secret == "":
		return errcode.AppSecretMissing
	case secret != a.identity.Secret:
		return errcode.InvalidAppSecret
	case !a.allows(c.ip):
		return errcode.ComponentIPNotAllowed
	}
	c.app = a
	return 0
}

func startTickets(c *call, in *componentBody) reply {
	if code := c.platform(in); code != 0 {
		return c.failPlatform(code)
	}
	c.app.pushTickets()
	return c.ok()
}

func (c *call) failPlatform(code errcode.Code) reply {
	if code == errcode.ComponentIPNotAllowed {
		return c.failf(errcode.ComponentIPNotAllowed, "access clientip is not registered requestIP: %s", c.ip)
	}
	return c.fail(code)
}

func getComponentToken(c *call, in *componentBody) reply {
	if code := c.platform(in); code != 0 {
		return c.failPlatform(code)
	}
	ends := c.app.platform.tickets.get(in.Ticket).ends
	switch {
	case ends.IsZero():
		return c.fail(errcode.InvalidVerifyTicket)
	case !c.now.Before(ends):
		return c.fail(errcode.VerifyTicketExpired)
	}
	if code := c.app.spend(c.path, c.now); code != 0 {
		return c.fail(code)
	}
	t := c.w.renew(c.app, &c.app.access.Classic, c.now)
	return c.data(struct {
		Token     string `json:"component_access_token"`
		ExpiresIn int64  `json:"expires_in"`
	}{t.Value, int64(tokenLife / time.Second)})
}

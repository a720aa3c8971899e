package emulator

import (
	"strings"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

// platformRequest is the body of the calls that a third-party platform makes with its own token.
type platformRequest struct {
	Component  string `json:"component_appid"`
	Code       string `json:"authorization_code"`
	Authorizer string `json:"authorizer_appid"`
	Refresh    string `json:"authorizer_refresh_token"`
	Offset     int    `json:"offset"`
	Count      int    `json:"count"`
}

// platformBody checks that the platform in the body is the one whose token the call carries.
func platformBody(handle func(*call, *platformRequest) reply) func(*call) reply {
	return jsonBody(func(c *call, in *platformRequest) reply {
		if in.Component != c.app.AppID {
			return c.fail(errcode.InvalidComponent)
		}
		return handle(c, in)
	})
}

func createPreAuthCode(c *call, _ *platformRequest) reply {
	return c.data(struct {
		Code      string `json:"pre_auth_code"`
		ExpiresIn int64  `json:"expires_in"`
	}{"preauthcode@@@" + c.w.ids.text(43, base64url), int64(preAuthLife / time.Second)})
}

type funcScope struct {
	Category struct {
		ID int `json:"id"`
	} `json:"funcscope_category"`
}

type authorizationInfo struct {
	AppID     string      `json:"authorizer_appid"`
	Token     string      `json:"authorizer_access_token,omitempty"`
	ExpiresIn int64       `json:"expires_in,omitempty"`
	Refresh   string      `json:"authorizer_refresh_token"`
	Functions []funcScope `json:"func_info"`
}

// grantedSets are the permission sets of the calls that the emulator answers.
func grantedSets() []funcScope {
	sets := []int{1, 2, 3, 6, 7, 15, 18, 19, 33, 88, 89, 100, 151}
	list := make([]funcScope, len(sets))
	for i, id := range sets {
		list[i].Category.ID = id
	}
	return list
}

func queryAuth(c *call, in *platformRequest) reply {
	for _, m := range c.app.platform.merchants {
		if m.code != in.Code || m.codeUsed {
			continue
		}
		if !c.now.Before(m.codeEnds) {
			return c.fail(errcode.AuthorizationCodeExpired)
		}
		m.codeUsed = true
		t := c.w.renewFor(c.app, m, c.now)
		return c.data(struct {
			Info authorizationInfo `json:"authorization_info"`
		}{authorizationInfo{m.merchant.AppID, t.Value, int64(tokenLife / time.Second), m.refresh, grantedSets()}})
	}
	return c.fail(errcode.InvalidAuthorizationCode)
}

// renewFor makes a token with which the platform calls on behalf of a merchant.
func (w *world) renewFor(platform *App, m *authorization, now time.Time) *token {
	t := w.renew(m.merchant, &m.tokens, now)
	t.via = platform
	return t
}

func refreshAuthorizer(c *call, in *platformRequest) reply {
	m := c.app.authorization(in.Authorizer)
	switch {
	case m == nil:
		return c.fail(errcode.AuthorizationCancelled)
	case m.refresh != in.Refresh:
		return c.fail(errcode.InvalidAuthorizerRefreshToken)
	}
	t := c.w.renewFor(c.app, m, c.now)
	return c.data(struct {
		Token     string `json:"authorizer_access_token"`
		ExpiresIn int64  `json:"expires_in"`
		Refresh   string `json:"authorizer_refresh_token"`
	}{t.Value, int64(tokenLife / time.Second), m.refresh})
}

type typed struct {
	ID int `json:"id"`
}

type authorizerInfo struct {
	Nick          string           `json:"nick_name"`
	HeadImg       string           `json:"head_img"`
	ServiceType   typed            `json:"service_type_info"`
	VerifyType    typed            `json:"verify_type_info"`
	UserName      string           `json:"user_name"`
	Alias         string           `json:"alias"`
	QRCode        string           `json:"qrcode_url"`
	Principal     string           `json:"principal_name"`
	Signature     string           `json:"signature"`
	MiniProgram   *miniProgramInfo `json:"MiniProgramInfo,omitempty"`
	AccountStatus int              `json:"account_status"`
}

type miniProgramInfo struct {
	VisitStatus int `json:"visit_status"`
}

func getAuthorizer(c *call, in *platformRequest) reply {
	m := c.app.authorization(in.Authorizer)
	if m == nil {
		return c.fail(errcode.AuthorizationCancelled)
	}
	a := m.merchant
	info := authorizerInfo{
		Nick: a.Name, HeadImg: "http://wx.qlogo.cn/emulator", UserName: a.OriginalID, Principal: a.Name + " Ltd.",
		QRCode: "http://mmbiz.qpic.cn/emulator/qr", AccountStatus: 1,
	}
	if a.Kind == MiniProgram {
		info.MiniProgram = &miniProgramInfo{}
	} else {
		info.ServiceType.ID = 2
	}
	return c.data(struct {
		Account authorizerInfo    `json:"authorizer_info"`
		Rights  authorizationInfo `json:"authorization_info"`
	}{info, authorizationInfo{AppID: a.AppID, Refresh: m.refresh, Functions: grantedSets()}})
}

func listAuthorizers(c *call, in *platformRequest) reply {
	type one struct {
		AppID   string `json:"authorizer_appid"`
		Refresh string `json:"refresh_token"`
		Since   int64  `json:"auth_time"`
	}
	list := []one{}
	for _, m := range c.app.platform.merchants {
		list = append(list, one{m.merchant.AppID, m.refresh, m.since.Unix()})
	}
	return c.data(struct {
		Total int   `json:"total_count"`
		List  []one `json:"list"`
	}{len(list), part(list, in.Offset, in.Count)})
}

// merchant finds the account on whose behalf a platform calls, and makes it the caller.
func (c *call) merchant(appID string) (reply, bool) {
	platform := c.app
	if c.query.Get("component_appid") != platform.AppID {
		return c.fail(errcode.InvalidComponent), false
	}
	m := platform.authorization(appID)
	if m == nil {
		return c.fail(errcode.AuthorizationCancelled), false
	}
	c.app = m.merchant
	return reply{}, true
}

func componentLogin(c *call) reply {
	if bad, ok := c.merchant(c.query.Get("appid")); !ok {
		return bad
	}
	if c.query.Get("grant_type") != "authorization_code" {
		return c.fail(errcode.InvalidGrantType)
	}
	return c.login(c.query.Get("js_code"))
}

func componentOAuth(c *call) reply {
	if bad, ok := c.merchant(c.query.Get("appid")); !ok {
		return bad
	}
	if c.query.Get("grant_type") != "authorization_code" {
		return c.fail(errcode.InvalidGrantType)
	}
	return c.exchange(c.query.Get("code"))
}

func componentRefresh(c *call) reply {
	if bad, ok := c.merchant(c.query.Get("appid")); !ok {
		return bad
	}
	return refreshUserToken(c)
}

// clearQuotaForMerchant needs the platform's secret and no token.
func clearQuotaForMerchant(c *call) reply {
	in := struct {
		Component string `json:"component_appid"`
		AppID     string `json:"appid"`
		Secret    string `json:"appsecret"`
	}{c.query.Get("component_appid"), c.query.Get("appid"), c.query.Get("appsecret")}
	if in.Component == "" && strings.HasPrefix(strings.TrimSpace(string(c.body)), "{") {
		_, _ = c.decode(&in) // what cannot be read is missing
	}
	if code := c.identify(in.Component, in.Secret); code != 0 {
		return c.fail(code)
	}
	merchant := c.w.apps[in.AppID]
	if merchant == nil || !c.app.authorizes(merchant) {
		return c.fail(errcode.InvalidAppID)
	}
	return c.clearAll(merchant)
}

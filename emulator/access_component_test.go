package emulator_test

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// platform is a third-party platform with its token.
type platform struct {
	*bundle

	app   *emulator.App
	token string
}

func (b *bundle) platform() *platform {
	b.t.Helper()
	p := &platform{bundle: b, app: b.wx.AddThirdParty(emulator.AppConfig{Name: "P"})}
	p.token = p.fetch(p.app.VerifyTicket()).text("component_access_token")
	require.NotEmpty(b.t, p.token)
	return p
}

func (p *platform) fetch(ticket string) answer {
	p.t.Helper()
	return p.post("/cgi-bin/component/api_component_token", fmt.Sprintf(
		`{"component_appid":%q,"component_appsecret":%q,"component_verify_ticket":%q}`, p.app.AppID, p.app.AppSecret, ticket))
}

func (p *platform) call(name, more string) answer {
	p.t.Helper()
	return p.post("/cgi-bin/component/"+name+"?component_access_token="+p.token, `{"component_appid":"`+p.app.AppID+`"`+more+`}`)
}

func TestVerifyTicketsArePushed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	app := b.wx.AddThirdParty(emulator.AppConfig{})
	r := listen(t, app, emulator.Callback{})
	p := &platform{bundle: b, app: app}
	ticket := func() string {
		var outer struct {
			AppID   string `xml:"AppId"`
			Encrypt string
		}
		require.NoError(t, xml.Unmarshal([]byte(r.last()), &outer))
		require.Equal(t, app.AppID, outer.AppID)
		plain := open(t, r.cb.EncodingAESKey, outer.Encrypt, app.AppID)
		require.Contains(t, plain, "<InfoType><![CDATA[component_verify_ticket]]></InfoType>")
		return regexp.MustCompile(`ticket@@@[\w-]+`).FindString(plain)
	}
	first := ticket()
	b.wx.Advance(time.Hour)
	require.Equal(t, 7, r.count())
	require.NotEqual(t, first, ticket())
	require.Contains(t, p.fetch(first), "component_access_token")
	b.wx.Advance(11 * time.Hour)
	require.Equal(t, 61005, p.fetch(first).code())
	require.Equal(t, 61006, p.fetch("x").code())
	app.RemoveCallback()
	n := r.count()
	b.wx.Advance(time.Hour)
	require.Equal(t, n, r.count())
	listen(t, app, emulator.Callback{})
	require.Zero(t, b.post("/cgi-bin/component/api_start_push_ticket", fmt.Sprintf(
		`{"component_appid":%q,"component_secret":%q}`, app.AppID, app.AppSecret)).code())
}

func TestComponentTokenErrors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.platform()
	body := func(id, secret string) string {
		return `{"component_appid":"` + id + `","component_appsecret":"` + secret + `"}`
	}
	for _, path := range []string{"api_component_token", "api_start_push_ticket"} {
		path = "/cgi-bin/component/" + path
		require.Equal(t, 40013, b.post(path, body(b.mp.AppID, "x")).code())
		require.Equal(t, 41004, b.post(path, body(p.app.AppID, "")).code())
		require.Equal(t, 40125, b.post(path, body(p.app.AppID, "x")).code())
	}
	p.app.AllowIPs("203.0.113.1")
	got := p.fetch("x")
	require.Equal(t, 61004, got.code())
	require.Contains(t, got.text("errmsg"), "requestIP: 127.0.0.1")
}

func TestAuthorizerChain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.platform()
	r := listen(t, p.app, emulator.Callback{Mode: emulator.Plaintext})
	require.Equal(t, int64(1800), p.call("api_create_preauthcode", "").number("expires_in"))

	code := b.mp.AuthorizeTo(p.app)
	require.Contains(t, r.last(), "<InfoType><![CDATA[authorized]]></InfoType><AuthorizerAppid><![CDATA["+b.mp.AppID)
	query := func(code string) answer { return p.call("api_query_auth", `,"authorization_code":"`+code+`"`) }
	info := query(code)["authorization_info"].(map[string]any)
	require.Equal(t, b.mp.AppID, info["authorizer_appid"])
	require.NotEmpty(t, info["func_info"])
	require.Equal(t, 61009, query(code).code(), "used")
	old := b.mp.AuthorizeTo(p.app)
	require.Contains(t, r.last(), "updateauthorized")
	b.wx.Advance(time.Hour)
	require.Equal(t, 61010, query(old).code())

	refresh := func(appID, token string) answer {
		return p.call("api_authorizer_token", `,"authorizer_appid":"`+appID+`","authorizer_refresh_token":"`+token+`"`)
	}
	got := refresh(b.mp.AppID, info["authorizer_refresh_token"].(string))
	token := got.text("authorizer_access_token")
	require.Equal(t, 61023, refresh(b.mp.AppID, "x").code())
	require.Equal(t, 61003, refresh(b.oa.AppID, "x").code())

	u := b.wx.User("u")
	u.Write(b.mp, "Hi")
	require.Zero(t, b.post(customSend+"?access_token="+token, text(u.OpenID(b.mp), "Hi")).code())
	require.Equal(t, 61014, b.post("/cgi-bin/component/api_get_authorizer_list?access_token="+token, "{}").code())
	require.Equal(t, 61015, b.post(customSend+"?access_token="+p.token, "{}").code())

	both := p.call("api_get_authorizer_info", `,"authorizer_appid":"`+b.mp.AppID+`"`)
	require.Contains(t, both["authorizer_info"], "MiniProgramInfo")
	require.Equal(t, b.mp.AppID, both["authorization_info"].(map[string]any)["authorizer_appid"])
	b.oa.AuthorizeTo(p.app)
	require.NotContains(t, p.call("api_get_authorizer_info", `,"authorizer_appid":"`+b.oa.AppID+`"`)["authorizer_info"], "MiniProgramInfo")
	require.Equal(t, 61003, p.call("api_get_authorizer_info", `,"authorizer_appid":"x"`).code())
	list := p.call("api_get_authorizer_list", `,"offset":1,"count":10`)
	require.Equal(t, int64(2), list.number("total_count"))
	require.Equal(t, b.oa.AppID, list["list"].([]any)[0].(map[string]any)["authorizer_appid"])
	require.Equal(t, 61011, b.post("/cgi-bin/component/api_get_authorizer_list?access_token="+p.token, "{}").code())

	require.Zero(t, b.post("/cgi-bin/clear_quota?access_token="+p.token, `{"appid":"`+b.mp.AppID+`"}`).code())
	clearV2 := fmt.Sprintf(`{"component_appid":%q,"appid":%q,"appsecret":%q}`, p.app.AppID, b.mp.AppID, p.app.AppSecret)
	require.Zero(t, b.post("/cgi-bin/component/clear_quota/v2", clearV2).code())
	require.Equal(t, 40013, b.post("/cgi-bin/component/clear_quota/v2", "").code())

	b.mp.Deauthorize(p.app)
	require.Contains(t, r.last(), "unauthorized")
	require.Equal(t, 61003, b.post(customSend+"?access_token="+token, text(u.OpenID(b.mp), "Hi")).code())
	require.Equal(t, 40013, b.post("/cgi-bin/component/clear_quota/v2", clearV2).code())
	b.wx.Advance(2 * time.Hour)
	require.Equal(t, 42006, p.call("api_create_preauthcode", "").code())
}

func TestRevokeEndsTheTokensOfPlatforms(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.platform()
	info := p.call("api_query_auth", `,"authorization_code":"`+b.oa.AuthorizeTo(p.app)+`"`)["authorization_info"].(map[string]any)
	token := info["authorizer_access_token"].(string)
	require.Zero(t, b.probe(token))
	b.wx.Revoke(b.oa)
	require.Equal(t, 40001, b.probe(token))
	fresh := p.call("api_authorizer_token", fmt.Sprintf(
		`,"authorizer_appid":%q,"authorizer_refresh_token":%q`, b.oa.AppID, info["authorizer_refresh_token"]))
	require.Zero(t, b.probe(fresh.text("authorizer_access_token")))
}

func TestLoginThroughAPlatform(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.platform()
	u := b.wx.User("u")
	login := func(appID, code, grant string) answer {
		return b.get(fmt.Sprintf("/sns/component/jscode2session?appid=%s&js_code=%s&grant_type=%s&component_appid=%s&component_access_token=%s",
			appID, code, grant, p.app.AppID, p.token))
	}
	code := u.LoginCode(b.mp)
	require.Equal(t, 61003, login(b.mp.AppID, code, "authorization_code").code())
	b.mp.AuthorizeTo(p.app)
	b.oa.AuthorizeTo(p.app)
	require.Equal(t, 40002, login(b.mp.AppID, code, "x").code())
	require.Equal(t, u.OpenID(b.mp), login(b.mp.AppID, code, "authorization_code").text("openid"))
	oauth := func(grant string) answer {
		return b.get(fmt.Sprintf("/sns/oauth2/component/access_token?appid=%s&code=%s&grant_type=%s&component_appid=%s&component_access_token=%s",
			b.oa.AppID, codeFrom(t, u, authorizeURL(b.oa, "snsapi_base", "")), grant, p.app.AppID, p.token))
	}
	got := oauth("authorization_code")
	require.Equal(t, u.OpenID(b.oa), got.text("openid"))
	refresh := "/sns/oauth2/component/refresh_token?component_access_token=" + p.token + "&appid=" + b.oa.AppID +
		"&grant_type=refresh_token&refresh_token=" + got.text("refresh_token")
	require.Equal(t, 61011, b.get(refresh).code())
	require.Equal(t, got.text("access_token"), b.get(refresh+"&component_appid="+p.app.AppID).text("access_token"))
	require.Equal(t, 40002, oauth("x").code())
	require.Equal(t, 61011, b.get("/sns/component/jscode2session?component_access_token="+p.token).code())
	require.Equal(t, 61011, b.get("/sns/oauth2/component/access_token?component_access_token="+p.token).code())
}

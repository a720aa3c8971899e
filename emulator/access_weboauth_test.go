package emulator_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func authorizeURL(a *emulator.App, scope, more string) string {
	return "https://open.weixin.qq.com/connect/oauth2/authorize?appid=" + a.AppID +
		"&redirect_uri=https%3A%2F%2Fshop.example.com%2Fback%3Fa%3D1%23top&response_type=code&scope=" + scope + "&state=S7" + more + "#wechat_redirect"
}

// codeFrom visits a page and takes the code out of the redirect.
func codeFrom(t *testing.T, u *emulator.User, page string) string {
	t.Helper()
	back, err := u.Visit(page)
	require.NoError(t, err)
	link, err := url.Parse(back)
	require.NoError(t, err)
	require.Equal(t, "S7", link.Query().Get("state"))
	require.Equal(t, "top", link.Fragment)
	return link.Query().Get("code")
}

func exchange(a *emulator.App, code string) string {
	return "/sns/oauth2/access_token?appid=" + a.AppID + "&secret=" + a.AppSecret + "&code=" + code + "&grant_type=authorization_code"
}

func TestWebOAuth(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.AddUser(emulator.UserConfig{Name: "u", Nickname: "Mina"})
	code := codeFrom(t, u, authorizeURL(b.oa, "snsapi_userinfo", ""))
	got := b.get(exchange(b.oa, code))
	require.NotContains(t, got, "errcode")
	require.NotContains(t, got, "is_snapshotuser")
	require.Equal(t, u.OpenID(b.oa), got.text("openid"))
	require.Equal(t, u.UnionID(b.oa), got.text("unionid"))
	require.Equal(t, "snsapi_userinfo", got.text("scope"))
	require.Equal(t, 40163, b.get(exchange(b.oa, code)).code())

	with := func(path, token, openID string) answer {
		return b.get(path + "?access_token=" + token + "&openid=" + openID)
	}
	token := got.text("access_token")
	info := with("/sns/userinfo", token, u.OpenID(b.oa))
	require.Equal(t, "Mina", info.text("nickname"))
	require.Equal(t, num("0"), info["sex"])
	require.Zero(t, with("/sns/auth", token, u.OpenID(b.oa)).code())
	require.Equal(t, 40003, with("/sns/auth", token, "x").code())
	require.Equal(t, 40014, with("/sns/auth", "x", u.OpenID(b.oa)).code())
	require.Equal(t, 40014, with("/sns/auth", got.text("refresh_token"), u.OpenID(b.oa)).code())
	require.Equal(t, 40014, with("/sns/auth", b.oa.Token(), u.OpenID(b.oa)).code(), "not a user token")
	require.Equal(t, 41001, with("/sns/auth", "", u.OpenID(b.oa)).code())
	require.Equal(t, 40014, b.get("/cgi-bin/user/get?access_token="+token).code(), "not an app token")
	require.Equal(t, 40014, b.get("/cgi-bin/user/get?access_token="+got.text("refresh_token")).code(), "nor is this")

	refresh := func(token string) answer {
		return b.get("/sns/oauth2/refresh_token?appid=" + b.oa.AppID + "&grant_type=refresh_token&refresh_token=" + token)
	}
	b.wx.Advance(time.Hour)
	again := refresh(got.text("refresh_token"))
	require.Equal(t, token, again.text("access_token"), "a valid token only lives longer")
	require.Equal(t, int64(7200), again.number("expires_in"))
	b.wx.Advance(2 * time.Hour)
	require.Equal(t, 42001, with("/sns/auth", token, u.OpenID(b.oa)).code())
	renewed := refresh(got.text("refresh_token")).text("access_token")
	require.NotEqual(t, token, renewed)
	require.Zero(t, with("/sns/auth", renewed, u.OpenID(b.oa)).code())
	require.Equal(t, 40030, refresh("x").code())
	require.Equal(t, 41003, refresh("").code())
	b.wx.Advance(30 * 24 * time.Hour)
	require.Equal(t, 42002, refresh(got.text("refresh_token")).code())
}

func TestOAuthScopes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	silent := b.get(exchange(b.oa, codeFrom(t, u, authorizeURL(b.oa, "snsapi_base", ""))))
	require.NotContains(t, silent, "unionid")
	require.Equal(t, 48001, b.get("/sns/userinfo?access_token="+silent.text("access_token")+"&openid="+silent.text("openid")).code())

	snapshot := b.get(exchange(b.oa, codeFrom(t, u, authorizeURL(b.oa, "snsapi_userinfo", "&forceSnapShot=true"))))
	require.Equal(t, int64(1), snapshot.number("is_snapshotuser"))
	require.NotEqual(t, u.OpenID(b.oa), snapshot.text("openid"))
	require.Equal(t, 48001, b.get("/sns/userinfo?access_token="+snapshot.text("access_token")+"&openid="+snapshot.text("openid")).code())

	site := b.wx.AddWebsite(emulator.AppConfig{})
	page := strings.Replace(authorizeURL(site, "snsapi_login", ""), "oauth2/authorize", "qrconnect", 1)
	code := codeFrom(t, u, page)
	b.wx.Advance(9 * time.Minute)
	require.Equal(t, u.UnionID(b.oa), b.get(exchange(site, code)).text("unionid"))
	back, err := u.Decline(page)
	require.NoError(t, err)
	require.Equal(t, "https://shop.example.com/back?a=1&state=S7#top", back)
}

func TestOAuthErrors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	old := codeFrom(t, u, authorizeURL(b.oa, "snsapi_base", ""))
	b.wx.Advance(5 * time.Minute)
	require.Equal(t, 42003, b.get(exchange(b.oa, old)).code())
	require.Equal(t, 40029, b.get(exchange(b.oa, "x")).code())
	require.Equal(t, 41008, b.get(exchange(b.oa, "")).code())
	require.Equal(t, 41002, b.get("/sns/oauth2/access_token").code())
	require.Equal(t, 41004, b.get("/sns/oauth2/access_token?appid=x").code())
	require.Equal(t, 40002, b.get("/sns/oauth2/access_token?appid=x&secret=y").code())
	require.Equal(t, 40013, b.get("/sns/oauth2/access_token?appid=x&secret=y&grant_type=authorization_code&code=z").code())
	require.Equal(t, 40013, b.get("/sns/oauth2/refresh_token").code())
	require.Equal(t, 40002, b.get("/sns/oauth2/refresh_token?appid="+b.oa.AppID).code())
}

func TestPageErrors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	oa := b.wx.AddServiceAccount(emulator.AppConfig{WebDomain: "shop.example.com"})
	u := b.wx.User("u")
	good := authorizeURL(oa, "snsapi_base", "")
	_, err := u.Visit(good)
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		page string
		code int
	}{
		"NoAppID":     {strings.Replace(good, oa.AppID, "", 1), 10012},
		"MiniProgram": {strings.Replace(good, oa.AppID, b.mp.AppID, 1), 10016},
		"NoRedirect":  {strings.Replace(good, "redirect_uri=", "x=", 1), 10011},
		"OtherDomain": {strings.Replace(good, "shop.example", "other.example", 1), 10003},
		"NoScope":     {strings.Replace(good, "snsapi_base", "", 1), 10010},
		"WrongScope":  {strings.Replace(good, "snsapi_base", "snsapi_login", 1), 10005},
		"NoState":     {strings.Replace(good, "S7", "", 1), 10013},
		"BadState":    {strings.Replace(good, "S7", "a-b", 1), 0},
		"NoType":      {strings.Replace(good, "response_type=code", "response_type=x", 1), 0},
		"Order":       {strings.Replace(good, "&state=S7", "", 1) + "", 10013},
		"Swapped":     {strings.Replace(strings.Replace(good, "&state=S7", "", 1), "?appid", "?state=S7&appid", 1), 0},
		"NoFragment":  {strings.TrimSuffix(good, "#wechat_redirect"), 0},
		"NoSuchPage":  {"https://open.weixin.qq.com/x", 0},
		"NoAddress":   {"::", 0},
	} {
		_, err := u.Visit(tc.page)
		var page *emulator.PageError
		require.ErrorAs(t, err, &page, name)
		require.Equal(t, tc.code, page.Code, name)
		require.NotEmpty(t, page.Error())
	}
}

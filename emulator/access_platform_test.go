package emulator_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// authorized gives a platform an account's rights and returns the access token and the refresh token.
func (p *platform) authorized(a *emulator.App) (access, refresh string) {
	p.t.Helper()
	info := p.call("api_query_auth", fmt.Sprintf(`,"authorization_code":%q`, a.AuthorizeTo(p.app)))["authorization_info"].(map[string]any)
	return info["authorizer_access_token"].(string), info["authorizer_refresh_token"].(string)
}

// Two platforms of one account do not share anything, nor do two accounts of one platform.
func TestPlatformsAreApart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one, other := b.platform(), b.platform()
	mine, refresh := one.authorized(b.oa)
	theirs, _ := other.authorized(b.oa)
	require.Zero(t, b.probe(mine))
	require.Zero(t, b.probe(theirs))
	require.Equal(t, 61003, one.call("api_authorizer_token", fmt.Sprintf(
		`,"authorizer_appid":%q,"authorizer_refresh_token":%q`, b.mp.AppID, refresh)).code(), "another account")
	require.Equal(t, 61023, other.call("api_authorizer_token", fmt.Sprintf(
		`,"authorizer_appid":%q,"authorizer_refresh_token":%q`, b.oa.AppID, refresh)).code(), "another platform's")
	b.oa.Deauthorize(one.app)
	require.Equal(t, 61003, b.probe(mine))
	require.Zero(t, b.probe(theirs))
	require.Zero(t, b.probe(b.oa.Token()), "the account's own token is its own")
}

// The tokens of a platform for an account follow each other as the account's own do: five minutes of both.
func TestAuthorizerTokensOverlap(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.platform()
	first, refresh := p.authorized(b.oa)
	renew := func() string {
		return p.call("api_authorizer_token", fmt.Sprintf(`,"authorizer_appid":%q,"authorizer_refresh_token":%q`, b.oa.AppID, refresh)).text("authorizer_access_token")
	}
	b.wx.Advance(time.Hour)
	second := renew()
	require.Equal(t, []int{0, 0}, []int{b.probe(first), b.probe(second)})
	b.wx.Advance(5 * time.Minute)
	require.Equal(t, []int{40001, 0}, []int{b.probe(first), b.probe(second)})
	own := b.oa.Token()
	third := renew()
	require.Equal(t, []int{0, 0, 0}, []int{b.probe(second), b.probe(third), b.probe(own)})
	b.wx.Advance(2 * time.Hour)
	require.Equal(t, 42001, b.probe(third))
}

// An authorisation that is repeated keeps its refresh token and says so in the event.
func TestAuthorizationIsUpdated(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.platform()
	r := listen(t, p.app, emulator.Callback{Mode: emulator.Plaintext})
	_, refresh := p.authorized(b.oa)
	require.Contains(t, r.last(), "<InfoType><![CDATA[authorized]]>")
	_, again := p.authorized(b.oa)
	require.Contains(t, r.last(), "<InfoType><![CDATA[updateauthorized]]>")
	require.Equal(t, refresh, again)
	require.Equal(t, int64(1), p.call("api_get_authorizer_list", `,"offset":0,"count":10`).number("total_count"))
	b.oa.Deauthorize(p.app)
	require.Contains(t, r.last(), "<InfoType><![CDATA[unauthorized]]>")
	_, fresh := p.authorized(b.oa)
	require.NotEqual(t, refresh, fresh, "a new one from the start")
}

// Pages of authorisers are in the order in which they came.
func TestPagesOfAuthorizers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.platform()
	var want []any
	for range 5 {
		a := b.wx.AddMiniProgram(emulator.AppConfig{})
		a.AuthorizeTo(p.app)
		want = append(want, a.AppID)
	}
	page := func(offset, count int) (ids []any) {
		got := p.call("api_get_authorizer_list", fmt.Sprintf(`,"offset":%d,"count":%d`, offset, count))
		require.Equal(t, int64(5), got.number("total_count"))
		for _, one := range got["list"].([]any) {
			ids = append(ids, one.(map[string]any)["authorizer_appid"])
		}
		return ids
	}
	require.Equal(t, want, page(0, 10))
	require.Equal(t, want[:2], page(0, 2))
	require.Equal(t, want[3:], page(3, 100))
	require.Empty(t, page(5, 10))
	require.Empty(t, page(-1, 0))
}

// Codes of all kinds are for one use, of one kind, in one account.
func TestCodesAreForOneUse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := b.wx.AddMiniProgram(emulator.AppConfig{})
	u := b.wx.User("u")
	phone := func(a *emulator.App, code string) int {
		return b.post(as(a, "/wxa/business/getuserphonenumber"), fmt.Sprintf(`{"code":%q}`, code)).code()
	}
	plugin := func(a *emulator.App, code string) int {
		return b.post(as(a, "/wxa/getpluginopenpid"), fmt.Sprintf(`{"code":%q}`, code)).code()
	}
	require.Equal(t, 40029, phone(b.mp, u.LoginCode(b.mp)), "a login is no phone number")
	require.Equal(t, 40029, plugin(b.mp, u.PhoneCode(b.mp)))
	require.Equal(t, 40029, b.get(session(b.mp, u.PluginCode(b.mp))).code())
	require.Equal(t, 40013, phone(other, u.PhoneCode(b.mp)))
	require.Equal(t, 40029, plugin(other, u.PluginCode(b.mp)))

	code := u.PhoneCode(b.mp)
	require.Zero(t, phone(b.mp, code))
	require.Equal(t, 40029, phone(b.mp, code), "used; this call has one number for both")
	code = u.PluginCode(b.mp)
	require.Zero(t, plugin(b.mp, code))
	require.Equal(t, 40163, plugin(b.mp, code))
	late := u.PhoneCode(b.mp)
	b.wx.Advance(5 * time.Minute)
	require.Equal(t, 40029, phone(b.mp, late))
}

// A session key outlives logins that follow soon, and ends three days after the last of them.
func TestLifeOfASessionKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	login := func() string { return b.get(session(b.mp, u.LoginCode(b.mp))).text("session_key") }
	valid := func(key string) int {
		return b.get(as(b.mp, "/wxa/checksession?sig_method=hmac_sha256&openid="+u.OpenID(b.mp)+"&signature="+hmacHex(key))).code()
	}
	first := login()
	b.wx.Advance(10 * time.Minute)
	require.Equal(t, first, login())
	b.wx.Advance(3*24*time.Hour - 1)
	require.Zero(t, valid(first), "counted from the second login")
	b.wx.Advance(1)
	require.Equal(t, 87009, valid(first))
	second := login()
	require.NotEqual(t, first, second)
	require.Equal(t, 87009, valid(first))
	require.Zero(t, valid(second))
	other := b.wx.AddMiniProgram(emulator.AppConfig{})
	require.NotEqual(t, second, b.get(session(other, u.LoginCode(other))).text("session_key"), "a key for each Mini Program")
}

// Daily counters are of one account and one path, and begin again at midnight in China.
func TestQuotasAreOfOnePath(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := b.wx.AddServiceAccount(emulator.AppConfig{})
	b.oa.SetQuota("/cgi-bin/user/get", 2)
	get := func(a *emulator.App) int { return b.get(as(a, "/cgi-bin/user/get")).code() }
	require.Equal(t, []int{0, 0, 45009}, []int{get(b.oa), get(b.oa), get(b.oa)})
	require.Zero(t, get(other))
	require.Zero(t, b.get(as(b.oa, "/cgi-bin/tags/get")).code())
	left := b.succeeds(as(b.oa, "/cgi-bin/openapi/quota/get"), `{"cgi_path":"/cgi-bin/user/get"}`)["quota"]
	require.Equal(t, map[string]any{"daily_limit": num("2"), "used": num("2"), "remain": num("0")}, left)
	b.succeeds(as(b.oa, "/cgi-bin/openapi/quota/clear"), `{"cgi_path":"/cgi-bin/user/get"}`)
	require.Zero(t, get(b.oa))
	require.Zero(t, get(b.oa))
	require.Equal(t, 45009, get(b.oa))
	b.wx.Advance(12*time.Hour - 1) // noon in China was the start
	require.Equal(t, 45009, get(b.oa))
	b.wx.Advance(1)
	require.Zero(t, get(b.oa))
}

// An account may clear its counters ten times a month, a single one fifty times, and both begin again with the month.
func TestClearsOfAMonth(t *testing.T) {
	t.Parallel()
	b := setup(t)
	all := func() int {
		return b.post(as(b.oa, "/cgi-bin/clear_quota"), fmt.Sprintf(`{"appid":%q}`, b.oa.AppID)).code()
	}
	one := func() int {
		return b.post(as(b.oa, "/cgi-bin/openapi/quota/clear"), `{"cgi_path":"/cgi-bin/user/get"}`).code()
	}
	for range 10 {
		require.Zero(t, all())
	}
	require.Equal(t, 48006, all())
	for range 50 {
		require.Zero(t, one(), "counted apart")
	}
	require.Equal(t, 45009, one())
	require.Zero(t, b.post(as(b.mp, "/cgi-bin/clear_quota"), fmt.Sprintf(`{"appid":%q}`, b.mp.AppID)).code(), "another account")
	b.wx.Advance(11 * 24 * time.Hour) // 1 December, noon in China
	require.Zero(t, all())
	require.Zero(t, one())
}

package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func TestAddressesAndCallbackCheck(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NotContains(t, b.get(as(b.mp, "/cgi-bin/getcallbackip")), "errcode")
	require.Len(t, b.get(as(b.oa, "/cgi-bin/get_api_domain_ip"))["ip_list"], 2)
	check := func(action, operator string) answer {
		return b.post(as(b.oa, "/cgi-bin/callback/check"), `{"action":"`+action+`","check_operator":"`+operator+`"}`)
	}
	require.Equal(t, 40201, check("all", "DEFAULT").code())
	b.oa.SetCallback(emulator.Callback{URL: "http://192.0.2.9/wechat"})
	got := check("all", "CHINANET")
	require.Equal(t, "192.0.2.9", got["dns"].([]any)[0].(map[string]any)["ip"])
	require.Equal(t, "0%", got["ping"].([]any)[0].(map[string]any)["package_loss"])
	require.NotContains(t, check("dns", "CAP"), "ping")
	require.NotContains(t, check("ping", "UNICOM"), "dns")
	require.Equal(t, 40202, check("x", "CAP").code())
	require.Equal(t, 40203, check("all", "x").code())
}

func TestQuotaCalls(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.oa.SetQuota("/cgi-bin/user/get", 2)
	quota := func(a *emulator.App, path string) answer {
		return b.post(as(a, "/cgi-bin/openapi/quota/get"), `{"cgi_path":"`+path+`"}`)
	}
	b.get(as(b.oa, "/cgi-bin/user/get"))
	require.Equal(t, map[string]any{"daily_limit": num("2"), "used": num("1"), "remain": num("1")}, quota(b.oa, "/cgi-bin/user/get")["quota"])
	require.Equal(t, map[string]any{"call_count": num("1000"), "refresh_second": num("60")}, quota(b.oa, "/cgi-bin/openapi/quota/get")["rate_limit"])
	require.NotContains(t, quota(b.oa, "/cgi-bin/tags/get"), "rate_limit")
	for path, code := range map[string]int{
		"": 44002, "https://api.weixin.qq.com/cgi-bin/user/get": 76003, "/sns/userinfo": 76022, "/cgi-bin/x": 76021, "/wxa/checksession": 76022,
	} {
		require.Equal(t, code, quota(b.oa, path).code(), path)
	}
	use := func() int { return b.get(as(b.oa, "/cgi-bin/user/get")).code() }
	require.Zero(t, use())
	require.Equal(t, 45009, use())
	require.Zero(t, b.post(as(b.oa, "/cgi-bin/openapi/quota/clear"), `{"cgi_path":"/cgi-bin/user/get"}`).code())
	require.Zero(t, use())
	require.Equal(t, 76021, b.post(as(b.oa, "/cgi-bin/openapi/quota/clear"), `{"cgi_path":"/x"}`).code())
	use()

	require.Equal(t, 40013, b.post(as(b.oa, "/cgi-bin/clear_quota"), `{"appid":"`+b.mp.AppID+`"}`).code())
	require.Zero(t, b.post(as(b.oa, "/cgi-bin/clear_quota"), `{"appid":"`+b.oa.AppID+`"}`).code())
	require.Zero(t, use())
	v2 := fmt.Sprintf("/cgi-bin/clear_quota/v2?appid=%s&appsecret=%s", b.oa.AppID, b.oa.AppSecret)
	require.Zero(t, b.post(v2, "").code())
	require.Zero(t, b.post("/cgi-bin/clear_quota/v2", `{"appid":"`+b.oa.AppID+`","appsecret":"`+b.oa.AppSecret+`"}`).code())
	require.Equal(t, 41002, b.post("/cgi-bin/clear_quota/v2", "").code())
	require.Equal(t, 41004, b.post("/cgi-bin/clear_quota/v2?appid=x", "").code())
	require.Equal(t, 40013, b.post("/cgi-bin/clear_quota/v2?appid=x&appsecret=y", "").code())
	for range 7 {
		require.Zero(t, b.post(v2, "").code())
	}
	require.Equal(t, 48006, b.post(v2, "").code(), "ten times a month")
	for range 49 {
		b.post(as(b.oa, "/cgi-bin/openapi/quota/clear"), `{"cgi_path":"/cgi-bin/user/get"}`)
	}
	require.Equal(t, 45009, b.post(as(b.oa, "/cgi-bin/openapi/quota/clear"), `{"cgi_path":"/cgi-bin/user/get"}`).code())
	b.wx.Advance(31 * 24 * time.Hour)
	require.Zero(t, b.post(v2, "").code())
}

func TestRID(t *testing.T) {
	t.Parallel()
	b := setup(t)
	failed := b.post(as(b.oa, customSend), `{"touser":"x"}`)
	rid := failed.text("errmsg")[strings.LastIndex(failed.text("errmsg"), " ")+1:]
	call := func(a *emulator.App, rid string) answer {
		return b.post(as(a, "/cgi-bin/openapi/rid/get"), `{"rid":"`+rid+`"}`)
	}
	got := call(b.oa, rid)["request"].(map[string]any)
	require.JSONEq(t, `{"touser":"x"}`, got["request_body"].(string))
	require.Contains(t, got["request_url"], "/cgi-bin/message/custom/send?access_token=***")
	require.Contains(t, got["response_body"], "40003")
	require.Equal(t, 76003, call(b.mp, rid).code())
	require.Equal(t, 76002, call(b.oa, "x").code())
	require.Equal(t, 76001, call(b.oa, "00000000-00000000-00000000").code())
	login := b.get(session(b.mp, "x"))
	rid2 := login.text("errmsg")[strings.LastIndex(login.text("errmsg"), " ")+1:]
	require.Equal(t, 76022, call(b.mp, rid2).code())
	b.wx.Advance(8 * 24 * time.Hour)
	require.Equal(t, 76004, call(b.oa, rid).code())
}

func TestOldRIDsMakeRoom(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.WithCallLimit(0))
	first := b.post(as(b.oa, customSend), `{"touser":"x"}`).text("errmsg")
	for range 10_000 {
		b.post(as(b.oa, customSend), `{}`)
	}
	got := b.post(as(b.oa, "/cgi-bin/openapi/rid/get"), `{"rid":"`+first[strings.LastIndex(first, " ")+1:]+`"}`)
	require.Equal(t, 76001, got.code())
}

func TestTickets(t *testing.T) {
	t.Parallel()
	b := setup(t)
	get := func(kind string) answer { return b.get(as(b.oa, "/cgi-bin/ticket/getticket?type="+kind)) }
	first := get("jsapi")
	require.Zero(t, first.code())
	b.wx.Advance(time.Hour)
	require.Equal(t, first.text("ticket"), get("jsapi").text("ticket"))
	require.Equal(t, int64(3600), get("jsapi").number("expires_in"))
	require.NotEqual(t, first.text("ticket"), get("wx_card").text("ticket"))
	b.wx.Advance(time.Hour)
	require.NotEqual(t, first.text("ticket"), get("jsapi").text("ticket"))
	require.Equal(t, 40097, get("x").code())
}

func TestPlatformLinksAccounts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mini := b.wx.AddMiniProgram(emulator.AppConfig{})
	require.Equal(t, 40013, b.post(as(b.oa, "/cgi-bin/wxopen/wxamplink"), `{"appid":"x"}`).code())
	require.Zero(t, b.post(as(b.oa, "/cgi-bin/wxopen/wxamplink"), `{"appid":"`+mini.AppID+`","notify_users":0}`).code())
	items := b.post(as(b.oa, "/cgi-bin/wxopen/wxamplinkget"), "{}")["wxopens"].(map[string]any)["items"].([]any)
	require.Len(t, items, 2)
	require.Equal(t, mini.AppID, items[1].(map[string]any)["appid"])
}

package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func TestShortKeys(t *testing.T) {
	t.Parallel()
	b := setup(t)
	gen, fetch := "/cgi-bin/shorten/gen", "/cgi-bin/shorten/fetch"
	key := b.post(as(b.oa, gen), `{"long_data":"order=77&from=tpl","expire_seconds":86400}`).text("short_key")
	require.Regexp(t, `^[0-9A-Za-z]{15}$`, key)
	b.wx.Advance(100 * time.Second)
	require.Equal(t, answer{
		"errcode": num("0"), "errmsg": "ok", "long_data": "order=77&from=tpl",
		"create_time": num(fmt.Sprint(start.Unix())), "expire_seconds": num("86300"),
	}, b.post(as(b.oa, fetch), `{"short_key":"`+key+`"}`))
	b.wx.Advance(86300 * time.Second)
	require.Equal(t, 9410012, b.post(as(b.oa, fetch), `{"short_key":"`+key+`"}`).code())
	require.Equal(t, 47003, b.post(as(b.oa, fetch), `{}`).code())
	require.Equal(t, 47003, b.post(as(b.oa, gen), `{}`).code())
	require.Equal(t, 9410010, b.post(as(b.oa, gen), `{"long_data":"`+strings.Repeat("x", 4097)+`"}`).code())
	require.Equal(t, 9410011, b.post(as(b.oa, gen), `{"long_data":"x","expire_seconds":2592001}`).code())
	require.Equal(t, "https://x", b.post(as(b.oa, "/cgi-bin/shorturl"), `{"action":"long2short","long_url":"https://x"}`).text("short_url"))
	require.Equal(t, 40097, b.post(as(b.oa, "/cgi-bin/shorturl"), `{}`).code())
}

func TestURLSchemeAndLink(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	scheme := b.post(as(b.mp, "/wxa/generatescheme"),
		`{"jump_wxa":{"path":"pages/order","query":"id=77&from=sms"},"is_expire":true,"expire_type":1,"expire_interval":7}`).text("openlink")
	require.True(t, strings.HasPrefix(scheme, "weixin://dl/business/?t="))
	require.Equal(t, &emulator.MiniProgramLink{AppID: b.mp.AppID, Page: "pages/order?id=77&from=sms"}, u.OpenLink(scheme))
	got := b.post(as(b.mp, "/wxa/queryscheme"), `{"scheme":"`+scheme+`&cq=a%3Dhello"}`)
	require.Equal(t, map[string]any{
		"appid": b.mp.AppID, "path": "pages/order", "query": "a=hello", "create_time": num(fmt.Sprint(start.Unix())),
		"expire_time": num(fmt.Sprint(start.Add(7 * 24 * time.Hour).Unix())), "env_version": "release",
	}, got["scheme_info"])
	require.Nil(t, u.OpenLink(scheme+"?cq=a"), "the mark of a scheme is &cq=")

	link := b.post(as(b.mp, "/wxa/generate_urllink"), fmt.Sprintf(
		`{"path":"pages/order","env_version":"trial","expire_type":0,"expire_time":%d,"cloud_base":{"env":"e"}}`, start.Add(time.Hour).Unix())).text("url_link")
	require.True(t, strings.HasPrefix(link, "https://wxaurl.cn/"))
	require.Equal(t, "pages/order?id=1", u.OpenLink(link+"?cq=id%3D1").Page)
	info := b.post(as(b.mp, "/wxa/query_urllink"), `{"url_link":"`+link+`"}`)["url_link_info"].(map[string]any)
	require.Equal(t, "trial", info["env_version"])
	require.Equal(t, "e", info["cloud_base"].(map[string]any)["env"])
	quota := b.post(as(b.mp, "/wxa/query_urllink"), `{"url_link":"`+link+`","query_type":1}`)
	require.Equal(t, map[string]any{"remain_visit_quota": num("2999998")}, quota["quota_info"])
	require.NotContains(t, quota, "url_link_info")
	require.Equal(t, 85403, b.post(as(b.mp, "/wxa/query_urllink"), `{"url_link":"x"}`).code())
	require.Equal(t, 85403, b.post(as(b.mp, "/wxa/queryscheme"), `{"scheme":"`+link+`"}`).code(), "each call knows its own kind")
	require.Equal(t, 85403, b.post(as(b.mp, "/wxa/query_urllink"), `{"url_link":"`+scheme+`"}`).code())
	require.Equal(t, 40097, b.post(as(b.mp, "/wxa/queryscheme"), `{"scheme":"x","query_type":2}`).code())
	b.wx.Advance(time.Hour)
	require.Nil(t, u.OpenLink(link))

	plain := "weixin://dl/business/?appid=" + b.mp.AppID + "&path=pages/order&query=id%3D7&env_version=release"
	require.Equal(t, "pages/order?id=7", u.OpenLink(plain).Page)
	require.Nil(t, u.OpenLink("weixin://dl/business/?appid="+b.mp.AppID))
}

func TestLinkErrors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mini := b.wx.AddMiniProgram(emulator.AppConfig{Pages: []string{"pages/order"}})
	days := `,"expire_type":1,"expire_interval":1}`
	for body, code := range map[string]int{
		`{"path":"pages/x"` + days:                                     40165,
		`{"path":"pages/order?a=b"` + days:                             40165,
		`{"query":"a b"` + days:                                        40212,
		`{"query":"` + strings.Repeat("x", 1025) + `"` + days:          40212,
		"{\"query\":\"a=`\"" + days:                                    40212,
		`{"env_version":"beta"` + days:                                 85402,
		`{"expire_type":1,"expire_interval":31}`:                       85401,
		`{"expire_type":2}`:                                            40097,
		fmt.Sprintf(`{"expire_time":%d}`, start.Unix()+59):             85401,
		fmt.Sprintf(`{"expire_time":%d}`, start.UnixMilli()):           85401,
		fmt.Sprintf(`{"expire_time":%d}`, start.Unix()+31*24*3600):     85401,
		fmt.Sprintf(`{"path":"","expire_time":%d}`, start.Unix()+3600): 0,
	} {
		require.Equal(t, code, b.post(as(mini, "/wxa/generate_urllink"), body).code(), body)
	}
	require.Zero(t, b.post(as(mini, "/wxa/generatescheme"), "{\"jump_wxa\":{\"query\":\"a=`\"}"+days).code())
	for range 98 {
		b.post(as(mini, "/wxa/generatescheme"), `{"expire_type":1,"expire_interval":1}`)
	}
	require.Equal(t, 44990, b.post(as(mini, "/wxa/generatescheme"), `{"expire_type":1,"expire_interval":1}`).code())
	b.wx.Advance(time.Second)
	require.Zero(t, b.post(as(mini, "/wxa/generatescheme"), `{"expire_type":1,"expire_interval":1}`).code())
}

func TestShortLinkAndNFC(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	short := "/wxa/genwxashortlink"
	link := b.post(as(b.mp, short), `{"page_url":"pages/order?id=7","page_title":"`+strings.Repeat("字", 25)+`","is_permanent":true}`).text("link")
	require.Contains(t, link, "/"+strings.Repeat("字", 20)+"/")
	require.Equal(t, "pages/order?id=7", u.OpenLink(link).Page)
	require.Equal(t, 40066, b.post(as(b.mp, short), `{"page_url":"/pages/order"}`).code())
	lapsing := b.post(as(b.mp, short), `{"page_url":"pages/order"}`).text("link")
	b.wx.Advance(30 * 24 * time.Hour)
	require.Nil(t, u.OpenLink(lapsing))
	require.NotNil(t, u.OpenLink(link))

	nfc := "/wxa/generatenfcscheme"
	made := b.post(as(b.mp, nfc), `{"jump_wxa":{"path":"pages/a"},"model_id":"M","sn":"1"}`).text("openlink")
	require.NotEmpty(t, made)
	again := b.post(as(b.mp, nfc), `{"jump_wxa":{"path":"pages/b"},"model_id":"M","sn":"1"}`)
	require.Equal(t, 9800010, again.code())
	require.Contains(t, again.text("errmsg"), made)
	require.Equal(t, 40097, b.post(as(b.mp, nfc), `{}`).code())
	require.Equal(t, 85402, b.post(as(b.mp, nfc), `{"model_id":"M","jump_wxa":{"env_version":"x"}}`).code())
}

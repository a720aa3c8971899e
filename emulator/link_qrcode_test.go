package emulator_test

import (
	"bytes"
	"image/jpeg"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

const qrCreate = "/cgi-bin/qrcode/create"

func scene(action, scene, more string) string {
	return `{"action_name":"` + action + `","action_info":{"scene":{` + scene + `}}` + more + `}`
}

func TestQRCodeWithScene(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := listen(t, b.oa, emulator.Callback{Mode: emulator.Plaintext})
	got := b.post(as(b.oa, qrCreate), scene("QR_STR_SCENE", `"scene_str":"bind_7f_2"`, `,"expire_seconds":86400`))
	require.NotContains(t, got, "errcode")
	require.Equal(t, int64(86400), got.number("expire_seconds"))
	ticket := got.text("ticket")

	u := b.wx.User("u")
	require.Nil(t, u.Scan(ticket))
	require.Contains(t, r.last(), "<![CDATA[subscribe]]></Event><EventKey><![CDATA[qrscene_bind_7f_2]]></EventKey><Ticket><![CDATA["+ticket)
	info := b.get(as(b.oa, "/cgi-bin/user/info?openid="+u.OpenID(b.oa)))
	require.Equal(t, "ADD_SCENE_QR_CODE", info.text("subscribe_scene"))
	require.Equal(t, "bind_7f_2", info.text("qr_scene_str"))
	u.Scan(got.text("url"))
	require.Contains(t, r.last(), "<![CDATA[SCAN]]></Event><EventKey><![CDATA[bind_7f_2]]></EventKey>")
	sent, code := b.sendsAllowed(b.oa, u)
	require.Equal(t, []int{3, 45047}, []int{sent, code})

	page := "/cgi-bin/showqrcode?ticket=" + url.QueryEscape(ticket)
	status, h, image := b.do(http.MethodGet, page, "", "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "image/jpg", h.Get("Content-Type"))
	_, err := jpeg.Decode(bytes.NewReader(image))
	require.NoError(t, err)
	u.ScanPicture(image)
	require.Equal(t, 3, r.count())
	u.Scan("https://mp.weixin.qq.com" + page)
	require.Equal(t, 4, r.count())

	b.wx.Advance(24 * time.Hour)
	status, _, _ = b.do(http.MethodGet, page, "", "")
	require.Equal(t, http.StatusNotFound, status)
	u.Scan(b.oa.QRCode("channel"))
	require.Contains(t, r.last(), "<![CDATA[channel]]>")
}

func TestQRCodeKinds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := listen(t, b.oa, emulator.Callback{Mode: emulator.Plaintext})
	for name, tc := range map[string]struct {
		body   string
		code   int
		expire int64
		key    string
	}{
		"Number":       {scene("QR_SCENE", `"scene_id":42`, `,"expire_seconds":60`), 0, 60, "42"},
		"NoExpiry":     {scene("QR_SCENE", `"scene_id":42`, ""), 0, 30, "42"},
		"LongExpiry":   {scene("QR_SCENE", `"scene_id":42`, `,"expire_seconds":9999999`), 0, 2592000, "42"},
		"ZeroNumber":   {scene("QR_SCENE", `"scene_id":0`, ""), 0, 30, "4294967295"},
		"Permanent":    {scene("QR_LIMIT_SCENE", `"scene_id":100000`, ""), 0, 0, "100000"},
		"TooLarge":     {scene("QR_LIMIT_SCENE", `"scene_id":100001`, ""), 40053, 0, ""},
		"NoNumber":     {scene("QR_LIMIT_SCENE", `"scene_str":"x"`, ""), 40053, 0, ""},
		"PermanentStr": {scene("QR_LIMIT_STR_SCENE", `"scene_str":"x"`, ""), 0, 0, "x"},
		"LongStr":      {scene("QR_STR_SCENE", `"scene_str":"`+strings.Repeat("x", 65)+`"`, ""), 40053, 0, ""},
		"NoAction":     {scene("", `"scene_str":"x"`, ""), 40052, 0, ""},
		"NotJSON":      {`{'action_name':'QR_SCENE'}`, 40052, 0, ""},
		"Empty":        {"", 44002, 0, ""},
	} {
		got := b.post(as(b.oa, qrCreate), tc.body)
		require.Equal(t, tc.code, got.code(), name)
		if tc.code != 0 {
			continue
		}
		require.Equal(t, tc.expire, got.number("expire_seconds"), name)
		b.wx.User(name).Scan(got.text("ticket"))
		require.Contains(t, r.last(), "<![CDATA[qrscene_"+tc.key+"]]>", name)
	}
	require.Equal(t, num("42"), b.get(as(b.oa, "/cgi-bin/user/info?openid="+b.wx.User("Number").OpenID(b.oa)))["qr_scene"])
}

func TestMiniProgramCodes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mini := b.wx.AddMiniProgram(emulator.AppConfig{Pages: []string{"pages/order"}})
	const unlimited, code, square = "/wxa/getwxacodeunlimit", "/wxa/getwxacode", "/cgi-bin/wxaapp/createwxaqrcode"
	u := b.wx.User("u")
	for _, tc := range []struct {
		path, body, contentType string
		page                    string
		code                    int
	}{
		{unlimited, `{"scene":"o77.sms","page":"pages/order","width":280}`, "image/jpeg", "pages/order?scene=o77.sms", 0},
		{unlimited, `{"scene":"a=b","is_hyaline":true}`, "image/png", "?scene=a%3Db", 0},
		{unlimited, `{"scene":"x","page":"pages/new","check_path":false}`, "image/jpeg", "pages/new?scene=x", 0},
		{unlimited, `{"scene":"x","page":"pages/new"}`, "", "", 41030},
		{unlimited, `{"scene":"x","page":"/pages/order"}`, "", "", 41030},
		{unlimited, `{"scene":"x","page":"pages/order?a=b"}`, "", "", 41030},
		{unlimited, `{"scene":""}`, "", "", 40169},
		{unlimited, `scene=x`, "", "", 40169},
		{unlimited, `{"scene":"` + strings.Repeat("x", 33) + `"}`, "", "", 40169},
		{unlimited, `{"scene":"字"}`, "", "", 40129},
		{unlimited, `{"scene":"x","width":2000}`, "", "", 40189},
		{unlimited, `{"scene":"x","env_version":"beta"}`, "", "", 40097},
		{code, `{"path":"pages/order?id=7"}`, "image/jpeg", "pages/order?id=7", 0},
		{code, `{"path":""}`, "", "", 40159},
		{code, `{"path":"pages/x"}`, "", "", 41030},
		{code, `[`, "", "", 47001},
		{square, `{"path":"pages/order"}`, "image/jpeg", "pages/order", 0},
		{square, `{"path":"` + strings.Repeat("x", 129) + `"}`, "", "", 40159},
	} {
		_, h, body := b.do(http.MethodPost, as(mini, tc.path), "application/json", tc.body)
		if tc.code != 0 {
			require.Equal(t, tc.code, b.decode(body).code(), tc.body)
			continue
		}
		require.Equal(t, tc.contentType, h.Get("Content-Type"), tc.body)
		require.Equal(t, &emulator.MiniProgramLink{AppID: mini.AppID, Page: tc.page}, u.ScanPicture(body))
	}
}

func TestScanMisuse(t *testing.T) {
	t.Parallel()
	wx, err := emulator.Start()
	require.NoError(t, err)
	require.Panics(t, func() { wx.User("u").Scan("x") })
	require.Panics(t, func() { wx.User("u").ScanPicture([]byte("x")) })
	require.Panics(t, func() { wx.MiniProgram().QRCode("x") })
}

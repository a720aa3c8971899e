package emulator_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// everywhere is an emulator in which something has happened that each area saves. testdata/state.json is what the build
// before the areas had structs of their own saved of it.
func everywhere(t *testing.T) *bundle {
	t.Helper()
	b := setup(t, emulator.WithSeed(11))
	for _, fill := range []func(){
		b.fillMessages, b.fillCards, b.fillDesk, b.fillPeople, b.fillAccess, b.fillLinks, b.fillMedia, b.fillAccounts,
	} {
		fill()
	}
	b.wx.Advance(time.Minute)
	return b
}

// succeeds makes a call that must not fail.
func (b *bundle) succeeds(url, body string) answer {
	b.t.Helper()
	got := b.post(url, body)
	require.Zero(b.t, got.code(), "%s: %v", url, got)
	return got
}

func (b *bundle) fillMessages() {
	plain := b.mp.AddTemplate(emulator.Template{
		ID: "T-plain", Title: "Order", Content: "Item:{{thing1.DATA}}\nState:{{enum2.DATA}}\n", Example: "Item:Mug\n",
		Enums: map[string][]string{"enum2": {"new", "sent"}},
	})
	limited := b.mp.AddTemplate(emulator.Template{
		ID: "T-limited", Title: "Policy", Keywords: []string{"thing1"}, Type: emulator.LongTerm,
		Limit: &emulator.RateLimit{Key: "thing1", Every: 24 * time.Hour, Code: 45009},
	})
	b.mp.AddTemplate(emulator.Template{ID: "T-device", Title: "Heater", Keywords: []string{"thing1"}, Device: true})
	b.mp.AddTemplate(emulator.Template{ID: "T-banned", Title: "Win", Keywords: []string{"thing1"}})
	b.mp.BanTemplate("T-banned")
	alice := b.wx.AddUser(emulator.UserConfig{
		Name: "alice", Nickname: "Al", Phone: "13800000001", ClientPlatform: 1,
		OpenIDs: map[string]string{b.mp.AppID: "oAlice"}, UnionIDs: map[string]string{"demo": "uAlice"},
	})
	alice.AcceptAlways(plain)
	alice.Accept(plain)
	alice.Accept(limited)
	b.wx.User("bob").Ban(plain)
	b.wx.User("bob").SwitchSubscriptions(b.mp, false)
	b.succeeds(as(b.mp, subscribeSend), `{"touser":"oAlice","template_id":"T-plain","page":"pages/order?id=7",`+
		`"data":{"thing1":{"value":"Mug"},"enum2":{"value":"new"}}}`)
	b.succeeds(as(b.mp, subscribeSend), sub("oAlice", limited, "Fire"))

	b.oa.AddTemplate(emulator.Template{ID: "F-plain", Title: "To followers", Keywords: []string{"thing1"}})
	b.oa.AddTemplate(emulator.Template{ID: "F-held", Title: "Held", Keywords: []string{"thing1"}})
	b.oa.AddTemplate(emulator.Template{ID: "F-caught", Title: "Caught", Keywords: []string{"thing1"}})
	b.oa.HoldTemplate("F-held")
	b.oa.InterceptTemplate("F-caught")
	alice.Follow(b.oa)
	b.succeeds(as(b.oa, "/cgi-bin/message/template/send"), fmt.Sprintf(
		`{"touser":%q,"template_id":"F-plain","url":"https://example.com/","data":{"thing1":{"value":"a"}}}`, alice.OpenID(b.oa)))
	b.oa.AddTemplate(emulator.Template{ID: "F-gone", Title: "Gone", Keywords: []string{"thing1"}})
	b.succeeds(as(b.oa, "/cgi-bin/message/template/send"), fmt.Sprintf(
		`{"touser":%q,"template_id":"F-gone","miniprogram":{"appid":%q,"pagepath":"pages/a"},"data":{"thing1":{"value":"b"}}}`,
		alice.OpenID(b.oa), b.mp.AppID))
	b.succeeds(as(b.oa, "/cgi-bin/template/del_private_template"), `{"template_id":"F-gone"}`)
	b.succeeds(as(b.oa, "/cgi-bin/template/api_set_industry"), `{"industry_id1":"9","industry_id2":"10"}`)
	_, err := alice.Visit(fmt.Sprintf("https://mp.weixin.qq.com/mp/subscribemsg?action=get_confirm&appid=%s&scene=5&template_id=%s"+
		"&redirect_url=%s&reserved=x#wechat_redirect", b.oa.AppID, b.oa.OneTimeTemplate(), url.QueryEscape("https://example.com/back")))
	require.NoError(b.t, err)
	b.wx.AddLibraryTitle(emulator.LibraryTitle{TID: 600, Title: "Own", Type: emulator.OneTime, CategoryID: 1, Category: "Own"})
}

// fillCards has an order's card and that of a button, and a payment by score that nobody has told of.
func (b *bundle) fillCards() {
	b.mp.AddTemplate(emulator.Template{ID: "C-order", Title: "Order", Card: 2001})
	b.mp.AddTemplate(emulator.Template{ID: "C-taxi", Title: "Taxi", Card: 1001})
	rider := b.wx.AddUser(emulator.UserConfig{Name: "rider", OpenIDs: map[string]string{b.mp.AppID: "oA"}})
	rider.Pay(b.mp, emulator.Payment{TransactionID: transact, AmountFen: 1990})
	rider.Pay(b.mp, emulator.Payment{TransactionID: "score", PayScore: true, KnownIn: time.Hour})
	require.Zero(b.t, b.setCard(card(2001, transact), `{"cur_status":1,`+page+`,`+products+`}`, paidNow()))
	b.succeeds(as(b.mp, "/wxa/set_user_notifyext"), `{`+card(2001, transact)+`,"ext_json":"{\"other\":\"{}\"}"}`)
	taxi := rider.StartService(b.mp, 1001)
	require.Zero(b.t, b.setCard(card(1001, taxi), `{"cur_status":1,`+page+`}`, ""))
	rider.RefuseCard(b.mp, taxi)
}

func (b *bundle) fillDesk() {
	carol := b.wx.User("carol")
	carol.Follow(b.oa)
	b.oa.AddAgent("anna@demo", "Anna")
	b.succeeds(as(b.oa, "/customservice/kfaccount/add"), `{"kf_account":"bert@demo","nickname":"Bert"}`)
	b.succeeds(as(b.oa, "/customservice/kfaccount/inviteworker"), `{"kf_account":"bert@demo","invite_wx":"bert_wx"}`)
	b.succeeds(as(b.oa, "/customservice/kfsession/create"), fmt.Sprintf(`{"kf_account":"anna@demo","openid":%q}`, carol.OpenID(b.oa)))
	list := b.get(as(b.oa, "/cgi-bin/customservice/getkflist"))["kf_list"].([]any)
	id := list[0].(map[string]any)["kf_openid"].(string)
	require.Zero(b.t, b.get(as(b.oa, "/customservice/kfaccount/setadmin?kf_openid="+id)).code())
	carol.Write(b.oa, "Hello")
	b.oa.AgentSays("anna@demo", carol, "Good morning")
	b.succeeds(as(b.oa, customSend), text(carol.OpenID(b.oa), "the window is open"))
	b.oa.SetMenu(emulator.MenuButton{Name: "Help", Key: "HELP"}, emulator.MenuButton{
		Name: "More", Buttons: []emulator.MenuButton{{Name: "Site", Type: "view", URL: "https://example.com/"}},
	})
	b.post(as(b.oa, "/cgi-bin/menu/addconditional"), `{"button":[{"type":"click","name":"Pro","key":"P"}],"matchrule":{"client_platform_type":"1"}}`)
	b.oa.SwitchMenu(false)
}

func (b *bundle) fillPeople() {
	dave, erin := b.wx.User("dave"), b.wx.User("erin")
	dave.Scan(b.oa.QRCode("shelf-7"))
	erin.Follow(b.oa)
	erin.Block(b.oa, true)
	b.succeeds(as(b.oa, "/cgi-bin/tags/create"), `{"tag":{"name":"vip"}}`)
	b.succeeds(as(b.oa, "/cgi-bin/tags/members/batchtagging"), fmt.Sprintf(`{"openid_list":[%q],"tagid":100}`, dave.OpenID(b.oa)))
	b.succeeds(as(b.oa, "/cgi-bin/user/info/updateremark"), fmt.Sprintf(`{"openid":%q,"remark":"by post"}`, dave.OpenID(b.oa)))
	b.succeeds(as(b.oa, "/cgi-bin/tags/members/batchblacklist"), fmt.Sprintf(`{"openid_list":[%q]}`, erin.OpenID(b.oa)))
	dave.OpenApp(b.mp)
	b.mp.AddContentRule(emulator.ContentRule{Contains: "casino", Suggest: "risky", Label: 20002, EventCode: -1008})
	got := b.succeeds(as(b.oa, "/cgi-bin/qrcode/create"), `{"action_name":"QR_SCENE","expire_seconds":600,"action_info":{"scene":{"scene_id":7}}}`)
	frank := b.wx.User("frank")
	frank.Scan(got.text("ticket"))
}

func (b *bundle) fillAccess() {
	dave := b.wx.User("dave")
	got := b.get(session(b.mp, dave.LoginCode(b.mp)))
	mac := hmac.New(sha256.New, []byte(got.text("session_key")))
	require.Zero(b.t, b.get(as(b.mp, "/wxa/business/getuserencryptkey?sig_method=hmac_sha256&openid="+got.text("openid")+
		"&signature="+hex.EncodeToString(mac.Sum(nil)))).code())
	for range 2 {
		b.get(classic(b.mp))
		b.post("/cgi-bin/stable_token", stable(b.mp, true))
		b.wx.Advance(time.Minute)
	}
	b.mp.SetQuota(subscribeSend, 10)
	b.mp.SetCallback(emulator.Callback{Handler: http.NotFoundHandler()})
	dave.EnterChat(b.mp, "order 7")
	b.mp.SetCallback(emulator.Callback{
		URL: "http://127.0.0.1:1/wechat", Token: "tokentoken", Mode: emulator.Compatible, Format: emulator.JSON, Shape: emulator.ShapeWrapped,
	})
}

func (b *bundle) fillLinks() {
	b.succeeds(as(b.mp, "/wxa/generatescheme"), `{"jump_wxa":{"path":"/pages/order","query":"id=7","env_version":"trial"},"expire_type":1,"expire_interval":3}`)
	b.succeeds(as(b.mp, "/wxa/generate_urllink"),
		`{"path":"pages/order","expire_type":1,"expire_interval":3,"cloud_base":{"env":"e","domain":"d","path":"/p","query":"q","resource_appid":"wx1"}}`)
	b.succeeds(as(b.mp, "/wxa/genwxashortlink"), `{"page_url":"pages/order?id=8","page_title":"Order","is_permanent":true}`)
	b.succeeds(as(b.oa, "/cgi-bin/shorten/gen"), `{"long_data":"a long text","expire_seconds":3600}`)
	b.succeeds(as(b.oa, "/cgi-bin/qrcode/create"), `{"action_name":"QR_LIMIT_STR_SCENE","action_info":{"scene":{"scene_str":"door"}}}`)
	status, _, _ := b.do(http.MethodPost, as(b.mp, "/wxa/getwxacode"), "application/json", `{"path":"pages/index?from=code"}`)
	require.Equal(b.t, http.StatusOK, status)
}

func (b *bundle) fillMedia() {
	b.oa.AddMedia("image", "cat.jpg", []byte("JPEG"))
	b.oa.AddPermanentMedia("video", "cat.mp4", []byte("MP4"))
	b.wx.User("carol").SendImage(b.oa, "dog.jpg", []byte("DOG"))
}

// fillAccounts has accounts in the states that keep others from filling the rest.
func (b *bundle) fillAccounts() {
	shut := b.wx.AddMiniProgram(emulator.AppConfig{
		AppID: "wx00000000000000aa", Name: "Shut", Pages: []string{"pages/index"}, WebDomain: "example.com", Platform: emulator.Unbound,
	})
	shut.AllowIPs("10.0.0.1")
	shut.FreezeSecret(true)
	shut.ResetSecret()
	shut.BanSubscriptions(true)
	lapsed := b.wx.AddServiceAccount(emulator.AppConfig{AppID: "wx00000000000000bb", Name: "Lapsed"})
	lapsed.Verify(emulator.RenewalDue, "")
	unnamed := b.wx.AddServiceAccount(emulator.AppConfig{AppID: "wx00000000000000cc", Name: "Unnamed", Platform: "other"})
	unnamed.Verify(emulator.VerificationExpired, "")
	b.wx.AddWebsite(emulator.AppConfig{AppID: "wx00000000000000dd", Name: "Site"})
	b.wx.AddThirdParty(emulator.AppConfig{AppID: "wx00000000000000ee", Name: "Platform"})
}

// A state that an older build has saved means the same to this one: it says all of it again, and the people and accounts
// in it go on where they were.
func TestLoadOlderState(t *testing.T) {
	t.Parallel()
	old, err := os.ReadFile("testdata/state.json")
	require.NoError(t, err)
	wx := load(t, old)
	require.JSONEq(t, string(old), string(save(t, wx)))

	b := &bundle{t: t, wx: wx, mp: wx.MiniProgram(), oa: wx.ServiceAccount(), cli: wx.HTTPClient()}
	b.mp.RemoveCallback()
	alice, carol, dave := wx.User("alice"), wx.User("carol"), wx.User("dave")
	require.Equal(t, 1, alice.Grants("T-plain"))
	require.Equal(t, 45009, b.post(as(b.mp, subscribeSend), sub("oAlice", "T-limited", "Fire")).code(), "the limit of its template")
	require.Equal(t, 43107, b.post(as(b.mp, subscribeSend), sub("oAlice", "T-banned", "x")).code())
	require.Equal(t, 40252, b.post(as(b.oa, "/cgi-bin/message/template/send"), fmt.Sprintf(
		`{"touser":%q,"template_id":"F-held","data":{"thing1":{"value":"a"}}}`, alice.OpenID(b.oa))).code())
	b.succeeds(as(b.oa, customSend), text(carol.OpenID(b.oa), "still open"))
	require.Len(t, b.get(as(b.oa, "/cgi-bin/customservice/getkflist"))["kf_list"], 2)
	info := b.get(as(b.oa, "/cgi-bin/user/info?openid="+dave.OpenID(b.oa)))
	require.Equal(t, "by post", info.text("remark"))
	require.Equal(t, "shelf-7", info.text("qr_scene_str"))
	require.Equal(t, []any{num("100")}, info["tagid_list"])
	erin := wx.User("erin").OpenID(b.oa)
	require.Equal(t, []any{erin}, b.post(as(b.oa, "/cgi-bin/tags/members/getblacklist"), `{}`)["data"].(map[string]any)["openid"])
	require.Equal(t, 48002, b.post(as(b.oa, customSend), text(erin, "blocked")).code())
	require.Equal(t, 85439, b.setCard(card(2001, transact), `{"cur_status":11,`+page+`}`, ""), "a card goes on from its state")
	shut := wx.App("wx00000000000000aa")
	require.Equal(t, 40243, b.get(fmt.Sprintf("/cgi-bin/token?grant_type=client_credential&appid=%s&secret=%s", shut.AppID, shut.Secret())).code())
	require.True(t, wx.App("wx00000000000000cc").State().Unverified)
	require.True(t, b.oa.State().MenuOff)
	require.Len(t, b.oa.State().ConditionalMenus, 1)
}

// EMULATOR_STATE names a file that keeps what is saved, to be laid beside that of another build.
func TestSaveEverything(t *testing.T) {
	t.Parallel()
	b := everywhere(t)
	state := save(t, b.wx)
	if file := os.Getenv("EMULATOR_STATE"); file != "" {
		require.NoError(t, os.WriteFile(file, state, 0o600))
	}
	require.JSONEq(t, string(state), string(save(t, load(t, state))))
}

package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

const agents = "/customservice/kfaccount/"

func TestAgentAccounts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	add := func(account, nick string) int {
		return b.post(as(b.oa, agents+"add"), fmt.Sprintf(`{"kf_account":%q,"nickname":%q}`, account, nick)).code()
	}
	require.Zero(t, add("anna@demo", "Anna"))
	require.Equal(t, 65406, add("anna@demo", "Anna"))
	require.Equal(t, 65404, add("anna", "Anna"))
	require.Equal(t, 65404, add("much_too_long@demo", "Anna"))
	require.Equal(t, 65403, add("bob@demo", strings.Repeat("字", 17)))
	require.Zero(t, b.post(as(b.oa, agents+"update"), `{"kf_account":"anna@demo","nickname":"Anna B"}`).code())
	require.Equal(t, 65401, b.post(as(b.oa, agents+"update"), `{"kf_account":"x@demo","nickname":"X"}`).code())
	require.Equal(t, 65403, b.post(as(b.oa, agents+"update"), `{"kf_account":"anna@demo","nickname":""}`).code())

	invite := func(account, wx string) int {
		return b.post(as(b.oa, agents+"inviteworker"), fmt.Sprintf(`{"kf_account":%q,"invite_wx":%q}`, account, wx)).code()
	}
	require.Equal(t, 65401, invite("x@demo", "anna"))
	require.Equal(t, 65409, invite("anna@demo", ""))
	require.Zero(t, invite("anna@demo", "anna"))
	require.Equal(t, 65408, invite("anna@demo", "anna"))
	require.Equal(t, 65411, invite("anna@demo", "other"))
	list := func() map[string]any {
		got := b.get(as(b.oa, "/cgi-bin/customservice/getkflist"))
		require.NotContains(t, got, "errcode")
		return got["kf_list"].([]any)[0].(map[string]any)
	}
	require.Equal(t, "waiting", list()["invite_status"])
	b.oa.ConfirmInvite("anna@demo")
	require.Equal(t, "anna", list()["kf_wx"])
	require.Equal(t, num("1001"), list()["kf_id"])
	require.Equal(t, 65412, invite("anna@demo", "anna"))
	require.Zero(t, add("bob@demo", "Bob"))
	require.Equal(t, 65407, invite("bob@demo", "anna"))

	require.Empty(t, b.get(as(b.oa, "/cgi-bin/customservice/getonlinekflist"))["kf_online_list"])
	b.oa.SetAgentOnline("anna@demo", true)
	online := b.get(as(b.oa, "/cgi-bin/customservice/getonlinekflist"))["kf_online_list"].([]any)
	require.Equal(t, num("1"), online[0].(map[string]any)["status"])

	openID := list()["kf_openid"].(string)
	require.Zero(t, b.get(as(b.oa, agents+"setadmin?kf_openid="+openID)).code())
	require.Zero(t, b.get(as(b.oa, agents+"canceladmin?kf_openid="+openID)).code())
	require.Equal(t, 65401, b.get(as(b.oa, agents+"setadmin?kf_openid=x")).code())

	require.Zero(t, b.upload(as(b.oa, agents+"uploadheadimg?kf_account=anna@demo"), "media", "a.jpg", "jpg").code())
	require.Contains(t, list()["kf_headimgurl"], "/emulator/media/")
	require.Equal(t, 65401, b.upload(as(b.oa, agents+"uploadheadimg?kf_account=x"), "media", "a.jpg", "jpg").code())
	require.Equal(t, 40005, b.upload(as(b.oa, agents+"uploadheadimg?kf_account=anna@demo"), "media", "a.txt", "txt").code())

	require.Zero(t, b.post(as(b.oa, agents+"del"), `{"kf_account":"anna@demo"}`).code())
	require.Zero(t, b.get(as(b.oa, agents+"del?kf_account=bob@demo")).code())
	require.Equal(t, 65401, b.get(as(b.oa, agents+"del?kf_account=bob@demo")).code())
}

func TestSessions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.oa.AddAgent("anna@demo", "Anna")
	b.oa.AddAgent("bob@demo", "Bob")
	u := b.wx.User("u")
	u.Follow(b.oa)
	r := listen(t, b.oa, emulator.Callback{Mode: emulator.Plaintext})
	session := func(what, account string) int {
		return b.post(as(b.oa, "/customservice/kfsession/"+what), fmt.Sprintf(`{"kf_account":%q,"openid":%q}`, account, u.OpenID(b.oa))).code()
	}
	require.Equal(t, 65413, session("close", "anna@demo"))
	require.Equal(t, 65401, session("create", "x@demo"))
	b.oa.SetAgentOnline("anna@demo", false)
	require.Equal(t, 65415, session("create", "anna@demo"))
	b.oa.SetAgentOnline("anna@demo", true)
	require.Zero(t, session("create", "anna@demo"))
	require.Zero(t, session("create", "anna@demo"))
	require.Equal(t, 65414, session("create", "bob@demo"))
	require.Equal(t, 65414, session("close", "bob@demo"))
	b.wx.Settle()
	require.Contains(t, r.last(), "<![CDATA[kf_create_session]]></Event><KfAccount><![CDATA[anna@demo]]></KfAccount>")

	got := b.get(as(b.oa, "/customservice/kfsession/getsession?openid="+u.OpenID(b.oa)))
	require.Equal(t, answer{"kf_account": "anna@demo", "createtime": num(fmt.Sprint(start.Unix()))}, got)
	require.Len(t, b.get(as(b.oa, "/customservice/kfsession/getsessionlist?kf_account=anna@demo"))["sessionlist"], 1)
	require.Empty(t, b.get(as(b.oa, "/customservice/kfsession/getsessionlist?kf_account=bob@demo"))["sessionlist"])
	require.Equal(t, 65401, b.get(as(b.oa, "/customservice/kfsession/getsessionlist?kf_account=x")).code())
	require.Equal(t, 40003, b.get(as(b.oa, "/customservice/kfsession/getsession?openid=x")).code())

	n := r.count()
	u.Write(b.oa, "Hi")
	u.SendImage(b.oa, "a.png", nil)
	require.Equal(t, n, r.count(), "the agent reads it, not the callback")
	b.oa.AgentSays("anna@demo", u, "Hello")
	require.Equal(t, "anna@demo", u.Inbox()[2].Agent)
	records := func(from, number int) answer {
		return b.post(as(b.oa, "/customservice/msgrecord/getmsglist"), fmt.Sprintf(
			`{"starttime":%d,"endtime":%d,"msgid":%d,"number":%d}`, start.Unix(), start.Unix()+60, from, number))
	}
	first := records(1, 2)
	require.Equal(t, int64(3), first.number("msgid"))
	require.Equal(t, map[string]any{
		"openid": u.OpenID(b.oa), "opercode": num("2003"), "text": "[image]", "time": num(fmt.Sprint(start.Unix())), "worker": "anna@demo",
	}, first["recordlist"].([]any)[1])
	require.Len(t, records(3, 2)["recordlist"], 1)
	require.Equal(t, 65416, records(0, 1).code())
	require.Equal(t, 65417, b.post(as(b.oa, "/customservice/msgrecord/getmsglist"), `{"starttime":1,"endtime":100000,"msgid":1,"number":1}`).code())

	b.wx.Advance(30 * time.Minute)
	u.Write(b.oa, "Still there?")
	require.Contains(t, r.last(), "Still there?", "a session lapses after half an hour")
	require.Empty(t, b.get(as(b.oa, "/customservice/kfsession/getsession?openid="+u.OpenID(b.oa))).text("kf_account"))
	require.Zero(t, session("create", "bob@demo"))
	require.Zero(t, session("close", "bob@demo"))
	b.wx.Settle()
	require.Contains(t, r.last(), "kf_close_session")
}

func TestHandOver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	u.Follow(b.oa)
	r := listen(t, b.oa, emulator.Callback{Mode: emulator.Plaintext})
	account := ""
	r.reply = func(_ int, body string) (int, string) {
		if strings.Contains(body, "<MsgId>") {
			return 200, "<xml><ToUserName>" + u.OpenID(b.oa) + "</ToUserName><FromUserName>" + b.oa.OriginalID + "</FromUserName>" +
				"<MsgType>transfer_customer_service</MsgType><TransInfo><KfAccount>" + account + "</KfAccount></TransInfo></xml>"
		}
		return 200, ""
	}
	u.Write(b.oa, "Hi")
	waiting := b.get(as(b.oa, "/customservice/kfsession/getwaitcase"))
	require.Equal(t, int64(1), waiting.number("count"))
	b.oa.AddAgent("anna@demo", "Anna")
	account = "anna@demo"
	u.Write(b.oa, "Hi")
	require.Equal(t, "anna@demo", b.get(as(b.oa, "/customservice/kfsession/getsession?openid="+u.OpenID(b.oa))).text("kf_account"))
	require.Zero(t, b.get(as(b.oa, "/customservice/kfsession/getwaitcase")).number("count"))
	require.Zero(t, b.post(as(b.oa, agents+"del"), `{"kf_account":"anna@demo"}`).code())
	b.wx.Settle()
	require.Contains(t, r.last(), "kf_close_session")
}

func TestUnboundAgentServesNobody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	require.Zero(t, b.post(as(b.oa, agents+"add"), `{"kf_account":"anna@demo","nickname":"Anna"}`).code())
	require.Equal(t, 65402, b.post(as(b.oa, "/customservice/kfsession/create"), `{"kf_account":"anna@demo","openid":"`+u.OpenID(b.oa)+`"}`).code())
	require.Equal(t, 40003, b.post(as(b.oa, "/customservice/kfsession/create"), `{"kf_account":"anna@demo","openid":"x"}`).code())
}

func TestSubMerchants(t *testing.T) {
	t.Parallel()
	b := setup(t)
	icon := b.mp.AddMedia("image", "a.png", nil)
	u := b.wx.User("u")
	u.Write(b.mp, "Hi")
	register := func(account, nick, icon string) answer {
		return b.post(as(b.mp, "/cgi-bin/business/register"), fmt.Sprintf(`{"account_name":%q,"nickname":%q,"icon_media_id":%q}`, account, nick, icon))
	}
	require.Equal(t, 45091, register("x", "Shop", icon).code())
	require.Equal(t, 45078, register("shop_1", "x", icon).code())
	require.Equal(t, 40007, register("shop_1", "Shop", "x").code())
	got := register("shop_1", "小店", icon)
	require.Equal(t, int64(1), got.number("business_id"))
	require.Equal(t, 45070, register("shop_1", "Shop", icon).code())
	require.Zero(t, b.post(as(b.mp, "/cgi-bin/business/update"), `{"business_id":1,"nickname":"Big shop","icon_media_id":"`+icon+`"}`).code())
	require.Equal(t, 45071, b.post(as(b.mp, "/cgi-bin/business/update"), `{"business_id":2}`).code())
	require.Equal(t, 45078, b.post(as(b.mp, "/cgi-bin/business/update"), `{"business_id":1,"nickname":"x"}`).code())
	require.Equal(t, 40007, b.post(as(b.mp, "/cgi-bin/business/update"), `{"business_id":1,"icon_media_id":"x"}`).code())
	require.Equal(t, "Big shop", b.post(as(b.mp, "/cgi-bin/business/get"), `{"business_id":"1"}`)["business_info"].(map[string]any)["nickname"])
	require.Equal(t, 45071, b.post(as(b.mp, "/cgi-bin/business/get"), `{"business_id":"x"}`).code())
	require.Len(t, b.post(as(b.mp, "/cgi-bin/business/list"), `{"offset":0,"count":10}`)["list"], 1)

	send := "/cgi-bin/message/custom/business/"
	message := `{"touser":"` + u.OpenID(b.mp) + `","msgtype":"text","text":{"content":"Hi"},"command":"Typing"%s}`
	require.Equal(t, 40101, b.post(as(b.mp, send+"typing"), fmt.Sprintf(message, "")).code())
	require.Equal(t, 45071, b.post(as(b.mp, send+"typing"), fmt.Sprintf(message, `,"businessid":7`)).code())
	require.Zero(t, b.post(as(b.mp, send+"typing"), fmt.Sprintf(message, `,"businessid":"1"`)).code())
	require.Zero(t, b.post(as(b.mp, send+"send"), fmt.Sprintf(message, `,"businessid":1`)).code())
	require.Equal(t, 47001, b.post(as(b.mp, send+"send"), `[`).code())
}

// TestSubMerchantOfACall: whatever takes the id of a sub-merchant refuses an unknown one, also where it may be left out.
func TestSubMerchantOfACall(t *testing.T) {
	t.Parallel()
	b := setup(t)
	icon := b.mp.AddMedia("image", "a.png", nil)
	u := b.wx.User("u")
	u.Write(b.mp, "Hi")
	u.Follow(b.oa)
	u.Write(b.oa, "Hi")
	register := func(account string, common bool) {
		body := fmt.Sprintf(`{"account_name":%q,"nickname":"Shop","icon_media_id":%q,"transfer_to_commkf":%t}`, account, icon, common)
		require.Zero(t, b.post(as(b.mp, "/cgi-bin/business/register"), body).code())
	}
	register("shop_1", false)
	register("shop_2", true)

	send := "/cgi-bin/message/custom/send"
	text := func(a *emulator.App, id string) string {
		return `{"touser":"` + u.OpenID(a) + `","msgtype":"text","text":{"content":"Hi"},"command":"CancelTyping","businessid":` + id + `}`
	}
	for _, path := range []string{send, "/cgi-bin/message/custom/typing", "/cgi-bin/message/custom/business/send", "/cgi-bin/message/custom/business/typing"} {
		require.Equal(t, 45071, b.post(as(b.mp, path), text(b.mp, `"7"`)).code(), path)
		require.Zero(t, b.post(as(b.mp, path), text(b.mp, `1`)).code(), path)
	}
	require.Zero(t, b.post(as(b.mp, send), text(b.mp, `""`)).code(), "the account itself")
	require.Equal(t, 45071, b.post(as(b.oa, send), text(b.oa, `1`)).code(), "a service account has none")

	answers := func(id string) map[string]int {
		body := `{"kf_account":"anna@demo","nickname":"Anna","business_id":` + id + `}`
		query := "business_id=" + strings.Trim(id, `"`)
		return map[string]int{
			"add":             b.post(as(b.mp, agents+"add"), body).code(),
			"getkflist":       b.get(as(b.mp, "/cgi-bin/customservice/getkflist?"+query)).code(),
			"getonlinekflist": b.get(as(b.mp, "/cgi-bin/customservice/getonlinekflist?"+query)).code(),
			"setadmin":        b.get(as(b.mp, agents+"setadmin?kf_openid=x&"+query)).code(),
			"canceladmin":     b.get(as(b.mp, agents+"canceladmin?kf_openid=x&"+query)).code(),
			"del":             b.post(as(b.mp, agents+"del"), body).code(),
			"del by query":    b.get(as(b.mp, agents+"del?kf_account=anna@demo&"+query)).code(),
		}
	}
	for call, code := range answers(`"7"`) {
		require.Equal(t, 45071, code, call)
	}
	for call, code := range answers(`1`) {
		require.Equal(t, 40097, code, "%s: made without transfer_to_commkf", call)
	}
	require.Equal(t, map[string]int{
		"add": 0, "getkflist": 0, "getonlinekflist": 0, "setadmin": 65401, "canceladmin": 65401, "del": 0, "del by query": 65401,
	}, answers(`2`))
}

func TestWorkBindingAndReviews(t *testing.T) {
	t.Parallel()
	b := setup(t)
	work := "/customservice/work/"
	require.Equal(t, 10130002, b.get(as(b.mp, work+"get")).code())
	require.Zero(t, b.post(as(b.mp, work+"bind"), `{"corpid":"ww1"}`).code())
	require.Equal(t, 10130600, b.post(as(b.mp, work+"bind"), `{"corpid":"ww2"}`).code())
	require.Equal(t, "ww1", b.get(as(b.mp, work+"get")).text("corpid"))
	require.Equal(t, 10130002, b.post(as(b.mp, work+"unbind"), `{"corpid":"ww2"}`).code())
	require.Zero(t, b.post(as(b.mp, work+"unbind"), `{"corpid":"ww1"}`).code())

	r := listen(t, b.mp, emulator.Callback{Mode: emulator.Plaintext, Format: emulator.JSON})
	u := b.wx.User("u")
	id := u.ReviewBadly(b.mp)
	require.Contains(t, r.last(), `"result":{"comment_id":"`+id+`"}`)
	reset := "/wxaapi/comment/apikfquota/reset"
	require.Equal(t, true, b.post(as(b.mp, reset), `{"commentId":"`+id+`"}`)["success"])
	require.Equal(t, 10000, b.post(as(b.mp, reset), `{"commentId":"`+id+`"}`).code())
	sent, code := b.sendsAllowed(b.mp, u)
	require.Equal(t, []int{1, 45047}, []int{sent, code})
}

func TestHundredAgentsAtMost(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 100 {
		b.oa.AddAgent(fmt.Sprintf("a%d@demo", i), "A")
	}
	require.Equal(t, 65405, b.post(as(b.oa, agents+"add"), `{"kf_account":"one@demo","nickname":"One"}`).code())
	require.Zero(t, b.post(as(b.oa, agents+"del"), `{"kf_account":"a7@demo"}`).code())
	require.Zero(t, b.post(as(b.oa, agents+"add"), `{"kf_account":"one@demo","nickname":"One"}`).code())
	require.Zero(t, b.post(as(b.oa, agents+"inviteworker"), `{"kf_account":"one@demo","invite_wx":"w"}`).code())
	b.wx.Advance(8 * 24 * time.Hour)
	list := b.get(as(b.oa, "/cgi-bin/customservice/getkflist"))["kf_list"].([]any)
	require.Equal(t, "expired", list[99].(map[string]any)["invite_status"])
}

func TestAgentMisuse(t *testing.T) {
	t.Parallel()
	wx, err := emulator.Start()
	require.NoError(t, err)
	oa, u := wx.ServiceAccount(), wx.User("u")
	oa.AddAgent("anna@demo", "Anna")
	for name, f := range map[string]func(){
		"Twice":     func() { oa.AddAgent("anna@demo", "Anna") },
		"Unknown":   func() { oa.SetAgentOnline("x@demo", true) },
		"NoInvite":  func() { oa.ConfirmInvite("anna@demo") },
		"NoSession": func() { oa.AgentSays("anna@demo", u, "Hi") },
		"NoReview":  func() { u.ReviewBadly(oa) },
		"NoTmpl":    func() { oa.InterceptTemplate("x") },
	} {
		require.Panics(t, f, name)
	}
}

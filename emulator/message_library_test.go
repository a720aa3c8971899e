package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func TestTemplateLibrary(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Equal(t, []any{
		map[string]any{"id": num("307"), "name": "Retail"}, map[string]any{"id": num("616"), "name": "Insurance"},
	}, b.get(as(b.mp, "/wxaapi/newtmpl/getcategory"))["data"])

	titles := b.get(as(b.mp, "/wxaapi/newtmpl/getpubtemplatetitles?ids=307,616&start=1&limit=1"))
	require.Equal(t, int64(3), titles.number("count"))
	require.Equal(t, []any{map[string]any{"tid": num("513"), "title": "Contract due", "type": num("2"), "categoryId": "616"}}, titles["data"])

	words := b.get(as(b.mp, "/wxaapi/newtmpl/getpubtemplatekeywords?tid=513"))
	require.Equal(t, map[string]any{"kid": num("2"), "name": "Ends", "example": "2026-12-01", "rule": "date"}, words["data"].([]any)[1])

	made := b.post(as(b.mp, "/wxaapi/newtmpl/addtemplate"), `{"tid":"513","kidList":[2,1],"sceneDesc":"renewals"}`)
	require.Zero(t, made.code())
	id := made.text("priTmplId")
	require.Equal(t, 200022, b.post(as(b.mp, "/wxaapi/newtmpl/addtemplate"), `{"tid":513,"kidList":[2,1],"sceneDesc":"renewals"}`).code())
	list := b.get(as(b.mp, "/wxaapi/newtmpl/gettemplate"))["data"].([]any)
	require.Equal(t, map[string]any{
		"priTmplId": id, "title": "Contract due", "content": "Ends:{{date2.DATA}}\nContract:{{thing1.DATA}}\n",
		"example": "Ends:2026-12-01\nContract:Fire insurance\n", "type": num("2"),
	}, list[0])

	u := b.wx.User("u")
	u.Accept(id)
	body := `{"touser":"` + u.OpenID(b.mp) + `","template_id":"` + id + `","data":{"date2":{"value":"2026-12-01"},"thing1":{"value":"x"}}}`
	require.Zero(t, b.post(as(b.mp, subscribeSend), body).code())
	require.Zero(t, b.post(as(b.mp, "/wxaapi/newtmpl/deltemplate"), `{"priTmplId":"`+id+`"}`).code())
	require.Equal(t, 40037, b.post(as(b.mp, subscribeSend), body).code())
}

func TestEnumTemplatesListTheirValues(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.wx.AddLibraryTitle(emulator.LibraryTitle{
		TID: 1, Title: "T", Type: emulator.LongTerm, CategoryID: 9, Category: "C",
		Keywords: []emulator.LibraryKeyword{{KID: 1, Name: "A", Rule: "enum_string", Enum: []string{"x"}}, {KID: 2, Name: "B", Rule: "thing"}},
	})
	require.Zero(t, b.post(as(b.oa, "/wxaapi/newtmpl/addtemplate"), `{"tid":"1","kidList":[1,2],"sceneDesc":"s"}`).code())
	list := b.get(as(b.oa, "/wxaapi/newtmpl/gettemplate"))["data"].([]any)
	require.Equal(t, []any{map[string]any{"keywordCode": "enum_string1.DATA", "enumValueList": []any{"x"}}},
		list[0].(map[string]any)["keywordEnumValueList"])
}

func TestLibraryErrors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	add, del := "/wxaapi/newtmpl/addtemplate", "/wxaapi/newtmpl/deltemplate"
	titles := "/wxaapi/newtmpl/getpubtemplatetitles?"
	for _, tc := range []struct {
		url, body string
		code      int
	}{
		{add, `{"tid":"1","kidList":[1,2],"sceneDesc":"s"}`, 200014},
		{add, `{"tid":"512","kidList":[1,9],"sceneDesc":"s"}`, 200020},
		{add, `{"tid":"512","kidList":[1],"sceneDesc":"s"}`, 200020},
		{add, `{"tid":"512","kidList":null,"sceneDesc":"s"}`, 200020},
		{add, `{"tid":"512","kidList":[1,2]}`, 200021},
		{add, `{"tid":"512","kidList":[1,2],"sceneDesc":"` + strings.Repeat("字", 16) + `"}`, 200021},
		{del, `{"template_id":"x"}`, 200002},
		{del, `{"priTmplId":"x"}`, 20002},
		{titles + "ids=307&start=x&limit=1", "", 200016},
		{titles + "ids=307&start=0&limit=31", "", 200017},
		{titles + "start=0&limit=1", "", 200018},
		{titles + `ids=%22307%22&start=0&limit=1`, "", 200019},
		{"/wxaapi/newtmpl/getpubtemplatekeywords?tid=1", "", 200014},
	} {
		var got answer
		if tc.body == "" {
			got = b.get(as(b.mp, tc.url))
		} else {
			got = b.post(as(b.mp, tc.url), tc.body)
		}
		require.Equal(t, tc.code, got.code(), tc.url+tc.body)
	}
	require.Equal(t, 404, b.post(as(b.mp, "/wxaapi/newtmpl/gettemplate"), "{}").code())
	_, _, out := b.do(http.MethodPost, as(b.mp, add), "application/x-www-form-urlencoded", "tid=512")
	require.Equal(t, 200014, b.decode(out).code())
}

func TestTemplateLimit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 26 {
		b.wx.AddLibraryTitle(emulator.LibraryTitle{
			TID: i, Title: fmt.Sprint(i), Type: emulator.OneTime,
			Keywords: []emulator.LibraryKeyword{{KID: 1, Name: "A", Rule: "thing"}, {KID: 2, Name: "B", Rule: "thing"}},
		})
		got := b.post(as(b.mp, "/wxaapi/newtmpl/addtemplate"), fmt.Sprintf(`{"tid":"%d","kidList":[1,2],"sceneDesc":"s"}`, i))
		oa := b.post(as(b.oa, "/cgi-bin/template/api_add_template"), fmt.Sprintf(`{"template_id_short":"%d","keyword_name_list":["A","B"]}`, i))
		if i < 25 {
			require.Equal(t, []int{0, 0}, []int{got.code(), oa.code()})
		} else {
			require.Equal(t, []int{200012, 45026}, []int{got.code(), oa.code()})
		}
	}
}

func TestBizSend(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tpl := b.oa.AddTemplate(emulator.Template{Keywords: []string{"thing1"}, Type: emulator.OneTime})
	followers := b.oa.AddTemplate(emulator.Template{Keywords: []string{"thing1"}})
	r := listen(t, b.oa, emulator.Callback{Mode: emulator.Plaintext})
	u := b.wx.User("u")
	u.Accept(tpl)
	require.Contains(t, r.last(), "<PopupScene>1</PopupScene>")
	send := func(tpl, link string) answer {
		return b.post(as(b.oa, "/cgi-bin/message/subscribe/bizsend"), fmt.Sprintf(
			`{"touser":%q,"template_id":%q,"page":"https://shop.example.com"%s,"data":{"thing1":{"value":"Mug"}}}`, u.OpenID(b.oa), tpl, link))
	}
	require.Equal(t, 40013, send(tpl, `,"miniprogram":{"appid":"wx00","pagepath":"p"}`).code())
	got := send(tpl, `,"miniprogram":{"appid":"`+b.mp.AppID+`","pagepath":"p"}`)
	require.Zero(t, got.code())
	require.Positive(t, got.number("msgid"))
	require.Equal(t, "https://shop.example.com", u.Inbox()[0].URL)
	require.Equal(t, b.mp.AppID, u.Inbox()[0].MiniProgram.AppID)
	require.Equal(t, 43101, send(tpl, "").code())
	require.Equal(t, 40037, send(followers, "").code())
	b.oa.BanTemplate(tpl)
	require.Equal(t, 43107, send(tpl, "").code())
	require.Equal(t, 48001, b.post(as(b.mp, "/cgi-bin/message/subscribe/bizsend"), "{}").code())
	require.Equal(t, 40003, b.post(as(b.oa, "/cgi-bin/message/subscribe/bizsend"), "{}").code())
}

func TestOneTimeSubscription(t *testing.T) {
	t.Parallel()
	b := setup(t)
	oa := b.wx.AddServiceAccount(emulator.AppConfig{WebDomain: "shop.example.com"})
	b.oa = oa
	u := b.wx.User("u")
	tpl := oa.OneTimeTemplate()
	page := func(scene, redirect string) string {
		return "https://mp.weixin.qq.com/mp/subscribemsg?action=get_confirm&appid=" + oa.AppID + "&scene=" + scene +
			"&template_id=" + tpl + "&redirect_url=" + redirect + "&reserved=abc#wechat_redirect"
	}
	back, err := u.Decline(page("1000", "https%3A%2F%2Fshop.example.com%2Fsub"))
	require.NoError(t, err)
	require.Equal(t, "https://shop.example.com/sub?action=cancel&reserved=abc&scene=1000&template_id="+tpl, back)
	send := func(scene, title string) int {
		return b.post(as(oa, "/cgi-bin/message/template/subscribe"), fmt.Sprintf(
			`{"touser":%q,"template_id":%q,"scene":%q,"title":%q,"data":{"content":{"value":"On its way","color":"#FF0000"}}}`, u.OpenID(oa), tpl, scene, title)).code()
	}
	require.Equal(t, 43101, send("1000", "Order"))
	for range 2 {
		back, err = u.Visit(page("1000", "https%3A%2F%2Fshop.example.com%2Fsub"))
		require.NoError(t, err)
		require.Contains(t, back, "action=confirm&openid="+u.OpenID(oa))
	}
	require.Equal(t, 43101, send("1001", "Order"), "another scene")
	require.Equal(t, 40062, send("1000", "a title of sixteen"))
	for body, code := range map[string]int{
		`"touser":"x"`: 40003,
		`"touser":"` + u.OpenID(oa) + `","template_id":"x"`:                                                                                    40037,
		`"touser":"` + u.OpenID(oa) + `","template_id":"` + tpl + `","title":"T"`:                                                              47003,
		`"touser":"` + u.OpenID(oa) + `","template_id":"` + tpl + `","title":"T","data":{"content":{"value":"x"}},"miniprogram":{"appid":"x"}`: 40013,
	} {
		require.Equal(t, code, b.post(as(oa, "/cgi-bin/message/template/subscribe"), "{"+body+"}").code(), body)
	}
	require.Zero(t, send("1000", "Order"))
	require.Equal(t, 43101, send("1000", "Order"), "two visits with one scene are worth one message")
	require.Equal(t, emulator.ServiceNotifications, u.Inbox()[0].Place)
	u.Follow(oa)
	_, err = u.Visit(page("7", "https%3A%2F%2Fshop.example.com"))
	require.NoError(t, err)
	require.Zero(t, send("7", "Order"))
	require.Equal(t, emulator.Chat, u.Inbox()[1].Place)

	for _, bad := range []string{
		page("10001", "https%3A%2F%2Fshop.example.com"), page("1", "https%3A%2F%2Fother.example.com"), page("1", ""),
		strings.Replace(page("1", "https%3A%2F%2Fshop.example.com"), tpl, "x", 1),
		strings.Replace(page("1", "https%3A%2F%2Fshop.example.com"), "get_confirm", "confirm", 1),
		strings.Replace(page("1", "https%3A%2F%2Fshop.example.com"), "reserved=", "reserved="+strings.Repeat("a", 128), 1),
		strings.TrimSuffix(page("1", "https%3A%2F%2Fshop.example.com"), "#wechat_redirect"),
	} {
		_, err := u.Visit(bad)
		require.ErrorAs(t, err, new(*emulator.PageError), bad)
	}
}

func TestTemplateManagement(t *testing.T) {
	t.Parallel()
	b := setup(t)
	set, add := "/cgi-bin/template/api_set_industry", "/cgi-bin/template/api_add_template"
	require.Zero(t, b.post(as(b.oa, set), `{"industry_id1":"13","industry_id2":1}`).code())
	require.Equal(t, 43100, b.post(as(b.oa, set), `{"industry_id1":"1","industry_id2":"4"}`).code())
	require.Equal(t, 40102, b.post(as(b.oa, set), `{"industry_id1":"42","industry_id2":"4"}`).code())
	require.Equal(t, answer{
		"primary_industry":   map[string]any{"first_class": "Transport", "second_class": "Express"},
		"secondary_industry": map[string]any{"first_class": "IT", "second_class": "Internet|E-commerce"},
	}, b.get(as(b.oa, "/cgi-bin/template/get_industry")))

	for body, code := range map[string]int{
		`{"template_id_short":"TM00015"}`:                           40247,
		`{"template_id_short":"9"}`:                                 40037,
		`{"template_id_short":"512"}`:                               40246,
		`{"template_id_short":"512","keyword_name_list":["x","y"]}`: 40246,
	} {
		require.Equal(t, code, b.post(as(b.oa, add), body).code(), body)
	}
	id := b.post(as(b.oa, add), `{"template_id_short":"512","keyword_name_list":["Item","Amount"]}`).text("template_id")
	list := b.get(as(b.oa, "/cgi-bin/template/get_all_private_template"))
	require.NotContains(t, list, "errcode")
	require.Equal(t, []any{map[string]any{
		"template_id": id, "title": "Order update", "primary_industry": "Transport", "deputy_industry": "Express",
		"content": "Item:{{thing1.DATA}}\nAmount:{{amount3.DATA}}\n", "example": "Item:Mug\nAmount:¥19.90\n",
	}}, list["template_list"])

	u := b.wx.User("u")
	u.Follow(b.oa)
	b.oa.InterceptTemplate(id)
	sent := b.post(as(b.oa, templateSend), tmpl(u.OpenID(b.oa), id, "", `{"thing1":{"value":"Mug"},"amount3":{"value":"¥1"}}`))
	require.Zero(t, sent.code())
	require.Empty(t, u.Inbox())
	query := "/wxa/sec/queryblocktmplmsg"
	found := b.post(as(b.oa, query), fmt.Sprintf(`{"tmpl_msg_id":"%d","largest_id":0,"limit":100}`, sent.number("msgid")))
	one := found["msginfo"].([]any)[0].(map[string]any)
	require.Equal(t, "Item:Mug\nAmount:¥1\n", one["content"])
	require.Empty(t, b.post(as(b.oa, query), `{"tmpl_msg_id":"`+id+`","largest_id":1,"limit":100}`)["msginfo"])
	require.Equal(t, 40097, b.post(as(b.oa, query), `{"tmpl_msg_id":"`+id+`","limit":101}`).code())

	del := "/cgi-bin/template/del_private_template"
	require.Zero(t, b.post(as(b.oa, del), `{"template_id":"`+id+`"}`).code())
	require.Equal(t, 40037, b.post(as(b.oa, del), `{"template_id":"`+id+`"}`).code())
}

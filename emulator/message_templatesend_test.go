package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

const templateSend = "/cgi-bin/message/template/send"

func tmpl(openID, tpl, extra, data string) string {
	return fmt.Sprintf(`{"touser":%q,"template_id":%q%s,"data":%s}`, openID, tpl, extra, data)
}

func TestTemplateMessageReachesFollowersOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tpl := b.oa.AddTemplate(emulator.Template{Title: "Due", Keywords: []string{"thing1"}})
	u := b.wx.User("u")
	body := tmpl(u.OpenID(b.oa), tpl, `,"url":"https://shop.example.com"`, `{"thing1":{"value":"Mug"}}`)
	require.Equal(t, 43004, b.post(as(b.oa, templateSend), body).code())

	u.Follow(b.oa)
	got := b.post(as(b.oa, templateSend), body)
	require.Zero(t, got.code())
	require.Len(t, u.Inbox(), 1)
	m := u.Inbox()[0]
	require.Equal(t, emulator.Chat, m.Place)
	require.Equal(t, got.number("msgid"), m.MsgID)
	require.Equal(t, "https://shop.example.com", m.URL)

	u.Unfollow(b.oa)
	require.Equal(t, 43004, b.post(as(b.oa, templateSend), body).code())
}

func TestTemplateSendErrors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mini := b.wx.AddMiniProgram(emulator.AppConfig{Pages: []string{"pages/order"}})
	b.oa.Link(mini)
	tpl := b.oa.AddTemplate(emulator.Template{Keywords: []string{"thing1", "const2"}, Enums: map[string][]string{"const2": {"paid"}}})
	banned := b.oa.AddTemplate(emulator.Template{Keywords: []string{"thing1"}})
	b.oa.BanTemplate(banned)
	u := b.wx.User("u")
	u.Follow(b.oa)
	id := u.OpenID(b.oa)
	good := `{"thing1":{"value":"x"},"const2":{"value":"paid"}}`
	link := func(appID, path string) string {
		return fmt.Sprintf(`,"miniprogram":{"appid":%q,"pagepath":%q}`, appID, path)
	}
	cases := map[string]struct {
		body string
		code int
		msg  string
	}{
		"OK":              {tmpl(id, tpl, link(mini.AppID, "pages/order?id=1"), good), 0, "ok"},
		"NoOpenID":        {tmpl("", tpl, "", good), 40003, ""},
		"MiniOpenID":      {tmpl(u.OpenID(b.mp), tpl, "", good), 40003, ""},
		"UnknownTemplate": {tmpl(id, "x", "", good), 40037, ""},
		"Banned":          {tmpl(id, banned, "", good), 43116, ""},
		"LongURL":         {tmpl(id, tpl, `,"url":"https://`+strings.Repeat("a", 2048)+`"`, good), 40039, ""},
		"NotLinked":       {tmpl(id, tpl, link("wx00", "pages/order"), good), 40013, "invalid appid"},
		"NoSuchPage":      {tmpl(id, tpl, link(mini.AppID, "pages/x"), good), 40165, "invalid weapp pagepath"},
		"Missing":         {tmpl(id, tpl, "", `{"const2":{"value":"paid"}}`), 47003, "argument invalid! data.thing1.value is empty rid: "},
		"Blank":           {tmpl(id, tpl, "", `{"thing1":{"value":"  "},"const2":{"value":"paid"}}`), 47003, "argument invalid! data.thing1.value is empty rid: "},
		"KeyWithDATA":     {tmpl(id, tpl, "", `{"thing1.DATA":{"value":"x"},"const2":{"value":"paid"}}`), 47003, "argument invalid! data.thing1.value is empty rid: "},
		"NotApproved":     {tmpl(id, tpl, "", `{"thing1":{"value":"x"},"const2":{"value":"unpaid"}}`), 47003, "argument invalid! data.const2.value invalid rid: "},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := b.post(as(b.oa, templateSend), tc.body)
			require.Equal(t, tc.code, got.code())
			require.True(t, strings.HasPrefix(got.text("errmsg"), tc.msg), got.text("errmsg"))
		})
	}
}

func TestClientMsgIDDedupesForTenMinutes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tpl := b.oa.AddTemplate(emulator.Template{Keywords: []string{"thing1"}})
	u, v := b.wx.User("u"), b.wx.User("v")
	u.Follow(b.oa)
	v.Follow(b.oa)
	send := func(to *emulator.User) int64 {
		got := b.post(as(b.oa, templateSend), tmpl(to.OpenID(b.oa), tpl, `,"client_msg_id":"order-77"`, `{"thing1":{"value":"x"}}`))
		require.Zero(t, got.code())
		return got.number("msgid")
	}
	first := send(u)
	require.Equal(t, first, send(u))
	require.NotEqual(t, first, send(v), "the key counts per user")
	b.wx.Advance(10 * time.Minute)
	require.NotEqual(t, first, send(u))
	require.Len(t, u.Inbox(), 2)
}

// The keys of the old industry library have no rule, so nothing about them is an error.
func TestUntypedKeysOfATemplateHaveNoRule(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tpl := b.oa.AddTemplate(emulator.Template{Keywords: []string{"first", "keyword1", "name2", "remark"}})
	u := b.wx.User("u")
	u.Follow(b.oa)
	send := func(data string) answer { return b.post(as(b.oa, templateSend), tmpl(u.OpenID(b.oa), tpl, "", data)) }
	require.Zero(t, send(`{"name2":{"value":"Li Lei"}}`).code())
	require.Zero(t, send(`{"keyword1":{"value":"`+strings.Repeat("x", 100)+`"},"name2":{"value":"Li Lei"}}`).code())
	require.Contains(t, send(`{"name2":{"value":"user25"}}`).text("errmsg"), "data.name2.value invalid")
}

func TestTemplateMessageLosesWhatWeChatDrops(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tpl := b.oa.AddTemplate(emulator.Template{Content: "{{first.DATA}}\nWhat:{{keyword1.DATA}}\n{{remark.DATA}}"})
	u := b.wx.User("u")
	u.Follow(b.oa)
	data := `{"first":{"value":"Hello"},"keyword1":{"value":"one\ntwo 😀three and much more text"},"remark":{"value":"Bye"}}`
	require.Zero(t, b.post(as(b.oa, templateSend), tmpl(u.OpenID(b.oa), tpl, "", data)).code())
	require.Equal(t, []emulator.Line{{Key: "keyword1", Label: "What", Value: "one two three and mu"}}, u.Inbox()[0].Lines)
}

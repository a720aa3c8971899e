package emulator_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

const subscribeSend = "/cgi-bin/message/subscribe/send"

func TestOneAcceptanceIsOneMessage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tpl := b.mp.AddTemplate(emulator.Template{Title: "Order", Content: "Item:{{thing1.DATA}}\n"})
	alice := b.wx.User("alice")
	alice.Accept(tpl)

	got := b.post(as(b.mp, subscribeSend), sub(alice.OpenID(b.mp), tpl, "Mug"))
	require.Zero(t, got.code())
	require.Equal(t, "ok", got.text("errmsg"))
	require.Len(t, got["msgid"], 19)

	require.Equal(t, 43101, b.post(as(b.mp, subscribeSend), sub(alice.OpenID(b.mp), tpl, "Mug")).code())
	inbox := alice.Inbox()
	require.Len(t, inbox, 1)
	require.Equal(t, emulator.Message{
		Time: start, Place: emulator.ServiceNotifications, AppID: b.mp.AppID, From: "Demo Mini Program",
		Type: "subscribe", MsgID: got.number("msgid"), TemplateID: tpl, Title: "Order",
		Lines:       []emulator.Line{{Key: "thing1", Label: "Item", Value: "Mug"}},
		MiniProgram: &emulator.MiniProgramLink{AppID: b.mp.AppID, Page: "pages/order?id=7"},
	}, inbox[0])
	require.Equal(t, "[service notifications] Demo Mini Program: Order (Item: Mug)", inbox[0].String())
}

func TestConsent(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		kind   emulator.TemplateType
		before func(u *emulator.User, tpl string)
		sends  int // that succeed, of three
	}{
		"Nothing":          {emulator.OneTime, func(*emulator.User, string) {}, 0},
		"AcceptedTwice":    {emulator.OneTime, func(u *emulator.User, tpl string) { u.Accept(tpl); u.Accept(tpl) }, 2},
		"RejectKeepsGrant": {emulator.OneTime, func(u *emulator.User, tpl string) { u.Accept(tpl); u.Reject(tpl) }, 1},
		"LongTerm":         {emulator.LongTerm, func(u *emulator.User, tpl string) { u.Accept(tpl) }, 3},
		"AlwaysIsOneEach":  {emulator.OneTime, func(u *emulator.User, tpl string) { u.AcceptAlways(tpl); u.Accept(tpl) }, 2},
		"RejectAlways":     {emulator.OneTime, func(u *emulator.User, tpl string) { u.RejectAlways(tpl); u.Accept(tpl) }, 0},
		"Banned":           {emulator.OneTime, func(u *emulator.User, tpl string) { u.Accept(tpl); u.Ban(tpl); u.Accept(tpl) }, 0},
		"Unbanned":         {emulator.OneTime, func(u *emulator.User, tpl string) { u.Ban(tpl); u.Unban(tpl); u.Accept(tpl) }, 1},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			tpl := b.mp.AddTemplate(emulator.Template{Keywords: []string{"thing1"}, Type: tc.kind})
			u := b.wx.User("u")
			tc.before(u, tpl)
			sent := 0
			for range 3 {
				got := b.post(as(b.mp, subscribeSend), sub(u.OpenID(b.mp), tpl, "x"))
				if got.code() == 0 {
					sent++
				} else {
					require.Equal(t, 43101, got.code())
				}
			}
			require.Equal(t, tc.sends, sent)
			require.Len(t, u.Inbox(), sent)
		})
	}
}

func TestSubscribeSendErrors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	app := b.wx.AddMiniProgram(emulator.AppConfig{Pages: []string{"pages/order"}})
	tpl := app.AddTemplate(emulator.Template{ID: "T", Keywords: []string{"thing1", "date2"}})
	foreign := b.mp.AddTemplate(emulator.Template{Keywords: []string{"thing1"}})
	banned := app.AddTemplate(emulator.Template{Keywords: []string{"thing1"}})
	app.BanTemplate(banned)
	u := b.wx.User("u")
	u.Accept(tpl)
	id := u.OpenID(app)
	body := func(data string) string { return `{"touser":"` + id + `","template_id":"T","data":` + data + `}` }
	cases := map[string]struct {
		body string
		code int
		msg  string
	}{
		"NoOpenID":        {sub("", tpl, "x"), 40003, "invalid openid"},
		"ForeignOpenID":   {sub(u.OpenID(b.mp), tpl, "x"), 40003, ""},
		"UnknownTemplate": {sub(id, "nope", "x"), 40037, "invalid template_id"},
		"ForeignTemplate": {sub(id, foreign, "x"), 40037, ""},
		"BannedTemplate":  {sub(id, banned, "x"), 43107, ""},
		"UnknownPage":     {`{"touser":"` + id + `","template_id":"T","page":"pages/other","data":{}}`, 41030, "invalid page"},
		"MissingKeyword":  {body(`{"thing1":{"value":"x"}}`), 47003, "argument invalid! data.date2.value is empty"},
		"Spaces":          {body(`{"thing1":{"value":"  "}}`), 47003, "argument invalid! data.thing1.value is empty"},
		"TooLong":         {body(`{"thing1":{"value":"` + strings.Repeat("字", 21) + `"}}`), 47003, "argument invalid! data.thing1.value invalid"},
		"BadDate":         {body(`{"thing1":{"value":"x"},"date2":{"value":"soon"}}`), 47003, "argument invalid! data.date2.value invalid"},
		"DataIsText":      {body(`"{}"`), 47001, ""},
		"NotJSON":         {"touser=x", 47001, ""},
		"Empty":           {"", 44002, ""},
		"TwoObjects":      {`{}{}`, 47001, ""},
		"Escaped":         {body(`{"thing1":{"value":"\u003c"}}`), 40033, ""},
		"InvalidUTF8":     {body("{\"thing1\":{\"value\":\"\xff\"}}"), 40033, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := b.post(as(app, subscribeSend), tc.body)
			require.Equal(t, tc.code, got.code())
			require.True(t, strings.HasPrefix(got.text("errmsg"), tc.msg), got.text("errmsg"))
		})
	}
	t.Run("ServiceAccount", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, 48001, b.post(as(b.oa, subscribeSend), "{}").code())
	})
	require.Equal(t, 1, u.Grants(tpl), "a refused message uses nothing up")
}

func TestKeywordRules(t *testing.T) {
	t.Parallel()
	cases := []struct {
		key  string
		good []string
		bad  []string
	}{
		{"thing1", []string{"Blue mug 蓝杯", strings.Repeat("字", 20)}, []string{strings.Repeat("a", 21), "a\nb"}},
		{"short_thing1", []string{"12345"}, []string{"123456"}},
		{"number1", []string{"12.5", strings.Repeat("1", 32)}, []string{"x", "1e3", "1,000", "-1", "１２", "12元", strings.Repeat("1", 33)}},
		{"letter1", []string{"ABCd"}, []string{"A1", "A b", "é", "字", strings.Repeat("a", 33)}},
		{"symbol1", []string{"***", "★"}, []string{"a", "字", "1", "*1", "******"}},
		{"character_string1", []string{"NO-2026/11-7"}, []string{"订单1", "NO.7号", strings.Repeat("1", 33)}},
		{"time1", []string{"09:30", "23:59:59", "2026年11月20日 09:30", "09:30~10:30", "2026-11-29 10:00:00~12:00:00", "2026-11-29 10:00 ~ 2026-11-29 11:00"},
			[]string{"24:00", "09:30～10:30", "9", "2026-11-29 08~12", "2026-11-29 15:00-16:00", "1min", "09:30~", "09:30~10:30~11:30"}},
		{"date1", []string{"2026年11月20日", "2026-11-20 09:30", "2026/11/20", "2026.11.20", "2026-11", "11-20", "11月20日~11月22日"}, []string{"20 Nov", "2020-01-18 16:18:49.0", "2026年11月20", "20261120"}},
		{"amount1", []string{"¥100", "$9.90", "12.5元", "100"}, []string{"12345678901", "ten", "100万元", "¥¥1", "-1", "1.", "1,000"}},
		{"phone_number1", []string{"+86-0571-88001234"}, []string{"+86-0571-880012345", "tel", "15隐私保护7851"}},
		{"car_number1", []string{"浙B1X234挂", "粤A12345"}, []string{"浙B1X2345挂", "浙-1"}},
		{"name1", []string{"Li Lei", "李雷", "阿凡提·买买提", "Li-Lei, Jr.", strings.Repeat("a", 20)},
			[]string{strings.Repeat("李", 11), "李" + strings.Repeat("a", 10), strings.Repeat("a", 21), "Lei25", "李雷1", "1李雷", "25", "李雷２"}},
		{"phrase1", []string{"已发货"}, []string{"sent", "已发货已发货", "13笔", "111", "已发货!", "已 发"}},
		{"future1", []string{"anything at all, for nobody has told the rule of this type"}, nil},
	}
	for _, tc := range cases {
		t.Run(tc.key, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			tpl := b.mp.AddTemplate(emulator.Template{Keywords: []string{tc.key}, Type: emulator.LongTerm})
			u := b.wx.User("u")
			u.Accept(tpl)
			send := func(v string) int {
				v = strings.ReplaceAll(v, "\n", `\n`)
				return b.post(as(b.mp, subscribeSend), `{"touser":"`+u.OpenID(b.mp)+`","template_id":"`+tpl+`","data":{"`+tc.key+`":{"value":"`+v+`"}}}`).code()
			}
			for _, v := range tc.good {
				require.Zero(t, send(v), v)
			}
			for _, v := range tc.bad {
				require.Equal(t, 47003, send(v), v)
			}
		})
	}
}

func TestEnumValues(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tpl := b.mp.AddTemplate(emulator.Template{
		Keywords: []string{"enum_string1"}, Type: emulator.LongTerm,
		Enums: map[string][]string{"enum_string1": {"Kitchen", "Study"}},
	})
	u := b.wx.User("u")
	u.Accept(tpl)
	send := func(v string) int {
		return b.post(as(b.mp, subscribeSend), `{"touser":"`+u.OpenID(b.mp)+`","template_id":"`+tpl+`","data":{"enum_string1":{"value":"`+v+`"}}}`).code()
	}
	require.Zero(t, send("Study"))
	require.Equal(t, 47003, send("Attic"))
}

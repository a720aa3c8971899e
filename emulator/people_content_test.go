package emulator_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

const (
	textCheck  = "/wxa/msg_sec_check"
	mediaCheck = "/wxa/media_check_async"
)

// said is the body of a text check.
func said(openID, text string) string {
	return fmt.Sprintf(`{"version":2,"scene":2,"openid":%q,"content":%q}`, openID, text)
}

// file is the body of a check of a picture.
func file(openID, url string) string {
	return fmt.Sprintf(`{"version":2,"scene":1,"openid":%q,"media_type":2,"media_url":%q}`, openID, url)
}

func TestTextChecks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann := b.wx.User("ann")
	ann.OpenApp(b.mp)
	check := func(body string) answer { return b.post(as(b.mp, textCheck), body) }
	id := ann.OpenID(b.mp)

	clean := check(said(id, "Nice mug!"))
	require.Zero(t, clean.code())
	require.Equal(t, map[string]any{"suggest": "pass", "label": num("100")}, clean["result"])
	require.NotEmpty(t, clean.text("trace_id"))

	b.mp.AddContentRule(emulator.ContentRule{Contains: "casino", Suggest: "risky", Label: 10001})
	b.mp.AddContentRule(emulator.ContentRule{Contains: "casino museum", Suggest: "review", Label: 10001})
	for text, want := range map[string]string{"a casino": "risky", "the casino museum": "review", "a cassino": "pass"} {
		got := check(said(id, text))
		require.Zero(t, got.code(), "what is found is not an error")
		require.Equal(t, want, got["result"].(map[string]any)["suggest"], text)
	}
	more := `{"version":2,"scene":%d,"openid":"` + id + `","content":"x","%s":"casino"}`
	for _, c := range []struct {
		scene       int
		field, want string
	}{{2, "title", "risky"}, {2, "nickname", "risky"}, {1, "signature", "risky"}, {2, "signature", "pass"}} {
		got := check(fmt.Sprintf(more, c.scene, c.field))
		require.Equal(t, c.want, got["result"].(map[string]any)["suggest"], c)
	}

	require.Equal(t, 40129, check(strings.Replace(said(id, "x"), `"scene":2`, `"scene":5`, 1)).code())
	require.Equal(t, 44002, check(said(id, "")).code())
	require.Zero(t, check(said(id, strings.Repeat("好", 2500))).code())
	require.Equal(t, 45002, check(said(id, strings.Repeat("好", 2501))).code())
	require.Equal(t, 40003, check(said("oNobody", "x")).code())
	require.Equal(t, 43104, check(said(ann.OpenID(b.oa), "x")).code(), "of another account")
	require.Equal(t, 48001, b.post(as(b.oa, textCheck), said(id, "x")).code(), "not for service accounts")
}

// TestChecksWithoutAVersion answer as they did before 2021: no user, no verdict, and 87014.
func TestChecksWithoutAVersion(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mp.AddContentRule(emulator.ContentRule{Contains: "casino", Suggest: "risky", Label: 10001})
	for _, version := range []string{``, `"version":"2",`, `"version":1,`} {
		require.Equal(t, 87014, b.post(as(b.mp, textCheck), `{`+version+`"content":"a casino"}`).code(), version)
		clean := b.post(as(b.mp, textCheck), `{`+version+`"content":"a mug"}`)
		require.Equal(t, answer{"errcode": num("0"), "errmsg": "ok"}, clean, version)
	}
	r := listen(t, b.mp, emulator.Callback{Mode: emulator.Plaintext, Format: emulator.JSON})
	trace := b.post(as(b.mp, mediaCheck), `{"media_type":2,"media_url":"https://cdn.example.com/casino.jpg"}`).text("trace_id")
	b.wx.Settle()
	require.Contains(t, r.last(), `"isrisky":1,"extra_info_json":"","appid":"`+b.mp.AppID+`","trace_id":"`+trace+`","status_code":0}`)
	b.post(as(b.mp, mediaCheck), `{"media_type":2,"media_url":"wxfile://tmp_1.jpg"}`)
	b.wx.Settle()
	require.Contains(t, r.last(), `"isrisky":0,`)
	require.Contains(t, r.last(), `"status_code":4294966288}`)
}

func TestUserMustHaveBeenThere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann := b.wx.User("ann")
	id := ann.OpenID(b.mp)
	text := func() int { return b.post(as(b.mp, textCheck), said(id, "x")).code() }
	picture := func() int { return b.post(as(b.mp, mediaCheck), file(id, "https://cdn.example.com/a.jpg")).code() }
	tpl := b.mp.AddTemplate(emulator.Template{Title: "A", Keywords: []string{"thing1"}})
	link := b.post(as(b.mp, "/wxa/generate_urllink"), `{"expire_type":1,"expire_interval":30}`).text("url_link")
	require.NotEmpty(t, link)

	require.Equal(t, []int{61010, 61010}, []int{text(), picture()}, "never there")
	ann.Write(b.mp, "hello")
	require.Equal(t, 61010, text(), "the chat can be opened from the list of chats")
	for name, visit := range map[string]func(){
		"OpenApp": func() { ann.OpenApp(b.mp) }, "LoginCode": func() { ann.LoginCode(b.mp) }, "PhoneCode": func() { ann.PhoneCode(b.mp) },
		"PluginCode": func() { ann.PluginCode(b.mp) }, "EnterChat": func() { ann.EnterChat(b.mp, "") }, "Accept": func() { ann.Accept(tpl) },
		"Answer":   func() { _, _ = ann.Answer([]string{tpl}, nil, false) },
		"OpenLink": func() { ann.OpenLink(link) },
	} {
		visit()
		b.wx.Advance(2*time.Hour - time.Second)
		require.Equal(t, []int{0, 0}, []int{text(), picture()}, name)
		b.wx.Advance(time.Second)
		got := b.post(as(b.mp, textCheck), said(id, "x"))
		require.Equal(t, 61010, got.code(), name)
		require.Contains(t, got.text("errmsg"), "code is expired rid: ")
		require.Equal(t, 61010, picture(), name)
	}
	require.Equal(t, 61010, b.post(as(b.mp, textCheck), said(b.wx.User("bob").OpenID(b.mp), "x")).code(), "somebody else")
}

func TestMediaChecks(t *testing.T) {
	t.Parallel()
	for _, format := range []emulator.Format{emulator.XML, emulator.JSON} {
		b := setup(t)
		ann := b.wx.User("ann")
		ann.OpenApp(b.mp)
		id := ann.OpenID(b.mp)
		r := listen(t, b.mp, emulator.Callback{Mode: emulator.Plaintext, Format: format})
		b.mp.AddContentRule(emulator.ContentRule{Contains: "nude", Suggest: "risky", Label: 20002})
		b.mp.AddContentRule(emulator.ContentRule{Contains: "gone", EventCode: -1008})
		b.mp.AddContentRule(emulator.ContentRule{Contains: "forbidden", EventCode: 43104})
		check := func(url string) (trace, event string) {
			got := b.post(as(b.mp, mediaCheck), file(id, url))
			require.Zero(t, got.code(), url)
			require.NotContains(t, got, "result")
			b.wx.Settle()
			return got.text("trace_id"), r.last()
		}
		for url, want := range map[string][2]string{
			"https://cdn.example.com/mug.jpg": {
				`<version>2</version><detail><strategy><![CDATA[content_model]]></strategy><errcode>0</errcode><suggest><![CDATA[pass]]></suggest>` +
					`<label>100</label><prob>90</prob></detail><errcode>0</errcode><errmsg><![CDATA[ok]]></errmsg>` +
					`<result><suggest><![CDATA[pass]]></suggest><label>100</label></result></xml>`,
				`"version":2,"detail":[{"strategy":"content_model","errcode":0,"suggest":"pass","label":100,"prob":90}],"errcode":0,"errmsg":"ok",` +
					`"result":{"suggest":"pass","label":100}}`,
			},
			"https://cdn.example.com/nude?x=1": {"<suggest><![CDATA[risky]]></suggest><label>20002</label></result></xml>", `"result":{"suggest":"risky","label":20002}}`},
			"https://cdn.example.com/gone.png": {
				"<version>2</version><errcode>-1008</errcode><errmsg><![CDATA[download failed]]></errmsg></xml>",
				`"version":2,"detail":[],"errcode":-1008,"errmsg":"download failed"}`,
			},
			"wxfile://tmp_1.jpg":                    {"<errcode>-1008</errcode>", `"errcode":-1008`},
			"http://tmp/1.jpg":                      {"<errcode>-1008</errcode>", `"errcode":-1008`},
			"https://cdn.example.com/forbidden.gif": {"<errcode>43104</errcode>", `"detail":[],"errcode":43104,"errmsg":"this appid does not have permission"}`},
		} {
			trace, event := check(url)
			require.Contains(t, event, trace)
			require.Contains(t, event, want[format-1], url)
			require.NotContains(t, event, id, "the event does not tell the user")
			require.NotContains(t, event, url)
		}
		if format == emulator.JSON {
			require.True(t, json.Valid([]byte(r.last())))
		}
		bad := func(old, changed string) int {
			return b.post(as(b.mp, mediaCheck), strings.Replace(file(id, "https://cdn.example.com/a.jpg"), old, changed, 1)).code()
		}
		require.Equal(t, 40004, bad(`"media_type":2`, `"media_type":3`))
		require.Equal(t, 40004, bad(`"media_type":2`, `"media_type":1`), "a picture is no sound")
		require.Equal(t, 40004, bad(`a.jpg`, `a.MP3`))
		require.Zero(t, bad(`a.jpg`, `a`))
		require.Equal(t, 40129, bad(`"scene":1`, `"scene":0`))
		require.Equal(t, 44002, bad(`https://cdn.example.com/a.jpg`, ``))
		require.Equal(t, 47001, bad(`"https://cdn.example.com/a.jpg"`, `["https://cdn.example.com/a.jpg"]`))
		require.Equal(t, 43104, bad(id, ann.OpenID(b.oa)))
	}
}

func TestContentCheckLimits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann := b.wx.User("ann")
	ann.OpenApp(b.mp)
	b.mp.SetQuota(textCheck, 1)
	require.Zero(t, b.post(as(b.mp, textCheck), said(ann.OpenID(b.mp), "x")).code())
	require.Equal(t, 45009, b.post(as(b.mp, textCheck), said(ann.OpenID(b.mp), "x")).code())
	for range 2000 {
		require.Zero(t, b.post(as(b.mp, mediaCheck), file(ann.OpenID(b.mp), "https://cdn.example.com/a")).code())
	}
	require.Equal(t, 44991, b.post(as(b.mp, mediaCheck), file(ann.OpenID(b.mp), "https://cdn.example.com/a")).code())
	b.wx.Advance(time.Minute)
	require.Zero(t, b.post(as(b.mp, mediaCheck), file(ann.OpenID(b.mp), "https://cdn.example.com/a")).code())
}

// TestRiskRankWantsAVisit: the call about the person has the same rule about the user, unless it is a test.
func TestRiskRankWantsAVisit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann := b.wx.User("ann")
	rank := func(openID, more string) int {
		return b.post(as(b.mp, "/wxa/getuserriskrank"),
			fmt.Sprintf(`{"appid":%q,"openid":%q,"client_ip":"203.0.113.7"%s}`, b.mp.AppID, openID, more)).code()
	}
	id := ann.OpenID(b.mp)
	require.Equal(t, 61010, rank(id, `,"scene":0`))
	require.Zero(t, rank(id, `,"scene":0,"is_test":true`))
	ann.OpenApp(b.mp)
	require.Zero(t, rank(id, `,"scene":2`))
	require.Equal(t, 40129, rank(id, `,"scene":3`))
	require.Equal(t, 43104, rank(ann.OpenID(b.oa), `,"scene":0`))
	require.Equal(t, 40003, rank("oNobody", `,"scene":0`))
	b.wx.Advance(2 * time.Hour)
	require.Equal(t, 61010, rank(id, `,"scene":0`))
}

package emulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

const (
	menuCreate = "/cgi-bin/menu/create"
	menuGet    = "/cgi-bin/menu/get"
	menuAdd    = "/cgi-bin/menu/addconditional"
	menuDel    = "/cgi-bin/menu/delconditional"
	menuTry    = "/cgi-bin/menu/trymatch"
	selfMenu   = "/cgi-bin/get_current_selfmenu_info"
)

// create makes a menu of a list of buttons.
func (b *bundle) create(buttons string) int {
	b.t.Helper()
	return b.post(as(b.oa, menuCreate), `{"button":[`+buttons+`]}`).code()
}

// below writes a sub-menu.
func below(buttons string) string { return `{"name":"More","sub_button":[` + buttons + `]}` }

const clickA = `{"type":"click","name":"A","key":"KEY_A"}`

func TestMenuIsCheckedFieldByField(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.oa.Link(b.mp)
	other := b.wx.AddMiniProgram(emulator.AppConfig{})
	temporary := b.oa.AddMedia("image", "a.jpg", nil)
	permanent := b.oa.AddPermanentMedia("image", "a.jpg", nil)
	long := func(n int) string { return strings.Repeat("x", n) }
	mini := func(appID string) string {
		return `{"type":"miniprogram","name":"A","url":"https://example.com","appid":"` + appID + `","pagepath":"p"}`
	}
	clicks := func(n int) string { return strings.Repeat(clickA+",", n-1) + clickA }
	for name, c := range map[string]struct {
		buttons string
		code    int
	}{
		"None": {``, 40016}, "Four": {clicks(4), 40016}, "Three": {clicks(3), 0}, "Six": {below(clicks(6)), 40023}, "Five": {below(clicks(5)), 0},
		"EmptySub": {`{"name":"A","sub_button":[]}`, 40023}, "NothingToDo": {`{"name":"A"}`, 40017}, "NothingBelow": {below(`{"name":"A"}`), 40024},
		"Type": {`{"type":"hologram","name":"A"}`, 40017}, "SubType": {below(`{"type":"text","name":"A","value":"B"}`), 40024},
		"TypeAndSub":      {`{"type":"click","key":"k","name":"A","sub_button":[` + clickA + `]}`, 40017},
		"TypeAndEmptySub": {`{"type":"click","key":"k","name":"A","sub_button":[]}`, 0},
		"Deep":            {below(below(clickA)), 40022},
		"Name":            {`{"type":"click","name":"` + long(17) + `","key":"k"}`, 40018}, "NoName": {`{"type":"click","key":"k"}`, 40018},
		"SixHanzi": {`{"type":"click","name":"一二三四五六","key":"k"}`, 40018}, "SubSixHanzi": {below(`{"type":"click","name":"一二三四五六","key":"k"}`), 0},
		"SubName": {below(`{"type":"click","name":"` + long(61) + `","key":"k"}`), 40025},
		"Key":     {`{"type":"click","name":"A","key":"` + long(129) + `"}`, 40019}, "NoKey": {`{"type":"pic_weixin","name":"A"}`, 40019},
		"SubKey": {below(`{"type":"click","name":"A"}`), 40026}, "NameInOtherCase": {`{"type":"click","Name":"A","key":"k"}`, 40018},
		"URL":    {`{"type":"view","name":"A","url":"` + long(1025) + `"}`, 40020},
		"SubURL": {below(`{"type":"view","name":"A"}`), 40027}, "MiniWithoutURL": {below(`{"type":"miniprogram","name":"A","appid":"` + b.mp.AppID + `"}`), 40027},
		"Mini": {mini(b.mp.AppID), 0}, "NotLinked": {mini(other.AppID), 45064}, "NoMini": {mini("gh_123"), 40166}, "ServiceAccount": {mini(b.oa.AppID), 40166},
		"Media": {`{"type":"media_id","name":"A","media_id":"` + permanent + `"}`, 0}, "TemporaryMedia": {`{"type":"media_id","name":"A","media_id":"` + temporary + `"}`, 40007},
		"Article": {`{"type":"article_view_limited","name":"A","article_id":"ART"}`, 0}, "NoArticle": {`{"type":"article_id","name":"A"}`, 53600},
		"Escapes": {`{"type":"click","name":"A","key":"\u0026"}`, 40033},
	} {
		require.Equal(t, c.code, b.create(c.buttons), name)
	}
	require.Equal(t, 48001, b.post(as(b.mp, menuCreate), `{"button":[`+clickA+`]}`).code(), "a Mini Program has none")
	require.Equal(t, 43002, b.get(as(b.oa, menuCreate)).code())
	require.Equal(t, 43001, b.post(as(b.oa, "/cgi-bin/menu/delete"), `{}`).code(), "deleting is a GET")
	require.Equal(t, 40066, b.get(as(b.oa, "/cgi-bin/menu/get_current_selfmenu_info")).code(), "not below menu")
}

func TestMenuIsShownInTwoShapes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Equal(t, 46003, b.get(as(b.oa, menuGet)).code())
	_, _, body := b.do(http.MethodGet, as(b.oa, selfMenu), "", "")
	require.JSONEq(t, `{"is_menu_open":1,"selfmenu_info":{"button":[]}}`, string(body))

	require.Zero(t, b.create(clickA+","+below(`{"type":"view","name":"B","url":"https://example.com/?a=1&b=<2>"}`)))
	_, _, body = b.do(http.MethodGet, as(b.oa, menuGet), "", "")
	require.Equal(t, `{"menu":{"button":[{"type":"click","name":"A","key":"KEY_A","sub_button":[]},{"name":"More","sub_button":[`+
		`{"type":"view","name":"B","url":"https://example.com/?a=1&b=<2>","sub_button":[]}]}]}}`, string(body))
	_, _, body = b.do(http.MethodGet, as(b.oa, selfMenu), "", "")
	require.Equal(t, `{"is_menu_open":1,"selfmenu_info":{"button":[{"type":"click","name":"A","key":"KEY_A"},{"name":"More","sub_button":{"list":[`+
		`{"type":"view","name":"B","url":"https://example.com/?a=1&b=<2>"}]}}]}}`, string(body))

	require.Equal(t, "400000001", b.post(as(b.oa, menuAdd), `{"button":[`+clickA+`],"matchrule":{"tag_id":"134","client_platform_type":"2"}}`).text("menuid"))
	_, _, body = b.do(http.MethodGet, as(b.oa, menuGet), "", "")
	require.Contains(t, string(body), `,"menuid":400000000},"conditionalmenu":[{"button":[{"type":"click","name":"A","key":"KEY_A","sub_button":[]}],`+
		`"matchrule":{"group_id":134,"client_platform_type":2},"menuid":400000001}]}`)

	require.Zero(t, b.get(as(b.oa, "/cgi-bin/menu/delete")).code())
	require.Equal(t, 46003, b.get(as(b.oa, menuGet)).code())
	require.Empty(t, b.oa.State().ConditionalMenus, "they go with the default menu")
}

func TestMenuOfTheConsole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.oa.SetMenu(
		emulator.MenuButton{Name: "Hours", Type: "text", Value: "9 to 5"},
		emulator.MenuButton{Name: "Read", Buttons: []emulator.MenuButton{{Name: "Week", Type: "news", Value: "MEDIA"}}},
	)
	require.Equal(t, 46003, b.get(as(b.oa, menuGet)).code(), "the API shows its own only")
	require.Equal(t, 65303, b.post(as(b.oa, menuAdd), `{"button":[`+clickA+`],"matchrule":{"tag_id":"1"}}`).code())
	_, _, body := b.do(http.MethodGet, as(b.oa, selfMenu), "", "")
	require.Contains(t, string(body), `{"type":"text","name":"Hours","value":"9 to 5"}`)
	require.Contains(t, string(body), `{"type":"news","name":"Week","value":"MEDIA","news_info":{"list":[{"title":"Week",`)

	u := b.wx.User("u")
	u.Follow(b.oa)
	u.TapButton(b.oa, "Hours")
	u.TapButton(b.oa, "Read", "Week")
	require.Equal(t, "9 to 5", u.Inbox()[0].Text)
	require.Equal(t, "mpnews", u.Inbox()[1].Type)
	require.Zero(t, b.create(clickA), "the API's takes its place")
	require.Equal(t, "A", b.oa.State().Menu[0].Name)
}

func TestMenuSwitchedOff(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	u.Follow(b.oa)
	require.Zero(t, b.create(clickA))
	b.oa.SwitchMenu(false)
	require.Equal(t, 40028, b.create(clickA))
	require.Equal(t, 40028, b.post(as(b.oa, menuAdd), `{"button":[`+clickA+`],"matchrule":{"tag_id":"1"}}`).code())
	require.Equal(t, int64(0), b.get(as(b.oa, selfMenu)).number("is_menu_open"))
	require.True(t, b.oa.State().MenuOff)
	b.oa.SwitchMenu(true)
	require.Zero(t, b.create(clickA))
	u.TapButton(b.oa, "A")
}

func TestConditionalMenus(t *testing.T) {
	t.Parallel()
	b := setup(t)
	rule := func(rule, buttons string) answer {
		return b.post(as(b.oa, menuAdd), `{"button":[`+buttons+`],"matchrule":{`+rule+`}}`)
	}
	require.Equal(t, 65303, rule(`"tag_id":"100"`, clickA).code())
	require.Zero(t, b.create(clickA))
	require.Equal(t, 65304, rule(``, clickA).code())
	require.Equal(t, 65320, rule(`"tag_id":"100","sex":"1"`, clickA).code())
	require.Equal(t, 65320, rule(`"language":"zh_CN"`, clickA).code())
	require.Equal(t, 65307, rule(`"tag_id":"100"`, ``).code())
	require.Equal(t, 40018, rule(`"tag_id":"100"`, `{"type":"click","key":"k"}`).code())

	named := func(name string) string { return strings.ReplaceAll(clickA, `"A"`, `"`+name+`"`) }
	require.Zero(t, b.post(as(b.oa, "/cgi-bin/tags/create"), `{"tag":{"name":"vip"}}`).code())
	require.Zero(t, b.post(as(b.oa, "/cgi-bin/tags/create"), `{"tag":{"name":"late"}}`).code())
	tagged := rule(`"tag_id":100`, named("Tagged")).text("menuid")
	rule(`"client_platform_type":"1"`, named("Phone"))
	newest := rule(`"tag_id":"100","client_platform_type":"1"`, named("Both")).text("menuid")

	ann := b.wx.AddUser(emulator.UserConfig{Name: "ann", ClientPlatform: 1})
	bob := b.wx.User("bob")
	sees := func(user string) string {
		got := b.post(as(b.oa, menuTry), `{"user_id":"`+user+`"}`)
		if got.code() != 0 {
			return got["errcode"].(json.Number).String()
		}
		return got["button"].([]any)[0].(map[string]any)["name"].(string)
	}
	require.Equal(t, "65302", sees("bob"), "he does not follow")
	ann.Follow(b.oa)
	bob.Follow(b.oa)
	require.Equal(t, "Phone", sees("ann"))
	require.Equal(t, "A", sees(bob.OpenID(b.oa)))
	require.Nil(t, bob.State().Accounts[1].Menu, "the default one")
	tag := func(id int) {
		require.Zero(t, b.post(as(b.oa, "/cgi-bin/tags/members/batchtagging"),
			fmt.Sprintf(`{"openid_list":[%q,%q],"tagid":%d}`, ann.OpenID(b.oa), bob.OpenID(b.oa), id)).code())
	}
	tag(100)
	require.Equal(t, "Both", sees("ann"))
	require.Equal(t, "Tagged", sees("bob"))
	require.Equal(t, "Tagged", bob.State().Accounts[1].Menu[0].Name)
	require.Zero(t, b.post(as(b.oa, menuDel), `{"menuid":"`+newest+`"}`).code())
	require.Equal(t, 65301, b.post(as(b.oa, menuDel), `{"menuid":"`+newest+`"}`).code())
	require.Equal(t, "Phone", sees("ann"), "the newest that fits")
	tag(101)
	require.Equal(t, "A", sees("bob"), "the tag that was given last")
	require.Equal(t, 65302, b.post(as(b.oa, menuTry), `{"user_id":"nobody"}`).code())
	require.Zero(t, b.post(as(b.oa, menuDel), `{"menuid":`+tagged+`}`).code(), "a number is taken, too")
	require.Zero(t, b.get(as(b.oa, "/cgi-bin/menu/delete")).code())
	require.Equal(t, "46003", sees("ann"))
}

func TestConditionalMenusLeadToThreeDomains(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Zero(t, b.create(clickA))
	view := func(host string) int {
		return b.post(as(b.oa, menuAdd), `{"button":[`+below(`{"type":"view","name":"A","url":"https://`+host+`/x"}`)+`],"matchrule":{"tag_id":"1"}}`).code()
	}
	for _, host := range []string{"a.example.com", "b.example.com", "a.example.com", "c.example.com"} {
		require.Zero(t, view(host))
	}
	require.Equal(t, 65316, view("d.example.com"))
}

// menuOfAllTaps has a button for each type that a tap tells of.
const menuOfAllTaps = `{"name":"Ask","sub_button":[{"type":"click","name":"Click","key":"K"},{"type":"scancode_push","name":"Scan","key":"K"},` +
	`{"type":"scancode_waitmsg","name":"Wait","key":"K"},{"type":"location_select","name":"Place","key":"K"}]},` +
	`{"name":"Send","sub_button":[{"type":"pic_sysphoto","name":"Camera","key":"K"},{"type":"pic_photo_or_album","name":"Either","key":"K"},` +
	`{"type":"pic_weixin","name":"Album","key":"K"}]},` +
	`{"name":"Go","sub_button":[{"type":"view","name":"Page","url":"https://example.com/?a=1"},{"type":"miniprogram","name":"Mini",` +
	`"url":"https://example.com","appid":"MINI","pagepath":"pages/a?b=1"},{"type":"media_id","name":"Picture","media_id":"MEDIA"},` +
	`{"type":"article_id","name":"Card","article_id":"ART"},{"type":"article_view_limited","name":"Article","article_id":"ART"}]}`

// TestTaps holds each type of button to what its tap pushes, opens and shows, and to the window that it opens.
func TestTaps(t *testing.T) {
	t.Parallel()
	const key = "<EventKey><![CDATA[K]]></EventKey>"
	scan := emulator.MenuInput{Scan: "https://example.com/code"}
	pictures := emulator.MenuInput{Pictures: [][]byte{[]byte("one"), []byte("two")}}
	place := emulator.MenuInput{Place: &emulator.MenuPlace{Latitude: 23.1, Longitude: 113.25, Scale: 15, Label: "Main Street 1", Name: "Office"}}
	scanned := key + "<ScanCodeInfo><ScanType><![CDATA[qrcode]]></ScanType><ScanResult><![CDATA[https://example.com/code]]></ScanResult></ScanCodeInfo>"
	sums := key + "<SendPicsInfo><Count>2</Count><PicList><item><PicMd5Sum><![CDATA[f97c5d29941bfb1b2fdab0874906ab82]]></PicMd5Sum></item>" +
		"<item><PicMd5Sum><![CDATA[b8a9f715dbb64fd5c56e7783c6820a61]]></PicMd5Sum></item></PicList></SendPicsInfo>"
	const at = "<Location_X><![CDATA[23.1]]></Location_X><Location_Y><![CDATA[113.25]]></Location_Y><Scale><![CDATA[15]]></Scale><Label><![CDATA[Main Street 1]]></Label>"
	type allowed struct{ messages, refusal int } // the refusal is that of the message after them
	short, long, none := allowed{3, 45047}, allowed{5, 45047}, allowed{0, 45015}
	for name, c := range map[string]struct {
		path   string
		in     emulator.MenuInput
		pushed []string // the types
		body   string   // of the first
		window allowed
		opens  string
		shown  []string // types of messages on the phone
	}{
		"click":              {"Ask/Click", emulator.MenuInput{}, []string{"CLICK"}, key + "</xml>", short, "", nil},
		"scancode_push":      {"Ask/Scan", scan, []string{"scancode_push"}, scanned, short, "https://example.com/code", nil},
		"scancode_waitmsg":   {"Ask/Wait", scan, []string{"scancode_waitmsg"}, scanned, short, "https://example.com/code", nil},
		"location_select":    {"Ask/Place", place, []string{"location_select", "location"}, key + "<SendLocationInfo>" + at + "<Poiname><![CDATA[Office]]></Poiname></SendLocationInfo>", long, "", []string{"location"}},
		"pic_sysphoto":       {"Send/Camera", pictures, []string{"pic_sysphoto", "image", "image"}, sums, long, "", []string{"image", "image"}},
		"pic_photo_or_album": {"Send/Either", pictures, []string{"pic_photo_or_album", "image", "image"}, sums, long, "", []string{"image", "image"}},
		"pic_weixin":         {"Send/Album", pictures, []string{"pic_weixin", "image", "image"}, sums, long, "", []string{"image", "image"}},
		"view":               {"Go/Page", emulator.MenuInput{}, []string{"VIEW"}, "<EventKey><![CDATA[https://example.com/?a=1]]></EventKey><MenuId>400000000</MenuId></xml>", none, "https://example.com/?a=1", nil},
		"miniprogram":        {"Go/Mini", emulator.MenuInput{}, []string{"view_miniprogram"}, "<EventKey><![CDATA[pages/a?b=1]]></EventKey><MenuId>400000000</MenuId></xml>", none, "pages/a?b=1", nil},
		"media_id":           {"Go/Picture", emulator.MenuInput{}, nil, "", none, "", []string{"image"}},
		"article_id":         {"Go/Card", emulator.MenuInput{}, nil, "", none, "", []string{"mpnewsarticle"}},
		"article_view":       {"Go/Article", emulator.MenuInput{}, nil, "", none, "https://mp.weixin.qq.com/s/ART", nil},
		"sub-menu":           {"Go", emulator.MenuInput{}, nil, "", none, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.oa.Link(b.mp)
			media := b.oa.AddPermanentMedia("image", "a.jpg", nil)
			require.Zero(t, b.create(strings.NewReplacer("MINI", b.mp.AppID, "MEDIA", media).Replace(menuOfAllTaps)))
			u := b.wx.User("u")
			u.Follow(b.oa)
			b.wx.Advance(time.Hour) // past the window of the follow
			listen(t, b.oa, emulator.Callback{Mode: emulator.Plaintext})
			opened := u.TapButtonWith(b.oa, c.in, strings.Split(c.path, "/")...)
			var pushed, shown []string
			for _, p := range b.wx.Pushes() {
				pushed = append(pushed, p.Type)
			}
			for _, m := range u.Inbox() {
				shown = append(shown, m.Type)
			}
			require.Equal(t, c.pushed, pushed)
			require.Equal(t, c.shown, shown)
			if c.body != "" {
				require.Contains(t, b.wx.Pushes()[0].Plain, c.body)
			}
			page := opened.URL
			if opened.MiniProgram != nil {
				page = opened.MiniProgram.Page
			}
			require.Equal(t, c.opens, page)
			var got allowed
			got.messages, got.refusal = b.sendsAllowed(b.oa, u)
			require.Equal(t, c.window, got)
		})
	}
}

func TestTapOfAPersonalisedMenuNamesIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Zero(t, b.create(clickA))
	id := b.post(as(b.oa, menuAdd), `{"button":[{"type":"view","name":"VIP","url":"https://example.com"}],"matchrule":{"client_platform_type":"2"}}`).text("menuid")
	u := b.wx.User("u")
	u.Follow(b.oa)
	r := listen(t, b.oa, emulator.Callback{Mode: emulator.Plaintext})
	u.TapButton(b.oa, "VIP")
	require.Contains(t, r.last(), "<MenuId>"+id+"</MenuId>")
}

func TestTapMisuse(t *testing.T) {
	t.Parallel()
	wx, err := emulator.Start()
	require.NoError(t, err)
	oa, mini := wx.ServiceAccount(), wx.MiniProgram()
	u, stranger := wx.User("u"), wx.User("stranger")
	u.Follow(oa)
	oa.SetMenu(
		emulator.MenuButton{Name: "Scan", Type: "scancode_push", Key: "S"}, emulator.MenuButton{Name: "Photo", Type: "pic_weixin", Key: "P"},
		emulator.MenuButton{Name: "Place", Type: "location_select", Key: "L"},
	)
	for want, f := range map[string]func(){
		`sees no button ["Help"]`:                         func() { u.TapButton(oa, "Help") },
		`sees no button ["Scan" "More"]`:                  func() { u.TapButton(oa, "Scan", "More") },
		`sees no button []`:                               func() { u.TapButton(oa) },
		"MenuInput.Scan is empty":                         func() { u.TapButton(oa, "Scan") },
		"MenuInput.Pictures is empty":                     func() { u.TapButton(oa, "Photo") },
		"MenuInput.Place is empty":                        func() { u.TapButton(oa, "Place") },
		"does not follow":                                 func() { stranger.TapButton(oa, "Scan") },
		"TapButton: Demo Mini Program is a mini program":  func() { u.TapButton(mini, "Scan") },
		"is a scancode_push":                              func() { u.TapMenu(oa, "S") },
		`SetMenu: button "x": no type "y"`:                func() { oa.SetMenu(emulator.MenuButton{Name: "x", Type: "y"}) },
		"SwitchMenu: Demo Mini Program is a mini program": func() { mini.SwitchMenu(false) },
		`button "z": no type "hologram"`: func() {
			oa.SetMenu(emulator.MenuButton{Name: "x", Buttons: []emulator.MenuButton{{Name: "z", Type: "hologram"}}})
		},
	} {
		require.Contains(t, misuseOf(f), want)
	}
	require.NotPanics(t, func() { u.TapMenu(oa, "another key") })
}

// misuseOf is the reason of a panic.
func misuseOf(f func()) (reason string) {
	defer func() {
		if p, ok := recover().(*emulator.MisuseError); ok {
			reason = p.Reason
		}
	}()
	f()
	return ""
}

func TestMenusAreSaved(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann := b.wx.AddUser(emulator.UserConfig{Name: "ann", ClientPlatform: 1})
	ann.Follow(b.oa)
	require.Zero(t, b.create(clickA+","+below(clickA)))
	b.post(as(b.oa, menuAdd), `{"button":[{"type":"view","name":"VIP","url":"https://example.com"}],"matchrule":{"client_platform_type":"1"}}`)
	state := save(t, b.wx)
	wx := load(t, state)
	require.JSONEq(t, string(state), string(save(t, wx)))
	require.Equal(t, toJSON(t, withoutCounts(b.wx)), toJSON(t, withoutCounts(wx)))
	require.Equal(t, "https://example.com", wx.User("ann").TapButton(wx.ServiceAccount(), "VIP").URL)
	again := &bundle{t: t, wx: wx, mp: wx.MiniProgram(), oa: wx.ServiceAccount(), cli: wx.HTTPClient()}
	require.Equal(t, "400000002", again.post(as(again.oa, menuAdd), `{"button":[`+clickA+`],"matchrule":{"tag_id":"1"}}`).text("menuid"))

	b.oa.SwitchMenu(false)
	require.True(t, load(t, save(t, b.wx)).ServiceAccount().State().MenuOff)
}

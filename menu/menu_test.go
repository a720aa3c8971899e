package menu_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/menu"
	"github.com/wechatkit/wechat/token"
)

// setup returns a client whose requests answer gets. A nil answer means that none may be made.
func setup(t *testing.T, answer httpmock.Responder, opts ...wechat.Option) *menu.Client {
	t.Helper()
	mock := httpmock.NewMockTransport()
	if answer != nil {
		mock.RegisterNoResponder(answer)
	}
	opts = append(opts, wechat.WithTokenSource(token.Static("ACCESS_TOKEN")), wechat.WithHTTPClient(&http.Client{Transport: mock}))
	core, err := wechat.New(wechat.Config{AppID: "wx0123456789abcdef"}, opts...)
	require.NoError(t, err)
	return menu.New(core)
}

// read returns the menu that Get makes of a button list.
func read(t *testing.T, list string) menu.Menu {
	t.Helper()
	menus, err := setup(t, httpmock.NewStringResponder(http.StatusOK, `{"menu":{"button":`+list+`}}`)).Get(t.Context())
	require.NoError(t, err)
	return menus.Default
}

func requireFieldError(t *testing.T, want string, err error) {
	t.Helper()
	require.EqualError(t, err, want)
	require.ErrorIs(t, err, errcode.InvalidArgument)
	var finding *errcode.FieldError
	require.ErrorAs(t, err, &finding)
}

// below puts a button into a sub-menu.
func below(b menu.Button) menu.Menu {
	return menu.Menu{menu.Submenu{Name: "More", Buttons: menu.Menu{b}}}
}

func TestChecksNameTheField(t *testing.T) {
	t.Parallel()
	click := menu.Click{Name: "x", Key: "k"}
	long := func(n int) string { return strings.Repeat("x", n) }
	for name, c := range map[string]struct {
		menu menu.Menu
		want string
	}{
		"None":     {nil, "Menu: 0 buttons, want 1 to 3"},
		"Four":     {menu.Menu{click, click, click, click}, "Menu: 4 buttons, want 1 to 3"},
		"Nil":      {menu.Menu{click, nil}, "Menu[1]: nil"},
		"NilClick": {menu.Menu{(*menu.Click)(nil)}, "Menu[0]: nil"},
		"NoSub":    {menu.Menu{menu.Submenu{Name: "x"}}, "Menu[0].Buttons: 0 buttons, want 1 to 5"},
		"SixSub": {
			menu.Menu{menu.Submenu{Name: "x", Buttons: menu.Menu{click, click, click, click, click, click}}},
			"Menu[0].Buttons: 6 buttons, want 1 to 5",
		},
		"Deep":          {below(menu.Submenu{Name: "x", Buttons: menu.Menu{click}}), "Menu[0].Buttons[0]: a sub-menu in a sub-menu"},
		"NoName":        {menu.Menu{click, menu.Click{Key: "k"}}, "Menu[1].Name: empty"},
		"LongName":      {menu.Menu{menu.Click{Name: "我的合同列表", Key: "k"}}, "Menu[0].Name: 18 bytes, limit 16"},
		"LongMenuName":  {menu.Menu{menu.Submenu{Name: long(17), Buttons: menu.Menu{click}}}, "Menu[0].Name: 17 bytes, limit 16"},
		"LongSubName":   {below(menu.Click{Name: long(61), Key: "k"}), "Menu[0].Buttons[0].Name: 61 bytes, limit 60"},
		"NoKey":         {menu.Menu{menu.Album{Name: "x"}}, "Menu[0].Key: empty"},
		"LongKey":       {below(menu.ScanWait{Name: "x", Key: long(129)}), "Menu[0].Buttons[0].Key: 129 bytes, limit 128"},
		"NoURL":         {menu.Menu{menu.View{Name: "x"}}, "Menu[0].URL: empty"},
		"LongURL":       {menu.Menu{menu.View{Name: "x", URL: long(1025)}}, "Menu[0].URL: 1025 bytes, limit 1024"},
		"NoFallback":    {below(menu.MiniProgram{Name: "x", AppID: "wx1", Page: "p"}), "Menu[0].Buttons[0].URL: empty"},
		"NoAppID":       {menu.Menu{menu.MiniProgram{Name: "x", URL: "u", Page: "p"}}, "Menu[0].AppID: empty"},
		"OriginalID":    {menu.Menu{menu.MiniProgram{Name: "x", URL: "u", AppID: "gh_1", Page: "p"}}, "Menu[0].AppID: an original ID (gh_…), want an AppID"},
		"NoPage":        {menu.Menu{menu.MiniProgram{Name: "x", URL: "u", AppID: "wx1"}}, "Menu[0].Page: empty"},
		"NoMedia":       {menu.Menu{menu.Material{Name: "x"}}, "Menu[0].MediaID: empty"},
		"NoArticle":     {menu.Menu{menu.ArticlePage{Name: "x"}}, "Menu[0].ArticleID: empty"},
		"Console":       {menu.Menu{menu.Text{Name: "x", Content: "y"}}, `Menu[0]: a button of type "text" is made in the console only`},
		"BrokenRaw":     {menu.Menu{menu.Raw(`{"type":`)}, "Menu[0]: no JSON object"},
		"RawIsNoButton": {menu.Menu{menu.Raw(`null`)}, "Menu[0]: no JSON object"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireFieldError(t, "menu: "+c.want, setup(t, nil).Create(t.Context(), c.menu))
			_, err := setup(t, nil).Update(t.Context(), c.menu)
			requireFieldError(t, "menu: "+c.want, err)
			_, err = setup(t, nil).AddConditional(t.Context(), &menu.Conditional{Menu: c.menu, Rule: menu.Rule{TagID: 100}})
			requireFieldError(t, "menu: "+c.want, err)
		})
	}
}

// The longest texts pass, in bytes and not in characters.
func TestTheLimitsPass(t *testing.T) {
	t.Parallel()
	m := menu.Menu{
		menu.Click{Name: "我的合同表x", Key: strings.Repeat("k", 128)},
		menu.Submenu{Name: strings.Repeat("x", 16), Buttons: menu.Menu{
			menu.View{Name: strings.Repeat("我", 20), URL: strings.Repeat("u", 1024)},
		}},
	}
	require.NoError(t, setup(t, httpmock.NewStringResponder(http.StatusOK, `{"errcode":0}`)).Create(t.Context(), m))
}

// A text in another encoding is named by its place, and is sent under no option.
func TestTextThatIsNoUTF8(t *testing.T) {
	t.Parallel()
	const gbk = "\xd7\xaa\xbb\xbb"
	for want, m := range map[string]menu.Menu{
		"Menu[1].Name":           {menu.Click{Name: "x", Key: "k"}, menu.Click{Name: gbk, Key: "k"}},
		"Menu[0].Key":            {menu.Click{Name: "x", Key: gbk}},
		"Menu[0].Name":           {menu.Submenu{Name: gbk, Buttons: menu.Menu{menu.Click{Name: "x", Key: "k"}}}},
		"Menu[0].Buttons[0].URL": below(menu.View{Name: "x", URL: gbk}),
	} {
		for _, opts := range [][]wechat.Option{nil, {wechat.WithoutChecks()}} {
			requireFieldError(t, "menu: "+want+": not UTF-8", setup(t, nil, opts...).Create(t.Context(), m))
		}
	}
}

func TestWithoutChecksTheWordIsWeChats(t *testing.T) {
	t.Parallel()
	refusing := setup(t, httpmock.NewStringResponder(http.StatusOK, `{"errcode":40023,"errmsg":"x"}`), wechat.WithoutChecks())
	deep := below(menu.Submenu{Name: "x", Buttons: below(menu.Text{Name: "x"})})
	require.ErrorIs(t, refusing.Create(t.Context(), deep), errcode.InvalidSubButtonCount)
	_, err := refusing.AddConditional(t.Context(), &menu.Conditional{Rule: menu.Rule{Sex: "2"}})
	require.ErrorIs(t, err, errcode.InvalidSubButtonCount)
	require.ErrorIs(t, refusing.DeleteConditional(t.Context(), ""), errcode.InvalidSubButtonCount)
	requireFieldError(t, "menu: Menu[0].Buttons[0]: nil", refusing.Create(t.Context(), below(nil)))
	requireFieldError(t, "menu: Menu[0].Buttons[0]: no JSON object", refusing.Create(t.Context(), below(menu.Raw("no"))))
}

func TestRulesNameTheField(t *testing.T) {
	t.Parallel()
	m := menu.Menu{menu.Click{Name: "x", Key: "k"}}
	for want, rule := range map[string]menu.Rule{
		"Rule: empty": {},
		"Rule.Sex: WeChat takes no private data of users since 2021":      {TagID: 100, Sex: "1"},
		"Rule.Language: WeChat takes no private data of users since 2021": {Language: "zh_CN"},
	} {
		_, err := setup(t, nil).AddConditional(t.Context(), &menu.Conditional{Menu: m, Rule: rule})
		requireFieldError(t, "menu: "+want, err)
	}
	_, err := setup(t, nil).AddConditional(t.Context(), nil)
	requireFieldError(t, "menu: Conditional: nil", err)
	requireFieldError(t, "menu: ID: empty", setup(t, nil).DeleteConditional(t.Context(), ""))
	_, err = setup(t, nil).TryMatch(t.Context(), "")
	requireFieldError(t, "menu: User: empty", err)
}

func TestEqual(t *testing.T) {
	t.Parallel()
	for _, m := range []menu.Menu{shop, kinds} {
		require.True(t, m.Equal(slices.Clone(m)))
	}
	require.True(t, menu.Menu(nil).Equal(menu.Menu{}))
	require.False(t, shop.Equal(kinds))
	require.False(t, shop.Equal(nil))

	click := menu.Click{Name: "Today", Key: "menu.today"}
	one := menu.Menu{click}
	require.True(t, one.Equal(menu.Menu{&click}), "a pointer is the button")
	require.True(t, one.Equal(menu.Menu{menu.Click{Name: "To\x01day", Key: "menu.today"}}), "never sent")
	require.False(t, one.Equal(menu.Menu{menu.ScanPush{Name: "Today", Key: "menu.today"}}), "another kind")
	require.False(t, one.Equal(menu.Menu{menu.Click{Name: "Today", Key: "menu.tomorrow"}}))
	require.False(t, one.Equal(menu.Menu{click, click}))
	require.False(t, below(click).Equal(one))
	require.False(t, one.Equal(menu.Menu{nil}))
	require.False(t, menu.Menu{click, menu.View{Name: "a", URL: "b"}}.Equal(menu.Menu{menu.View{Name: "a", URL: "b"}, click}), "the order counts")

	raw := menu.Menu{menu.Raw(`{"type":"new","name":"x","depth":12345678901234567890,"sub_button":[]}`)}
	require.True(t, raw.Equal(menu.Menu{menu.Raw(` {"depth":12345678901234567890, "name":"\u0078","type":"new"}`)}))
	require.True(t, raw.Equal(menu.Menu{menu.Raw(`{"type":"new","name":"x","depth":12345678901234567890,"sub_button":{"list":[]}}`)}))
	require.False(t, raw.Equal(menu.Menu{menu.Raw(`{"type":"new","name":"x","depth":12345678901234567891}`)}))
}

func TestConditionalEqual(t *testing.T) {
	t.Parallel()
	vip := menu.Conditional{ID: "1", Rule: menu.Rule{TagID: 134}, Menu: shop}
	same, other := vip, vip
	same.ID, other.Rule.Client = "2", menu.IOS
	require.True(t, vip.Equal(&same), "the id does not count")
	require.False(t, vip.Equal(&other))
	require.False(t, vip.Equal(nil))
	require.True(t, (*menu.Conditional)(nil).Equal(nil))
}

// What WeChat adds one day must not be lost, nor be taken for something else.
func TestUnknownKindsPassThrough(t *testing.T) {
	t.Parallel()
	hologram := `{"type":"hologram","name":"New","depth":{"of":[1,2]},"sub_button":[]}`
	m := read(t, `[`+hologram+`,{"name":"More","sub_button":[`+hologram+`]}]`)
	require.Equal(t, menu.Menu{menu.Raw(hologram), below(menu.Raw(hologram))[0]}, m)

	var sent []byte
	client := setup(t, func(r *http.Request) (*http.Response, error) {
		var body struct {
			Button []json.RawMessage `json:"button"`
		}
		require.NoError(t, json.NewDecoder(r.Body).Decode(&body))
		sent = body.Button[0]
		return httpmock.NewStringResponse(http.StatusOK, `{"errcode":0}`), nil
	})
	require.NoError(t, client.Create(t.Context(), m))
	require.JSONEq(t, `{"type":"hologram","name":"New","depth":{"of":[1,2]}}`, string(sent))
}

// The shapes in which sub-menus were seen, and some in which they were not.
func TestSubmenusOfAnyShape(t *testing.T) {
	t.Parallel()
	click := menu.Click{Name: "a", Key: "k"}
	const leaf = `{"type":"click","name":"a","key":"k"}`
	for name, sub := range map[string]string{
		"List": `[` + leaf + `]`, "ObjectWithList": `{"list":[` + leaf + `]}`, "One": leaf, "ObjectWithOne": `{"list":` + leaf + `}`,
	} {
		require.Equal(t, below(click), read(t, `[{"name":"More","sub_button":`+sub+`}]`), name)
		require.Equal(t, below(click), read(t, `[{"type":"","key":"","name":"More","sub_button":`+sub+`}]`), name)
	}
	for _, none := range []string{`[]`, `{"list":[]}`, `{}`, `null`, `""`, `{"list":null}`} {
		require.Equal(t, menu.Menu{click}, read(t, `[{"type":"click","name":"a","key":"k","sub_button":`+none+`}]`), none)
		require.Equal(t, menu.Menu{menu.Submenu{Name: "Empty"}}, read(t, `[{"name":"Empty","sub_button":`+none+`}]`), none)
	}
	third := `{"name":"Third","sub_button":[` + leaf + `]}`
	require.Equal(t, below(menu.Raw(third)), read(t, `[{"name":"More","sub_button":[`+third+`]}]`), "no such level")
	require.Equal(t, menu.Menu{menu.Raw(`{"name":"x","key":"k"}`)}, read(t, `[{"name":"x","key":"k"}]`), "an action, and no type")
	require.Equal(t, menu.Menu{click, menu.Click{Name: "b", Key: "v"}}, read(t, `[`+leaf+`,null,{"type":"click","name":"b","value":"v"}]`))
}

// The current menu may give what an API menu does in the field of the console's.
func TestValueStandsForAnyField(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]menu.Button{
		"click": menu.Click{Name: "a", Key: "v"}, "view": menu.View{Name: "a", URL: "v"}, "media_id": menu.Material{Name: "a", MediaID: "v"},
		"view_limited": menu.MaterialPage{Name: "a", MediaID: "v"}, "article_id": menu.Article{Name: "a", ArticleID: "v"},
		"article_view_limited": menu.ArticlePage{Name: "a", ArticleID: "v"}, "pic_weixin": menu.Album{Name: "a", Key: "v"},
	} {
		require.Equal(t, menu.Menu{want}, read(t, `[{"type":"`+kind+`","name":"a","value":"v"}]`), kind)
	}
}

func TestAddConditionalIsNotRepeated(t *testing.T) {
	t.Parallel()
	asked := 0
	client := setup(t, func(*http.Request) (*http.Response, error) {
		asked++
		return nil, http.ErrHandlerTimeout
	})
	_, err := client.AddConditional(t.Context(), &menu.Conditional{Menu: shop, Rule: menu.Rule{TagID: 134}})
	require.ErrorIs(t, err, wechat.ErrOutcomeUnknown)
	require.Equal(t, 1, asked)
}

package menu_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/menu"
)

const createPath = "/cgi-bin/menu/create"

// onEmulator returns a client for an account of the emulator.
func onEmulator(t *testing.T, wx *emulator.Server, a *emulator.App, opts ...wechat.Option) *menu.Client {
	t.Helper()
	core, err := wechat.New(wechat.Config{AppID: a.AppID, AppSecret: wechat.Secret(a.AppSecret)},
		append(opts, wechat.WithHTTPClient(wx.HTTPClient()))...)
	require.NoError(t, err)
	return menu.New(core)
}

// source makes up menus that keep all the rules.
type source struct {
	*rand.Rand

	appIDs, mediaIDs []string
}

// letters are of one to four bytes; some need an escape in JSON, or would get one from a careless encoder.
var letters = []rune("aZ09 <>&'\"\\/ß我的合同😀\u2028\t\n")

// text has 1 to most bytes.
func (s *source) text(most int) string {
	var b strings.Builder
	for want := 1 + s.IntN(most); b.Len() < want; {
		if r := letters[s.IntN(len(letters))]; b.Len()+utf8.RuneLen(r) <= want {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func (s *source) url() string {
	return "https://example.com/" + strings.Repeat("x", s.IntN(990)) + fmt.Sprintf("?a=%d&b=1", s.IntN(100))
}

func pick[T any](s *source, list []T) T { return list[s.IntN(len(list))] }

// leaf makes a button of any kind.
func (s *source) leaf(longest int) menu.Button {
	name, key := s.text(longest), s.text(128)
	return pick(s, []menu.Button{
		menu.Click{Name: name, Key: key}, menu.View{Name: name, URL: s.url()},
		menu.MiniProgram{Name: name, AppID: pick(s, s.appIDs), Page: "pages/" + s.text(20), URL: s.url()},
		menu.ScanPush{Name: name, Key: key}, menu.ScanWait{Name: name, Key: key}, menu.Camera{Name: name, Key: key},
		menu.CameraOrAlbum{Name: name, Key: key}, menu.Album{Name: name, Key: key}, menu.Location{Name: name, Key: key},
		menu.Material{Name: name, MediaID: pick(s, s.mediaIDs)}, menu.MaterialPage{Name: name, MediaID: pick(s, s.mediaIDs)},
		menu.Article{Name: name, ArticleID: s.text(30)}, menu.ArticlePage{Name: name, ArticleID: s.text(30)},
		&menu.Click{Name: name, Key: key},
	})
}

func (s *source) menu() menu.Menu {
	m := make(menu.Menu, 1+s.IntN(3))
	for i := range m {
		if s.IntN(2) == 0 {
			m[i] = s.leaf(16)
			continue
		}
		sub := menu.Submenu{Name: s.text(16), Buttons: make(menu.Menu, 1+s.IntN(5))}
		for j := range sub.Buttons {
			sub.Buttons[j] = s.leaf(60)
		}
		m[i] = sub
	}
	return m
}

// TestWrittenAndRead has a thousand menus come back as they were written, by each of the calls that show them.
func TestWrittenAndRead(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	oa, mini, alice := wx.ServiceAccount(), wx.MiniProgram(), wx.User("alice")
	oa.Link(mini)
	oa.SetQuota(createPath, 2000)
	alice.Follow(oa)
	client := onEmulator(t, wx, oa)
	s := &source{
		Rand: rand.New(rand.NewPCG(1, 2)), appIDs: []string{mini.AppID},
		mediaIDs: []string{oa.AddPermanentMedia("image", "a.jpg", nil), oa.AddPermanentMedia("video", "b.mp4", nil)},
	}
	for i := range 1000 {
		m := s.menu()
		require.NoError(t, client.Create(t.Context(), m), "menu %d", i)
		menus, err := client.Get(t.Context())
		require.NoError(t, err)
		require.True(t, menus.Default.Equal(m), "menu %d: %#v", i, m)
		require.True(t, m.Equal(menus.Default), "menu %d", i)
		current, err := client.Current(t.Context())
		require.NoError(t, err)
		require.True(t, current.Open)
		require.True(t, current.Menu.Equal(m), "menu %d: %#v", i, m)
		matched, err := client.TryMatch(t.Context(), alice.OpenID(oa))
		require.NoError(t, err)
		require.True(t, matched.Equal(m), "menu %d", i)
		require.NoError(t, client.Create(t.Context(), menus.Default), "what was read can be written")
		if other := s.menu(); other.Equal(m) {
			require.Equal(t, other, m, "menu %d", i)
		}
	}
}

// TestUpdateWritesOnlyWhatDiffers counts the calls that a deployment makes.
func TestUpdateWritesOnlyWhatDiffers(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	oa := wx.ServiceAccount()
	client := onEmulator(t, wx, oa)
	m := menu.Menu{menu.Click{Name: "Today", Key: "TODAY"}, menu.View{Name: "Shop", URL: "https://shop.example.com/?a=1&b=2"}}
	update := func(m menu.Menu) bool {
		changed, err := client.Update(t.Context(), m)
		require.NoError(t, err)
		return changed
	}
	require.True(t, update(m), "there was none")
	require.False(t, update(m))
	require.Equal(t, 1, wx.Count(createPath))
	m[0] = menu.Click{Name: "Today", Key: "TODAY_2"}
	require.True(t, update(m))
	require.False(t, update(m))
	require.Equal(t, 2, wx.Count(createPath))
	require.Zero(t, wx.Count("/cgi-bin/menu/delete"))

	oa.SetMenu(emulator.MenuButton{Name: "Hours", Type: "text", Value: "9 to 5"})
	require.True(t, update(m), "the console's menu is not the API's")

	oa.SwitchMenu(false)
	m[0] = menu.Click{Name: "Today", Key: "TODAY_3"}
	changed, err := client.Update(t.Context(), m)
	require.True(t, changed)
	require.ErrorIs(t, err, errcode.MenuSwitchedOff)
}

func TestConditionalMenusOnTheEmulator(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	oa := wx.ServiceAccount()
	client := onEmulator(t, wx, oa)
	vip := &menu.Conditional{Rule: menu.Rule{Client: menu.Android}, Menu: menu.Menu{menu.View{Name: "VIP", URL: "https://example.com/vip"}}}
	_, err := client.AddConditional(t.Context(), vip)
	require.ErrorIs(t, err, errcode.DefaultMenuMissing)
	standard := menu.Menu{menu.Click{Name: "Today", Key: "TODAY"}}
	require.NoError(t, client.Create(t.Context(), standard))
	id, err := client.AddConditional(t.Context(), vip)
	require.NoError(t, err)

	menus, err := client.Get(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, menus.ID)
	require.Len(t, menus.Conditional, 1)
	require.Equal(t, id, menus.Conditional[0].ID, "a string in one answer, a number in the other")
	require.True(t, menus.Conditional[0].Equal(vip))

	_, err = client.TryMatch(t.Context(), "alice")
	require.ErrorIs(t, err, errcode.MenuUserNotFound)
	wx.User("alice").Follow(oa)
	matched, err := client.TryMatch(t.Context(), "alice")
	require.NoError(t, err)
	require.True(t, matched.Equal(vip.Menu))

	require.NoError(t, client.DeleteConditional(t.Context(), id))
	require.ErrorIs(t, client.DeleteConditional(t.Context(), id), errcode.ConditionalMenuNotFound)
	require.NoError(t, client.Delete(t.Context()))
	_, err = client.Get(t.Context())
	require.ErrorIs(t, err, errcode.MenuNotFound)
}

// The local checks are not stricter than the emulator, which reads WeChat's pages on its own, nor laxer.
func TestChecksAndEmulatorAgree(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	oa := wx.ServiceAccount()
	oa.Link(wx.MiniProgram())
	checked, free := onEmulator(t, wx, oa), onEmulator(t, wx, oa, wechat.WithoutChecks())
	click := menu.Click{Name: "x", Key: "k"}
	long := func(n int) string { return strings.Repeat("x", n) }
	for name, c := range map[string]struct {
		menu menu.Menu
		code errcode.Code // 0: fine
	}{
		"None":         {nil, errcode.InvalidButtonCount},
		"Four":         {menu.Menu{click, click, click, click}, errcode.InvalidButtonCount},
		"EmptySub":     {menu.Menu{menu.Submenu{Name: "x"}}, errcode.InvalidSubButtonCount},
		"Deep":         {below(menu.Submenu{Name: "x", Buttons: menu.Menu{click}}), errcode.MenuTooDeep},
		"Console":      {below(menu.Text{Name: "x", Content: "y"}), errcode.InvalidSubButtonType},
		"NoName":       {menu.Menu{menu.Click{Key: "k"}}, errcode.InvalidButtonName},
		"Name16":       {menu.Menu{menu.Click{Name: long(16), Key: "k"}}, 0},
		"Name17":       {menu.Menu{menu.Click{Name: long(17), Key: "k"}}, errcode.InvalidButtonName},
		"SubName60":    {below(menu.Click{Name: long(60), Key: "k"}), 0},
		"SubName61":    {below(menu.Click{Name: long(61), Key: "k"}), errcode.InvalidSubButtonName},
		"Key128":       {menu.Menu{menu.Location{Name: "x", Key: long(128)}}, 0},
		"Key129":       {menu.Menu{menu.Location{Name: "x", Key: long(129)}}, errcode.InvalidButtonKey},
		"SubKey129":    {below(menu.Location{Name: "x", Key: long(129)}), errcode.InvalidSubButtonKey},
		"URL1024":      {menu.Menu{menu.View{Name: "x", URL: long(1024)}}, 0},
		"URL1025":      {menu.Menu{menu.View{Name: "x", URL: long(1025)}}, errcode.InvalidButtonURL},
		"SubNoURL":     {below(menu.View{Name: "x"}), errcode.InvalidSubButtonURL},
		"OriginalID":   {menu.Menu{menu.MiniProgram{Name: "x", URL: "https://example.com", AppID: "gh_1", Page: "p"}}, errcode.MiniProgramNotLinked},
		"EmptyArticle": {menu.Menu{menu.Article{Name: "x"}}, errcode.InvalidArticleID},
		"EmptyMedia":   {menu.Menu{menu.Material{Name: "x"}}, errcode.InvalidMediaID},
	} {
		before := wx.Count(createPath)
		found, answered := checked.Create(t.Context(), c.menu), free.Create(t.Context(), c.menu)
		if c.code == 0 {
			require.NoError(t, found, name)
			require.NoError(t, answered, name)
			continue
		}
		var finding *errcode.FieldError
		require.ErrorAs(t, found, &finding, name)
		require.ErrorIs(t, answered, c.code, name)
		require.Equal(t, before+1, wx.Count(createPath), name)
	}
}

func TestMiniProgramsHaveNoMenu(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	_, err := onEmulator(t, wx, wx.MiniProgram()).Get(t.Context())
	require.ErrorIs(t, err, errcode.APIUnauthorized)
}

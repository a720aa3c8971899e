package emulator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func TestAccountsAreMadeUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Regexp(t, `^wx[0-9a-f]{16}$`, b.mp.AppID)
	require.Regexp(t, `^[0-9a-f]{32}$`, b.mp.AppSecret)
	require.Regexp(t, `^gh_[0-9a-f]{12}$`, b.mp.OriginalID)
	require.Equal(t, "demo", b.mp.Platform)
	require.Equal(t, b.mp.AppSecret, b.mp.Secret())

	a := b.wx.AddMiniProgram(emulator.AppConfig{
		AppID: "wxA", AppSecret: "secret", OriginalID: "gh_A", Name: "A", Platform: emulator.Unbound,
	})
	require.Equal(t, []string{"wxA", "secret", "gh_A", "A", ""}, []string{a.AppID, a.AppSecret, a.OriginalID, a.Name, a.Platform})
	require.Equal(t, emulator.MiniProgram, a.Kind)
	require.Same(t, a, b.wx.App("wxA"))
	require.Nil(t, b.wx.App("wxB"))
	site := b.wx.AddWebsite(emulator.AppConfig{})
	require.Equal(t, "website", site.Name, "the kind stands for a name")
	require.Equal(t, []*emulator.App{b.mp, b.oa, a, site}, b.wx.Apps())
}

func TestSecretsOfAnAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	before := b.get(classic(b.oa)).text("access_token")
	fresh := b.oa.ResetSecret()
	require.NotEqual(t, b.oa.AppSecret, fresh)
	require.Equal(t, fresh, b.oa.Secret())
	require.Equal(t, 40125, b.get(classic(b.oa)).code(), "the old secret")
	require.Zero(t, b.probe(before), "tokens in force stay")
	b.oa.FreezeSecret(true)
	url := "/cgi-bin/token?grant_type=client_credential&appid=" + b.oa.AppID + "&secret=" + fresh
	require.Equal(t, 40243, b.get(url).code())
	b.oa.FreezeSecret(false)
	require.Zero(t, b.get(url).code())
}

// A link is of one service account to one Mini Program and is needed wherever a message leads there.
func TestMessagesLeadToLinkedMiniPrograms(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mini := b.wx.AddMiniProgram(emulator.AppConfig{Name: "Shop", Pages: []string{"pages/item"}})
	u := b.wx.User("u")
	u.Follow(b.oa)
	tpl := b.oa.AddTemplate(emulator.Template{Keywords: []string{"thing1"}})
	send := func(page string) int {
		return b.post(as(b.oa, "/cgi-bin/message/template/send"), tmpl(u.OpenID(b.oa), tpl,
			`,"miniprogram":{"appid":"`+mini.AppID+`","pagepath":"`+page+`"}`, `{"thing1":{"value":"a"}}`)).code()
	}
	require.Equal(t, 40013, send("pages/item"))
	b.oa.Link(mini)
	require.Equal(t, 40165, send("pages/other"))
	require.Zero(t, send("pages/item?id=7"), "a query is no part of the page")
	require.Zero(t, send(""), "the home page")
	require.Equal(t, &emulator.MiniProgramLink{AppID: mini.AppID, Page: "pages/item?id=7"}, u.Inbox()[0].MiniProgram)
	require.Contains(t, b.oa.State().Linked, mini.AppID)
}

// The clock moves forward only, and stands still where it was told to.
func TestClockStandsStill(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Equal(t, start, b.wx.Now())
	require.Equal(t, start, b.wx.Now())
	b.wx.Advance(0)
	require.Equal(t, start, b.wx.Now())
	b.wx.Advance(90 * time.Minute)
	require.Equal(t, start.Add(90*time.Minute), b.wx.Now())
	require.Equal(t, 90*time.Minute, b.wx.Snapshot().Offset)
	require.True(t, b.wx.Snapshot().Frozen)
}

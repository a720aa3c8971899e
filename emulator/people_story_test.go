package emulator_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func (b *bundle) followers() []any {
	b.t.Helper()
	data, _ := b.get(as(b.oa, "/cgi-bin/user/get"))["data"].(map[string]any)
	list, _ := data["openid"].([]any)
	return list
}

// Followers stand in the order in which they came, and who comes back stands at the end.
func TestOrderOfFollowers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann, bob, cat := b.wx.User("ann"), b.wx.User("bob"), b.wx.User("cat")
	for _, u := range []*emulator.User{cat, ann, bob} {
		u.Follow(b.oa)
	}
	ann.Follow(b.oa)
	require.Equal(t, []any{cat.OpenID(b.oa), ann.OpenID(b.oa), bob.OpenID(b.oa)}, b.followers(), "twice is once")
	cat.Unfollow(b.oa)
	cat.Unfollow(b.oa)
	cat.Follow(b.oa)
	require.Equal(t, []any{ann.OpenID(b.oa), bob.OpenID(b.oa), cat.OpenID(b.oa)}, b.followers())
}

// How somebody came to follow is known of a code with its scene, and of nothing else.
func TestHowTheyCameToFollow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	number := b.succeeds(as(b.oa, "/cgi-bin/qrcode/create"), scene("QR_LIMIT_SCENE", `"scene_id":7`, "")).text("ticket")
	how := func(u *emulator.User) []any {
		got := b.get(as(b.oa, "/cgi-bin/user/info?openid="+u.OpenID(b.oa)))
		return []any{got["subscribe_scene"], got["qr_scene"], got["qr_scene_str"]}
	}
	byText, byNumber, bySearch := b.wx.User("text"), b.wx.User("number"), b.wx.User("search")
	byText.Scan(b.oa.QRCode("shelf-7"))
	byNumber.Scan(number)
	bySearch.Follow(b.oa)
	require.Equal(t, []any{"ADD_SCENE_QR_CODE", num("0"), "shelf-7"}, how(byText))
	require.Equal(t, []any{"ADD_SCENE_QR_CODE", num("7"), ""}, how(byNumber))
	require.Equal(t, []any{"ADD_SCENE_SEARCH", num("0"), ""}, how(bySearch))
	bySearch.Scan(b.oa.QRCode("door"))
	require.Equal(t, []any{"ADD_SCENE_SEARCH", num("0"), ""}, how(bySearch), "a later scan says nothing of it")
}

// Who stops following loses the tags; what is counted of a tag is who has it.
func TestTagsOfThoseWhoLeave(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tagOf := func(name string) string {
		made := b.post(as(b.oa, "/cgi-bin/tags/create"), `{"tag":{"name":"`+name+`"}}`)
		return fmt.Sprint(made["tag"].(map[string]any)["id"])
	}
	vip, old := tagOf("vip"), tagOf("old")
	count := func(id string) any {
		for _, one := range b.get(as(b.oa, "/cgi-bin/tags/get"))["tags"].([]any) {
			if tag := one.(map[string]any); fmt.Sprint(tag["id"]) == id {
				return tag["count"]
			}
		}
		return nil
	}
	var ids string
	for i := range 3 {
		u := b.wx.User(fmt.Sprint("u", i))
		u.Follow(b.oa)
		ids += fmt.Sprintf(",%q", u.OpenID(b.oa))
	}
	for _, id := range []string{vip, old} {
		b.succeeds(as(b.oa, "/cgi-bin/tags/members/batchtagging"), `{"tagid":`+id+`,"openid_list":[`+ids[1:]+`]}`)
	}
	require.Equal(t, []any{num("3"), num("3")}, []any{count(vip), count(old)})
	u := b.wx.User("u1")
	u.Unfollow(b.oa)
	require.Equal(t, []any{num("2"), num("2")}, []any{count(vip), count(old)})
	u.Follow(b.oa)
	require.Empty(t, b.post(as(b.oa, "/cgi-bin/tags/getidlist"), fmt.Sprintf(`{"openid":%q}`, u.OpenID(b.oa)))["tagid_list"], "not those of before")
	b.succeeds(as(b.oa, "/cgi-bin/tags/delete"), `{"tag":{"id":`+old+`}}`)
	require.Nil(t, count(old))
	require.Equal(t, []any{num("100")}, b.post(as(b.oa, "/cgi-bin/tags/getidlist"), fmt.Sprintf(`{"openid":%q}`, b.wx.User("u0").OpenID(b.oa)))["tagid_list"])
	require.Equal(t, "102", tagOf("new"), "no id is given twice")
}

// What a person did in a Mini Program lets it judge what the person submits, for two hours.
func TestWhatCountsAsAVisit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do     func(b *bundle, u *emulator.User)
		counts bool
	}{
		"OpenApp":    {func(b *bundle, u *emulator.User) { u.OpenApp(b.mp) }, true},
		"LoginCode":  {func(b *bundle, u *emulator.User) { u.LoginCode(b.mp) }, true},
		"PhoneCode":  {func(b *bundle, u *emulator.User) { u.PhoneCode(b.mp) }, true},
		"PluginCode": {func(b *bundle, u *emulator.User) { u.PluginCode(b.mp) }, true},
		"Pay":        {func(b *bundle, u *emulator.User) { u.Pay(b.mp, emulator.Payment{}) }, true},
		"EnterChat":  {func(b *bundle, u *emulator.User) { u.EnterChat(b.mp, "") }, true},
		"Complain":   {func(b *bundle, u *emulator.User) { u.Complain(b.mp, "a.jpg", nil) }, true},
		"Accept": {func(b *bundle, u *emulator.User) {
			u.Accept(b.mp.AddTemplate(emulator.Template{Keywords: []string{"thing1"}}))
		}, true},
		"Write":   {func(b *bundle, u *emulator.User) { u.Write(b.mp, "x") }, false},
		"Nothing": {func(*bundle, *emulator.User) {}, false},
		"Another": {func(b *bundle, u *emulator.User) { u.OpenApp(b.wx.AddMiniProgram(emulator.AppConfig{})) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			u := b.wx.User("u")
			check := func() int { return b.post(as(b.mp, "/wxa/msg_sec_check"), said(u.OpenID(b.mp), "Hello")).code() }
			c.do(b, u)
			if !c.counts {
				require.Equal(t, 61010, check())
				return
			}
			require.Zero(t, check())
			b.wx.Advance(2*time.Hour - 1)
			require.Zero(t, check())
			b.wx.Advance(1)
			require.Equal(t, 61010, check())
		})
	}
}

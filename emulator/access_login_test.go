package emulator_test

import (
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func session(a *emulator.App, code string) string {
	return fmt.Sprintf("/sns/jscode2session?appid=%s&secret=%s&js_code=%s&grant_type=authorization_code", a.AppID, a.AppSecret, code)
}

func TestLoginCodeWorksOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	code := u.LoginCode(b.mp)
	got := b.get(session(b.mp, code))
	require.NotContains(t, got, "errcode")
	require.Equal(t, u.OpenID(b.mp), got.text("openid"))
	require.Equal(t, u.UnionID(b.oa), got.text("unionid"))
	key, err := base64.StdEncoding.DecodeString(got.text("session_key"))
	require.NoError(t, err)
	require.Len(t, key, 16)
	require.Equal(t, 40163, b.get(session(b.mp, code)).code())

	again := b.get(session(b.mp, u.LoginCode(b.mp)))
	require.Equal(t, got.text("session_key"), again.text("session_key"), "a login soon after keeps the key")
	b.wx.Advance(time.Hour)
	later := b.get(session(b.mp, u.LoginCode(b.mp)))
	require.NotEqual(t, got.text("session_key"), later.text("session_key"))
}

func TestLoginErrors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := b.wx.AddMiniProgram(emulator.AppConfig{})
	u := b.wx.User("u")
	old := u.LoginCode(b.mp)
	b.wx.Advance(5 * time.Minute)
	fresh := u.LoginCode(b.mp)
	cases := map[string]struct {
		url  string
		code int
	}{
		"Expired":        {session(b.mp, old), 40029},
		"Unknown":        {session(b.mp, "0x"), 40029},
		"OtherApp":       {session(other, fresh), 40029},
		"ServiceAccount": {session(b.oa, fresh), 40013},
		"NoCode":         {session(b.mp, ""), 41008},
		"NoAppID":        {"/sns/jscode2session", 41002},
		"NoSecret":       {"/sns/jscode2session?appid=x", 41004},
		"WrongSecret":    {"/sns/jscode2session?secret=x&grant_type=authorization_code&js_code=x&appid=" + b.mp.AppID, 40125},
		"NoGrantType":    {"/sns/jscode2session?secret=x&appid=x", 40002},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.code, b.get(tc.url).code())
		})
	}
}

func TestIdentities(t *testing.T) {
	t.Parallel()
	b := setup(t)
	unbound := b.wx.AddMiniProgram(emulator.AppConfig{Platform: emulator.Unbound})
	elsewhere := b.wx.AddMiniProgram(emulator.AppConfig{Platform: "other"})
	u := b.wx.User("u")
	require.NotEqual(t, u.OpenID(b.mp), u.OpenID(b.oa))
	require.Equal(t, u.UnionID(b.mp), u.UnionID(b.oa))
	require.Empty(t, u.UnionID(unbound))
	require.NotEqual(t, u.UnionID(b.mp), u.UnionID(elsewhere))
	require.NotContains(t, b.get(session(unbound, u.LoginCode(unbound))), "unionid")
	require.Regexp(t, `^o[\w-]{27}$`, u.OpenID(b.mp))

	v := b.wx.AddUser(emulator.UserConfig{
		Name: "v", OpenIDs: map[string]string{b.mp.AppID: "oV"}, UnionIDs: map[string]string{"demo": "uV"},
	})
	require.Equal(t, []string{"oV", "uV"}, []string{v.OpenID(b.mp), v.UnionID(b.mp)})
	late := b.wx.AddServiceAccount(emulator.AppConfig{AppID: "wxlate"})
	require.Equal(t, "uV", v.UnionID(late))
	require.Equal(t, []*emulator.User{u, v}, b.wx.Users())
	require.Same(t, v, b.wx.User("v"))
	require.Same(t, late, b.wx.App("wxlate"))
	require.Len(t, b.wx.Apps(), 5)
}

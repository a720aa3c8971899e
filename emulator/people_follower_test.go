package emulator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUserInfo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	info := as(b.oa, "/cgi-bin/user/info?lang=zh_CN&openid="+u.OpenID(b.oa))
	require.Equal(t, answer{"subscribe": num("0"), "openid": u.OpenID(b.oa), "unionid": u.UnionID(b.oa)}, b.get(info))
	u.Follow(b.oa)
	got := b.get(info)
	require.Equal(t, int64(1), got.number("subscribe"))
	require.Equal(t, start.Unix(), got.number("subscribe_time"))
	require.Equal(t, u.UnionID(b.mp), got.text("unionid"))
	require.NotContains(t, got, "errcode")
	require.NotContains(t, got, "nickname")
	require.Equal(t, 40003, b.get(as(b.oa, "/cgi-bin/user/info?openid="+u.OpenID(b.mp))).code())
	require.Equal(t, 43001, b.post(as(b.oa, "/cgi-bin/user/info"), "{}").code())
}

func TestBatchGetUsers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u, v := b.wx.User("u"), b.wx.User("v")
	v.Follow(b.oa)
	path := "/cgi-bin/user/info/batchget"
	got := b.post(as(b.oa, path), fmt.Sprintf(`{"user_list":[{"openid":%q},{"openid":%q,"lang":"en"}]}`, u.OpenID(b.oa), v.OpenID(b.oa)))
	list := got["user_info_list"].([]any)
	require.Len(t, list, 2)
	require.Equal(t, num("0"), list[0].(map[string]any)["subscribe"])
	require.Equal(t, "en", list[1].(map[string]any)["language"])
	many := strings.Repeat(`{"openid":"x"},`, 100) + `{"openid":"x"}`
	require.Equal(t, 40032, b.post(as(b.oa, path), `{"user_list":[`+many+`]}`).code())
	require.Equal(t, 40032, b.post(as(b.oa, path), `{}`).code())
	require.Equal(t, 40003, b.post(as(b.oa, path), `{"user_list":[{"openid":"x"}]}`).code())
}

func TestFollowerPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	path := "/cgi-bin/user/get"
	require.Equal(t, answer{"total": num("0"), "count": num("0"), "next_openid": ""}, b.get(as(b.oa, path)))
	for i := range 10_001 {
		b.wx.User(fmt.Sprint(i)).Follow(b.oa)
	}
	first := b.get(as(b.oa, path))
	require.Equal(t, int64(10_000), first.number("count"))
	require.Equal(t, b.wx.User("9999").OpenID(b.oa), first.text("next_openid"))
	second := b.get(as(b.oa, path+"?next_openid="+first.text("next_openid")))
	require.Equal(t, int64(1), second.number("count"))
	third := b.get(as(b.oa, path+"?next_openid="+second.text("next_openid")))
	require.NotContains(t, third, "data")
	require.Empty(t, third.text("next_openid"))
	require.Equal(t, 40003, b.get(as(b.oa, path+"?next_openid=x")).code())
}

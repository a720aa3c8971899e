package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func TestTags(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u, v := b.wx.User("u"), b.wx.User("v")
	u.Follow(b.oa)
	create := func(name string) answer {
		return b.post(as(b.oa, "/cgi-bin/tags/create"), `{"tag":{"name":"`+name+`"}}`)
	}
	vip := create("VIP")
	require.Equal(t, answer{"tag": map[string]any{"id": num("100"), "name": "VIP"}}, vip)
	require.Equal(t, 45157, create("VIP").code())
	require.Equal(t, 45157, create("").code())
	require.Equal(t, 45158, create(strings.Repeat("字", 11)).code())
	change := func(what string, id int, name string) int {
		return b.post(as(b.oa, "/cgi-bin/tags/"+what), fmt.Sprintf(`{"tag":{"id":%d,"name":%q}}`, id, name)).code()
	}
	require.Zero(t, change("update", 100, "VIP2"))
	require.Zero(t, change("update", 100, "VIP2"))
	require.Equal(t, 45058, change("update", 2, "x"))
	require.Equal(t, 45159, change("update", 101, "x"))
	require.Equal(t, 45159, change("delete", 101, ""))

	batch := func(what string, tag int, ids ...string) int {
		return b.post(as(b.oa, "/cgi-bin/tags/members/"+what), fmt.Sprintf(`{"tagid":%d,"openid_list":["%s"]}`, tag, strings.Join(ids, `","`))).code()
	}
	require.Zero(t, batch("batchtagging", 100, u.OpenID(b.oa)))
	require.Zero(t, batch("batchtagging", 100, u.OpenID(b.oa)))
	require.Equal(t, 40003, batch("batchtagging", 100, v.OpenID(b.oa)), "not a follower")
	require.Equal(t, 49003, batch("batchtagging", 100, u.OpenID(b.mp)))
	require.Equal(t, 40003, batch("batchtagging", 100, "x"))
	require.Equal(t, 45159, batch("batchtagging", 7, u.OpenID(b.oa)))
	require.Equal(t, 45159, batch("batchuntagging", 7, u.OpenID(b.oa)))
	require.Equal(t, 40032, batch("batchtagging", 100, strings.Split(strings.Repeat("x ", 51), " ")...))
	require.Equal(t, 40003, batch("batchuntagging", 100, "x"))

	list := b.get(as(b.oa, "/cgi-bin/tags/get"))["tags"].([]any)
	require.Equal(t, map[string]any{"id": num("100"), "name": "VIP2", "count": num("1")}, list[1])
	require.Equal(t, answer{"tagid_list": []any{num("100")}}, b.post(as(b.oa, "/cgi-bin/tags/getidlist"), `{"openid":"`+u.OpenID(b.oa)+`"}`))
	require.Equal(t, 40003, b.post(as(b.oa, "/cgi-bin/tags/getidlist"), `{"openid":"x"}`).code())
	page := b.post(as(b.oa, "/cgi-bin/user/tag/get"), `{"tagid":100}`)
	require.Equal(t, answer{"count": num("1"), "data": map[string]any{"openid": []any{u.OpenID(b.oa)}}, "next_openid": u.OpenID(b.oa)}, page)
	require.NotContains(t, b.post(as(b.oa, "/cgi-bin/user/tag/get"), `{"tagid":100,"next_openid":"`+u.OpenID(b.oa)+`"}`), "data")
	require.Equal(t, 45159, b.post(as(b.oa, "/cgi-bin/user/tag/get"), `{"tagid":7}`).code())
	require.Equal(t, 40003, b.post(as(b.oa, "/cgi-bin/user/tag/get"), `{"tagid":100,"next_openid":"x"}`).code())
	require.Equal(t, []any{num("100")}, b.get(as(b.oa, "/cgi-bin/user/info?openid="+u.OpenID(b.oa)))["tagid_list"])

	require.Zero(t, batch("batchuntagging", 100, u.OpenID(b.oa)))
	for i := range 20 {
		require.NotContains(t, create(fmt.Sprint(i)), "errcode")
		require.Zero(t, batch("batchtagging", 101+i, u.OpenID(b.oa)))
	}
	require.Equal(t, 45059, batch("batchtagging", 100, u.OpenID(b.oa)))
	require.Zero(t, change("delete", 120, ""))
	require.Zero(t, batch("batchtagging", 100, u.OpenID(b.oa)))
	u.Unfollow(b.oa)
	require.Zero(t, b.post(as(b.oa, "/cgi-bin/user/tag/get"), `{"tagid":100}`).number("count"))
	for i := range 80 {
		require.NotContains(t, create(fmt.Sprint("more", i)), "errcode")
	}
	require.Equal(t, 45056, create("one too many").code())
}

func TestRemarkAndBlacklist(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	u.Follow(b.oa)
	remark := func(openID, text string) int {
		return b.post(as(b.oa, "/cgi-bin/user/info/updateremark"), fmt.Sprintf(`{"openid":%q,"remark":%q}`, openID, text)).code()
	}
	require.Zero(t, remark(u.OpenID(b.oa), "big customer"))
	require.Equal(t, "big customer", b.get(as(b.oa, "/cgi-bin/user/info?openid="+u.OpenID(b.oa))).text("remark"))
	require.Equal(t, 40092, remark(u.OpenID(b.oa), strings.Repeat("字", 11)))
	require.Equal(t, 40003, remark("x", ""))

	batch := func(what string, ids string) int {
		return b.post(as(b.oa, "/cgi-bin/tags/members/"+what), `{"openid_list":[`+ids+`]}`).code()
	}
	id := `"` + u.OpenID(b.oa) + `"`
	require.Zero(t, batch("batchblacklist", id))
	require.Equal(t, 40032, batch("batchblacklist", strings.Repeat(id+",", 20)+id))
	list := b.post(as(b.oa, "/cgi-bin/tags/members/getblacklist"), `{"begin_openid":""}`)
	require.Equal(t, map[string]any{"openid": []any{u.OpenID(b.oa)}}, list["data"])
	require.Equal(t, 40003, b.post(as(b.oa, "/cgi-bin/tags/members/getblacklist"), `{"begin_openid":"x"}`).code())
	require.Equal(t, 43019, b.post(as(b.oa, customSend), text(u.OpenID(b.oa), "Hi")).code())
	require.Zero(t, batch("batchunblacklist", id))
	require.Zero(t, b.post(as(b.oa, customSend), text(u.OpenID(b.oa), "Hi")).code())
}

func TestChangeOpenID(t *testing.T) {
	t.Parallel()
	b := setup(t)
	old := b.wx.AddServiceAccount(emulator.AppConfig{})
	u := b.wx.User("u")
	call := func(from, ids string) answer {
		return b.post(as(b.oa, "/cgi-bin/changeopenid"), `{"from_appid":"`+from+`","openid_list":[`+ids+`]}`)
	}
	require.Equal(t, 63178, call(old.AppID, `"x"`).code())
	b.oa.MigrateFrom(old)
	for _, from := range []string{old.AppID, old.OriginalID} {
		require.Equal(t, []any{
			map[string]any{"ori_openid": u.OpenID(old), "new_openid": u.OpenID(b.oa), "err_msg": "ok"},
			map[string]any{"ori_openid": "x", "new_openid": "", "err_msg": "ori_openid error"},
		}, call(from, `"`+u.OpenID(old)+`","x"`)["result_list"])
	}
	require.Equal(t, 63182, call(old.AppID, "").code())
	require.Equal(t, 63179, call(old.AppID, strings.Repeat(`"x",`, 100)+`"x"`).code())
	b.wx.Advance(15 * 24 * time.Hour)
	require.Equal(t, 63178, call(old.AppID, `"x"`).code())
}

package emulator_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func (b *bundle) scheme(a *emulator.App, path, query string) string {
	b.t.Helper()
	return b.succeeds(as(a, "/wxa/generatescheme"), fmt.Sprintf(
		`{"jump_wxa":{"path":%q,"query":%q},"expire_type":1,"expire_interval":1}`, path, query)).text("openlink")
}

// Links of one account say nothing to another, and lead nowhere once they have ended; what is known of them can still be asked for.
func TestLinksBelongToTheirAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := b.wx.AddMiniProgram(emulator.AppConfig{})
	link := b.scheme(b.mp, "pages/a", "id=1")
	ask := func(a *emulator.App) int {
		return b.post(as(a, "/wxa/queryscheme"), fmt.Sprintf(`{"scheme":%q}`, link)).code()
	}
	require.Zero(t, ask(b.mp))
	require.Equal(t, 85403, ask(other))
	u := b.wx.User("u")
	require.Equal(t, b.mp.AppID, u.OpenLink(link).AppID, "anybody may tap it")
	b.wx.Advance(24 * time.Hour)
	require.Nil(t, u.OpenLink(link))
	require.Zero(t, ask(b.mp))
}

// A link counts the visits of the account it leads to.
func TestVisitsCountForTheDay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	left := func() any {
		return b.succeeds(as(b.mp, "/wxa/queryscheme"), `{"scheme":"","query_type":1}`)["quota_info"].(map[string]any)["remain_visit_quota"]
	}
	link := b.scheme(b.mp, "pages/a", "")
	require.Equal(t, num("3000000"), left())
	u := b.wx.User("u")
	for range 3 {
		require.Equal(t, "pages/a", u.OpenLink(link).Page)
	}
	require.Equal(t, num("2999997"), left())
	b.wx.Advance(12 * time.Hour) // it was noon in China
	require.Equal(t, num("3000000"), left())
}

// The custom part stands behind a scheme with &cq=, behind other links with ?cq=, escaped, and takes the place of the query.
func TestCustomPartOfALink(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	scheme := b.scheme(b.mp, "pages/a", "id=1")
	link := b.succeeds(as(b.mp, "/wxa/generate_urllink"), `{"path":"pages/a","query":"id=1","expire_type":1,"expire_interval":1}`).text("url_link")
	for add, want := range map[string]*string{
		scheme:                                   ptr("pages/a?id=1"),
		scheme + "&cq=":                          ptr("pages/a?id=1"),
		scheme + "&cq=id%3D2%26from%3Dsms":       ptr("pages/a?id=2&from=sms"),
		scheme + "?cq=id%3D2":                    nil,
		link:                                     ptr("pages/a?id=1"),
		link + "?cq=id%3D2":                      ptr("pages/a?id=2"),
		link + "&cq=id%3D2":                      nil,
		link + "?cq=%zz":                         nil,
		link + "?cq=" + strings.Repeat("a", 256): ptr("pages/a?" + strings.Repeat("a", 256)),
		link + "?cq=" + strings.Repeat("a", 257): nil,
		link + "x":                               nil,
	} {
		opened := u.OpenLink(add)
		if want == nil {
			require.Nil(t, opened, add)
		} else {
			require.NotNil(t, opened, add)
			require.Equal(t, *want, opened.Page, add)
		}
	}
}

func ptr(s string) *string { return &s }

// A scheme may be written by hand, for a Mini Program that there is.
func TestSchemeByHand(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	plain := func(appID, path string) string {
		return "weixin://dl/business/?" + url.Values{"appid": {appID}, "path": {path}}.Encode()
	}
	require.Equal(t, "pages/a", u.OpenLink(plain(b.mp.AppID, "pages/a")).Page)
	require.Nil(t, u.OpenLink(plain(b.mp.AppID, "")))
	require.Nil(t, u.OpenLink(plain(b.oa.AppID, "pages/a")), "no Mini Program")
	require.Nil(t, u.OpenLink(plain("wx0", "pages/a")))
	require.Nil(t, u.OpenLink(strings.Replace(plain(b.mp.AppID, "pages/a"), "weixin", "https", 1)))
}

// Who opens a link was in the Mini Program.
func TestOpenedLinkIsAVisit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	check := func() int { return b.post(as(b.mp, "/wxa/msg_sec_check"), said(u.OpenID(b.mp), "Hello")).code() }
	require.Equal(t, 61010, check())
	u.OpenLink(b.scheme(b.mp, "pages/a", ""))
	require.Zero(t, check())
	b.wx.Advance(2 * time.Hour)
	require.Equal(t, 61010, check())
}

func TestLinkedAccounts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mini := b.wx.AddMiniProgram(emulator.AppConfig{Name: "Shop"})
	call := func(what, appID string) int {
		return b.post(as(b.oa, "/cgi-bin/wxopen/"+what), fmt.Sprintf(`{"appid":%q}`, appID)).code()
	}
	list := func() (ids []any) {
		for _, item := range b.succeeds(as(b.oa, "/cgi-bin/wxopen/wxamplinkget"), `{}`)["wxopens"].(map[string]any)["items"].([]any) {
			ids = append(ids, item.(map[string]any)["appid"])
		}
		return ids
	}
	require.Equal(t, []any{b.mp.AppID}, list(), "the demo accounts are linked")
	require.Zero(t, call("wxamplink", mini.AppID))
	require.Zero(t, call("wxamplink", mini.AppID), "twice is once")
	require.Equal(t, []any{b.mp.AppID, mini.AppID}, list())
	require.Equal(t, 40013, call("wxamplink", b.oa.AppID), "no Mini Program")
	require.Equal(t, 40013, call("wxampunlink", "wx0"))
	require.Zero(t, call("wxampunlink", b.mp.AppID))
	require.Equal(t, []any{mini.AppID}, list())
	require.Equal(t, []string{mini.AppID}, b.oa.State().Linked)
}

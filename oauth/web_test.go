package oauth_test

import (
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/oauth"
)

func TestAuthorizeURLKeepsTheOrder(t *testing.T) {
	t.Parallel()
	const back = "https://shop.example.com/wx/back?from=a b&to=c+d#top"
	const encoded = "https%3A%2F%2Fshop.example.com%2Fwx%2Fback%3Ffrom%3Da+b%26to%3Dc%2Bd%23top"
	core, _ := answering(t, always(`{}`))
	for name, c := range map[string]struct {
		web  *oauth.Web
		in   oauth.Authorization
		want string
	}{
		"Base": {
			oauth.NewWeb(core), oauth.Authorization{RedirectURI: back, State: "S1"},
			"?appid=wx0123456789abcdef&redirect_uri=" + encoded + "&response_type=code&scope=snsapi_base&state=S1#wechat_redirect",
		},
		"UserInfo": {
			oauth.NewWeb(core),
			oauth.Authorization{RedirectURI: back, State: "S1", Scope: oauth.ScopeUserInfo, ForcePopup: true, ForceSnapshot: true},
			"?appid=wx0123456789abcdef&redirect_uri=" + encoded + "&response_type=code&scope=snsapi_userinfo&state=S1" +
				"&forcePopup=true&forceSnapShot=true#wechat_redirect",
		},
		"Component": {
			oauth.NewWebForComponent(core, platform), oauth.Authorization{RedirectURI: back, State: "S1"},
			"?appid=wx0123456789abcdef&redirect_uri=" + encoded + "&response_type=code&scope=snsapi_base&state=S1" +
				"&component_appid=wxcomponent012345#wechat_redirect",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := c.web.AuthorizeURL(&c.in)
			require.NoError(t, err)
			require.Equal(t, "https://open.weixin.qq.com/connect/oauth2/authorize"+c.want, got)
			u, err := url.Parse(got)
			require.NoError(t, err)
			require.Equal(t, back, u.Query().Get("redirect_uri"), "it is encoded once")
		})
	}
}

func TestQRLoginURL(t *testing.T) {
	t.Parallel()
	core, _ := answering(t, always(`{}`))
	got, err := oauth.NewWeb(core).QRLoginURL("https://www.example.com/login", "S1")
	require.NoError(t, err)
	require.Equal(t, "https://open.weixin.qq.com/connect/qrconnect?appid=wx0123456789abcdef"+
		"&redirect_uri=https%3A%2F%2Fwww.example.com%2Flogin&response_type=code&scope=snsapi_login&state=S1#wechat_redirect", got)
}

func TestAuthorizeURLChecks(t *testing.T) {
	t.Parallel()
	const back = "https://shop.example.com/"
	for name, c := range map[string]struct {
		in   oauth.Authorization
		want string
	}{
		"NoRedirect":       {oauth.Authorization{State: "S"}, "oauth: RedirectURI: not the absolute address of a page"},
		"RelativeRedirect": {oauth.Authorization{RedirectURI: "/back", State: "S"}, "oauth: RedirectURI: not the absolute address of a page"},
		"OtherScheme":      {oauth.Authorization{RedirectURI: "weixin://x/", State: "S"}, "oauth: RedirectURI: not the absolute address of a page"},
		"EncodedAlready":   {oauth.Authorization{RedirectURI: url.QueryEscape(back), State: "S"}, "oauth: RedirectURI: not the absolute address of a page"},
		"NoState":          {oauth.Authorization{RedirectURI: back}, "oauth: State: empty"},
		"LongState":        {oauth.Authorization{RedirectURI: back, State: strings.Repeat("a", 129)}, "oauth: State: 129 bytes, limit 128"},
		"StateWithDash":    {oauth.Authorization{RedirectURI: back, State: "a-b"}, "oauth: State: only letters and digits of ASCII are allowed"},
		"StateWithHanzi":   {oauth.Authorization{RedirectURI: back, State: "状态"}, "oauth: State: only letters and digits of ASCII are allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, _ := answering(t, always(`{}`))
			_, err := oauth.NewWeb(core).AuthorizeURL(&c.in)
			require.EqualError(t, err, c.want)
			_, err = oauth.NewWeb(core).QRLoginURL(c.in.RedirectURI, c.in.State)
			require.EqualError(t, err, c.want)

			core, _ = answering(t, always(`{}`), wechat.WithoutChecks())
			_, err = oauth.NewWeb(core).AuthorizeURL(&c.in)
			require.NoError(t, err)
		})
	}
	core, _ := answering(t, always(`{}`))
	_, err := oauth.NewWeb(core).AuthorizeURL(nil)
	require.EqualError(t, err, "oauth: Authorization: nil")
	_, err = oauth.NewWeb(core).AuthorizeURL(&oauth.Authorization{RedirectURI: back, State: strings.Repeat("Az09", 32)})
	require.NoError(t, err)
}

func TestNewStateIsFitToBeOne(t *testing.T) {
	t.Parallel()
	core, _ := answering(t, always(`{}`))
	seen := map[string]bool{}
	for range 100 {
		state := oauth.NewState()
		require.GreaterOrEqual(t, len(state), 22, "128 bits at least")
		require.False(t, seen[state])
		seen[state] = true
		_, err := oauth.NewWeb(core).QRLoginURL("https://www.example.com/", state)
		require.NoError(t, err)
	}
}

func TestFinishChecksWhoComesBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query string
		state string
		want  error
	}{
		"Forged":         {"code=C&state=other", "S1", oauth.ErrState},
		"Longer":         {"code=C&state=S12", "S1", oauth.ErrState},
		"NoState":        {"code=C", "S1", oauth.ErrState},
		"NoCookie":       {"code=C&state=", "", oauth.ErrState},
		"NoCookieForged": {"code=C&state=S1", "", oauth.ErrState},
		"Declined":       {"state=S1", "S1", oauth.ErrDeclined},
		"ForgedDeclined": {"state=S2", "S1", oauth.ErrState},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, f := answering(t, always(`{}`))
			query, err := url.ParseQuery(c.query)
			require.NoError(t, err)
			_, err = oauth.NewWeb(core).Finish(t.Context(), query, c.state)
			require.ErrorIs(t, err, c.want)
			require.Empty(t, f.requests(), "the code stays unused")
		})
	}
}

func TestFinishExchangesTheCode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		core, f := answering(t, always(`{"access_token":"77_u","expires_in":"7200","refresh_token":"77_r","openid":"o1",`+
			`"scope":"snsapi_base","is_snapshotuser":"1"}`))
		got, err := oauth.NewWeb(core).Finish(t.Context(), url.Values{"code": {"web-code-1"}, "state": {"S1"}}, "S1")
		require.NoError(t, err)
		require.Equal(t, &oauth.UserToken{
			OpenID: "o1", AccessToken: "77_u", RefreshToken: "77_r", Expiry: time.Now().Add(2 * time.Hour),
			Scopes: []oauth.Scope{oauth.ScopeBase}, IsSnapshotUser: true,
		}, got)
		require.Equal(t, "web-code-1", f.requests()[0].Query.Get("code"))
	})
}

func TestExchangeReadsWhatWeChatSends(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer string
		want   oauth.UserToken
	}{
		"LeastOfAll":  {`{"access_token":"t","openid":"o1"}`, oauth.UserToken{OpenID: "o1", AccessToken: "t"}},
		"NoSnapshot":  {`{"access_token":"t","openid":"o1","is_snapshotuser":0}`, oauth.UserToken{OpenID: "o1", AccessToken: "t"}},
		"EmptyScope":  {`{"access_token":"t","openid":"o1","scope":""}`, oauth.UserToken{OpenID: "o1", AccessToken: "t"}},
		"SeveralOnes": {`{"access_token":"t","openid":"o1","scope":"snsapi_login, snsapi_userinfo,"}`, oauth.UserToken{OpenID: "o1", AccessToken: "t", Scopes: []oauth.Scope{"snsapi_login", "snsapi_userinfo"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, _ := answering(t, always(c.answer))
			got, err := oauth.NewWeb(core).Exchange(t.Context(), "web-code-1")
			require.NoError(t, err)
			require.Equal(t, &c.want, got)
		})
	}
}

func TestRefreshShowsNoAppSecret(t *testing.T) {
	t.Parallel()
	core, f := answering(t, inTurn(`<html>busy</html>`, `{"access_token":"t","openid":"o1"}`))
	_, err := oauth.NewWeb(core).Refresh(t.Context(), "77_refTok")
	require.NoError(t, err)
	require.Len(t, f.requests(), 2, "a refresh may be repeated")
	require.False(t, f.requests()[0].Query.Has("secret"))
	require.False(t, f.requests()[0].Query.Has("access_token"))
}

func TestValidTakesNoForAnAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer string
		valid  bool
		want   error
	}{
		"Valid":         {`{"errcode":0,"errmsg":"ok"}`, true, nil},
		"Invalid":       {`{"errcode":40001,"errmsg":"invalid credential"}`, false, nil},
		"Unknown":       {`{"errcode":40014,"errmsg":"invalid access_token"}`, false, nil},
		"Expired":       {`{"errcode":42001,"errmsg":"access_token expired"}`, false, nil},
		"ForeignOpenID": {`{"errcode":40003,"errmsg":"invalid openid"}`, false, nil},
		"Banned":        {`{"errcode":48004,"errmsg":"api banned"}`, false, errcode.APIBanned},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := &renewing{err: errTicket}
			core, f := answering(t, always(c.answer), wechat.WithTokenSource(source))
			valid, err := oauth.NewWeb(core).Valid(t.Context(), visitor)
			require.ErrorIs(t, err, c.want)
			require.Equal(t, c.valid, valid)
			require.Len(t, f.requests(), 1)
			require.Zero(t, source.asked+source.renewed, "the account's token is left alone")
		})
	}
}

func TestProfileOfAnExpiredToken(t *testing.T) {
	t.Parallel()
	source := &renewing{err: errTicket}
	core, f := answering(t, always(`{"errcode":42001,"errmsg":"access_token expired"}`), wechat.WithTokenSource(source))
	_, err := oauth.NewWeb(core).Profile(t.Context(), visitor)
	require.ErrorIs(t, err, errcode.UserAuthRequired)
	require.NotErrorIs(t, err, errcode.InvalidToken)
	require.Len(t, f.requests(), 1)
	require.Zero(t, source.asked+source.renewed)
}

func TestProfileReadsWhatWeChatSends(t *testing.T) {
	t.Parallel()
	core, _ := answering(t, always("{\"openid\":\"o1\",\"nickname\":\"Mi\x01na\",\"sex\":0,\"privilege\":null}"))
	got, err := oauth.NewWeb(core).Profile(t.Context(), visitor)
	require.NoError(t, err)
	require.Equal(t, &oauth.Profile{OpenID: "o1", Nickname: "Mi na"}, got)
}

func TestWebChecks(t *testing.T) {
	t.Parallel()
	core, f := answering(t, always(`{}`))
	web := oauth.NewWeb(core)
	_, err := web.Exchange(t.Context(), "")
	require.EqualError(t, err, "oauth: code: empty")
	_, err = web.Refresh(t.Context(), "")
	require.EqualError(t, err, "oauth: refreshToken: empty")
	_, err = web.Valid(t.Context(), nil)
	require.EqualError(t, err, "oauth: UserToken: nil")
	_, err = web.Profile(t.Context(), &oauth.UserToken{OpenID: "o1"})
	require.EqualError(t, err, "oauth: AccessToken: empty")
	require.Empty(t, f.requests())
}

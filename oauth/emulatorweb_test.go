package oauth_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/oauth"
	"github.com/wechatkit/wechat/token"
)

// comeBack opens a page of WeChat's in the user's browser and returns the query it comes back with.
func comeBack(t *testing.T, visit func(string) (string, error), page string) url.Values {
	t.Helper()
	redirect, err := visit(page)
	require.NoError(t, err)
	u, err := url.Parse(redirect)
	require.NoError(t, err)
	return u.Query()
}

func TestEmulatedWebOAuth(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	oa, ann := wx.ServiceAccount(), wx.User("Ann")
	web, state := oauth.NewWeb(coreOf(t, wx, oa)), oauth.NewState()
	page := func(a oauth.Authorization) string {
		a.RedirectURI, a.State = "https://shop.example.com/wx/back?next=/cart", state
		page, err := web.AuthorizeURL(&a)
		require.NoError(t, err)
		return page
	}

	visitor, err := web.Finish(t.Context(), comeBack(t, ann.Visit, page(oauth.Authorization{Scope: oauth.ScopeUserInfo})), state)
	require.NoError(t, err)
	require.Equal(t, ann.OpenID(oa), visitor.OpenID)
	require.Equal(t, ann.UnionID(oa), visitor.UnionID)
	require.Equal(t, []oauth.Scope{oauth.ScopeUserInfo}, visitor.Scopes)
	require.False(t, visitor.IsSnapshotUser)
	profile, err := web.Profile(t.Context(), visitor)
	require.NoError(t, err)
	require.Equal(t, visitor.OpenID, profile.OpenID)
	require.NotEmpty(t, profile.Nickname)

	wx.Advance(3 * time.Hour)
	valid, err := web.Valid(t.Context(), visitor)
	require.NoError(t, err)
	require.False(t, valid)
	_, err = web.Profile(t.Context(), visitor)
	require.ErrorIs(t, err, errcode.UserAuthRequired)
	visitor, err = web.Refresh(t.Context(), visitor.RefreshToken)
	require.NoError(t, err)
	valid, err = web.Valid(t.Context(), visitor)
	require.NoError(t, err)
	require.True(t, valid)
	wx.Advance(31 * 24 * time.Hour)
	_, err = web.Refresh(t.Context(), visitor.RefreshToken)
	require.ErrorIs(t, err, errcode.RefreshTokenExpired)

	base, err := web.Finish(t.Context(), comeBack(t, ann.Visit, page(oauth.Authorization{})), state)
	require.NoError(t, err)
	require.Empty(t, base.UnionID)
	_, err = web.Profile(t.Context(), base)
	require.ErrorIs(t, err, errcode.APIUnauthorized)
	snapshot, err := web.Finish(t.Context(), comeBack(t, ann.Visit, page(oauth.Authorization{ForceSnapshot: true})), state)
	require.NoError(t, err)
	require.True(t, snapshot.IsSnapshotUser)
	require.NotEqual(t, ann.OpenID(oa), snapshot.OpenID)
	_, err = web.Finish(t.Context(), comeBack(t, ann.Decline, page(oauth.Authorization{})), state)
	require.ErrorIs(t, err, oauth.ErrDeclined)
}

func TestEmulatedQRLogin(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	site, ann := wx.AddWebsite(emulator.AppConfig{}), wx.User("Ann")
	web := oauth.NewWeb(coreOf(t, wx, site))
	page, err := web.QRLoginURL("https://www.example.com/login", "S1")
	require.NoError(t, err)
	visitor, err := web.Finish(t.Context(), comeBack(t, ann.Visit, page), "S1")
	require.NoError(t, err)
	require.Equal(t, ann.UnionID(site), visitor.UnionID)
	require.Equal(t, ann.UnionID(wx.MiniProgram()), visitor.UnionID, "one person, one UnionID")
}

func TestEmulatedPlatform(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	platform, mini, oa, ann := wx.AddThirdParty(emulator.AppConfig{}), wx.MiniProgram(), wx.ServiceAccount(), wx.User("Ann")
	mini.AuthorizeTo(platform)
	p := &oauth.Component{AppID: platform.AppID, Tokens: componentToken{coreOf(t, wx, platform, wechat.WithTokenSource(token.None())), platform}}

	merchant, err := wechat.New(wechat.Config{AppID: mini.AppID}, wechat.WithTokenSource(token.None()), wechat.WithHTTPClient(wx.HTTPClient()))
	require.NoError(t, err)
	session, err := oauth.NewForComponent(merchant, p).Login(t.Context(), ann.LoginCode(mini))
	require.NoError(t, err)
	require.Equal(t, ann.OpenID(mini), session.OpenID)

	stranger := oauth.NewWebForComponent(coreOf(t, wx, oa), p)
	page, err := stranger.AuthorizeURL(&oauth.Authorization{RedirectURI: "https://shop.example.com/", State: "S1"})
	require.NoError(t, err)
	back := comeBack(t, ann.Visit, page)
	_, err = stranger.Finish(t.Context(), back, "S1")
	require.ErrorIs(t, err, errcode.AuthorizationCancelled, "the service account has not authorised the platform")
	oa.AuthorizeTo(platform)
	visitor, err := stranger.Finish(t.Context(), back, "S1")
	require.NoError(t, err)
	require.Equal(t, ann.OpenID(oa), visitor.OpenID)
	wx.Advance(3 * time.Hour)
	visitor, err = stranger.Refresh(t.Context(), visitor.RefreshToken)
	require.NoError(t, err)
	require.Equal(t, ann.OpenID(oa), visitor.OpenID)
	valid, err := stranger.Valid(t.Context(), visitor)
	require.NoError(t, err)
	require.True(t, valid)
}

// componentToken fetches a component_access_token each time.
type componentToken struct {
	core     *wechat.Client
	platform *emulator.App
}

// Token implements token.Source.
func (s componentToken) Token(ctx context.Context) (token.Token, error) {
	in := map[string]string{
		"component_appid": s.platform.AppID, "component_appsecret": s.platform.AppSecret,
		"component_verify_ticket": s.platform.VerifyTicket(),
	}
	var out struct {
		Token string `json:"component_access_token"`
	}
	err := s.core.Do(ctx, http.MethodPost, "/cgi-bin/component/api_component_token", nil, in, &out)
	return token.Token{Value: token.Secret(out.Token)}, err
}

package oauth_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/oauth"
	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/component"
)

func TestLoginReadsWhatWeChatSends(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer string
		want   oauth.Session
	}{
		"NoErrcode":      {`{"openid":"o1","session_key":"k1"}`, oauth.Session{OpenID: "o1", SessionKey: "k1"}},
		"ErrcodeZero":    {`{"errcode":0,"errmsg":"ok","openid":"o1","session_key":"k1"}`, oauth.Session{OpenID: "o1", SessionKey: "k1"}},
		"NullUnionID":    {`{"openid":"o1","session_key":"k1","unionid":null}`, oauth.Session{OpenID: "o1", SessionKey: "k1"}},
		"ByteOrderMark":  {"\xef\xbb\xbf" + `{"openid":"o1","session_key":"k1"}`, oauth.Session{OpenID: "o1", SessionKey: "k1"}},
		"OldExpiresIn":   {`{"openid":"o1","session_key":"k1","expires_in":"7200"}`, oauth.Session{OpenID: "o1", SessionKey: "k1"}},
		"EscapedSlashes": {`{"openid":"o1","session_key":"a\/b+c=="}`, oauth.Session{OpenID: "o1", SessionKey: "a/b+c=="}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, _ := answering(t, always(c.answer))
			got, err := oauth.New(core).Login(t.Context(), "0a1b2c3d")
			require.NoError(t, err)
			require.Equal(t, &c.want, got)
		})
	}
}

func TestLoginTakesNoHalfAnswer(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"Empty": `{}`, "NoKey": `{"openid":"o1"}`, "NoOpenID": `{"session_key":"k1"}`, "EmptyOpenID": `{"openid":"","session_key":"k1"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, f := answering(t, always(answer))
			_, err := oauth.New(core).Login(t.Context(), "0a1b2c3d")
			var bad *wechat.ResponseError
			require.ErrorAs(t, err, &bad)
			require.ErrorContains(t, err, "is missing")
			require.ErrorIs(t, err, wechat.ErrOutcomeUnknown, "the code may be used up")
			require.Len(t, f.requests(), 1)
		})
	}
}

// A code that may have been used up is never sent again.
func TestCodesAreSentOnce(t *testing.T) {
	t.Parallel()
	calls := map[string]func(context.Context, *wechat.Client) error{
		"Login": func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).Login(ctx, "code-in-use")
			return err
		},
		"PhoneNumber": func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).PhoneNumber(ctx, "code-in-use", "")
			return err
		},
		"PluginOpenPID": func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).PluginOpenPID(ctx, "code-in-use")
			return err
		},
		"Exchange": func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.NewWeb(c).Exchange(ctx, "code-in-use")
			return err
		},
		"ResetSessionKey": func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).ResetSessionKey(ctx, "o1", sessionKey)
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, f := answering(t, always(`{"errcode":-1,"errmsg":"system error"}`))
			require.ErrorIs(t, call(t.Context(), core), errcode.SystemBusy)
			require.Len(t, f.requests(), 1)

			core, f = answering(t, always(`<html>gateway</html>`))
			require.ErrorIs(t, call(t.Context(), core), wechat.ErrOutcomeUnknown)
			require.Len(t, f.requests(), 1)
		})
	}
}

// Login must not fetch, spend or replace the account's access token.
func TestLoginHasNothingToDoWithTheAccessToken(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		`{"errcode":40001,"errmsg":"invalid credential"}`, `{"errcode":42001,"errmsg":"expired"}`,
	} {
		source := &renewing{err: errors.New("no token may be asked for")}
		core, f := answering(t, always(answer), wechat.WithTokenSource(source))
		_, err := oauth.New(core).Login(t.Context(), "0a1b2c3d")
		require.ErrorIs(t, err, errcode.BadCredentials)
		require.Len(t, f.requests(), 1)
		require.Empty(t, f.requests()[0].Query.Get("access_token"))
		require.Zero(t, source.asked)
	}
}

// renewing is a source whose token WeChat rejects once.
type renewing struct {
	asked   int
	renewed int
	err     error
}

func (r *renewing) Token(context.Context) (token.Token, error) {
	r.asked++
	return token.Token{Value: "STALE_TOKEN"}, r.err
}

func (r *renewing) Renew(_ context.Context, rejected token.Secret) (token.Token, error) {
	r.renewed++
	if rejected != "STALE_TOKEN" {
		return token.Token{}, errors.New("another token was rejected")
	}
	return token.Token{Value: "FRESH_TOKEN"}, r.err
}

func TestComponentReplacesItsToken(t *testing.T) {
	t.Parallel()
	const rejected = `{"errcode":42001,"errmsg":"access_token expired"}`
	t.Run("Once", func(t *testing.T) {
		t.Parallel()
		source := &renewing{}
		core, f := answering(t, inTurn(rejected, `{"openid":"o1","session_key":"k1"}`))
		got, err := oauth.NewForComponent(core, &oauth.Component{AppID: "wxplatform", Tokens: source}).Login(t.Context(), "0a1b2c3d")
		require.NoError(t, err)
		require.Equal(t, "o1", got.OpenID)
		require.Len(t, f.requests(), 2)
		require.Equal(t, "STALE_TOKEN", f.requests()[0].Query.Get("component_access_token"))
		require.Equal(t, "FRESH_TOKEN", f.requests()[1].Query.Get("component_access_token"))
		require.Equal(t, "0a1b2c3d", f.requests()[1].Query.Get("js_code"), "a rejected token does not use the code up")
	})
	t.Run("NotForEver", func(t *testing.T) {
		t.Parallel()
		source := &renewing{}
		core, f := answering(t, always(rejected))
		_, err := oauth.NewForComponent(core, &oauth.Component{AppID: "wxplatform", Tokens: source}).Login(t.Context(), "0a1b2c3d")
		require.ErrorIs(t, err, errcode.ComponentAuth)
		require.Len(t, f.requests(), 2)
		require.Equal(t, 1, source.renewed)
	})
	t.Run("NotWithoutRenewer", func(t *testing.T) {
		t.Parallel()
		core, f := answering(t, always(rejected))
		_, err := oauth.NewForComponent(core, platform).Login(t.Context(), "0a1b2c3d")
		require.ErrorIs(t, err, errcode.AccessTokenExpired)
		require.Len(t, f.requests(), 1)
	})
	t.Run("NotForOtherErrors", func(t *testing.T) {
		t.Parallel()
		source := &renewing{}
		core, _ := answering(t, always(`{"errcode":40029,"errmsg":"invalid code"}`))
		_, err := oauth.NewForComponent(core, &oauth.Component{AppID: "wxplatform", Tokens: source}).Login(t.Context(), "0a1b2c3d")
		require.ErrorIs(t, err, errcode.InvalidCode)
		require.Zero(t, source.renewed)
	})
	t.Run("SaysWhyItCouldNot", func(t *testing.T) {
		t.Parallel()
		core, f := answering(t, always(rejected))
		p := &oauth.Component{AppID: "wxplatform", Tokens: failingRenewal{}}
		_, err := oauth.NewForComponent(core, p).Login(t.Context(), "0a1b2c3d")
		require.ErrorIs(t, err, errcode.AccessTokenExpired)
		require.ErrorIs(t, err, errTicket)
		require.Len(t, f.requests(), 1)
	})
}

var errTicket = errors.New("no ticket")

type failingRenewal struct{}

func (failingRenewal) Token(context.Context) (token.Token, error) {
	return token.Token{Value: "STALE_TOKEN"}, nil
}

func (failingRenewal) Renew(context.Context, token.Secret) (token.Token, error) {
	return token.Token{}, errTicket
}

func TestComponentNeedsItsSettings(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*oauth.Component{
		"NoAppID": {Tokens: token.Static("T")}, "NoTokens": {AppID: "wxplatform"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, f := answering(t, always(`{}`))
			_, err := oauth.NewForComponent(core, p).Login(t.Context(), "0a1b2c3d")
			require.ErrorContains(t, err, "oauth.Login: Component")
			require.Empty(t, f.requests())
		})
	}
	t.Run("TokenError", func(t *testing.T) {
		t.Parallel()
		core, f := answering(t, always(`{}`))
		p := &oauth.Component{AppID: "wxplatform", Tokens: &renewing{err: errTicket}}
		_, err := oauth.NewForComponent(core, p).Login(t.Context(), "0a1b2c3d")
		require.ErrorIs(t, err, errTicket)
		require.Empty(t, f.requests())
	})
}

// A platform that would send its secret to the real WeChat is no use to a client that talks to something else.
func TestComponentThatAsksTheRealWeChatIsRefused(t *testing.T) {
	t.Parallel()
	client, err := wechat.New(wechat.Config{AppID: "wxplatform", AppSecret: "planted-secret"})
	require.NoError(t, err)
	platform, err := component.New(client, component.Config{})
	require.NoError(t, err)
	core, f := answering(t, always(`{"openid":"o1"}`))
	_, err = oauth.NewForComponent(core, &oauth.Component{AppID: "wxplatform", Tokens: platform}).Login(t.Context(), "0a1b2c3d")
	var field *errcode.FieldError
	require.ErrorAs(t, err, &field)
	require.Equal(t, "oauth.Login", field.Op)
	require.Equal(t, "Component.Tokens", field.Field)
	require.Contains(t, field.Reason, "the source has no HTTPClient")
	require.Empty(t, f.requests())
}

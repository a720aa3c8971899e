package wechat_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/oauth"
	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/central"
	"github.com/wechatkit/wechat/token/component"
)

// again is what a value of a program's own settings becomes that are written as JSON and read back.
func again[T any](t *testing.T, v T) T {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	var read T
	require.NoError(t, json.Unmarshal(data, &read))
	return read
}

// Settings that were written down with their secrets masked do not make a client that fails at WeChat: they are refused
// by the name of the field.
func TestMaskedSettingsAreRefused(t *testing.T) {
	t.Parallel()
	type app = callback.App
	hook := func(change func(*app)) func() error {
		return func() error {
			a := app{AppID: "wx1", Kind: callback.OfficialAccount, Token: "t", EncodingAESKey: heldKey}
			change(&a)
			h, err := callback.New(callback.Config{Apps: []app{a}})
			if err == nil {
				_ = h.Shutdown(t.Context())
			}
			return err
		}
	}
	security := func(change func(*wechat.APISecurity)) func() error {
		return func() error {
			keys := newPeer().settings(noon)
			change(&keys)
			_, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: "s"}, wechat.WithAPISecurity(keys))
			return err
		}
	}
	core, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: "s"})
	require.NoError(t, err)
	session := again(t, oauth.Session{OpenID: "o1", SessionKey: "k"})
	platformCore, err := wechat.New(wechat.Config{AppID: "wx2", AppSecret: "s"})
	require.NoError(t, err)
	platform, err := component.New(platformCore, component.Config{})
	require.NoError(t, err)
	for field, try := range map[string]func() error{
		"wechat: Config.AppSecret": func() error {
			_, err := wechat.New(again(t, wechat.Config{AppID: "wx1", AppSecret: "s"}))
			return err
		},
		"WithAPISecurity: EncryptionKey": security(func(s *wechat.APISecurity) { s.EncryptionKey = again(t, s.EncryptionKey) }),
		"WithAPISecurity: PrivateKey":    security(func(s *wechat.APISecurity) { s.PrivateKey = again(t, s.PrivateKey) }),
		"token: Config.AppSecret": func() error {
			_, err := token.NewManager(token.Config{AppID: "wx1", AppSecret: again(t, token.Secret("s"))})
			return err
		},
		"component.KeepTicket: Ticket": func() error {
			return platform.KeepTicket(t.Context(), again(t, component.Ticket{ComponentAppID: "wx2", Ticket: "k"}))
		},
		"component.QueryAuth: code": func() error {
			_, err := platform.QueryAuth(t.Context(), again(t, token.Secret("c")))
			return err
		},
		"central: Config.Key": func() error {
			_, err := central.NewFetcher(central.Config{AppID: "wx1", URL: "https://a", Key: again(t, token.Secret("k"))})
			return err
		},
		"central: HandlerConfig.Keys[0]": func() error {
			_, err := central.NewHandler(central.HandlerConfig{
				Sources: map[string]token.Source{"wx1": token.None()}, Keys: again(t, []token.Secret{"k"}),
			})
			return err
		},
		"callback.New: Apps[0].Token":         hook(func(a *app) { a.Token = again(t, a.Token) }),
		"callback.New: Apps[0].PreviousToken": hook(func(a *app) { a.PreviousToken = again(t, a.Token) }),
		"callback.New: Apps[0].EncodingAESKey": hook(func(a *app) {
			a.EncodingAESKey = again(t, a.EncodingAESKey)
		}),
		"callback.New: Apps[0].PreviousEncodingAESKey": hook(func(a *app) {
			a.PreviousEncodingAESKey = again(t, a.EncodingAESKey)
		}),
		"token: Token.Value": func() error {
			_, err := (&token.MemoryStore{}).Save(t.Context(), "k", again(t, token.Token{Value: "T"}), "")
			return err
		},
		"wechat: componentSecret": func() error {
			return core.Account().ClearQuotaByComponent(t.Context(), "wx2", again(t, wechat.Secret("s")))
		},
		"oauth: key": func() error {
			_, err := oauth.New(core).CheckSessionKey(t.Context(), "o1", session.SessionKey)
			return err
		},
		"oauth: refreshToken": func() error {
			_, err := oauth.NewWeb(core).Refresh(t.Context(), again(t, oauth.UserToken{RefreshToken: "r"}).RefreshToken)
			return err
		},
	} {
		err := try()
		require.ErrorContains(t, err, field+": \"[redacted]\", which", field)
	}
	_, err = oauth.New(core).Decrypt(session.SessionKey, &oauth.EncryptedData{}, nil)
	require.ErrorContains(t, err, "oauth: key: \"[redacted]\"")
}

// forgetful is a Store as a program may write one: it keeps tokens as JSON.
type forgetful struct{ saved map[string][]byte }

func (s *forgetful) Load(_ context.Context, key string) (t token.Token, err error) {
	if data := s.saved[key]; data != nil {
		err = json.Unmarshal(data, &t)
	}
	return t, err
}

func (s *forgetful) Save(_ context.Context, key string, t token.Token, _ token.Secret) (token.Token, error) {
	data, err := json.Marshal(t)
	s.saved[key] = data
	return t, err
}

func (s *forgetful) Drop(context.Context, string, token.Secret) error { return nil }

// A mask that comes out of a store or a source never goes to WeChat as a token.
func TestMaskIsNotSentAsAToken(t *testing.T) {
	t.Parallel()
	store := &forgetful{saved: map[string][]byte{}}
	manager := func() token.Source {
		m, err := token.NewManager(token.Config{AppID: "wx1", Fetcher: fixed{}, Store: store})
		require.NoError(t, err)
		t.Cleanup(func() { _ = m.Close() })
		return m
	}
	for range 2 { // the second one finds what the first has saved
		got, err := manager().Token(t.Context())
		require.NoError(t, err)
		require.Equal(t, heldToken, got.Value.Reveal())
	}

	c, err := wechat.New(wechat.Config{AppID: "wx1"}, wechat.WithTokenSource(token.Static(again(t, token.Secret("T")))),
		wechat.WithHTTPClient(&http.Client{Transport: &script{}})) // which fails the test by a panic if it is asked
	require.NoError(t, err)
	require.ErrorIs(t, c.Do(t.Context(), http.MethodGet, "/x", nil, nil, nil), token.ErrMasked)

	core, err := wechat.New(wechat.Config{AppID: "wx2", AppSecret: "s"}, wechat.WithBaseURL("http://127.0.0.1:1"))
	require.NoError(t, err)
	platform, err := component.New(core, component.Config{Store: store})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, platform.Close()) })
	_, err = store.Save(t.Context(), "wechat:component:{wx2}:ticket", token.Token{
		Value: "K", Issued: time.Now(), Expiry: time.Now().Add(time.Hour),
	}, "")
	require.NoError(t, err)
	_, err = platform.Token(t.Context())
	require.ErrorIs(t, err, component.ErrNoTicket)
	require.ErrorIs(t, err, token.ErrMasked)
}

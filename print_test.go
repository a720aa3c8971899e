package wechat_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/content"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/internal/printed"
	"github.com/wechatkit/wechat/links"
	"github.com/wechatkit/wechat/media"
	"github.com/wechatkit/wechat/oauth"
	"github.com/wechatkit/wechat/subscribe"
	"github.com/wechatkit/wechat/template"
	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/central"
	"github.com/wechatkit/wechat/token/component"
	"github.com/wechatkit/wechat/token/jsapi"
)

// What the values below hold.
const (
	heldSecret = "planted-app-secret-1"
	heldToken  = "planted-token-of-2"
	heldKey    = "plantedKeyOf43Characters0123456789abcdefghi" // an EncodingAESKey
	heldTicket = "planted-ticket-3"
)

// fixed is a Fetcher that has its token.
type fixed struct{}

func (fixed) Fetch(context.Context, bool) (token.Token, error) {
	return token.Token{Value: heldToken, Expiry: time.Now().Add(time.Hour)}, nil
}

// filled are values of the token packages that have all that they ever hold.
type filled struct {
	store     *token.MemoryStore
	manager   *token.Manager
	own       *token.Manager // with an AppSecret of its own
	tickets   *jsapi.Tickets
	platform  *component.Component
	fetcher   *central.Fetcher
	service   *central.Handler
	component *oauth.Component
}

func fill(t *testing.T) filled {
	t.Helper()
	var f filled
	var err error
	f.store = &token.MemoryStore{}
	f.manager, err = token.NewManager(token.Config{AppID: "wx1", Fetcher: fixed{}, Store: f.store})
	require.NoError(t, err)
	_, err = f.manager.Token(t.Context())
	require.NoError(t, err)
	f.own, err = token.NewManager(token.Config{AppID: "wx1", AppSecret: heldSecret, Store: f.store})
	require.NoError(t, err)
	account, err := wechat.New(wechat.Config{AppID: "wx1"}, wechat.WithTokenSource(token.Static(heldToken)))
	require.NoError(t, err)
	f.tickets, err = jsapi.New(account, jsapi.Config{Store: f.store})
	require.NoError(t, err)
	core, err := wechat.New(wechat.Config{AppID: "wx2", AppSecret: heldSecret}, wechat.WithBaseURL("http://127.0.0.1:1"))
	require.NoError(t, err)
	f.platform, err = component.New(core, component.Config{Store: f.store})
	require.NoError(t, err)
	require.NoError(t, f.platform.KeepTicket(t.Context(), component.Ticket{ComponentAppID: "wx2", Ticket: heldTicket}))
	_, err = f.store.Save(t.Context(), "wechat:component:wx2:{wx3}:refresh", token.Token{Value: heldToken}, "")
	require.NoError(t, err)
	_, err = f.platform.Authorizer("wx3").Token(t.Context()) // the account then knows its refresh token
	require.Error(t, err)
	f.fetcher, err = central.NewFetcher(central.Config{AppID: "wx1", URL: "https://tokens.example", Key: heldSecret})
	require.NoError(t, err)
	f.service, err = central.NewHandler(central.HandlerConfig{
		Sources: map[string]token.Source{"wx1": token.Static(heldToken), "wx2": f.own}, Keys: []token.Secret{heldSecret},
	})
	require.NoError(t, err)
	f.component = &oauth.Component{AppID: "wx2", Tokens: token.Static(heldToken)}
	t.Cleanup(func() {
		require.NoError(t, f.manager.Close())
		require.NoError(t, f.own.Close())
		require.NoError(t, f.tickets.Close())
		require.NoError(t, f.platform.Close())
	})
	return f
}

func clean[T any](t *testing.T, v T) {
	t.Helper()
	printed.RequireClean(t, v, heldSecret, heldToken, heldKey, heldTicket)
}

// Whatever a program prints of a value that holds a secret shows none of it: with each verb of fmt, with log/slog, in a
// template and by walking through its fields, of the value, a pointer to it, a copy, or a field of another, exported or
// not.
func TestNothingPrintsItsSecrets(t *testing.T) {
	t.Parallel()
	f := fill(t)
	static, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: heldSecret}, wechat.WithTokenSource(token.Static(heldToken)))
	require.NoError(t, err)
	managed, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: heldSecret}, wechat.WithAPISecurity(newPeer().settings(noon)))
	require.NoError(t, err)
	h, err := callback.New(callback.Config{Apps: []callback.App{{
		AppID: "wx1", Kind: callback.OfficialAccount, Mode: callback.ModeSecure, Token: "plantedtoken4", EncodingAESKey: heldKey,
	}}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = h.Shutdown(t.Context()) })

	for name, check := range map[string]func(t *testing.T){
		"token.Static":        func(t *testing.T) { clean(t, token.Static(heldToken)) },
		"token.MemoryStore":   func(t *testing.T) { clean(t, f.store) },
		"token.Manager":       func(t *testing.T) { clean(t, f.manager); clean(t, *f.manager) },
		"token.Manager's own": func(t *testing.T) { clean(t, f.own); clean(t, *f.own) },
		"jsapi.Tickets":       func(t *testing.T) { clean(t, f.tickets); clean(t, *f.tickets) },
		"component.Component": func(t *testing.T) { clean(t, f.platform); clean(t, *f.platform) },
		"component.Authorizer": func(t *testing.T) {
			clean(t, f.platform.Authorizer("wx3"))
		},
		"central.Fetcher": func(t *testing.T) { clean(t, f.fetcher); clean(t, *f.fetcher) },
		"central.Handler": func(t *testing.T) { clean(t, f.service); clean(t, *f.service) },
		"callback.Handler": func(t *testing.T) {
			raw, err := base64.StdEncoding.DecodeString(heldKey + "=")
			require.NoError(t, err)
			printed.RequireClean(t, h, "plantedtoken4", heldKey, string(raw))
		},
		"wechat.Client": func(t *testing.T) {
			for _, c := range []*wechat.Client{static, managed} {
				keys := newPeer().settings(noon)
				printed.RequireClean(t, c, heldSecret, heldToken, keys.EncryptionKey.Reveal())
				printed.RequireClean(t, *c, heldSecret, heldToken, keys.EncryptionKey.Reveal())
				clean(t, c.TokenSource())
				clean(t, c.Account())
			}
		},
		"clients of the packages": func(t *testing.T) {
			for _, c := range []*wechat.Client{static, managed} {
				clean(t, *subscribe.New(c))
				clean(t, *template.New(c))
				clean(t, *customerservice.New(c))
				clean(t, *content.New(c))
				clean(t, *links.New(c))
				clean(t, *media.New(c))
				clean(t, *oauth.New(c))
				clean(t, *oauth.NewWeb(c))
				clean(t, *oauth.NewForComponent(c, f.component))
				clean(t, *oauth.NewWebForComponent(c, f.component))
			}
			clean(t, *f.component)
			clean(t, oauth.Component{AppID: "wx2", Tokens: f.platform})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t)
		})
	}
}

// Settings and results have their secrets in exported fields of the type Secret. They print as they are, by pointer and
// in exported fields; in an unexported field of a program's own struct fmt cannot ask a Secret how to print.
func TestSettingsAndResultsPrintNoSecret(t *testing.T) {
	t.Parallel()
	for _, v := range []any{
		wechat.Config{AppID: "wx1", AppSecret: heldSecret},
		wechat.APISecurity{EncryptionKey: heldSecret, PrivateKey: heldSecret},
		wechat.RequestInfo{URL: heldSecret, Body: heldSecret, Answer: heldSecret},
		wechat.Call{Op: "x", Query: url.Values{"code": {heldSecret}}, In: heldSecret, Private: []string{heldSecret}},
		token.Config{AppSecret: heldSecret, Store: &token.MemoryStore{}, HTTPClient: http.DefaultClient},
		token.Token{Value: heldToken},
		component.Ticket{Ticket: heldTicket}, component.PreAuthCode{Code: heldSecret},
		component.Authorization{RefreshToken: heldToken}, component.Authorizer{RefreshToken: heldToken},
		central.Config{Key: heldSecret}, central.HandlerConfig{Keys: []token.Secret{heldSecret}},
		callback.App{Token: heldSecret, PreviousToken: heldSecret, EncodingAESKey: heldKey, PreviousEncodingAESKey: heldKey},
		oauth.Session{SessionKey: heldSecret}, oauth.UserToken{AccessToken: heldToken, RefreshToken: heldToken},
		oauth.EncryptKey{Key: heldKey, IV: heldKey},
	} {
		for form, text := range printed.Forms(v) {
			_, isCall := v.(wechat.Call) // the request itself, which is not kept: fmt and log/slog alone meet it
			if form == "fmt %w" || form == "fmt %p" || isCall && !strings.HasPrefix(form, "fmt") && !strings.HasPrefix(form, "slog text") {
				continue // %w of no error and %p of no pointer, which go vet reports, ask nobody how to print
			}
			for _, secret := range []string{heldSecret, heldToken, heldKey, heldTicket} {
				require.NotContains(t, text, secret, "%T with %s", v, form)
			}
		}
	}
}

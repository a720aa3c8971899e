// Package component holds the tokens of a third-party platform (第三方平台): its own, and those with which it
// acts for the accounts that authorised it. The chain goes
//
//	verify ticket → component token → pre-auth code → an account's administrator agrees
//	→ authorization code → refresh token → authorizer tokens
//
// Pushes and one web page drive it. Mounted on a callback.Handler for the platform's authorisation URL:
//
//	callback.On(h, func(ctx context.Context, e *callback.VerifyTicket) (callback.Reply, error) {
//		return nil, platform.KeepTicket(ctx, component.Ticket{
//			ComponentAppID: e.ComponentAppID, Ticket: e.Ticket, CreateTime: e.CreateTime,
//		})
//	})
//	callback.On(h, func(ctx context.Context, e *callback.Authorized) (callback.Reply, error) {
//		_, err := platform.QueryAuth(ctx, e.AuthorizationCode)
//		return nil, err
//	})
//	callback.On(h, func(ctx context.Context, e *callback.AuthorizationUpdated) (callback.Reply, error) {
//		_, err := platform.QueryAuth(ctx, e.AuthorizationCode)
//		return nil, err
//	})
//	callback.On(h, func(ctx context.Context, e *callback.Unauthorized) (callback.Reply, error) {
//		return nil, platform.Forget(ctx, e.AuthorizerAppID)
//	})
//
// The platform stands on a client with its AppID and AppSecret, and a client that acts for an account takes the account's tokens:
//
//	core, err := wechat.New(wechat.Config{AppID: componentAppID, AppSecret: componentAppSecret})
//	platform, err := component.New(core, component.Config{Store: store})
//	client, err := wechat.New(wechat.Config{AppID: appID}, wechat.WithTokenSource(platform.Authorizer(appID)))
//
// [Component] itself is the token source that oauth.Component wants for logins. Where a client has an HTTP client or
// a base URL, as in tests with an emulator, the others want the same.
//
// WeChat docs: https://developers.weixin.qq.com/doc/oplatform/developers/dev/ComponentAccessToken
package component

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/exchange"
	"github.com/wechatkit/wechat/internal/rest"
	"github.com/wechatkit/wechat/internal/route"
	"github.com/wechatkit/wechat/internal/secret"
	"github.com/wechatkit/wechat/internal/within"
	"github.com/wechatkit/wechat/token"
)

// Config says where the platform keeps what it holds. The zero value has the defaults.
type Config struct {
	// Store keeps the verify ticket, the accounts' refresh tokens and all access tokens, for all processes of
	// the platform. It should survive a restart: without a ticket there is no token for up to ten minutes, and
	// a lost refresh token must be fetched back with [Component.Restore]. Defaults to the memory of this process.
	Store token.Store
	// Observer is called after each request for an access token, the platform's own and the accounts', beside the client's
	// observer, which hears of every attempt. It must not block. Defaults to none.
	Observer func(ctx context.Context, e token.FetchEvent)
}

// storeTimeout bounds each call of the Store.
const storeTimeout = time.Second

// Component is a third-party platform. It is the [token.Renewer] of the component_access_token and is safe for
// concurrent use.
type Component struct {
	name string
	in   func() *inside // no printer looks into a function
}

// inside is what a Component holds.
type inside struct {
	client   *wechat.Client // as it was given
	core     *wechat.Client // calls with the component_access_token
	fetcher  *wechat.Client // the same, and repeats nothing: a Manager spaces its attempts
	store    token.Store
	observer func(ctx context.Context, e token.FetchEvent)
	tokens   *token.Manager // component_access_token

	mu     sync.Mutex // guards ticket and closed, and orders the making of accounts
	ticket token.Token
	closed bool

	accounts sync.Map // *account by AppID
}

var _ token.Renewer = (*Component)(nil)

// New returns the third-party platform whose AppID and AppSecret the client has, or an error that names the setting that is
// wrong. It makes no request. The platform's calls go over the client's connections and within its limits. Of the client's own
// tokens it makes no use: a platform has none but the component_access_token.
func New(client *wechat.Client, cfg Config) (*Component, error) {
	switch {
	case client == nil:
		return nil, &errcode.FieldError{Op: "component", Field: "client", Reason: "nil"}
	case client.AppSecret() == "":
		return nil, &errcode.FieldError{Op: "component", Field: "client", Reason: "has no AppSecret"}
	}
	if cfg.Store == nil {
		cfg.Store = &token.MemoryStore{}
	}
	in := &inside{client: client, store: cfg.Store, observer: cfg.Observer}
	c := &Component{"component.Component(" + client.AppID() + ")", func() *inside { return in }}
	var err error
	if in.tokens, err = c.manager(client.AppID(), c.key("token"), (*ownFetcher)(c)); err != nil {
		return nil, err
	}
	if in.core, err = client.With(wechat.WithTokenSource(in.tokens)); err != nil {
		return nil, err
	}
	in.fetcher, err = in.core.With(wechat.WithRetry(wechat.RetryPolicy{Attempts: 1}))
	return c, err
}

// manager returns a Manager of the platform's for any token.
func (c *Component) manager(appID, key string, f token.Fetcher) (*token.Manager, error) {
	in := c.in()
	return token.NewManager(token.Config{
		AppID: appID, Key: key, Fetcher: f, Store: in.store, Timeout: in.client.Timeout(),
		Logger: in.client.Logger(), Observer: in.observer,
	})
}

// key names something of the platform in the store. The braces keep it in one slot of a Redis Cluster.
func (c *Component) key(what string) string {
	return "wechat:component:{" + c.AppID() + "}:" + what
}

// AppID returns the platform's AppID.
func (c *Component) AppID() string { return c.in().client.AppID() }

// Token returns the component_access_token. It implements [token.Source].
//
// WeChat docs: https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_getcomponentaccesstoken
//
//wechat:endpoint POST /cgi-bin/component/api_component_token
//wechat:account component
func (c *Component) Token(ctx context.Context) (token.Token, error) { return c.in().tokens.Token(ctx) }

// Renew replaces a component_access_token that WeChat rejected. It implements [token.Renewer].
func (c *Component) Renew(ctx context.Context, rejected token.Secret) (token.Token, error) {
	return c.in().tokens.Renew(ctx, rejected)
}

// Route tells wechat.New how the platform reaches WeChat, which is its client's way. ok is false for a nil Component.
func (c *Component) Route() (r route.Route, ok bool) {
	if c == nil || c.in == nil {
		return route.Route{}, false
	}
	return c.in().client.Route(), true
}

// Close ends the refreshes that are under way, also those of [Component.Authorizer], and waits for them. A
// program that keeps its Component to the end need not call it.
func (c *Component) Close() error {
	c.in().mu.Lock()
	c.in().closed = true
	c.in().mu.Unlock()
	for _, a := range c.in().accounts.Range {
		_ = a.(*account).tokens.Close()
	}
	return c.in().tokens.Close()
}

// String returns "component.Component(AppID)".
func (c Component) String() string { return c.name }

// Format is for the verbs that do not ask String.
func (c Component) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.name) }

func (c *Component) load(ctx context.Context, key string) (token.Token, error) {
	t, err := within.Call(ctx, storeTimeout, func(ctx context.Context) (token.Token, error) { return c.in().store.Load(ctx, key) })
	if err == nil && secret.IsMask(t.Value) {
		return token.Token{}, token.ErrMasked
	}
	return t, err
}

func (c *Component) save(ctx context.Context, key string, t token.Token, replaces token.Secret) error {
	return within.Do(ctx, storeTimeout, func(ctx context.Context) error {
		_, err := c.in().store.Save(ctx, key, t, replaces)
		return err
	})
}

// hidden keeps bodies from middleware: tickets, codes and tokens stand in them, and in the answers.
var hidden = []string{}

// call makes a call with the component_access_token. A successful answer has the fields that needs names.
func (c *Component) call(ctx context.Context, op, path string, effect wechat.Effect, in, out any, needs ...string) error {
	return c.in().core.Call(ctx, wechat.Call{
		Op: op, Method: http.MethodPost, Path: path, In: in, Out: rest.Needs(out, needs...), Effect: effect,
		Private: hidden,
	})
}

// fetch makes a call whose answer issues a token, which needs names. Its outcome is never in doubt to whoever waits for the token:
// nothing was done in his name, whatever becomes of the request.
func (c *Component) fetch(ctx context.Context, op, path string, auth wechat.Auth, in, out any, needs string) error {
	return c.in().fetcher.Call(ctx, wechat.Call{
		Op: op, Method: http.MethodPost, Path: path, In: in, Out: rest.Needs(out, needs), Auth: auth, Effect: wechat.ReadOnly,
		Private: hidden,
	})
}

// until is the end of something that lasts so many seconds from start.
func until(start time.Time, seconds int64) time.Time { return start.Add(exchange.Lifetime(seconds)) }

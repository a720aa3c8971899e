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
// A client that acts for an account then is
//
//	wechat.New(wechat.Config{AppID: appID}, wechat.WithTokenSource(platform.Authorizer(appID)))
//
// and [Component] itself is the token source that oauth.Component wants for logins. Where the clients have an HTTP client or
// a base URL, as in tests with an emulator, the [Config] wants the same.
//
// WeChat docs: https://developers.weixin.qq.com/doc/oplatform/developers/dev/ComponentAccessToken
package component

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/rest"
	"github.com/wechatkit/wechat/internal/route"
	"github.com/wechatkit/wechat/internal/secret"
	"github.com/wechatkit/wechat/internal/within"
	"github.com/wechatkit/wechat/token"
)

// Config names the platform. AppID and AppSecret are needed; the rest has defaults.
type Config struct {
	AppID     string       // of the platform (component_appid)
	AppSecret token.Secret // of the platform (component_appsecret)

	// Store keeps the verify ticket, the accounts' refresh tokens and all access tokens, for all processes of
	// the platform. It should survive a restart: without a ticket there is no token for up to ten minutes, and
	// a lost refresh token must be fetched back with [Component.Restore]. Defaults to the memory of this process.
	Store token.Store

	// BaseURL of WeChat's API. Defaults to [token.DefaultBaseURL]. The clients that use the platform's tokens do not
	// bring theirs along, see [token.Config].
	BaseURL string
	// HTTPClient brings the Transport for requests; the rest of it is not used. As with BaseURL, that of the clients
	// is wanted here too.
	HTTPClient *http.Client
	// TransportMiddleware wraps the transport of requests to WeChat, the first one outermost, as
	// wechat.WithTransportMiddleware says, where it is told what they see. Defaults to none.
	TransportMiddleware []func(http.RoundTripper) http.RoundTripper
	// Timeout bounds one request. Defaults to 10 seconds.
	Timeout time.Duration
	// Logger is told of changes, as [token.Config] says. Defaults to none.
	Logger *slog.Logger
	// OnFetch is called after each request for an access token, the platform's own and the accounts'. It must not
	// block.
	OnFetch func(ctx context.Context, e token.Event)
}

const (
	defaultTimeout = 10 * time.Second
	storeTimeout   = time.Second
)

// Component is a third-party platform. It is the [token.Renewer] of the component_access_token and is safe for
// concurrent use.
type Component struct {
	name string
	in   func() *inside // no printer looks into a function
}

// inside is what a Component holds.
type inside struct {
	cfg    Config
	http   *rest.Client
	base   *url.URL
	store  token.Store
	tokens *token.Manager // component_access_token

	mu     sync.Mutex // guards ticket and closed, and orders the making of accounts
	ticket token.Token
	closed bool

	accounts sync.Map // *account by AppID
}

var _ token.Renewer = (*Component)(nil)

// New returns a Component, or an error that names the setting that is wrong. It makes no request.
func New(cfg Config) (*Component, error) {
	switch {
	case cfg.AppID == "":
		return nil, errors.New("component: Config.AppID is empty")
	case cfg.AppSecret == "":
		return nil, errors.New("component: Config.AppSecret is empty")
	case secret.IsMask(cfg.AppSecret):
		return nil, errors.New("component: Config.AppSecret: " + secret.Masked)
	case cfg.Timeout < 0:
		return nil, fmt.Errorf("component: Config.Timeout: %v is negative", cfg.Timeout)
	}
	if err := rest.CheckMiddleware(cfg.TransportMiddleware); err != nil {
		return nil, fmt.Errorf("component: Config.%w", err)
	}
	base, err := rest.ParseBaseURL(cmp.Or(cfg.BaseURL, token.DefaultBaseURL))
	if err != nil {
		return nil, fmt.Errorf("component: Config.BaseURL: %w", err)
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.Store == nil {
		cfg.Store = &token.MemoryStore{}
	}
	in := &inside{cfg: cfg, http: rest.New(cfg.HTTPClient, cfg.TransportMiddleware...), base: base, store: cfg.Store}
	c := &Component{"component.Component(" + cfg.AppID + ")", func() *inside { return in }}
	in.tokens, err = c.manager(cfg.AppID, c.key("token"), (*ownFetcher)(c))
	return c, err
}

// manager returns a Manager of the platform's for any token.
func (c *Component) manager(appID, key string, f token.Fetcher) (*token.Manager, error) {
	return token.NewManager(token.Config{
		AppID: appID, Key: key, Fetcher: f, Store: c.in().cfg.Store, Timeout: c.in().cfg.Timeout,
		Logger: c.in().cfg.Logger, OnFetch: c.in().cfg.OnFetch,
	})
}

// key names something of the platform in the store. The braces keep it in one slot of a Redis Cluster.
func (c *Component) key(what string) string {
	return "wechat:component:{" + c.in().cfg.AppID + "}:" + what
}

// AppID returns the platform's AppID.
func (c *Component) AppID() string { return c.in().cfg.AppID }

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

// Route tells wechat.New how the platform reaches WeChat, see [Config]. ok is false for a nil Component.
func (c *Component) Route() (r route.Route, ok bool) {
	if c == nil || c.in == nil {
		return route.Route{}, false
	}
	return route.Route{BaseURL: c.in().cfg.BaseURL, HTTPClient: c.in().cfg.HTTPClient}, true
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

// post sends a request with the component_access_token. A token that WeChat rejects is replaced once.
func (c *Component) post(ctx context.Context, op, path string, in, out any, needs ...string) error {
	t, err := c.in().tokens.Token(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	err = c.exchange(ctx, op, path, t.Value, in, out, needs...)
	if !rejectsToken(err) {
		return err
	}
	renewed, renewal := c.in().tokens.Renew(ctx, t.Value)
	if renewal != nil {
		return fmt.Errorf("%w; the token was not replaced: %w", err, renewal)
	}
	return c.exchange(ctx, op, path, renewed.Value, in, out, needs...)
}

func rejectsToken(err error) bool {
	for _, code := range []errcode.Code{
		errcode.InvalidCredential, errcode.InvalidAccessToken, errcode.AccessTokenExpired, errcode.ComponentTokenExpired,
	} {
		if errors.Is(err, code) {
			return true
		}
	}
	return false
}

// exchange sends one request. The answer must have the fields that needs names.
func (c *Component) exchange(ctx context.Context, op, path string, t token.Secret, in, out any, needs ...string) error {
	body, err := rest.Encode(in)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	req := &rest.Request{
		Method: http.MethodPost, Base: c.in().base, Path: path, Token: t.Reveal(), Body: body,
		Timeout: c.in().cfg.Timeout, Secrets: []string{c.in().cfg.AppSecret.Reveal()}, Confidential: true,
	}
	answer, err := c.in().http.Do(ctx, req)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	defer answer.Release()
	code, message, err := answer.Envelope(req)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", op, err)
	case code != 0:
		return errcode.New(op, path, answer.Status, errcode.Code(code), message)
	case out == nil:
		return nil
	}
	if err := rest.Needs(out, needs...).DecodeAnswer(answer.Body); err != nil {
		reason := "answer does not fit: " + rest.DecodeReason(err)
		return fmt.Errorf("%s: %w", op, rest.NewAnswerError(req, &answer, reason))
	}
	return nil
}

// until is the end of something that lasts so many seconds from start. What makes no sense lasts a minute.
func until(start time.Time, seconds int64) time.Time {
	const longest = 30 * 24 * 3600
	if seconds <= 0 || seconds > longest {
		seconds = 60
	}
	return start.Add(time.Duration(seconds) * time.Second)
}

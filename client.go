package wechat

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
	"unicode"

	"golang.org/x/time/rate"

	"github.com/wechatkit/wechat/internal/rest"
	"github.com/wechatkit/wechat/internal/route"
	"github.com/wechatkit/wechat/internal/secret"
	"github.com/wechatkit/wechat/internal/security"
	"github.com/wechatkit/wechat/token"
)

// Secret is a string that does not print: fmt, log/slog and encoding/json show "[redacted]". An untyped
// constant is a Secret as it stands, a string is converted: wechat.Secret(os.Getenv("WECHAT_APPSECRET")).
// Its method Reveal gives the string back. What it cannot prevent: fmt shows it where a struct of yours
// holds a Secret, or a Config, in an unexported field and is printed itself.
type Secret = token.Secret

// Config names the account.
type Config struct {
	// AppID of the Mini Program or the service account, such as "wx0123456789abcdef".
	AppID string
	// AppSecret of the account. It may be left out where [WithTokenSource] gives the tokens; login and
	// web OAuth need it all the same.
	AppSecret Secret
}

// Client calls WeChat's API for one account. It does not change once made and is safe for concurrent use.
type Client struct {
	appID    string
	keys     func() *keys
	http     *rest.Client
	route    route.Route
	hosts    *hosts
	timeout  time.Duration
	retry    RetryPolicy
	limiter  *rate.Limiter // nil: none
	log      *slog.Logger
	observer func(context.Context, CallEvent)
	checks   bool
}

// keys holds what must not be printed. A Client has it behind a function, because fmt does not call Format on a
// Client in an unexported field of somebody's struct, but walks through what it holds.
type keys struct {
	appSecret Secret
	tokens    token.Source
	owned     io.Closer          // the token manager, where New made it
	security  *security.Security // nil: none
	redact    []string           // what no error of any call may show
	cfg       Config             // and settings, for [Client.With]
	settings  settings
}

// New returns a client, or an error that names the setting that is wrong. It makes no request.
//
// By default the client fetches a stable token and keeps it in memory, gives up a call after ten seconds,
// and logs nothing.
func New(cfg Config, opts ...Option) (*Client, error) {
	s := settings{
		baseURLs: []string{""}, timeout: defaultTimeout, checks: true, logger: slog.New(slog.DiscardHandler),
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if err := s.apply(opts); err != nil {
		return nil, err
	}
	return newClient(cfg, s)
}

// With returns a client for the same account with other settings. What opts do not change is c's: the token source, which
// [Client.Close] of c ends and not that of the new client, and the rate limit, which both keep together.
func (c *Client) With(opts ...Option) (*Client, error) {
	s := c.keys().settings
	s.tokens = c.keys().tokens
	if err := s.apply(opts); err != nil {
		return nil, err
	}
	return newClient(c.keys().cfg, s)
}

func (s *settings) apply(opts []Option) error {
	for i, opt := range opts {
		if opt == nil {
			return fieldErrorf(fmt.Sprintf("opts[%d]", i), "nil")
		}
		if err := opt(s); err != nil {
			return err
		}
	}
	return nil
}

// check finds what a mistake in a configuration file leaves behind: nothing, or the end of the line.
func (c Config) check() error {
	switch {
	case c.AppID == "":
		return fieldErrorf("Config.AppID", "empty")
	case strings.ContainsFunc(c.AppID, unicode.IsSpace):
		return fieldErrorf("Config.AppID", "has white space")
	case secret.IsMask(c.AppSecret):
		return fieldErrorf("Config.AppSecret", secret.Masked)
	case strings.ContainsFunc(c.AppSecret.Reveal(), unicode.IsSpace):
		return fieldErrorf("Config.AppSecret", "has white space")
	}
	return nil
}

func newClient(cfg Config, s settings) (*Client, error) {
	hosts, err := newHosts(s.baseURLs)
	if err != nil {
		return nil, fieldErrorf("WithBaseURL", "%v", err)
	}
	k := &keys{
		appSecret: cfg.AppSecret, tokens: s.tokens, security: s.security.For(cfg.AppID),
		redact: []string{cfg.AppSecret.Reveal()}, cfg: cfg, settings: s,
	}
	c := &Client{
		appID: cfg.AppID, keys: func() *keys { return k }, http: rest.New(s.httpClient, s.middleware...),
		route: route.Route{BaseURL: s.baseURLs[0], HTTPClient: s.httpClient}, hosts: hosts,
		timeout: s.timeout, retry: s.retry.withDefaults(), limiter: s.limiter,
		log: s.logger, observer: s.observer, checks: s.checks,
	}
	if k.tokens != nil {
		if reason := c.route.Refuse(k.tokens); reason != "" {
			return nil, fieldErrorf("WithTokenSource", "%s", reason)
		}
		return c, nil
	}
	if cfg.AppSecret == "" {
		return nil, fieldErrorf("Config.AppSecret", "empty, and there is no WithTokenSource")
	}
	manager, err := token.NewManager(token.Config{
		AppID: cfg.AppID, AppSecret: cfg.AppSecret, BaseURL: s.baseURLs[0],
		HTTPClient: s.httpClient, TransportMiddleware: s.middleware, Timeout: s.timeout, Logger: s.logger, Observer: c.fetchObserver(),
	})
	if err != nil {
		return nil, err
	}
	k.tokens, k.owned = manager, manager
	return c, nil
}

// AppID returns the account's AppID.
func (c *Client) AppID() string { return c.appID }

// AppSecret returns the account's AppSecret; empty where only a token source was given.
func (c *Client) AppSecret() Secret { return c.keys().appSecret }

// Route tells the packages of this module how the client reaches WeChat, for comparison with a token source's way.
func (c *Client) Route() route.Route { return c.route }

// Timeout returns the limit of [WithTimeout], for what the packages of this module do on the client's behalf.
func (c *Client) Timeout() time.Duration { return c.timeout }

// Logger returns the logger of [WithLogger], for what the packages of this module do on the client's behalf. It is never nil.
func (c *Client) Logger() *slog.Logger { return c.log }

// Checks reports whether requests are checked against WeChat's documented rules before they are sent, see
// [WithoutChecks].
func (c *Client) Checks() bool { return c.checks }

// TokenSource returns the source of the client's access tokens, so that it can be shared.
func (c *Client) TokenSource() token.Source { return c.keys().tokens }

// Close ends a token refresh that runs in the background of a call and waits for it. A program that keeps
// its client to the end need not call it. A source given by [WithTokenSource] is left alone.
func (c *Client) Close() error {
	owned := c.keys().owned
	if owned == nil {
		return nil
	}
	return owned.Close()
}

// String returns "wechat.Client(AppID)".
func (c Client) String() string { return "wechat.Client(" + c.appID + ")" }

// Format keeps every verb of fmt from walking into the client's settings.
func (c Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

const defaultTimeout = 10 * time.Second

package token

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/rest"
	"github.com/wechatkit/wechat/internal/route"
	"github.com/wechatkit/wechat/internal/secret"
)

// DefaultBaseURL is where WeChat's API lives.
const DefaultBaseURL = "https://api.weixin.qq.com"

// Config says whose token a [Manager] fetches and where it keeps it. AppID and AppSecret are needed, or
// a Fetcher; the rest has defaults.
//
// A Manager knows nothing of the clients that use it. BaseURL, HTTPClient, Timeout and Logger that a client has are
// wanted here too: for a client of an emulator, or behind a proxy, above all HTTPClient and BaseURL. wechat.New
// refuses a Manager that was told of neither, see wechat.WithTokenSource.
type Config struct {
	AppID     string // of the account (appid), such as "wx0123456789abcdef"
	AppSecret Secret // of the account (appsecret)

	// Kind selects the stable or the classic token. Defaults to [Stable].
	Kind Kind
	// Store shares the token among processes. Defaults to none: the token stays in this Manager.
	Store Store
	// Key names the token in the Store. Defaults to a name made of AppID and Kind; it is needed where
	// there is a Store and no AppID.
	Key string
	// Fetcher replaces the request to WeChat, for third-party platforms and central token services. With
	// it AppSecret, BaseURL and HTTPClient are not used. It may be a [Replacer].
	Fetcher Fetcher

	// BaseURL of WeChat's API. Defaults to [DefaultBaseURL]; give that where the Manager is to ask the real WeChat
	// although the client has a wechat.WithBaseURL.
	BaseURL string
	// HTTPClient brings the Transport for requests; the rest of it is not used. Defaults to a transport
	// of this module's own, with the environment's proxy settings; give &http.Client{} where that is meant although the
	// client has a wechat.WithHTTPClient.
	HTTPClient *http.Client
	// TransportMiddleware wraps the transport of requests for tokens, the first one outermost, as
	// wechat.WithTransportMiddleware says, where it is told what they see. Defaults to none.
	TransportMiddleware []func(http.RoundTripper) http.RoundTripper
	// Timeout bounds one request for a token, and likewise the wait for that of another process. Defaults to
	// 10 seconds.
	Timeout time.Duration
	// StoreTimeout bounds each call of the Store, also of one that does not look at its context. Defaults to
	// one second.
	StoreTimeout time.Duration
	// Logger gets a line when fetching starts to fail and when it works again, and the same for the Store:
	// one for each change, not for each call; one for a forced request that was refused; and one with the stack where the
	// Fetcher or a layer panics, which callers get as an error. Defaults to none.
	Logger *slog.Logger
	// Observer is called after each request for a token, for metrics. It must not block.
	Observer func(ctx context.Context, e FetchEvent)
}

// FetchEvent tells of one request for a token.
type FetchEvent struct {
	Op       string // "token.Fetch"
	Forced   bool   // WeChat was asked to replace a token it holds for valid
	Duration time.Duration
	Err      error // nil on success; never holds a secret
}

const (
	defaultTimeout      = 10 * time.Second
	defaultStoreTimeout = time.Second
)

func (c *Config) check() error {
	switch {
	case c.Fetcher == nil && c.AppID == "":
		return fieldErrorf("Config.AppID", "empty")
	case c.Fetcher == nil && c.AppSecret == "":
		return fieldErrorf("Config.AppSecret", "empty")
	case secret.IsMask(c.AppSecret):
		return fieldErrorf("Config.AppSecret", secret.Masked)
	case c.Kind != Stable && c.Kind != Classic:
		return fieldErrorf("Config.Kind", "%d is neither Stable nor Classic", int(c.Kind))
	case c.Timeout < 0:
		return fieldErrorf("Config.Timeout", "%v is negative", c.Timeout)
	case c.StoreTimeout < 0:
		return fieldErrorf("Config.StoreTimeout", "%v is negative", c.StoreTimeout)
	case rest.CheckMiddleware(c.TransportMiddleware) != nil:
		return fieldErrorf("Config.TransportMiddleware", "%v", rest.CheckMiddleware(c.TransportMiddleware))
	case c.Store != nil && c.Key == "" && c.AppID == "":
		return fieldErrorf("Config.Key", "empty, and there is no AppID to make it from")
	}
	_, err := c.baseURL()
	return err
}

func (c *Config) baseURL() (*url.URL, error) {
	u, err := rest.ParseBaseURL(cmp.Or(c.BaseURL, DefaultBaseURL))
	if err != nil {
		return nil, fieldErrorf("Config.BaseURL", "%v", err)
	}
	return u, nil
}

func (c *Config) fill() error {
	if err := c.check(); err != nil {
		return err
	}
	base, err := c.baseURL()
	if err != nil {
		return err
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.StoreTimeout == 0 {
		c.StoreTimeout = defaultStoreTimeout
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Observer == nil {
		c.Observer = func(context.Context, FetchEvent) {}
	}
	if c.Key == "" {
		// The braces keep all keys of an account in one slot of a Redis Cluster.
		c.Key = "wechat:token:{" + c.AppID + "}:" + c.Kind.String()
	}
	if c.Fetcher == nil {
		c.Fetcher = &endpoint{
			http: rest.New(c.HTTPClient, c.TransportMiddleware...), base: base, kind: c.Kind,
			appID: c.AppID, secret: c.AppSecret, timeout: c.Timeout,
			route: route.Route{BaseURL: c.BaseURL, HTTPClient: c.HTTPClient},
		}
	}
	return nil
}

// fieldErrorf returns the finding of a check of settings.
func fieldErrorf(field, format string, args ...any) error {
	return &errcode.FieldError{Op: "token", Field: field, Reason: fmt.Sprintf(format, args...)}
}

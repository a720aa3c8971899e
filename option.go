package wechat

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"github.com/wechatkit/wechat/internal/rest"
	"github.com/wechatkit/wechat/internal/security"
	"github.com/wechatkit/wechat/token"
)

// Option changes a setting of the client that [New] makes.
type Option func(*settings) error

type settings struct {
	baseURLs   []string // "" is WeChat's own
	httpClient *http.Client
	tokens     token.Source
	timeout    time.Duration
	retry      RetryPolicy
	limiter    *rate.Limiter
	logger     *slog.Logger
	observer   func(context.Context, CallEvent)
	checks     bool
	security   *security.Security
	middleware []rest.Middleware
}

// WithTokenSource takes access tokens from src: a [token.Manager] with a store that a fleet shares, a
// [token.Static], or one of your own. Where src is also a [token.Renewer], a token that WeChat rejects is
// replaced and the call repeated once.
//
// src was made before the client and keeps to its own settings: [WithBaseURL], [WithHTTPClient], [WithTimeout],
// [WithTransportMiddleware], [WithLogger] and [WithObserver] are not for its requests, and what they should have goes into [token.Config] as
// well. New refuses, with an [errcode.FieldError], a source that would send a secret to the real WeChat past the
// client's HTTP client or base URL, because it was told of none: a [token.Manager], a component.Component or its
// Authorizer, and what embeds one. A source that is meant to go another way says so: &http.Client{} or
// [token.DefaultBaseURL] in its configuration. Other sources of your own are not looked into.
func WithTokenSource(src token.Source) Option {
	return func(s *settings) error {
		if src == nil {
			return fieldErrorf("WithTokenSource", "the source is nil")
		}
		s.tokens = src
		return nil
	}
}

// WithBaseURL sends requests to another address than [BaseURL]: a region ([BaseURLShanghai]), a proxy, an
// emulator. Fallbacks, such as WeChat's disaster-recovery host [BaseURLRecovery], take over in turn: for a
// minute after no connection to the address before came about, or after it fell silent or answered as a
// broken gateway to a call that may be repeated. What goes to the fallback is a request that never left or a
// call that may be repeated, so nothing is sent twice. Tokens are asked of the first address alone, and those of
// [WithTokenSource] of the source's own.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/Basic_Information/Interface_field_description.html
func WithBaseURL(address string, fallbacks ...string) Option {
	return func(s *settings) error {
		for _, raw := range append([]string{address}, fallbacks...) {
			if _, err := rest.ParseBaseURL(raw); err != nil {
				return fieldErrorf("WithBaseURL", "%v", err)
			}
		}
		s.baseURLs = append([]string{address}, fallbacks...)
		return nil
	}
}

// WithHTTPClient sends requests through the Transport of hc, read anew at each request; a mock can be put
// in at any time. Timeout, cookie jar and redirect policy of hc are not used: see [WithTimeout], and
// WeChat's API has neither cookies nor redirects. A source of [WithTokenSource] wants it too, in its configuration.
//
// Do not wrap that Transport in a tracer, a logger or a dumper: it gets addresses with the access token in them, and for a
// login the AppSecret and the user's code, and WeChat's answers with new tokens. OpenTelemetry's otelhttp writes them into
// the attribute url.full of its spans, from where they go to whoever keeps these. [WithTransportMiddleware] is the place, and the
// module otelwechat makes spans and metrics of its own.
func WithHTTPClient(hc *http.Client) Option {
	return func(s *settings) error {
		if hc == nil {
			return fieldErrorf("WithHTTPClient", "the client is nil")
		}
		s.httpClient = hc
		return nil
	}
}

// WithTimeout bounds a call. Without a deadline in the call's context, d is for the whole call, token and
// repetitions included; with one, the deadline is, and d bounds each attempt. Uploads and downloads have
// no limit but their context's. Defaults to 10 seconds.
func WithTimeout(d time.Duration) Option {
	return func(s *settings) error {
		if d <= 0 {
			return fieldErrorf("WithTimeout", "%v is not positive", d)
		}
		s.timeout = d
		return nil
	}
}

// WithRetry changes what is repeated and how.
func WithRetry(p RetryPolicy) Option {
	return func(s *settings) error {
		s.retry = p
		return p.check()
	}
}

// WithRateLimit spreads requests: at most perSecond on average, burst at once. A call waits for its turn
// as long as its context lets it, and the time of [WithTimeout] begins after that. WeChat's quotas count
// for the account, over all processes.
func WithRateLimit(perSecond float64, burst int) Option {
	return func(s *settings) error {
		if !(perSecond > 0) || burst < 1 { // not a number is not more than 0
			return fieldErrorf("WithRateLimit", "%v a second in bursts of %d: both must be positive", perSecond, burst)
		}
		s.limiter = rate.NewLimiter(rate.Limit(perSecond), burst)
		return nil
	}
}

// WithLogger logs to l: each request at debug level, repetitions and token trouble as warnings. Refusals
// that are part of normal operation, such as 43101, are not warned about. A source of [WithTokenSource] has a
// logger of its own. Defaults to no logging.
func WithLogger(l *slog.Logger) Option {
	return func(s *settings) error {
		if l == nil {
			return fieldErrorf("WithLogger", "the logger is nil")
		}
		s.logger = l
		return nil
	}
}

// WithObserver calls observe after every request, those for tokens included, for metrics and tracing. It
// runs in the goroutine of the call, with its context, for values that tracing puts there, and must not block. Token requests
// of a [WithTokenSource] are told to the source's own [token.Config.Observer].
func WithObserver(observe func(ctx context.Context, e CallEvent)) Option {
	return func(s *settings) error {
		if observe == nil {
			return fieldErrorf("WithObserver", "the function is nil")
		}
		s.observer = observe
		return nil
	}
}

// WithoutChecks sends requests without checking them against WeChat's documented rules first. WeChat then
// refuses what it does not like, at the price of a request. Text that is not UTF-8 is refused all the same: it has no JSON.
func WithoutChecks() Option {
	return func(s *settings) error {
		s.checks = false
		return nil
	}
}

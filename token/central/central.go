// Package central lets one process hold the access tokens and hand them to the others over HTTP, for teams that
// want a token service of their own in place of a shared store: only it then knows the AppSecrets, and only its
// address must be on WeChat's allow-list (IP白名单).
//
// The service is an http.Handler:
//
//	h, err := central.NewHandler(central.HandlerConfig{
//		Sources: map[string]token.Source{"wx…": manager},
//		Keys:    []token.Secret{token.Secret(os.Getenv("TOKEN_SERVICE_KEY"))},
//	})
//	http.Handle("POST /token", h)
//
// Its clients are Fetchers of a token.Manager, which keeps the token and asks only when it must:
//
//	remote, err := central.NewFetcher(central.Config{AppID: "wx…", URL: "https://tokens.internal/token", Key: key})
//	manager, err := token.NewManager(token.Config{AppID: "wx…", Fetcher: remote})
//
// A client whose token was rejected says which one it was, and the service asks WeChat only if it has none newer:
// however many clients notice, one request goes out. While the service is down its clients go on with the token they
// have, and ask it after the pauses of a token.Manager.
//
// # Protocol
//
// A request is a POST with "Authorization: Bearer" and the key, and a body of JSON: appid, and rejected where a
// token was. The answer has access_token and expires_in in seconds, as WeChat's own has, or errcode and errmsg
// where WeChat refused. The statuses 401 (key), 404 (account), 405, 400 (body) and 503 (no token) come with a line
// of text.
package central

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/wechatkit/wechat/internal/exchange"
	"github.com/wechatkit/wechat/internal/rest"
	"github.com/wechatkit/wechat/internal/secret"
	"github.com/wechatkit/wechat/token"
)

// shortestKey keeps guessable keys out.
const shortestKey = 16

// Config names the service and the account. AppID, URL and Key are needed.
type Config struct {
	AppID string       // of the account
	URL   string       // of the service
	Key   token.Secret // that the service knows; at least 16 bytes
	// PlainHTTP allows a URL without TLS beyond this machine. Key and tokens then cross the network in clear.
	PlainHTTP bool
	// HTTPClient brings the Transport for requests; the rest of it is not used.
	HTTPClient *http.Client
	// TransportMiddleware wraps the transport of requests to the service, the first one outermost, as
	// wechat.WithTransportMiddleware says, where it is told what they see. Defaults to none.
	TransportMiddleware []func(http.RoundTripper) http.RoundTripper
}

// Fetcher asks a token service. It is a [token.Replacer] and safe for concurrent use.
type Fetcher struct {
	appID string
	key   func() token.Secret // no printer looks into a function
	base  *url.URL
	http  *rest.Client
}

var _ token.Replacer = (*Fetcher)(nil)

// NewFetcher returns a Fetcher, or an error that names the setting that is wrong. It makes no request.
func NewFetcher(cfg Config) (*Fetcher, error) {
	switch {
	case cfg.AppID == "":
		return nil, fieldErrorf("Config.AppID", "empty")
	case secret.IsMask(cfg.Key):
		return nil, fieldErrorf("Config.Key", secret.Masked)
	case len(cfg.Key) < shortestKey:
		return nil, fieldErrorf("Config.Key", "%d bytes, at least %d are needed", len(cfg.Key), shortestKey)
	}
	base, err := rest.ParseBaseURL(cfg.URL)
	if err != nil {
		return nil, fieldErrorf("Config.URL", "%v", err)
	}
	if base.Scheme != "https" && !cfg.PlainHTTP && !isLocal(base.Hostname()) {
		return nil, fieldErrorf("Config.URL", "no TLS (see PlainHTTP)")
	}
	if err := rest.CheckMiddleware(cfg.TransportMiddleware); err != nil {
		return nil, fieldErrorf("Config.TransportMiddleware", "%v", err)
	}
	key := cfg.Key
	return &Fetcher{
		appID: cfg.AppID, key: func() token.Secret { return key }, base: base, http: rest.New(cfg.HTTPClient, cfg.TransportMiddleware...),
	}, nil
}

func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// String returns "central.Fetcher(AppID)".
func (f Fetcher) String() string { return "central.Fetcher(" + f.appID + ")" }

// Format is for the verbs that do not ask String.
func (f Fetcher) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, f.String()) }

// Fetch returns the service's token. It cannot be forced.
func (f *Fetcher) Fetch(ctx context.Context, _ bool) (token.Token, error) { return f.ask(ctx, "") }

// Replace returns a token other than rejected where the service has one or gets one.
func (f *Fetcher) Replace(ctx context.Context, rejected token.Secret) (token.Token, error) {
	return f.ask(ctx, rejected)
}

// question is the body of a request.
type question struct {
	AppID    string `json:"appid"`
	Rejected string `json:"rejected,omitempty"`
}

// answer is the body of a success.
type answer struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int64  `json:"expires_in"`
}

const op = "central.Fetch"

func (f *Fetcher) ask(ctx context.Context, rejected token.Secret) (token.Token, error) {
	body, err := rest.Encode(question{f.appID, rejected.Reveal()})
	if err != nil {
		return token.Token{}, err
	}
	req := &rest.Request{
		Method: http.MethodPost, Base: f.base, Body: body, Secrets: []string{f.key().Reveal(), rejected.Reveal()},
		Header: http.Header{"Authorization": {"Bearer " + f.key().Reveal()}}, Confidential: true,
	}
	asked, issued := time.Now(), lasting{exchange.Issued{Key: "access_token"}}
	if err := exchange.Do(ctx, f.http, op, req, &issued); err != nil {
		return token.Token{}, err
	}
	return token.Token{
		Value: token.Secret(issued.Value), Issued: asked, Expiry: asked.Add(exchange.Lifetime(issued.Seconds)),
	}, nil
}

// lasting is an answer that says how long the token lasts: the service knows it, or says one second.
type lasting struct{ exchange.Issued }

// DecodeAnswer implements rest.Decoder.
func (l *lasting) DecodeAnswer(data []byte) error {
	if err := l.Issued.DecodeAnswer(data); err != nil || !exchange.Sensible(l.Seconds) {
		return &rest.Unfit{Reason: "no valid token"}
	}
	return nil
}

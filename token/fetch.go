package token

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/wechatkit/wechat/internal/exchange"
	"github.com/wechatkit/wechat/internal/rest"
	"github.com/wechatkit/wechat/internal/route"
)

// Kind selects the endpoint that a [Manager] fetches from. The tokens of the two are isolated: neither
// invalidates the other, and both are valid for calls.
type Kind int

const (
	// Stable is the stable token (稳定版接口调用凭据), the default and the right choice nearly always: WeChat
	// gives every caller the same token and a new one only in its last five minutes, so that processes
	// cannot invalidate each other's. 10,000 requests a minute and 500,000 a day.
	//
	// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-access-token/api_getstableaccesstoken.html
	//
	//wechat:endpoint POST /cgi-bin/stable_token
	//wechat:account mini-program official-account
	Stable Kind = iota
	// Classic is the old token: each request makes a new one and ends the one before five minutes later.
	// Several processes need a shared [Store] for it. About 2,000 requests a day.
	//
	// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-access-token/api_getaccesstoken.html
	//
	//wechat:endpoint GET /cgi-bin/token
	//wechat:account mini-program official-account
	Classic
)

// String returns "stable" or "classic".
func (k Kind) String() string {
	if k == Classic {
		return "classic"
	}
	return "stable"
}

// A Fetcher asks WeChat for a token. A [Manager] calls it from one goroutine at a time.
type Fetcher interface {
	// Fetch returns the token that is now valid. With force it asks for a new one even though WeChat still
	// holds the old for valid; a Fetcher that cannot do this ignores force.
	Fetch(ctx context.Context, force bool) (Token, error)
}

// A Replacer is a Fetcher that wants to know which token was rejected, as one that asks another Manager
// does. A [Manager] then calls Replace in place of Fetch.
type Replacer interface {
	Fetcher
	// Replace returns a token other than rejected where there is one.
	Replace(ctx context.Context, rejected Secret) (Token, error)
}

// endpoint fetches with AppID and AppSecret.
type endpoint struct {
	http    *rest.Client
	base    *url.URL
	kind    Kind
	appID   string
	secret  Secret
	timeout time.Duration
	route   route.Route
}

// Route implements [route.Source].
func (e *endpoint) Route() (route.Route, bool) { return e.route, true }

// stableRequest is the body of a stable token request.
type stableRequest struct {
	GrantType    string `json:"grant_type"`
	AppID        string `json:"appid"`
	Secret       string `json:"secret"`
	ForceRefresh bool   `json:"force_refresh,omitempty"`
}

// Fetch asks for a token.
func (e *endpoint) Fetch(ctx context.Context, force bool) (Token, error) {
	req := &rest.Request{Base: e.base, Timeout: e.timeout, Secrets: []string{e.secret.Reveal()}, Confidential: true}
	switch e.kind {
	case Classic:
		req.Method, req.Path = http.MethodGet, "/cgi-bin/token"
		req.Query = url.Values{
			"grant_type": {grantType}, "appid": {e.appID}, "secret": {e.secret.Reveal()},
		}.Encode()
	default:
		req.Method, req.Path = http.MethodPost, "/cgi-bin/stable_token"
		body, err := rest.Encode(stableRequest{grantType, e.appID, e.secret.Reveal(), force})
		if err != nil {
			return Token{}, err
		}
		req.Body = body
	}
	return e.exchange(ctx, req)
}

const grantType = "client_credential"

// op names token requests in errors, logs and observer events.
const op = "token.Fetch"

func (e *endpoint) exchange(ctx context.Context, req *rest.Request) (Token, error) {
	asked, issued := time.Now(), exchange.Issued{Key: "access_token"}
	if err := exchange.Do(ctx, e.http, op, req, &issued); err != nil {
		return Token{}, err
	}
	return Token{
		Value: Secret(issued.Value), Issued: asked, Expiry: asked.Add(exchange.Lifetime(issued.Seconds)),
	}, nil
}

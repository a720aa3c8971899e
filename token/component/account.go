package component

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
	"github.com/wechatkit/wechat/internal/route"
	"github.com/wechatkit/wechat/internal/within"
	"github.com/wechatkit/wechat/token"
)

// ErrNotAuthorized is why there is no token for an account: there is no refresh token for it. The account has not
// authorised the platform, or its refresh token was lost; see [Component.Restore].
var ErrNotAuthorized = errors.New("component: no refresh token of this account")

var errClosed = errors.New("component: the Component is closed")

// account is the Fetcher of one account's tokens, and knows its refresh token.
type account struct {
	component *Component
	appID     string
	tokens    *token.Manager

	mu      sync.Mutex
	refresh token.Token // the newest known; its Issued orders it
	unsaved bool        // refresh is not in the store yet
	held    token.Token // an access token that waits for that
}

// Authorizer returns the token source of an account that authorised the platform. It is the same one for each
// call with the same AppID, and ends with [Component.Close].
//
// Tokens are fetched when they are needed and shared as a [token.Manager] shares them. A refresh token that
// WeChat replaces is put into the Store before the access token that came with it is used. Where the Store fails
// just then, the old access token serves on to its end, and WeChat is not asked again. Close waits for an exchange
// that is under way. Only a process that is killed between WeChat's answer and the Store, or an answer that never
// comes, loses a refresh token; calls then report InvalidAuthorizerRefreshToken, and [Component.Restore] helps.
//
// Errors: [ErrNotAuthorized], [errcode.AuthorizationCancelled], [errcode.InvalidAuthorizerRefreshToken].
//
// WeChat docs: https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_getauthorizeraccesstoken
//
//wechat:endpoint POST /cgi-bin/component/api_authorizer_token
//wechat:account component
func (c *Component) Authorizer(appID string) token.Renewer { return authorizer{c, appID} }

// authorizer is the source of an account. It outlives that the account takes its authorisation back and grants it
// again.
type authorizer struct {
	component *Component
	appID     string
}

func (s authorizer) Token(ctx context.Context) (token.Token, error) {
	a, err := s.component.account(s.appID)
	if err != nil {
		return token.Token{}, err
	}
	return a.tokens.Token(ctx)
}

func (s authorizer) Renew(ctx context.Context, rejected token.Secret) (token.Token, error) {
	a, err := s.component.account(s.appID)
	if err != nil {
		return token.Token{}, err
	}
	return a.tokens.Renew(ctx, rejected)
}

// Route implements [route.Source].
func (s authorizer) Route() (route.Route, bool) { return s.component.Route() }

// Format keeps fmt from walking into the Component.
func (s authorizer) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "component.Authorizer("+s.appID+")")
}

func (c *Component) account(appID string) (*account, error) {
	if a, ok := c.in().accounts.Load(appID); ok {
		return a.(*account), nil
	}
	if appID == "" {
		return nil, errors.New("component: the account's AppID is empty")
	}
	c.in().mu.Lock()
	defer c.in().mu.Unlock()
	if c.in().closed {
		return nil, errClosed
	}
	if a, ok := c.in().accounts.Load(appID); ok {
		return a.(*account), nil
	}
	a := &account{component: c, appID: appID}
	tokens, err := c.manager(appID, c.tokenKey(appID), a)
	if err != nil {
		return nil, err
	}
	a.tokens = tokens
	c.in().accounts.Store(appID, a)
	return a, nil
}

// The braces spread the accounts over the slots of a Redis Cluster.

func (c *Component) tokenKey(appID string) string {
	return "wechat:component:" + c.AppID() + ":{" + appID + "}:token"
}

func (c *Component) refreshKey(appID string) string {
	return "wechat:component:" + c.AppID() + ":{" + appID + "}:refresh"
}

// Fetch implements [token.Fetcher] with the refresh token. It cannot be forced. Close does not end it: what WeChat
// answers must reach the store.
func (a *account) Fetch(ctx context.Context, _ bool) (token.Token, error) {
	timeout := a.component.in().client.Timeout()
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), timeout, rest.Timeout(timeout))
	defer cancel()
	if t, err := a.settle(ctx); err != nil || t.Value != "" {
		return t, err
	}
	refresh, lost, err := a.newest(ctx)
	if err != nil {
		return token.Token{}, err
	}
	t, next, err := a.component.refreshAuthorizer(ctx, a.appID, refresh.Value)
	switch {
	case err != nil:
		a.doubt(err, refresh, lost)
		return token.Token{}, err
	case next != "" && next != refresh.Value:
		return a.rotate(ctx, t, next)
	case lost: // WeChat has just shown that it is the right one
		_ = a.component.save(ctx, a.component.refreshKey(a.appID), refresh, "") // where that fails, the next time
	}
	return t, nil
}

// rotate hands an access token out when the refresh token that came with it is in the store.
func (a *account) rotate(ctx context.Context, t token.Token, next token.Secret) (token.Token, error) {
	a.mu.Lock()
	a.held = t
	a.mu.Unlock()
	if err := a.keep(context.WithoutCancel(ctx), next, t.Issued); err != nil {
		return token.Token{}, fmt.Errorf("the new refresh token was not kept: %w", err)
	}
	return a.release(), nil
}

// doubt forgets a refresh token that WeChat does not take where the store has another one.
func (a *account) doubt(err error, refresh token.Token, lost bool) {
	if !lost || !errors.Is(err, errcode.InvalidAuthorizerRefreshToken) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.refresh == refresh {
		a.refresh = token.Token{}
	}
}

// settle puts a refresh token into the store that did not get there when it came, and returns the access token
// that waited for it, if that is still of use.
func (a *account) settle(ctx context.Context) (token.Token, error) {
	a.mu.Lock()
	refresh, unsaved := a.refresh, a.unsaved
	a.mu.Unlock()
	if !unsaved {
		return token.Token{}, nil
	}
	if err := a.keep(ctx, refresh.Value, refresh.Issued); err != nil {
		return token.Token{}, fmt.Errorf("the new refresh token was not kept: %w", err)
	}
	return a.release(), nil
}

// release hands out the access token that waited, unless it has expired meanwhile.
func (a *account) release() token.Token {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.held
	a.held = token.Token{}
	if time.Until(t.Expiry) <= time.Minute {
		return token.Token{}
	}
	return t
}

// keep makes a refresh token the account's, and puts it into the store.
func (a *account) keep(ctx context.Context, refresh token.Secret, asked time.Time) error {
	next := token.Token{Value: refresh, Issued: asked}
	a.mu.Lock()
	if a.refresh.Issued.After(asked) {
		a.mu.Unlock()
		return nil // a newer one came meanwhile
	}
	replaced := a.refresh.Value
	a.refresh, a.unsaved = next, true
	a.mu.Unlock()
	if err := a.component.save(ctx, a.component.refreshKey(a.appID), next, replaced); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.refresh == next {
		a.unsaved = false
	}
	return nil
}

// newest is the newer of two refresh tokens: that in the store, where another process may have put it, and that which
// this process knows. Lost reports that the store has an older one or none, as after a failover; it gets ours when
// WeChat has taken it, for the account may have taken its authorisation back.
func (a *account) newest(ctx context.Context) (refresh token.Token, lost bool, err error) {
	stored, err := a.component.load(ctx, a.component.refreshKey(a.appID))
	a.mu.Lock()
	if stored.Value != "" && !a.refresh.Issued.After(stored.Issued) {
		a.refresh = stored
	}
	refresh = a.refresh
	a.mu.Unlock()
	switch {
	case refresh.Value == "" && err != nil:
		return token.Token{}, false, fmt.Errorf("%w: %w", ErrNotAuthorized, err)
	case refresh.Value == "":
		return token.Token{}, false, ErrNotAuthorized
	}
	return refresh, err == nil && stored.Value != refresh.Value, nil
}

// refreshAuthorizer trades an account's refresh token for an access token, and perhaps a new refresh token.
func (c *Component) refreshAuthorizer(
	ctx context.Context, appID string, refresh token.Secret,
) (t token.Token, next token.Secret, err error) {
	in := struct {
		platformID

		Authorizer string `json:"authorizer_appid"`
		Refresh    string `json:"authorizer_refresh_token"`
	}{platformID{c.AppID()}, appID, refresh.Reveal()}
	var out struct {
		Token     lenient.String `json:"authorizer_access_token"`
		ExpiresIn lenient.Int64  `json:"expires_in"`
		Refresh   lenient.String `json:"authorizer_refresh_token"`
	}
	start := time.Now()
	err = c.fetch(ctx, "component.Authorizer", "/cgi-bin/component/api_authorizer_token", wechat.AuthToken,
		in, &out, "authorizer_access_token")
	if err != nil {
		return token.Token{}, "", err
	}
	return token.Token{
		Value: token.Secret(out.Token), Issued: start, Expiry: until(start, int64(out.ExpiresIn)),
	}, token.Secret(out.Refresh), nil
}

// Forget drops what is kept of an account that took its authorisation back. Its tokens no longer work anyway.
func (c *Component) Forget(ctx context.Context, appID string) error {
	if a, ok := c.in().accounts.LoadAndDelete(appID); ok {
		_ = a.(*account).tokens.Close()
	}
	for _, key := range []string{c.refreshKey(appID), c.tokenKey(appID)} {
		t, err := c.load(ctx, key)
		if err == nil && t.Value != "" {
			err = within.Do(ctx, storeTimeout, func(ctx context.Context) error {
				return c.in().store.Drop(ctx, key, t.Value)
			})
		}
		if err != nil {
			return fmt.Errorf("component.Forget: %w", err)
		}
	}
	return nil
}

// Restore fetches the refresh tokens of all accounts back from WeChat and keeps them, after the Store has lost
// them or calls report [errcode.InvalidAuthorizerRefreshToken]. It returns how many there are.
func (c *Component) Restore(ctx context.Context) (int, error) {
	n, asked := 0, time.Now() // a refresh token that changes while the list is read is newer than the list
	for one, err := range c.Authorizers(ctx) {
		if err != nil {
			return n, err
		}
		a, err := c.account(one.AppID)
		if err != nil {
			return n, err
		}
		if err := a.keep(ctx, one.RefreshToken, asked); err != nil {
			return n, fmt.Errorf("component.Restore: %w", err)
		}
		n++
	}
	return n, nil
}

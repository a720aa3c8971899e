package rest

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/wechatkit/wechat/internal/secret"
)

// ProxyError is the cause of a [TransportError] where a proxy on the way to WeChat refused to connect. WeChat was not
// asked.
type ProxyError struct {
	Proxy  string // its host and port; "" where the transport does not tell
	Status int    // its HTTP status; 0 where the transport does not tell, and it cannot be seen by Reason
	Reason string // its words, such as "Proxy Authentication Required"
	cause  error  // what the transport made of it
}

// Error returns "proxy 10.0.0.1:3128 refused to connect: 407 Proxy Authentication Required".
func (e *ProxyError) Error() string {
	who := "a proxy"
	if e.Proxy != "" {
		who = "proxy " + e.Proxy
	}
	status := ""
	if e.Status != 0 {
		status = strconv.Itoa(e.Status)
	}
	return who + " refused to connect: " + strings.TrimSpace(status+" "+e.Reason)
}

// Unwrap gives what the transport said.
func (e *ProxyError) Unwrap() error { return e.cause }

// proxyReason makes the words of a proxy fit to be printed. They may repeat the password.
func proxyReason(text string, proxy *url.URL) string {
	const most = 80
	text = strings.Map(printable, secret.Redact(text, login(proxy)...))
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "…"
	}
	return strings.TrimSpace(text)
}

// login lists what a proxy's address and header have of user and password.
func login(proxy *url.URL) []string {
	if proxy == nil || proxy.User == nil {
		return nil
	}
	user := proxy.User.Username()
	password, _ := proxy.User.Password()
	both := user + ":" + password
	return []string{both, base64.StdEncoding.EncodeToString([]byte(both)), user, password}
}

// connectHook is the type of http.Transport.OnProxyConnectResponse.
type connectHook = func(ctx context.Context, proxy *url.URL, req *http.Request, resp *http.Response) error

// proxyHook makes a [ProxyError] of a refusal, after the hook that a transport has already; nil is none.
func proxyHook(first connectHook) connectHook {
	return func(ctx context.Context, proxy *url.URL, req *http.Request, resp *http.Response) error {
		if first != nil {
			if err := first(ctx, proxy, req, resp); err != nil {
				return err
			}
		}
		if resp.StatusCode == http.StatusOK {
			return nil
		}
		_, reason, _ := strings.Cut(resp.Status, " ")
		return &ProxyError{Proxy: proxy.Host, Status: resp.StatusCode, Reason: proxyReason(reason, proxy)}
	}
}

// blame makes a [ProxyError] of what a transport of the user's, which has no such hook and is not ours to change, makes of
// a proxy's refusal: an error with the words of the proxy and nothing else.
func (c *Client) blame(ex *exchange, err error) error {
	said := err
	var ue *url.Error
	if errors.As(err, &ue) {
		said = ue.Err
	}
	if ex.url == nil || ex.url.Scheme != "https" || !ex.asked.Load() || ex.got.Load() || ex.Err() != nil || !isBareText(said) {
		return err
	}
	refusal := &ProxyError{Status: statusOf(said.Error()), cause: said}
	t, known := c.transport.current().(*http.Transport)
	var proxy *url.URL
	sure, hooked := false, false
	if known {
		proxy, sure = proxyFor(t, ex)
		hooked = t.OnProxyConnectResponse != nil // whose words they may be
	}
	switch {
	case known && proxy == nil, (!sure || hooked) && refusal.Status == 0:
		return err
	case sure:
		refusal.Proxy = proxy.Host
	}
	refusal.Reason = proxyReason(said.Error(), proxy)
	return refusal
}

// isBareText reports whether err is an errors.New without the name of a package, such as net/http or tls, before a colon.
func isBareText(err error) bool {
	name, _, named := strings.Cut(err.Error(), ":")
	return reflect.TypeOf(err) == reflect.TypeOf(io.EOF) &&
		!errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && (!named || strings.Contains(name, " "))
}

// statusOf returns the status that HTTP calls by this text, 0 for none.
func statusOf(text string) int {
	for status := http.StatusBadRequest; status < 600; status++ {
		if text != "" && http.StatusText(status) == text {
			return status
		}
	}
	return 0
}

// proxyFor asks a transport for its HTTP proxy. It is not sure where the answer changes from one time to the next.
func proxyFor(t *http.Transport, ex *exchange) (proxy *url.URL, sure bool) {
	ask := func() *url.URL {
		proxy := askProxy(t, ex)
		if proxy == nil || !strings.HasPrefix(proxy.Scheme, "http") {
			return nil
		}
		return proxy
	}
	proxy = ask()
	if proxy == nil {
		return nil, true
	}
	again := ask()
	return proxy, again != nil && again.Host == proxy.Host
}

// logins lists user and password of the proxy that the transport tells.
func (c *Client) logins(ex *exchange) []string {
	t, known := c.transport.current().(*http.Transport)
	if !known || ex.url == nil {
		return nil
	}
	return login(askProxy(t, ex))
}

func askProxy(t *http.Transport, ex *exchange) *url.URL {
	if t.Proxy == nil {
		return nil
	}
	address := *ex.url
	r := &http.Request{Method: ex.req.Method, URL: &address, Host: address.Host, Header: http.Header{}}
	proxy, err := t.Proxy(r.WithContext(ex))
	if err != nil {
		return nil
	}
	return proxy
}

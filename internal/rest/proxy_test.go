package rest_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/rest"
)

// refusing is a proxy that answers every CONNECT with the given status line. It returns its address, with a password.
func refusing(t *testing.T, status string) *url.URL {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, status)
	}))
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	require.NoError(t, err)
	u.User = url.UserPassword("anna-user", "ss-word+1")
	return u
}

// around is a transport that passes on to another one, as tracers do.
type around struct{ http.RoundTripper }

// What a proxy says to a CONNECT read like WeChat's own words: "Unauthorized".
func TestProxyThatRefuses(t *testing.T) {
	t.Parallel()
	basic := base64.StdEncoding.EncodeToString([]byte("anna-user:ss-word+1"))
	for name, c := range map[string]struct {
		line   string
		text   string // of the error, behind the proxy's name
		status int    // by the user's own transport, which gives only the text
	}{
		"Auth":    {"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "407 Proxy Authentication Required", 407},
		"Failing": {"HTTP/1.1 500 Internal Server Error\r\n\r\n", "500 Internal Server Error", 500},
		"Own":     {"HTTP/1.1 403 Filtered, ask IT\r\n\r\n", "403 Filtered, ask IT", 0},
		"Echo":    {"HTTP/1.1 403 No " + basic + " of anna-user\r\n\r\n", "403 No [redacted] of [redacted]", 0},
		"Colon":   {"HTTP/1.1 403 Blocked by policy of anna-user:ss-word+1\r\n\r\n", "403 Blocked by policy of [redacted]", 0},
		"Odd":     {"HTTP/1.1 204 No Content\r\n\r\n", "204 No Content", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := refusing(t, c.line)
			ours := rest.NewTransport().(*http.Transport)
			ours.Proxy = http.ProxyURL(proxy)
			_, err := rest.New(&http.Client{Transport: ours}).Do(t.Context(), request(t, "https://api.example.invalid"))
			require.EqualError(t, err, "POST /cgi-bin/x: proxy "+proxy.Host+" refused to connect: "+c.text)
			requireNoPassword(t, err, basic)

			users := &http.Transport{Proxy: http.ProxyURL(proxy)}
			_, err = rest.New(&http.Client{Transport: users}).Do(t.Context(), request(t, "https://api.example.invalid"))
			requireNoPassword(t, err, basic)
			var refused *rest.ProxyError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, proxy.Host, refused.Proxy)
			require.Equal(t, c.status, refused.Status)
			require.Contains(t, c.text, refused.Reason)
			require.Nil(t, users.OnProxyConnectResponse, "the transport is the user's")
			var transport *rest.TransportError
			require.ErrorAs(t, err, &transport)
			require.False(t, transport.Sent)
		})
	}
}

func requireNoPassword(t *testing.T, err error, basic string) {
	t.Helper()
	require.Error(t, err)
	for ; err != nil; err = errors.Unwrap(err) {
		for _, held := range []string{"anna-user", "ss-word", basic} {
			require.NotContains(t, fmt.Sprintf("%v %+v %#v %q", err, err, err, err), held)
		}
	}
}

// A transport around the one that connects hides which proxy it is, and a Proxy function may name another one each time.
func TestProxyWithoutAName(t *testing.T) {
	t.Parallel()
	const line = "HTTP/1.1 401 Unauthorized\r\n\r\n"
	proxies := []*url.URL{refusing(t, line), refusing(t, line)}
	var n atomic.Int64
	for name, rt := range map[string]http.RoundTripper{
		"Around": around{&http.Transport{Proxy: http.ProxyURL(proxies[0])}},
		"Rotating": &http.Transport{Proxy: func(*http.Request) (*url.URL, error) {
			return proxies[n.Add(1)%2], nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := rest.New(&http.Client{Transport: rt}).Do(t.Context(), request(t, "https://api.example.invalid"))
			require.EqualError(t, err, "POST /cgi-bin/x: a proxy refused to connect: 401 Unauthorized")
		})
	}
}

// What is no refusal of a proxy's stays what it is.
func TestNotAProxysRefusal(t *testing.T) {
	t.Parallel()
	own := errors.New("no way out today")
	dial := func(context.Context, string, string) (net.Conn, error) { return nil, own }
	proxy := refusing(t, "HTTP/1.1 401 Unauthorized\r\n\r\n")
	silent := refusing(t, "")
	for name, c := range map[string]struct {
		rt   *http.Transport
		want error
	}{
		"OwnDial":          {&http.Transport{DialContext: dial}, own},
		"OwnDialForAProxy": {&http.Transport{DialContext: dial, Proxy: http.ProxyURL(proxy)}, own},
		"NoProxyForThis":   {&http.Transport{DialContext: dial, Proxy: func(*http.Request) (*url.URL, error) { return nil, nil }}, own},
		"ProxyThatHangsUp": {&http.Transport{Proxy: http.ProxyURL(silent)}, io.ErrUnexpectedEOF},
		"OwnWordsForAProxy": {&http.Transport{Proxy: http.ProxyURL(proxy), OnProxyConnectResponse: func(
			context.Context, *url.URL, *http.Request, *http.Response,
		) error {
			return own
		}}, own},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := rest.New(&http.Client{Transport: c.rt}).Do(t.Context(), request(t, "https://api.example.invalid"))
			require.ErrorIs(t, err, c.want)
			var refused *rest.ProxyError
			require.NotErrorAs(t, err, &refused)
		})
	}
}

// A hook that only looks at what the proxy says leaves the words to net/http.
func TestProxyWithALoggingHook(t *testing.T) {
	t.Parallel()
	proxy := refusing(t, "HTTP/1.1 401 Unauthorized\r\n\r\n")
	_, err := rest.New(&http.Client{Transport: &http.Transport{
		Proxy:                  http.ProxyURL(proxy),
		OnProxyConnectResponse: func(context.Context, *url.URL, *http.Request, *http.Response) error { return nil },
	}}).Do(t.Context(), request(t, "https://api.example.invalid"))
	require.EqualError(t, err, "POST /cgi-bin/x: proxy "+proxy.Host+" refused to connect: 401 Unauthorized")
}

// Whatever a transport says, it does not show who logs in at its proxy.
func TestTransportErrorsDoNotShowThePassword(t *testing.T) {
	t.Parallel()
	proxy := &url.URL{Scheme: "socks5", Host: "127.0.0.1:1", User: url.UserPassword("anna-user", "ss-word+1")}
	basic := base64.StdEncoding.EncodeToString([]byte("anna-user:ss-word+1"))
	for _, said := range []string{"no entry: anna-user", "bad password ss-word+1", "header Basic " + basic, "by ss-word%2B1"} {
		own := errors.New(said)
		_, err := rest.New(&http.Client{Transport: &http.Transport{
			Proxy:       http.ProxyURL(proxy),
			DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, own },
		}}).Do(t.Context(), request(t, "https://api.example.invalid"))
		requireNoPassword(t, err, basic)
		require.NotContains(t, err.Error(), "ss-word")
		require.ErrorIs(t, err, own)
	}
}

// The hook that a program put into http.DefaultTransport goes first.
func TestProxyHookOfTheDefaultTransport(t *testing.T) {
	t.Parallel()
	own := errors.New("no way out today")
	hook := rest.ProxyHook(func(context.Context, *url.URL, *http.Request, *http.Response) error { return own })
	answer := &http.Response{StatusCode: http.StatusForbidden, Status: "403"}
	require.Same(t, own, hook(t.Context(), &url.URL{Host: "p:1"}, nil, answer))
	hook = rest.ProxyHook(func(context.Context, *url.URL, *http.Request, *http.Response) error { return nil })
	require.EqualError(t, hook(t.Context(), &url.URL{Host: "p:1"}, nil, answer), "proxy p:1 refused to connect: 403")
	answer.StatusCode = http.StatusOK
	require.NoError(t, rest.ProxyHook(nil)(t.Context(), &url.URL{Host: "p:1"}, nil, answer))
}

// A program's own error that looks like the words of a proxy is still found.
func TestOwnErrorOnTheWayToAProxy(t *testing.T) {
	t.Parallel()
	own := errors.New("no way out today")
	_, err := rest.New(&http.Client{Transport: &http.Transport{
		Proxy:                 http.ProxyURL(refusing(t, "")),
		GetProxyConnectHeader: func(context.Context, *url.URL, string) (http.Header, error) { return nil, own },
	}}).Do(t.Context(), request(t, "https://api.example.invalid"))
	require.ErrorIs(t, err, own)
}

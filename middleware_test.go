package wechat_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/http/httputil"
	"net/textproto"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/h2test"
	"github.com/wechatkit/wechat/oauth"
	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/central"
	"github.com/wechatkit/wechat/token/component"
	"github.com/wechatkit/wechat/token/jsapi"
)

type layer = func(http.RoundTripper) http.RoundTripper

// roundTripper is a function that is one.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// dumper notes all that a tracer, a logger or a dumper can get hold of; what stands in bodies apart.
type dumper struct{ heads, bodies record }

func (d *dumper) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		d.request(r)
		resp, err := next.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
			WroteHeaderField: func(key string, values []string) { fmt.Fprintln(&d.heads, key, values) },
			Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
				fmt.Fprintln(&d.heads, code, header)
				return nil
			},
			WroteRequest: func(info httptrace.WroteRequestInfo) { d.heads.note(info.Err) },
			ConnectDone:  func(_, _ string, err error) { d.heads.note(err) },
		})))
		if err != nil {
			d.heads.note(err)
			return resp, err
		}
		fmt.Fprintf(&d.heads, "%s %v %v\n", resp.Status, resp.Header, resp.Request.URL)
		whole, err := httputil.DumpResponse(resp, true)
		if err != nil {
			fmt.Fprintf(&d.heads, "cannot be dumped: %v\n", err)
		}
		_, _ = d.bodies.Write(whole)
		return resp, nil
	})
}

func (d *dumper) request(r *http.Request) {
	head, err := httputil.DumpRequestOut(r, false)
	fmt.Fprintf(&d.heads, "%s%v\n%s %v\n", head, err, r.URL, r.Header)
	lasting := r.WithContext(context.WithoutCancel(r.Context()))
	whole, err := httputil.DumpRequestOut(lasting, true)
	r.Body = lasting.Body // which it has replaced
	if err != nil {
		fmt.Fprintf(&d.heads, "cannot be dumped: %v\n", err)
	}
	_, _ = d.bodies.Write(whole)
}

// Whatever fails, no middleware sees a secret, and nothing but the bodies of messages has OpenIDs and texts.
func TestMiddlewareSeesNoSecret(t *testing.T) {
	t.Parallel()
	for name, address := range troubled(t) {
		for _, source := range []string{"manager", "static"} {
			t.Run(name+"/"+source, func(t *testing.T) {
				t.Parallel()
				var out record
				var seen dumper
				provoke(t, &out, address, source == "static", wechat.WithTransportMiddleware(seen.wrap))
				out.requireClean(t)
				seen.heads.requireClean(t)
				require.NotContains(t, seen.heads.String(), "cannot be dumped")
				require.NotContains(t, seen.heads.String(), "Wechatmp-Signature [")
				for _, secret := range []string{plantedSecret, plantedToken, plantedCode} {
					for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
						require.NotContains(t, seen.bodies.String(), form)
					}
				}
				if source == "static" {
					require.Contains(t, seen.bodies.String(), plantedText, "a dumper shows what is sent")
				}
			})
		}
	}
}

// wire is WeChat's side: it has all that a middleware must not see.
type wire struct {
	heads, bodies record
	answer        string
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	body := []byte(nil)
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		_ = r.Body.Close()
	}
	fmt.Fprintf(&w.heads, "%s %s %v\n", r.Method, r.URL, r.Header)
	_, _ = w.bodies.Write(body)
	if int64(len(body)) != r.ContentLength {
		return nil, fmt.Errorf("%d bytes announced, %d sent", r.ContentLength, len(body))
	}
	return httpmock.NewStringResponse(http.StatusOK, w.answer), nil
}

const allTokens = `{"access_token":"PLANTED-new","component_access_token":"PLANTED-new","ticket":"PLANTED-new","pre_auth_code":"PLANTED-new",` +
	`"session_key":"PLANTED-new","refresh_token":"PLANTED-new","openid":"oPLANTED-openid","expires_in":7200}`

// Each way to a secret goes through the middleware, without it.
func TestMiddlewareOfEverySource(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		shows string // on the wire
		call  func(ctx context.Context, hc *http.Client, l layer) error
	}{
		"stable": {plantedSecret, func(ctx context.Context, hc *http.Client, l layer) error {
			return firstToken(ctx, token.Stable, hc, l)
		}},
		"classic": {url.QueryEscape(plantedSecret), func(ctx context.Context, hc *http.Client, l layer) error {
			return firstToken(ctx, token.Classic, hc, l)
		}},
		"central": {plantedSecret, func(ctx context.Context, hc *http.Client, l layer) error {
			f, err := central.NewFetcher(central.Config{
				AppID: "wx1", URL: "http://127.0.0.1/", Key: plantedSecret, HTTPClient: hc, TransportMiddleware: []layer{l},
			})
			if err != nil {
				return err
			}
			_, err = f.Fetch(ctx, false)
			return err
		}},
		"component": {plantedSecret, func(ctx context.Context, hc *http.Client, l layer) error {
			c, err := component.New(layered(hc, l), component.Config{})
			if err != nil {
				return err
			}
			err = c.KeepTicket(ctx, component.Ticket{ComponentAppID: "wx1", Ticket: plantedToken, CreateTime: time.Now()})
			if err != nil {
				return err
			}
			_, err = c.PreAuthCode(ctx)
			return err
		}},
		"jsapi": {url.QueryEscape(plantedToken), func(ctx context.Context, hc *http.Client, l layer) error {
			tickets, err := jsapi.New(layered(hc, l), jsapi.Config{})
			if err != nil {
				return err
			}
			_, err = tickets.Ticket(ctx)
			return err
		}},
		"login": {plantedCode, func(ctx context.Context, hc *http.Client, l layer) error {
			_, err := oauth.New(layered(hc, l)).Login(ctx, plantedCode)
			return err
		}},
		"platform's login": {url.QueryEscape(plantedToken), func(ctx context.Context, hc *http.Client, l layer) error {
			p := &oauth.Component{AppID: "wx2", Tokens: token.Static(plantedToken)}
			_, err := oauth.NewForComponent(layered(hc, l), p).Login(ctx, plantedCode)
			return err
		}},
		"web login": {plantedCode, func(ctx context.Context, hc *http.Client, l layer) error {
			_, err := oauth.NewWeb(layered(hc, l)).Exchange(ctx, plantedCode)
			return err
		}},
		"user's token": {url.QueryEscape(plantedToken), func(ctx context.Context, hc *http.Client, l layer) error {
			_, err := oauth.NewWeb(layered(hc, l)).Profile(ctx, &oauth.UserToken{AccessToken: plantedToken, OpenID: plantedOpenID})
			return err
		}},
		"refresh": {url.QueryEscape(plantedToken), func(ctx context.Context, hc *http.Client, l layer) error {
			_, err := oauth.NewWeb(layered(hc, l)).Refresh(ctx, plantedToken)
			return err
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			under, seen := wire{answer: allTokens}, dumper{}
			require.NoError(t, c.call(t.Context(), &http.Client{Transport: &under}, seen.wrap))
			require.Contains(t, under.heads.String()+under.bodies.String(), c.shows)
			require.Contains(t, seen.heads.String(), "HTTP/1.1")
			require.NotContains(t, seen.heads.String(), "?", "of a request it sees no query")
			seen.heads.requireClean(t)
			seen.bodies.requireClean(t)
			require.NotContains(t, seen.bodies.String(), "PLANTED")
		})
	}
}

func firstToken(ctx context.Context, kind token.Kind, hc *http.Client, l layer) error {
	m, err := token.NewManager(token.Config{
		AppID: "wx1", AppSecret: plantedSecret, Kind: kind, HTTPClient: hc, TransportMiddleware: []layer{l},
	})
	if err != nil {
		return err
	}
	_, err = m.Token(ctx)
	return err
}

func layered(hc *http.Client, layers ...layer) *wechat.Client {
	c, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: plantedSecret}, wechat.WithHTTPClient(hc),
		wechat.WithTransportMiddleware(layers...), wechat.WithTokenSource(token.Static(plantedToken)),
		wechat.WithRetry(wechat.RetryPolicy{MinWait: time.Nanosecond, MaxWait: time.Nanosecond}))
	if err != nil {
		panic(err)
	}
	return c
}

// A sealed call is seen as it was before, a file in neither direction.
func TestMiddlewareAndBodies(t *testing.T) {
	t.Parallel()
	const path = "/cgi-bin/message/custom/send"
	message := map[string]string{"content": plantedText}

	t.Run("Sealed", func(t *testing.T) {
		t.Parallel()
		p := newPeer()
		p.url = "https://api.weixin.qq.com" + path
		w := &watched{answers: []step{p.reply(noon, `{"errcode":0}`).step}}
		var seen dumper
		c := w.client(t, p.settings(noon), wechat.WithTransportMiddleware(seen.wrap))
		require.NoError(t, c.Do(t.Context(), http.MethodPost, path, nil, message, nil))
		require.Contains(t, seen.bodies.String(), plantedText)
		require.NotContains(t, seen.heads.String(), "Wechatmp-Signature: ", "nor a signature in the request")
		require.Contains(t, seen.bodies.String(), `"authtag"`, "the answer as it came")
	})
	t.Run("Upload", func(t *testing.T) {
		t.Parallel()
		under, seen := wire{answer: `{"errcode":0}`}, dumper{}
		c := layered(&http.Client{Transport: &under}, seen.wrap)
		require.NoError(t, c.Call(t.Context(), wechat.Call{Op: "test", Method: http.MethodPost, Path: "/upload", Upload: &wechat.Upload{
			Field: "media", Filename: "a.txt", ContentType: "text/plain", Size: int64(len(plantedText)),
			Open: func() (io.Reader, error) { return strings.NewReader(plantedText), nil },
		}}))
		require.Contains(t, under.bodies.String(), plantedText)
		require.Contains(t, under.heads.String(), "multipart/form-data")
		require.NotContains(t, seen.bodies.String(), plantedText)
		require.Contains(t, seen.bodies.String(), `{"errcode":0}`)
	})
	t.Run("Download", func(t *testing.T) {
		t.Parallel()
		file := strings.Repeat("\x00file", 50_000)
		under, seen := wire{answer: file}, dumper{}
		var got bytes.Buffer
		require.NoError(t, layered(&http.Client{Transport: &under}, seen.wrap).Call(t.Context(), wechat.Call{
			Op: "test", Method: http.MethodGet, Path: "/file",
			Binary: func(_ http.Header, body io.Reader) error { _, err := got.ReadFrom(body); return err },
		}))
		require.Equal(t, file, got.String())
		require.NotContains(t, seen.bodies.String(), "file\x00")
	})
	t.Run("Long", func(t *testing.T) {
		t.Parallel()
		long := strings.Repeat("x", 80<<10)
		under, seen := wire{answer: `{"errcode":0,"text":"` + long + `"}`}, dumper{}
		var out struct{ Text string }
		require.NoError(t, layered(&http.Client{Transport: &under}, seen.wrap).Do(t.Context(), http.MethodGet, "/long", nil, nil, &out))
		require.Equal(t, long, out.Text)
		require.NotContains(t, seen.bodies.String(), "xxx")
	})
	t.Run("ProgramsOwnSecret", func(t *testing.T) {
		t.Parallel()
		under, seen := wire{answer: `{"errcode":0}`}, dumper{}
		in := map[string]string{"appsecret": plantedSecret}
		require.NoError(t, layered(&http.Client{Transport: &under}, seen.wrap).Do(t.Context(), http.MethodPost, "/x", nil, in, nil))
		require.Contains(t, under.bodies.String(), plantedSecret)
		require.NotContains(t, seen.bodies.String(), plantedSecret)
	})
}

// What goes out and what comes back is the same with a middleware that does what it must not.
func TestMiddlewareChangesNothing(t *testing.T) {
	t.Parallel()
	meddling := func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			r = r.Clone(r.Context())
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader("other")), 5
			r.Header.Set("Traceparent", "00-1")
			resp, err := next.RoundTrip(r)
			if err == nil {
				resp.Body, resp.StatusCode = io.NopCloser(strings.NewReader(`{"errcode":40001}`)), http.StatusTeapot
			}
			return resp, err
		})
	}
	under := wire{answer: `{"errcode":0,"n":1}`}
	var out struct{ N int }
	c := layered(&http.Client{Transport: &under}, meddling)
	require.NoError(t, c.Do(t.Context(), http.MethodPost, "/x", url.Values{"lang": {"en"}}, map[string]int{"a": 1}, &out))
	require.Equal(t, 1, out.N)
	require.Equal(t, `{"a":1}`, under.bodies.String())
	require.Contains(t, under.heads.String(), "/x?access_token="+url.QueryEscape(plantedToken)+"&lang=en")
	require.Contains(t, under.heads.String(), "Traceparent:[00-1]")
}

// A token does not leave for another address, and nothing is sent twice.
func TestMiddlewareIsRefused(t *testing.T) {
	t.Parallel()
	change := func(f func(*http.Request)) layer {
		return func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				r = r.Clone(r.Context())
				f(r)
				return next.RoundTrip(r)
			})
		}
	}
	cases := map[string]struct {
		layer layer
		sent  int
		doubt bool
		text  string
	}{
		"host":     {change(func(r *http.Request) { r.URL.Host = "evil.example" }), 0, false, "changed the method or the address"},
		"Host":     {change(func(r *http.Request) { r.Host = "evil.example" }), 0, false, "changed the method or the address"},
		"path":     {change(func(r *http.Request) { r.URL.Path = "/cgi-bin/y" }), 0, false, "changed the method or the address"},
		"query":    {change(func(r *http.Request) { r.URL.RawQuery = "a=b" }), 0, false, "changed the method or the address"},
		"method":   {change(func(r *http.Request) { r.Method = http.MethodGet }), 0, false, "changed the method or the address"},
		"repeated": {repeat, 1, true, "repeats the request"},
		"redirect": {follow, 1, true, "changed the method or the address"},
		"context": {func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				return next.RoundTrip(r.WithContext(context.Background()))
			})
		}, 0, false, "dropped the context"},
		"open": {func(http.RoundTripper) http.RoundTripper {
			return roundTripper(func(*http.Request) (*http.Response, error) { return nil, errors.New("breaker open") })
		}, 0, false, "breaker open"},
		"nothing": {func(http.RoundTripper) http.RoundTripper { return nil }, 0, false, "gave no transport"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			under := script{steps: []step{func(*http.Request) (*http.Response, error) {
				resp := httpmock.NewStringResponse(http.StatusFound, "")
				resp.Header.Set("Location", "https://evil.example/")
				return resp, nil
			}}}
			err := layered(&http.Client{Transport: &under}, c.layer).Do(t.Context(), http.MethodPost, "/cgi-bin/x", nil, nil, nil)
			require.ErrorContains(t, err, c.text)
			require.Equal(t, c.doubt, errors.Is(err, wechat.ErrOutcomeUnknown), err)
			require.Len(t, under.seen, c.sent)
		})
	}
}

// A request that a layer has given up before it was sent may be repeated: it is not sent any more.
func TestMiddlewareThatIsTooLate(t *testing.T) {
	t.Parallel()
	late := make(chan *http.Request, 3)
	var down http.RoundTripper
	givesUp := func(next http.RoundTripper) http.RoundTripper {
		down = next
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			late <- r
			return nil, errors.New("gone")
		})
	}
	under := script{steps: []step{answer(`{"errcode":0}`)}}
	err := layered(&http.Client{Transport: &under}, givesUp).Do(t.Context(), http.MethodPost, "/x", nil, nil, nil)
	require.ErrorContains(t, err, "gone")
	require.NotErrorIs(t, err, wechat.ErrOutcomeUnknown)
	close(late)
	for r := range late {
		_, err := down.RoundTrip(r)
		require.ErrorContains(t, err, "given up")
	}
	require.Empty(t, under.seen)
}

// repeat asks once more, as a layer does that knows nothing of what may be repeated.
func repeat(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if resp, err := next.RoundTrip(r); err == nil {
			_ = resp.Body.Close()
		}
		return next.RoundTrip(r)
	})
}

// follow follows redirects.
func follow(next http.RoundTripper) http.RoundTripper {
	hc := &http.Client{Transport: next}
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.RequestURI = ""
		return hc.Do(r)
	})
}

// closing tells when it is closed.
type closing struct {
	io.Reader
	closed chan struct{}
}

func (c closing) Close() error { close(c.closed); return nil }

// An answer that nobody waits for any more is closed, and so is one that a layer makes an error of.
func TestMiddlewareThatDropsTheAnswer(t *testing.T) {
	t.Parallel()
	gone, asked, answer := errors.New("gone"), make(chan struct{}), make(chan struct{})
	for name, impatient := range map[string]layer{
		"Early": func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				go func() { _, _ = next.RoundTrip(r) }()
				<-asked
				return nil, gone
			})
		},
		"Late": func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				_, _ = next.RoundTrip(r)
				return nil, gone
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := closing{strings.NewReader(`{"errcode":0}`), make(chan struct{})}
			under := roundTripper(func(r *http.Request) (*http.Response, error) {
				if name == "Early" {
					httptrace.ContextClientTrace(r.Context()).GetConn("") // net/http is at it, and has written nothing yet
					close(asked)
					<-answer
				}
				return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: body}, nil
			})
			c := layered(&http.Client{Transport: under}, impatient)
			err := c.Call(t.Context(), wechat.Call{Op: "test", Method: http.MethodPost, Path: "/x", Effect: wechat.SingleUse})
			require.ErrorIs(t, err, gone)
			require.ErrorIs(t, err, wechat.ErrOutcomeUnknown)
			if name == "Early" {
				close(answer)
			}
			<-body.closed
		})
	}
}

// Repetitions pass through the layers each time, the first layer first, and a renewed token is put in below.
func TestMiddlewareSeesEachAttempt(t *testing.T) {
	t.Parallel()
	var order []string
	named := func(name string) layer {
		return func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				order = append(order, name)
				return next.RoundTrip(r)
			})
		}
	}
	under := script{steps: []step{answer(`{"errcode":-1}`), answer(`{"errcode":0}`)}}
	c := layered(&http.Client{Transport: &under}, named("outer"), named("inner"))
	require.NoError(t, c.Do(t.Context(), http.MethodPost, "/x", nil, map[string]int{"a": 1}, nil))
	require.Equal(t, []string{"outer", "inner", "outer", "inner"}, order)

	mock := httpmock.NewMockTransport()
	var tokens atomic.Int32
	mock.RegisterResponder(http.MethodPost, "=~/cgi-bin/stable_token", func(*http.Request) (*http.Response, error) {
		return httpmock.NewStringResponse(200, fmt.Sprintf(`{"access_token":"token-%d","expires_in":7200}`, tokens.Add(1))), nil
	})
	mock.RegisterResponder(http.MethodPost, "=~/cgi-bin/x", func(r *http.Request) (*http.Response, error) {
		if r.URL.Query().Get("access_token") == "token-1" {
			return httpmock.NewStringResponse(200, stale), nil
		}
		return httpmock.NewStringResponse(200, `{"errcode":0}`), nil
	})
	var seen dumper
	c, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: plantedSecret}, wechat.WithTransportMiddleware(seen.wrap),
		wechat.WithHTTPClient(&http.Client{Transport: mock}))
	require.NoError(t, err)
	require.NoError(t, c.Do(t.Context(), http.MethodPost, "/cgi-bin/x", nil, nil, nil))
	require.EqualValues(t, 2, tokens.Load())
	require.NotContains(t, seen.heads.String()+seen.bodies.String(), "token-", "the client's own manager has the layers, too")
}

// httpmock takes the whole chain of an HTTP client; the layers are not part of it.
func TestMiddlewareAboveHTTPMock(t *testing.T) {
	t.Parallel()
	for _, first := range []bool{true, false} {
		hc := &http.Client{Transport: http.DefaultTransport}
		if first {
			httpmock.ActivateNonDefault(hc)
		}
		var seen dumper
		c := layered(hc, seen.wrap)
		if !first {
			httpmock.ActivateNonDefault(hc)
		}
		httpmock.RegisterResponderWithQuery(http.MethodPost, "https://api.weixin.qq.com/x", url.Values{"access_token": {plantedToken}},
			httpmock.NewStringResponder(http.StatusOK, `{"errcode":0}`))
		require.NoError(t, c.Do(t.Context(), http.MethodPost, "/x", nil, map[string]int{"a": 1}, nil))
		require.Contains(t, seen.heads.String(), "POST /x HTTP/1.1")

		// What httpmock says of an address that it does not know has the address in it.
		err := c.Do(t.Context(), http.MethodPost, "/y", nil, nil, nil)
		require.ErrorContains(t, err, "no responder found")
		seen.heads.requireClean(t)
	}
}

// A proxy is asked below the layers, and tells them nothing of its login.
func TestMiddlewareAboveAProxy(t *testing.T) {
	t.Parallel()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodConnect {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		_, _ = io.WriteString(w, `{"errcode":0,"via":"`+r.URL.Host+`"}`)
	}))
	t.Cleanup(proxy.Close)
	address, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	address.User = url.UserPassword("user", plantedSecret)
	hc := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(address)}}
	var seen dumper
	c := func(base string) *wechat.Client {
		c, err := wechat.New(wechat.Config{AppID: "wx1"}, wechat.WithHTTPClient(hc), wechat.WithBaseURL(base),
			wechat.WithTransportMiddleware(seen.wrap), wechat.WithTokenSource(token.Static(plantedToken)))
		require.NoError(t, err)
		return c
	}
	var out struct{ Via string }
	require.NoError(t, c("http://wechat.example").Do(t.Context(), http.MethodGet, "/x", nil, nil, &out))
	require.Equal(t, "wechat.example", out.Via)
	err = c("https://wechat.example").Do(t.Context(), http.MethodPost, "/x", nil, nil, nil)
	var refused *wechat.ProxyError
	require.ErrorAs(t, err, &refused)
	require.NotErrorIs(t, err, wechat.ErrOutcomeUnknown)
	require.Contains(t, seen.heads.String(), "refused to connect")
	seen.heads.requireClean(t)
}

// HTTP/2 ends a request in ways that say what became of it. That is the same with layers.
func TestMiddlewareAboveHTTP2(t *testing.T) {
	t.Parallel()
	// A login has no body, which net/http would like to repeat by itself.
	message := wechat.Call{Op: "test", Method: http.MethodPost, Path: "/cgi-bin/x", In: map[string]int{"a": 1}}
	login := wechat.Call{Op: "test", Method: http.MethodGet, Path: "/sns/x", Auth: wechat.AuthSecret, Effect: wechat.SingleUse}
	for _, e := range endings {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			for _, call := range []wechat.Call{message, login} {
				requireTheSame(t, e, call)
			}
		})
	}
}

// requireTheSame makes a call without and with layers.
func requireTheSame(t *testing.T, e ending, call wechat.Call) {
	t.Helper()
	results := map[bool]string{}
	for _, isLayered := range []bool{false, true} {
		s := h2test.New(t, e.Ending)
		var seen dumper
		var opts []wechat.Option
		if isLayered {
			opts = append(opts, wechat.WithTransportMiddleware(seen.wrap))
		}
		c, err := h2Client(s, s.Client(t), opts...)
		require.NoError(t, err)
		err = c.Call(t.Context(), call)
		require.NotContains(t, seen.heads.String(), "access_token=")
		require.NotContains(t, seen.heads.String(), "secret=")
		results[isLayered] = fmt.Sprint(errors.Is(err, wechat.ErrOutcomeUnknown), err == nil, s.Arrived())
	}
	require.Equal(t, results[false], results[true])
}

// A program traces a call by its context: HTTP/2 has the address among the headers.
func TestTraceSeesNoHeaders(t *testing.T) {
	t.Parallel()
	s := h2test.New(t, h2test.Ending{AtEnd: func(s *h2test.Stream) {
		s.Headers()
		s.Body(taken)
	}})
	c, err := h2Client(s, s.Client(t))
	require.NoError(t, err)
	var connected, headers atomic.Int32
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GotConn:          func(httptrace.GotConnInfo) { connected.Add(1) },
		WroteHeaderField: func(string, []string) { headers.Add(1) },
	})
	require.NoError(t, c.Do(ctx, http.MethodPost, "/x", nil, map[string]int{"a": 1}, nil))
	require.NoError(t, c.Do(ctx, http.MethodGet, "/x", nil, nil, nil))
	require.EqualValues(t, 2, connected.Load())
	require.Zero(t, headers.Load())
}

// Without layers they cost nothing.
func TestNoMiddlewareAllocatesNothingMore(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts those of all goroutines
	under := roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"errcode":0}`)), Request: r, Header: http.Header{}}, nil
	})
	allocs := func(opts ...wechat.Option) float64 {
		c, err := wechat.New(wechat.Config{AppID: "wx1"}, append(opts, wechat.WithHTTPClient(&http.Client{Transport: under}),
			wechat.WithTokenSource(token.Static(plantedToken)))...)
		require.NoError(t, err)
		in := map[string]int{"a": 1}
		return testing.AllocsPerRun(200, func() { require.NoError(t, c.Do(t.Context(), http.MethodPost, "/x", nil, in, nil)) })
	}
	bare := allocs()
	with := allocs(wechat.WithTransportMiddleware(func(next http.RoundTripper) http.RoundTripper { return next }))
	t.Logf("%v allocations, %v with a layer", bare, with)
	require.Less(t, bare, with)
}

func TestMiddlewareOptionIsChecked(t *testing.T) {
	t.Parallel()
	for _, opt := range []wechat.Option{wechat.WithTransportMiddleware(), wechat.WithTransportMiddleware(nil)} {
		_, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: "s"}, opt)
		require.ErrorContains(t, err, "TransportMiddleware")
	}
	missing := []layer{nil}
	_, err := token.NewManager(token.Config{AppID: "wx1", AppSecret: "s", TransportMiddleware: missing})
	require.ErrorContains(t, err, "token: Config.TransportMiddleware: layer 0 is nil")
	_, err = central.NewFetcher(central.Config{AppID: "wx1", URL: "https://t.example", Key: plantedSecret, TransportMiddleware: missing})
	require.ErrorContains(t, err, "central: Config.TransportMiddleware: layer 0 is nil")
}

// A layer that has passed the request on can make up nothing in its place: WeChat may have sent the message.
func TestMiddlewareThatMakesUpAnAnswer(t *testing.T) {
	t.Parallel()
	reading, release := make(chan struct{}), make(chan struct{})
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = io.WriteString(w, `{"errcode":`)
		w.(http.Flusher).Flush()
		close(reading)
		<-release
		_, _ = io.WriteString(w, `0}`)
	}))
	defer server.Close()
	unblock := sync.OnceFunc(func() { close(release) })
	defer unblock()
	passed := make(chan error, 1)
	impatient := func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			go func() {
				_, err := next.RoundTrip(r)
				passed <- err
			}()
			<-reading
			return httpmock.NewStringResponse(http.StatusOK, `{"errcode":0}`), nil
		})
	}
	c, err := wechat.New(wechat.Config{AppID: "wx1"}, wechat.WithTokenSource(token.Static(plantedToken)),
		wechat.WithBaseURL(server.URL), wechat.WithTransportMiddleware(impatient))
	require.NoError(t, err)
	err = c.Do(t.Context(), http.MethodPost, "/x", nil, map[string]int{"a": 1}, nil)
	require.ErrorIs(t, err, wechat.ErrOutcomeUnknown)
	require.ErrorContains(t, err, "made up an answer")
	unblock()
	<-passed
	require.Equal(t, int32(1), asked.Load())
}

// An answer is read however a layer would have it written.
func TestMiddlewareThatWantsAnotherForm(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") != "" || r.Header.Get("X-Trace") != "7" {
			w.WriteHeader(http.StatusTeapot)
		}
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			_, _ = io.WriteString(w, `{"errcode":0}`)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, `{"errcode":0}`)
		_ = z.Close()
	}))
	defer server.Close()
	compressing := func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			r = r.Clone(r.Context())
			r.Header.Set("Accept-Encoding", "gzip")
			r.Header.Set("Range", "bytes=0-3")
			r.Header.Set("X-Trace", "7")
			return next.RoundTrip(r)
		})
	}
	c, err := wechat.New(wechat.Config{AppID: "wx1"}, wechat.WithTokenSource(token.Static(plantedToken)),
		wechat.WithBaseURL(server.URL), wechat.WithTransportMiddleware(compressing))
	require.NoError(t, err)
	require.NoError(t, c.Do(t.Context(), http.MethodPost, "/x", nil, map[string]int{"a": 1}, nil))
}

// A logger that prints the context of a request prints nothing of what is sent.
func TestMiddlewareThatPrintsTheContext(t *testing.T) {
	t.Parallel()
	var printed string
	printing := func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			printed += fmt.Sprintf("%v %+v %#v %s", r.Context(), r.Context(), r.Context(), r.Context())
			return next.RoundTrip(r)
		})
	}
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(httpmock.NewStringResponder(http.StatusOK, allTokens))
	require.NoError(t, firstToken(t.Context(), token.Stable, &http.Client{Transport: mock}, printing))
	require.Contains(t, printed, "rest.exchange")
	require.NotContains(t, printed, "PLANTED")
	require.NotContains(t, printed, fmt.Sprint([]byte("PLANTED"))[1:20], "the bytes of it, as numbers")
}

// fileCalls are those that no limit of WithTimeout ends.
func fileCalls() map[string]wechat.Call {
	return map[string]wechat.Call{
		"upload": {Op: "test", Method: http.MethodPost, Path: "/upload", Upload: &wechat.Upload{
			Field: "media", Filename: "a.txt", ContentType: "text/plain", Size: int64(len(plantedText)),
			Open: func() (io.Reader, error) { return strings.NewReader(plantedText), nil },
		}},
		"download": {
			Op: "test", Method: http.MethodGet, Path: "/file",
			Binary: func(_ http.Header, body io.Reader) error { _, err := io.Copy(io.Discard, body); return err },
		},
	}
}

// A layer that panics leaves no answer open, and the request is not sent after that.
func TestMiddlewareThatPanics(t *testing.T) {
	t.Parallel()
	for name, call := range fileCalls() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := closing{strings.NewReader(`{"errcode":0}`), make(chan struct{})}
			var sent context.Context
			under := roundTripper(func(r *http.Request) (*http.Response, error) {
				sent = r.Context()
				return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: body}, nil
			})
			var down http.RoundTripper
			var kept *http.Request
			early := true
			c := layered(&http.Client{Transport: under}, func(next http.RoundTripper) http.RoundTripper {
				down = next
				return roundTripper(func(r *http.Request) (*http.Response, error) {
					if kept = r; !early {
						_, _ = next.RoundTrip(r)
					}
					panic("a layer's own")
				})
			})
			require.PanicsWithValue(t, "a layer's own", func() { _ = c.Call(t.Context(), call) })
			_, err := down.RoundTrip(kept)
			require.ErrorContains(t, err, "given up")
			require.Nil(t, sent)
			early = false
			require.PanicsWithValue(t, "a layer's own", func() { _ = c.Call(t.Context(), call) })
			<-body.closed
			<-sent.Done()
		})
	}
}

// What a layer goes on with ends with the call, also where it has dropped the cancellation, and no later than the call may take.
func TestMiddlewareOutlivesNoCall(t *testing.T) {
	t.Parallel()
	for name, call := range fileCalls() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked, ended := make(chan struct{}, 1), make(chan struct{}, 1)
			under := roundTripper(func(r *http.Request) (*http.Response, error) {
				asked <- struct{}{}
				<-r.Context().Done()
				ended <- struct{}{}
				return nil, r.Context().Err()
			})
			lasting := func(r *http.Request) *http.Request { return r.WithContext(context.WithoutCancel(r.Context())) }
			c := layered(&http.Client{Transport: under}, func(next http.RoundTripper) http.RoundTripper {
				return roundTripper(func(r *http.Request) (*http.Response, error) {
					go func() { _, _ = next.RoundTrip(lasting(r)) }()
					<-asked
					return nil, errors.New("gone")
				})
			})
			call.Effect = wechat.NonIdempotent
			require.ErrorContains(t, c.Call(t.Context(), call), "gone")
			<-ended

			c = layered(&http.Client{Transport: under}, func(next http.RoundTripper) http.RoundTripper {
				return roundTripper(func(r *http.Request) (*http.Response, error) { return next.RoundTrip(lasting(r)) })
			})
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-asked; cancel() }()
			require.ErrorIs(t, c.Call(ctx, call), context.Canceled)
		})
	}
}

// A request that a layer kept from an attempt that found its connection closed does not pass for the next attempt.
func TestMiddlewareThatKeepsARequest(t *testing.T) {
	t.Parallel()
	var sent atomic.Int32
	under := roundTripper(func(r *http.Request) (*http.Response, error) {
		trace := httptrace.ContextClientTrace(r.Context())
		trace.GetConn("")
		trace.GotConn(httptrace.GotConnInfo{Reused: true})
		if sent.Add(1) == 1 {
			return nil, errors.New("closed before anything was written")
		}
		trace.WroteHeaders()
		return httpmock.NewStringResponse(http.StatusOK, `{"errcode":0}`), nil
	})
	var first *http.Request
	c := layered(&http.Client{Transport: under}, func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if first == nil {
				first = r
			} else {
				_, err := next.RoundTrip(first)
				require.ErrorContains(t, err, "given up")
			}
			return next.RoundTrip(r)
		})
	})
	require.NoError(t, c.Do(t.Context(), http.MethodPost, "/x", nil, map[string]int{"a": 1}, nil))
	require.EqualValues(t, 2, sent.Load())
}

// A file that cannot be opened was not sent, whatever a layer makes of its error.
func TestMiddlewareAboveAFileThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	call := fileCalls()["upload"]
	call.Upload.Open = func() (io.Reader, error) { return nil, errors.New("no such file") }
	c := layered(&http.Client{Transport: &wire{}}, func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			_, err := next.RoundTrip(r)
			return nil, fmt.Errorf("traced: %v", err) //nolint:errorlint // as a layer does that knows nothing of it
		})
	})
	err := c.Call(t.Context(), call)
	require.ErrorContains(t, err, "no such file")
	require.NotErrorIs(t, err, wechat.ErrOutcomeUnknown)
}

// What WeChat kept of another call may be a login, with its session key.
func TestMiddlewareSeesNoOtherCall(t *testing.T) {
	t.Parallel()
	under := wire{answer: `{"request":{"request_url":"/cgi-bin/stable_token","request_body":"{\"secret\":\"PLANTED-old\"}",` +
		`"response_body":"{\"session_key\":\"PLANTED-key\"}"}}`}
	var seen dumper
	info, err := layered(&http.Client{Transport: &under}, seen.wrap).Account().LookupRID(t.Context(), "6a5b4c3d-01234567-89abcdef")
	require.NoError(t, err)
	require.Contains(t, info.Answer.Reveal(), "PLANTED-key")
	require.Contains(t, seen.heads.String(), "POST /cgi-bin/openapi/rid/get")
	require.NotContains(t, seen.bodies.String(), "PLANTED")
}

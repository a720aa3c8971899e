package central_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/central"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	key      = "planted-service-key"
	otherKey = "planted-older-service-key"
)

// direct answers requests with a handler, without a socket.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

func handler(t *testing.T, log *bytes.Buffer, sources map[string]token.Source) *central.Handler {
	t.Helper()
	cfg := central.HandlerConfig{Sources: sources, Keys: []token.Secret{key, otherKey}}
	if log != nil {
		cfg.Logger = slog.New(slog.NewTextHandler(log, nil))
	}
	h, err := central.NewHandler(cfg)
	require.NoError(t, err)
	return h
}

func fetcher(t *testing.T, rt http.RoundTripper, appID string, k token.Secret) *central.Fetcher {
	t.Helper()
	f, err := central.NewFetcher(central.Config{
		AppID: appID, URL: "https://tokens.internal/token", Key: k, HTTPClient: &http.Client{Transport: rt},
	})
	require.NoError(t, err)
	return f
}

// Eight processes behind one service: WeChat sees one request at the start and one for a revocation.
func TestFleetBehindAService(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	app := wx.MiniProgram()
	source, err := token.NewManager(token.Config{
		AppID: app.AppID, AppSecret: token.Secret(app.AppSecret), HTTPClient: wx.HTTPClient(),
	})
	require.NoError(t, err)
	defer source.Close()
	h := handler(t, nil, map[string]token.Source{app.AppID: source})
	var processes []*token.Manager
	for range 8 {
		m, err := token.NewManager(token.Config{AppID: app.AppID, Fetcher: fetcher(t, direct{h}, app.AppID, otherKey)})
		require.NoError(t, err)
		defer m.Close()
		processes = append(processes, m)
	}
	everywhere := func(get func(*token.Manager) (token.Token, error)) (tokens map[token.Secret]int) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		tokens = map[token.Secret]int{}
		for _, m := range processes {
			for range 20 {
				wg.Go(func() {
					got, err := get(m)
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					defer mu.Unlock()
					tokens[got.Value]++
				})
			}
		}
		wg.Wait()
		return tokens
	}
	first := everywhere(func(m *token.Manager) (token.Token, error) { return m.Token(t.Context()) })
	require.Len(t, first, 1)
	require.Equal(t, 1, wx.TokenCalls())

	wx.Revoke(app)
	var rejected token.Secret
	for rejected = range first {
	}
	second := everywhere(func(m *token.Manager) (token.Token, error) { return m.Renew(t.Context(), rejected) })
	require.Len(t, second, 1)
	require.NotContains(t, second, rejected)
	require.Equal(t, 2, wx.TokenCalls())
}

// fixed is a source with a given answer.
type fixed struct {
	t   token.Token
	err error
}

func (f fixed) Token(context.Context) (token.Token, error) { return f.t, f.err }

func TestServiceAnswers(t *testing.T) {
	t.Parallel()
	lasting := token.Token{Value: "planted-token", Expiry: time.Now().Add(time.Hour)}
	refused := errcode.New("token.Fetch", "/cgi-bin/stable_token", 200, 40001, "invalid credential rid: 1-2-3")
	sources := map[string]token.Source{
		"good":    fixed{t: lasting},
		"static":  token.Static("planted-token"),
		"refused": fixed{err: fmt.Errorf("no token: %w", refused)},
		"broken":  fixed{err: errors.New("no token: next attempt in 5s")},
		"none":    token.None(),
	}
	var log bytes.Buffer
	h := handler(t, &log, sources)
	ask := func(appID string, k token.Secret) (token.Token, error) {
		return fetcher(t, direct{h}, appID, k).Fetch(t.Context(), true)
	}
	got, err := ask("good", key)
	require.NoError(t, err)
	require.Equal(t, lasting.Value, got.Value)
	require.WithinDuration(t, lasting.Expiry, got.Expiry, 5*time.Second)
	got, err = ask("static", key)
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), got.Expiry, 5*time.Second, "the service does not know how long it lasts")
	got, err = fetcher(t, direct{h}, "good", key).Replace(t.Context(), "planted-token")
	require.NoError(t, err)
	require.Equal(t, lasting.Value, got.Value, "not a Renewer")

	_, err = ask("refused", key)
	require.ErrorIs(t, err, errcode.BadCredentials, "40001 of a token endpoint")
	require.ErrorContains(t, err, "rid 1-2-3")
	for what, want := range map[string]string{
		"broken": "HTTP 503: body is not JSON: \"no token: next attempt in 5s\"", "none": "the source has no token",
		"unknown": "HTTP 404",
	} {
		_, err = ask(what, key)
		require.ErrorContains(t, err, want)
	}
	_, err = ask("good", "planted-wrong-key")
	require.ErrorContains(t, err, "HTTP 401")
	require.NotContains(t, err.Error()+log.String(), "planted")
	require.Equal(t, 5, strings.Count(log.String(), "level=WARN"))
}

// switched is a service that can be put out of order.
type switched struct {
	http.RoundTripper

	down atomic.Bool
	seen atomic.Int64
}

func (s *switched) RoundTrip(r *http.Request) (*http.Response, error) {
	s.seen.Add(1)
	if s.down.Load() {
		return nil, errors.New("connection refused")
	}
	return s.RoundTripper.RoundTrip(r)
}

func TestServiceIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wx := emulator.New(t)
		app := wx.MiniProgram()
		source, err := token.NewManager(token.Config{
			AppID: app.AppID, AppSecret: token.Secret(app.AppSecret), HTTPClient: wx.HTTPClient(),
		})
		require.NoError(t, err)
		defer source.Close()
		service := &switched{RoundTripper: direct{handler(t, nil, map[string]token.Source{app.AppID: source})}}
		m, err := token.NewManager(token.Config{AppID: app.AppID, Fetcher: fetcher(t, service, app.AppID, key)})
		require.NoError(t, err)
		defer m.Close()
		first, err := m.Token(t.Context())
		require.NoError(t, err)

		service.down.Store(true)
		for time.Until(first.Expiry) > 0 {
			got, err := m.Token(t.Context())
			require.NoError(t, err)
			require.Equal(t, first.Value, got.Value)
			time.Sleep(time.Second)
		}
		_, err = m.Token(t.Context())
		require.ErrorContains(t, err, "connection refused")
		require.LessOrEqual(t, service.seen.Load(), int64(16), "in five minutes, with pauses up to one")

		service.down.Store(false)
		time.Sleep(time.Minute)
		got, err := m.Token(t.Context())
		require.NoError(t, err)
		require.NotEqual(t, first.Value, got.Value)
	})
}

// Many clients ask while there is no token. The log tells of it once.
func TestServiceLogsChanges(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	source := &fixed{err: errors.New("no token: next attempt in 5s")}
	remote := fetcher(t, direct{handler(t, &log, map[string]token.Source{"wx1": source})}, "wx1", key)
	for range 2 {
		for range 5 {
			_, err := remote.Fetch(t.Context(), false)
			require.Error(t, err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := remote.Fetch(gone, false)
		require.Error(t, err)
		source.t, source.err = token.Token{Value: "a", Expiry: time.Now().Add(time.Hour)}, nil
		for range 5 {
			_, err = remote.Fetch(t.Context(), false)
			require.NoError(t, err)
		}
		source.err = errors.New("again")
	}
	require.Equal(t, 2, strings.Count(log.String(), "central: no token"))
	require.Equal(t, 2, strings.Count(log.String(), "central: tokens again"))
}

func TestServiceRefuses(t *testing.T) {
	t.Parallel()
	h := handler(t, nil, map[string]token.Source{"wx1": token.Static("planted-token")})
	cases := map[string]struct {
		method, authorization, body string
		want                        int
	}{
		"GET":          {http.MethodGet, "Bearer " + key, `{"appid":"wx1"}`, http.StatusMethodNotAllowed},
		"no key":       {http.MethodPost, "", `{"appid":"wx1"}`, http.StatusUnauthorized},
		"bare key":     {http.MethodPost, key, `{"appid":"wx1"}`, http.StatusUnauthorized},
		"empty key":    {http.MethodPost, "Bearer ", `{"appid":"wx1"}`, http.StatusUnauthorized},
		"part of key":  {http.MethodPost, "Bearer " + key[:10], `{"appid":"wx1"}`, http.StatusUnauthorized},
		"no JSON":      {http.MethodPost, "Bearer " + key, `appid=wx1`, http.StatusBadRequest},
		"endless body": {http.MethodPost, "Bearer " + key, `{"appid":"` + strings.Repeat("x", 1<<20), http.StatusBadRequest},
		"no account":   {http.MethodPost, "Bearer " + key, `{}`, http.StatusNotFound},
		"good":         {http.MethodPost, "Bearer " + key, `{"appid":"wx1"}`, http.StatusOK},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), c.method, "/token", strings.NewReader(c.body))
			r.Header.Set("Authorization", c.authorization)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			require.Equal(t, c.want, w.Code)
			require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
			require.Equal(t, c.want == http.StatusOK, strings.Contains(w.Body.String(), "planted-token"))
		})
	}
}

func TestFetcherReadsWhatItGets(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{}`:                                 "no valid token",
		`{"access_token":"a"}`:               "no valid token",
		`{"access_token":"","expires_in":7}`: "no valid token",
		`{"access_token":"a","expires_in":9223372037}`: "no valid token",
		`<html>` + key: "[redacted]",
		`{"errcode":45009,"errmsg":"` + key + `"}`: "45009",
		`{"errcode":45009,"path":"/` + key + `"}`:  "45009",
	} {
		mock := httpmock.NewMockTransport()
		mock.RegisterNoResponder(httpmock.NewStringResponder(http.StatusOK, body))
		_, err := fetcher(t, mock, "wx1", key).Fetch(t.Context(), false)
		require.ErrorContains(t, err, want)
		require.NotContains(t, fmt.Sprintf("%+v %+v", err, errors.Unwrap(err)), key)
		var refused *errcode.Error
		if errors.As(err, &refused) {
			require.NotContains(t, fmt.Sprintf("%#v", refused), key)
		}
	}
	down := httpmock.NewMockTransport()
	down.RegisterNoResponder(httpmock.NewErrorResponder(errors.New("dial " + key)))
	_, err := fetcher(t, down, "wx1", key).Fetch(t.Context(), false)
	require.Error(t, err)
	require.NotContains(t, err.Error(), key)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]central.Config{
		"Config.AppID":                    {URL: "https://a", Key: key},
		"Config.Key: 5 bytes":             {AppID: "wx1", URL: "https://a", Key: "short"},
		"Config.URL: the host is missing": {AppID: "wx1", URL: "https://", Key: key},
		"Config.URL: no TLS":              {AppID: "wx1", URL: "http://tokens.internal", Key: key},
	} {
		_, err := central.NewFetcher(cfg)
		require.ErrorContains(t, err, want)
	}
	for _, cfg := range []central.Config{
		{AppID: "wx1", URL: "http://tokens.internal/x", Key: key, PlainHTTP: true},
		{AppID: "wx1", URL: "http://localhost:80", Key: key},
		{AppID: "wx1", URL: "http://127.0.0.1:80", Key: key},
		{AppID: "wx1", URL: "http://[::1]:80", Key: key},
	} {
		f, err := central.NewFetcher(cfg)
		require.NoError(t, err)
		require.Equal(t, "central.Fetcher(wx1)", fmt.Sprintf("%#v", f))
	}
	src := map[string]token.Source{"wx1": token.Static("a")}
	for want, cfg := range map[string]central.HandlerConfig{
		"Sources: empty":      {Keys: []token.Secret{key}},
		"Keys: empty":         {Sources: src},
		"Keys[1]: 5 bytes":    {Sources: src, Keys: []token.Secret{key, "short"}},
		`Sources["wx2"]: nil`: {Sources: map[string]token.Source{"wx2": nil}, Keys: []token.Secret{key}},
	} {
		_, err := central.NewHandler(cfg)
		require.ErrorContains(t, err, want)
	}
	require.Equal(t, "central.Handler", fmt.Sprintf("%+v", handler(t, nil, src)))
}

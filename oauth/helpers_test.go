package oauth_test

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/golden"
	"github.com/wechatkit/wechat/token"
)

// exchange is one request as it arrived.
type exchange struct {
	Path  string
	Query url.Values
	Body  string
}

// fake answers requests and notes them.
type fake struct {
	t      *testing.T
	answer func(n int, e exchange) string // n counts from 0

	mu   sync.Mutex
	sent []exchange
}

// RoundTrip implements http.RoundTripper.
func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	e := exchange{Path: r.URL.Path, Query: r.URL.Query()}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		require.NoError(f.t, err)
		e.Body = string(body)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent = append(f.sent, e)
	return httpmock.NewStringResponse(http.StatusOK, f.answer(len(f.sent)-1, e)), nil
}

// requests returns what has arrived so far.
func (f *fake) requests() []exchange {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.sent)
}

// answering returns a client of the golden account whose requests get what answer says.
func answering(
	t *testing.T, answer func(n int, e exchange) string, opts ...wechat.Option,
) (*wechat.Client, *fake) {
	t.Helper()
	f := &fake{t: t, answer: answer}
	client, err := wechat.New(wechat.Config{AppID: golden.AppID, AppSecret: golden.AppSecret}, append([]wechat.Option{
		wechat.WithHTTPClient(&http.Client{Transport: f}), wechat.WithTokenSource(token.Static("APP_TOKEN_1")),
		wechat.WithRetry(wechat.RetryPolicy{MinWait: 1, MaxWait: 1}),
	}, opts...)...)
	require.NoError(t, err)
	return client, f
}

// always answers every request alike.
func always(body string) func(int, exchange) string {
	return func(int, exchange) string { return body }
}

// inTurn answers the nth request with the nth body, and those after the last with the last.
func inTurn(bodies ...string) func(int, exchange) string {
	return func(n int, _ exchange) string { return bodies[min(n, len(bodies)-1)] }
}

package wechat_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/token"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	const secret = "planted-secret"
	cases := map[string]struct {
		cfg  wechat.Config
		opt  wechat.Option
		want string
	}{
		"no AppID":            {wechat.Config{AppSecret: secret}, nil, "Config.AppID: empty"},
		"no AppSecret":        {wechat.Config{AppID: "wx1"}, nil, "Config.AppSecret: empty"},
		"AppID on a line":     {wechat.Config{AppID: "wx1\n", AppSecret: secret}, nil, "Config.AppID: has white space"},
		"AppSecret on a line": {wechat.Config{AppID: "wx1", AppSecret: secret + "\n"}, nil, "Config.AppSecret: has white space"},
		"nil source":          {opt: wechat.WithTokenSource(nil), want: "WithTokenSource"},
		"address":             {opt: wechat.WithBaseURL("api.weixin.qq.com"), want: "WithBaseURL: scheme"},
		"fallback":            {opt: wechat.WithBaseURL("https://a", "https://u:"+secret+"@b"), want: "WithBaseURL: user"},
		"nil client":          {opt: wechat.WithHTTPClient(nil), want: "WithHTTPClient"},
		"zero timeout":        {opt: wechat.WithTimeout(0), want: "WithTimeout: 0s"},
		"negative timeout":    {opt: wechat.WithTimeout(-time.Second), want: "WithTimeout: -1s"},
		"negative attempts":   {opt: wechat.WithRetry(wechat.RetryPolicy{Attempts: -1}), want: "WithRetry: Attempts: -1"},
		"negative pause":      {opt: wechat.WithRetry(wechat.RetryPolicy{MinWait: -1}), want: "WithRetry: MinWait"},
		"negative long pause": {opt: wechat.WithRetry(wechat.RetryPolicy{MaxWait: -1}), want: "WithRetry: MaxWait"},
		"pauses crossed":      {opt: wechat.WithRetry(wechat.RetryPolicy{MinWait: 2, MaxWait: 1}), want: "over MaxWait"},
		"no rate":             {opt: wechat.WithRateLimit(0, 1), want: "WithRateLimit"},
		"rate of no number":   {opt: wechat.WithRateLimit(math.NaN(), 1), want: "WithRateLimit: NaN"},
		"no burst":            {opt: wechat.WithRateLimit(1, 0), want: "WithRateLimit"},
		"nil logger":          {opt: wechat.WithLogger(nil), want: "WithLogger"},
		"nil observer":        {opt: wechat.WithObserver(nil), want: "WithObserver"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, opts := c.cfg, []wechat.Option{}
			if c.opt != nil {
				cfg, opts = wechat.Config{AppID: "wx1", AppSecret: secret}, append(opts, c.opt)
			}
			_, err := wechat.New(cfg, opts...)
			require.ErrorContains(t, err, "wechat: ")
			require.ErrorAs(t, err, new(*errcode.FieldError))
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), secret)
		})
	}
}

func TestNewRefusesANilOption(t *testing.T) {
	t.Parallel()
	_, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: "s"}, wechat.WithoutChecks(), nil)
	require.EqualError(t, err, "wechat: opts[1]: nil")
}

// A client made of another one has its settings, its token and its limits, but for those that were given.
func TestWith(t *testing.T) {
	t.Parallel()
	const busy = `{"errcode":-1,"errmsg":"system error"}`
	wx := &script{steps: []step{
		answer(`{"access_token":"T1","expires_in":7200}`), answer(busy), answer(`{"errcode":0}`), answer(busy),
	}}
	first, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: "planted-secret"}, wechat.WithTimeout(time.Minute),
		wechat.WithHTTPClient(&http.Client{Transport: wx}), wechat.WithRetry(wechat.RetryPolicy{MinWait: 1}))
	require.NoError(t, err)
	second, err := first.With(wechat.WithRetry(wechat.RetryPolicy{Attempts: 1}), wechat.WithoutChecks())
	require.NoError(t, err)
	call := func(c *wechat.Client) error { return c.Do(t.Context(), http.MethodGet, "/cgi-bin/x", nil, nil, nil) }
	require.NoError(t, call(first))
	require.ErrorIs(t, call(second), errcode.SystemBusy, "and not repeated")
	require.Len(t, wx.seen, 4, "one token for both")
	require.Equal(t, "wx1 planted-secret", second.AppID()+" "+second.AppSecret().Reveal())
	require.Equal(t, time.Minute, second.Timeout())
	require.True(t, first.Checks())
	require.False(t, second.Checks())
	require.NotNil(t, second.Logger())

	_, err = first.With(wechat.WithTimeout(0))
	require.EqualError(t, err, "wechat: WithTimeout: 0s is not positive")
	require.NoError(t, second.Close())
	_, err = first.TokenSource().Token(t.Context())
	require.NoError(t, err, "whose source it was")
	require.NoError(t, first.Close())
	_, err = first.With(wechat.WithHTTPClient(&http.Client{}))
	require.NoError(t, err)
}

func TestNothingOfAClientPrints(t *testing.T) {
	t.Parallel()
	cfg := wechat.Config{AppID: "wx1", AppSecret: "planted-secret"}
	client, err := wechat.New(cfg)
	require.NoError(t, err)
	var b strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		fmt.Fprintf(&b, verb+verb+verb, client, cfg, &cfg)
		fmt.Fprintf(&b, verb, struct{ C *wechat.Client }{client})
	}
	require.NoError(t, json.NewEncoder(&b).Encode(cfg))
	slog.New(slog.NewTextHandler(&b, nil)).Info("m", "cfg", cfg, "client", client)
	require.NotContains(t, b.String(), "planted-secret")
	require.NotContains(t, b.String(), fmt.Sprintf("%x", "planted-secret"))
	require.Equal(t, "wechat.Client(wx1)", client.String())
	require.Equal(t, "planted-secret", client.AppSecret().Reveal())
}

// Users mock the HTTP client in their own tests; both orders must work, and the global switch too.
//
//nolint:paralleltest // httpmock.Activate and ActivateNonDefault change what all tests share
func TestMocksWorkInAnyOrder(t *testing.T) {
	const url = "https://api.weixin.qq.com/cgi-bin/x"
	call := func(c *wechat.Client) error { return c.Do(t.Context(), http.MethodGet, "/cgi-bin/x", nil, nil, nil) }
	answer := httpmock.NewStringResponder(http.StatusOK, `{"errcode":0}`)

	t.Run("ActivateNonDefaultBefore", func(t *testing.T) {
		hc := &http.Client{}
		httpmock.ActivateNonDefault(hc)
		defer httpmock.DeactivateAndReset()
		httpmock.RegisterResponder(http.MethodGet, url, answer)
		c, err := wechat.New(wechat.Config{AppID: "wx1"}, wechat.WithHTTPClient(hc), wechat.WithTokenSource(token.Static("t")))
		require.NoError(t, err)
		require.NoError(t, call(c))
	})
	t.Run("ActivateNonDefaultAfter", func(t *testing.T) {
		hc := &http.Client{}
		c, err := wechat.New(wechat.Config{AppID: "wx1"}, wechat.WithHTTPClient(hc), wechat.WithTokenSource(token.Static("t")))
		require.NoError(t, err)
		httpmock.ActivateNonDefault(hc)
		defer httpmock.DeactivateAndReset()
		httpmock.RegisterResponder(http.MethodGet, url, answer)
		require.NoError(t, call(c))
	})
	t.Run("Activate", func(t *testing.T) {
		c, err := wechat.New(wechat.Config{AppID: "wx1"}, wechat.WithTokenSource(token.Static("t")))
		require.NoError(t, err)
		httpmock.Activate(t)
		httpmock.RegisterResponder(http.MethodGet, url, answer)
		require.NoError(t, call(c))
	})
}

func TestClose(t *testing.T) {
	t.Parallel()
	c, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: "s"})
	require.NoError(t, err)
	require.NoError(t, c.Close())
	c, err = wechat.New(wechat.Config{AppID: "wx1"}, wechat.WithTokenSource(token.None()))
	require.NoError(t, err)
	require.NoError(t, c.Close())
	require.Equal(t, token.None(), c.TokenSource())
}

package token_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/token"
)

const plantedSecret = "APPSECRET"

// manager returns a manager that talks to a mocked WeChat, and the requests that one has seen.
func manager(t *testing.T, kind token.Kind, answer string) (*token.Manager, *strings.Builder) {
	t.Helper()
	var sent strings.Builder
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		sent.WriteString(r.Method + " " + r.URL.String() + "\n")
		if r.Body != nil {
			body, _ := io.ReadAll(r.Body)
			sent.WriteString("Content-Type: " + r.Header.Get("Content-Type") + "\n\n" + string(body) + "\n")
		}
		return httpmock.NewStringResponse(http.StatusOK, answer), nil
	})
	m, err := token.NewManager(token.Config{
		AppID: "wx0123456789abcdef", AppSecret: plantedSecret, Kind: kind, HTTPClient: &http.Client{Transport: mock},
	})
	require.NoError(t, err)
	return m, &sent
}

func TestFetchGolden(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]token.Kind{"Fetch-stable": token.Stable, "Fetch-classic": token.Classic} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read := func(file string) string {
				data, err := os.ReadFile(filepath.Join("testdata", name, file))
				require.NoError(t, err)
				return string(data)
			}
			m, sent := manager(t, kind, read("response.json"))
			start := time.Now()
			got, err := m.Token(t.Context())
			require.NoError(t, err)
			require.Equal(t, read("request.http"), sent.String())
			require.Equal(t, token.Secret("75_Ab3-demo"), got.Value)
			require.WithinDuration(t, start.Add(7200*time.Second), got.Expiry, 5*time.Second)

			m, _ = manager(t, kind, read("error.json"))
			_, err = m.Token(t.Context())
			require.ErrorIs(t, err, errcode.BadCredentials)
			require.NotContains(t, err.Error(), plantedSecret)
		})
	}
}

func TestForcedFetchSaysSo(t *testing.T) {
	t.Parallel()
	m, sent := manager(t, token.Stable, `{"access_token":"same","expires_in":7200}`)
	first, err := m.Token(t.Context())
	require.NoError(t, err)
	for range 2 {
		_, err = m.Renew(t.Context(), first.Value)
		require.NoError(t, err)
	}
	require.Equal(t, 1, strings.Count(sent.String(), `"force_refresh":true`))
	require.Equal(t, 4, strings.Count(sent.String(), "POST "))
}

func TestFetchAnswers(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer string
		want   error
		text   string
	}{
		"wrong AppSecret":     {`{"errcode":40001,"errmsg":"invalid credential rid: 1-2-3"}`, errcode.BadCredentials, "rid 1-2-3"},
		"secret wrong":        {`{"errcode":40125,"errmsg":"invalid appsecret"}`, errcode.BadCredentials, "40125"},
		"IP not allowed":      {`{"errcode":40164,"errmsg":"invalid ip 203.0.113.7, not in whitelist"}`, errcode.IPNotAllowed, "203.0.113.7"},
		"minute quota":        {`{"errcode":45011,"errmsg":"slower"}`, errcode.RateLimited, "45011"},
		"day quota":           {`{"errcode":45009,"errmsg":"reach max"}`, errcode.QuotaExhausted, "45009"},
		"busy":                {`{"errcode":-1,"errmsg":"system error"}`, errcode.ServerBusy, "-1"},
		"string errcode":      {`{"errcode":"40013","errmsg":"invalid appid"}`, errcode.BadCredentials, "40013"},
		"echoes the secret":   {`{"errcode":40125,"errmsg":"bad ` + plantedSecret + `"}`, errcode.BadCredentials, "[redacted]"},
		"no token":            {`{"expires_in":7200}`, nil, "access_token is missing"},
		"nothing":             {``, nil, "empty body"},
		"HTML with a secret":  {`<html>` + plantedSecret, nil, "<html>[redacted]"},
		"cut off":             {`{"access_token":"planted-token","expi`, nil, "cut off"},
		"token is a number":   {`{"access_token":null,"expires_in":1}`, nil, "missing"},
		"cut off by the door": {`{"access_token":"planted-token"`, nil, "broken JSON"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, _ := manager(t, token.Stable, c.answer)
			_, err := m.Token(t.Context())
			require.ErrorContains(t, err, c.text)
			require.ErrorContains(t, err, "token.Fetch: ")
			require.NotContains(t, err.Error(), plantedSecret)
			require.NotContains(t, err.Error(), "planted-token")
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
			}
		})
	}
}

func TestLifetimeIsRead(t *testing.T) {
	t.Parallel()
	cases := map[string]time.Duration{
		`7200`: 2 * time.Hour, `"345"`: 345 * time.Second, `0`: time.Minute, `-5`: time.Minute,
		`null`: time.Minute, `99999999999`: time.Minute,
	}
	for seconds, want := range cases {
		m, _ := manager(t, token.Stable, `{"access_token":"a","expires_in":`+seconds+`}`)
		got, err := m.Token(t.Context())
		require.NoError(t, err)
		require.WithinDuration(t, time.Now().Add(want), got.Expiry, 5*time.Second, seconds)
	}
}

func TestNewManagerRefuses(t *testing.T) {
	t.Parallel()
	good := token.Config{AppID: "wx1", AppSecret: plantedSecret}
	cases := map[string]func(*token.Config){
		"Config.AppID":     func(c *token.Config) { c.AppID = "" },
		"Config.AppSecret": func(c *token.Config) { c.AppSecret = "" },
		"Config.Kind":      func(c *token.Config) { c.Kind = 7 },
		"Config.Timeout":   func(c *token.Config) { c.Timeout = -1 },
		"Config.BaseURL":   func(c *token.Config) { c.BaseURL = "ftp://user:" + plantedSecret + "@x" },
		"Config.Key":       func(c *token.Config) { c.AppID, c.Fetcher, c.Store = "", &upstream{}, &token.MemoryStore{} },
	}
	for setting, spoil := range cases {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			cfg := good
			spoil(&cfg)
			_, err := token.NewManager(cfg)
			require.ErrorContains(t, err, setting)
			require.NotContains(t, err.Error(), plantedSecret)
		})
	}
	_, err := token.NewManager(good)
	require.NoError(t, err)
}

func TestStaticAndNone(t *testing.T) {
	t.Parallel()
	got, err := token.Static("a").Token(context.Background())
	require.NoError(t, err)
	require.Equal(t, "a", got.Value.Reveal())
	require.Equal(t, "token.Static", fmt.Sprintf("%+v", token.Static("planted")))
	got, err = token.None().Token(context.Background())
	require.NoError(t, err)
	require.Empty(t, got.Value)
	require.Equal(t, "stable classic", token.Stable.String()+" "+token.Classic.String())
}

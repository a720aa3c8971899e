package oauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/golden"
	"github.com/wechatkit/wechat/oauth"
	"github.com/wechatkit/wechat/token"
)

// The planted values. None may be seen in an error, a log line or an event.
const (
	plantedCode    = "planted-code-0123456789"
	plantedKey     = "cGxhbnRlZC1rZXktMTYhIQ=="
	plantedUser    = "77_planted_user_token+/="
	plantedRefresh = "77_planted_refresh_token"
	plantedOpenID  = "oPlanted-openid-1"
	plantedApp     = "planted-app-token"
	plantedPlat    = "planted-component-token"
	plantedSecret  = "planted-app-secret"
	plantedSign    = "1e3b5b57a475f1f9e236186ecc915ad6ddaf900baa2287bbfdd786b8d21ee796" // by plantedKey
)

// echo fails every request in one way, and says back all that it was sent.
type echo func(r *http.Request, said string) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (e echo) RoundTrip(r *http.Request) (*http.Response, error) {
	said := r.URL.String()
	for _, values := range r.URL.Query() {
		said += " " + strings.Join(values, " ")
	}
	if r.Body != nil {
		var body map[string]any
		if json.NewDecoder(r.Body).Decode(&body) == nil {
			said += fmt.Sprint(" ", body)
		}
	}
	return e(r, said)
}

func reply(body string) *http.Response {
	rec := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, ContentLength: -1}
	rec.Body = http.NoBody
	if body != "" {
		rec.Body = readCloser{strings.NewReader(body)}
	}
	return rec
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

func TestNothingSecretComesOut(t *testing.T) {
	t.Parallel()
	failures := map[string]echo{
		"Transport": func(_ *http.Request, said string) (*http.Response, error) { return nil, errors.New("lost: " + said) },
		"Refused": func(_ *http.Request, said string) (*http.Response, error) {
			msg, err := json.Marshal(said)
			return reply(`{"errcode":40029,"errmsg":` + string(msg) + `}`), err
		},
		"NotJSON": func(_ *http.Request, said string) (*http.Response, error) { return reply("proxy: " + said), nil },
		"Misfit": func(_ *http.Request, said string) (*http.Response, error) {
			return reply(`{"openid":{},"said":1}`), nil
		},
	}
	for how, failure := range failures {
		for what, call := range secretCalls() {
			t.Run(how+what, func(t *testing.T) {
				t.Parallel()
				var out strings.Builder
				core := plantedClient(t, failure, &out)
				err := call(t.Context(), core)
				require.Error(t, err)
				fmt.Fprintf(&out, "%v %+v %q", err, err, err)
				for _, planted := range []string{
					plantedCode, plantedKey, plantedUser, plantedRefresh, plantedOpenID, plantedApp, plantedPlat,
					plantedSecret, plantedSign, "77_planted_user_token",
				} {
					require.NotContains(t, out.String(), planted)
				}
			})
		}
	}
}

// plantedClient collects log lines and events in out.
func plantedClient(t *testing.T, transport http.RoundTripper, out *strings.Builder) *wechat.Client {
	t.Helper()
	core, err := wechat.New(wechat.Config{AppID: golden.AppID, AppSecret: plantedSecret},
		wechat.WithHTTPClient(&http.Client{Transport: transport}), wechat.WithTokenSource(token.Static(plantedApp)),
		wechat.WithRetry(wechat.RetryPolicy{Attempts: 2, MinWait: 1, MaxWait: 1}),
		wechat.WithLogger(slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		wechat.WithObserver(func(_ context.Context, e wechat.CallEvent) { fmt.Fprintf(out, "%+v\n", e) }))
	require.NoError(t, err)
	return core
}

func secretCalls() map[string]func(context.Context, *wechat.Client) error {
	p := &oauth.Component{AppID: "wxplatform", Tokens: token.Static(plantedPlat)}
	user := &oauth.UserToken{OpenID: plantedOpenID, AccessToken: plantedUser}
	return map[string]func(context.Context, *wechat.Client) error{
		"Login": func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).Login(ctx, plantedCode)
			return err
		},
		"ComponentLogin": func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.NewForComponent(c, p).Login(ctx, plantedCode)
			return err
		},
		"CheckSessionKey": func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).CheckSessionKey(ctx, plantedOpenID, plantedKey)
			return err
		},
		"ResetSessionKey": func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).ResetSessionKey(ctx, plantedOpenID, plantedKey)
			return err
		},
		"PhoneNumber": func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).PhoneNumber(ctx, plantedCode, plantedOpenID)
			return err
		},
		"Exchange": func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.NewWeb(c).Exchange(ctx, plantedCode)
			return err
		},
		"Refresh": func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.NewWeb(c).Refresh(ctx, plantedRefresh)
			return err
		},
		"ComponentRefresh": func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.NewWebForComponent(c, p).Refresh(ctx, plantedRefresh)
			return err
		},
		"Profile": func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.NewWeb(c).Profile(ctx, user)
			return err
		},
		"User": func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).User(ctx, plantedOpenID)
			return err
		},
		"Users": func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).Users(ctx, []string{plantedOpenID})
			return err
		},
		"TagUsers": func(ctx context.Context, c *wechat.Client) error {
			return oauth.New(c).TagUsers(ctx, 134, []string{plantedOpenID})
		},
	}
}

func TestResultsDoNotPrintTheirSecrets(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]any{
		"Session":    &oauth.Session{OpenID: "o1", SessionKey: plantedKey},
		"UserToken":  &oauth.UserToken{OpenID: "o1", AccessToken: plantedUser, RefreshToken: plantedRefresh},
		"EncryptKey": oauth.EncryptKey{Key: plantedKey, IV: plantedKey},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := json.Marshal(v)
			require.NoError(t, err)
			out := fmt.Sprintf("%v %+v %#v %s %s", v, v, v, v, data)
			for _, planted := range []string{plantedKey, plantedUser, plantedRefresh} {
				require.NotContains(t, out, planted)
			}
		})
	}
}

package component_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/component"
)

const (
	platformID = "wx0123456789abcdef"
	accountID  = "wxf8b4f85f3a794e77"
	tokenKey   = "wechat:component:{" + platformID + "}:token"
	refreshKey = "wechat:component:" + platformID + ":{" + accountID + "}:refresh"
)

// kept is a token that lasts.
func kept(value token.Secret) token.Token {
	return token.Token{Value: value, Issued: time.Now(), Expiry: time.Now().Add(2 * time.Hour)}
}

func put(t *testing.T, s token.Store, key string, value token.Secret) {
	t.Helper()
	_, err := s.Save(context.Background(), key, kept(value), "")
	require.NoError(t, err)
}

// mocked returns a platform that gets the same answer to everything, and what it sends.
func mocked(t *testing.T, store token.Store, answer []byte) (*component.Component, *bytes.Buffer) {
	t.Helper()
	var sent bytes.Buffer
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.Len(t, body, int(r.ContentLength))
		sent.WriteString(r.Method + " " + r.URL.String() + "\nContent-Type: " + r.Header.Get("Content-Type") + "\n\n" + string(body) + "\n")
		return httpmock.NewBytesResponse(http.StatusOK, answer), nil
	})
	return platformOf(t, wechat.Config{AppID: platformID, AppSecret: "APPSECRET"}, store, &http.Client{Transport: mock},
		wechat.WithRetry(wechat.RetryPolicy{Attempts: 1})), &sent
}

type sample struct {
	call func(ctx context.Context, c *component.Component) (any, error)
	want any
	code errcode.Code
	bare bool // the platform has no token yet
}

func samples() map[string]sample {
	return map[string]sample{
		"StartTickets": {bare: true, code: 40125, call: func(ctx context.Context, c *component.Component) (any, error) {
			return nil, c.StartTickets(ctx)
		}},
		"Token": {
			bare: true, code: 61006,
			want: token.Secret("61W3mEpU66027wgNZ_MhGHNQDHnFATkDa9-2llqrMBjUwxRSNPbVsMmyD-yq8wZETSoE5NQgecigDrSHkPtIYA"),
			call: func(ctx context.Context, c *component.Component) (any, error) {
				got, err := c.Token(ctx)
				return got.Value, err
			},
		},
		"PreAuthCode": {
			code: 61004, want: token.Secret("Cx_Dk6qiBE0Dmx4EmlT3oRfArPvwSQ-oa3NL_fwHM7VI08r52wazoZX2Rhpz1dEw"),
			call: func(ctx context.Context, c *component.Component) (any, error) {
				got, err := c.PreAuthCode(ctx)
				return got.Code, err
			},
		},
		"QueryAuth": {
			code: 61010,
			want: &component.Authorization{
				AppID: accountID, RefreshToken: "dTo-YCXPL4llX-u1W1pPpnp8Hgm4wpJtlR6iV0doKdY", PermissionSets: []int{1, 18},
			},
			call: func(ctx context.Context, c *component.Component) (any, error) { return c.QueryAuth(ctx, "AUTH_CODE") },
		},
		"Authorizer": {
			code: 61023, want: token.Secret("some-access-token"),
			call: func(ctx context.Context, c *component.Component) (any, error) {
				got, err := c.Authorizer(accountID).Token(ctx)
				return got.Value, err
			},
		},
		"Account": {
			code: 61003,
			want: &component.Account{
				Authorization: component.Authorization{AppID: accountID, RefreshToken: "dTo-YCXPL4llX", PermissionSets: []int{17}},
				NickName:      "Insurance", HeadImageURL: "http://wx.qlogo.cn/mmopen/demo", UserName: "gh_eb5e3a772040",
				Alias: "paytest01", QRCodeURL: "http://mmbiz.qpic.cn/demo", Principal: "Demo Ltd.", Signature: "Reminders",
				VerifyType: -1, Status: 1,
				MiniProgram: &component.MiniProgram{
					RequestDomains: []string{"https://www.example.com"}, SocketDomains: []string{"wss://www.example.com"},
					UploadDomains: []string{"https://up.example.com"}, DownloadDomains: []string{"https://down.example.com"},
					Categories: []component.Category{{First: "工具", Second: "备忘录"}},
				},
			},
			call: func(ctx context.Context, c *component.Component) (any, error) { return c.Account(ctx, accountID) },
		},
		"AuthorizersPage": {
			code: 45009,
			want: &component.AuthorizerPage{Total: 33, Authorizers: []component.Authorizer{
				{AppID: accountID, RefreshToken: "dTo-YCXPL4llX", AuthTime: time.Unix(1558000607, 0)},
				{AppID: "wx2", RefreshToken: "r2", AuthTime: time.Unix(1558000608, 0)},
			}},
			call: func(ctx context.Context, c *component.Component) (any, error) { return c.AuthorizersPage(ctx, 0, 10) },
		},
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, s := range samples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := func() token.Store {
				var m token.MemoryStore
				put(t, &m, refreshKey, "REFRESH_TOKEN")
				put(t, &m, "wechat:component:{"+platformID+"}:ticket", "TICKET")
				if !s.bare {
					put(t, &m, tokenKey, "COMPONENT_TOKEN")
				}
				return &m
			}
			read := func(file string) []byte {
				data, err := os.ReadFile(filepath.Join("testdata", name, file))
				require.NoError(t, err)
				return data
			}
			c, sent := mocked(t, store(), read("response.json"))
			got, err := s.call(t.Context(), c)
			require.NoError(t, err)
			require.Equal(t, s.want, got)
			if os.Getenv("WECHAT_UPDATE_GOLDEN") != "" {
				require.NoError(t, os.WriteFile(filepath.Join("testdata", name, "request.http"), sent.Bytes(), 0o644))
			}
			require.Equal(t, string(read("request.http")), sent.String())

			c, _ = mocked(t, store(), read("error.json"))
			_, err = s.call(t.Context(), c)
			require.ErrorIs(t, err, s.code)
			for _, secret := range []string{"APPSECRET", "REFRESH_TOKEN", "TICKET", "COMPONENT_TOKEN", "AUTH_CODE"} {
				require.NotContains(t, err.Error(), secret)
			}
		})
	}
}

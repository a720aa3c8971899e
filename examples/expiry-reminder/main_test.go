package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDemo plays the demo twice: it tells the same each time, and what README.md shows.
func TestDemo(t *testing.T) {
	t.Parallel()
	var first, second bytes.Buffer
	require.NoError(t, demo(t.Context(), &first))
	require.NoError(t, demo(t.Context(), &second))
	require.Equal(t, first.String(), second.String())
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	require.Contains(t, string(readme), strings.TrimSpace(first.String()))
}

// TestService runs the service on the emulator as -listen does.
func TestService(t *testing.T) {
	t.Parallel()
	w, err := newWorld()
	require.NoError(t, err)
	defer func() { require.NoError(t, w.close()) }()
	w.apiToken = "secret"
	svc, err := newService(t.Context(), w.settings)
	require.NoError(t, err)
	defer func() { require.NoError(t, svc.close()) }()
	require.NoError(t, w.populate(t.Context(), svc))

	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- svc.run(ctx, listener) }()
	c := &client{t, "http://" + listener.Addr().String(), "secret"}

	tomorrow := svc.now().In(shanghai).AddDate(0, 0, 30).Format("2006-01-02")
	status, body := c.do(http.MethodPut, "/contracts/7", `{"user":"alice","name":"Fire insurance","ends":"`+tomorrow+`"}`)
	require.Equal(t, http.StatusOK, status, body)
	require.Equal(t, 3, strings.Count(body, `"state":"planned"`), body)

	status, _ = c.do(http.MethodPost, "/users/alice/consents", `{"errMsg":"requestSubscribeMessage:ok","`+w.subscribeTemplate+`":"accept"}`)
	require.Equal(t, http.StatusNoContent, status)
	status, page := c.do(http.MethodGet, "/", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, "contract-7")
	require.Contains(t, page, "3 planned")

	for _, bad := range []string{`{`, `{"user":"alice","name":"x","ends":"soon"}`, `{"name":"x","ends":"2026-12-01"}`, `{"user":"a","ends":"2026-12-01","zone":"Mars"}`} {
		status, body := c.do(http.MethodPut, "/contracts/8", bad)
		require.Equal(t, http.StatusBadRequest, status, bad+body)
	}
	status, _ = c.do(http.MethodPost, "/login", `{"user":"alice","code":"made up"}`)
	require.Equal(t, http.StatusBadRequest, status)
	status, _ = c.do(http.MethodDelete, "/contracts/7", "")
	require.Equal(t, http.StatusNoContent, status)
	status, _ = c.do(http.MethodDelete, "/contracts/7", "")
	require.Equal(t, http.StatusNotFound, status)

	c.token = "wrong"
	status, _ = c.do(http.MethodGet, "/", "")
	require.Equal(t, http.StatusUnauthorized, status)
	stop()
	require.NoError(t, <-ended)
}

type client struct {
	t     *testing.T
	base  string
	token string
}

func (c *client) do(method, path, body string) (int, string) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	require.NoError(c.t, err)
	r.Header.Set("Authorization", "Bearer "+c.token)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(c.t, err)
	defer answer.Body.Close()
	var text bytes.Buffer
	_, err = text.ReadFrom(answer.Body)
	require.NoError(c.t, err)
	return answer.StatusCode, text.String()
}

func TestRealSettings(t *testing.T) {
	t.Parallel()
	names := []string{
		"WECHAT_APPID", "WECHAT_APPSECRET", "WECHAT_SERVICE_APPID", "WECHAT_SERVICE_APPSECRET", "WECHAT_TOKEN",
		"WECHAT_AES_KEY", "WECHAT_SERVICE_TOKEN", "WECHAT_SERVICE_AES_KEY", "WECHAT_TEMPLATE", "WECHAT_SERVICE_TEMPLATE",
		"DATABASE_URL", "API_TOKEN",
	}
	env := map[string]string{"WECHAT_BASE_URL": "http://127.0.0.1:1"}
	for _, name := range names {
		_, err := realSettings(func(key string) string { return env[key] })
		require.EqualError(t, err, name+" is not set")
		env[name] = "wx0123456789abcdef"
	}
	env["WECHAT_AES_KEY"], env["WECHAT_SERVICE_AES_KEY"] = emulatedAESKey, emulatedAESKey
	env["WECHAT_SERVICE_APPID"], env["DATABASE_URL"] = "wx0000000000000002", filepath.Join(t.TempDir(), "r.db")
	s, err := realSettings(func(key string) string { return env[key] })
	require.NoError(t, err)
	svc, err := newService(t.Context(), s)
	require.NoError(t, err)
	require.NoError(t, svc.close())
}

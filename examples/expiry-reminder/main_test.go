package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/emulator/console"
)

// TestDemo plays the demo twice: it tells the same each time, and what README.md and, in part, the READMEs of the
// repository show.
func TestDemo(t *testing.T) {
	t.Parallel()
	var first, second bytes.Buffer
	require.NoError(t, demo(t.Context(), &first))
	require.NoError(t, demo(t.Context(), &second))
	require.Equal(t, first.String(), second.String())
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	require.Contains(t, string(readme), strings.TrimSpace(first.String()))
	for _, name := range []string{"README.md", "README.zh-CN.md"} {
		readme, err := os.ReadFile("../../" + name)
		require.NoError(t, err)
		_, after, found := strings.Cut(string(readme), "```text\n27 Nov")
		require.True(t, found, name)
		part, _, _ := strings.Cut(after, "```")
		require.Contains(t, first.String(), "27 Nov"+part, name)
	}
}

// TestService runs the service on the emulator as -listen does, begun inside and outside the quiet hours, on both sides
// of the hour at which reminders go out, and where calendars differ.
func TestService(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]time.Time{
		"AfterMidnight":  time.Date(2026, time.November, 20, 0, 30, 0, 0, shanghai),
		"BeforeTheHour":  time.Date(2026, time.November, 20, 9, 59, 0, 0, shanghai),
		"AfterTheHour":   time.Date(2026, time.November, 20, 15, 30, 0, 0, shanghai),
		"InQuietHours":   time.Date(2026, time.November, 20, 22, 30, 0, 0, shanghai),
		"LeapDay":        time.Date(2028, time.February, 28, 23, 59, 0, 0, shanghai),
		"EndOfTheYear":   time.Date(2026, time.December, 31, 23, 59, 0, 0, shanghai),
		"YesterdayInUTC": time.Date(2026, time.November, 20, 7, 30, 0, 0, shanghai),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testService(t, start)
		})
	}
}

func testService(t *testing.T, start time.Time) {
	t.Helper()
	w, err := newWorld(emulator.WithClockAt(start))
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
	defer func() {
		stop()
		require.NoError(t, <-ended)
	}()
	c := &client{t, "http://" + listener.Addr().String(), "secret"}

	ends := start.AddDate(0, 0, 30).Format("2006-01-02")
	contract := func(user, name string) string {
		text, err := json.Marshal(map[string]string{"user": user, "name": name, "ends": ends})
		require.NoError(t, err)
		return string(text)
	}
	body := c.want(http.StatusOK, http.MethodPut, "/contracts/7", contract("<b>alice</b>", "A name of more than twenty characters"))
	require.Equal(t, 3, strings.Count(body, `"state":"planned"`), body)
	require.Contains(t, c.want(http.StatusOK, http.MethodGet, "/contracts/7", ""), `"lead":"7d"`)

	c.want(http.StatusNoContent, http.MethodPost, "/users/alice/consents", `{"errMsg":"requestSubscribeMessage:ok","`+w.subscribeTemplate+`":"accept"}`)
	c.want(http.StatusNoContent, http.MethodPost, "/login", `{"user":"carol","code":"`+w.wx.User("carol").LoginCode(w.mini)+`"}`)
	page := c.want(http.StatusOK, http.MethodGet, "/", "")
	require.Contains(t, page, "contract-7")
	require.Contains(t, page, "9 planned")
	require.Contains(t, page, "&lt;b&gt;alice")
	require.NotContains(t, page, "<b>alice")

	for body, want := range map[string]string{
		`{`: "the body: ", `{"usr":"alice"}`: `unknown field \"usr\"`,
		`{"user":"alice","name":"x","ends":"soon"}`:                   `ends: \"soon\" is no date`,
		`{"user":"alice","ends":"2026-12-01"}`:                        "name: empty",
		`{"name":"x","ends":"2026-12-01"}`:                            "User: empty",
		`{"user":"a","name":"x","ends":"2026-12-01","zone":"Mars"}`:   `zone: \"Mars\" is unknown`,
		`{"user":"a","name":"` + strings.Repeat("x", 70_000) + `"}`:   "too large",
		`{"user":"a","name":"x\u0007","ends":"2026-12-01","zone":""}`: "",
	} {
		status := http.StatusBadRequest
		if want == "" {
			status = http.StatusOK // Fit makes it a space
		}
		require.Contains(t, c.want(status, http.MethodPut, "/contracts/8", body), want)
	}
	c.want(http.StatusBadRequest, http.MethodPut, "/contracts/"+strings.Repeat("x", 200), contract("alice", "x"))
	require.Contains(t, c.want(http.StatusBadRequest, http.MethodPost, "/login", `{"user":"alice","code":"made up"}`), "void")
	c.want(http.StatusBadRequest, http.MethodPost, "/login", `{"code":"x"}`)
	c.want(http.StatusNotFound, http.MethodPost, "/users/nobody/consents", `{"errMsg":"requestSubscribeMessage:ok"}`)
	c.want(http.StatusBadRequest, http.MethodPost, "/users/alice/consents", `{"errMsg":"requestSubscribeMessage:fail","errCode":20004}`)
	c.want(http.StatusNoContent, http.MethodDelete, "/contracts/7", "")
	c.want(http.StatusNotFound, http.MethodDelete, "/contracts/7", "")
	c.want(http.StatusNotFound, http.MethodGet, "/contracts/none", "")

	c.want(http.StatusBadRequest, http.MethodPost, "/emulator/clock?turn=never", "")
	year, month, day := start.Date() // the contracts end in eight days: their first reminder is due tomorrow at ten
	due := time.Date(year, month, day+1, 10, 0, 0, 0, shanghai)
	c.want(http.StatusOK, http.MethodPost, "/emulator/clock?turn="+due.Sub(start).String(), "")
	require.Eventually(t, func() bool {
		page := c.want(http.StatusOK, http.MethodGet, "/", "")
		return strings.Contains(page, "Demo Service Account: Contract ends") && strings.Contains(page, "Demo Mini Program: Contract ends")
	}, 20*time.Second, 50*time.Millisecond, "the phones show what was due")
	require.Contains(t, c.want(http.StatusOK, http.MethodGet, "/metrics", ""), `"template accepted"`)

	c.token = "wrong"
	c.want(http.StatusUnauthorized, http.MethodGet, "/", "")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.base, nil)
	require.NoError(t, err)
	r.SetBasicAuth("anybody", "secret")
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, http.StatusOK, answer.StatusCode, "a browser asks for the token as a password")
}

type client struct {
	t     *testing.T
	base  string
	token string
}

// want makes a request and returns its body, if the status is the one that is wanted.
func (c *client) want(want int, method, path, body string) string {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	require.NoError(c.t, err)
	r.Header.Set("Authorization", "Bearer "+c.token)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(c.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(c.t, err)
	require.Equal(c.t, want, answer.StatusCode, "%s %s %.100s: %s", method, path, body, text)
	return string(text)
}

// TestEnvironment runs the service as the environment says, on a WeChat behind WECHAT_BASE_URL.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t, emulator.WithClockAt(time.Date(2026, 11, 20, 10, 5, 0, 0, shanghai)))
	mini, account, alice := wx.MiniProgram(), wx.ServiceAccount(), wx.User("alice")
	env := map[string]string{
		"WECHAT_BASE_URL": wx.URL(), "DATABASE_URL": filepath.Join(t.TempDir(), "reminders.db"), "API_TOKEN": "secret",
		"WECHAT_APPID": mini.AppID, "WECHAT_APPSECRET": mini.AppSecret,
		"WECHAT_TOKEN": emulatedToken, "WECHAT_AES_KEY": emulatedAESKey,
		"WECHAT_SERVICE_APPID": account.AppID, "WECHAT_SERVICE_APPSECRET": account.AppSecret,
		"WECHAT_SERVICE_TOKEN": emulatedToken, "WECHAT_SERVICE_AES_KEY": emulatedAESKey,
		"WECHAT_TEMPLATE":         mini.AddTemplate(emulator.Template{Title: "Due", Keywords: []string{"thing1", "date2"}}),
		"WECHAT_SERVICE_TEMPLATE": account.AddTemplate(emulator.Template{Title: "Due", Keywords: []string{"thing1", "time2"}}),
	}
	s, err := realSettings(func(name string) string { return env[name] })
	require.NoError(t, err)
	s.now = wx.Now
	svc, err := newService(t.Context(), s)
	require.NoError(t, err)
	defer func() { require.NoError(t, svc.close()) }()
	for _, a := range []*emulator.App{mini, account} {
		a.SetCallback(emulator.Callback{Handler: svc.handler(), Token: emulatedToken, EncodingAESKey: emulatedAESKey})
	}
	server := httptest.NewServer(svc.handler())
	defer server.Close()
	c := &client{t, server.URL, "secret"}

	alice.Follow(account)
	wx.Settle()
	c.want(http.StatusNoContent, http.MethodPost, "/login", `{"user":"alice","code":"`+alice.LoginCode(mini)+`"}`)
	c.want(http.StatusOK, http.MethodPut, "/contracts/7", `{"user":"alice","name":"Fire insurance","ends":"2026-11-21"}`)
	_, err = svc.notifier.FireDue(t.Context())
	require.NoError(t, err)
	wx.Settle()
	require.Contains(t, c.want(http.StatusOK, http.MethodGet, "/contracts/7", ""), `"state":"delivered","door":"template"`)
	c.want(http.StatusNotFound, http.MethodPost, "/emulator/clock?turn=1h", "")
	require.NoError(t, svc.pushes.Shutdown(t.Context()))
}

// TestEmulatorConfig reads the configuration that README.md gives to the emulator's command.
func TestEmulatorConfig(t *testing.T) {
	t.Parallel()
	file, err := os.Open("emulator.json")
	require.NoError(t, err)
	defer file.Close()
	_, err = console.ReadConfig(file)
	require.NoError(t, err)
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
		require.ErrorContains(t, err, name+": not set")
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

// A variable that was forgotten, the AppID too, is no reason to leave the WeChat that was meant.
func TestChooseSettings(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"WECHAT_BASE_URL", "WECHAT_SERVICE_APPID"} {
		env := map[string]string{name: "http://127.0.0.1:1"}
		_, w, err := chooseSettings(func(key string) string { return env[key] })
		require.ErrorContains(t, err, "WECHAT_APPID: not set")
		require.Nil(t, w)
	}
	_, w, err := chooseSettings(func(string) string { return "" })
	require.NoError(t, err)
	require.NoError(t, w.close())
}

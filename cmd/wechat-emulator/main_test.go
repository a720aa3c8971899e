package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// running is the command while it runs.
type running struct {
	t    *testing.T
	base string
	text string // what it printed
	stop context.CancelFunc
	done chan error
}

// launch starts the command on a free port and waits until it has said where it is.
func launch(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	r, w := io.Pipe()
	p := &running{t: t, stop: stop, done: make(chan error, 1)}
	go func() {
		p.done <- run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), w, io.Discard)
		_ = w.Close()
	}()
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		p.text += lines.Text() + "\n"
		if strings.HasPrefix(lines.Text(), "Ctrl-C") {
			break
		}
	}
	p.base = regexp.MustCompile(`http://[^\s]+`).FindString(p.text)
	t.Cleanup(func() { stop(); http.DefaultClient.CloseIdleConnections() })
	return p
}

// end stops the command as Ctrl-C does.
func (p *running) end() {
	p.t.Helper()
	p.stop()
	require.NoError(p.t, <-p.done)
}

func (p *running) do(method, path, body string) (int, string) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, strings.NewReader(body))
	require.NoError(p.t, err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(p.t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	require.NoError(p.t, err)
	return resp.StatusCode, string(data)
}

func TestRunSaysWhatToPutWhere(t *testing.T) {
	t.Parallel()
	p := launch(t)
	require.Contains(t, p.text, "export WECHAT_BASE_URL="+p.base)
	require.Contains(t, p.text, "export WECHAT_APPID=wx00000000000000a1")
	require.Contains(t, p.text, "export WECHAT_SERVICE_APPSECRET=")
	require.Contains(t, p.text, "export WECHAT_TEMPLATE=demo-contract-due\n")
	require.Contains(t, p.text, "export WECHAT_SERVICE_TEMPLATE=demo-contract-template\n")
	openID := regexp.MustCompile(`export WECHAT_OPENID=(\S+)\n`).FindStringSubmatch(p.text)
	require.Len(t, openID, 2, p.text)
	_, alice := p.do("GET", "/_emulator/api/users/alice", "")
	require.Contains(t, alice, openID[1])
	require.Contains(t, p.text, "  #   alice: "+openID[1]+"\n")
	require.Regexp(t, `  #   bob: \S+, follows the account\n`, p.text)
	require.Contains(t, p.text, "  #   demo-order-update: Order update, one-time, with thing1, amount2, time3\n")
	require.Contains(t, p.text, "  #   demo-contract-template: Contract due, for followers, with thing1, time2\n")
	require.NotContains(t, p.text, "Careful")
	require.Contains(t, p.text, "Nothing is pushed for wx00000000000000a1, wx00000000000000b2 yet")
	callback := regexp.MustCompile(`-d '(.*)' \\\n +` + p.base + `(\S+)`).FindStringSubmatch(p.text)
	require.Len(t, callback, 3, p.text)
	status, credentials := p.do("PUT", callback[2], callback[1])
	require.Equal(t, http.StatusOK, status, "what is printed works")
	require.Contains(t, credentials, `"encodingAESKey"`)
	status, page := p.do("GET", "/_emulator/", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, strings.ToLower(page), "<!doctype html>")
	p.end()
}

// TestFirstMessageThatIsPrinted pastes it into a shell.
func TestFirstMessageThatIsPrinted(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil && os.Getenv("CI") != "true" {
		t.Skipf("no curl: %v", err)
	}
	p := launch(t)
	shell := regexp.MustCompile(`(?s)\n\n(curl .*?)\n\n`).FindStringSubmatch(p.text)
	require.Len(t, shell, 2, p.text)
	out, err := exec.CommandContext(t.Context(), "sh", "-c", shell[1]).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), `"errcode":0`)
	_, messages := p.do("GET", "/_emulator/api/users/alice/messages", "")
	require.Contains(t, messages, "Contract due")
	p.end()
}

// TestLongListsAreCut says what there is more, and finds what templates are for.
func TestLongListsAreCut(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "wechat.json")
	var users []string
	for i := range mostListed + 2 {
		users = append(users, fmt.Sprintf(`{"name": "user%d"}`, i))
	}
	require.NoError(t, os.WriteFile(file, []byte(`{"apps": [{"kind": "mini program", "templates": [{"id": "C", "title": "Card", "card": 2001},
		{"id": "L", "title": "Long", "type": "long-term", "keywords": ["thing1"]}]}], "users": [`+strings.Join(users, ",")+`]}`), 0o600))
	p := launch(t, "-config", file)
	require.Contains(t, p.text, "  #   C: Card, for service cards\n  #   L: Long, long-term, with thing1\n")
	require.Contains(t, p.text, "  #   user9: ")
	require.NotContains(t, p.text, "user10")
	require.Contains(t, p.text, "  #   and 2 more\n")
	p.end()
}

func TestHealth(t *testing.T) {
	t.Parallel()
	p := launch(t)
	addr := strings.TrimPrefix(p.base, "http://")
	require.NoError(t, run(t.Context(), []string{"-health", "-addr", addr}, io.Discard, io.Discard))
	_, port, ok := strings.Cut(addr, ":")
	require.True(t, ok)
	for _, unspecified := range []string{":", "0.0.0.0:"} { // as the emulator is told where it is to be reached from outside
		require.NoError(t, run(t.Context(), []string{"-health", "-addr", unspecified + port}, io.Discard, io.Discard))
	}
	p.end()
	require.Error(t, run(t.Context(), []string{"-health", "-addr", addr}, io.Discard, io.Discard))
	require.ErrorContains(t, run(t.Context(), []string{"-health", "-addr", "127.0.0.1:x"}, io.Discard, io.Discard), "unknown port")

	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	require.ErrorContains(t, checkHealth(t.Context(), other.Listener.Addr().String()), "health: HTTP 404")
}

// TestHealthNeedsNoNames asks by number where the emulator listens on all addresses.
func TestHealthNeedsNoNames(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		":8630": "127.0.0.1:8630", "0.0.0.0:8630": "127.0.0.1:8630", "[::]:8630": "127.0.0.1:8630", "[::1]:9": "[::1]:9", "192.0.2.1:9": "192.0.2.1:9",
	} {
		got, err := healthURL(addr)
		require.NoError(t, err)
		require.Equal(t, "http://"+want+"/_emulator/api/clock", got)
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := run(t.Context(), []string{"--help"}, io.Discard, &out)
	require.ErrorIs(t, err, flag.ErrHelp)
	require.Zero(t, report(err, &out))
	require.Contains(t, out.String(), "wechat-emulator runs a WeChat on this machine")
	require.Contains(t, out.String(), "  wechat-emulator -config demo >wechat.json ")
	require.Contains(t, out.String(), "  -state file\n")
}

func TestExitStatus(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.Zero(t, report(nil, &out))
	require.Empty(t, out.String())
	require.Equal(t, 2, report(run(t.Context(), []string{"start"}, io.Discard, io.Discard), &out))
	require.Equal(t, "wechat-emulator: unexpected argument \"start\"; see wechat-emulator -help\n", out.String())
	require.Equal(t, 1, report(run(t.Context(), []string{"-config", filepath.Join(t.TempDir(), "none.json")}, io.Discard, io.Discard), &out))
}

func TestStateOutlivesTheCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	state, har := filepath.Join(dir, "state.json"), filepath.Join(dir, "calls.har")
	p := launch(t, "-state", state, "-har", har)
	status, _ := p.do("POST", "/_emulator/api/users/alice/accept", `{"templateIds":["demo-contract-due"]}`)
	require.Equal(t, http.StatusOK, status)
	p.do("GET", "/cgi-bin/token?grant_type=client_credential", "")
	p.end()
	info, err := os.Stat(state)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "it holds secrets")
	archive, err := os.ReadFile(har)
	require.NoError(t, err)
	require.Contains(t, string(archive), "/cgi-bin/token?grant_type=client_credential")

	p = launch(t, "-state", state)
	_, alice := p.do("GET", "/_emulator/api/users/alice", "")
	require.Contains(t, alice, `"grants":1`)
	status, _ = p.do("POST", "/_emulator/api/reset", "")
	require.Equal(t, http.StatusOK, status)
	_, alice = p.do("GET", "/_emulator/api/users/alice", "")
	require.NotContains(t, alice, `"grants":1`, "a reset starts from the configuration")
	p.end()
}

func TestRunEndsWhileSomebodyListens(t *testing.T) {
	t.Parallel()
	p := launch(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.base+"/_emulator/api/events", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	p.end()
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err, "the stream ends, it does not break")
}

func TestConfigurationFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "wechat.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"apps":[
		{"kind":"mini program","appId":"wxMine","appSecret":"S","callback":{"url":"http://127.0.0.1:1/x","token":"tok"}},
		{"kind":"mini program","appId":"wxKeys","callback":{"token":"tok2"}},
		{"kind":"website"},{"kind":"website"},{"kind":"third-party platform"}]}`), 0o600))
	p := launch(t, "-config", file, "-seed", "7", "-record", "5", "-lenient")
	require.Contains(t, p.text, "export WECHAT_APPID=wxMine")
	require.Contains(t, p.text, "export WECHAT_TOKEN=tok")
	require.Contains(t, p.text, "# pushes go to http://127.0.0.1:1/x (secure, xml)")
	require.NotContains(t, p.text, "for wxMine")
	require.Contains(t, p.text, "export WECHAT_TOKEN_2=tok2")
	require.Contains(t, p.text, "Nothing is pushed for wxKeys, ")
	require.NotContains(t, p.text, "TEMPLATE=") // there is none, and no user
	require.NotContains(t, p.text, "OPENID=")
	require.Contains(t, p.text, "WECHAT_WEBSITE_APPID=")
	require.Contains(t, p.text, "WECHAT_WEBSITE_APPID_2=")
	require.Contains(t, p.text, "WECHAT_PLATFORM_APPID=")
	p.end()
}

func TestDemoConfiguration(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-config", "demo"}, &out, io.Discard))
	require.True(t, json.Valid(out.Bytes()))
	require.Equal(t, string(demo), out.String())
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.json")
	require.NoError(t, os.WriteFile(bad, []byte(`{"apps":[{"kind":"mini program","secret":"x"}]}`), 0o600))
	cases := map[string]struct {
		args []string
		want string
	}{
		"Flag":     {[]string{"-colour"}, "flag provided but not defined: -colour"},
		"Argument": {[]string{"start"}, `unexpected argument "start"`},
		"NoFile":   {[]string{"-config", filepath.Join(dir, "none.json")}, "no such file"},
		"BadField": {[]string{"-config", bad}, "bad.json: line 1: apps[0].secret: unknown field"},
		"BadState": {[]string{"-state", bad}, "bad.json: emulator: Load"},
		"Address":  {[]string{"-addr", "127.0.0.1:x"}, "unknown port"},
		"Record":   {[]string{"-record", "-5", "-addr", "127.0.0.1:0", "-state", dir}, "is a directory"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, run(t.Context(), c.args, io.Discard, io.Discard), c.want)
		})
	}
	require.ErrorIs(t, run(t.Context(), []string{"-h"}, io.Discard, io.Discard), flag.ErrHelp)
}

func TestPublicAddressIsSaid(t *testing.T) {
	t.Parallel()
	p, err := start(options{addr: "0.0.0.0:0", record: -1})
	require.NoError(t, err)
	var out bytes.Buffer
	p.introduce(&out)
	require.Contains(t, out.String(), "Careful: whoever reaches")
	require.Contains(t, out.String(), "http://localhost:")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.NoError(t, p.serve(ctx))
	require.NoError(t, p.finish())
}

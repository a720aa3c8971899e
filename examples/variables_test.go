// Package examples tests that all examples read the same variables: those that wechat-emulator prints.
package examples

import (
	"bufio"
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// program is an example or a command, and what it does with nothing but the printed variables.
type program struct {
	name string
	args []string
	want string   // in its output; where that is an error, the variable that the emulator cannot know
	uses []string // the variables that it needs besides WECHAT_BASE_URL
}

var (
	mini    = []string{"WECHAT_APPID", "WECHAT_APPSECRET"}
	service = []string{"WECHAT_SERVICE_APPID", "WECHAT_SERVICE_APPSECRET"}
	both    = slices.Concat(mini, service)
)

func programs(t *testing.T) []program {
	dir := t.TempDir()
	picture := filepath.Join(dir, "dot.png")
	png, err := base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(picture, png, 0o600))
	contract := []string{"thing1=Fire insurance", "date2=2026-12-01", "thing3=Please renew"}
	return []program{
		{"send", nil, "sent\n", append(mini, "WECHAT_OPENID", "WECHAT_TEMPLATE")},
		{"subscribe", contract, "sent\nnot sent: no acceptance", append(mini, "WECHAT_OPENID", "WECHAT_TEMPLATE")},
		{
			"template", []string{"thing1=Fire insurance", "time2=2026-12-01"}, "sent\nsent\n",
			append(service, "WECHAT_SERVICE_OPENID", "WECHAT_SERVICE_TEMPLATE"),
		},
		{"customerservice", []string{"It is renewed."}, "sent 1 of 1", append(service, "WECHAT_SERVICE_OPENID")},
		{"media", []string{picture, filepath.Join(dir, "copy.png")}, "sent\ndownloaded image/png", append(mini, "WECHAT_OPENID")},
		{"servicecard", []string{"4200", "1990", "1764500000"}, "errcode 85437", append(mini, "WECHAT_OPENID")},
		{"oauth", []string{"made-up-code"}, "user 1: the code is no longer good", both},
		{"menu", nil, "menu: set\n", service},
		{"quickstart", nil, "WECHAT_CODE: not set", both},
		{"links", nil, "WECHAT_SERVICE_TOKEN: not set", both},
		{"callback", nil, "WECHAT_SERVICE_TOKEN: not set", service},
		{"wechat-templates", nil, "type ContractDue struct", mini},
		{"wechat-templates", []string{"-kind", "template"}, "type ContractDue struct", service},
		{"wechat-templates", []string{"-kind", "notify"}, "package messages", service},
		{"wechat", []string{"doctor", "-lang", "en"}, "All is well.", nil},
		{"wechat", []string{"send", "text", "-yes", "-lang", "en", "hello"}, "sent", nil},
	}
}

// TestProgramsReadTheSameVariables runs each on the command wechat-emulator, with the variables that it prints and
// no others; then once more without each of them. No request can leave the machine.
func TestProgramsReadTheSameVariables(t *testing.T) {
	t.Parallel()
	if os.Getenv("CI") != "true" {
		t.Skip("links ten programs, which takes longer than all other tests of the examples: CI=true runs it")
	}
	list := programs(t)
	dir := build(t, list)
	for _, p := range list {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			exported := startEmulator(t, dir)
			out, _ := p.run(t, dir, exported)
			require.Contains(t, out, p.want)
			for _, name := range p.uses {
				out, err := p.run(t, dir, slices.DeleteFunc(slices.Clone(exported), func(v string) bool {
					return strings.HasPrefix(v, name+"=")
				}))
				require.Error(t, err, "without %s: %s", name, out)
				require.Contains(t, out, name+": not set")
			}
		})
	}
}

// build compiles what is run.
func build(t *testing.T, list []program) string {
	t.Helper()
	dir := t.TempDir()
	args := []string{"build", "-o", dir + string(filepath.Separator), "./cmd/wechat-emulator", "./cmd/wechat-templates", "./cmd/wechat"}
	for _, p := range list {
		if !strings.HasPrefix(p.name, "wechat") {
			args = append(args, "./examples/"+p.name)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = ".."
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return dir
}

func (p *program) run(t *testing.T, dir string, variables []string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, p.name), p.args...)
	cmd.Env = append([]string{"HTTPS_PROXY=http://127.0.0.1:1"}, variables...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// startEmulator runs the command and returns what it exports. Its first user has accepted a message, follows, and has
// written to both accounts.
func startEmulator(t *testing.T, dir string) (variables []string) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "wechat-emulator"), "-addr", "127.0.0.1:0")
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // it was killed
	})
	export := regexp.MustCompile(`^ *export (WECHAT_\w+=.+)$`)
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "Ctrl-C") {
		if m := export.FindStringSubmatch(lines.Text()); m != nil {
			variables = append(variables, m[1])
		}
	}
	require.NotEmpty(t, variables)
	base := strings.TrimPrefix(variables[0], "WECHAT_BASE_URL=")
	for _, verb := range []string{
		`accept {"templateIds": ["demo-contract-due"]}`, `follow {"appId": "wx00000000000000b2"}`,
		`write {"appId": "wx00000000000000a1", "text": "hello"}`, `write {"appId": "wx00000000000000b2", "text": "hello"}`,
	} {
		name, body, _ := strings.Cut(verb, " ")
		post(t, base+"/_emulator/api/users/alice/"+name, body)
	}
	return variables
}

func post(t *testing.T, address, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, answer.Body.Close()) }()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode, "%s: %s", address, text)
}

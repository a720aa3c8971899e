package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/emulator"
)

func TestHelp(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, args := range [][]string{{}, {"help"}, {"-h"}, {"--help"}, {"-lang", "en", "-help"}, {"--lang=en"}, {"-lang", "en", "help"}} {
		said, complaints, status := w.run(args...)
		require.Equal(t, exitOK, status, args)
		require.Empty(t, complaints)
		for _, c := range commands {
			require.Contains(t, said, c.name)
		}
	}
	for _, c := range commands {
		said, complaints, status := w.run(append([]string{"help"}, strings.Fields(c.name)...)...)
		require.Equal(t, exitOK, status)
		require.Empty(t, complaints)
		require.Contains(t, said, c.examples[0])
		require.Contains(t, said, "-secret-file file")
		require.Equal(t, c.asks, strings.Contains(said, "-yes"), c.name)
		inChinese, _, _ := w.run(append(strings.Fields(c.name), "-help", "-lang", "zh")...)
		require.Contains(t, inChinese, "示例：")
		require.Contains(t, inChinese, "-secret-file 文件")
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, args := range []string{
		"nothing-like-it", "send", "send picture", "help nothing", "doctor -no-such-flag", "doctor -account website", "doctor thing1",
		"token more", "user", "user one two", "user -account mini OPENID", "rid", "rid a b", "send text", "doctor -secret-file nowhere",
		"send subscribe -to o thing1=x", "send subscribe -template TPL-OTHER thing1=x date2=2026-12-01",
		"send subscribe -template TPL-CONTRACT thing1=x date2=soon", "quota no/slash",
	} {
		said, complaints, status := w.run(strings.Fields(args)...)
		require.Equal(t, exitUsage, status, args)
		require.NotEmpty(t, complaints, args)
		require.Empty(t, said, args)
	}
	require.Empty(t, w.alice.Inbox())
	_, complaints, _ := w.run("--lang=zh", "nothing-like-it")
	require.Contains(t, complaints, "没有命令")
	said, _, _ := w.run("-lang", "zh", "token")
	require.Contains(t, said, "过期时间")
}

// A language comes from the flag first and the locale then.
func TestLanguage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		env  map[string]string
		args []string
		want language
	}{
		{nil, nil, english},
		{map[string]string{"LANG": "zh_CN.UTF-8"}, nil, chinese},
		{map[string]string{"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, nil, english},
		{map[string]string{"LANG": "en_GB.UTF-8", "LC_MESSAGES": "zh_TW"}, nil, chinese},
		{map[string]string{"LANG": "zh_CN.UTF-8"}, []string{"token", "-lang", "en"}, english},
		{nil, []string{"token", "--lang=zh-CN"}, chinese},
		{nil, []string{"token", "-lang"}, english},
		{nil, []string{"send", "text", "lang=zh"}, english},
	} {
		require.Equal(t, tt.want, languageOf(tt.args, func(name string) string { return tt.env[name] }), "%v", tt)
	}
}

// A message is shown before it is sent, and only a yes sends it.
func TestSendAsksBefore(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]int{
		"": exitDeclined, "\n": exitDeclined, "n\n": exitDeclined, "yesterday\n": exitDeclined, "y\n": exitOK, "YES": exitOK, "是\n": exitOK,
	} {
		w := setup(t)
		w.answer = answer
		said, shown, status := w.run("send", "subscribe", "-template", "TPL-CONTRACT", "thing1=Fire insurance", "date2=2026-12-01")
		require.Equal(t, want, status, "%q", answer)
		require.Contains(t, shown, "Subscription message of Mini Program wx00000000000000a1 to "+w.env["WECHAT_OPENID"])
		require.Contains(t, shown, "TPL-CONTRACT  Contract due")
		require.Contains(t, shown, "Fire insurance")
		require.Contains(t, shown, "Send it? [y/N]")
		require.Equal(t, want == exitOK, strings.Contains(said, "msgid"), said)
		require.Len(t, w.alice.Inbox(), map[int]int{exitOK: 1}[want])
	}
	w := setup(t)
	said, _, status := w.run("send", "text", "-json", "hello")
	require.Equal(t, exitDeclined, status)
	require.Contains(t, said, `"message": "nothing was done`)
}

func TestSendSubscribe(t *testing.T) {
	t.Parallel()
	w := setup(t)
	args := []string{
		"send", "subscribe", "thing1=Fire insurance", "-yes", "-template", "TPL-CONTRACT", "date2=2026-12-01",
		"-page", "pages/contract?id=7", "-state", "trial", "-json",
	}
	said, complaints, status := w.run(args...)
	require.Equal(t, exitOK, status, said)
	require.Empty(t, complaints)
	var result struct {
		Sent  bool  `json:"sent"`
		MsgID int64 `json:"msg_id"`
	}
	require.NoError(t, json.Unmarshal([]byte(said), &result))
	require.True(t, result.Sent)
	require.NotZero(t, result.MsgID)
	require.Len(t, w.alice.Inbox(), 1)

	said, complaints, status = w.run(args...) // the one acceptance is used up
	require.Equal(t, exitFailed, status)
	require.Empty(t, complaints)
	require.Contains(t, said, `"errcode": 43101`)
	require.Contains(t, said, `"class": "user unreachable"`)
	_, complaints, status = w.run(append(args[:len(args)-1], "-lang", "zh")...)
	require.Equal(t, exitFailed, status)
	require.Contains(t, complaints, "用户没有（再）订阅这个模板")
	require.Contains(t, complaints, "→")
}

// After a lost answer nobody knows, and the exit status says so.
func TestSendWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.wx.Fail(emulator.Fault{Path: subscribePath, Reset: true, AfterTheFact: true})
	_, complaints, status := w.run("send", "subscribe", "-yes", "-template", "TPL-CONTRACT", "thing1=Fire", "date2=2026-12-01")
	require.Equal(t, exitUnknown, status, complaints)
	require.Contains(t, complaints, "perhaps sent")
	require.Equal(t, 1, w.wx.Count(subscribePath), "it is not repeated")

	w = setup(t)
	w.wx.Fail(emulator.Fault{Path: subscribePath, Code: 40252})
	said, _, status := w.run("send", "subscribe", "-json", "-yes", "-template", "TPL-CONTRACT", "thing1=Fire", "date2=2026-12-01")
	require.Equal(t, exitUnknown, status)
	require.Contains(t, said, `"outcome_unknown": true`)
}

func TestSendOfAServiceAccount(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.use(w.oa, "WECHAT_SERVICE_", callback.OfficialAccount)
	w.oa.AddTemplate(emulator.Template{ID: "TPL-CARD", Title: "Contract due", Content: "Contract:{{thing1.DATA}}\nEnds:{{time2.DATA}}\n"})
	w.env["WECHAT_SERVICE_TEMPLATE"] = "TPL-CARD"
	args := []string{"send", "template", "-yes", "-id", "contract-7-due", "-mini", w.mini.AppID, "-page", "pages/contract", "thing1=Fire", "time2=10:30"}
	_, complaints, status := w.run(args...)
	require.Equal(t, exitFailed, status)
	require.Contains(t, complaints, "does not follow")

	w.alice.Follow(w.oa)
	w.oa.Link(w.mini)
	said, complaints, status := w.run(append(args, "-json")...)
	require.Equal(t, exitOK, status, said)
	require.Empty(t, complaints)
	require.Contains(t, said, `"client_msg_id": "contract-7-due"`)
	_, complaints, status = w.run("send", "template", "-yes", "thing1=Fire 🔥", "time2=10:30")
	require.Equal(t, exitOK, status)
	require.Contains(t, complaints, "warning: ")

	said, _, status = w.run("send", "text", "-account", "service", "-yes", "--", "-5 °C", "tonight")
	require.Equal(t, exitOK, status, said)
	require.Contains(t, said, "sent")
	inbox := w.alice.Inbox()
	require.Equal(t, "-5 °C tonight", inbox[len(inbox)-1].Text)

	said, complaints, status = w.run("user", w.alice.OpenID(w.oa))
	require.Equal(t, exitOK, status, complaints)
	require.Contains(t, said, "follows         true")
	require.Contains(t, said, w.alice.UnionID(w.oa))
}

// A notice of a service account goes by the same command.
func TestSendNotice(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.use(w.oa, "WECHAT_SERVICE_", callback.OfficialAccount)
	id := w.oa.AddTemplate(emulator.Template{ID: "TPL-NOTICE", Title: "Contract due", Type: emulator.OneTime, Keywords: []string{"thing1"}})
	w.alice.Follow(w.oa)
	w.alice.Accept(id)
	said, complaints, status := w.run("send", "subscribe", "-account", "service", "-yes", "-template", id, "thing1=Fire")
	require.Equal(t, exitOK, status, complaints)
	require.Contains(t, said, "msgid")
	require.Equal(t, 1, w.wx.Count(notifyPath))
}

func TestUserByCode(t *testing.T) {
	t.Parallel()
	w := setup(t)
	said, complaints, status := w.run("user", "-code", w.alice.LoginCode(w.mini))
	require.Equal(t, exitDeclined, status)
	require.Contains(t, complaints, "uses the code up")
	require.Empty(t, said)
	code := w.alice.LoginCode(w.mini)
	said, _, status = w.run("user", "-yes", "-code", code)
	require.Equal(t, exitOK, status)
	require.Contains(t, said, w.alice.OpenID(w.mini))
	require.NotContains(t, said, "session")
	_, complaints, status = w.run("user", "-yes", "-code", code)
	require.Equal(t, exitFailed, status)
	require.Contains(t, complaints, "wx.login")
}

func TestToken(t *testing.T) {
	t.Parallel()
	w := setup(t)
	said, _, status := w.run("token", "-json")
	require.Equal(t, exitOK, status)
	var result struct {
		AppID   string    `json:"app_id"`
		Length  int       `json:"length"`
		SHA256  string    `json:"sha256"`
		Expires time.Time `json:"expires"`
	}
	require.NoError(t, json.Unmarshal([]byte(said), &result))
	require.Equal(t, w.mini.AppID, result.AppID)
	require.Greater(t, result.Length, 100)
	require.Len(t, result.SHA256, 8)
	again, _, _ := w.run("token")
	require.Contains(t, again, result.SHA256, "the stable token is the same for all who ask")
}

func TestQuota(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.mini.SetQuota(textPath, 7)
	said, _, status := w.run("quota", textPath)
	require.Equal(t, exitOK, status)
	require.Equal(t, textPath+"  7 of 7 left\n", said)
	said, _, _ = w.run("quota", "-json")
	require.Contains(t, said, `"daily_limit": 7`)

	_, complaints, status := w.run("quota", "-clear")
	require.Equal(t, exitDeclined, status)
	require.Contains(t, complaints, "ten times a month")
	for range 10 {
		said, complaints, status = w.run("quota", "-clear", "-yes")
		require.Equal(t, exitOK, status, complaints)
	}
	require.Contains(t, said, "set back")
	_, complaints, status = w.run("quota", "-clear", "-yes")
	require.Equal(t, exitFailed, status)
	require.Contains(t, complaints, "the ten resets of this month are used up")
}

// What WeChat kept of a request is shown without the secrets in it.
func TestRID(t *testing.T) {
	t.Parallel()
	w := setup(t)
	_, complaints, _ := w.run("send", "text", "-yes", "It is renewed.")
	rid := regexp.MustCompile(`rid ([0-9a-f-]{26})`).FindStringSubmatch(complaints)
	require.Len(t, rid, 2, complaints)
	said, _, status := w.run("rid", rid[1])
	require.Equal(t, exitOK, status)
	require.Contains(t, said, textPath)
	require.NotContains(t, said, "renewed")
	require.NotContains(t, said, "access_token")
	said, _, _ = w.run("rid", rid[1], "-bodies", "-json")
	require.Contains(t, said, "renewed")

	w.env["WECHAT_OPENID"] = ""
	j := &job{program: &program{getenv: func(name string) string { return w.env[name] }, transport: w, now: time.Now}}
	a, err := j.open(mini)
	require.NoError(t, err)
	for body, want := range map[string]string{
		`{"key_info_list":[{"encrypt_key":"planted","iv":"x"}]}`: `{"key_info_list":[{"encrypt_key":"[redacted]","iv":"x"}]}`,
		`{"pre_auth_code":"planted","access_token":"plant`:       `{"pre_auth_code":"[redacted]","access_token":"[redacted]"`,
		`{"access_token":"plant\`:                                `{"access_token":"[redacted]"`,
		`{"access_token":"`:                                      `{"access_token":"[redacted]"`,
	} {
		require.Equal(t, want, a.masked(wechat.Secret(body)))
	}
	require.Equal(t, `{"secret":"[redacted]","session_key" : "[redacted]","x":"y","other":"[redacted]"}`,
		a.masked(wechat.Secret(`{"secret":"p\"lanted","session_key" : "planted","x":"y","other":"`+w.mini.AppSecret+`"}`)))
}

// The settings may come from flags, the secret from a file.
func TestFlagsInPlaceOfVariables(t *testing.T) {
	t.Parallel()
	w := setup(t)
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte(w.mini.AppSecret+"\n"), 0o600))
	w.env = map[string]string{}
	_, complaints, status := w.run("token")
	require.Equal(t, exitUsage, status)
	require.Contains(t, complaints, "WECHAT_APPID is not set")
	_, complaints, status = w.run("token", "-appid", w.mini.AppID, "-secret-file", file)
	require.Equal(t, exitOK, status, complaints)
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, complaints, status = w.run("token", "-appid", w.mini.AppID, "-secret-file", file)
	require.Equal(t, exitUsage, status)
	require.Contains(t, complaints, "is empty")
	_, complaints, status = w.run("token", "-appid", "wx 1", "-base-url", "nowhere", "-lang", "zh")
	require.Equal(t, exitUsage, status)
	require.Contains(t, complaints, "未设置 WECHAT_APPSECRET")
}

// interrupting is a keyboard on which Ctrl-C is pressed at the question, and nothing else.
type interrupting struct {
	stop context.CancelFunc
	end  <-chan struct{}
}

func (i interrupting) Read([]byte) (int, error) {
	i.stop()
	<-i.end
	return 0, io.EOF
}

// Ctrl-C at a question is a no, at once; in the midst of a call it is no trouble of the network's.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, args := range [][]string{
		{"send", "subscribe", "-template", "TPL-CONTRACT", "thing1=Fire", "date2=2026-12-01"}, {"send", "text", "hello"},
		{"quota", "-clear"}, {"user", "-code", "CODE"},
	} {
		ctx, stop := context.WithCancel(t.Context())
		w.ctx, w.stdin = ctx, interrupting{stop, t.Context().Done()}
		_, complaints, status := w.run(args...)
		require.Equal(t, exitDeclined, status, args)
		require.Contains(t, complaints, "nothing was done")
	}
	require.Empty(t, w.alice.Inbox())
	for _, args := range []string{"token", "doctor", "quota"} {
		said, complaints, status := w.run(args)
		require.Equal(t, exitFailed, status, args)
		require.Equal(t, "wechat: interrupted\n", complaints, args)
		require.Empty(t, said)
	}
}

// A secret in the wrong place of the command line is not repeated.
func TestMisplacedSecret(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for args, want := range map[string]string{
		"-secret planted token":      "the command comes first, and -secret after it",
		"--secret=planted token":     "the command comes first, and --secret after it",
		"-json token":                "the command comes first, and -json after it",
		"help -secret planted":       "the command comes first, and -secret after it",
		"tokens planted":             `unknown command "tokens"`,
		"send":                       `unknown command "send"`,
		"send picture planted":       `unknown command "send picture"`,
		"send -to planted":           `unknown command "send"`,
		"help help tokens":           `unknown command "tokens"`,
		"token -secret planted":      "not defined: -secret",
		"token -secret-file planted": "-secret-file: a file that can be read is needed",
		"token -base-url planted":    "",
		"token -base-url ://planted": "",
	} {
		said, complaints, status := w.run(strings.Fields(args)...)
		require.Equal(t, exitUsage, status, args)
		require.Contains(t, complaints, want)
		require.NotContains(t, said+complaints, "planted", args)
		require.NotContains(t, complaints, "wechat: wechat: ")
	}
}

// A flag or a keyword that would be dropped without a word is refused.
func TestSendDropsNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.use(w.oa, "WECHAT_SERVICE_", callback.OfficialAccount)
	for args, want := range map[string]string{
		"send subscribe -template TPL-CONTRACT thing1=x thing1=y date2=2026-12-01":     "thing1 is there twice",
		"send subscribe -template TPL-CONTRACT -state trail thing1=x date2=2026-12-01": `-state: "trail" is neither`,
		"send template -template TPL-CARD -page pages/contract thing1=x":               "say by -mini of which",
	} {
		_, complaints, status := w.run(strings.Fields(args)...)
		require.Equal(t, exitUsage, status, args)
		require.Contains(t, complaints, want)
		require.NotContains(t, complaints, "[y/N]")
	}
}

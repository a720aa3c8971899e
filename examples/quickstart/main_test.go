package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// The transcript is the one in the README, to the letter.
func TestTranscriptIsTheREADMEs(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, func(string) string { return "" }))
	for _, readme := range []string{"../../README.md", "../../README.zh-CN.md"} {
		text, err := os.ReadFile(readme)
		require.NoError(t, err)
		require.Contains(t, string(text), "```text\n"+out.String()+"```", readme)
	}
}

// With settings the program makes the same calls over a real connection.
func TestRealAccounts(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	mini, service, alice := wx.MiniProgram(), wx.ServiceAccount(), wx.User("alice")
	notice := mini.AddTemplate(emulator.Template{Title: "Due", Keywords: []string{"thing1"}})
	card := service.AddTemplate(emulator.Template{Title: "Due", Keywords: []string{"thing1"}})
	alice.Accept(notice)
	alice.Follow(service)
	alice.Write(mini, "hello")
	env := map[string]string{
		"WECHAT_APPID": mini.AppID, "WECHAT_APPSECRET": mini.AppSecret,
		"WECHAT_SERVICE_APPID": service.AppID, "WECHAT_SERVICE_APPSECRET": service.AppSecret,
		"WECHAT_CODE": alice.LoginCode(mini), "WECHAT_BASE_URL": wx.URL(),
		"WECHAT_TEMPLATE": notice, "WECHAT_DATA": "thing1=Insurance",
		"WECHAT_SERVICE_TEMPLATE": card, "WECHAT_SERVICE_DATA": "thing1 = Insurance",
	}
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, func(key string) string { return env[key] }))
	require.Equal(t, 3, strings.Count(out.String(), "sent"), out.String())
	require.Contains(t, out.String(), "refused: no acceptance left (43101)")
	require.NotContains(t, out.String(), "emulator")
}

func TestMissingSettingIsNamed(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := run(t.Context(), &out, func(key string) string {
		return map[string]string{"WECHAT_APPID": "wx1", "WECHAT_APPSECRET": "planted"}[key]
	})
	require.ErrorContains(t, err, "WECHAT_SERVICE_APPID")
	require.NotContains(t, err.Error(), "planted")
}

package emulator_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func TestGetenv(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	mini, service, alice := wx.MiniProgram(), wx.ServiceAccount(), wx.User("alice")
	second := wx.AddMiniProgram(emulator.AppConfig{})
	template := service.AddTemplate(emulator.Template{Title: "Due", Keywords: []string{"thing1"}})
	set := mini.SetCallback(emulator.Callback{URL: "http://127.0.0.1:1/wechat"})
	secret := mini.ResetSecret()

	for name, want := range map[string]string{
		"WECHAT_APPID": mini.AppID, "WECHAT_APPSECRET": secret, "WECHAT_OPENID": alice.OpenID(mini), "WECHAT_TEMPLATE": "",
		"WECHAT_TOKEN": set.Token, "WECHAT_AES_KEY": set.EncodingAESKey,
		"WECHAT_SERVICE_APPID": service.AppID, "WECHAT_SERVICE_TEMPLATE": template, "WECHAT_SERVICE_TOKEN": "",
		"WECHAT_SERVICE_OPENID": alice.OpenID(service),
		"WECHAT_APPID_2":        second.AppID, "WECHAT_APPID_3": "", "HOME": "",
		"WECHAT_BASE_URL": wx.URL(),
	} {
		require.Equal(t, want, wx.Getenv(name), name)
	}
	wx.SetBaseURL("https://wechat.example.com")
	require.Equal(t, "https://wechat.example.com", wx.Getenv("WECHAT_BASE_URL"))
}

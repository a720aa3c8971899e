package wechat_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
)

func ExampleConfigFromEnv() {
	wx, err := emulator.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer wx.Close()
	cfg, address, err := wechat.ConfigFromEnv(wx.Getenv, "WECHAT_SERVICE_") // with an account of yours: os.Getenv
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := wechat.New(cfg, address)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Println(client.AppID() == wx.ServiceAccount().AppID)
	// Output: true
}

func envOf(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

func TestConfigFromEnvNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	const planted = "planted-secret"
	for _, tt := range []struct {
		name, missing string
		variables     map[string]string
		empty         bool
	}{
		{"Nothing", "WECHAT_APPID", nil, true},
		{"OnlyTheAddress", "WECHAT_APPID", map[string]string{"WECHAT_BASE_URL": "http://127.0.0.1:1"}, false},
		{"OnlyTheSecret", "WECHAT_APPID", map[string]string{"WECHAT_APPSECRET": planted}, false},
		{"OnlyTheID", "WECHAT_APPSECRET", map[string]string{"WECHAT_APPID": "wx1"}, false},
		{"OnlyWhatElseIsNeeded", "WECHAT_APPID", map[string]string{"WECHAT_OPENID": "o1"}, false},
		{"NotWhatElseIsNeeded", "WECHAT_OPENID", map[string]string{"WECHAT_APPID": "wx1", "WECHAT_APPSECRET": planted}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg, address, err := wechat.ConfigFromEnv(envOf(tt.variables), "WECHAT_", "WECHAT_OPENID")
			var field *errcode.FieldError
			require.ErrorAs(t, err, &field)
			require.Equal(t, tt.missing, field.Field)
			require.Equal(t, tt.empty, errors.Is(err, wechat.ErrEnvEmpty))
			require.NotContains(t, err.Error(), planted)
			require.Zero(t, cfg)
			require.Nil(t, address)
		})
	}
}

// What is set wrong is found by New, which does not show it either.
func TestConfigFromEnvLeavesTheValuesToNew(t *testing.T) {
	t.Parallel()
	variables := map[string]string{"WECHAT_APPID": "wx1", "WECHAT_APPSECRET": "planted secret"}
	cfg, address, err := wechat.ConfigFromEnv(envOf(variables), "WECHAT_")
	require.NoError(t, err)
	_, err = wechat.New(cfg, address)
	require.ErrorContains(t, err, "Config.AppSecret: has white space")
	require.NotContains(t, err.Error(), "planted")
	variables["WECHAT_APPSECRET"], variables["WECHAT_BASE_URL"] = "planted", "no address"
	cfg, address, err = wechat.ConfigFromEnv(envOf(variables), "WECHAT_")
	require.NoError(t, err)
	_, err = wechat.New(cfg, address)
	require.ErrorContains(t, err, "WithBaseURL")
}

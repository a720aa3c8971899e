package callback_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/errcode"
)

func TestAppFromEnv(t *testing.T) {
	t.Parallel()
	variables := map[string]string{}
	getenv := func(name string) string { return variables[name] }
	for _, name := range []string{"WECHAT_SERVICE_APPID", "WECHAT_SERVICE_TOKEN", "WECHAT_SERVICE_AES_KEY"} {
		app, err := callback.AppFromEnv(getenv, "WECHAT_SERVICE_", callback.OfficialAccount)
		var field *errcode.FieldError
		require.ErrorAs(t, err, &field)
		require.Equal(t, name, field.Field)
		require.NotContains(t, err.Error(), "planted")
		require.Zero(t, app)
		variables[name] = "planted"
	}
	variables["WECHAT_SERVICE_AES_KEY"] = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	app, err := callback.AppFromEnv(getenv, "WECHAT_SERVICE_", callback.OfficialAccount)
	require.NoError(t, err)
	require.Equal(t, callback.App{
		AppID: "planted", Kind: callback.OfficialAccount, Token: "planted",
		EncodingAESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
	}, app)
	_, err = callback.New(callback.Config{Apps: []callback.App{app}})
	require.NoError(t, err)
}

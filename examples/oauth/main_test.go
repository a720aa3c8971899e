package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/oauth"
)

func Example() {
	if err := run(context.Background(), os.Stdout, func(string) string { return "" }, nil); err != nil {
		fmt.Println(err)
	}
	// Output:
	// followers: 3
	// user 1: follows, take a template message
	// user 2: unknown to the service account, take a subscription message
	// user 3: the code is no longer good, call wx.login again
}

func connect(t *testing.T, wx *emulator.Server, app *emulator.App) *wechat.Client {
	t.Helper()
	client, err := wechat.New(wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestWhoLeavesIsNoticed(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	codes := stage(wx)
	mini, service := connect(t, wx, wx.MiniProgram()), connect(t, wx, wx.ServiceAccount())
	var out strings.Builder
	d := desk{w: &out, mini: mini, service: service, dir: oauth.NewDirectory(&oauth.MemoryStore{})}

	require.NoError(t, d.open(t.Context()))
	wx.User("Ann").Unfollow(wx.ServiceAccount())
	require.NoError(t, d.receive(t.Context(), "Ann", codes[0]))
	require.Equal(t, "followers: 3\nAnn: has stopped following, take a subscription message\n", out.String())
}

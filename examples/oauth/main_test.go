package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

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

func TestWhoLeavesIsNoticed(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	getenv, codes := demo(wx)
	mini, err := client(getenv, "WECHAT_")
	require.NoError(t, err)
	service, err := client(getenv, "WECHAT_SERVICE_")
	require.NoError(t, err)
	var out strings.Builder
	d := desk{w: &out, mini: mini, service: service, dir: oauth.NewDirectory(oauth.NewMemoryStore())}

	require.NoError(t, d.open(t.Context()))
	wx.User("Ann").Unfollow(wx.ServiceAccount())
	require.NoError(t, d.receive(t.Context(), "Ann", codes[0]))
	require.Equal(t, "followers: 3\nAnn: has stopped following, take a subscription message\n", out.String())
}

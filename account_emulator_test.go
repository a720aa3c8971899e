package wechat_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
)

// A call fails; its rid tells what WeChat saw, and the quota how much is left.
func ExampleClient_Account() {
	wx, err := emulator.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer wx.Close()
	app := wx.MiniProgram()
	client, err := wechat.New(wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	const send = "/cgi-bin/message/custom/send"
	err = client.Do(ctx, http.MethodPost, send, nil, map[string]string{"touser": "o-nobody"}, nil)
	var refused *errcode.Error
	if !errors.As(err, &refused) {
		fmt.Println(err)
		return
	}
	seen, err := client.Account().LookupRID(ctx, refused.RID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("printed:", seen.Body)
	fmt.Println("revealed:", seen.Body.Reveal())

	quota, err := client.Account().Quota(ctx, send)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("used today:", quota.Used, "of", quota.DailyLimit)
	// Output:
	// printed: [redacted]
	// revealed: {"touser":"o-nobody"}
	// used today: 1 of 500000
}

func TestAccountOnEmulator(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	app := wx.MiniProgram()
	client, err := wechat.New(wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
	require.NoError(t, err)
	ctx, account := t.Context(), client.Account()

	for _, list := range []func(context.Context) ([]string, error){account.CallbackIPs, account.APIIPs} {
		ips, err := list(ctx)
		require.NoError(t, err)
		require.NotEmpty(t, ips)
	}
	_, err = account.CheckCallback(ctx, wechat.CheckAll, wechat.OperatorDefault)
	require.ErrorIs(t, err, errcode.CallbackURLNotSet)
	app.SetCallback(emulator.Callback{URL: "https://service.example.com/wechat"})
	report, err := account.CheckCallback(ctx, wechat.CheckAll, wechat.OperatorDefault)
	require.NoError(t, err)
	require.NotEmpty(t, report.DNS)
	require.NotEmpty(t, report.Pings)
	_, err = account.CheckCallback(ctx, "trace", wechat.OperatorDefault)
	require.ErrorIs(t, err, errcode.InvalidCheckAction)

	const send = "/cgi-bin/message/custom/send"
	used := func() int64 {
		q, err := account.Quota(ctx, send)
		require.NoError(t, err)
		require.Equal(t, q.DailyLimit-q.Used, q.Remain)
		return q.Used
	}
	spend := func() { _ = client.Do(ctx, http.MethodPost, send, nil, map[string]string{"touser": "o"}, nil) }
	for name, reset := range map[string]func(context.Context) error{
		"all":        account.ClearQuota,
		"by secret":  account.ClearQuotaBySecret,
		"of one API": func(ctx context.Context) error { return account.ClearAPIQuota(ctx, send) },
	} {
		spend()
		require.Equal(t, int64(1), used(), name)
		require.NoError(t, reset(ctx), name)
		require.Zero(t, used(), name)
	}
	for range 8 {
		require.NoError(t, account.ClearQuota(ctx))
	}
	require.ErrorIs(t, account.ClearQuota(ctx), errcode.QuotaResetsUsedUp, "ten a month, shared by the two")
	require.ErrorIs(t, account.ClearQuotaBySecret(ctx), errcode.QuotaResetsUsedUp)

	_, err = account.LookupRID(ctx, "6a1f0c2e-1d7b3c4a-20e9b5d1")
	require.ErrorIs(t, err, errcode.RIDNotFound)
}

func TestQuotaOfAMerchantOnEmulator(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	app, platform := wx.MiniProgram(), wx.AddThirdParty(emulator.AppConfig{})
	client, err := wechat.New(wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
	require.NoError(t, err)
	reset := func() error {
		return client.Account().ClearQuotaByComponent(t.Context(), platform.AppID, wechat.Secret(platform.AppSecret))
	}
	require.ErrorIs(t, reset(), errcode.InvalidAppID, "the account has not authorised the platform")
	app.AuthorizeTo(platform)
	for range 10 {
		require.NoError(t, reset())
	}
	require.ErrorIs(t, reset(), errcode.QuotaResetsUsedUp)
	require.ErrorIs(t, client.Account().ClearQuota(t.Context()), errcode.QuotaResetsUsedUp, "the platform spends the account's resets")
}

package wechat_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

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

// TestVerificationOnTheEmulator: what the state says goes with what the account may send.
func TestVerificationOnTheEmulator(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	oa := wx.ServiceAccount()
	client, err := wechat.New(wechat.Config{AppID: oa.AppID, AppSecret: wechat.Secret(oa.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	state := func() (wechat.Verification, error) {
		info, err := client.Account().Info(t.Context())
		require.NoError(t, err)
		require.Equal(t, wechat.AccountService, info.Type)
		require.Equal(t, oa.AppID, info.AppID)
		require.Equal(t, oa.Name, info.Nickname)
		return info.Verification, client.Do(t.Context(), http.MethodGet, "/cgi-bin/tags/get", nil, nil, nil)
	}
	v, err := state()
	require.Equal(t, wechat.Verification{Qualified: true, Named: true}, v)
	require.NoError(t, err)
	oa.Verify(emulator.NamingRefused, "taken")
	v, err = state()
	require.Equal(t, wechat.Verification{Qualified: true}, v)
	require.NoError(t, err)
	oa.Verify(emulator.RenewalDue, "")
	v, err = state()
	require.True(t, v.ReviewDue)
	require.WithinDuration(t, wx.Now(), v.ReviewFrom, time.Minute)
	require.Equal(t, v.ReviewFrom.Add(30*24*time.Hour), v.ReviewUntil, "in days of China, all of which have 24 hours")
	require.NoError(t, err)
	oa.Verify(emulator.VerificationExpired, "")
	v, err = state()
	require.Equal(t, wechat.Verification{}, v)
	require.ErrorIs(t, err, errcode.APIUnauthorized)
	oa.Verify(emulator.QualificationPassed, "")
	oa.Verify(emulator.NamingPassed, "")
	v, err = state()
	require.Equal(t, wechat.Verification{Qualified: true, Named: true}, v)
	require.NoError(t, err)
}

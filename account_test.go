package wechat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/golden"
	"github.com/wechatkit/wechat/token"
)

func TestAccountGolden(t *testing.T) {
	t.Parallel()
	ips := []string{"203.0.113.10", "203.0.113.0/24"}
	const path = "/cgi-bin/message/custom/send"
	golden.Run(t, []golden.Case{
		{
			Name: "Quota",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) { return c.Account().Quota(ctx, path) },
			Want: &wechat.Quota{
				DailyLimit: 500000, Used: 120, Remain: 499880,
				Rate: wechat.RateLimit{Calls: 1000, Period: time.Minute},
			},
			Code: errcode.APIPathMismatch,
		},
		{
			Name: "Info",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) { return c.Account().Info(ctx) },
			Want: &wechat.AccountInfo{
				AppID: "wx0123456789abcdef", Type: wechat.AccountService, Nickname: "Blue Mug", Owner: "Blue Mug Ltd",
				Verification: wechat.Verification{
					Qualified: true, ReviewDue: true, ReviewFrom: time.Unix(1550490981, 0), ReviewUntil: time.Unix(1558266981, 0),
				},
			},
			Code: errcode.APIUnauthorized,
		},
		{
			Name: "ClearQuota",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) { return nil, c.Account().ClearQuota(ctx) },
			Code: errcode.QuotaResetsUsedUp,
		},
		{
			Name: "ClearQuotaBySecret",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return nil, c.Account().ClearQuotaBySecret(ctx)
			},
			Code: errcode.QuotaResetsUsedUp,
		},
		{
			Name: "ClearQuotaByComponent",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return nil, c.Account().ClearQuotaByComponent(ctx, "wxcomponent", "COMPONENT_SECRET")
			},
			Code: errcode.QuotaResetsUsedUp,
		},
		{
			Name: "ClearAPIQuota",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return nil, c.Account().ClearAPIQuota(ctx, path)
			},
			Code: errcode.InvalidAPIPath,
		},
		{
			Name: "LookupRID",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return c.Account().LookupRID(ctx, "6a1f0c2e-1d7b3c4a-20e9b5d1")
			},
			Want: &wechat.RequestInfo{
				At: time.Unix(1764000000, 0), Cost: 30 * time.Millisecond, ClientIP: "203.0.113.7",
				URL: "access_token=56_Lt***", Body: `{"touser":"oAbc-user-1"}`,
				Answer: `{"errcode":43101,"errmsg":"user refuse to accept the msg"}`,
			},
			Code: errcode.RIDNotFound,
		},
		{
			Name: "CallbackIPs",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) { return c.Account().CallbackIPs(ctx) },
			Want: ips,
			Code: errcode.InvalidAppID,
		},
		{
			Name: "APIIPs",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) { return c.Account().APIIPs(ctx) },
			Want: ips,
			Code: errcode.InvalidAppID,
		},
		{
			Name: "CheckCallback",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return c.Account().CheckCallback(ctx, "", wechat.OperatorUnicom)
			},
			Want: &wechat.CallbackReport{
				DNS: []wechat.CallbackDNS{
					{IP: "203.0.113.20", Operator: "UNICOM"}, {IP: "203.0.113.21", Operator: "CHINANET"},
				},
				Pings: []wechat.CallbackPing{
					{IP: "203.0.113.20", Operator: "UNICOM", Loss: "0%", Time: 23079 * time.Microsecond},
					{IP: "203.0.113.21", Operator: "UNICOM", Loss: "100%"},
				},
			},
			Code: errcode.CallbackURLNotSet,
		},
	})
}

// accountOn returns the calls of a client whose requests all go to answer.
func accountOn(t *testing.T, answer httpmock.Responder, opts ...wechat.Option) *wechat.Account {
	t.Helper()
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(answer)
	client, err := wechat.New(wechat.Config{AppID: golden.AppID}, append([]wechat.Option{
		wechat.WithTokenSource(token.Static(golden.AccessToken)), wechat.WithHTTPClient(&http.Client{Transport: mock}),
		wechat.WithRetry(wechat.RetryPolicy{MinWait: time.Millisecond}),
	}, opts...)...)
	require.NoError(t, err)
	return client.Account()
}

func TestAccountReadsWhatWeChatReallySends(t *testing.T) {
	t.Parallel()
	ips := map[string][]string{
		`{"ip_list":"203.0.113.10"}`:                            {"203.0.113.10"},
		`{"errcode":"0","ip_list":["203.0.113.10"]}`:            {"203.0.113.10"},
		"\xef\xbb\xbf{\"ip_list\":[]}":                          {},
		`{"ip_list":["203.0.113.10","2001:db8::/32"],"more":1}`: {"203.0.113.10", "2001:db8::/32"},
	}
	for body, want := range ips {
		got, err := accountOn(t, httpmock.NewStringResponder(http.StatusOK, body)).CallbackIPs(t.Context())
		require.NoError(t, err, body)
		require.Equal(t, want, got, body)
	}

	quota, err := accountOn(t, httpmock.NewStringResponder(http.StatusOK,
		`{"errcode":0,"quota":{"daily_limit":"10","used":3,"remain":"7"}}`)).Quota(t.Context(), "/x")
	require.NoError(t, err)
	require.Equal(t, &wechat.Quota{DailyLimit: 10, Used: 3, Remain: 7}, quota)

	report, err := accountOn(t, httpmock.NewStringResponder(http.StatusOK,
		`{"dns":{"ip":"203.0.113.20"}}`)).CheckCallback(t.Context(), wechat.CheckDNS, "")
	require.NoError(t, err)
	require.Equal(t, &wechat.CallbackReport{DNS: []wechat.CallbackDNS{{IP: "203.0.113.20"}}}, report)
}

func TestAccountDoesNotTakeNothingForAnAnswer(t *testing.T) {
	t.Parallel()
	account := accountOn(t, httpmock.NewStringResponder(http.StatusOK, `{}`))
	_, err := account.APIIPs(t.Context())
	require.ErrorContains(t, err, "ip_list is missing")
	_, err = account.Quota(t.Context(), "/x")
	require.ErrorContains(t, err, "quota is missing")
	_, err = account.LookupRID(t.Context(), "r")
	require.ErrorContains(t, err, "request is missing")
	var answer *wechat.ResponseError
	require.ErrorAs(t, err, &answer)
}

func TestAccountChecks(t *testing.T) {
	t.Parallel()
	account := accountOn(t, httpmock.NewErrorResponder(context.Canceled))
	cases := map[string]struct {
		call  func(context.Context) error
		field string
	}{
		"path with a host": {func(ctx context.Context) error {
			_, err := account.Quota(ctx, "https://api.weixin.qq.com/cgi-bin/menu/get")
			return err
		}, "path"},
		"path of the user's API": {func(ctx context.Context) error {
			return account.ClearAPIQuota(ctx, "/sns/userinfo")
		}, "path"},
		"no rid": {func(ctx context.Context) error {
			_, err := account.LookupRID(ctx, "")
			return err
		}, "rid"},
		"no AppSecret":           {account.ClearQuotaBySecret, "Config.AppSecret"},
		"no component":           {func(ctx context.Context) error { return account.ClearQuotaByComponent(ctx, "", "s") }, "componentAppID"},
		"no component AppSecret": {func(ctx context.Context) error { return account.ClearQuotaByComponent(ctx, "wx1", "") }, "componentSecret"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var wrong *errcode.FieldError
			require.ErrorAs(t, c.call(t.Context()), &wrong)
			require.Equal(t, c.field, wrong.Field)
		})
	}

	unchecked := accountOn(t, httpmock.NewStringResponder(http.StatusOK, `{"errcode":76003,"errmsg":"x"}`), wechat.WithoutChecks())
	_, err := unchecked.Quota(t.Context(), "no slash")
	require.ErrorIs(t, err, errcode.ForeignRID, "WeChat has the word")
}

// A reset counts among ten a month: it must not be spent twice because an answer got lost.
func TestClearQuotaIsNotRepeated(t *testing.T) {
	t.Parallel()
	calls := 0
	account := accountOn(t, func(*http.Request) (*http.Response, error) {
		calls++
		return httpmock.NewStringResponse(http.StatusBadGateway, "<html>bad gateway</html>"), nil
	})
	err := account.ClearQuota(t.Context())
	require.ErrorIs(t, err, wechat.ErrOutcomeUnknown)
	require.Equal(t, 1, calls)
}

func TestRequestInfoDoesNotPrint(t *testing.T) {
	t.Parallel()
	info := &wechat.RequestInfo{URL: "access_token=56_Lt", Body: `{"touser":"oAbc"}`, Answer: "answer"}
	encoded, err := json.Marshal(info)
	require.NoError(t, err)
	for _, text := range []string{fmt.Sprintf("%+v", info), fmt.Sprintf("%#v", info), string(encoded)} {
		require.NotContains(t, text, "56_Lt")
		require.NotContains(t, text, "oAbc")
	}
	require.JSONEq(t, `{"touser":"oAbc"}`, info.Body.Reveal())
}

func TestComponentSecretStaysOut(t *testing.T) {
	t.Parallel()
	account := accountOn(t, httpmock.NewStringResponder(http.StatusOK, `{"errcode":40013,"errmsg":"bad COMPONENT_SECRET"}`))
	err := account.ClearQuotaByComponent(t.Context(), "wxcomponent", "COMPONENT_SECRET")
	require.ErrorIs(t, err, errcode.InvalidAppID)
	require.NotContains(t, err.Error(), "COMPONENT_SECRET")
}

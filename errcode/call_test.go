package errcode

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNew_ClassByCall(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name  string
		code  Code
		path  string
		class Class
		retry Retry
	}{
		{"business call: token", 40001, "/cgi-bin/message/subscribe/send", InvalidToken, RetryRefreshed},
		{"unknown path: token", 42001, "/wxa/brand_new", InvalidToken, RetryRefreshed},
		{"no path: token", 40014, "", InvalidToken, RetryRefreshed},
		{"quota reset with a token", 40001, "/cgi-bin/clear_quota", InvalidToken, RetryRefreshed},
		{"JS ticket with a token", 40001, "/cgi-bin/ticket/getticket", InvalidToken, RetryRefreshed},
		{"path that only looks like the token call", 40001, "/cgi-bin/tokenize", InvalidToken, RetryRefreshed},

		{"classic token: AppSecret", 40001, "/cgi-bin/token", BadCredentials, RetryOperator},
		{"stable token: AppSecret", 40001, "/cgi-bin/stable_token", BadCredentials, RetryOperator},
		{"quota reset with the secret", 40001, "/cgi-bin/clear_quota/v2", BadCredentials, RetryOperator},
		{"component token: secret", 40001, "/cgi-bin/component/api_component_token", BadCredentials, RetryOperator},
		{"component quota reset", 40001, "/cgi-bin/component/clear_quota/v2", BadCredentials, RetryOperator},
		{"login: AppSecret", 40001, "/sns/jscode2session", BadCredentials, RetryOperator},
		{"OAuth: AppSecret", 40001, "/sns/oauth2/access_token", BadCredentials, RetryOperator},
		{"query is no part of the path", 40001, "/cgi-bin/token?grant_type=client_credential", BadCredentials, RetryOperator},

		{"user info: user token", 40001, "/sns/userinfo", UserAuthRequired, RetryUser},
		{"auth check: user token", 40014, "/sns/auth", UserAuthRequired, RetryUser},
		{"auth check: expired", 42001, "/sns/auth", UserAuthRequired, RetryUser},
		{"auth check: pair", 40003, "/sns/auth", UserAuthRequired, RetryUser},
		{"OAuth refresh: user token", 42001, "/sns/oauth2/refresh_token", UserAuthRequired, RetryUser},
		{"OpenID elsewhere", 40003, "/cgi-bin/user/info", InvalidArgument, RetryNever},

		{"component call: its token", 40001, "/cgi-bin/component/api_query_auth", ComponentAuth, RetryMinute},
		{"component login: its token", 42001, "/sns/component/jscode2session", ComponentAuth, RetryMinute},
		{"component OAuth: its token", 40014, "/sns/oauth2/component/access_token", ComponentAuth, RetryMinute},

		{"grant type", 40002, "/cgi-bin/token", BadCredentials, RetryOperator},
		{"scheme: no right", 40002, "/wxa/generatescheme", NoPermission, RetryOperator},
		{"URL link: no right", 40002, "/wxa/generate_urllink", NoPermission, RetryOperator},
		{"AppID", 40013, "/cgi-bin/stable_token", BadCredentials, RetryOperator},
		{"scheme: right withdrawn", 40013, "/wxa/generatescheme", NoPermission, RetryOperator},
		{"template: Mini Program's AppID", 40013, "/cgi-bin/message/template/send", InvalidArgument, RetryNever},
		{"customer service: card's AppID", 40013, "/cgi-bin/message/custom/send", InvalidArgument, RetryNever},
		{"phone number: code of another app", 40013, "/wxa/business/getuserphonenumber", InvalidArgument, RetryNever},
		{"login code", 40029, "/sns/jscode2session", UserAuthRequired, RetryUser},
		{"phone code", 40029, "/wxa/business/getuserphonenumber", UserAuthRequired, RetryUser},
		{"wrong path", 40066, "/cgi-bin/message/custom/sent", InvalidArgument, RetryNever},
		{"page of a short link", 40066, "/wxa/genwxashortlink", InvalidArgument, RetryNever},
		{"page of a message", 41030, "/cgi-bin/message/subscribe/send", InvalidArgument, RetryNever},
		{"template permission", 43104, "/wxa/genwxashortlink", NoPermission, RetryOperator},
		{"content check: OpenID", 43104, "/wxa/msg_sec_check", InvalidArgument, RetryNever},
		{"authorisation code", 61010, "/cgi-bin/component/api_query_auth", ComponentAuth, RetryOperator},
		{"content check: user not active", 61010, "/wxa/msg_sec_check", UserUnreachable, RetryUser},
		{"risk rank: OpenID", 43104, "/wxa/getuserriskrank", InvalidArgument, RetryNever},
		{"risk rank: user not active", 61010, "/wxa/getuserriskrank", UserUnreachable, RetryUser},
		{"session check", 87009, "/wxa/checksession", UserAuthRequired, RetryUser},
		{"plugin login: too frequent", 1003, "/wxa/getpluginopenpid", RateLimited, RetryMinute},
		{"POST parameter", 1003, "/cgi-bin/menu/create", InvalidArgument, RetryNever},
		{"linking: the administrator's accounts", 1003, "/cgi-bin/wxopen/wxamplink", QuotaExhausted, RetryOperator},
		{"linking: the phone number's accounts", 1005, "/cgi-bin/wxopen/wxamplink", QuotaExhausted, RetryOperator},
		{"list of links: POST parameter", 1003, "/cgi-bin/wxopen/wxamplinkget", InvalidArgument, RetryNever},
		{"plugin login: code of another plugin", 1005, "/wxa/getpluginopenpid", InvalidArgument, RetryNever},
		{"employee message: not subscribed", 50001, "/cgi-bin/message/wxopen/employeerelationmsg/send", UserUnreachable, RetryUser},
		{"API not granted", 50001, "/cgi-bin/message/subscribe/send", NoPermission, RetryOperator},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := New("op", c.path, 200, c.code, "words")
			require.Equal(t, c.class, err.Class)
			require.Equal(t, c.retry, err.Retry())
			require.ErrorIs(t, err, c.class)
			require.ErrorIs(t, err, c.code)
			require.NotEmpty(t, err.Meaning())
			if c.class != c.code.Class() {
				require.NotErrorIs(t, err, c.code.Class(), "the class of the bare code must not show")
				require.NotEqual(t, c.code.Meaning(), err.Meaning())
			}
		})
	}
}

// TestNew_NoRefreshWithoutToken: a call that carries no access token of the app never asks for a new one.
func TestNew_NoRefreshWithoutToken(t *testing.T) {
	t.Parallel()

	paths := []string{
		"/cgi-bin/token", "/cgi-bin/stable_token", "/cgi-bin/clear_quota/v2", "/cgi-bin/component/api_authorizer_token",
		"/sns/jscode2session", "/sns/oauth2/access_token", "/sns/oauth2/refresh_token", "/sns/userinfo", "/sns/auth",
		"/sns/component/jscode2session", "/sns/anything/new",
	}
	for _, path := range paths {
		for c := range All() {
			err := New("op", path, 200, c, "")
			require.NotErrorIs(t, err, InvalidToken, "%d from %s", c, path)
			require.NotEqual(t, RetryRefreshed, err.Retry(), "%d from %s", c, path)
		}
	}
}

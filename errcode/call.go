package errcode

import (
	"slices"
	"strings"
)

// WeChat uses some numbers for different things in different calls. The table has the meaning that most
// calls share; what follows are the exceptions.

// exception says what codes mean in the calls named by paths.
type exception struct {
	codes   []Code
	paths   []string // one that ends in "/" stands for all paths below it
	class   Class
	retry   Retry
	meaning string
}

// The codes by which a call rejects the token it was given, and the groups of calls that have exceptions.
var (
	tokenCodes = []Code{InvalidCredential, InvalidAccessToken, AccessTokenExpired}

	// These send the AppSecret, or a component's, and no token at all.
	secretPaths = []string{
		"/cgi-bin/token", "/cgi-bin/stable_token", "/cgi-bin/clear_quota/v2",
		"/cgi-bin/component/api_component_token", "/cgi-bin/component/api_start_push_ticket",
		"/cgi-bin/component/clear_quota/v2", "/sns/jscode2session", "/sns/oauth2/access_token",
	}
	componentPaths = []string{"/cgi-bin/component/", "/sns/component/", "/sns/oauth2/component/"}
	linkPaths      = []string{"/wxa/generatescheme", "/wxa/generate_urllink", "/wxa/genwxashortlink", "/wxa/generatenfcscheme"}

	// Only a third-party platform calls it, for an account.
	associatePaths = []string{"/cgi-bin/wxopen/wxamplink"}

	// Messages to employees (用工消息).
	employeePaths = []string{"/cgi-bin/message/wxopen/employeerelationmsg/send"}

	// These look at one user, who must have been active.
	userRiskPaths = []string{"/wxa/msg_sec_check", "/wxa/media_check_async", "/wxa/getuserriskrank"}
)

// exceptions are tried in order, the first that fits counts: the secret paths lie below the component and
// user paths that follow them.
var exceptions = []exception{
	{tokenCodes, secretPaths, BadCredentials, RetryOperator, "AppSecret wrong"},
	{tokenCodes, componentPaths, ComponentAuth, RetryMinute, "component_access_token invalid or expired"},
	{tokenCodes, []string{"/sns/"}, UserAuthRequired, RetryUser, "the user's token is invalid or has expired"},
	{[]Code{InvalidOpenID}, []string{"/sns/"}, UserAuthRequired, RetryUser, "OpenID does not belong to the user's token"},
	{[]Code{InvalidGrantType}, linkPaths, NoPermission, RetryOperator, "account may not generate links"},
	{[]Code{InvalidAppID}, linkPaths, NoPermission, RetryOperator, "right to generate links withdrawn"},
	{[]Code{InvalidAppID}, []string{"/cgi-bin/message/"}, InvalidArgument, RetryNever, "AppID of the Mini Program wrong or not linked"},
	{[]Code{InvalidAppID}, []string{"/wxa/business/getuserphonenumber"}, InvalidArgument, RetryNever, "code belongs to another app"},
	{[]Code{AccountNotPermitted}, userRiskPaths, InvalidArgument, RetryNever, "OpenID belongs to another app"},
	{[]Code{AuthorizationCodeExpired}, userRiskPaths, UserUnreachable, RetryUser, "user was not active within the last two hours"},
	{[]Code{1003}, []string{"/wxa/getpluginopenpid"}, RateLimited, RetryMinute, "calls too frequent"},
	{[]Code{1003}, associatePaths, QuotaExhausted, RetryOperator, "the administrator is bound to too many accounts"},
	{[]Code{1005}, associatePaths, QuotaExhausted, RetryOperator, "the administrator's phone number is bound to too many accounts"},
	{[]Code{NotGranted}, employeePaths, UserUnreachable, RetryUser, "user has not subscribed to this template"},
}

// lookupCall returns what code means in the call to path.
func lookupCall(code Code, path string) row {
	for _, x := range exceptions {
		if slices.Contains(x.codes, code) && slices.ContainsFunc(x.paths, func(p string) bool { return covers(p, path) }) {
			return row{code, x.class, x.retry, x.meaning}
		}
	}
	return lookup(code)
}

func covers(pattern, path string) bool {
	if strings.HasSuffix(pattern, "/") {
		return strings.HasPrefix(path, pattern)
	}
	return path == pattern
}

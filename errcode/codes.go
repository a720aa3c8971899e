package errcode

// Codes that callers act on. The numbers of the whole area are in the table.
const (
	SystemBusy          Code = -1    // 系统繁忙
	InvalidCredential   Code = 40001 // token invalid; for a token request: AppSecret wrong
	InvalidAccessToken  Code = 40014
	AccessTokenExpired  Code = 42001
	MinuteQuotaReached  Code = 45011
	UserRefused         Code = 43101
	InvalidTemplateData Code = 47003
)

var table = map[Code]info{
	SystemBusy:          {ServerBusy, RetryBackoff, "system busy"},
	InvalidCredential:   {InvalidToken, RetryRefreshed, "access token invalid or not the latest"},
	InvalidAccessToken:  {InvalidToken, RetryRefreshed, "access token malformed"},
	AccessTokenExpired:  {InvalidToken, RetryRefreshed, "access token expired"},
	MinuteQuotaReached:  {RateLimited, RetryMinute, "minute quota reached"},
	UserRefused:         {UserUnreachable, RetryUser, "the user has no grant left for this template"},
	InvalidTemplateData: {InvalidArgument, RetryNever, "a value of the template data is invalid"},
}

func classOf(code Code, _ string) Class { return code.Class() }

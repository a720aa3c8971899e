package errcode

// Tokens and credentials. InvalidCredential, InvalidAccessToken and AccessTokenExpired are the only codes
// after which a client fetches a new access token.
const (
	// InvalidCredential: the access token is invalid, or somebody else has fetched a newer one. In answer to
	// a request for a token: the AppSecret is wrong.
	InvalidCredential Code = 40001
	// InvalidGrantType: grant_type is missing or wrong; for link calls, the account may not generate links.
	InvalidGrantType Code = 40002
	// InvalidAppID: the AppID is wrong. In a message: the AppID of the Mini Program that it opens.
	InvalidAppID Code = 40013
	// InvalidAccessToken: the access token is malformed or unknown.
	InvalidAccessToken Code = 40014
	// InvalidAppSecret: the AppSecret is wrong.
	InvalidAppSecret Code = 40125
	// IPNotInAllowList: the caller's IP is not on the account's allow-list (IP白名单). [Error.IP] has it.
	IPNotInAllowList Code = 40164
	// AppSecretFrozen: the AppSecret was frozen in the console.
	AppSecretFrozen Code = 40243
	// AccessTokenMissing: the request carried no access token.
	AccessTokenMissing Code = 41001
	// AppIDMissing: no appid, or it was sent where the call does not look for it.
	AppIDMissing Code = 41002
	// RefreshTokenMissing: no refresh_token.
	RefreshTokenMissing Code = 41003
	// AppSecretMissing: no AppSecret.
	AppSecretMissing Code = 41004
	// AccessTokenExpired: the access token has expired.
	AccessTokenExpired Code = 42001
	// AdminConfirmPending: the administrator has not answered an earlier question about this IP.
	AdminConfirmPending Code = 89501
	// AdminConfirmRequired: the administrator was asked to confirm calls from this IP (需要管理员确认).
	AdminConfirmRequired Code = 89503
	// AdminRefusedTwice: the administrator refused this IP twice; it is blocked for 24 hours.
	AdminRefusedTwice Code = 89506
	// AdminRefused: the administrator refused this IP; it is blocked for an hour.
	AdminRefused Code = 89507
)

// The request.
const (
	// WrongHTTPMethod: the path does not take this HTTP method.
	WrongHTTPMethod Code = 404
	// InvalidCharacters: the body has characters that are not allowed, or text as \u escapes.
	InvalidCharacters Code = 40033
	// InvalidURL: a URL or page is not accepted. From an ordinary call: the path of the call is wrong.
	InvalidURL Code = 40066
	// InvalidParameters: WeChat's general complaint about parameters.
	InvalidParameters Code = 40097
	// MissingParameter: a parameter is missing; also from the sub-merchant paths without a business id.
	MissingParameter Code = 40101
	// MalformedRequest: the HTTP request is malformed.
	MalformedRequest Code = 40400
	// GETRequired: the call takes GET only.
	GETRequired Code = 43001
	// POSTRequired: the call takes POST only.
	POSTRequired Code = 43002
	// HTTPSRequired: the call takes HTTPS only.
	HTTPSRequired Code = 43003
	// EmptyBody: the POST had no body.
	EmptyBody Code = 44002
	// MalformedBody: the body is not the JSON or XML that the call wants.
	MalformedBody Code = 47001
	// EscapedUnicode: the body has \u escapes where WeChat wants UTF-8.
	EscapedUnicode Code = 47002
)

// Load and quotas.
const (
	// SystemBusy: WeChat asks to try again (系统繁忙). For a send it is open whether the message went out.
	SystemBusy Code = -1
	// SecondLimitReached: too many calls in this second, from the newer calls.
	SecondLimitReached Code = 44990
	// MinuteLimitReached: too many calls in this minute, from the newer calls. Others say MinuteQuotaReached.
	MinuteLimitReached Code = 44991
	// DayLimitReached: the links of the day are used up.
	DayLimitReached Code = 44993
	// DayQuotaReached: the calls of the day are used up (接口调用超过限制); a quota reset helps.
	DayQuotaReached Code = 45009
	// MinuteQuotaReached: too many calls in this minute (API调用太频繁).
	MinuteQuotaReached Code = 45011
	// MonthQuotaReached: the calls of the month are used up.
	MonthQuotaReached Code = 45040
	// QuotaResetsUsedUp: the ten quota resets of the month are used up.
	QuotaResetsUsedUp Code = 48006
)

// The account and its rights.
const (
	// AccountKindNotAllowed: the call is not open to this kind of account.
	AccountKindNotAllowed Code = 40200
	// AccountNotPermitted: the account has no permission for these templates or links. From the content
	// check and the risk rank: the OpenID belongs to another app.
	AccountNotPermitted Code = 43104
	// APIBlocked: the call is blocked for the time being.
	APIBlocked Code = 45102
	// APIWithdrawn: WeChat has withdrawn the call.
	APIWithdrawn Code = 45103
	// APIDiscontinued: WeChat has withdrawn the call, as it did the uniform message (统一服务消息) in 2023. From a call that
	// lives on, its path is wrong: [Error.Error] names it.
	APIDiscontinued Code = 45109
	// APIUnauthorized: the account has no right to the call (功能未授权), often because the token is of the
	// wrong kind of account.
	APIUnauthorized Code = 48001
	// APIBanned: the account is banned from the call (接口被封禁).
	APIBanned Code = 48004
	// NotGranted: the user or the account has not granted the call. From an employee message: the user has not
	// subscribed to the template.
	NotGranted Code = 50001
	// AccountLimited: the account is frozen, migrated or deregistered (用户受限).
	AccountLimited Code = 50002
	// TokenForbidden: the account may not fetch tokens.
	TokenForbidden Code = 50004
	// AccountFrozen: the account is frozen.
	AccountFrozen Code = 50007
)

// Signed and encrypted requests (API安全).
const (
	// SignatureSerialMissing: no header Wechatmp-Serial.
	SignatureSerialMissing Code = 40230
	// SignatureTimestampMissing: no header Wechatmp-TimeStamp.
	SignatureTimestampMissing Code = 40231
	// SignatureMissing: no header Wechatmp-Signature.
	SignatureMissing Code = 40232
	// SignatureAppIDMissing: no header Wechatmp-Appid.
	SignatureAppIDMissing Code = 40233
	// InvalidSignature: the signature is wrong.
	InvalidSignature Code = 40234
	// InvalidEncryption: the body cannot be decrypted.
	InvalidEncryption Code = 40235
	// InvalidSignatureAppID: the AppID in the header is not an AppID.
	InvalidSignatureAppID Code = 40236
	// SignatureAppIDMismatch: the AppID in the header is not the token's.
	SignatureAppIDMismatch Code = 40237
	// SymmetricKeyNotSet: no symmetric key is configured in the console.
	SymmetricKeyNotSet Code = 40238
	// PublicKeyNotSet: no public key is configured in the console.
	PublicKeyNotSet Code = 40239
	// SignatureTooOld: the timestamp of the request is too old; check the clock.
	SignatureTooOld Code = 40240
)

// Diagnosis: the callback check, request ids and quotas of single calls.
const (
	// CallbackURLNotSet: no callback URL is configured.
	CallbackURLNotSet Code = 40201
	// InvalidCheckAction: the action of the callback check is unknown.
	InvalidCheckAction Code = 40202
	// InvalidCheckOperator: the network operator of the callback check is unknown.
	InvalidCheckOperator Code = 40203
	// RIDNotFound: no request has this rid.
	RIDNotFound Code = 76001
	// InvalidRID: the rid is malformed.
	InvalidRID Code = 76002
	// ForeignRID: the rid is another account's; for quotas, the path of the call is malformed.
	ForeignRID Code = 76003
	// RIDTooOld: the request is more than seven days old.
	RIDTooOld Code = 76004
	// InvalidAPIPath: the path of the call is unknown.
	InvalidAPIPath Code = 76021
	// APIPathMismatch: the path does not belong to the token's kind of account, or begins with /sns/.
	APIPathMismatch Code = 76022
)

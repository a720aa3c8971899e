package errcode

// Login (登录), OAuth (网页授权) and session keys.
const (
	// EncryptedDataNotFound: no such encrypted data in the last three days, or of another app.
	EncryptedDataNotFound Code = 1
	// InvalidCode: the code is wrong, of another app, or was made for another purpose (无效的code).
	InvalidCode Code = 40029
	// InvalidRefreshToken: the user's refresh token is wrong.
	InvalidRefreshToken Code = 40030
	// CodeUsed: the code was exchanged before; get a new one from the user's device.
	CodeUsed Code = 40163
	// LoginBlocked: WeChat considers the user a risk and blocks the login (高风险用户).
	LoginBlocked Code = 40226
	// CodeMissing: no code.
	CodeMissing Code = 41008
	// RefreshTokenExpired: the user's refresh token has expired after 30 days.
	RefreshTokenExpired Code = 42002
	// CodeExpired: the OAuth code is more than five minutes old.
	CodeExpired Code = 42003
	// UserTokensVoid: the user changed the password.
	UserTokensVoid Code = 42007
	// SessionKeyExpired: the session key is unknown or has expired.
	SessionKeyExpired Code = 87007
	// InvalidSigMethod: sig_method is unknown.
	InvalidSigMethod Code = 87008
	// SessionKeyInvalid: the signature does not fit the session key. From the session check this is the
	// ordinary negative answer.
	SessionKeyInvalid Code = 87009
	// NotBoundToOpenPlatform: the account is not bound to an Open Platform account (没有绑定开放平台帐号).
	NotBoundToOpenPlatform Code = 89002
	// InvalidOrder: there is no such order.
	InvalidOrder Code = 89300
	// RiskRankUnavailable: the risk rank of users is not available now.
	RiskRankUnavailable Code = 61080
	// RiskRankTooFrequent: risk ranks were asked for too often.
	RiskRankTooFrequent Code = 61081
	// RiskRanksUsedUp: the risk ranks of the trial are used up; apply for more in the console.
	RiskRanksUsedUp Code = 9410009
)

// Users and tags (标签).
const (
	// InvalidRemark: the remark is too long.
	InvalidRemark Code = 40092
	// TooManyOpenIDs: too many OpenIDs in one call, from the older calls. Others say InvalidOpenIDListSize.
	TooManyOpenIDs Code = 45019
	// TooManyTags: the account has as many tags as it may (100).
	TooManyTags Code = 45056
	// TagTooLarge: a tag with more than 100,000 users cannot be deleted.
	TagTooLarge Code = 45057
	// ReservedTag: the tags 0, 1 and 2 are WeChat's.
	ReservedTag Code = 45058
	// TooManyTagsOnUser: one of the users has as many tags as allowed (20).
	TooManyTagsOnUser Code = 45059
	// InvalidTagName: the name is not allowed, or taken.
	InvalidTagName Code = 45157
	// TagNameTooLong: the name is longer than 30 bytes.
	TagNameTooLong Code = 45158
	// InvalidTagID: there is no such tag. Also for a good id when two calls tag one user at the same time.
	InvalidTagID Code = 45159
	// UserNotFound: there is no such user.
	UserNotFound Code = 46004
	// ForeignOpenID: the OpenID is of another account.
	ForeignOpenID Code = 49003
	// MigrationNotConfirmed: the old account is wrong, or its migration (迁移) is not confirmed.
	MigrationNotConfirmed Code = 63178
	// TooManyMigrated: too many OpenIDs to translate in one call.
	TooManyMigrated Code = 63179
)

// Third-party platforms (第三方平台) and cloud hosting (云托管).
const (
	// ComponentTokenExpired: the component_access_token has expired.
	ComponentTokenExpired Code = 42006
	// AuthorizationCancelled: the account has not authorised the component, or no longer does.
	AuthorizationCancelled Code = 61003
	// ComponentIPNotAllowed: the caller's IP is not registered for the component. [Error.IP] has it.
	ComponentIPNotAllowed Code = 61004
	// VerifyTicketExpired: the verify ticket has expired; WeChat pushes a new one every ten minutes.
	VerifyTicketExpired Code = 61005
	// InvalidVerifyTicket: the verify ticket is wrong; WeChat pushes a new one every ten minutes.
	InvalidVerifyTicket Code = 61006
	// ComponentUnauthorized: the account has not granted this permission set to the component (权限集).
	ComponentUnauthorized Code = 61007
	// InvalidAuthorizationCode: the authorisation code is wrong.
	InvalidAuthorizationCode Code = 61009
	// AuthorizationCodeExpired: the authorisation code has expired. From the content check and the risk
	// rank: the user was not active within the last two hours.
	AuthorizationCodeExpired Code = 61010
	// InvalidComponent: there is no such component.
	InvalidComponent Code = 61011
	// ComponentTokenRequired: the call takes the component's token.
	ComponentTokenRequired Code = 61014
	// AccountTokenRequired: the call takes the account's token.
	AccountTokenRequired Code = 61015
	// InvalidAuthorizerRefreshToken: the refresh token is not the newest. Where it was lost, the Restore of
	// token/component finds the right one; otherwise the account must authorise the component again.
	InvalidAuthorizerRefreshToken Code = 61023
	// ComponentTokenCall: a component gets its token from api_component_token.
	ComponentTokenCall Code = 61024
	// CloudNoPermission: cloud hosting has no permission for the call.
	CloudNoPermission Code = 85105
	// CloudPathNotAllowed: the path is not on the allow-list of the cloud service.
	CloudPathNotAllowed Code = 85107
	// CloudSecretNotFound: cloud hosting has no secret for the account.
	CloudSecretNotFound Code = 85112
	// CloudTokenNotReady: cloud hosting has no token yet, minutes after the first deployment.
	CloudTokenNotReady Code = 85113
)

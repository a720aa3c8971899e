package errcode

// Users who cannot be reached this way. All are part of normal operation.
const (
	// NotFollowing: the user does not follow the service account (需要接收者关注).
	NotFollowing Code = 43004
	// Blacklisted: the user is on the account's blacklist (黑名单).
	Blacklisted Code = 43019
	// UserRefused: the user has no grant left for this template: never accepted, refused, unsubscribed, or
	// the one message that an acceptance allows was sent (用户拒绝接受消息). Ask again when the user is back.
	UserRefused Code = 43101
	// ReplyWindowClosed: the user has not written or acted recently enough for a customer-service message
	// (回复时间超过限制), or does not follow any more. WeChat mixes it up with ReplyCountUsedUp.
	ReplyWindowClosed Code = 45015
	// ReplyCountUsedUp: no customer-service messages to this user are left until the user acts again
	// (下行条数超过上限).
	ReplyCountUsedUp Code = 45047
	// NoRecentExchange: the typing sign needs a message to or from the user within the last 30 seconds.
	NoRecentExchange Code = 45080
	// NotEmployee: the user is not bound as an employee (用工关系) of the account.
	NotEmployee Code = 40256
	// UserBlocksMessages: the user has switched off messages of this account (拒收消息).
	UserBlocksMessages Code = 48002
	// Unfollowed: the user does not follow the account (未关注), from calls other than the sends.
	Unfollowed Code = 50005
)

// Recipients and messages.
const (
	// InvalidOpenID: the OpenID is malformed, or belongs to another app (不合法的OpenID).
	InvalidOpenID Code = 40003
	// InvalidRecipient: the recipient of an employee message cannot be read.
	InvalidRecipient Code = 40257
	// InvalidMessageType: the type of the message is unknown, or its body malformed.
	InvalidMessageType Code = 40008
	// InvalidOpenIDList: the list of OpenIDs is malformed.
	InvalidOpenIDList Code = 40031
	// InvalidOpenIDListSize: the list of OpenIDs is empty or too long.
	InvalidOpenIDListSize Code = 40032
	// InvalidURLSize: the URL is too long.
	InvalidURLSize Code = 40039
	// InvalidTitleSize: the title of a one-time subscription message is empty or too long.
	InvalidTitleSize Code = 40062
	// InvalidPagePath: the page is not in the published version of the Mini Program that the service
	// account's message opens (pagepath), or of the one that a link opens.
	InvalidPagePath Code = 40165
	// MiniProgramNotLinked: the Mini Program is not linked to the service account (关联).
	MiniProgramNotLinked Code = 40166
	// InvalidLinkTag: a link tag in the text is malformed.
	InvalidLinkTag Code = 40213
	// InvalidLinkText: the text of a link is malformed.
	InvalidLinkText Code = 40214
	// OpenIDMissing: no OpenID.
	OpenIDMissing Code = 41009
	// InvalidPage: the page is not in the published version of the Mini Program (page路径不正确).
	InvalidPage Code = 41030
	// ConcurrentSends: several messages to one user at the same time; send them one after the other.
	ConcurrentSends Code = 43108
	// EmptyText: the text is empty.
	EmptyText Code = 44004
	// TextTooLong: the text or the body is too long (消息内容超过限制).
	TextTooLong Code = 45002
	// TitleTooLong: the title is too long.
	TitleTooLong Code = 45003
	// DescriptionTooLong: the description is too long.
	DescriptionTooLong Code = 45004
	// LinkTooLong: the link is too long.
	LinkTooLong Code = 45005
	// PictureLinkTooLong: the link of the picture is too long.
	PictureLinkTooLong Code = 45006
	// PlayTimeTooLong: the voice or video plays too long.
	PlayTimeTooLong Code = 45007
	// TooManyArticles: a message takes one article.
	TooManyArticles Code = 45008
	// AlreadySent: a mass send with this clientmsgid was accepted before; the answer has its msgid.
	AlreadySent Code = 45065
	// ResentTooSoon: the same clientmsgid again within a minute.
	ResentTooSoon Code = 45066
	// ClientMsgIDTooLong: the clientmsgid is too long.
	ClientMsgIDTooLong Code = 45067
	// InvalidTypingCommand: the typing command is unknown.
	InvalidTypingCommand Code = 45072
	// AlreadyTyping: the typing sign is being shown.
	AlreadyTyping Code = 45081
	// InvalidMiniProgramLink: the attribute data-miniprogram-appid of a link is invalid.
	InvalidMiniProgramLink Code = 45086
	// CustomerServiceBlocked: customer-service messages of this account are blocked.
	CustomerServiceBlocked Code = 45087
	// TooManyMenuItems: the menu message has too many items.
	TooManyMenuItems Code = 45098
	// MenuItemTooLong: an item of the menu message is too long.
	MenuItemTooLong Code = 45099
	// InvalidMessageObject: the msgtype is unknown or not for this kind of account, or the object it names is malformed.
	InvalidMessageObject Code = 45162
	// ForbiddenWords: the text has forbidden words.
	ForbiddenWords Code = 45168
	// MessageTypeNotPermitted: the account may not send this type of message.
	MessageTypeNotPermitted Code = 48008
	// MinorProtected: the message was not sent, for the protection of minors (未成年人保护).
	MinorProtected Code = 70000
	// RiskyContent: the content did not pass the safety check.
	RiskyContent Code = 87014
	// MediaCheckedTooOften: the same picture or sound was submitted too often; do not submit it again.
	MediaCheckedTooOften Code = 87020
)

// Subscription messages (订阅消息) and template messages (模板消息).
const (
	// InvalidTemplateIDSize: the template id has the wrong length.
	InvalidTemplateIDSize Code = 40036
	// InvalidTemplateID: the template is not one of this account, or was deleted (不合法的template_id).
	InvalidTemplateID Code = 40037
	// DuplicateMessage: WeChat takes the message for the repetition of one that it got less than 60 seconds before
	// (The message is duplicate in 60 seconds). After a lost answer it says that the first request arrived. As a first
	// answer it leaves the outcome uncertain: what WeChat compares is not documented. In both cases send it neither
	// again nor by another way. No page of WeChat's has it; it is known from template messages.
	DuplicateMessage Code = 40241
	// MarketingContent: a template message must not be advertising.
	MarketingContent Code = 40249
	// HeldForReview: a template message was taken into WeChat's review (平台审核), which picks them by itself. Within 30
	// minutes it is delivered without another request, or blocked for good. The answer has no id: the event of a message
	// that passed brings one that nobody was told, and only messages that were blocked are listed afterwards. Nothing
	// says that a review is still going on. No page of WeChat's has the code.
	HeldForReview Code = 40252
	// NotSubscribeTemplate: the template is not a subscription template.
	NotSubscribeTemplate Code = 43102
	// SubscribeBanned: the account or the template is banned from subscription messages.
	SubscribeBanned Code = 43107
	// TemplateRestricted: the template is barred from sending.
	TemplateRestricted Code = 43116
	// TooManyToUser: too many template messages to this user; how many is not published. Wait some minutes, longer each
	// time, with messages to this user; others are not concerned. No page of WeChat's has the code.
	TooManyToUser Code = 43117
	// InvalidTemplateData: a value is missing, empty or breaks the rule of its keyword (模板参数不准确).
	// [Error.Field] names it.
	InvalidTemplateData Code = 47003
	// TemplateDisabled: the template is disabled.
	TemplateDisabled Code = 48011
)

// Template libraries.
const (
	// TemplateSystemError: system error, from some calls; others say TemplateServiceError.
	TemplateSystemError Code = 20001
	// InvalidTemplateRequest: a parameter is wrong, from some calls; others say InvalidTemplateParameter.
	InvalidTemplateRequest Code = 20002
	// InvalidKeywordNames: keyword_name_list is empty or has a name that the template has not.
	InvalidKeywordNames Code = 40246
	// IndustryLibraryClosed: templates now come from the category library (类目模板).
	IndustryLibraryClosed Code = 40247
	// IndustryChangedTooOften: the industry can be changed once a month; also met for templates.
	IndustryChangedTooOften Code = 43100
	// TemplateServiceError: system error.
	TemplateServiceError Code = 200001
	// InvalidTemplateParameter: a parameter is wrong.
	InvalidTemplateParameter Code = 200002
	// TemplatesBanned: the account is banned from templates.
	TemplatesBanned Code = 200011
	// TooManyTemplates: the account has as many private templates as it may (个人模板数已达上限).
	TooManyTemplates Code = 200012
	// TemplateBanned: the template is banned.
	TemplateBanned Code = 200013
	// InvalidTitleID: tid is wrong or empty, or the body was not sent as JSON.
	InvalidTitleID Code = 200014
	// InvalidStart: start is wrong.
	InvalidStart Code = 200016
	// InvalidLimit: limit is wrong.
	InvalidLimit Code = 200017
	// CategoryIDsMissing: no category ids.
	CategoryIDsMissing Code = 200018
	// InvalidCategoryIDs: the category ids are malformed.
	InvalidCategoryIDs Code = 200019
	// InvalidKeywordIDs: kidList has a keyword that the title has not.
	InvalidKeywordIDs Code = 200020
	// InvalidSceneDescription: sceneDesc is empty or not allowed.
	InvalidSceneDescription Code = 200021
	// TemplateExists: a template with this title and these keywords was added before.
	TemplateExists Code = 200022
	// TemplateAccountKind: templates are not open to this kind of account.
	TemplateAccountKind Code = 200100
)

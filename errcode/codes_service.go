package errcode

// Media files (素材) and uploads.
const (
	// InvalidMediaType: the type of the media is unknown (媒体文件类型).
	InvalidMediaType Code = 40004
	// InvalidFileType: the type of the file is not allowed.
	InvalidFileType Code = 40005
	// InvalidFileSize: the size of the file is not allowed.
	InvalidFileSize Code = 40006
	// InvalidMediaID: the media id is wrong, expired after three days, or of another account.
	InvalidMediaID Code = 40007
	// InvalidImageSize: the picture is too large.
	InvalidImageSize Code = 40009
	// InvalidVoiceSize: the voice is too large.
	InvalidVoiceSize Code = 40010
	// InvalidVideoSize: the video is too large.
	InvalidVideoSize Code = 40011
	// InvalidThumbSize: the thumbnail is too large.
	InvalidThumbSize Code = 40012
	// UnsupportedFileType: the type is not supported, or the file name has no extension.
	UnsupportedFileType Code = 40113
	// InvalidMediaIDSize: the media id has the wrong length.
	InvalidMediaIDSize Code = 40118
	// WrongMediaIDType: the media id is of another type of media.
	WrongMediaIDType Code = 40121
	// UnsupportedImageFormat: the format of the picture is not supported.
	UnsupportedImageFormat Code = 40137
	// MediaMissing: the form has no part named media with a file name.
	MediaMissing Code = 41005
	// MediaIDMissing: no media id.
	MediaIDMissing Code = 41006
	// EmptyMedia: the file is empty.
	EmptyMedia Code = 44001
	// MediaTooLarge: the file is too large (多媒体文件大小超过限制).
	MediaTooLarge Code = 45001
	// MediaNotFound: the media does not exist.
	MediaNotFound Code = 46001
)

// Customer-service agents (客服), their sessions and records.
const (
	// AgentsNotEnabled: customer service is not switched on.
	AgentsNotEnabled Code = 65400
	// InvalidAgent: there is no such agent (无效客服账号).
	InvalidAgent Code = 65401
	// AgentNotBound: the agent is not bound to a WeChat user yet.
	AgentNotBound Code = 65402
	// InvalidAgentNickname: the nickname is not allowed.
	InvalidAgentNickname Code = 65403
	// InvalidAgentAccount: the kf_account is malformed.
	InvalidAgentAccount Code = 65404
	// TooManyAgents: the account has as many agents as it may.
	TooManyAgents Code = 65405
	// AgentExists: there is an agent with this kf_account.
	AgentExists Code = 65406
	// AlreadyAgent: the WeChat user is an agent of this account.
	AlreadyAgent Code = 65407
	// AlreadyInvited: the WeChat user has an invitation of this account.
	AlreadyInvited Code = 65408
	// InvalidWeChatID: there is no such WeChat user.
	InvalidWeChatID Code = 65409
	// AgentOfTooMany: the WeChat user is an agent of too many accounts.
	AgentOfTooMany Code = 65410
	// InvitationPending: the agent has an invitation that is not answered.
	InvitationPending Code = 65411
	// AgentAlreadyBound: the agent is bound to a WeChat user.
	AgentAlreadyBound Code = 65412
	// NoSession: the agent has no session with this user.
	NoSession Code = 65413
	// ServedByOther: another agent serves this user.
	ServedByOther Code = 65414
	// AgentOffline: the agent is not online.
	AgentOffline Code = 65415
	// InvalidRecordQuery: a parameter of the record query is wrong.
	InvalidRecordQuery Code = 65416
	// RecordSpanTooLong: the record query spans more than a day.
	RecordSpanTooLong Code = 65417
)

// QR codes (二维码), links into the Mini Program and short keys.
const (
	// InvalidActionName: action_name is unknown, or the body is not JSON.
	InvalidActionName Code = 40052
	// InvalidActionInfo: the scene is missing or too long.
	InvalidActionInfo Code = 40053
	// InvalidScene: the scene of a code has a character that is not allowed, or that of a check is unknown.
	InvalidScene Code = 40129
	// InvalidPathSize: the path is empty or too long.
	InvalidPathSize Code = 40159
	// InvalidSceneSize: the scene is empty or longer than 32 characters.
	InvalidSceneSize Code = 40169
	// InvalidWidth: the width is out of range.
	InvalidWidth Code = 40189
	// InvalidQuery: the query is malformed.
	InvalidQuery Code = 40212
	// InvalidPageTitle: the title of a short link is not allowed.
	InvalidPageTitle Code = 40225
	// CodesUsedUp: the Mini Program codes of a limited kind are used up for good.
	CodesUsedUp Code = 45029
	// NotMiniProgramToken: the token is not a Mini Program's.
	NotMiniProgramToken Code = 45063
	// MiniProgramNotPublished: the Mini Program has no published version; test links need one, too.
	MiniProgramNotPublished Code = 85079
	// CloudNotOpened: the link asks for cloud_base, and the account has no cloud development (云开发).
	CloudNotOpened Code = 85088
	// ReservedWord: the page or path has scancode_time, which is WeChat's own.
	ReservedWord Code = 85096
	// LongLivedLinksUsedUp: the links without an end are used up for good.
	LongLivedLinksUsedUp Code = 85400
	// InvalidLinkExpiry: the expiry is past, less than a minute or more than 30 days ahead, or not in seconds.
	InvalidLinkExpiry Code = 85401
	// InvalidEnvVersion: env_version is unknown.
	InvalidEnvVersion Code = 85402
	// LinkNotFound: there is no such link.
	LinkNotFound Code = 85403
	// PlainSchemeNotEnabled: a plain URL Scheme (明文) is not enabled for this app or path.
	PlainSchemeNotEnabled Code = 85405
	// LinkOpensUsedUp: the opens of the day are used up.
	LinkOpensUsedUp Code = 85406
	// LinksNotPermitted: the account may not generate links; others say InvalidGrantType.
	LinksNotPermitted Code = 85407
	// LinksBanned: the right to generate links was withdrawn; others say InvalidAppID.
	LinksBanned Code = 85408
	// ShortKeyDataTooLong: the data of a short key is larger than 4 KB.
	ShortKeyDataTooLong Code = 9410010
	// ShortKeyExpiryTooLong: a short key lives 30 days at most.
	ShortKeyExpiryTooLong Code = 9410011
	// ShortKeyNotFound: the short key is unknown, expired or of another account.
	ShortKeyNotFound Code = 9410012
	// InvalidDeviceModel: WeChat does not accept the model_id of the device.
	InvalidDeviceModel Code = 9800003
	// DeviceNotGranted: this model_id has not been granted NFC.
	DeviceNotGranted Code = 9800007
	// DeviceSerialMissing: this model has a scheme for each device, so it takes a serial number.
	DeviceSerialMissing Code = 9800008
	// DeviceSerialGiven: this model has one scheme for all devices, so it takes no serial number.
	DeviceSerialGiven Code = 9800009
	// NFCSchemeExists: there is a scheme for this model and serial number; errmsg has it.
	NFCSchemeExists Code = 9800010
)

// Links between a service account and Mini Programs (关联). 1003 and 1005 have other meanings in other calls.
const (
	// AssociationRequested: a request for this link waits for its administrators.
	AssociationRequested Code = 89010
	// AlreadyAssociated: the two are linked.
	AlreadyAssociated Code = 89015
	// OwnAssociationsUsedUp: the account has as many Mini Programs of its own subject as it may.
	OwnAssociationsUsedUp Code = 89016
	// ForeignAssociationsUsedUp: the account has as many Mini Programs of other subjects as it may.
	ForeignAssociationsUsedUp Code = 89017
	// AssociationForbidden: the Mini Program may not be linked.
	AssociationForbidden Code = 89245
	// ForeignOwnersUsedUp: as ForeignAssociationsUsedUp; when WeChat answers which is not documented.
	ForeignOwnersUsedUp Code = 89407
)

// Sub-merchants (客服子商户).
const (
	// BusinessExists: there is a sub-merchant with this account name.
	BusinessExists Code = 45070
	// BusinessNotFound: there is no such sub-merchant, from every call that takes its id.
	BusinessNotFound Code = 45071
	// TooManyBusinesses: the Mini Program has as many sub-merchants as it may (500).
	TooManyBusinesses Code = 45077
	// InvalidBusinessNickname: the nickname is not allowed.
	InvalidBusinessNickname Code = 45078
	// ForbiddenBusinessNickname: the nickname has forbidden words.
	ForbiddenBusinessNickname Code = 45079
	// InvalidBusinessAccount: the account name is not allowed.
	InvalidBusinessAccount Code = 45091
)

// Service cards (服务卡片).
const (
	// CardBusy: WeChat is busy. After a timeout, ask for the card's state before the change is tried again.
	CardBusy Code = 85431
	// InvalidCardPayment: amount or time is not that of the payment; the amount is in fen, the time in seconds.
	InvalidCardPayment Code = 85433
	// InvalidNotifyType: there is no such kind of cards, or, it seems, the account has not added its template.
	InvalidNotifyType Code = 85434
	// InvalidCardContent: the content cannot be read.
	InvalidCardContent Code = 85435
	// NotifyCodeBanned: the code of this card is banned for good.
	NotifyCodeBanned Code = 85436
	// NotifyCodeNotFound: the code is unknown. The number of an order is known only some time after the payment: try
	// again after a minute, a few times.
	NotifyCodeNotFound Code = 85437
	// NotifyCodeExpired: the time of the code is over, until the user orders again.
	NotifyCodeExpired Code = 85438
	// CardStateNotAllowed: the state does not follow the one that the card has.
	CardStateNotAllowed Code = 85439
	// CardFieldMissing: the content lacks a field that the state needs.
	CardFieldMissing Code = 85440
	// InvalidCardField: a field of the content has a wrong form.
	InvalidCardField Code = 85441
	// CardContentRejected: the content did not pass the review.
	CardContentRejected Code = 85442
	// CardPushed: this state was pushed before with this code.
	CardPushed Code = 85448
	// CardLocked: another call is changing the card.
	CardLocked Code = 85449
	// CardKindRefused: the account may not use this kind of cards.
	CardKindRefused Code = 85461
	// CardAccountRefused: the account may not use service cards.
	CardAccountRefused Code = 85462
)

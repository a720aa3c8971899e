package main

import "github.com/wechatkit/wechat/errcode"

// refusals are the answers that people meet, in their words.
var refusals = map[errcode.Code]advice{
	errcode.SystemBusy: {
		text{"WeChat is busy", "微信系统繁忙"},
		text{"Try again in a few seconds.", "请过几秒再试。"},
	},
	errcode.InvalidCredential: {
		text{"the access token is not the latest: somebody else fetched one", "access_token 不是最新的：有别的程序重新获取过"},
		text{
			"Let all programs of the account use the stable token, as this one does, or share one token.",
			"让该账号的所有程序都使用稳定版接口调用凭据（本程序如此），或共享同一个凭据。",
		},
	},
	errcode.InvalidOpenID: {
		text{"the OpenID is none of this account", "OpenID 不属于该账号"},
		text{
			"An OpenID is good for one account only: one of a Mini Program is none of a service account. The UnionID joins them.",
			"OpenID 只在一个账号内有效，小程序的 OpenID 不能用于服务号；两者用 UnionID 关联。",
		},
	},
	errcode.InvalidAppID: {
		text{"WeChat does not know the AppID", "微信不认识这个 AppID"},
		text{
			"Copy it from the console (mp.weixin.qq.com) under development settings (开发设置): wx and 16 hexadecimal digits.",
			"从公众平台（mp.weixin.qq.com）的「开发设置」中复制：wx 加 16 位十六进制数字。",
		},
	},
	errcode.InvalidAppSecret: {
		text{"WeChat does not accept the AppSecret", "微信不接受这个 AppSecret"},
		text{
			"It was reset, or is another account's. The console shows it only once: where it is lost, reset it under development settings (开发设置), in all programs at one time.",
			"它已被重置，或属于别的账号。AppSecret 只在生成时显示一次；找不到时在「开发设置」中重置，并同时更新所有程序。",
		},
	},
	errcode.AppSecretFrozen: {
		text{"the AppSecret is frozen", "AppSecret 已被冻结"},
		text{
			"Unfreeze it in the console under development settings (开发设置). It takes about ten minutes.",
			"在公众平台「开发设置」中解冻，约十分钟后生效。",
		},
	},
	errcode.AdminConfirmPending: {
		text{"the administrator has not answered an earlier question about this address", "管理员还没有答复此前关于该 IP 的确认"},
		text{"Ask the account's administrator to answer it on the phone, then try again.", "请账号管理员在手机微信上确认，然后重试。"},
	},
	errcode.AdminConfirmRequired: {
		text{"the administrator has to confirm calls from this address", "需要管理员确认该 IP 的调用"},
		text{
			"WeChat has sent the administrator a message: have it confirmed, then try again.",
			"微信已给管理员发送消息，请确认后重试。",
		},
	},
	errcode.AdminRefused: {
		text{"the administrator refused this address", "管理员拒绝了该 IP"},
		text{"It is blocked for an hour. Speak to the administrator before that is over.", "该 IP 被禁用 1 小时，请先与管理员沟通。"},
	},
	errcode.AdminRefusedTwice: {
		text{"the administrator refused this address twice", "管理员两次拒绝了该 IP"},
		text{"It is blocked for 24 hours. Speak to the administrator before that is over.", "该 IP 被禁用 24 小时，请先与管理员沟通。"},
	},
	errcode.DayQuotaReached: {
		text{"the calls of today are used up", "当日调用次数已用完"},
		text{
			"Wait until tomorrow, or set the counters back, ten times a month: wechat quota -clear, with -account service those of a service account. Then find what calls so often: every program of the account counts.",
			"等到明天，或清零（每月 10 次）：wechat quota -clear，服务号加 -account service。然后找出频繁调用的程序：同一账号的所有程序共用次数。",
		},
	},
	errcode.MinuteQuotaReached: {
		text{"too many calls in this minute", "本分钟调用过于频繁"},
		text{"Wait a minute, and call more slowly.", "请等一分钟，并降低调用频率。"},
	},
	errcode.QuotaResetsUsedUp: {
		text{"the ten resets of this month are used up", "本月 10 次清零机会已用完"},
		text{"The counters begin anew tomorrow, the resets next month.", "调用次数明天恢复，清零机会下月恢复。"},
	},
	errcode.APIUnauthorized: {
		text{"the account has no right to this call, or is of another kind", "该账号没有此接口权限，或账号类型不对"},
		text{
			"Look at -account: a Mini Program and a service account have different calls. Many want a verified account (微信认证).",
			"请检查 -account：小程序和服务号的接口不同。许多接口要求账号已认证。",
		},
	},
	errcode.APIBanned: {
		text{"WeChat has banned the account from this call", "该接口能力已被封禁"},
		text{"The notices in the console (通知中心) say why and until when.", "原因和期限见公众平台的通知中心。"},
	},
	errcode.AccountLimited: {
		text{"the account is frozen, migrated or closed", "账号被限制（冻结、迁移或注销）"},
		text{"Look at the notices in the console (通知中心).", "请查看公众平台的通知中心。"},
	},
	errcode.TokenForbidden: {
		text{"the account may not fetch tokens", "该账号被禁止获取 access_token"},
		text{"Look at the notices in the console (通知中心).", "请查看公众平台的通知中心。"},
	},
	errcode.AccountFrozen: {
		text{"the account is frozen", "账号已被冻结"},
		text{"Look at the notices in the console (通知中心).", "请查看公众平台的通知中心。"},
	},
	errcode.CallbackURLNotSet: {
		text{"no URL is set for WeChat's pushes", "没有设置消息推送的 URL"},
		text{
			"Where the program is to receive pushes, enter its URL in the console under message push (消息推送).",
			"如需接收推送，请在公众平台的「消息推送」中填写 URL。",
		},
	},
	errcode.InvalidTemplateID: {
		text{"the template is none of this account", "该账号没有这个模板"},
		text{
			"wechat doctor lists the account's templates with their ids. One that was deleted and added again has a new id.",
			"wechat doctor 会列出账号的模板和编号。删除后重新添加的模板编号会变。",
		},
	},
	errcode.InvalidTemplateData: {
		text{"a value breaks its rule, or is missing", "有的值不符合规则或缺失"},
		text{
			"wechat doctor -template ID shows the keywords and their rules.",
			"wechat doctor -template 模板编号 会显示关键词和规则。",
		},
	},
	errcode.InvalidPage: {
		text{"the page is not in the published version of the Mini Program", "已发布的小程序中没有这个页面"},
		text{"Publish it first, or try with -state trial or developer.", "请先发布，或用 -state trial 或 developer 试用。"},
	},
	errcode.InvalidPagePath: {
		text{"the Mini Program's page is not in its published version", "已发布的小程序中没有这个页面"},
		text{"Publish it first, and link the Mini Program with the service account (关联小程序).", "请先发布，并将小程序与服务号关联。"},
	},
	errcode.UserRefused: {
		text{"the user has accepted no more message of this template", "用户没有（再）订阅这个模板"},
		text{
			"That is normal: of a one-time template each tap on accept is good for one message. Have the Mini Program ask again by wx.requestSubscribeMessage.",
			"这属正常情况：一次性订阅每点一次允许只能发一条。请让小程序再次调用 wx.requestSubscribeMessage。",
		},
	},
	errcode.NotFollowing: {
		text{"the user does not follow the service account", "用户没有关注该服务号"},
		text{
			"That is normal: only followers get template messages. Lead the user to follow, or send a subscription message.",
			"这属正常情况：模板消息只能发给关注者。请引导用户关注，或改发订阅消息。",
		},
	},
	errcode.ReplyWindowClosed: {
		text{"the 48 hours after the user's last message are over", "距用户上次发消息已超过 48 小时"},
		text{"That is normal: the user has to write again first.", "这属正常情况：需等用户再次发消息。"},
	},
	errcode.ReplyCountUsedUp: {
		text{"as many messages were sent as the user's last message allows", "用户上次发消息后允许回复的条数已用完"},
		text{"That is normal: the user has to write again first.", "这属正常情况：需等用户再次发消息。"},
	},
	errcode.SubscribeBanned: {
		text{"WeChat has banned the account or the template from subscription messages", "该账号或模板的订阅消息能力被封禁"},
		text{"The notices in the console (通知中心) say why and until when.", "原因和期限见公众平台的通知中心。"},
	},
	errcode.TemplateRestricted: {
		text{"WeChat has banned the template", "该模板已被封禁"},
		text{
			"The notices in the console (通知中心) say why. Take another template, and no marketing.",
			"原因见公众平台的通知中心。请改用其他模板，并避免营销内容。",
		},
	},
	errcode.ConcurrentSends: {
		text{"several messages to this user at one time", "同时给该用户发送了多条消息"},
		text{"Send them one after the other.", "请逐条发送。"},
	},
	errcode.TooManyToUser: {
		text{"too many messages to this user", "给该用户发送的消息过多"},
		text{"Wait some minutes. Others are not concerned.", "请等几分钟，其他用户不受影响。"},
	},
	errcode.MarketingContent: {
		text{"WeChat takes the text for marketing", "内容被认为是营销"},
		text{"A template message must inform about what the user did or has.", "模板消息只能用于服务通知。"},
	},
	errcode.ForbiddenWords: {
		text{"the text has words that WeChat does not allow", "内容含有违禁词"},
		text{"Change the text.", "请修改内容。"},
	},
	errcode.HeldForReview: {
		text{"WeChat holds the message for review: it is neither sent nor refused", "消息进入审核：既未发送也未拒绝"},
		text{
			"WeChat decides within 30 minutes and sends it itself. Do not send it again, by no other way either.",
			"微信会在 30 分钟内决定并自行下发。请勿重发，也不要改用其他渠道。",
		},
	},
	errcode.TemplateAccountKind: {
		text{"this kind of account has no subscription templates", "该类型账号没有订阅消息模板"},
		text{"Look at -account. A service account must be verified (微信认证).", "请检查 -account；服务号需要已认证。"},
	},
	errcode.InvalidCode: {
		text{"the login code is invalid or too old", "登录 code 无效或已过期"},
		text{"Take a fresh one of wx.login: it works once, for some minutes, in its own Mini Program.", "请重新调用 wx.login：code 几分钟内有效，只能在所属小程序用一次。"},
	},
	errcode.CodeUsed: {
		text{"the login code was used before", "登录 code 已被使用过"},
		text{"Take a fresh one of wx.login: it works once.", "请重新调用 wx.login：code 只能用一次。"},
	},
	errcode.RIDNotFound: {
		text{"WeChat does not know this rid", "微信查不到这个 rid"},
		text{"It knows those of the last seven days, and needs some seconds for a new one.", "只能查询七天内的 rid；刚产生的需要等几秒。"},
	},
	errcode.InvalidRID: {
		text{"this is no rid", "rid 格式不对"},
		text{"It stands at the end of an errmsg: three groups of eight digits, such as 61725984-6126f6f9-040f19c4.", "rid 在 errmsg 的末尾，形如 61725984-6126f6f9-040f19c4。"},
	},
	errcode.ForeignRID: {
		text{"the rid is another account's", "这个 rid 属于别的账号"},
		text{"Look at -account.", "请检查 -account。"},
	},
	errcode.RIDTooOld: {
		text{"the rid is older than seven days", "这个 rid 已超过七天"},
		text{"WeChat does not keep it any longer.", "微信不再保留。"},
	},
	errcode.APIPathMismatch: {
		text{"the path is none of this kind of account, or has no quota", "该接口不属于此类账号，或没有调用额度"},
		text{"Look at -account. Paths below /sns/ have no quota.", "请检查 -account。/sns/ 下的接口没有额度。"},
	},
	errcode.InvalidAPIPath: {
		text{"WeChat does not know the path", "微信不认识这个接口路径"},
		text{"It begins with / and has no host, such as /cgi-bin/message/custom/send.", "路径以 / 开头且不含域名，如 /cgi-bin/message/custom/send。"},
	},
}

// classes are what to do about codes without words of their own.
var classes = map[errcode.Class]text{
	errcode.BadCredentials:  {"A setting of the account is wrong: see the console under development settings (开发设置).", "账号设置有误，请检查公众平台的「开发设置」。"},
	errcode.IPNotAllowed:    {"Have the administrator allow this address.", "请管理员放行该 IP。"},
	errcode.RateLimited:     {"Wait, and call more slowly.", "请稍候并降低调用频率。"},
	errcode.QuotaExhausted:  {"The allowance is used up: wait, or raise it in the console.", "额度已用完：请等待，或在公众平台提高额度。"},
	errcode.InvalidArgument: {"The request is wrong and stays wrong: mend it.", "请求有误，重试无用，请修改。"},
	errcode.ContentRejected: {"The content did not pass WeChat's review: change it.", "内容未通过审核，请修改。"},
	errcode.UserUnreachable: {"That is normal: this user cannot be reached this way now.", "这属正常情况：目前无法通过此方式联系该用户。"},
	errcode.NoPermission:    {"The account lacks the right: see the console.", "账号没有权限，请查看公众平台。"},
	errcode.ServerBusy:      {"Trouble on WeChat's side: try again in a few seconds.", "微信侧故障，请稍后重试。"},
	errcode.OutcomeOpen:     {"Do not send it again.", "请勿重发。"},
}

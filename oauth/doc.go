// Package oauth tells who a user is, and who is the same person in another account.
//
// [Client.Login] logs a user of a Mini Program in (小程序登录); beside it are the session key, the phone number
// and the data that the Mini Program gets encrypted. [Web] authorises visitors of web pages (网页授权), inside
// WeChat or by a QR code. [Client.User] and its neighbours look up the followers of a service account
// (用户管理), with their tags, remarks and the blacklist.
//
// # One person, many OpenIDs
//
// WeChat gives one person another OpenID in each account, and an OpenID is good for nothing in any other. The
// UnionID is the same in all accounts that are bound to one Open Platform account (微信开放平台). A [Directory]
// joins the accounts by it: given a user of the Mini Program, it finds the follower of the service account,
// who can be sent template messages. A UnionID is missing wherever an account is not bound, and for users of
// before the binding until WeChat is asked about them again: never make it the key of a user.
//
// # Secrets
//
// Session keys and the tokens of visitors have type [wechat.Secret], which does not print. Keep them on the
// server. Codes of any kind work once and live minutes; what takes one is never repeated by itself where it
// may have arrived.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/union-id.html
package oauth

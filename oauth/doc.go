// Package oauth tells who a user is: it logs users of a Mini Program in (小程序登录), authorises visitors of
// web pages (网页授权), and looks up the followers of a service account (用户管理).
//
// WeChat gives one person another OpenID in each account. The UnionID is the same in all accounts that are
// bound to one Open Platform account (微信开放平台), and so joins them: a [Directory] finds the follower of the
// service account who is also the user of the Mini Program.
//
// Session keys, user tokens and the like are of type [wechat.Secret], which does not print.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/union-id.html
package oauth

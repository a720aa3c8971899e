// Package customerservice sends customer-service messages (客服消息) and manages the agents, sessions and
// sub-merchants behind them, for Mini Programs and for verified official accounts.
//
// An account may write to a user only for a while after the user did something, and only so often:
//
//	the user …                        Mini Program              official account
//	wrote to the account              5 messages in 48 hours    5 messages in 48 hours
//	entered the chat (user_enter_…)   2 messages in 1 minute    -
//	tapped a menu button              -                         3 messages in 1 minute
//	followed, or scanned a QR code    -                         3 messages in 1 minute
//	paid (service accounts)           -                         48 hours, by the older of WeChat's pages
//
// Do not count on a payment: the newest pages have no such row, no event tells of one, and accounts that tried have met
// [errcode.ReplyWindowClosed]. The payment must name the user's OpenID in the service account.
//
// Counts do not add up: what the user does sets count and time to the larger ones. WeChat changes these
// numbers now and then and has no call that tells what is left. When the time is over, sending gives
// [errcode.ReplyWindowClosed], when the count is used up [errcode.ReplyCountUsedUp]; WeChat mixes the two up
// at times, so treat them alike. Only the user can open the window again, a repetition cannot.
//
// Success means that WeChat took the message. Whether it arrived is never told.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/introduction/custom.html and
// https://developers.weixin.qq.com/doc/service/guide/product/kf/intro.html
package customerservice

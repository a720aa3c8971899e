// Package subscribe sends Mini Program subscription messages (小程序订阅消息) and manages their templates.
//
// A user accepts a template in a pop-up of the Mini Program. For a one-time template each acceptance allows
// one message, at any time later; for a long-term template, which only some public services get, one
// acceptance allows many. Without an acceptance left, sending gives [errcode.UserRefused]. WeChat has no call
// that tells how many are left: count the pop-up events.
//
// Ten million messages a day for a Mini Program, thirty million if it takes payments.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/subscribe-message.html
package subscribe

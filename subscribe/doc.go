// Package subscribe sends subscription messages and manages their templates.
//
// A user accepts a template in a pop-up. For a one-time template each acceptance allows one message, at any
// time later; for a long-term template, which only some public services get, one acceptance allows many.
// "Always keep" (总是保持以上选择) spares the user the pop-up, not the developer the acceptance. Without one
// left, sending gives [errcode.UserRefused], which is part of normal operation. WeChat has no call that
// tells how many are left: count the pop-up events.
//
// One wx.requestSubscribeMessage asks for up to five templates, all of them one-time or all long-term. Until the end of
// 2025 it was three, and WeChat does not say from which of its versions on five work: ask for the three that matter most
// first, and for the others on a later tap, if old clients count.
//
// Some long-term templates are limited (长期订阅限频消息): a message a day, or a month, for each value of a keyword that
// the template prescribes, such as a policy number. WeChat's list of templates does not tell them from others, and what
// it answers to a message that comes too early is not documented. So take a refusal of a long-term template soon after
// a success, [errcode.UserRefused] among them, for that limit rather than for the end of the consent: a user who
// unsubscribes gives a subscribe_msg_change_event.
//
// WeChat has three calls of this kind, and a call of the wrong kind of account answers
// [errcode.APIUnauthorized]:
//
//   - [Client.Send], for a Mini Program (小程序订阅消息): ten million messages a day, thirty million if it
//     takes payments;
//   - [Client.Notify], for a verified service account (服务号订阅通知);
//   - [Client.SendOneTime], for a verified official account (公众号一次性订阅消息), with an authorisation page in
//     place of the pop-up: [Client.OneTimeURL], [ParseOneTime].
//
// The template calls serve Mini Programs and verified service accounts alike; others get
// [errcode.TemplateAccountKind].
//
// Messages are checked before they are sent: the key of a value names its type, see [KeywordType]. [Fit]
// shortens what is too long, [Template.Check] compares with the template itself.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/subscribe-message.html
package subscribe

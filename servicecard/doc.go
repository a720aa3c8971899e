// Package servicecard shows the course of one service on a card among a Mini Program user's service notifications: an
// order from paid to signed for, a taxi on its way (服务卡片, also called 新版一次性订阅, the new one-time subscription).
//
// There is no pop-up. A code (notify_code) is the permission, for one card of one user: the number of an order that the
// user paid in this Mini Program, or what a button gave when the user started a service, see [Kind.FromOrder]. With it
// [Client.Set] activates the card in a first state, and changes it from state to state later:
//
//	card := servicecard.Card{OpenID: "o…", Kind: servicecard.Shopping, Code: "4200…"} // the transaction number
//	err := cards.Set(ctx, &servicecard.Update{
//		Card: card, State: servicecard.GoodsPaid, Page: "pages/order?id=77",
//		Content: servicecard.Goods{Products: products},
//		Payment: &servicecard.Payment{AmountFen: 1990, PaidAt: paidAt},
//	})
//	…
//	err = cards.Set(ctx, &servicecard.Update{
//		Card: card, Before: servicecard.GoodsPaid, State: servicecard.GoodsSent, Page: "pages/order?id=77",
//	})
//
// The template of the kind must have been added to the account first, by its [Kind.TitleID] and without keywords, with
// AddTemplate of package subscribe or in the console. Such a template is not for the pop-up, and not for subscription
// messages.
//
// # Times
//
// A card is activated within 24 hours after the payment, or five minutes after the button, and changed for 30 days, or 24
// hours, after that: activate it right away, in the handler of the payment rather than in a queue that wakes now and
// then. A state that nothing follows ends it sooner. [Info.Expires] is what WeChat says.
//
// # One after the other, and once
//
// WeChat gives a card no id by which it recognises a change sent twice, and takes one call at a time for a code: let one
// process at a time write to it. After a call whose outcome is open, which matches [wechat.ErrOutcomeUnknown], ask
// [Client.Get] for the state before the change is tried again.
//
// Success means that WeChat took the change. It decides by itself which changes notify the user and which fields
// show, so send all of both. That a notification did not arrive is told by an event, the CardFailed of package
// callback, that it did arrive by nothing: what must arrive wants another way. The card keeps the state all the same.
// WeChat asks not to send a subscription message about the same as well.
//
// # What is not certain
//
// The feature is young, and what is known of it incomplete. This package checks what WeChat's pages say about the calls,
// and of the tables of states those rows that a page of WeChat's has, see [Steps]. The rows marked [Step.Reported] come
// from the source of one public program, or are incomplete, and nothing is refused because of them. Kinds, states and
// fields that are not listed here pass through, and [Update.Fields] takes any. What is wrong in a table here, or more
// exact on a newer page, is mended by [WithSteps]; wechat.WithoutChecks leaves every word to WeChat.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/subscribe-message-2.html
package servicecard

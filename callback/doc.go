// Package callback receives what WeChat pushes to a server (消息推送): messages of users, follows, menu clicks, answers to
// subscription pop-ups, outcomes of sent messages. It is for mini programs, official accounts and third-party
// platforms.
//
//	h, err := callback.New(callback.Config{Apps: []callback.App{{
//		AppID: "wx…", Kind: callback.OfficialAccount, Token: "…", EncodingAESKey: "…",
//	}}})
//	callback.On(h, func(ctx context.Context, e *callback.Follow) (callback.Reply, error) {
//		return callback.TextReply{Content: "Welcome"}, nil
//	})
//	http.Handle("/wechat", h)
//
// [Handler] is an [http.Handler] that fits any router. It answers the check of the URL, verifies and decrypts pushes in
// XML and JSON, gives each a Go type, the same for both, and answers in the form and the encryption of the push.
//
// # What arrives
//
// Messages of users: [TextMessage], [ImageMessage], [VoiceMessage], [VideoMessage], [LocationMessage], [LinkMessage],
// [MiniProgramPageMessage]. Events of
//
//   - following: [Follow], [Unfollow], [Scan], [LocationReport]
//   - the menu: [MenuClick], [MenuView], [MenuMiniProgram], [MenuScan], [MenuPictures], [MenuLocation]
//   - subscription messages: [SubscribePopup], [SubscribeChange], [SubscribeSent]
//   - service cards: [CardFailed]
//   - other messages that were sent: [TemplateSent], [MassSent], [Published]
//   - customer service: [SessionEntered], [SessionCreated], [SessionClosed], [SessionSwitched]
//   - users' data: [UserInfoModified], [AuthorizationRevoked], [AuthorizationCancelled]
//   - the account's verification: [QualificationVerified], [QualificationRefused], [NamingVerified], [NamingRefused],
//     [RenewalDue], [VerificationExpired]
//   - content and conduct: [MediaChecked], [BadReview], [Punished]
//   - a third-party platform: [VerifyTicket], [Authorized], [AuthorizationUpdated], [Unauthorized]
//   - the test tool of WeChat's console: [DebugDemo]
//
// All else is [Unknown], with its raw form. [On] registers a function for one type, [Handler.Fallback] one for the rest.
//
// # What is refused
//
// The mode comes from [App.Mode], never from the request. A request is looked at in this order: method, query, time window,
// size of the body, signature over what is really used, nonce, decryption, app id, parsing, duplicates. What fails
// gets a 4xx, reaches no handler, and its reason goes to [Config.Observer]. In the encrypted modes nothing that came
// in clear is believed. [ModePlain] cannot give that: its signature does not cover the body.
//
// A body is read only where the query leaves it a chance: in ModePlain its signature must be right, in the encrypted modes
// there must be a msg_signature. The bodies of those who guess one, and lack the signature that WeChat puts into the
// query in all modes, share the memory of 32 bodies of [Config.MaxBody]; what is more is answered 503. So make sure that
// a proxy hands on the whole query.
//
// A recorded request of a push that has run runs nothing when it is sent again. Within a minute it cannot be told from a
// retry of WeChat's and is answered like one; later it is refused with [ErrReplay]; after [Config.Window] its
// signature is worth nothing. In ModePlain a nonce is bound to the body it first came with. A process that starts
// anew remembers none of this but what is in [Config.Store].
//
// # What runs once, and what may run again
//
// WeChat gives an answer five seconds and sends a push three times in all. Whether a retry is the same request or one
// with a new timestamp and nonce is not documented; both are taken for what they are, a push that was here before.
// Messages are known by sender, receiver and MsgId; everything else, and a message that has no MsgId or 0 for one, by its
// whole content.
//
//   - A push whose handler returned without an error does not run again while its signature could be replayed
//     (twice [Config.Window], and a minute more): retries get the same reply without a run. The one limit is the
//     size of the memory, see [MemoryStore].
//   - A push whose handler failed, by an error or a panic, within [Config.AnswerWithin] is answered 500 and runs
//     again when WeChat retries. So a handler must bear to run again after it has failed: what it did before
//     the error is not undone. WeChat documents retries for missing answers; that it retries after a 500 is
//     likely, but not documented. When all three fail, users of an official account see a notice that it is out
//     of order.
//   - A retry that comes while the push still runs waits for the outcome.
//   - A handler that takes longer than [Config.AnswerWithin] goes on after WeChat has got "success". From then on
//     the push counts as done: if the handler fails later, WeChat does not know, and nothing runs again. Its late
//     reply goes to [Config.Late].
//   - A process that dies while a handler runs leaves the push unfinished: a retry runs again once the claim has
//     expired, six seconds after the push came. A process that dies after the answer loses what was running.
//   - A reply that WeChat would refuse is not sent. The push is done, for its handler was.
//
// Without [Config.Store] this holds within one process, until it ends. With one it holds for all that share it. When the
// store is down a push runs once in each process that gets it, and is never lost for that reason.
//
// In short: not at most once and not at least once, but once unless something fails. What must never happen twice
// belongs into a transaction that has the MsgId or OpenID and CreateTime for a key.
//
// WeChat does not promise any order.
//
// # The end
//
// [Handler.Shutdown] waits for the handlers that still run; call it after [http.Server.Shutdown]. Behind a proxy, pass
// query and body on unchanged. A body that dribbles in is cut off; for headers that do, set
// [http.Server.ReadHeaderTimeout].
//
// # Testing
//
// Package callbacktest makes signed, encrypted requests for tests of handlers.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/guide/dev/push/,
// https://developers.weixin.qq.com/miniprogram/dev/framework/server-ability/message-push.html
package callback

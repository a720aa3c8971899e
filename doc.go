// Package wechat is the client of WeChat's server API for messages: Mini Program subscription messages,
// service-account template messages, customer-service messages, and what they need around them.
//
// A [Client] stands for one account, a Mini Program or a service account. It gets the access token, sends
// requests, repeats what is safe to repeat and turns WeChat's answers into errors. The calls themselves
// are in sub-packages that each take a Client:
//
//	client, err := wechat.New(wechat.Config{AppID: "wx…", AppSecret: "…"})
//	…
//	msgID, err := subscribe.New(client).Send(ctx, &subscribe.Message{…})
//
// Make one Client for an account and keep it: it holds the token and the connections. It never changes
// and is safe for concurrent use.
//
// # Errors
//
// What WeChat refuses is an *[errcode.Error]; errors.Is compares it with a code (errcode.UserRefused) or
// a class of codes (errcode.InvalidArgument). A request that breaks a documented rule is not sent and
// gives an *[errcode.FieldError]. A call without an HTTP answer gives a *[TransportError], an answer that
// is not WeChat's a *[ResponseError]. Where WeChat may have carried out a call that failed, the error also
// matches [ErrOutcomeUnknown]; with [WithAPISecurity], an answer that is not proved to be WeChat's matches
// [ErrUnverified].
//
// No error, log line or observer event holds a secret, an OpenID or the text of a message, and no value of this module
// prints a secret. SECURITY.md says what cannot be prevented: a [Secret] in an unexported field of a program's own struct,
// encoding/gob, the difference of two values that a test library shows.
//
// # What is repeated
//
// A call is tried again, at most twice, when it never left (no connection, or a stream that HTTP/2 says was not
// processed), when WeChat answered −1 (busy), and once with a new token when WeChat rejected the token. 45011
// (minute quota), and 85437 for the number of a payment just made, are waited for if the context's deadline leaves the
// minute. A timeout or a broken connection after the request left is repeated only for calls where that does no harm:
// reads, and writes that WeChat recognises as the same. By itself net/http repeats nothing but a GET whose idle HTTP/1
// connection turns out to be closed.
package wechat

// Package otelwechat makes OpenTelemetry spans and metrics of what this SDK does: calls, token requests, pushes, reminders.
//
//	t, err := otelwechat.New() // the global providers
//	client, err := wechat.New(cfg, wechat.WithObserver(t.ObserveCall))
//	manager, err := token.NewManager(token.Config{…, Observer: t.ObserveFetch})
//	handler, err := callback.New(callback.Config{…, Observer: t.ObserveReports(callback.LogReport)})
//	handler.Use(t.Push)
//	notifier, err := notify.New(notify.Config{…, Observer: func(ctx context.Context, e notify.OutcomeEvent) {
//		t.ObserveReminder(ctx, otelwechat.Reminder{State: string(e.State), Door: e.Door, Late: e.Late})
//	}})
//
// The module needs OpenTelemetry's API alone, and of this SDK the root module: package notify, with its databases, is not
// among what it links. [Telemetry.StartSend] is for the doors of a notifier.
//
// # What is in it
//
// Nothing is taken from an address, a header, a body or the text of an error, so that no token, AppSecret, code, OpenID or
// message can be in a span, a metric or an exemplar, and whatever the program's own errors and panics say stays out, too. An
// attribute has the name of a call, an endpoint, a number, the AppID, a name out of a list of this package's, or the type
// of an error. A sampler is told of what call, push or door a span is. No traceparent and no baggage goes to WeChat.
//
// # Calls
//
// Each request is a client span by the name of its call, such as "subscribe.Send", which begins and ends with the request, and a
// value of the histogram rpc.client.call.duration (seconds). WeChat's API is taken for an RPC system named "wechat":
//
//	rpc.method                 the call: "subscribe.Send"; "token.Fetch" for a token
//	url.template               the endpoint: "/cgi-bin/message/subscribe/send"
//	rpc.response.status_code   the errcode: "0", "43101"; absent without an answer of WeChat's
//	wechat.errcode.class       what it means here, in the words of package errcode
//	error.type                 why it failed: the errcode, or one of the words below
//
// and, on spans only,
//
//	http.request.method        as it says
//	http.response.status_code  as it says
//	http.request.resend_count  how many requests of this call went before
//	wechat.rid                 WeChat's request id, for its support
//	wechat.token.forced        WeChat was asked to replace a token
//
// The words are "timeout", "canceled", "proxy" (it refused), "connect" (nothing was sent), "connection" (something may have
// been), "answer" (not WeChat's JSON; an HTTP status stands here from 300 on), "unverified" (API security) and "_OTHER".
// A user who cannot be reached, and what was done before, are part of normal operation: they are no error of a span and have
// no error.type. The observer hears of a call after each request, so a span has no children; a span of otelhttp, put in by
// wechat.WithTransportMiddleware, is its neighbour below the same parent. A token is fetched for many callers, so its span has
// no parent.
//
// # Pushes
//
// Each run of a handler is a consumer span "process subscribe_msg_popup_event" and a value of messaging.process.duration
// (seconds), with messaging.system "wechat", messaging.destination.name (the AppID), wechat.push.type (the event, message
// or info type in lower case; "_OTHER" where package callback has no type of its own for it), and error.type: the Go type of
// the handler's error, or "panic". [Telemetry.ObserveReports] counts in wechat.push.reports what was refused or otherwise than usual,
// by error.type (such as "signature" or "duplicate") and http.response.status_code.
//
// Do not put otelhttp around the handler without thinking of the query: WeChat's pushes carry a signature and, to official
// accounts, the OpenID there. otelhttp v0.72.0 leaves the query out.
//
// # Reminders
//
// wechat.reminder.outcomes counts by wechat.reminder.state and wechat.reminder.door, wechat.reminder.lateness (seconds, by
// door) says how late accepted ones were. [Telemetry.StartSend] makes the span of a send, "remind template", with the call
// below it, and wechat.reminder.send.duration.
//
// # Cost
//
// Where no observer and no layer is set, the SDK allocates nothing for any of this. Of a call without a network, on which 6 µs
// and 43 allocations go, the API's no-op providers make 52 allocations, metrics 57, spans and metrics 64 and 8 µs; see the
// module's benchmark.
package otelwechat

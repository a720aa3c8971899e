package wechat

import (
	"net/http"

	"github.com/wechatkit/wechat/internal/rest"
)

// WithTransportMiddleware puts layers around the transport of all requests, for a tracer, a logger or a dumper, the first
// one outermost; what a further use of the option brings stands within. With OpenTelemetry's otelhttp:
//
//	wechat.WithTransportMiddleware(func(next http.RoundTripper) http.RoundTripper { return otelhttp.NewTransport(next) })
//
// Around the Transport of [WithHTTPClient] the same tracer writes access token and AppSecret into its spans, for there they
// are in the address. Here they are not yet. A layer sees, of each attempt,
//
//   - method, scheme, host and path, and never a query: tokens, AppSecret, codes, signatures and OpenIDs travel there;
//   - the headers but those of a signature or a key;
//   - the JSON of the body, in clear where [WithAPISecurity] seals it. It holds OpenIDs and the texts of messages;
//   - status, headers and body of the answer, as it came, with masks where it repeats token or AppSecret of its request;
//   - the error of the transport without secrets, OpenIDs and texts;
//   - by net/http/httptrace, in the context, everything but headers, among which HTTP/2 has the address.
//
// No bodies are seen of requests for tokens and tickets, of logins, of [Account.LookupRID], and of whatever else has
// [Call.Private] or [AuthSecret], nor of files in both directions, nor of answers over 64 KiB: they are empty there.
//
// A layer may add headers, but for those that choose how the answer is written, such as Accept-Encoding. It may wait, and may
// give an error, or an answer of its own, in place of asking WeChat; once it has passed the request on, WeChat's answer counts or
// none. What the context of a request holds is not printed, but a printer that follows unexported fields finds it. A layer does not
// change what else is sent, nor the answer that came. Where it changes method or address, as one that follows redirects
// does, repeats a request ([WithRetry] does that), or drops the context of the request, the call fails and nothing is sent
// for it. Requests that look alike need not be the same: a layer must not answer one with the answer to another.
//
// The Transport of [WithHTTPClient], its proxy, HTTP/2 and any mock in its place stay below the layers. A source of
// [WithTokenSource] has a TransportMiddleware of its own in its configuration.
func WithTransportMiddleware(layers ...func(http.RoundTripper) http.RoundTripper) Option {
	return func(s *settings) error {
		if len(layers) == 0 {
			return fieldErrorf("WithTransportMiddleware", "no layer")
		}
		if err := rest.CheckMiddleware(layers); err != nil {
			return fieldErrorf("WithTransportMiddleware", "%v", err)
		}
		s.middleware = append(s.middleware[:len(s.middleware):len(s.middleware)], layers...)
		return nil
	}
}

// confidential reports whether the call holds, or gets, something that opens.
func (c *Call) confidential() bool { return c.Auth == AuthSecret || c.Private != nil }

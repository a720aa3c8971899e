package wechat

import (
	"fmt"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/outcome"
	"github.com/wechatkit/wechat/internal/rest"
)

// ErrOutcomeUnknown marks an error after which it is open whether WeChat carries out the call: the request
// left, but no answer came that says, or the answer is that WeChat has not decided ([errcode.OutcomeOpen]). Such a
// call is not repeated by itself, because WeChat could deliver a message twice; for the same reason take no other way
// to the same user. errors.Is finds it.
var ErrOutcomeUnknown = outcome.ErrUnknown

// TransportError is a call that got no HTTP answer: no connection, a timeout, a reset. Its fields are
// Method, Path (without the query, which carries secrets), Sent (WeChat may have carried the request out: part
// of it left, and HTTP/2 did not say that the stream was refused) and Err (the cause, which errors.Is and
// errors.As see through).
//
// Secrets, OpenIDs and the texts of a message, from six bytes on, are masked wherever they stand in what others say: in
// the text of a cause, an errmsg, a gateway's page. A word that these would say anyway is masked too where the message
// has the same. What an error is does not depend on that: errors.Is and errors.As find the same in it. Of an error that
// holds such a text, whatever its type, errors.As gives a copy with masks, the same each time, which is that error for
// errors.Is. Only what has a lock in it, or says what a request, a connection or the like behind a pointer says, cannot be
// copied: that is found as your transport made it, unless it shows a secret.
type TransportError = rest.TransportError

// ResponseError is an HTTP answer that is not WeChat's JSON: a gateway's page, an empty or truncated body, a
// body over 32 MiB, a redirect. Its fields are Method, Path, Status, ContentType, Reason and Excerpt, the
// first characters of a body that is not JSON.
type ResponseError = rest.ResponseError

// ProxyError is the cause of a [TransportError] where a proxy on the way to WeChat refused to connect; WeChat was not
// asked. Its fields are Proxy (host and port), Status (HTTP) and Reason (the proxy's words). Of a proxy behind an
// [net/http.RoundTripper] that is not an *[net/http.Transport] only the words are known, and only where they are those of a
// status.
type ProxyError = rest.ProxyError

// fieldErrorf returns the finding of a local check.
func fieldErrorf(field, format string, args ...any) error {
	return &errcode.FieldError{Op: "wechat", Field: field, Reason: fmt.Sprintf(format, args...)}
}

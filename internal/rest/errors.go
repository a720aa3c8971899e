package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/wechatkit/wechat/internal/secret"
)

// TransportError is a call that got no HTTP answer.
type TransportError struct {
	Method string
	Path   string // without host and query: the query carries secrets
	Sent   bool   // the request may have been carried out: part of it left, and HTTP/2 did not take that back
	Err    error  // the cause, cleaned of secrets
}

// Error returns method, path and cause.
func (e *TransportError) Error() string { return e.Method + " " + e.Path + ": " + e.Err.Error() }

// Unwrap gives the cause, so that errors.Is finds context.DeadlineExceeded, syscall.ECONNREFUSED and the like.
func (e *TransportError) Unwrap() error { return e.Err }

// ResponseError is an HTTP answer that is not WeChat's JSON: a gateway's error page, an empty or truncated
// body, a body over the limit, a redirect.
type ResponseError struct {
	Method      string
	Path        string // without host and query
	Status      int    // HTTP status
	ContentType string
	Reason      string // what was wrong
	Excerpt     string // the first characters of a body that is not JSON, cleaned of secrets
}

// Error returns method, path, status and what was wrong.
func (e *ResponseError) Error() string {
	var b strings.Builder
	b.WriteString(e.Method + " " + e.Path + ": HTTP " + strconv.Itoa(e.Status) + ": " + e.Reason)
	if e.Excerpt != "" {
		b.WriteString(": " + strconv.Quote(e.Excerpt))
	}
	return b.String()
}

// Timeout is the cause where a limit of this module ended a call. It is context.DeadlineExceeded for
// errors.Is, and a timeout for net.Error.
type Timeout time.Duration

// Error returns "no answer within 10s".
func (t Timeout) Error() string { return "no answer within " + time.Duration(t).String() }

// Timeout is part of net.Error.
func (t Timeout) Timeout() bool { return true }

// Temporary is part of net.Error.
func (t Timeout) Temporary() bool { return true }

// Is makes errors.Is(err, context.DeadlineExceeded) true.
func (t Timeout) Is(target error) bool { return target == context.DeadlineExceeded }

// Ended returns why ctx ended: the [Timeout] where it was one, else ctx.Err().
func Ended(ctx context.Context) error {
	var t Timeout
	if errors.As(context.Cause(ctx), &t) {
		return t
	}
	return ctx.Err()
}

// dialFailed reports whether no connection came about, so that nothing can have been sent.
func dialFailed(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect") {
		return true
	}
	var dns *net.DNSError
	return errors.As(err, &dns)
}

// excerpt returns the first characters of a body that is not JSON. JSON is left out: it may hold an
// OpenID or a message.
func excerpt(body []byte, c *cover) string {
	const most = 80
	text := string(bytes.TrimSpace(head(body, most, c)))
	if text == "" || text[0] == '{' || text[0] == '[' || text[0] == '"' && json.Valid(body) {
		return ""
	}
	text = strings.Map(printable, c.quiet(text))
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "…"
	}
	return text
}

// head returns so much of data that its first characters, most of them, can be shown once the secrets are masked:
// no secret that begins among these is cut, however it is escaped.
func head(data []byte, most int, c *cover) []byte {
	const escaped = 12 // bytes that stand for one, as in \\u0061 within a JSON text
	longest := max(len(secret.Mask), c.longest())
	masks := most/len(secret.Mask) + 1
	return data[:min(len(data), escaped*(most+masks*longest))]
}

func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return ' '
}

// NewResponseError describes an answer that could not be read. Reason is in the module's own words.
func NewResponseError(req *Request, a *Answer, reason string) *ResponseError {
	c := req.cover()
	return &ResponseError{
		Method: req.Method, Path: req.Path, Status: a.Status,
		ContentType: c.quiet(a.Header.Get("Content-Type")),
		Reason:      reason, Excerpt: excerpt(a.Body, c),
	}
}

func tooLarge(limit int64) string {
	return fmt.Sprintf("body over the limit of %d bytes", limit)
}

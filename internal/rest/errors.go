package rest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// TransportError is a call that got no HTTP answer.
type TransportError struct {
	Method string
	Path   string // without host and query: the query carries secrets
	Sent   bool   // part of the request may have reached WeChat
	Err    error  // the cause, cleaned of secrets
}

// Error returns method, path and cause.
func (e *TransportError) Error() string { return e.Method + " " + e.Path + ": " + e.Err.Error() }

// Unwrap gives the cause, so that errors.Is finds context.DeadlineExceeded, syscall.ECONNREFUSED and the like.
func (e *TransportError) Unwrap() error { return e.Err }

// AnswerError is an HTTP answer that is not WeChat's JSON: a gateway's error page, an empty or truncated
// body, a body over the limit, a redirect.
type AnswerError struct {
	Method      string
	Path        string // without host and query
	Status      int    // HTTP status
	ContentType string
	Reason      string // what was wrong
	Excerpt     string // the first characters of a body that is not JSON, cleaned of secrets
}

// Error returns method, path, status and what was wrong.
func (e *AnswerError) Error() string {
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

// opaqueError stands in for an error whose own text, or that of an error within, shows a secret.
type opaqueError struct {
	text   string
	causes []error
}

func (e *opaqueError) Error() string { return e.text }

// Is keeps the few causes that callers ask for; the error itself must stay out of reach.
func (e *opaqueError) Is(target error) bool {
	for _, c := range e.causes {
		if c == target {
			return true
		}
	}
	return false
}

// clean returns err without the URL and without any of the secrets in its text. It is the one place
// through which every transport failure of this module passes.
func clean(err error, secrets []string) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err // net/http wraps once; the URL with its query goes with the wrapper
	}
	text := err.Error()
	redacted := Redact(text, secrets)
	if redacted == text && !errors.As(err, &ue) {
		return err
	}
	opaque := &opaqueError{text: redacted}
	for _, cause := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, cause) {
			opaque.causes = append(opaque.causes, cause)
		}
	}
	return opaque
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
func excerpt(body []byte, secrets []string) string {
	const most, window = 80, 4096 // the window is wide enough that no secret is cut before it is masked
	text := strings.TrimSpace(string(body[:min(len(body), window)]))
	if text == "" || text[0] == '{' || text[0] == '[' {
		return ""
	}
	text = strings.Map(printable, quiet(text, secrets))
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "…"
	}
	return text
}

func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return ' '
}

// NewAnswerError describes an answer that could not be read. Reason is in the module's own words.
func NewAnswerError(req *Request, a *Answer, reason string) *AnswerError {
	return &AnswerError{
		Method: req.Method, Path: req.Path, Status: a.Status, ContentType: a.Header.Get("Content-Type"),
		Reason: reason, Excerpt: excerpt(a.Body, req.carried()),
	}
}

func tooLarge(limit int64) string {
	return fmt.Sprintf("body over the limit of %d bytes", limit)
}

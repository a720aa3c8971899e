package rest

import (
	"context"
	"errors"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
)

// Unprocessed is the cause of a [TransportError] where part of a request left, but HTTP/2 promises that nothing was
// done with it (RFC 9113, 8.7): the stream was refused, or the connection was ended below it.
type Unprocessed struct{ Err error }

// Error returns the cause's text.
func (e *Unprocessed) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *Unprocessed) Unwrap() error { return e.Err }

// errRepeated stands in for the error of a request without a body that net/http was about to repeat by itself. It does
// not say which ending of HTTP/2 it had met.
var errRepeated = errors.New("HTTP/2: the stream ended without an answer")

// net/http tells its endings of HTTP/2 apart by errors that it does not export, and where it would have liked to
// repeat the request, but must not, by text alone. A text that changes makes of an unprocessed request one that may
// have arrived, which is the safe side.
const (
	notRepeated, notRepeatedEnd = "http2: Transport: cannot retry err [", "] after Request.Body was written"

	streamError   = "stream error: stream ID "
	refusedStream = "; REFUSED_STREAM"
	goAwayBelow   = "http2: Transport received Server's graceful shutdown GOAWAY" // the stream is above its last
	goAwayError   = "http2: Transport received GOAWAY from server ErrCode:"       // likewise, with an error
	unusable      = "http2: client conn not usable"
	noRewind      = "net/http: cannot rewind body after connection loss" // with no GetBody: before anything is written
)

// streamEnd looks in err for what net/http says of the end of a stream. Text is its own, without the advice to
// define a GetBody; it is "" where there is nothing of the kind.
func streamEnd(err error) (text string, unprocessed bool) {
	for ; err != nil; err = errors.Unwrap(err) {
		text, _ = textOf(err)
		_, inner, wrapped := strings.Cut(text, notRepeated)
		if wrapped {
			text, _, _ = strings.Cut(inner, notRepeatedEnd)
		}
		switch {
		case strings.HasPrefix(text, streamError) && strings.Contains(text, refusedStream),
			text == goAwayBelow, strings.HasPrefix(text, goAwayError), text == unusable, text == noRewind:
			return text, true
		case wrapped:
			return text, false
		}
	}
	return "", false
}

// repetition notices that net/http is about to repeat a request over HTTP/2 by itself. It does so where there is no
// body, or one that it can have again; requests with a body are not given to it that way. Over HTTP/1 it repeats
// only what it did not write, and reads on a connection that had been idle, and is left to it.
type repetition struct {
	http2   atomic.Bool
	pending atomic.Bool // a request was written and nothing has come back
	found   atomic.Bool
}

// forbid makes the repetition end with the context that it returns, before it is written.
func (r *repetition) forbid(ctx context.Context, trace *httptrace.ClientTrace) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	wroteHeaders, gotConn := trace.WroteHeaders, trace.GotConn
	trace.WroteHeaders = func() {
		wroteHeaders()
		r.pending.Store(true)
	}
	trace.WroteHeaderField = func(key string, _ []string) {
		if strings.HasPrefix(key, ":") {
			r.http2.Store(true)
		}
	}
	trace.GotFirstResponseByte = func() { r.pending.Store(false) }
	trace.GotConn = func(info httptrace.GotConnInfo) {
		gotConn(info)
		if r.http2.Load() && r.pending.Load() {
			r.found.Store(true)
			cancel()
		}
	}
	return ctx, cancel
}

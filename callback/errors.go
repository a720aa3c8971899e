package callback

import (
	"errors"
	"net/http"
)

// The reasons to refuse a request. A refused request reaches no handler and is answered with a 4xx; the reason goes
// to [Config.Observer] only, never to the sender.
var (
	// ErrMethod: neither GET nor POST. Answered 405.
	ErrMethod = errors.New("callback: method is neither GET nor POST")
	// ErrTooLarge: the body is longer than Config.MaxBody. Answered 413.
	ErrTooLarge = errors.New("callback: body too large")
	// ErrBody: the body broke off or did not arrive in time. Answered 400.
	ErrBody = errors.New("callback: body could not be read")
	// ErrQuery: timestamp, nonce or a signature is missing, malformed or there twice. Answered 403, as all that is
	// wrong with a query is before any of the body is read.
	ErrQuery = errors.New("callback: query parameter missing, malformed or repeated")
	// ErrMode: a plain push where the mode is encrypted, or the other way round. Answered 403. A genuine query without
	// msg_signature is enough to tell.
	//
	// After the mode was switched in WeChat's console, pushes of the old mode may come for some minutes.
	ErrMode = errors.New("callback: push is not in the configured mode")
	// ErrSignature: no configured token makes this signature. Answered 403.
	ErrSignature = errors.New("callback: signature does not match")
	// ErrStale: the signed timestamp is further from now than Config.Window. Answered 403.
	//
	// If it happens all the time, the clock of this machine is wrong.
	ErrStale = errors.New("callback: timestamp outside of the time window")
	// ErrReplay: a recorded request was sent again, later than WeChat retries; or, in ModePlain, its signature under
	// another body. Answered 403.
	ErrReplay = errors.New("callback: request replayed")
	// ErrDecrypt: no configured EncodingAESKey opens the message. Answered 403.
	ErrDecrypt = errors.New("callback: message cannot be decrypted")
	// ErrAppID: the message is for another app. Answered 403.
	ErrAppID = errors.New("callback: message is for another app")
	// ErrParse: neither XML nor JSON, or with a document type, too deep, too many elements. Answered 400.
	ErrParse = errors.New("callback: message cannot be parsed")
)

// What else is reported. None of these is the sender's fault.
var (
	// ErrDuplicate: the push ran before and was answered again without running. WeChat's own retries end here.
	ErrDuplicate = errors.New("callback: push has run before")
	// ErrBusy: Config.MaxRunning handlers are running, or another process is at this very push, or senders who have
	// proved nothing have used up the memory for their bodies. Answered 503.
	ErrBusy = errors.New("callback: too busy")
	// ErrClosed: Shutdown was called. Answered 503, so that WeChat tries another machine.
	ErrClosed = errors.New("callback: handler is closed")
	// ErrHandler wraps the error of a handler. Answered 500, or not at all if the answer was out already.
	ErrHandler = errors.New("callback: handler failed")
	// ErrPanic: a handler panicked or ended its goroutine. Answered as ErrHandler is.
	ErrPanic = errors.New("callback: handler panicked")
	// ErrReply: the handler's reply breaks a rule of WeChat's. Answered "success", for the handler did its work.
	ErrReply = errors.New("callback: reply cannot be sent")
	// ErrLate: the handler's reply came after the answer and was given to Config.Late, or dropped without one.
	ErrLate = errors.New("callback: reply came too late")
	// ErrNoResult: an event of a known name says nothing of what it is about, such as a subscription event without any
	// template. WeChat may have given it another shape. It goes to its handler as it is, which finds the whole of it in
	// [Raw].
	ErrNoResult = errors.New("callback: event without its result")
	// ErrStore: Config.Store failed. The push went on with the memory of this process alone.
	ErrStore = errors.New("callback: duplicate store failed")
)

// statusOf returns the HTTP status a refusal is answered with.
func statusOf(err error) int {
	switch {
	case errors.Is(err, ErrMethod):
		return http.StatusMethodNotAllowed
	case errors.Is(err, ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, ErrBody), errors.Is(err, ErrParse):
		return http.StatusBadRequest
	case errors.Is(err, ErrBusy), errors.Is(err, ErrClosed):
		return http.StatusServiceUnavailable
	case errors.Is(err, ErrHandler), errors.Is(err, ErrPanic):
		return http.StatusInternalServerError
	}
	return http.StatusForbidden
}

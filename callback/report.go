package callback

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// Report tells what went wrong, or otherwise than usual, with one request. It holds no secret, no OpenID and no
// message text, unless the error of a handler does.
type Report struct {
	// Err wraps one of the sentinel errors of this package; compare with errors.Is.
	Err error
	// Status is the HTTP status of the answer, 0 for what did not decide it, such as ErrStore, or came after it.
	Status int
	// AppID is the account, "" as long as no signature matched.
	AppID string
	// MsgType, Event and InfoType say what the push is, "" before it was read.
	MsgType, Event, InfoType string
	// RemoteAddr is the sender's address as the server saw it: behind a proxy, the proxy's.
	RemoteAddr string
	// Panic is the value a handler panicked with, and Stack where. The value may hold anything: look before
	// logging it.
	Panic any
	Stack []byte
}

// describe fills in what the push is.
func (r Report) describe(p Push) Report {
	if p != nil {
		head := p.Head()
		r.AppID, r.MsgType, r.Event, r.InfoType = head.AppID, head.MsgType, head.Event, head.InfoType
	}
	return r
}

// LogReport writes r to log/slog's default logger. It is the default of [Config.Observer], for one of your own that wants
// the line as well.
func LogReport(ctx context.Context, r Report) {
	level := slog.LevelWarn
	switch {
	case errors.Is(r.Err, ErrDuplicate), errors.Is(r.Err, ErrMethod), errors.Is(r.Err, ErrQuery):
		level = slog.LevelDebug // of no interest, or a robot that tries out addresses
	case errors.Is(r.Err, ErrHandler), errors.Is(r.Err, ErrPanic), errors.Is(r.Err, ErrStore):
		level = slog.LevelError
	}
	attrs := make([]slog.Attr, 0, 8)
	add := func(name, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(name, value))
		}
	}
	add("app", r.AppID)
	add("type", r.MsgType)
	add("event", r.Event)
	add("info", r.InfoType)
	add("remote", r.RemoteAddr)
	if r.Status != 0 {
		attrs = append(attrs, slog.Int("status", r.Status))
	}
	if r.Panic != nil {
		add("panic", fmt.Sprintf("%T", r.Panic))
	}
	add("stack", string(r.Stack))
	slog.Default().LogAttrs(ctx, level, r.Err.Error(), attrs...)
}

// tagged is an error of ours with its cause, both of which callers may look for.
func tagged(tag, cause error) error { return fmt.Errorf("%w: %w", tag, cause) }

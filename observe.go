package wechat

import (
	"context"
	"log/slog"
	"time"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/token"
)

// CallEvent tells of one request to WeChat. It holds no secret, no OpenID and no text of a message.
type CallEvent struct {
	Op      string // the call, such as "subscribe.Send"; "token.Fetch" for a token
	Method  string // "" for a token
	Path    string // "" for a token
	Attempt int    // 1 for the first request of a call
	Start   time.Time
	// Duration from the request to the end of its answer, without waiting before it.
	Duration time.Duration
	Status   int          // HTTP status, 0 without an answer
	Code     errcode.Code // 0 on success and where there was no answer of WeChat's
	Err      error        // nil on success
}

// fetchObserver makes the observer hear of token requests too.
func (c *Client) fetchObserver() func(context.Context, token.FetchEvent) {
	if c.observer == nil {
		return nil
	}
	return func(ctx context.Context, e token.FetchEvent) {
		c.observer(ctx, CallEvent{
			Op: e.Op, Attempt: 1, Start: time.Now().Add(-e.Duration), Duration: e.Duration,
			Code: codeOf(e.Err), Err: e.Err,
		})
	}
}

// report tells observer and log of one attempt.
func (r *run) report(ctx context.Context, status int, err error) {
	c := r.client
	debug := c.log.Enabled(ctx, slog.LevelDebug)
	if c.observer == nil && !debug {
		return
	}
	e := CallEvent{
		Op: r.call.Op, Method: r.call.Method, Path: r.call.Path, Attempt: r.attempt,
		Start: r.started, Duration: time.Since(r.started), Status: status, Code: codeOf(err), Err: err,
	}
	if c.observer != nil {
		c.observer(ctx, e)
	}
	if debug {
		c.log.LogAttrs(ctx, slog.LevelDebug, "wechat request", e.attrs()...)
	}
}

func (e CallEvent) attrs() []slog.Attr {
	attrs := []slog.Attr{
		slog.String("op", e.Op), slog.Int("attempt", e.Attempt), slog.Duration("duration", e.Duration),
		slog.Int("status", e.Status), slog.Int64("errcode", int64(e.Code)),
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("err", e.Err.Error()))
	}
	return attrs
}

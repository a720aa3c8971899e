// Package within bounds calls that may not look at their context.
package within

import (
	"context"
	"time"

	"github.com/wechatkit/wechat/internal/rest"
)

// Call calls f with a context that ends after d, and leaves f to itself when that is over: the error then is a
// [rest.Timeout], or that of ctx.
func Call[T any](ctx context.Context, d time.Duration, f func(context.Context) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	ctx, cancel := context.WithTimeoutCause(ctx, d, rest.Timeout(d))
	defer cancel()
	done := make(chan result, 1)
	go func() {
		v, err := f(ctx)
		done <- result{v, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, rest.Ended(ctx)
	}
}

// Do is Call for a function that gives nothing but an error.
func Do(ctx context.Context, d time.Duration, f func(context.Context) error) error {
	_, err := Call(ctx, d, func(ctx context.Context) (struct{}, error) { return struct{}{}, f(ctx) })
	return err
}

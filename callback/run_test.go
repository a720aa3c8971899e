package callback_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
)

// retries returns the two ways in which WeChat may repeat a request: the same bytes, or signed anew.
func retries() map[string]func(b *bundle) func() *http.Request {
	return map[string]func(b *bundle) func() *http.Request{
		"same request": func(b *bundle) func() *http.Request {
			return func() *http.Request { return goldenRequest(b.app, textPush) }
		},
		"new nonce": func(b *bundle) func() *http.Request {
			return func() *http.Request { return b.sender().Push(textPush) }
		},
	}
}

func TestRetryOfFinishedPush(t *testing.T) {
	t.Parallel()
	for name, retry := range retries() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, secureApp())
			ran := 0
			callback.On(b.Handler, func(context.Context, *callback.TextMessage) (callback.Reply, error) {
				ran++
				return callback.TextReply{Content: "once"}, nil
			})
			next := retry(b)
			for range 3 {
				w := b.do(next())
				require.Equal(t, http.StatusOK, w.Code)
				reply, err := b.sender().Reply(w.Body.Bytes())
				require.NoError(t, err)
				require.Contains(t, reply, "once", "the retry brings the reply that may have been lost")
			}
			require.Equal(t, 1, ran)
			require.Len(t, b.reported(), 2)
		})
	}
}

func TestRetryAfterFailureRuns(t *testing.T) {
	t.Parallel()
	for name, retry := range retries() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, secureApp())
			ran := 0
			callback.On(b.Handler, func(context.Context, *callback.TextMessage) (callback.Reply, error) {
				ran++
				switch ran {
				case 1:
					return nil, errBoom
				case 2:
					panic("again")
				}
				return nil, nil
			})
			next := retry(b)
			require.Equal(t, http.StatusInternalServerError, b.do(next()).Code)
			require.ErrorIs(t, b.requireReport(t, callback.ErrHandler).Err, errBoom)

			require.Equal(t, http.StatusInternalServerError, b.do(next()).Code)
			report := b.requireReport(t, callback.ErrPanic)
			require.Equal(t, "again", report.Panic)
			require.Contains(t, string(report.Stack), "run_test.go")
			require.NotContains(t, report.Err.Error(), "again", "a panic may hold anything")

			require.Equal(t, http.StatusOK, b.do(next()).Code)
			require.Empty(t, b.reported())
			require.Equal(t, http.StatusOK, b.do(next()).Code)
			b.requireReport(t, callback.ErrDuplicate)
			require.Equal(t, 3, ran)
		})
	}
}

// TestRetryWhileRunning lets the connection of the first request break, so that the second waits for the first.
func TestRetryWhileRunning(t *testing.T) {
	t.Parallel()
	for name, retry := range retries() {
		for _, failing := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					b := setup(t, secureApp())
					var ran atomic.Int32
					callback.On(b.Handler, func(context.Context, *callback.TextMessage) (callback.Reply, error) {
						first := ran.Add(1) == 1
						time.Sleep(2 * time.Second) // of the bubble
						if first && failing {
							return nil, errBoom
						}
						return callback.TextReply{Content: "once"}, nil
					})
					next := retry(b)
					go b.do(next())
					time.Sleep(time.Second)
					w := b.do(next())
					require.Equal(t, http.StatusOK, w.Code)
					reply, err := b.sender().Reply(w.Body.Bytes())
					require.NoError(t, err)
					require.Contains(t, reply, "once")
					require.Equal(t, map[bool]int32{false: 1, true: 2}[failing], ran.Load())
				})
			})
		}
	}
}

func TestDuplicateAtTheEndOfItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &callback.MemoryStore{}
		b := setup(t, secureApp(), func(c *callback.Config) { c.Store = &otherMachine{Store: store} })
		w := b.do(b.sender().Push(textPush))
		require.Equal(t, http.StatusServiceUnavailable, w.Code, "WeChat is to try again")
		b.requireReport(t, callback.ErrBusy)

		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		start := time.Now()
		w = b.do(b.sender().Push(textPush).WithContext(ctx))
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		require.Less(t, time.Since(start), time.Second, "nobody waits for the answer")
		require.Empty(t, b.handled())
	})
}

// otherMachine is a store in which another machine is always at work on every push.
type otherMachine struct{ callback.Store }

func (o *otherMachine) Begin(ctx context.Context, key, owner string, lease time.Duration) (callback.Claim, error) {
	if strings.HasPrefix(key, "p:") {
		return callback.Claim{State: callback.Running}, nil
	}
	return o.Store.Begin(ctx, key, owner, lease)
}

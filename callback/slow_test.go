package callback_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
)

func TestSlowHandler(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var late []callback.Reply
		b := setup(t, secureApp(), func(c *callback.Config) {
			c.Late = func(ctx context.Context, p callback.Push, r callback.Reply) {
				require.NoError(t, ctx.Err())
				require.Equal(t, "oFan-1", p.Head().FromUserName)
				late = append(late, r)
			}
		})
		callback.On(b.Handler, func(ctx context.Context, _ *callback.TextMessage) (callback.Reply, error) {
			time.Sleep(20 * time.Second)
			return callback.TextReply{Content: "at last"}, ctx.Err()
		})
		ctx, cancel := context.WithCancel(context.Background())
		start := time.Now()
		w := b.do(b.sender().Push(textPush).WithContext(ctx))
		cancel() // as net/http does after each request
		require.Equal(t, 4500*time.Millisecond, time.Since(start))
		require.Equal(t, "success", w.Body.String())
		require.Empty(t, b.reported())

		w = b.do(b.sender().Push(textPush))
		require.Equal(t, "success", w.Body.String(), "a retry neither runs nor waits")
		require.Equal(t, 4500*time.Millisecond, time.Since(start))
		b.requireReport(t, callback.ErrDuplicate)

		require.NoError(t, b.Shutdown(context.Background()), "Close waits for the rest")
		require.Equal(t, 20*time.Second, time.Since(start))
		require.Equal(t, []callback.Reply{callback.TextReply{Content: "at last"}}, late)
		b.requireReport(t, callback.ErrLate)
	})
}

func TestSlowHandlerEnds(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		end  func() (callback.Reply, error)
		late func(context.Context, callback.Push, callback.Reply)
		want error
	}{
		"without a reply":     {func() (callback.Reply, error) { return nil, nil }, nil, nil},
		"nobody takes it":     {func() (callback.Reply, error) { return callback.TextReply{Content: "x"}, nil }, nil, callback.ErrLate},
		"with an error":       {func() (callback.Reply, error) { return nil, errBoom }, nil, callback.ErrHandler},
		"in panic":            {func() (callback.Reply, error) { panic(errBoom) }, nil, callback.ErrPanic},
		"with its goroutine":  {func() (callback.Reply, error) { runtime.Goexit(); return nil, nil }, nil, callback.ErrPanic},
		"with a wrong reply":  {func() (callback.Reply, error) { return callback.TextReply{}, nil }, nil, callback.ErrReply},
		"the hook in a panic": {func() (callback.Reply, error) { return callback.TextReply{Content: "x"}, nil }, func(context.Context, callback.Push, callback.Reply) { panic(1) }, callback.ErrPanic},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t, secureApp(), func(cfg *callback.Config) { cfg.Late = c.late })
				callback.On(b.Handler, func(context.Context, *callback.TextMessage) (callback.Reply, error) {
					time.Sleep(time.Minute)
					return c.end()
				})
				require.Equal(t, "success", b.do(b.sender().Push(textPush)).Body.String())
				require.NoError(t, b.Shutdown(context.Background()))
				if c.want == nil {
					require.Empty(t, b.reported())
					return
				}
				require.Zero(t, b.requireReport(t, c.want).Status)
			})
		})
	}
}

// TestLateFailureDoesNotRunAgain: WeChat has been told that all is well.
func TestLateFailureDoesNotRunAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, secureApp())
		var ran atomic.Int32
		b.Fallback(func(context.Context, callback.Push) (callback.Reply, error) {
			ran.Add(1)
			time.Sleep(10 * time.Second)
			return nil, errBoom
		})
		for range 3 {
			require.Equal(t, "success", b.do(b.sender().Push(textPush)).Body.String())
			time.Sleep(20 * time.Second)
		}
		require.Equal(t, int32(1), ran.Load())
	})
}

func TestHandlerThatEndsItsGoroutine(t *testing.T) {
	t.Parallel()
	b := setup(t, secureApp())
	callback.On(b.Handler, func(context.Context, *callback.TextMessage) (callback.Reply, error) {
		runtime.Goexit()
		return nil, nil
	})
	require.Equal(t, http.StatusInternalServerError, b.do(b.sender().Push(textPush)).Code)
	report := b.requireReport(t, callback.ErrPanic)
	require.Nil(t, report.Panic)
	require.Contains(t, report.Err.Error(), "ended its goroutine")
}

func TestNilPointerReplyIsContained(t *testing.T) {
	t.Parallel()
	b := setup(t, secureApp())
	callback.On(b.Handler, func(context.Context, *callback.TextMessage) (callback.Reply, error) {
		return (*callback.TextReply)(nil), nil
	})
	require.Equal(t, http.StatusInternalServerError, b.do(b.sender().Push(textPush)).Code)
	b.requireReport(t, callback.ErrPanic)
}

func TestMaxRunning(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, secureApp(), func(c *callback.Config) { c.MaxRunning = 2 })
		b.Fallback(func(context.Context, callback.Push) (callback.Reply, error) {
			time.Sleep(time.Minute)
			return nil, nil
		})
		push := func(n string) int {
			return b.do(b.sender().Push(strings.Replace(textPush, "0001<", n+"<", 1))).Code
		}
		require.Equal(t, http.StatusOK, push("0001"))
		require.Equal(t, http.StatusOK, push("0002"))
		require.Equal(t, http.StatusServiceUnavailable, push("0003"), "two are still running in the background")
		b.requireReport(t, callback.ErrBusy)
		time.Sleep(time.Minute)
		require.Equal(t, http.StatusOK, push("0003"), "what was refused may come again")
	})
}

// hangingStore is a shared store that takes calls and never answers.
type hangingStore struct{}

func (hangingStore) Begin(ctx context.Context, _, _ string, _ time.Duration) (callback.Claim, error) {
	<-ctx.Done()
	return callback.Claim{}, ctx.Err()
}

func (hangingStore) Finish(ctx context.Context, _ string, _ []byte, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

func (hangingStore) Release(ctx context.Context, _, _ string) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestHangingStoreKeepsTheTime: the worst store and the slowest handler together must not cost the user WeChat's five
// seconds.
func TestHangingStoreKeepsTheTime(t *testing.T) {
	t.Parallel()
	for _, fails := range []bool{false, true} {
		for _, takes := range []time.Duration{0, 3600 * time.Millisecond, time.Minute} {
			synctest.Test(t, func(t *testing.T) {
				b := setup(t, appIn(callback.ModePlain), func(c *callback.Config) { c.Store = hangingStore{} })
				b.Fallback(func(context.Context, callback.Push) (callback.Reply, error) {
					time.Sleep(takes)
					if fails {
						return nil, errBoom
					}
					return nil, nil
				})
				start := time.Now()
				w := b.do(b.sender().Push(textPush))
				require.Less(t, time.Since(start), 5*time.Second)
				if fails && takes < time.Minute {
					require.Equal(t, http.StatusInternalServerError, w.Code)
				} else {
					require.Equal(t, "success", w.Body.String())
				}
				require.NoError(t, b.Shutdown(context.Background()))
				require.ErrorIs(t, b.reported()[0].Err, callback.ErrStore)
			})
		}
	}
}

func TestCloseGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, secureApp())
		b.Fallback(func(ctx context.Context, _ callback.Push) (callback.Reply, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		require.Equal(t, "success", b.do(b.sender().Push(textPush)).Body.String())

		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		err := b.Shutdown(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "1 handlers still running")
		synctest.Wait()
		require.ErrorIs(t, b.requireReport(t, callback.ErrHandler).Err, context.Canceled)

		w := b.do(b.sender().Push(strings.Replace(textPush, "0001<", "0002<", 1)))
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		b.requireReport(t, callback.ErrClosed)
	})
}

func TestHandlerContext(t *testing.T) {
	t.Parallel()
	type tenant struct{}
	b := setup(t, secureApp())
	ran := false
	b.Fallback(func(ctx context.Context, _ callback.Push) (callback.Reply, error) {
		ran = true
		require.Equal(t, "demo", ctx.Value(tenant{}))
		require.Equal(t, jsonPush, string(callback.Raw(ctx)))
		require.NoError(t, ctx.Err())
		return nil, nil
	})
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), tenant{}, "demo"))
	cancel() // the sender is gone already
	require.Equal(t, http.StatusOK, b.do(b.sender().Push(jsonPush).WithContext(ctx)).Code)
	require.True(t, ran)
	require.Nil(t, callback.Raw(context.Background()))
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, secureApp())
	var ran atomic.Int32
	b.Fallback(func(context.Context, callback.Push) (callback.Reply, error) {
		ran.Add(1)
		return nil, nil
	})
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() { require.Equal(t, http.StatusOK, b.do(b.sender().Push(textPush)).Code) })
	}
	wg.Wait()
	require.Equal(t, int32(1), ran.Load())
}

// TestRealServer looks at what only a connection shows: the deadline for the body must not cut the answer, nor the
// next request.
func TestRealServer(t *testing.T) {
	t.Parallel()
	b := setup(t, secureApp(), func(c *callback.Config) { c.AnswerWithin = time.Second })
	release := make(chan struct{})
	end := sync.OnceFunc(func() { close(release) })
	defer end() // of a test that fails
	b.Fallback(func(ctx context.Context, _ callback.Push) (callback.Reply, error) {
		<-release
		return nil, ctx.Err()
	})
	server := httptest.NewServer(b)
	defer server.Close()
	for range 3 {
		r := b.sender().Push(textPush)
		resp, err := server.Client().Post(server.URL+r.URL.String(), "text/xml", r.Body)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, "success", string(body))
		require.Equal(t, int64(len("success")), resp.ContentLength)
	}
	end()
	require.NoError(t, b.Shutdown(context.Background()))
	for _, r := range b.reported() {
		require.ErrorIs(t, r.Err, callback.ErrDuplicate)
	}
}

func TestReportThatPanics(t *testing.T) {
	t.Parallel()
	b := setup(t, secureApp(), func(c *callback.Config) {
		c.Observer = func(context.Context, callback.Report) { panic("hook") }
	})
	require.Equal(t, http.StatusMethodNotAllowed, b.do(httptest.NewRequest(http.MethodPut, "/", nil)).Code)
}

//nolint:paralleltest // it looks at the default logger
func TestDefaultReport(t *testing.T) {
	var out bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	defer slog.SetDefault(before)

	b := setup(t, secureApp(), func(c *callback.Config) { c.Observer = nil })
	fail := true
	b.Fallback(func(context.Context, callback.Push) (callback.Reply, error) {
		if fail {
			fail = false
			panic(errors.New("text of oFan-1"))
		}
		return nil, nil
	})
	for range 3 {
		b.do(b.sender().Push(textPush))
	}
	b.do(edit(b.sender().Push(textPush), func(q string) string { return q + "0" }))
	b.app.Token = "guess"
	b.do(b.sender().Push(textPush))
	log := out.String()
	require.Contains(t, log, `level=ERROR msg="callback: handler panicked: *errors.errorString" app=wx0000000000000001 type=text`)
	require.Contains(t, log, "level=DEBUG msg=\"callback: push has run before\"")
	require.Contains(t, log, "level=DEBUG msg=\"callback: query parameter missing, malformed or repeated\" remote=192.0.2.1:1234 status=403")
	require.Contains(t, log, "level=WARN msg=\"callback: signature does not match\" remote=192.0.2.1:1234 status=403")
	for _, private := range []string{"oFan-1", "hello", token, key} {
		require.NotContains(t, log, private)
	}
}

package callback_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
)

type tenant struct{}

// reusedContext is the context of a server that uses it again for the next request, as fasthttp does: its fields are not
// guarded, for nobody may ask once the request is answered.
type reusedContext struct {
	context.Context
	tenant string
}

func (c *reusedContext) Value(key any) any {
	if key == (tenant{}) {
		return c.tenant
	}
	return c.Context.Value(key)
}

// TestValuesEndWithTheAnswer: a handler that goes on after the answer must not see the values of whoever has the context
// then.
func TestValuesEndWithTheAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var late []any
		b := setup(t, secureApp(), func(c *callback.Config) {
			c.Late = func(ctx context.Context, _ callback.Push, _ callback.Reply) {
				late = append(late, ctx.Value(tenant{}))
			}
		})
		b.Fallback(func(ctx context.Context, _ callback.Push) (callback.Reply, error) {
			require.Equal(t, "first", ctx.Value(tenant{}))
			derived, cancel := context.WithCancel(ctx)
			defer cancel()
			time.Sleep(time.Minute)
			late = append(late, ctx.Value(tenant{}), derived.Value(tenant{}))
			require.NoError(t, ctx.Err())
			require.Equal(t, textPush, string(callback.Raw(ctx)), "the push is the handler's own")
			return callback.TextReply{Content: "late"}, nil
		})
		ctx := &reusedContext{Context: t.Context(), tenant: "first"}
		require.Equal(t, "success", b.do(b.sender().Push(textPush).WithContext(ctx)).Body.String())
		ctx.tenant = "second"
		require.NoError(t, b.Shutdown(context.WithoutCancel(t.Context())))
		require.Equal(t, []any{nil, nil, nil}, late)
	})
}

// TestValuesAreNotAskedForDuringTheNextRequest lets handlers ask all the time while requests end. The race detector sees
// whoever asks a context that is in use again.
func TestValuesAreNotAskedForDuringTheNextRequest(t *testing.T) {
	t.Parallel()
	b := setup(t, secureApp(), func(c *callback.Config) { c.AnswerWithin = time.Millisecond })
	var answered, ended sync.WaitGroup
	const pushes = 50
	b.Fallback(func(ctx context.Context, _ callback.Push) (callback.Reply, error) {
		defer ended.Done()
		for ctx.Value(tenant{}) != nil {
			if v := ctx.Value(tenant{}); v != nil && v != "first" {
				t.Errorf("saw %v", v)
			}
		}
		return nil, nil
	})
	ended.Add(pushes)
	for i := range pushes {
		answered.Go(func() {
			ctx := &reusedContext{Context: t.Context(), tenant: "first"}
			body := `{"FromUserName":"oFan-1","MsgType":"text","MsgId":` + string(rune('1'+i%9)) + string(rune('0'+i/9)) + `}`
			if code := b.do(b.sender().Push(body).WithContext(ctx)).Code; code != http.StatusOK {
				t.Errorf("answered %d", code)
			}
			ctx.tenant = "second"
		})
	}
	answered.Wait()
	ended.Wait()
}

// TestValuesThatAreKept: what Config.Values returns stays.
func TestValuesThatAreKept(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		keep func(context.Context) context.Context
		want any
	}{
		"a copy": {func(ctx context.Context) context.Context {
			return context.WithValue(context.Background(), tenant{}, ctx.Value(tenant{}))
		}, "first"}, //nolint:lll // a table
		"nothing":   {func(context.Context) context.Context { return nil }, nil},
		"no values": {func(context.Context) context.Context { return context.Background() }, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t, secureApp(), func(cfg *callback.Config) { cfg.Values = c.keep })
				var seen []any
				b.Fallback(func(ctx context.Context, _ callback.Push) (callback.Reply, error) {
					seen = append(seen, ctx.Value(tenant{}))
					time.Sleep(time.Minute)
					seen = append(seen, ctx.Value(tenant{}))
					return nil, nil
				})
				ctx := &reusedContext{Context: t.Context(), tenant: "first"}
				require.Equal(t, "success", b.do(b.sender().Push(textPush).WithContext(ctx)).Body.String())
				ctx.tenant = "second"
				require.NoError(t, b.Shutdown(context.WithoutCancel(t.Context())))
				require.Equal(t, []any{c.want, c.want}, seen)
			})
		})
	}
}

func TestValuesThatPanic(t *testing.T) {
	t.Parallel()
	fail := true
	b := setup(t, secureApp(), func(c *callback.Config) {
		c.Values = func(ctx context.Context) context.Context {
			if fail {
				panic("no tenant")
			}
			return ctx
		}
	})
	require.Equal(t, http.StatusInternalServerError, b.do(b.sender().Push(textPush)).Code)
	require.Equal(t, "no tenant", b.requireReport(t, callback.ErrPanic).Panic)
	fail = false
	b.push(t, textPush)
	require.Len(t, b.handled(), 1, "a retry runs")
}

// TestStoreSeesNoLaterValues: a store may leave a call behind when its context ends, and ask then.
func TestStoreSeesNoLaterValues(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &leavingStore{asked: make(chan any, 4)}
		b := setup(t, appIn(callback.ModePlain), func(c *callback.Config) { c.Store = store })
		ctx := &reusedContext{Context: t.Context(), tenant: "first"}
		require.Equal(t, http.StatusOK, b.do(b.sender().Push(textPush).WithContext(ctx)).Code)
		ctx.tenant = "second"
		for range 3 { // nonce, begin, finish
			require.Nil(t, <-store.asked)
		}
	})
}

// leavingStore returns when the context ends, and lets what it has begun go on.
type leavingStore struct{ asked chan any }

func (s *leavingStore) leave(ctx context.Context) error {
	go func() {
		time.Sleep(time.Minute)
		s.asked <- ctx.Value(tenant{})
	}()
	<-ctx.Done()
	return ctx.Err()
}

func (s *leavingStore) Begin(ctx context.Context, _, _ string, _ time.Duration) (callback.Claim, error) {
	return callback.Claim{}, s.leave(ctx)
}

func (s *leavingStore) Finish(ctx context.Context, _ string, _ []byte, _ time.Duration) error {
	return s.leave(ctx)
}

func (s *leavingStore) Release(ctx context.Context, _, _ string) error { return s.leave(ctx) }

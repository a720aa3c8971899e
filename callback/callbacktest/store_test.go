package callbacktest_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/callback/callbacktest"
)

func TestCheckStoreAcceptsTheMemoryStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		require.NoError(t, callbacktest.CheckStore(context.Background(), &callback.MemoryStore{}))
	})
}

// faulty is a MemoryStore with one thing wrong.
type faulty struct {
	*callback.MemoryStore
	begin   func(ctx context.Context, key, owner string, lease time.Duration) (callback.Claim, error)
	finish  func(ctx context.Context, key string, answer []byte, ttl time.Duration) error
	release func(ctx context.Context, key, owner string) error
}

func (f faulty) Begin(ctx context.Context, key, owner string, lease time.Duration) (callback.Claim, error) {
	if f.begin != nil {
		return f.begin(ctx, key, owner, lease)
	}
	return f.MemoryStore.Begin(ctx, key, owner, lease)
}

func (f faulty) Finish(ctx context.Context, key string, answer []byte, ttl time.Duration) error {
	if f.finish != nil {
		return f.finish(ctx, key, answer, ttl)
	}
	return f.MemoryStore.Finish(ctx, key, answer, ttl)
}

func (f faulty) Release(ctx context.Context, key, owner string) error {
	if f.release != nil {
		return f.release(ctx, key, owner)
	}
	return f.MemoryStore.Release(ctx, key, owner)
}

func TestCheckStoreFindsFaults(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	cases := map[string]struct {
		fault func(m *callback.MemoryStore, f *faulty)
		want  string
	}{
		"Begin fails": {func(_ *callback.MemoryStore, f *faulty) {
			f.begin = func(context.Context, string, string, time.Duration) (callback.Claim, error) {
				return callback.Claim{}, broken
			}
		}, "Begin: broken"},
		"everybody gets it": {func(_ *callback.MemoryStore, f *faulty) {
			f.begin = func(context.Context, string, string, time.Duration) (callback.Claim, error) {
				return callback.Claim{State: callback.Claimed}, nil
			}
		}, "another owner: state 1, want 2"},
		"nobody gets it twice": {func(m *callback.MemoryStore, f *faulty) {
			var calls atomic.Int64
			f.begin = func(ctx context.Context, key, owner string, lease time.Duration) (callback.Claim, error) {
				return m.Begin(ctx, key, fmt.Sprint(owner, calls.Add(1)), lease)
			}
		}, "the same owner again: state 2, want 1"},
		"Release fails": {func(_ *callback.MemoryStore, f *faulty) {
			f.release = func(context.Context, string, string) error { return broken }
		}, "Release of nothing: broken"},
		"Release does nothing": {func(_ *callback.MemoryStore, f *faulty) {
			f.release = func(context.Context, string, string) error { return nil }
		}, "after Release: state 2, want 1"},
		"Finish drops the answer": {func(m *callback.MemoryStore, f *faulty) {
			f.finish = func(ctx context.Context, key string, _ []byte, ttl time.Duration) error {
				return m.Finish(ctx, key, nil, ttl)
			}
		}, "another answer"},
		"Finish makes up an answer": {func(m *callback.MemoryStore, f *faulty) {
			f.finish = func(ctx context.Context, key string, answer []byte, ttl time.Duration) error {
				if answer == nil {
					answer = []byte("success")
				}
				return m.Finish(ctx, key, answer, ttl)
			}
		}, "Finish with nil: an answer"},
		"claims stay": {func(m *callback.MemoryStore, f *faulty) {
			f.begin = func(ctx context.Context, key, owner string, _ time.Duration) (callback.Claim, error) {
				return m.Begin(ctx, key, owner, time.Hour)
			}
		}, "a claim does not expire"},
		"finished keys are claims": {func(m *callback.MemoryStore, f *faulty) {
			f.begin = func(ctx context.Context, key, owner string, lease time.Duration) (callback.Claim, error) {
				claim, err := m.Begin(ctx, key, owner, lease)
				if claim.State == callback.Done && claim.Answer == nil {
					claim.State = callback.Running
				}
				return claim, err
			}
		}, "Finish without a claim: state 2, want 3"},
		"the race has two winners": {func(m *callback.MemoryStore, f *faulty) {
			f.begin = func(ctx context.Context, key, owner string, lease time.Duration) (callback.Claim, error) {
				if owner == "7" {
					return callback.Claim{State: callback.Claimed}, nil
				}
				return m.Begin(ctx, key, owner, lease)
			}
		}, "2 of 16 owners got the same key"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := &callback.MemoryStore{}
				store := faulty{MemoryStore: m}
				c.fault(m, &store)
				require.ErrorContains(t, callbacktest.CheckStore(context.Background(), store), c.want)
			})
		})
	}
}

func TestCheckStoreEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, callbacktest.CheckStore(ctx, &callback.MemoryStore{}), context.Canceled)
}

package redisstore_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/redisstore"
)

// strangers are the ways to leave something under the name of a lock that nobody gives back.
var strangers = map[string]func(ctx context.Context, rdb *redis.Client, key string) error{
	"without an end": func(ctx context.Context, rdb *redis.Client, key string) error {
		return rdb.Set(ctx, key, "x", 0).Err()
	},
	"that lasts a year": func(ctx context.Context, rdb *redis.Client, key string) error {
		return rdb.Set(ctx, key, "x", 365*24*time.Hour).Err()
	},
	"empty": func(ctx context.Context, rdb *redis.Client, key string) error {
		return rdb.Set(ctx, key, "", 0).Err()
	},
	"a hash": func(ctx context.Context, rdb *redis.Client, key string) error {
		return rdb.HSet(ctx, key, "f", "v").Err()
	},
	"a list that lasts a year": func(ctx context.Context, rdb *redis.Client, key string) error {
		if err := rdb.RPush(ctx, key, "v").Err(); err != nil {
			return err
		}
		return rdb.Expire(ctx, key, 365*24*time.Hour).Err()
	},
}

// TestLockOfAStranger is taken over when the time of a lock has passed since somebody first looked, and not before.
func TestLockOfAStranger(t *testing.T) {
	t.Parallel()
	rdb := startRedis(t).client()
	const lease = 300 * time.Millisecond
	for name, write := range strangers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, ctx := newStore(t, rdb), t.Context()
			key := "stranger:" + name
			require.NoError(t, write(ctx, rdb, key+":lock"))
			start := time.Now()
			var mine token.Lock
			looks := 0
			for mine == nil {
				var err error
				mine, err = s.TryLock(ctx, key, lease)
				require.NoError(t, err)
				looks++
				if mine == nil {
					require.NoError(t, s.AwaitUnlock(ctx, key))
				}
				require.Less(t, time.Since(start), patience)
			}
			require.GreaterOrEqual(t, time.Since(start), lease)
			require.Less(t, looks, 50, "a waiter sleeps")
			held, err := mine.Extend(ctx, time.Minute)
			require.NoError(t, err)
			require.True(t, held)
			none, err := s.TryLock(ctx, key, time.Minute)
			require.NoError(t, err)
			require.Nil(t, none, "it is a lock like any other")
			require.NoError(t, mine.Unlock(ctx))
			require.Zero(t, rdb.Exists(ctx, key+":lock").Val())
		})
	}
}

// TestLockOverwrittenByAStranger: its holder finds out that it is lost, and leaves alone what is there.
func TestLockOverwrittenByAStranger(t *testing.T) {
	t.Parallel()
	rdb := startRedis(t).client()
	for name, write := range strangers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, ctx := newStore(t, rdb), t.Context()
			key := "overwritten:" + name
			mine, err := s.TryLock(ctx, key, time.Minute)
			require.NoError(t, err)
			require.NoError(t, rdb.Del(ctx, key+":lock").Err())
			require.NoError(t, write(ctx, rdb, key+":lock"))
			held, err := mine.Extend(ctx, time.Minute)
			require.NoError(t, err)
			require.False(t, held)
			require.NoError(t, mine.Unlock(ctx))
			require.Equal(t, int64(1), rdb.Exists(ctx, key+":lock").Val())
		})
	}
}

// TestWaitersDoNotPollAStrangersLock: what somebody makes endless again and again is looked at twice a second.
func TestWaitersDoNotPollAStrangersLock(t *testing.T) {
	t.Parallel()
	rdb := startRedis(t).client()
	s := newStore(t, rdb)
	require.NoError(t, rdb.Set(t.Context(), "k:lock", "x", 0).Err())
	start := time.Now()
	require.NoError(t, s.AwaitUnlock(t.Context(), "k"))
	require.GreaterOrEqual(t, time.Since(start), 400*time.Millisecond)
}

// TestManagerGetsPastAStranger: the token comes once the lease of a lock has passed.
func TestManagerGetsPastAStranger(t *testing.T) {
	t.Parallel()
	rdb := startRedis(t).client()
	var fetched atomic.Int32
	m, err := token.NewManager(token.Config{
		AppID: "wx0123456789abcdef", Store: newStore(t, rdb),
		Fetcher: fetcher(func() token.Token {
			return token.Token{Value: token.Secret(fmt.Sprintf("token-%d", fetched.Add(1))), Expiry: time.Now().Add(time.Hour)}
		}),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	require.NoError(t, rdb.Set(t.Context(), "wechat:token:{wx0123456789abcdef}:stable:lock", "x", 0).Err())
	got, err := m.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, "token-1", got.Value.Reveal())
}

type fetcher func() token.Token

func (f fetcher) Fetch(context.Context, bool) (token.Token, error) { return f(), nil }

// TestClaimWithoutAnEnd: a push that somebody seems to run for ever runs again once a claim's time has passed.
func TestClaimWithoutAnEnd(t *testing.T) {
	t.Parallel()
	rdb, ctx := startRedis(t).client(), t.Context()
	p, err := redisstore.NewPushes(rdb)
	require.NoError(t, err)
	const lease = 200 * time.Millisecond
	_, err = p.Begin(ctx, "key", "gone", lease)
	require.NoError(t, err)
	require.NoError(t, rdb.Persist(ctx, "wechat:push:key").Err())
	start := time.Now()
	require.Eventually(t, func() bool {
		claim, err := p.Begin(ctx, "key", "me", lease)
		return err == nil && claim.State == callback.Claimed
	}, patience, 10*time.Millisecond)
	require.GreaterOrEqual(t, time.Since(start), lease)

	require.NoError(t, p.Finish(ctx, "done", nil, time.Minute))
	require.NoError(t, rdb.Persist(ctx, "wechat:push:done").Err())
	claim, err := p.Begin(ctx, "done", "me", lease)
	require.NoError(t, err)
	require.Equal(t, callback.Done, claim.State, "what has run has run")
}

package token_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/token"
)

func TestMemoryStoreKeepsTheNewerToken(t *testing.T) {
	t.Parallel()
	now := time.Now()
	older := token.Token{Value: "older", Issued: now, Expiry: now.Add(2 * time.Hour)}
	newer := token.Token{Value: "newer", Issued: now.Add(time.Second), Expiry: now.Add(time.Hour)}
	cases := map[string]struct {
		first, second token.Token
		replaces      token.Secret
		want          token.Token
	}{
		"newer after older":                     {older, newer, "", newer},
		"late answer, though it lasts longer":   {newer, older, "", newer},
		"late answer that replaces another":     {newer, older, "third", newer},
		"older by the clock, but it replaces":   {newer, older, "newer", older},
		"asked at the same time: the last wins": {older, token.Token{Value: "x", Issued: now, Expiry: now.Add(time.Hour)}, "", token.Token{Value: "x", Issued: now, Expiry: now.Add(time.Hour)}},
		"for ever":                              {token.Token{Value: "a"}, token.Token{Value: "b"}, "", token.Token{Value: "b"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s token.MemoryStore
			_, err := s.Save(t.Context(), "k", c.first, "")
			require.NoError(t, err)
			kept, err := s.Save(t.Context(), "k", c.second, c.replaces)
			require.NoError(t, err)
			require.Equal(t, c.want, kept)
			got, err := s.Load(t.Context(), "k")
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			none, err := s.Load(t.Context(), "other")
			require.NoError(t, err)
			require.Zero(t, none)

			require.NoError(t, s.Drop(t.Context(), "k", "another"))
			got, _ = s.Load(t.Context(), "k")
			require.Equal(t, c.want, got)
			require.NoError(t, s.Drop(t.Context(), "k", c.want.Value))
			got, _ = s.Load(t.Context(), "k")
			require.Zero(t, got)
		})
	}
}

func TestMemoryStoreForgetsExpiredTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s token.MemoryStore
		old := token.Token{Value: "a", Issued: time.Now().Add(time.Hour), Expiry: time.Now().Add(time.Minute)}
		_, err := s.Save(t.Context(), "k", old, "")
		require.NoError(t, err)
		time.Sleep(time.Minute)
		got, err := s.Load(t.Context(), "k")
		require.NoError(t, err)
		require.Zero(t, got)
		kept, err := s.Save(t.Context(), "k", token.Token{Value: "b", Expiry: time.Now().Add(time.Hour)}, "")
		require.NoError(t, err)
		require.Equal(t, token.Secret("b"), kept.Value)
	})
}

func TestMemoryStoreLock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s token.MemoryStore
		lock := func(lease time.Duration) token.Lock {
			l, err := s.TryLock(t.Context(), "k", lease)
			require.NoError(t, err)
			return l
		}
		first := lock(time.Second)
		require.NotNil(t, first)
		require.Nil(t, lock(time.Second))
		other, err := s.TryLock(t.Context(), "other", time.Second)
		require.NoError(t, err)
		require.NotNil(t, other)

		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, s.AwaitUnlock(ctx, "k"), context.DeadlineExceeded)

		held, err := first.Extend(t.Context(), 10*time.Second)
		require.NoError(t, err)
		require.True(t, held)
		start := time.Now()
		require.NoError(t, s.AwaitUnlock(t.Context(), "k"))
		require.Equal(t, 10*time.Second, time.Since(start), "nobody gave it back")
		held, err = first.Extend(t.Context(), time.Second)
		require.NoError(t, err)
		require.False(t, held)

		second := lock(time.Minute)
		require.NotNil(t, second)
		require.NoError(t, first.Unlock(t.Context()), "the first holder comes late")
		require.Nil(t, lock(time.Second), "and frees nothing")
		go func() {
			time.Sleep(time.Second)
			_ = second.Unlock(t.Context())
		}()
		start = time.Now()
		require.NoError(t, s.AwaitUnlock(t.Context(), "k"))
		require.Equal(t, time.Second, time.Since(start))
		require.NoError(t, s.AwaitUnlock(t.Context(), "k"), "free")
	})
}

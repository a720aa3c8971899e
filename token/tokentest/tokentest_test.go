package tokentest_test

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/tokentest"
)

func TestMemoryStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		require.NoError(t, tokentest.CheckStore(t.Context(), &token.MemoryStore{}))
		require.NoError(t, tokentest.CheckStore(t.Context(), struct{ token.Store }{&token.MemoryStore{}}), "no Locker")
	})
}

// wrong is a store with one mistake.
type wrong struct {
	token.MemoryStore

	save func(s *wrong, key string, t token.Token, replaces token.Secret) (token.Token, error)
	load func(t token.Token) (token.Token, error)
	drop func(s *wrong, key string, t token.Secret) error
	lock func(s *wrong, key string, lease time.Duration) (token.Lock, error)
	deaf bool // waits whatever becomes of the context

	look sync.Mutex // held while isFree has a lock
}

// isFree looks whether a lock is free, and takes it for no other one that looks.
func (s *wrong) isFree(key string) (bool, error) {
	s.look.Lock()
	defer s.look.Unlock()
	l, err := s.MemoryStore.TryLock(context.Background(), key, time.Minute)
	if l == nil {
		return false, err
	}
	return true, l.Unlock(context.Background())
}

func (s *wrong) AwaitUnlock(ctx context.Context, key string) error {
	if s.deaf {
		ctx = context.WithoutCancel(ctx)
	}
	return s.MemoryStore.AwaitUnlock(ctx, key)
}

func (s *wrong) Save(ctx context.Context, key string, t token.Token, replaces token.Secret) (token.Token, error) {
	if s.save != nil {
		return s.save(s, key, t, replaces)
	}
	return s.MemoryStore.Save(ctx, key, t, replaces)
}

func (s *wrong) Load(ctx context.Context, key string) (token.Token, error) {
	t, err := s.MemoryStore.Load(ctx, key)
	if s.load != nil {
		return s.load(t)
	}
	return t, err
}

func (s *wrong) Drop(ctx context.Context, key string, t token.Secret) error {
	if s.drop != nil {
		return s.drop(s, key, t)
	}
	return s.MemoryStore.Drop(ctx, key, t)
}

func (s *wrong) TryLock(ctx context.Context, key string, lease time.Duration) (token.Lock, error) {
	if s.lock != nil {
		return s.lock(s, key, lease)
	}
	return s.MemoryStore.TryLock(ctx, key, lease)
}

func TestMistakesAreFound(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	cases := map[string]*wrong{
		"a late answer": {save: func(s *wrong, key string, t token.Token, _ token.Secret) (token.Token, error) {
			t.Issued = time.Now()
			return s.MemoryStore.Save(context.Background(), key, t, "")
		}},
		"replaces this one": {save: func(s *wrong, key string, t token.Token, _ token.Secret) (token.Token, error) {
			return s.MemoryStore.Save(context.Background(), key, t, "")
		}},
		"Save: broken": {save: func(*wrong, string, token.Token, token.Secret) (token.Token, error) { return token.Token{}, broken }},
		"Load: broken": {load: func(token.Token) (token.Token, error) { return token.Token{}, broken }},
		"Expiry is off": {load: func(t token.Token) (token.Token, error) {
			t.Expiry = t.Expiry.Add(time.Minute)
			return t, nil
		}},
		"Issued is off": {load: func(t token.Token) (token.Token, error) {
			t.Issued = time.Time{}
			return t, nil
		}},
		"another was dropped": {drop: func(s *wrong, key string, _ token.Secret) error {
			return s.MemoryStore.Drop(context.Background(), key, "first")
		}},
		"it was dropped": {drop: func(*wrong, string, token.Secret) error { return nil }},
		"several saved at once": {save: func(s *wrong, key string, t token.Token, replaces token.Secret) (token.Token, error) {
			old, _ := s.MemoryStore.Load(context.Background(), key)
			if old.Issued.After(t.Issued) && old.Value != replaces {
				return old, nil
			}
			time.Sleep(time.Millisecond + time.Since(t.Issued)/1000) // till all have looked, the oldest saves last
			old, _ = s.MemoryStore.Load(context.Background(), key)
			return s.MemoryStore.Save(context.Background(), key, t, old.Value)
		}},
		"several at once: 8 were taken": {lock: func(s *wrong, key string, lease time.Duration) (token.Lock, error) {
			if free, err := s.isFree(key); !free {
				return nil, err
			}
			time.Sleep(time.Millisecond) // till all have looked
			if l, err := s.MemoryStore.TryLock(context.Background(), key, lease); l != nil {
				return l, err
			}
			return s.MemoryStore.TryLock(context.Background(), rand.Text(), lease)
		}},
		"when its context ends": {deaf: true},
		"Drop: broken":          {drop: func(*wrong, string, token.Secret) error { return broken }},
		"TryLock: broken":       {lock: func(*wrong, string, time.Duration) (token.Lock, error) { return nil, broken }},
		"a lock that is held: taken is true": {lock: func(*wrong, string, time.Duration) (token.Lock, error) {
			return new(token.MemoryStore).TryLock(context.Background(), "k", time.Minute)
		}},
		"a lock that has ended": {lock: func(s *wrong, key string, _ time.Duration) (token.Lock, error) {
			l, err := s.MemoryStore.TryLock(context.Background(), key, time.Hour)
			if l == nil {
				return nil, err
			}
			return lasting{l}, err
		}},
	}
	for want, store := range cases {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				require.ErrorContains(t, tokentest.CheckStore(t.Context(), store), want)
				time.Sleep(time.Hour) // a wait that was left alone ends
			})
		})
	}
}

// lasting is a lock that does not end.
type lasting struct{ token.Lock }

func (lasting) Extend(context.Context, time.Duration) (bool, error) { return true, nil }
func (lasting) Unlock(context.Context) error                        { return nil }

func TestCheckEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, tokentest.CheckStore(ctx, &token.MemoryStore{}), context.Canceled)
	})
}

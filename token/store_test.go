package token_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/token"
)

func TestManagersShareAStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{delay: time.Second}
		store := &token.MemoryStore{}
		var managers []*token.Manager
		for range 8 {
			managers = append(managers, newManager(t, u, func(c *token.Config) { c.Store = store }))
		}
		everywhere := func(want string) {
			var wg sync.WaitGroup
			for _, m := range managers {
				for range 20 {
					wg.Go(func() {
						got, err := m.Token(t.Context())
						if err != nil || got.Value.Reveal() != want {
							t.Errorf("got %v, %v", got, err)
						}
					})
				}
			}
			wg.Wait()
		}
		everywhere("token-1")
		require.Equal(t, 1, u.count(), "cold start")

		var wg sync.WaitGroup
		for _, m := range managers {
			wg.Go(func() {
				got, err := m.Renew(t.Context(), "token-1")
				if err != nil || got.Value != "token-2" {
					t.Errorf("got %v, %v", got, err)
				}
			})
		}
		wg.Wait()
		require.Equal(t, 2, u.count(), "revocation")

		time.Sleep(2 * time.Hour)
		everywhere("token-3")
		require.Equal(t, 3, u.count(), "expiry")
	})
}

// brokenStore fails at everything.
type brokenStore struct{}

var errStore = errors.New("store is down")

func (brokenStore) Load(context.Context, string) (token.Token, error) { return token.Token{}, errStore }
func (brokenStore) Save(context.Context, string, token.Token, token.Secret) (token.Token, error) {
	return token.Token{}, errStore
}
func (brokenStore) Drop(context.Context, string, token.Secret) error { return errStore }
func (brokenStore) TryLock(context.Context, string, time.Duration) (token.Lock, error) {
	return nil, errStore
}
func (brokenStore) AwaitUnlock(context.Context, string) error { return errStore }

func TestBrokenStoreStopsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{}
		m := newManager(t, u, func(c *token.Config) { c.Store = brokenStore{} })
		require.Equal(t, "token-1", get(t, m))
		for range 100 {
			get(t, m)
		}
		require.Equal(t, 1, u.count())
	})
}

func TestStoreIsAskedBeforeWeChat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{}
		store := &token.MemoryStore{}
		key := "wechat:token:{wx1}:stable"
		_, err := store.Save(t.Context(), key, token.Token{Value: "stored", Expiry: time.Now().Add(time.Hour)}, "")
		require.NoError(t, err)
		m := newManager(t, u, func(c *token.Config) { c.Store = store })
		require.Equal(t, "stored", get(t, m))
		require.Zero(t, u.count())

		time.Sleep(59 * time.Minute)
		get(t, m) // due for renewal: the store has nothing better, so WeChat is asked
		synctest.Wait()
		require.Equal(t, "token-1", get(t, m))
		stored, err := store.Load(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, token.Secret("token-1"), stored.Value)
	})
}

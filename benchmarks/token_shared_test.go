package benchmarks

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wechatkit/wechat/token"
)

// BenchmarkWarmSharedToken reads a valid token of a Manager with a Store, beside the bare load of a pointer: the Store
// must not cost a warm read anything.
func BenchmarkWarmSharedToken(b *testing.B) {
	b.Run("floor", func(b *testing.B) {
		var p atomic.Pointer[token.Token]
		p.Store(&token.Token{Value: accessToken})
		b.ReportAllocs()
		for b.Loop() {
			if p.Load().Value == "" {
				b.Fatal("no token")
			}
		}
	})
	b.Run("wechat", func(b *testing.B) {
		m, ctx := sharingManager(b, &token.MemoryStore{}, fetcher{}), context.Background()
		b.ReportAllocs()
		for b.Loop() {
			if t, err := m.Token(ctx); err != nil || t.Value == "" {
				b.Fatal("no token")
			}
		}
	})
}

func sharingManager(b *testing.B, s token.Store, f token.Fetcher) *token.Manager {
	b.Helper()
	m, err := token.NewManager(token.Config{AppID: appID, Fetcher: f, Store: s})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = m.Close() })
	return m
}

// counting makes a new token each time and counts.
type counting struct{ n atomic.Int64 }

func (c *counting) Fetch(context.Context, bool) (token.Token, error) {
	return token.Token{
		Value: token.Secret(fmt.Sprintf("token-%d", c.n.Add(1))), Expiry: time.Now().Add(2 * time.Hour),
	}, nil
}

// BenchmarkSharedRefresh is one refresh for a fleet: eight cold Managers with eight callers each on one Store, one of
// which fetches. The floor is the same fetch and store by one goroutine alone. The store is in memory: over Redis each
// of about seven calls costs a round trip more.
func BenchmarkSharedRefresh(b *testing.B) {
	b.Run("floor", func(b *testing.B) {
		f, ctx := &counting{}, context.Background()
		b.ReportAllocs()
		for b.Loop() {
			store := &token.MemoryStore{}
			t, _ := f.Fetch(ctx, false)
			_, _ = store.Save(ctx, "k", t, "")
			if t, _ = store.Load(ctx, "k"); t.Value == "" {
				b.Fatal("no token")
			}
		}
	})
	b.Run("wechat", func(b *testing.B) {
		f, rounds := &counting{}, 0
		b.ReportAllocs()
		for b.Loop() {
			rounds++
			store := &token.MemoryStore{}
			var wg sync.WaitGroup
			for range 8 {
				m := sharingManager(b, store, f)
				for range 8 {
					wg.Go(func() {
						if _, err := m.Token(context.Background()); err != nil {
							b.Error(err)
						}
					})
				}
			}
			wg.Wait()
		}
		b.ReportMetric(float64(f.n.Load())/float64(rounds), "fetches/op")
	})
}

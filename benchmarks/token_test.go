package benchmarks

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wechatkit/wechat/token"
)

// fetcher makes a token that outlives any benchmark.
type fetcher struct{}

func (fetcher) Fetch(context.Context, bool) (token.Token, error) {
	return token.Token{AccessToken: accessToken, Expiry: time.Now().Add(24 * time.Hour)}, nil
}

// BenchmarkWarmToken reads a valid token from all cores at once, beside the bare load of a pointer.
func BenchmarkWarmToken(b *testing.B) {
	b.Run("floor", func(b *testing.B) {
		var p atomic.Pointer[token.Token]
		p.Store(&token.Token{AccessToken: accessToken})
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if p.Load().AccessToken == "" {
					b.Error("no token")
				}
			}
		})
	})
	b.Run("wechat", func(b *testing.B) {
		m, ctx := warmManager(b), context.Background()
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if t, err := m.Token(ctx); err != nil || t.AccessToken == "" {
					b.Error("no token")
				}
			}
		})
	})
}

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
	return token.Token{Value: accessToken, Expiry: time.Now().Add(24 * time.Hour)}, nil
}

// BenchmarkWarmToken reads a valid token from all cores at once, without a store and with one, beside the bare load
// of a pointer.
func BenchmarkWarmToken(b *testing.B) {
	b.Run("floor", func(b *testing.B) {
		var p atomic.Pointer[token.Token]
		p.Store(&token.Token{Value: accessToken})
		onAllCores(b, func() func() bool { return func() bool { return p.Load().Value != "" } })
	})
	for name, store := range map[string]token.Store{"wechat": nil, "wechat-shared": &token.MemoryStore{}} {
		b.Run(name, func(b *testing.B) {
			m, ctx := warmManager(b, store), context.Background()
			onAllCores(b, func() func() bool {
				return func() bool {
					t, err := m.Token(ctx)
					return err == nil && t.Value != ""
				}
			})
		})
	}
}

// onAllCores reports the CPU time of a read beside what b measures, the time of all cores divided by their reads. Each
// goroutine makes a reader of its own: a shared one may lie in one cache line with the counter of another goroutine, and
// then that is what is measured.
func onAllCores(b *testing.B, reader func() func() bool) {
	b.Helper()
	b.ReportAllocs()
	before := cpuTime(b)
	b.RunParallel(func(pb *testing.PB) {
		read := reader()
		for pb.Next() {
			if !read() {
				b.Error("no token")
			}
		}
	})
	b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
}

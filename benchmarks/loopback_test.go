package benchmarks

import (
	"context"
	"crypto/tls"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/subscribe"
)

// sized is the transport that a careful programmer gives the floor: a pool that fits the concurrency.
func sized(s *server, h2 bool) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, 512
	t.ForceAttemptHTTP2 = h2
	t.TLSClientConfig = &tls.Config{RootCAs: s.roots}
	return t
}

// ours is the SDK with its own transport, given only the server's certificate.
func ours(b *testing.B, s *server) *subscribe.Client {
	b.Helper()
	if s.url[:5] == "http:" {
		c, err := wechat.New(wechat.Config{AppID: "wx0123456789abcdef", AppSecret: "0f0f"},
			wechat.WithBaseURL(s.url), wechat.WithTokenSource(warmManager(b)))
		must(b, err)
		return subscribe.New(c)
	}
	return newSDK(b, sized(s, true), s.url)
}

// BenchmarkLoopback sends over real sockets. "cpu-ns/op" is the CPU time of this process for a send,
// "conns/1000" the connections opened for a thousand.
func BenchmarkLoopback(b *testing.B) {
	for _, mode := range []string{"http", "tls", "h2"} {
		s := startServer(b, mode)
		for _, concurrency := range []int{1, 16, 256} {
			name := mode + "-" + strconv.Itoa(concurrency)
			b.Run(name+"/floor", func(b *testing.B) {
				f, m := newFloor(sized(s, mode == "h2"), s.url), newFloorMessage()
				hammer(b, s, concurrency, func(ctx context.Context) error { _, err := f.Send(ctx, m); return err })
			})
			b.Run(name+"/wechat", func(b *testing.B) {
				c, m := ours(b, s), newMessage()
				hammer(b, s, concurrency, func(ctx context.Context) error { _, err := c.Send(ctx, m); return err })
			})
		}
	}
}

// hammer keeps the given number of sends going until b.N are through.
func hammer(b *testing.B, s *server, concurrency int, send func(context.Context) error) {
	b.Helper()
	probe := &http.Client{Transport: sized(s, false)}
	defer probe.CloseIdleConnections()
	s.connections(b, probe)
	ctx := context.Background()
	var left atomic.Int64
	left.Store(int64(b.N))
	before := cpuTime(b)
	b.ResetTimer()
	var wg sync.WaitGroup
	for range concurrency {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := send(ctx); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
	b.ReportMetric(s.connections(b, probe)/float64(b.N)*1000, "conns/1000")
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

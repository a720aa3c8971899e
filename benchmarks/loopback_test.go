package benchmarks

import (
	"context"
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
func sized() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, 512
	return t
}

// ours is the SDK with the transport that it makes for itself.
func ours(b *testing.B, s *server) *subscribe.Client {
	b.Helper()
	c, err := wechat.New(wechat.Config{AppID: appID, AppSecret: "0f0f"},
		wechat.WithBaseURL(s.url), wechat.WithTokenSource(warmManager(b, nil)))
	must(b, err)
	return subscribe.New(c)
}

// BenchmarkLoopback sends over real sockets, so many at a time. "cpu-ns/op" is the CPU time of this process for a
// send once the connections are there, "conns" how many were opened from the start.
func BenchmarkLoopback(b *testing.B) { compare(b, []int{1, 16, 256}, steadily) }

// BenchmarkBurst sends so many at once, waits for all of them, and sends as many again.
func BenchmarkBurst(b *testing.B) { compare(b, []int{16, 256}, inBursts) }

type send func(context.Context) error

// drive makes so many sends, n at once.
type drive func(b *testing.B, n, sends int, one send)

func compare(b *testing.B, sizes []int, drive drive) {
	b.Helper()
	for _, mode := range []string{"http", "tls", "h2"} {
		for _, n := range sizes {
			name := mode + "-" + strconv.Itoa(n)
			b.Run(name+"/floor", func(b *testing.B) {
				s, m := startServer(b, mode), newFloorMessage()
				f := newFloor(sized(), s.url)
				measure(b, s, n, drive, func(ctx context.Context) error { _, err := f.Send(ctx, m); return err })
			})
			b.Run(name+"/silenceper", func(b *testing.B) {
				s, m := startServer(b, mode), newPeerMessage()
				c := newPeer(b, sized(), s.url)
				measure(b, s, n, drive, func(context.Context) error { return c.Send(m) })
			})
			b.Run(name+"/wechat", func(b *testing.B) {
				s, m := startServer(b, mode), newMessage()
				c := ours(b, s)
				measure(b, s, n, drive, func(ctx context.Context) error { _, err := c.Send(ctx, m); return err })
			})
		}
	}
}

// measure reports what b.N sends cost after a few that open the connections.
func measure(b *testing.B, s *server, n int, drive drive, one send) {
	b.Helper()
	inBursts(b, n, 3*n, one)
	before := cpuTime(b)
	b.ResetTimer()
	drive(b, n, b.N, one)
	b.StopTimer()
	b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
	b.ReportMetric(s.connections(b), "conns")
}

// steadily keeps n sends going until all are through.
func steadily(b *testing.B, n, sends int, one send) {
	b.Helper()
	ctx := context.Background()
	var left atomic.Int64
	left.Store(int64(sends))
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := one(ctx); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// inBursts waits for n sends before it makes the next n.
func inBursts(b *testing.B, n, sends int, one send) {
	b.Helper()
	ctx := context.Background()
	for left := sends; left > 0; left -= n {
		var wg sync.WaitGroup
		for range min(n, left) {
			wg.Go(func() {
				if err := one(ctx); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
	}
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

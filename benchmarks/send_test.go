package benchmarks

import (
	"context"
	"net/http"
	"testing"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/subscribe"
	"github.com/wechatkit/wechat/token"
)

const (
	appID       = "wx0123456789abcdef"
	accessToken = "76_Cd9kQ3vTzX0mN5rB8yL2wP7sJ4hG6fD1aE0uI9oC3xV5bM2nQ8zK7tR4yW1pS6lH9jF0gD5aX3cV8bN2mZ7kQ4wE1rT6yU9iO0pA5sD3fG8hJ2kL7zX4cV1bN6mQ9wE0r"
	openID      = "oAbcd5EfGhIjKlMnOpQrStUvWxYz"
	templateID  = "Q2h1Y2tOb3JyaXNJc1RoZVRlbXBsYXRlSWRPZk91cnM"
	page        = "pages/contract/detail?id=7&from=reminder"
	answer      = `{"errcode":0,"errmsg":"ok","msgid":3248682510344192009}`
)

var values = map[string]string{
	"thing1": "家庭财产保险 Insurance", "date2": "2026-12-01 09:30", "amount3": "¥199.00",
}

func newSDK(tb testing.TB, rt http.RoundTripper, base string) *subscribe.Client {
	tb.Helper()
	c, err := wechat.New(wechat.Config{AppID: appID, AppSecret: "0f0f"}, wechat.WithBaseURL(base),
		wechat.WithHTTPClient(&http.Client{Transport: rt}), wechat.WithTokenSource(warmManager(tb, &token.MemoryStore{})))
	if err != nil {
		tb.Fatal(err)
	}
	return subscribe.New(c)
}

// warmManager is a real token manager that has its token: the send pays for the warm read. store may be nil.
func warmManager(tb testing.TB, store token.Store) *token.Manager {
	tb.Helper()
	m, err := token.NewManager(token.Config{AppID: appID, Fetcher: fetcher{}, Store: store})
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := m.Token(context.Background()); err != nil {
		tb.Fatal(err)
	}
	return m
}

func newMessage() *subscribe.Message {
	return &subscribe.Message{ToUser: openID, TemplateID: templateID, Page: page, Data: values}
}

// BenchmarkSend is a send through the whole pipeline with the system's share of the network taken away.
func BenchmarkSend(b *testing.B) {
	b.Run("floor", func(b *testing.B) {
		f, m := newFloor(inProcess(), token.DefaultBaseURL), newFloorMessage()
		repeat(b, func(ctx context.Context) error { _, err := f.Send(ctx, m); return err })
	})
	b.Run("silenceper", func(b *testing.B) {
		c, m := newPeer(b, inProcess(), token.DefaultBaseURL), newPeerMessage()
		repeat(b, func(context.Context) error { return c.Send(m) })
	})
	b.Run("wechat", func(b *testing.B) {
		c, m := newSDK(b, inProcess(), token.DefaultBaseURL), newMessage()
		repeat(b, func(ctx context.Context) error { _, err := c.Send(ctx, m); return err })
	})
}

func repeat(b *testing.B, one send) {
	b.Helper()
	ctx := context.Background()
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		if err := one(ctx); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
}

package otelwechat_test

import (
	"context"
	"io"
	"net/http"
	"testing"

	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	nooptrace "go.opentelemetry.io/otel/trace/noop"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/otelwechat"
)

// BenchmarkSend is a send without a network: what is beside it is the cost of looking on.
func BenchmarkSend(b *testing.B) {
	observer := func(opts ...otelwechat.Option) wechat.Option {
		t, err := otelwechat.New(opts...)
		if err != nil {
			b.Fatal(err)
		}
		return wechat.WithObserver(t.ObserveCall)
	}
	nothing := func(next http.RoundTripper) http.RoundTripper { return next }
	cases := []struct {
		name string
		opts []wechat.Option
	}{
		{"bare", nil},
		{"observer", []wechat.Option{wechat.WithObserver(func(context.Context, wechat.CallEvent) {})}},
		{"layer", []wechat.Option{wechat.WithTransportMiddleware(nothing)}},
		{"no-op", []wechat.Option{observer(
			otelwechat.WithTracerProvider(nooptrace.NewTracerProvider()), otelwechat.WithMeterProvider(noop.NewMeterProvider()))}},
		{"metrics", []wechat.Option{observer(otelwechat.WithTracerProvider(nooptrace.NewTracerProvider()),
			otelwechat.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))))}},
		{"spans", []wechat.Option{observer(otelwechat.WithTracerProvider(sdktrace.NewTracerProvider()),
			otelwechat.WithMeterProvider(noop.NewMeterProvider()))}},
		{"both", []wechat.Option{observer(otelwechat.WithTracerProvider(sdktrace.NewTracerProvider()),
			otelwechat.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))))}},
	}
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			core := client(b, roundTripper(func(r *http.Request) (*http.Response, error) {
				_, _ = io.Copy(io.Discard, r.Body)
				return answers(`{"errcode":0,"errmsg":"ok"}`).RoundTrip(r)
			}), c.opts...)
			in := map[string]string{"touser": "o1", "template_id": "T"}
			b.ReportAllocs()
			for b.Loop() {
				if err := core.Do(context.Background(), http.MethodPost, "/cgi-bin/message/subscribe/send", nil, in, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

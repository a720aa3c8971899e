package otelwechat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/otelwechat"
	"github.com/wechatkit/wechat/token"
)

// collected is a Telemetry with what it made.
type collected struct {
	*otelwechat.Telemetry

	tracer *trace.TracerProvider
	spans  *tracetest.SpanRecorder
	reader *metric.ManualReader
}

func collect(t *testing.T, opts ...otelwechat.Option) *collected {
	t.Helper()
	c := &collected{spans: tracetest.NewSpanRecorder(), reader: metric.NewManualReader()}
	c.tracer = trace.NewTracerProvider(trace.WithSpanProcessor(c.spans))
	var err error
	c.Telemetry, err = otelwechat.New(append(opts, otelwechat.WithTracerProvider(c.tracer),
		otelwechat.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(c.reader))))...)
	require.NoError(t, err)
	return c
}

// metrics are those of this package.
func (c *collected) metrics(t *testing.T) []metricdata.Metrics {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, c.reader.Collect(context.Background(), &all))
	if len(all.ScopeMetrics) == 0 {
		return nil
	}
	require.Len(t, all.ScopeMetrics, 1)
	return all.ScopeMetrics[0].Metrics
}

// values lists what was measured: name, attributes and count or sum.
func (c *collected) values(t *testing.T) (list []string) {
	t.Helper()
	for _, m := range c.metrics(t) {
		require.NotEmpty(t, m.Description, m.Name)
		require.NotEmpty(t, m.Unit, m.Name)
		switch data := m.Data.(type) {
		case metricdata.Histogram[float64]:
			for _, p := range data.DataPoints {
				list = append(list, fmt.Sprint(m.Name, " ", text(p.Attributes.ToSlice()), " ", p.Count))
			}
		case metricdata.Sum[int64]:
			for _, p := range data.DataPoints {
				list = append(list, fmt.Sprint(m.Name, " ", text(p.Attributes.ToSlice()), " ", p.Value))
			}
		default:
			t.Fatalf("%T", m.Data)
		}
	}
	return list
}

// everything is all that leaves the process: spans, events, links, values and exemplars.
func (c *collected) everything(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, s := range tracetest.SpanStubsFromReadOnlySpans(c.spans.Ended()) {
		fmt.Fprintf(&b, "%+v\n%s\n%+v\n", s, text(s.Attributes), s.Events)
	}
	metrics := c.metrics(t)
	fmt.Fprintf(&b, "%+v\n", metrics)
	data, err := json.Marshal(metrics)
	require.NoError(t, err)
	b.Write(data)
	for _, m := range metrics {
		if h, ok := m.Data.(metricdata.Histogram[float64]); ok {
			for _, p := range h.DataPoints {
				fmt.Fprintf(&b, "%s %+v\n", text(p.Attributes.ToSlice()), p.Exemplars)
			}
		}
	}
	return b.String()
}

func text(attributes []attribute.KeyValue) string {
	set := attribute.NewSet(attributes...)
	return set.Encoded(attribute.DefaultEncoder())
}

// roundTripper is a function that is one.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answers gives one answer after the other, the last one again and again.
func answers(bodies ...string) http.RoundTripper {
	return roundTripper(func(*http.Request) (*http.Response, error) {
		body := bodies[0]
		if len(bodies) > 1 {
			bodies = bodies[1:]
		}
		return &http.Response{
			StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
		}, nil
	})
}

func client(tb testing.TB, rt http.RoundTripper, opts ...wechat.Option) *wechat.Client {
	tb.Helper()
	c, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: plantedSecret}, append([]wechat.Option{
		wechat.WithHTTPClient(&http.Client{Transport: rt}), wechat.WithTokenSource(token.Static(plantedToken)),
		wechat.WithRetry(wechat.RetryPolicy{MinWait: 1, MaxWait: 1}),
	}, opts...)...)
	require.NoError(tb, err)
	return c
}

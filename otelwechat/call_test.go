package otelwechat_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric/noop"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	nooptrace "go.opentelemetry.io/otel/trace/noop"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/otelwechat"
	"github.com/wechatkit/wechat/token"
)

func TestCalls(t *testing.T) {
	t.Parallel()
	c := collect(t, otelwechat.WithAttributes(attribute.String("account", "shop")))
	core := client(t, answers(`{"errcode":-1,"errmsg":"system error rid: 6a5b4c3d-01234567-89abcdef"}`, `{"errcode":0}`,
		`{"errcode":43101,"errmsg":"user refuse"}`, `{"errcode":47003,"errmsg":"argument invalid rid: made up by a gateway"}`, `<html>`),
		wechat.WithObserver(c.ObserveCall))
	ctx, parent := c.tracer.Tracer("test").Start(t.Context(), "parent")
	for range 4 {
		_ = core.Call(ctx, wechat.Call{Op: "subscribe.Send", Method: http.MethodPost, Path: "/cgi-bin/x", In: map[string]int{"a": 1}})
	}
	spans := c.spans.Ended()
	require.Len(t, spans, 5)
	want := []struct {
		status codes.Code
		about  string
		text   string
	}{
		{codes.Error, "errcode -1: system busy (系统繁忙)", "account=shop,error.type=-1,http.request.method=POST,http.response.status_code=200," +
			"rpc.method=subscribe.Send,rpc.response.status_code=-1,rpc.system.name=wechat,url.template=/cgi-bin/x," +
			"wechat.errcode.class=server busy,wechat.rid=6a5b4c3d-01234567-89abcdef"},
		{codes.Unset, "", "account=shop,http.request.method=POST,http.request.resend_count=1,http.response.status_code=200," +
			"rpc.method=subscribe.Send,rpc.response.status_code=0,rpc.system.name=wechat,url.template=/cgi-bin/x"},
		{codes.Unset, "", "account=shop,http.request.method=POST,http.response.status_code=200,rpc.method=subscribe.Send," +
			"rpc.response.status_code=43101,rpc.system.name=wechat,url.template=/cgi-bin/x,wechat.errcode.class=user unreachable"},
		{codes.Error, "", "account=shop,error.type=47003,http.request.method=POST,http.response.status_code=200,rpc.method=subscribe.Send," +
			"rpc.response.status_code=47003,rpc.system.name=wechat,url.template=/cgi-bin/x,wechat.errcode.class=invalid argument"},
		{codes.Error, "answer", "account=shop,error.type=answer,http.request.method=POST,http.response.status_code=200," +
			"rpc.method=subscribe.Send,rpc.system.name=wechat,url.template=/cgi-bin/x"},
	}
	for i, w := range want {
		require.Equal(t, "subscribe.Send", spans[i].Name())
		require.Equal(t, trace.SpanKindClient, spans[i].SpanKind())
		require.Equal(t, parent.SpanContext().SpanID(), spans[i].Parent().SpanID())
		require.Equal(t, w.status, spans[i].Status().Code, i)
		require.Equal(t, w.text, text(spans[i].Attributes()))
		if w.about != "" {
			require.Equal(t, w.about, spans[i].Status().Description)
		}
		require.False(t, spans[i].EndTime().Before(spans[i].StartTime()))
	}
	require.Contains(t, c.values(t), "rpc.client.call.duration account=shop,rpc.method=subscribe.Send,rpc.response.status_code=0,"+
		"rpc.system.name=wechat,url.template=/cgi-bin/x 1")
	require.Len(t, c.values(t), 5)
}

func TestTokens(t *testing.T) {
	t.Parallel()
	c := collect(t)
	m, err := token.NewManager(token.Config{
		AppID: "wx1", AppSecret: plantedSecret, Observer: c.ObserveFetch,
		HTTPClient: &http.Client{Transport: answers(`{"access_token":"` + plantedToken + `","expires_in":7200}`)},
	})
	require.NoError(t, err)
	_, err = m.Token(t.Context())
	require.NoError(t, err)
	spans := c.spans.Ended()
	require.Len(t, spans, 1)
	require.Equal(t, "token.Fetch", spans[0].Name())
	require.Equal(t, "rpc.method=token.Fetch,rpc.response.status_code=0,rpc.system.name=wechat,wechat.token.forced=false",
		text(spans[0].Attributes()))
	require.Equal(t, []string{"rpc.client.call.duration rpc.method=token.Fetch,rpc.response.status_code=0,rpc.system.name=wechat 1"}, c.values(t))
}

func TestKindsOfFailures(t *testing.T) {
	t.Parallel()
	cases := map[string]error{
		"timeout":    &wechat.TransportError{Sent: true, Err: context.DeadlineExceeded},
		"canceled":   &wechat.TransportError{Err: context.Canceled},
		"proxy":      &wechat.TransportError{Err: &wechat.ProxyError{Status: 407}},
		"connect":    &wechat.TransportError{Err: errors.New(plantedSecret)},
		"connection": &wechat.TransportError{Sent: true, Err: errors.New(plantedSecret)},
		"502":        &wechat.ResponseError{Status: 502, Reason: plantedSecret},
		"answer":     &wechat.ResponseError{Status: 200, Excerpt: plantedSecret},
		"unverified": errors.Join(wechat.ErrUnverified, &wechat.ResponseError{Status: 200}),
		"_OTHER":     errors.New(plantedSecret),
	}
	for want, err := range cases {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			c := collect(t)
			c.ObserveCall(t.Context(), wechat.CallEvent{Op: "test", Start: time.Now(), Err: err})
			span := c.spans.Ended()[0]
			require.Equal(t, "error.type="+want+",rpc.method=test,rpc.system.name=wechat", text(span.Attributes()))
			require.Equal(t, want, span.Status().Description)
			require.NotContains(t, c.everything(t), plantedSecret)
		})
	}
}

// A value that is measured within a sampled span has an exemplar, with the span's identity and nothing else.
func TestExemplars(t *testing.T) {
	t.Parallel()
	c := collect(t)
	c.ObserveCall(t.Context(), wechat.CallEvent{Op: "test", Start: time.Now(), Err: errcode.New("test", "/x", 200, 40001, plantedToken)})
	require.Contains(t, c.everything(t), "FilteredAttributes:[]")
	require.NotContains(t, c.everything(t), plantedToken)
}

func TestOptions(t *testing.T) {
	t.Parallel()
	_, err := otelwechat.New()
	require.NoError(t, err)
	for want, opt := range map[string]otelwechat.Option{
		"otelwechat: opts[0]: nil":                          nil,
		"otelwechat: WithTracerProvider: the provider":      otelwechat.WithTracerProvider(nil),
		"otelwechat: WithMeterProvider: the provider":       otelwechat.WithMeterProvider(nil),
		`otelwechat: WithAttributes: "" has no key or no v`: otelwechat.WithAttributes(attribute.KeyValue{}),
	} {
		_, err := otelwechat.New(opt)
		require.ErrorContains(t, err, want)
	}
}

// What nobody collects costs a few allocations.
func TestCostWithoutProviders(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts those of all goroutines
	c, err := otelwechat.New(otelwechat.WithTracerProvider(nooptrace.NewTracerProvider()), otelwechat.WithMeterProvider(noop.NewMeterProvider()))
	require.NoError(t, err)
	e := wechat.CallEvent{Op: "test", Path: "/x", Attempt: 1, Start: time.Now()}
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { c.ObserveCall(t.Context(), e) }), 8.0)
	t.Log(testing.AllocsPerRun(100, func() { c.ObserveCall(t.Context(), e) }))
}

// sampling notes what a sampler can decide by.
type sampling struct{ seen *[]string }

func (s sampling) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	*s.seen = append(*s.seen, p.Name+" "+text(p.Attributes))
	return sdktrace.SamplingResult{Decision: sdktrace.Drop}
}

func (sampling) Description() string { return "sampling" }

// A sampler is asked when a span begins, and must know then what it is about.
func TestSamplersKnowWhatASpanIsAbout(t *testing.T) {
	t.Parallel()
	var seen []string
	c, err := otelwechat.New(otelwechat.WithMeterProvider(noop.NewMeterProvider()),
		otelwechat.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSampler(sampling{&seen}))))
	require.NoError(t, err)
	c.ObserveCall(t.Context(), wechat.CallEvent{Op: "subscribe.Send", Path: "/x", Start: time.Now()})
	c.ObserveFetch(t.Context(), token.FetchEvent{Op: "token.Fetch"})
	push := &callback.Follow{}
	push.AppID, push.MsgType, push.Event = "wx1", "event", "subscribe"
	_, err = c.Push(func(context.Context, callback.Push) (callback.Reply, error) { return nil, nil })(t.Context(), push)
	require.NoError(t, err)
	_, end := c.StartSend(t.Context(), "template")
	end(nil)
	require.Equal(t, []string{
		"subscribe.Send rpc.method=subscribe.Send,rpc.system.name=wechat",
		"token.Fetch rpc.method=token.Fetch,rpc.system.name=wechat",
		"process subscribe messaging.destination.name=wx1,messaging.operation.name=process,messaging.operation.type=process," +
			"messaging.system=wechat,wechat.push.type=subscribe",
		"remind template wechat.reminder.door=template",
	}, seen)
}

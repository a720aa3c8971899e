package otelwechat

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/token"
)

// The attributes that OpenTelemetry's conventions have no name for.
const (
	keyClass  = attribute.Key("wechat.errcode.class")
	keyRID    = attribute.Key("wechat.rid")
	keyForced = attribute.Key("wechat.token.forced")
)

var rpcSystem = semconv.RPCSystemNameKey.String(system)

// other stands in for what is in no list.
const other = "_OTHER"

// ObserveCall is told of a request by a client, see [wechat.WithObserver]. A client that fetches its tokens itself tells of these
// requests, too. A program with an observer of its own calls it from there.
func (t *Telemetry) ObserveCall(ctx context.Context, e wechat.CallEvent) {
	t.call(ctx, &e, nil)
}

// ObserveFetch is told of a request for a token, see [token.Config.Observer]; component.Config and jsapi.Config have the same field.
func (t *Telemetry) ObserveFetch(ctx context.Context, e token.FetchEvent) {
	t.call(ctx, &wechat.CallEvent{
		Op: e.Op, Attempt: 1, Start: time.Now().Add(-e.Duration), Duration: e.Duration, Err: e.Err,
	}, func(span trace.Span) { span.SetAttributes(keyForced.Bool(e.Forced)) })
}

// call makes span and value of one request that has ended.
func (t *Telemetry) call(ctx context.Context, e *wechat.CallEvent, more func(trace.Span)) {
	ctx, span := t.tracer.Start(ctx, e.Op, trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(e.Start),
		trace.WithAttributes(rpcSystem, semconv.RPCMethod(e.Op))) // by which a sampler may decide
	recording, measuring := span.IsRecording(), t.calls.Enabled(ctx)
	if recording || measuring {
		f := findingOf(e.Err)
		attributes := t.with(f.attributes(e)...)
		if recording {
			span.SetAttributes(attributes[2:]...)
			f.describe(span, e)
			if more != nil {
				more(span)
			}
		}
		if measuring {
			t.calls.Record(ctx, e.Duration.Seconds(), metric.WithAttributeSet(attribute.NewSet(attributes...)))
		}
	}
	span.End(trace.WithTimestamp(e.Start.Add(e.Duration)))
}

// attributes are those of span and value. The first two are known when the span begins.
func (f *finding) attributes(e *wechat.CallEvent) []attribute.KeyValue {
	list := make([]attribute.KeyValue, 0, 8)
	list = append(list, rpcSystem, semconv.RPCMethod(e.Op))
	if e.Path != "" {
		list = append(list, semconv.URLTemplate(e.Path))
	}
	if f.code != "" {
		list = append(list, semconv.RPCResponseStatusCode(f.code))
	}
	if f.refused != nil {
		list = append(list, keyClass.String(f.refused.Class.String()))
	}
	if f.failed {
		list = append(list, semconv.ErrorTypeKey.String(f.kind))
	}
	return list
}

// describe puts on a span what would make too many time series.
func (f *finding) describe(span trace.Span, e *wechat.CallEvent) {
	if e.Method != "" {
		span.SetAttributes(semconv.HTTPRequestMethodKey.String(e.Method))
	}
	if e.Status != 0 {
		span.SetAttributes(semconv.HTTPResponseStatusCode(e.Status))
	}
	if e.Attempt > 1 {
		span.SetAttributes(semconv.HTTPRequestResendCount(e.Attempt - 1))
	}
	if f.refused != nil && rid.MatchString(f.refused.RID) {
		span.SetAttributes(keyRID.String(f.refused.RID))
	}
	if f.failed {
		span.SetStatus(codes.Error, f.text())
	}
}

// rid is a request id as WeChat makes it; what else stands there may be anything.
var rid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$`)

// finding is what is known of an error without its text.
type finding struct {
	kind    string         // error.type
	code    string         // errcode; "" without an answer of WeChat's
	refused *errcode.Error // nil unless WeChat refused
	failed  bool           // it is no part of normal operation
}

// text says what an errcode means, in the words of package errcode and not of WeChat's.
func (f *finding) text() string {
	if f.refused == nil {
		return f.kind
	}
	if meaning := f.refused.Meaning(); meaning != "" {
		return "errcode " + f.code + ": " + meaning
	}
	return "errcode " + f.code
}

func findingOf(err error) *finding {
	if err == nil {
		return &finding{code: "0"}
	}
	var refused *errcode.Error
	if errors.As(err, &refused) {
		code := strconv.FormatInt(int64(refused.Code), 10)
		normal := refused.Class == errcode.UserUnreachable || refused.Class == errcode.AlreadyDone
		return &finding{kind: code, code: code, refused: refused, failed: !normal}
	}
	return &finding{kind: kindOf(err), failed: true}
}

// kindOf names a failure without an errcode.
func kindOf(err error) string {
	var proxy *wechat.ProxyError
	var transport *wechat.TransportError
	var answer *wechat.ResponseError
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.As(err, &proxy):
		return "proxy"
	case errors.As(err, &transport) && transport.Sent:
		return "connection"
	case transport != nil:
		return "connect"
	case errors.Is(err, wechat.ErrUnverified):
		return "unverified"
	case errors.As(err, &answer) && answer.Status >= 300:
		return strconv.Itoa(answer.Status)
	case answer != nil:
		return "answer"
	}
	return other
}

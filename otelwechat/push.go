package otelwechat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/wechatkit/wechat/callback"
)

const keyPush = attribute.Key("wechat.push.type")

// operation is what is done with a push, in OpenTelemetry's word.
const operation = "process"

// Push is a layer around the handling of pushes, for [callback.Handler.Use]. A handler finds the span in its context: calls
// that it makes with it are below the push. The parent is the span that the context of the request has, if any.
func (t *Telemetry) Push(next callback.HandlerFunc) callback.HandlerFunc {
	return func(ctx context.Context, p callback.Push) (reply callback.Reply, err error) {
		kind := pushType(p)
		about := t.with(pushAttributes(p, kind)...)
		ctx, span := t.tracer.Start(ctx, operation+" "+kind, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(about...))
		start, returned := time.Now(), false
		defer func() { // deferred, for a handler may panic or end the goroutine
			failure := ""
			switch {
			case !returned:
				failure = "panic"
			case err != nil:
				failure = typeOf(err)
			}
			t.pushed(ctx, span, about, failure, time.Since(start))
		}()
		reply, err = next(ctx, p)
		returned = true
		return reply, err
	}
}

func pushAttributes(p callback.Push, kind string) []attribute.KeyValue {
	list := make([]attribute.KeyValue, 0, 8)
	return append(list, semconv.MessagingSystemKey.String(system), semconv.MessagingOperationName(operation),
		semconv.MessagingOperationTypeProcess, semconv.MessagingDestinationName(p.Head().AppID), keyPush.String(kind))
}

func (t *Telemetry) pushed(
	ctx context.Context, span trace.Span, attributes []attribute.KeyValue, failure string, took time.Duration,
) {
	if failure != "" {
		kind := semconv.ErrorTypeKey.String(failure)
		attributes = append(attributes, kind)
		span.SetAttributes(kind)
		span.SetStatus(codes.Error, failure)
	}
	if t.pushes.Enabled(ctx) {
		attributes = slices.Clone(attributes) // NewSet sorts them, and the span may hold what it was begun with
		t.pushes.Record(ctx, took.Seconds(), metric.WithAttributeSet(attribute.NewSet(attributes...)))
	}
	span.End()
}

// pushType is the name of a push that package callback knows. What others are called is anybody's choice in
// [callback.ModePlain].
func pushType(p callback.Push) string {
	if _, unknown := p.(*callback.Unknown); unknown {
		return other
	}
	head := p.Head()
	switch {
	case head.InfoType != "":
		return strings.ToLower(head.InfoType)
	case head.Event != "":
		return strings.ToLower(head.Event)
	}
	return strings.ToLower(head.MsgType)
}

// typeOf is the Go type of an error of the program's own. Its text may say anything.
func typeOf(err error) string { return fmt.Sprintf("%T", err) }

// reports are the names of what a handler reports. What wraps two of them goes by the first.
var reports = []struct {
	is   error
	name string
}{
	{callback.ErrMethod, "method"},
	{callback.ErrTooLarge, "too_large"},
	{callback.ErrBody, "body"},
	{callback.ErrQuery, "query"},
	{callback.ErrMode, "mode"},
	{callback.ErrSignature, "signature"},
	{callback.ErrStale, "stale"},
	{callback.ErrReplay, "replay"},
	{callback.ErrDecrypt, "decrypt"},
	{callback.ErrAppID, "app_id"},
	{callback.ErrParse, "parse"},
	{callback.ErrDuplicate, "duplicate"},
	{callback.ErrBusy, "busy"},
	{callback.ErrClosed, "closed"},
	{callback.ErrPanic, "panic"},
	{callback.ErrHandler, "handler"},
	{callback.ErrReply, "reply"},
	{callback.ErrLate, "late"},
	{callback.ErrNoResult, "no_result"},
	{callback.ErrStore, "store"},
}

// ObserveReports returns a [callback.Config.Observer] that counts, and then calls next, such as [callback.LogReport]; nil for none.
func (t *Telemetry) ObserveReports(next func(context.Context, callback.Report)) func(context.Context, callback.Report) {
	return func(ctx context.Context, r callback.Report) {
		if t.reports.Enabled(ctx) {
			list := []attribute.KeyValue{semconv.ErrorTypeKey.String(reportName(r.Err))}
			if r.Status != 0 {
				list = append(list, semconv.HTTPResponseStatusCode(r.Status))
			}
			t.reports.Add(ctx, 1, metric.WithAttributeSet(attribute.NewSet(t.with(list...)...)))
		}
		if next != nil {
			next(ctx, r)
		}
	}
}

func reportName(err error) string {
	for _, r := range reports {
		if errors.Is(err, r.is) {
			return r.name
		}
	}
	return other
}

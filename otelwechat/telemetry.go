package otelwechat

import (
	"errors"
	"fmt"
	"slices"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/wechatkit/wechat/errcode"
)

// scope names this instrumentation.
const scope = "github.com/wechatkit/wechat/otelwechat"

// system is the value of rpc.system.name and messaging.system.
const system = "wechat"

// Telemetry makes the spans and metrics. It is safe for concurrent use; one serves any number of clients, handlers and
// notifiers.
type Telemetry struct {
	tracer trace.Tracer
	always []attribute.KeyValue // on everything

	calls    metric.Float64Histogram
	pushes   metric.Float64Histogram
	reports  metric.Int64Counter
	outcomes metric.Int64Counter
	lateness metric.Float64Histogram
	sends    metric.Float64Histogram
}

// Option changes a setting of [New].
type Option func(*settings) error

type settings struct {
	traces  trace.TracerProvider
	metrics metric.MeterProvider
	always  []attribute.KeyValue
}

// WithTracerProvider takes spans to p. Defaults to the global provider.
func WithTracerProvider(p trace.TracerProvider) Option {
	return func(s *settings) error {
		if p == nil {
			return fieldErrorf("WithTracerProvider", "the provider is nil")
		}
		s.traces = p
		return nil
	}
}

// WithMeterProvider takes metrics to p. Defaults to the global provider.
func WithMeterProvider(p metric.MeterProvider) Option {
	return func(s *settings) error {
		if p == nil {
			return fieldErrorf("WithMeterProvider", "the provider is nil")
		}
		s.metrics = p
		return nil
	}
}

// WithAttributes puts attributes on every span and every value, such as which of several accounts a client is for. They are
// taken as they are: keep secrets out of them, and the number of their values small.
func WithAttributes(attributes ...attribute.KeyValue) Option {
	return func(s *settings) error {
		for _, a := range attributes {
			if !a.Valid() {
				return fieldErrorf("WithAttributes", "%q has no key or no value", string(a.Key))
			}
		}
		s.always = append(s.always, attributes...)
		return nil
	}
}

// New returns a Telemetry, or an error that names the setting or the instrument that is wrong.
func New(opts ...Option) (*Telemetry, error) {
	s := settings{traces: otel.GetTracerProvider(), metrics: otel.GetMeterProvider()}
	for i, opt := range opts {
		if opt == nil {
			return nil, fieldErrorf(fmt.Sprintf("opts[%d]", i), "nil")
		}
		if err := opt(&s); err != nil {
			return nil, err
		}
	}
	t := &Telemetry{
		tracer: s.traces.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL)), always: slices.Clip(s.always),
	}
	if err := t.instruments(s.metrics.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL))); err != nil {
		return nil, fmt.Errorf("otelwechat: %w", err)
	}
	return t, nil
}

// callBounds are those of OpenTelemetry's conventions for calls and for processing, in seconds.
var callBounds = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}

// lateBounds go from what a healthy service is late to a day.
var lateBounds = []float64{1, 2, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600}

func (t *Telemetry) instruments(m metric.Meter) error {
	var errs [6]error
	t.calls, errs[0] = m.Float64Histogram("rpc.client.call.duration", metric.WithUnit("s"),
		metric.WithDescription("Duration of a request to WeChat."), metric.WithExplicitBucketBoundaries(callBounds...))
	t.pushes, errs[1] = m.Float64Histogram("messaging.process.duration", metric.WithUnit("s"),
		metric.WithDescription("Duration of the handling of a push from WeChat."), metric.WithExplicitBucketBoundaries(callBounds...))
	t.reports, errs[2] = m.Int64Counter("wechat.push.reports", metric.WithUnit("{report}"),
		metric.WithDescription("Pushes that were refused, or went otherwise than usual."))
	t.outcomes, errs[3] = m.Int64Counter("wechat.reminder.outcomes", metric.WithUnit("{outcome}"),
		metric.WithDescription("Outcomes of reminders."))
	t.lateness, errs[4] = m.Float64Histogram("wechat.reminder.lateness", metric.WithUnit("s"),
		metric.WithDescription("How long after its time a reminder was accepted."), metric.WithExplicitBucketBoundaries(lateBounds...))
	t.sends, errs[5] = m.Float64Histogram("wechat.reminder.send.duration", metric.WithUnit("s"),
		metric.WithDescription("Duration of the send of a reminder by a door."), metric.WithExplicitBucketBoundaries(callBounds...))
	return errors.Join(errs[:]...)
}

// with adds what is on everything.
func (t *Telemetry) with(attributes ...attribute.KeyValue) []attribute.KeyValue {
	return append(attributes, t.always...)
}

// fieldErrorf returns the finding of a check of settings.
func fieldErrorf(field, format string, args ...any) error {
	return &errcode.FieldError{Op: "otelwechat", Field: field, Reason: fmt.Sprintf(format, args...)}
}

package otelwechat

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

const (
	keyState = attribute.Key("wechat.reminder.state")
	keyDoor  = attribute.Key("wechat.reminder.door")
)

// accepted is the state for which a notifier says how late it was: notify.Accepted.
const accepted = "accepted"

// Reminder is an outcome of a reminder: what is counted of a notify.OutcomeEvent. Its key and reason stay with the program.
type Reminder struct {
	State string        // such as "accepted", "refused", "missed"
	Door  string        // that took it, "" for none
	Late  time.Duration // how long after its time it was accepted; of other states it is not looked at
}

// ObserveReminder counts an outcome, for notify.Config.Observer.
func (t *Telemetry) ObserveReminder(ctx context.Context, r Reminder) {
	if t.outcomes.Enabled(ctx) {
		t.outcomes.Add(ctx, 1, metric.WithAttributeSet(attribute.NewSet(t.with(keyState.String(r.State), keyDoor.String(r.Door))...)))
	}
	if r.State == accepted && t.lateness.Enabled(ctx) {
		t.lateness.Record(ctx, r.Late.Seconds(), metric.WithAttributeSet(attribute.NewSet(t.with(keyDoor.String(r.Door))...)))
	}
}

// StartSend begins the span of a send by a door of a notifier, and returns the context for the send, and what ends the span
// with the outcome. A door is wrapped so:
//
//	type traced struct {
//		notify.Door
//		telemetry *otelwechat.Telemetry
//	}
//
//	func (d traced) Send(ctx context.Context, m *notify.Message) (msgID int64, err error) {
//		ctx, end := d.telemetry.StartSend(ctx, d.Name())
//		err = errors.New("the door panicked") // unless Send returns
//		defer func() { end(err) }()
//		return d.Door.Send(ctx, m)
//	}
//
// together with a CheckContent that asks the door within, if that has one.
func (t *Telemetry) StartSend(ctx context.Context, door string) (context.Context, func(error)) {
	at := keyDoor.String(door)
	ctx, span := t.tracer.Start(ctx, "remind "+door, trace.WithSpanKind(trace.SpanKindInternal), trace.WithAttributes(at))
	start := time.Now()
	return ctx, func(err error) {
		list := append(make([]attribute.KeyValue, 0, 8), at)
		f := findingOf(err)
		if f.failed {
			list = append(list, semconv.ErrorTypeKey.String(f.kind))
		}
		list = t.with(list...)
		if span.IsRecording() {
			span.SetAttributes(list...)
			if f.failed {
				span.SetStatus(codes.Error, f.text())
			}
		}
		if t.sends.Enabled(ctx) {
			t.sends.Record(ctx, time.Since(start).Seconds(), metric.WithAttributeSet(attribute.NewSet(list...)))
		}
		span.End()
	}
}

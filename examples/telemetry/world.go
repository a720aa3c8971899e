package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/oauth"
	"github.com/wechatkit/wechat/otelwechat"
	"github.com/wechatkit/wechat/subscribe"
)

const (
	pushToken = "token-of-the-push"
	aesKey    = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
)

// world is a Mini Program with one user, on an emulator, and all that the SDK can do for it.
type world struct {
	wx       *emulator.Server
	mini     *emulator.App
	ann      *emulator.User
	template string

	tracer    trace.Tracer
	telemetry *otelwechat.Telemetry
	client    *wechat.Client
	pushes    *callback.Handler
	database  *notify.Database
	notifier  *notify.Notifier
	dir       string
}

func newWorld(ctx context.Context, traces trace.TracerProvider, metrics metric.MeterProvider) (w *world, err error) {
	w = &world{tracer: traces.Tracer("example")}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.wx, err = emulator.Start(); err != nil {
		return w, err
	}
	w.mini, w.ann = w.wx.MiniProgram(), w.wx.User("Ann")
	w.template = w.mini.AddTemplate(emulator.Template{Title: "Contract due", Keywords: []string{"thing1", "date2"}})
	w.telemetry, err = otelwechat.New(otelwechat.WithTracerProvider(traces), otelwechat.WithMeterProvider(metrics))
	if err != nil {
		return w, err
	}
	w.client, err = wechat.New(wechat.Config{AppID: w.mini.AppID, AppSecret: wechat.Secret(w.mini.AppSecret)},
		wechat.WithHTTPClient(w.wx.HTTPClient()), wechat.WithObserver(w.telemetry.ObserveCall),
		wechat.WithTransportMiddleware(tracedTransport(traces, metrics)))
	if err != nil {
		return w, err
	}
	if err := w.receive(); err != nil {
		return w, err
	}
	return w, w.remind(ctx)
}

// tracedTransport adds spans and metrics of HTTP to those of calls, for those who want both. Around the Transport of
// WithHTTPClient it would show tokens. Nothing is propagated to WeChat.
func tracedTransport(traces trace.TracerProvider, metrics metric.MeterProvider) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return otelhttp.NewTransport(next, otelhttp.WithTracerProvider(traces), otelhttp.WithMeterProvider(metrics),
			otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()),
			otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method + " " + r.URL.Path }))
	}
}

// receive takes WeChat's pushes and answers what Ann writes.
func (w *world) receive() (err error) {
	w.pushes, err = callback.New(callback.Config{Now: w.wx.Now, Observer: w.telemetry.ObserveReports(callback.LogReport), Apps: []callback.App{{
		AppID: w.mini.AppID, Kind: callback.MiniProgram, Token: pushToken, EncodingAESKey: aesKey,
	}}})
	if err != nil {
		return err
	}
	w.pushes.Use(w.telemetry.Push)
	answers := customerservice.New(w.client)
	callback.On(w.pushes, func(ctx context.Context, m *callback.TextMessage) (callback.Reply, error) {
		return nil, answers.Send(ctx, &customerservice.Message{ToUser: m.FromUserName, Content: customerservice.Text{Content: "We are on it."}})
	})
	w.mini.SetCallback(emulator.Callback{Handler: w.pushes, Token: pushToken, EncodingAESKey: aesKey})
	return nil
}

// remind sets the reminders up, with each send in a span and each outcome counted.
func (w *world) remind(ctx context.Context) (err error) {
	if w.dir, err = os.MkdirTemp("", "telemetry"); err != nil {
		return err
	}
	if w.database, err = notify.OpenSQLite(ctx, filepath.Join(w.dir, "reminders.db")); err != nil {
		return err
	}
	w.notifier, err = notify.New(notify.Config{
		Database: w.database, Now: w.wx.Now,
		Doors: []notify.Door{tracedDoor{notify.NewSubscribeDoor(w.client), w.telemetry}},
		Observer: func(ctx context.Context, e notify.OutcomeEvent) {
			w.telemetry.ObserveReminder(ctx, otelwechat.Reminder{State: string(e.State), Door: e.Door, Late: e.Late})
		},
	})
	if err != nil {
		return err
	}
	w.notifier.Ledger().Mount(w.pushes)
	return nil
}

// tracedDoor is a door whose sends are spans.
type tracedDoor struct {
	notify.Door

	telemetry *otelwechat.Telemetry
}

// Send implements notify.Door.
func (d tracedDoor) Send(ctx context.Context, m *notify.Message) (msgID int64, err error) {
	ctx, end := d.telemetry.StartSend(ctx, d.Name())
	err = errors.New("the door panicked") // unless Send returns
	defer func() { end(err) }()
	return d.Door.Send(ctx, m)
}

// CheckContent implements notify.ContentChecker, which the embedded interface does not bring along.
func (d tracedDoor) CheckContent(c *notify.Content) error {
	if checker, ok := d.Door.(notify.ContentChecker); ok {
		return checker.CheckContent(c)
	}
	return nil
}

// play lets everything happen once, each below a span of the program's own, and a send that Ann has not accepted.
func (w *world) play(ctx context.Context) error {
	for _, act := range []struct {
		name string
		do   func(context.Context) error
	}{{"login", w.login}, {"send", w.send}, {"refused", w.sendAgain}, {"push", w.write}, {"reminder", w.due}} {
		ctx, span := w.tracer.Start(ctx, act.name)
		err := act.do(ctx)
		span.End()
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *world) login(ctx context.Context) error {
	session, err := oauth.New(w.client).Login(ctx, w.ann.LoginCode(w.mini))
	if err != nil {
		return err
	}
	return w.notifier.Ledger().Link(ctx, notify.Identity{AppID: w.mini.AppID, OpenID: session.OpenID, User: "42"})
}

func (w *world) message() *subscribe.Message {
	return &subscribe.Message{
		ToUser: w.ann.OpenID(w.mini), TemplateID: w.template, Data: subscribe.Data{"thing1": "Fire insurance", "date2": "2026-12-01"},
	}
}

func (w *world) send(ctx context.Context) error {
	w.ann.Accept(w.template)
	w.wx.Settle()
	_, err := subscribe.New(w.client).Send(ctx, w.message())
	return err
}

// sendAgain is refused: one acceptance is for one message.
func (w *world) sendAgain(ctx context.Context) error {
	if _, err := subscribe.New(w.client).Send(ctx, w.message()); err == nil {
		return errors.New("the second message was taken")
	}
	return nil
}

func (w *world) write(context.Context) error {
	w.ann.Write(w.mini, "When does it end?")
	w.wx.Settle()
	return nil
}

func (w *world) due(ctx context.Context) error {
	w.wx.Advance(time.Minute) // an acceptance in the same second would be taken for a repetition of the first
	w.ann.Accept(w.template)
	w.wx.Settle()
	err := w.notifier.Plan(ctx, &notify.Reminder{
		Key: "contract-77", User: "42", Due: w.wx.Now().AddDate(0, 0, 8), Leads: []notify.Lead{notify.Days(7), notify.Days(1)},
		Content: notify.Content{Subscribe: &notify.SubscribeContent{TemplateID: w.template, Data: map[string]string{
			"thing1": "Fire insurance", "date2": "2026-12-09",
		}}},
	})
	for _, days := range []int{1, 6} {
		if err != nil {
			return err
		}
		w.wx.Advance(time.Duration(days) * 24 * time.Hour)
		_, err = w.notifier.FireDue(ctx)
		w.wx.Settle()
	}
	return err
}

func (w *world) close() (err error) {
	if w.pushes != nil {
		err = w.pushes.Shutdown(context.Background())
	}
	if w.database != nil {
		err = errors.Join(err, w.database.Close())
	}
	if w.client != nil {
		err = errors.Join(err, w.client.Close())
	}
	if w.wx != nil {
		err = errors.Join(err, w.wx.Close())
	}
	return errors.Join(err, os.RemoveAll(w.dir))
}

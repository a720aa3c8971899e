package otelwechat_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/callback/callbacktest"
	"github.com/wechatkit/wechat/oauth"
	"github.com/wechatkit/wechat/otelwechat"
	"github.com/wechatkit/wechat/token"
)

const (
	plantedSecret = "PLANTED+appsecret/0f0f"
	plantedToken  = "PLANTED+token/75_Ab3"
	plantedCode   = "PLANTED-js-code"
	plantedOpenID = "oPLANTED-openid"
	plantedText   = "PLANTED message text"
)

// echo puts what it gets into its answer.
func echo(status int, format string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		all := r.URL.String() + " " + strings.NewReplacer(`"`, "", `\`, "").Replace(string(body))
		for _, values := range r.URL.Query() {
			all += " " + strings.Join(values, " ")
		}
		w.Header().Set("Location", "/elsewhere?"+r.URL.RawQuery)
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, format, all)
	}
}

func reset(w http.ResponseWriter, r *http.Request) {
	_, _ = io.ReadAll(r.Body)
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
}

func never(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.ReadAll(r.Body)
	<-r.Context().Done()
}

// leaky is a token source, and a transport, of a program that keeps nothing to itself.
type leaky struct{}

func (leaky) Token(context.Context) (token.Token, error) {
	return token.Token{}, &url.Error{Op: "Get", URL: "https://tokens.example/?secret=" + plantedSecret, Err: errors.New(plantedToken)}
}

func (leaky) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("%s: refused", r.URL)
}

// Every failure is provoked at tokens, logins and calls, and all that leaves the process is searched.
func TestNothingPlantedGetsOut(t *testing.T) {
	t.Parallel()
	serve := func(h http.HandlerFunc) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	for name, address := range map[string]string{
		"dial": "http://127.0.0.1:1", "host": "http://does-not-exist.invalid", "TLS": secure.URL,
		"timeout": serve(never), "reset": serve(reset),
		"redirect": serve(echo(302, "%s")), "400": serve(echo(400, "%s")), "500": serve(echo(500, "<html>%s")),
		"not JSON": serve(echo(200, "%s")), "broken JSON": serve(echo(200, `{"a":"%s"`)),
		"wrong types": serve(echo(200, `{"errcode":{"x":"%s"}}`)),
		"40001":       serve(echo(200, `{"errcode":40001,"errmsg":"invalid: %s rid: 6a5b4c3d-01234567-89abcdef"}`)),
		"busy":        serve(echo(200, `{"errcode":-1,"errmsg":"%s"}`)),
		"rid":         serve(echo(200, `{"errcode":47003,"errmsg":"x rid: %s"}`)),
		"other field": serve(echo(200, `{"errcode":0,"openid":"%s","n":"x"}`)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := collect(t)
			provoke(t, c, wechat.WithBaseURL(address))
			provoke(t, c, wechat.WithBaseURL(address), wechat.WithTokenSource(token.Static(plantedToken)))
			c.requireClean(t)
		})
	}
	t.Run("the program's own", func(t *testing.T) {
		t.Parallel()
		c := collect(t)
		provoke(t, c, wechat.WithTokenSource(leaky{}))
		provoke(t, c, wechat.WithTokenSource(token.Static(plantedToken)), wechat.WithHTTPClient(&http.Client{Transport: leaky{}}))
		c.requireClean(t)
	})
}

func (c *collected) requireClean(t *testing.T) {
	t.Helper()
	all := c.everything(t)
	require.NotEmpty(t, c.spans.Ended())
	require.Contains(t, all, "rpc.method")
	require.NotContains(t, all, "PLANTED")
}

func provoke(t *testing.T, c *collected, opts ...wechat.Option) {
	t.Helper()
	core, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: plantedSecret}, append([]wechat.Option{
		wechat.WithObserver(c.ObserveCall), wechat.WithTimeout(150 * time.Millisecond),
		wechat.WithRetry(wechat.RetryPolicy{MinWait: 1, MaxWait: 1}),
	}, opts...)...)
	require.NoError(t, err)
	defer core.Close()
	message := map[string]string{"touser": plantedOpenID, "content": plantedText}
	_ = core.Do(t.Context(), http.MethodPost, "/cgi-bin/message/custom/send", nil, message, nil)
	_ = core.Do(t.Context(), http.MethodGet, "/cgi-bin/user/info", url.Values{"openid": {plantedOpenID}}, nil, nil)
	_, _ = oauth.New(core).Login(t.Context(), plantedCode)
	ctx, end := c.StartSend(t.Context(), "template")
	end(core.Do(ctx, http.MethodPost, "/cgi-bin/message/template/send", nil, message, nil))
}

// Handlers fail and panic with what they were given.
func TestPushesKeepTheirContent(t *testing.T) {
	t.Parallel()
	c := collect(t)
	app := callback.App{AppID: "wx1", Kind: callback.OfficialAccount, Token: plantedToken, EncodingAESKey: callback.Secret(strings.Repeat("a", 43))}
	h, err := callback.New(callback.Config{Apps: []callback.App{app}, Observer: c.ObserveReports(nil)})
	require.NoError(t, err)
	h.Use(c.Push)
	callback.On(h, func(_ context.Context, m *callback.TextMessage) (callback.Reply, error) {
		if strings.Contains(m.Content, "panic") {
			panic(m.Content + m.FromUserName)
		}
		if strings.Contains(m.Content, "fail") {
			return nil, errors.New(m.Content + m.FromUserName)
		}
		return callback.TextReply{Content: m.Content}, nil
	})
	callback.On(h, func(context.Context, *callback.Follow) (callback.Reply, error) { return nil, nil })

	for i, push := range []string{
		`<MsgType>text</MsgType><Content>` + plantedText + `</Content><MsgId>1</MsgId>`,
		`<MsgType>text</MsgType><Content>` + plantedText + ` fail</Content><MsgId>2</MsgId>`,
		`<MsgType>text</MsgType><Content>` + plantedText + ` panic</Content><MsgId>3</MsgId>`,
		`<MsgType>event</MsgType><Event>subscribe</Event><EventKey>` + plantedText + `</EventKey>`,
		`<MsgType>event</MsgType><Event>PLANTED-event</Event>`,
		`<MsgType>PLANTED-type</MsgType>`,
	} {
		r := callbacktest.Push(app, fmt.Sprintf(`<xml><ToUserName>gh_1</ToUserName><FromUserName>%s</FromUserName><CreateTime>%d</CreateTime>%s</xml>`,
			plantedOpenID, time.Now().Unix()+int64(i), push))
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	forged := httptest.NewRequest(http.MethodPost, "/?timestamp=1&nonce="+plantedCode+"&signature="+plantedToken, strings.NewReader(plantedText))
	h.ServeHTTP(httptest.NewRecorder(), forged)
	require.NoError(t, h.Shutdown(t.Context()))

	require.NotContains(t, c.everything(t), "PLANTED")
	const of = "messaging.destination.name=wx1,messaging.operation.name=process,messaging.operation.type=process,messaging.system=wechat,"
	require.ElementsMatch(t, []string{
		"messaging.process.duration " + of + "wechat.push.type=text 1",
		"messaging.process.duration error.type=*errors.errorString," + of + "wechat.push.type=text 1",
		"messaging.process.duration error.type=panic," + of + "wechat.push.type=text 1",
		"messaging.process.duration " + of + "wechat.push.type=subscribe 1",
		"messaging.process.duration " + of + "wechat.push.type=_OTHER 2",
		"wechat.push.reports error.type=handler,http.response.status_code=500 1",
		"wechat.push.reports error.type=panic,http.response.status_code=500 1",
		"wechat.push.reports error.type=query,http.response.status_code=403 1",
	}, c.values(t))
	var names []string
	for _, s := range c.spans.Ended() {
		names = append(names, s.Name())
	}
	require.ElementsMatch(t, []string{
		"process text", "process text", "process text", "process subscribe", "process _OTHER", "process _OTHER",
	}, names)
}

func TestReminders(t *testing.T) {
	t.Parallel()
	c := collect(t)
	c.ObserveReminder(t.Context(), otelwechat.Reminder{State: "accepted", Door: "template", Late: 3 * time.Second})
	c.ObserveReminder(t.Context(), otelwechat.Reminder{State: "missed"})
	ctx, end := c.StartSend(t.Context(), "template")
	core := client(t, answers(`{"errcode":43004}`), wechat.WithObserver(c.ObserveCall))
	end(core.Do(ctx, http.MethodPost, "/cgi-bin/message/template/send", nil, nil, nil))
	_, end = c.StartSend(t.Context(), "sms")
	end(errors.New(plantedText))
	spans := c.spans.Ended()
	require.Len(t, spans, 3)
	require.Equal(t, spans[1].SpanContext().SpanID(), spans[0].Parent().SpanID(), "the call is below the reminder")
	require.Equal(t, "remind template wechat.reminder.door=template", spans[1].Name()+" "+text(spans[1].Attributes()))
	require.Equal(t, "remind sms error.type=_OTHER,wechat.reminder.door=sms", spans[2].Name()+" "+text(spans[2].Attributes()))
	require.NotContains(t, c.everything(t), "PLANTED")
	require.Subset(t, c.values(t), []string{
		"wechat.reminder.outcomes wechat.reminder.door=template,wechat.reminder.state=accepted 1",
		"wechat.reminder.outcomes wechat.reminder.door=,wechat.reminder.state=missed 1",
		"wechat.reminder.lateness wechat.reminder.door=template 1",
		"wechat.reminder.send.duration wechat.reminder.door=template 1",
	})
}

// panickingDoor is wrapped as the comment of StartSend says.
func panickingDoor(ctx context.Context, c *collected) (msgID int64, err error) {
	_, end := c.StartSend(ctx, "template")
	err = errors.New("the door panicked")
	defer func() { end(err) }()
	return func() (int64, error) { panic(plantedText) }()
}

// A notifier goes on after a door has panicked, and the span must not say that it sent.
func TestDoorThatPanics(t *testing.T) {
	t.Parallel()
	c := collect(t)
	require.Panics(t, func() { _, _ = panickingDoor(t.Context(), c) })
	require.Contains(t, c.values(t), "wechat.reminder.send.duration error.type=_OTHER,wechat.reminder.door=template 1")
	require.NotContains(t, c.everything(t), "PLANTED")
}

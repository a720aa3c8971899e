package wechat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/token"
)

// What is planted: in the settings, in a call, and in what the other side sends back.
const (
	plantedSecret = "PLANTED+appsecret/0f0f"
	plantedToken  = "PLANTED+token/75_Ab3"
	plantedCode   = "PLANTED-js-code"
	plantedOpenID = "oPLANTED-openid"
	plantedText   = "PLANTED message text"
)

// echo puts all that it gets into its answer, in header and body.
func echo(code int, format string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		all := r.URL.String() + " " + string(body)
		for _, values := range r.URL.Query() {
			all += " " + strings.Join(values, " ")
		}
		w.Header().Set("Location", "/elsewhere?"+r.URL.RawQuery)
		w.WriteHeader(code)
		_, _ = fmt.Fprintf(w, format, strings.NewReplacer(`"`, "", `\`, "").Replace(all))
	}
}

func drop(w http.ResponseWriter, r *http.Request) {
	_, _ = io.ReadAll(r.Body)
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
}

func never(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.ReadAll(r.Body)
	<-r.Context().Done()
}

// Every setting holds a secret, every failure is provoked at the token call and at business calls, and all
// that a program could print or log afterwards is searched.
func TestNoSecretGetsOut(t *testing.T) {
	t.Parallel()
	for name, address := range troubled(t) {
		for _, source := range []string{"manager", "static"} {
			t.Run(name+"/"+source, func(t *testing.T) {
				t.Parallel()
				var out record
				provoke(t, &out, address, source == "static")
				out.requireClean(t)
			})
		}
	}
}

// troubled are addresses at which every call fails in one way or another.
func troubled(t *testing.T) map[string]string {
	t.Helper()
	serve := func(h http.HandlerFunc) string {
		s := httptest.NewServer(h)
		s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
		t.Cleanup(s.Close)
		return s.URL
	}
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	cut := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "500")
		_, _ = io.WriteString(w, `{"access_token":"`+plantedToken)
	}
	return map[string]string{
		"dial":        "http://127.0.0.1:1",
		"host":        "http://does-not-exist.invalid",
		"TLS":         secure.URL,
		"timeout":     serve(never),
		"redirect":    serve(echo(http.StatusFound, "%s")),
		"reset":       serve(drop),
		"500":         serve(echo(http.StatusInternalServerError, "<html>%s")),
		"not JSON":    serve(echo(http.StatusOK, "%s")),
		"cut off":     serve(cut),
		"broken JSON": serve(echo(http.StatusOK, `{"a":"%s"`)),
		"wrong types": serve(echo(http.StatusOK, `{"errcode":{"x":"%s"}}`)),
		"errmsg":      serve(echo(http.StatusOK, `{"errcode":40001,"errmsg":"invalid: %s"}`)),
		"busy":        serve(echo(http.StatusOK, `{"errcode":-1,"errmsg":"system error: %s"}`)),
		"other field": serve(echo(http.StatusOK, `{"errcode":0,"openid":"%s","n":"x"}`)),
	}
}

// record collects what a program gets to see.
type record struct {
	mu sync.Mutex
	bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Buffer.Write(p)
}

func (r *record) note(err error) {
	for ; err != nil; err = errors.Unwrap(err) {
		fmt.Fprintf(r, "%v|%+v|%#v|%s|%q\n", err, err, err, err, err.Error())
		r.json(err)
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range joined.Unwrap() {
				r.note(e)
			}
		}
	}
}

// json notes v as JSON, where it has such a form.
func (r *record) json(v any) {
	if data, err := json.Marshal(v); err == nil {
		_, _ = r.Write(data)
	}
}

func (r *record) requireClean(t *testing.T) {
	t.Helper()
	text := r.String()
	require.NotEmpty(t, text)
	keys := newPeer().settings(noon)
	privateKey := strings.Split(keys.PrivateKey.Reveal(), "\n")[1] // a line of its base64
	for _, s := range []string{
		plantedSecret, plantedToken, plantedCode, plantedOpenID, plantedText, keys.EncryptionKey.Reveal(), privateKey,
	} {
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s), fmt.Sprintf("%x", s)} {
			if before, _, found := strings.Cut(text, form); found {
				t.Errorf("%q got out after …%s", form, before[max(0, len(before)-300):])
			}
		}
	}
}

func provoke(t *testing.T, out *record, address string, static bool, more ...wechat.Option) {
	t.Helper()
	keys := newPeer().settings(time.Now())
	opts := append(slices.Clone(more),
		wechat.WithAPISecurity(keys),
		wechat.WithBaseURL(address), wechat.WithTimeout(150*time.Millisecond),
		wechat.WithRetry(wechat.RetryPolicy{MinWait: time.Millisecond, MaxWait: time.Millisecond}),
		wechat.WithLogger(slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		wechat.WithObserver(func(_ context.Context, e wechat.CallEvent) {
			fmt.Fprintf(out, "%v|%+v|%#v\n", e, e, e)
			out.json(e)
			out.note(e.Err)
		}),
	)
	if static {
		opts = append(opts, wechat.WithTokenSource(token.Static(plantedToken)))
	}
	cfg := wechat.Config{AppID: "wx1", AppSecret: plantedSecret}
	c, err := wechat.New(cfg, opts...)
	require.NoError(t, err)
	defer c.Close()
	for _, v := range []any{cfg, keys, c, c.TokenSource()} {
		fmt.Fprintf(out, "%v|%+v|%#v|%x\n", v, v, v, v)
		out.json(v)
	}

	var answer struct {
		N int `json:"n"`
	}
	message := map[string]string{"touser": plantedOpenID, "content": plantedText}
	out.note(c.Do(t.Context(), http.MethodPost, "/cgi-bin/message/template/send", nil, message, &answer))
	out.note(c.Do(t.Context(), http.MethodPost, "/cgi-bin/message/custom/send", nil, message, &answer)) // sealed
	out.note(c.Do(t.Context(), http.MethodGet, "/cgi-bin/user/info", url.Values{"openid": {plantedOpenID}}, nil, &answer))
	out.note(c.Call(t.Context(), wechat.Call{
		Op: "test.Login", Method: http.MethodGet, Path: "/sns/jscode2session", Auth: wechat.AuthSecret,
		Query: url.Values{"js_code": {plantedCode}}, Private: []string{plantedCode}, Effect: wechat.SingleUse, Out: &answer,
	}))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	out.note(c.Do(ctx, http.MethodPost, "/cgi-bin/x", nil, message, nil))
}

// leaky is a source as a user may write it: its errors show the address that it asked.
type leaky struct{}

func (leaky) Token(context.Context) (token.Token, error) {
	return token.Token{Value: plantedToken}, nil
}

func (leaky) Renew(context.Context, token.Secret) (token.Token, error) {
	return token.Token{}, leak("https://tokens.example/renew?" + url.Values{"old": {plantedToken}, "secret": {plantedSecret}}.Encode())
}

func leak(address string) error { return &url.Error{Op: "Get", URL: address, Err: io.ErrUnexpectedEOF} }

type leakyFromTheStart struct{ leaky }

func (leakyFromTheStart) Token(context.Context) (token.Token, error) {
	return token.Token{}, fmt.Errorf("no token: %w", leak("https://tokens.example/?secret="+url.QueryEscape(plantedSecret)))
}

func TestErrorsOfASourceAreClean(t *testing.T) {
	t.Parallel()
	for want, source := range map[string]token.Source{"no token:": leakyFromTheStart{}, "was not replaced:": leaky{}} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			c, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: plantedSecret}, wechat.WithTokenSource(source),
				wechat.WithHTTPClient(&http.Client{Transport: &script{steps: []step{answer(stale)}}}))
			require.NoError(t, err)
			err = c.Do(t.Context(), http.MethodPost, "/x", nil, nil, nil)
			require.ErrorContains(t, err, want)
			var out record
			out.note(err)
			out.requireClean(t)
		})
	}
}

// What was sealed into the request is not in it any more, but an errmsg can quote it.
func TestSealedTextIsNotQuoted(t *testing.T) {
	t.Parallel()
	p := newPeer()
	p.url = "https://api.weixin.qq.com/cgi-bin/message/custom/send"
	refusal := `{"errcode":45002,"errmsg":"bad ` + plantedText + ` to ` + plantedOpenID + `"}`
	for name, answers := range map[string]step{"InTheClear": answer(refusal), "Sealed": p.reply(noon, refusal).step} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &watched{answers: []step{answers}}
			err := w.client(t, p.settings(noon)).Do(t.Context(), http.MethodPost, "/cgi-bin/message/custom/send",
				url.Values{"openid": {plantedOpenID}}, map[string]string{"content": plantedText}, nil)
			require.EqualError(t, err, "wechat.Do: errcode 45002: bad [redacted] to [redacted]")
		})
	}
}

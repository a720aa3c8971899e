package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/callback/callbacktest"
)

var platform = callback.App{
	AppID: "wx0000000000000001", Kind: callback.ThirdPartyPlatform, Token: "a-token",
	EncodingAESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
}

// serve runs the app on a real connection and returns its address.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	app := newApp(h)
	done := make(chan error, 1)
	go func() { done <- app.Listener(listener, fiber.ListenConfig{DisableStartupMessage: true}) }()
	t.Cleanup(func() {
		require.NoError(t, app.ShutdownWithTimeout(time.Second))
		require.NoError(t, <-done)
	})
	return "http://" + listener.Addr().String()
}

func exchange(t *testing.T, r *http.Request) (status int, body string) {
	t.Helper()
	r.RequestURI = "" // of a server's request, which a client may not send
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { require.NoError(t, resp.Body.Close()) }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}

func message(n int) string {
	return fmt.Sprintf(`<xml><FromUserName>oUser-1</FromUserName><MsgType>text</MsgType><Content>hello</Content><MsgId>%d</MsgId></xml>`, n)
}

func TestFiber(t *testing.T) {
	t.Parallel()
	h, err := newHandler(platform, answer)
	require.NoError(t, err)
	wechat := callbacktest.Sender{App: platform, URL: serve(t, h) + "/wechat/wx0000000000000002"}

	status, body := exchange(t, wechat.Check("echo"))
	require.Equal(t, "200 echo", fmt.Sprint(status, " ", body))
	_, body = exchange(t, wechat.Push(message(1)))
	reply, err := wechat.Reply([]byte(body))
	require.NoError(t, err)
	require.Contains(t, reply, "hello to wx0000000000000002")

	forged := wechat.Push(message(2))
	forged.URL.RawQuery = strings.Replace(forged.URL.RawQuery, "nonce=", "n=", 1)
	status, _ = exchange(t, forged)
	require.Equal(t, http.StatusForbidden, status)
	large := wechat.Push(strings.Replace(message(3), "hello", strings.Repeat("long", bodyLimit), 1))
	large.RequestURI = ""
	if resp, err := http.DefaultClient.Do(large); err == nil { // or fiber has closed the connection
		require.Equal(t, http.StatusRequestEntityTooLarge, resp.StatusCode)
		require.NoError(t, resp.Body.Close())
	}
}

// TestWorkAfterTheAnswer answers many pushes before their handlers look at the context. By then fiber has used it for
// requests of other accounts.
func TestWorkAfterTheAnswer(t *testing.T) {
	t.Parallel()
	const pushes = 20
	for name, c := range map[string]struct {
		values func(context.Context) context.Context
		want   func(n int) string
	}{
		"kept":     {keepAccount, func(n int) string { return fmt.Sprintf("hello to wx%016d", n) }},
		"not kept": {nil, func(int) string { return "hello to <nil>" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			late := map[string]string{}
			proceed := make(chan struct{})
			work := func(ctx context.Context, text string) string {
				<-proceed
				return answer(ctx, text)
			}
			h, err := newHandler(platform, work, func(cfg *callback.Config) {
				cfg.AnswerWithin, cfg.Values = time.Millisecond, c.values
				cfg.Late = func(_ context.Context, p callback.Push, reply callback.Reply) {
					mu.Lock()
					defer mu.Unlock()
					id := fmt.Sprint(p.(*callback.TextMessage).MsgID)
					late[id] = reply.(callback.TextReply).Content
				}
			})
			require.NoError(t, err)
			address := serve(t, h)
			want := map[string]string{}
			for n := 1; n <= pushes; n++ {
				wechat := callbacktest.Sender{App: platform, URL: fmt.Sprintf("%s/wechat/wx%016d", address, n)}
				_, body := exchange(t, wechat.Push(message(n)))
				require.Equal(t, "success", body)
				want[fmt.Sprint(n)] = c.want(n)
			}
			close(proceed)
			require.NoError(t, h.Shutdown(context.WithoutCancel(t.Context())))
			require.Equal(t, want, late)
		})
	}
}

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/cloudwego/hertz/pkg/app/server"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/callback/callbacktest"
)

var platform = callback.App{
	AppID: "wx0000000000000001", Kind: callback.ThirdPartyPlatform, Token: "a-token",
	EncodingAESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
}

// serve runs the handler on a real connection and returns its address.
func serve(t *testing.T) string {
	t.Helper()
	h, err := newHandler(platform)
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := newServer(h, server.WithListener(listener), server.WithDisablePrintRoute(true))
	done := make(chan error, 1)
	go func() { done <- s.Run() }()
	t.Cleanup(func() {
		require.NoError(t, s.Shutdown(context.Background()))
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

func TestHertz(t *testing.T) {
	t.Parallel()
	wechat := callbacktest.Sender{App: platform, URL: serve(t) + "/wechat/wx0000000000000002"}

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
	if resp, err := http.DefaultClient.Do(large); err == nil { // or hertz has closed the connection
		require.Equal(t, http.StatusRequestEntityTooLarge, resp.StatusCode)
		require.NoError(t, resp.Body.Close())
	}
}

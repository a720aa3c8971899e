package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/callback/callbacktest"
)

var app = callback.App{
	AppID: "wx0000000000000001", Kind: callback.ThirdPartyPlatform, Token: "a-token",
	EncodingAESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
}

func TestRouters(t *testing.T) {
	t.Parallel()
	for name, mount := range routers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, err := newHandler(app)
			require.NoError(t, err)
			server := httptest.NewServer(mount(h))
			defer server.Close()
			wechat := callbacktest.Sender{App: app, URL: server.URL + "/wechat/wx0000000000000002"}

			require.Equal(t, "echo", exchange(t, wechat.Check("echo")))
			answer := exchange(t, wechat.Push(`<xml><MsgType>text</MsgType><Content>hello</Content><MsgId>1</MsgId></xml>`))
			reply, err := wechat.Reply([]byte(answer))
			require.NoError(t, err)
			require.Contains(t, reply, "hello to wx0000000000000002")

			forged := wechat.Push(`<xml><MsgType>text</MsgType><Content>hello</Content><MsgId>2</MsgId></xml>`)
			forged.URL.RawQuery = strings.Replace(forged.URL.RawQuery, "nonce=", "nonce[]=", 1)
			require.Equal(t, "Forbidden", exchange(t, forged))
		})
	}
}

func exchange(t *testing.T, r *http.Request) string {
	t.Helper()
	r.RequestURI = "" // of a server's request, which a client may not send
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { require.NoError(t, resp.Body.Close()) }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(body)
}

func TestServeNeedsARouter(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, serve(nil, nil), "usage")
	require.ErrorContains(t, serve(nil, []string{"chi"}), "usage")
}

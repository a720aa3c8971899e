package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/callback/callbacktest"
)

var app = callback.App{
	AppID: "wx0000000000000001", Kind: callback.OfficialAccount, Token: "a-token",
	EncodingAESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
}

func TestRun(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	client, err := wechat.New(wechat.Config{AppID: app.AppID, AppSecret: "a-secret"})
	require.NoError(t, err)
	go func() { ended <- run(ctx, listener, app, client) }()

	for body, want := range map[string]string{
		`<xml><Event>subscribe</Event><EventKey>qrscene_poster</EventKey></xml>`:        "Welcome, visitor of poster",
		`<xml><Event>subscribe</Event></xml>`:                                           "[CDATA[Welcome]]",
		`{"MsgType":"text","Content":"agent","MsgId":1}`:                                "transfer_customer_service",
		`<xml><MsgType>text</MsgType><Content>hello</Content><MsgId>2</MsgId></xml>`:    "Write",
		`<xml><Event>unsubscribe</Event></xml>`:                                         "",
		`<xml><MsgType>image</MsgType><MediaId>MEDIA_a</MediaId><MsgId>3</MsgId></xml>`: "",
	} {
		push := callbacktest.Sender{App: app, URL: "http://" + listener.Addr().String() + "/wechat"}.Push(body)
		push.RequestURI = "" // of a server's request, which a client may not send
		resp, err := http.DefaultClient.Do(push)
		require.NoError(t, err)
		answer, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		reply, err := callbacktest.Reply(app, answer)
		require.NoError(t, err)
		require.Contains(t, reply, want)
		require.Equal(t, want == "", reply == "")
	}
	stop()
	require.NoError(t, <-ended)
}

func TestRunNeedsSettings(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	client, err := wechat.New(wechat.Config{AppID: app.AppID, AppSecret: "a-secret"})
	require.NoError(t, err)
	require.ErrorContains(t, run(context.Background(), listener, callback.App{}, client), "Apps[0].AppID: empty")
}

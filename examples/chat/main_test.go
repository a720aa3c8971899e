package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/callback/callbacktest"
)

func Example() {
	if err := demo(context.Background(), os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// account: Hello, is it about contract 7?
	// Ann: How do I renew it?
	// account: Your contract is renewed by one tap in 我的合同. Write “agent” to talk to somebody.
	// Ann: agent
}

func TestAgent(t *testing.T) {
	t.Parallel()
	app := callback.App{
		AppID: "wx0000000000000001", Kind: callback.MiniProgram, Token: "a-token",
		EncodingAESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
	}
	h, err := newHandler(app, nil)
	require.NoError(t, err)
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, callbacktest.Push(app, `<xml><MsgType>text</MsgType><Content> Agent </Content><MsgId>1</MsgId></xml>`))
	reply, err := callbacktest.Reply(app, answer.Body.Bytes())
	require.NoError(t, err)
	require.Contains(t, reply, "transfer_customer_service")
	require.NoError(t, h.Shutdown(t.Context()))
}

func TestGreeting(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"":                    "Hello, how can we help?",
		"%zz":                 "Hello, how can we help?",
		"contract=7&from=tab": "Hello, is it about contract 7?",
	} {
		require.Equal(t, want, greeting(from), from)
	}
}

func TestListenNeedsSettings(t *testing.T) {
	t.Parallel()
	env := map[string]string{"WECHAT_APPID": "wx0000000000000001"}
	getenv := func(name string) string { return env[name] }
	require.ErrorContains(t, listen(t.Context(), getenv), "WECHAT_APPSECRET")
	env["WECHAT_APPSECRET"] = "a-secret"
	require.ErrorContains(t, listen(t.Context(), getenv), "WECHAT_TOKEN")
}

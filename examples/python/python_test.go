// Package python tests the script in this folder: a callback in another language that the emulator pushes to.
package python

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator/console"
)

const accounts = `{
	"apps": [{"kind": "service account", "appId": "wx00000000000000b2"}],
	"users": [{"name": "bob", "follows": ["wx00000000000000b2"]}]
}`

// start runs the emulator behind a listener and returns its address.
func start(t *testing.T) string {
	t.Helper()
	cfg, err := console.ReadConfig(strings.NewReader(accounts))
	require.NoError(t, err)
	wx, err := cfg.Start()
	require.NoError(t, err)
	con := console.New(wx)
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	srv := &http.Server{Handler: con}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		require.NoError(t, srv.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
		require.NoError(t, con.Close())
		require.NoError(t, wx.Close())
	})
	return "http://" + l.Addr().String()
}

func find(t *testing.T) string {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil && os.Getenv("CI") != "true" {
		t.Skipf("no python3: %v", err)
	}
	require.NoError(t, err)
	return python
}

func TestReply(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), find(t), "-B", "reply.py")
	cmd.Env = append(os.Environ(), "WECHAT_BASE_URL="+start(t), "PORT=0", "no_proxy=127.0.0.1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, "the callback answers\nbob reads: You wrote: When does my contract end?\n", string(out))
}

// TestForgedPush asks the functions of the script: without the token nothing is answered.
func TestForgedPush(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), find(t), "-B", "-c", `
import hashlib, reply
from xml.etree import ElementTree
query = {"timestamp": "1700000000", "nonce": "7"}
def sign(token): return hashlib.sha1("".join(sorted([token, *query.values()])).encode()).hexdigest()
good, bad = sign("a-token-of-yours"), sign("another")
print(reply.is_signed({**query, "signature": good}), reply.is_signed({**query, "signature": bad}), reply.is_signed({}))
push = "<xml><ToUserName>gh_1</ToUserName><FromUserName>oBob</FromUserName><CreateTime>1</CreateTime><MsgType>%s</MsgType><Content>1 &lt; 2</Content></xml>"
print(reply.answer(ElementTree.fromstring(push % "text")).decode())
print(reply.answer(ElementTree.fromstring(push % "event")).decode())
`)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, `True False False
<xml><ToUserName>oBob</ToUserName><FromUserName>gh_1</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType><Content>You wrote: 1 &lt; 2</Content></xml>
success
`, string(out))
}

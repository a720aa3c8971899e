// Package node tests the script in this folder: a client in another language that talks to the emulator.
package node

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
	"apps": [{"kind": "mini program", "appId": "wx00000000000000a1", "appSecret": "demo0secret0of0the0mini0program0",
		"templates": [{"id": "demo-contract-due", "title": "Contract due",
			"content": "Contract:{{thing1.DATA}}\nEnds:{{date2.DATA}}\nNote:{{thing3.DATA}}\n"}]}],
	"users": [{"name": "alice"}]
}`

func TestSend(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil && os.Getenv("CI") != "true" {
		t.Skipf("no node: %v", err)
	}
	require.NoError(t, err)
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

	cmd := exec.CommandContext(t.Context(), node, "send.mjs")
	cmd.Env = append(os.Environ(), "WECHAT_BASE_URL=http://"+l.Addr().String())
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, `first message: errcode 0
second message: errcode 43101
alice reads: Contract due (Contract: Fire insurance, Ends: 2026-12-01, Note: Please renew in time)
`, string(out))
}

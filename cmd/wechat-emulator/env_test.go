package main

import (
	"bytes"
	"errors"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// What the command prints is what the emulator answers a program in Go that asks it in place of the environment.
func TestPrintedVariablesAreThoseOfGetenv(t *testing.T) {
	t.Parallel()
	p, err := start(options{addr: "127.0.0.1:0", record: -1})
	require.NoError(t, err)
	defer p.listener.Close()
	defer func() { require.NoError(t, errors.Join(p.con.Close(), p.finish())) }()
	wx := p.con.Server()
	wx.AddMiniProgram(emulator.AppConfig{Name: "Second"})
	wx.App("wx00000000000000b2").SetCallback(emulator.Callback{URL: "http://127.0.0.1:1/wechat"})
	var out bytes.Buffer
	p.introduce(&out)
	exports := regexp.MustCompile(`export (WECHAT_\w+)=(.*)`).FindAllStringSubmatch(out.String(), -1)
	require.Greater(t, len(exports), 10)
	for _, export := range exports {
		require.Equal(t, export[2], wx.Getenv(export[1]), export[1])
	}
}

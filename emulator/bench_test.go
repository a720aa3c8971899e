package emulator_test

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// BenchmarkNewToFirstSend is what a test pays before its first message is out.
func BenchmarkNewToFirstSend(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		wx, err := emulator.Start()
		require.NoError(b, err)
		sendOne(b, wx, wx.HTTPClient())
		require.NoError(b, wx.Close())
	}
}

func sendOne(b *testing.B, wx *emulator.Server, cli *http.Client) {
	b.Helper()
	tpl := wx.MiniProgram().AddTemplate(emulator.Template{Keywords: []string{"thing1"}})
	u := wx.User("u")
	u.Accept(tpl)
	post(b, cli, as(wx.MiniProgram(), subscribeSend), []byte(sub(u.OpenID(wx.MiniProgram()), tpl, "x")))
}

func post(b *testing.B, cli *http.Client, url string, body []byte) {
	b.Helper()
	resp, err := cli.Post(base+url, "application/json", bytes.NewReader(body))
	require.NoError(b, err)
	require.NoError(b, resp.Body.Close())
	require.Equal(b, http.StatusOK, resp.StatusCode)
}

// BenchmarkSend is one subscription message in memory.
func BenchmarkSend(b *testing.B) {
	wx, err := emulator.Start(emulator.WithInboxLimit(10))
	require.NoError(b, err)
	mp := wx.MiniProgram()
	tpl := mp.AddTemplate(emulator.Template{Keywords: []string{"thing1"}, Type: emulator.LongTerm})
	u := wx.User("u")
	u.Accept(tpl)
	mp.SetQuota(subscribeSend, 1<<40)
	url, body, cli := as(mp, subscribeSend), []byte(sub(u.OpenID(mp), tpl, "x")), wx.HTTPClient()
	b.ReportAllocs()
	for b.Loop() {
		post(b, cli, url, body)
	}
}

package emulator_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// BenchmarkSendOverSockets sends subscription messages over real connections from as many goroutines as
// there are processors, first to a handler that only reads the request and answers, then to the emulator.
// Client and server share the processors.
func BenchmarkSendOverSockets(b *testing.B) {
	wx, err := emulator.Start(emulator.WithInboxLimit(10))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, wx.Close()) })
	mp := wx.MiniProgram()
	tpl := mp.AddTemplate(emulator.Template{Keywords: []string{"thing1"}, Type: emulator.LongTerm})
	wx.User("u").Accept(tpl)
	mp.SetQuota(subscribeSend, 1<<40)
	body := sub(wx.User("u").OpenID(mp), tpl, "Fire insurance")
	floor := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		rw.Header().Set("Content-Type", "application/json; encoding=utf-8")
		_, _ = io.WriteString(rw, `{"errcode":0,"errmsg":"ok","msgid":3200000000000000001}`)
	}))
	b.Cleanup(floor.Close)
	b.Run("floor", func(b *testing.B) { hammer(b, floor.URL+as(mp, subscribeSend), body) })
	b.Run("emulator", func(b *testing.B) { hammer(b, wx.URL()+as(mp, subscribeSend), body) })
}

func hammer(b *testing.B, url, body string) {
	b.Helper()
	cli := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	b.Cleanup(cli.CloseIdleConnections)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			resp, err := cli.Post(url, "application/json", strings.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			answer, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if err != nil || !strings.Contains(string(answer), `"errcode":0`) {
				b.Errorf("%s %v", answer, err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sends/s")
}

const (
	manyUsers    = 10_000
	manyMessages = 1_000_000
	enoughMemory = 1 << 30
)

// BenchmarkMemory sends a million messages to ten thousand users and measures what the emulator then holds.
// It fails above 1 GiB. Run it with -benchtime 1x.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		before := heap()
		wx, err := emulator.Start()
		require.NoError(b, err)
		fill(b, wx)
		used := heap() - before
		require.Len(b, wx.User("user0").Inbox(), manyMessages/manyUsers)
		b.ReportMetric(float64(used)/(1<<20), "MiB")
		b.ReportMetric(float64(used)/manyMessages, "B/message")
		require.Less(b, used, uint64(enoughMemory))
		require.NoError(b, wx.Close())
	}
}

func fill(b *testing.B, wx *emulator.Server) {
	b.Helper()
	mp := wx.MiniProgram()
	tpl := mp.AddTemplate(emulator.Template{
		Title: "Contract due", Content: "Contract:{{thing1.DATA}}\nEnds:{{date2.DATA}}\n", Type: emulator.LongTerm,
	})
	openIDs := make([]string, manyUsers)
	for i := range openIDs {
		u := wx.User(fmt.Sprintf("user%d", i))
		u.Accept(tpl)
		openIDs[i] = u.OpenID(mp)
	}
	cli, url := wx.HTTPClient(), as(mp, subscribeSend)
	for i := range manyMessages {
		post(b, cli, url, fmt.Appendf(nil,
			`{"touser":%q,"template_id":%q,"page":"pages/contract?id=%d","data":{"thing1":{"value":"Contract no. %d"},"date2":{"value":"2026-12-01"}}}`,
			openIDs[i%manyUsers], tpl, i, i))
	}
}

// heap is what is in use after a collection.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

package wechat_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/token"
)

// A call beside the same call sealed and signed, with the keys of this package.
func BenchmarkSealedCall(b *testing.B) {
	p := newPeer()
	call := func(b *testing.B, answer step, opts ...wechat.Option) {
		b.ReportAllocs()
		client, err := wechat.New(wechat.Config{AppID: p.appID}, append([]wechat.Option{
			wechat.WithTokenSource(token.Static("ACCESS_TOKEN")), wechat.WithHTTPClient(&http.Client{Transport: fresh(answer)}),
		}, opts...)...)
		require.NoError(b, err)
		for b.Loop() {
			rank, err := askRisk(b.Context(), client)
			if err != nil || rank.RiskRank != 1 {
				b.Fatal(rank, err)
			}
		}
	}
	const ok = `{"errcode":0,"errmsg":"ok","risk_rank":1}`
	b.Run("plain", func(b *testing.B) { call(b, answer(ok)) })
	b.Run("sealed", func(b *testing.B) {
		now := time.Now()
		call(b, p.reply(now, ok).step, wechat.WithAPISecurity(p.settings(now)))
	})
}

// fresh is a transport that keeps nothing.
type fresh step

func (f fresh) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

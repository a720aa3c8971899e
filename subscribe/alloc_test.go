package subscribe

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/rest"
)

// What Send adds to the pipeline is one buffer.
func TestChecksAndEncodingAllocateTheBodyOnly(t *testing.T) { //nolint:paralleltest // AllocsPerRun refuses parallel tests
	msg := &Message{
		ToUser: "oAbc-user-1", TemplateID: "TplId_demo_01", Page: "pages/order?id=7",
		Data: Data{"thing1": "Fire insurance", "amount2": "¥19.90", "date3": "2026-11-20 09:30", "phrase4": "已发货", "time5": "09:30"},
	}
	require.Zero(t, testing.AllocsPerRun(100, func() { _ = msg.check(true) }))
	require.InDelta(t, 1, testing.AllocsPerRun(100, func() { _, _ = rest.Encode((*wireMessage)(msg)) }), 0)
}

func BenchmarkCheckAndEncode(b *testing.B) {
	msg := &Message{
		ToUser: "oAbc-user-1", TemplateID: "TplId_demo_01", Page: "pages/order?id=7",
		Data: Data{"thing1": "Fire insurance", "amount2": "¥19.90", "date3": "2026-11-20 09:30"},
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = msg.check(true)
		_, _ = rest.Encode((*wireMessage)(msg))
	}
}

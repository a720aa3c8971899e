package template

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/rest"
)

// What Send adds to the pipeline is one buffer, the copy of the message and the id that it makes up.
func TestChecksAndEncodingAllocateTheBodyOnly(t *testing.T) { //nolint:paralleltest // AllocsPerRun refuses parallel tests
	msg := &Message{
		ToUser: "oFan-1", TemplateID: "TplSvc_demo", URL: "https://shop.example.com/o/77", ClientMsgID: "order-77-paid",
		MiniProgram: &MiniProgram{AppID: "wx0000000000000001", Page: "pages/order?id=77"},
		Data:        Data{"thing7": "Blue mug", "time4": "2026-11-29 10:00:00~12:00:00", "amount3": "¥19.90"},
	}
	require.Zero(t, testing.AllocsPerRun(100, func() { _ = msg.check(true) }))
	require.InDelta(t, 1, testing.AllocsPerRun(100, func() { _, _ = rest.Encode((*wireMessage)(msg)) }), 0)
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { NewClientMsgID() }), 2.0)
}

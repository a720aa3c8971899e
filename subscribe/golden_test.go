package subscribe_test

import (
	"context"
	"testing"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/golden"
	"github.com/wechatkit/wechat/subscribe"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	golden.Run(t, []golden.Case{{
		Name: "Send",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return subscribe.New(c).Send(ctx, &subscribe.Message{
				ToUser: "oAbc-user-1", TemplateID: "TplId_demo_01", Page: "pages/order/detail?id=77&from=wx",
				Data:  subscribe.Data{"thing1": "Blue mug <large>", "amount2": "¥19.90", "date3": "2026-11-20 09:30"},
				State: subscribe.Trial, Lang: subscribe.EnUS,
			})
		},
		Want: int64(3248682510344192009),
		Code: errcode.UserRefused,
	}})
}

package template_test

import (
	"context"
	"testing"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/golden"
	"github.com/wechatkit/wechat/template"
)

func TestGoldenMessages(t *testing.T) {
	t.Parallel()
	golden.Run(t, []golden.Case{{
		Name: "Send",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return template.New(c).Send(ctx, &template.Message{
				ToUser: "oFan-1", TemplateID: "TplSvc_demo", URL: "https://shop.example.com/o/77?a=1&b=2",
				MiniProgram: &template.MiniProgram{AppID: "wx0000000000000001", Page: "pages/order?id=77"},
				ClientMsgID: "order-77-paid",
				Data:        template.Data{"thing7": "Blue mug <large>", "time4": "2026-11-29 10:00:00~12:00:00"},
			})
		},
		Want: template.Receipt{MsgID: 3248682510344192010, ClientMsgID: "order-77-paid"},
		Code: errcode.InvalidTemplateData,
	}, {
		Name: "BlockedPage",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return template.New(c).BlockedPage(ctx, &template.BlockedQuery{MsgID: "TplSvc_demo"})
		},
		Want: &template.BlockedPage{Next: 7, Blocked: []*template.Blocked{{
			ID: "7", MsgID: "TplSvc_demo", Title: "Order update", Text: "Item:Mug",
			SentAt: time.Unix(1763600000, 0), OpenID: "oFan-1",
		}}},
		Code: errcode.InvalidParameters,
	}})
}

func TestGoldenTemplates(t *testing.T) {
	t.Parallel()
	golden.Run(t, []golden.Case{{
		Name: "Templates",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) { return template.New(c).Templates(ctx) },
		Want: []*template.Template{{
			ID: "TplSvc_demo", Title: "Order update", PrimaryIndustry: "IT", SecondaryIndustry: "Internet|E-commerce",
			Content: "Item:{{thing7.DATA}}\nTime:{{time4.DATA}}", Example: "Item:Mug\nTime:2026-11-29",
		}},
		Code: errcode.APIUnauthorized,
	}, {
		Name: "AddTemplate",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return template.New(c).AddTemplate(ctx, &template.NewTemplate{
				LibraryID: "45210", Keywords: []string{"Time", "Place", "Amount"},
			})
		},
		Want: "TplSvc_demo",
		Code: errcode.InvalidKeywordNames,
	}, {
		Name: "DeleteTemplate",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return nil, template.New(c).DeleteTemplate(ctx, "TplSvc_demo")
		},
		Code: errcode.InvalidTemplateID,
	}, {
		Name: "SetIndustry",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return nil, template.New(c).SetIndustry(ctx, template.IndustryInternet, template.IndustryElectronics)
		},
		Code: errcode.IndustryChangedTooOften,
	}, {
		Name: "Industries",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) { return template.New(c).Industries(ctx) },
		Want: &template.Industries{
			Primary:   template.IndustryName{Class: "Transport", Subclass: "Express"},
			Secondary: template.IndustryName{Class: "IT", Subclass: "Internet|E-commerce"},
		},
		Code: errcode.APIUnauthorized,
	}})
}

func TestZeroValuesDoNotPanic(t *testing.T) {
	t.Parallel()
	golden.RunZero(t, func(c *wechat.Client) any { return template.New(c) })
}

package subscribe_test

import (
	"context"
	"testing"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/golden"
	"github.com/wechatkit/wechat/subscribe"
)

func TestGoldenSends(t *testing.T) {
	t.Parallel()
	golden.Run(t, []golden.Case{{
		Name: "Send",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return subscribe.New(c).Send(ctx, &subscribe.Message{
				ToUser: "oAbc-user-1", TemplateID: "TplId_demo_01", Page: "pages/order/detail?id=77&from=wx",
				Data:    subscribe.Data{"thing1": "Blue mug <large>", "amount2": "¥19.90", "date3": "2026-11-20 09:30"},
				Version: wechat.VersionTrial, Lang: subscribe.EnUS,
			})
		},
		Want: int64(3248682510344192009),
		Code: errcode.UserRefused,
	}, {
		Name: "Notify",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return subscribe.New(c).Notify(ctx, &subscribe.Notification{
				ToUser: "oFan-1", TemplateID: "TplNotice_demo", URL: "https://shop.example.com/o/77?a=1&b=2",
				MiniProgram: &subscribe.MiniProgram{AppID: "wx0000000000000001", Page: "pages/order?id=77"},
				Data:        subscribe.Data{"thing1": "Blue mug", "time2": "2026-11-29 10:00"},
			})
		},
		Want: int64(3000000000000000001),
		Code: errcode.UserRefused,
	}, {
		Name: "SendOneTime",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return nil, subscribe.New(c).SendOneTime(ctx, &subscribe.OneTimeMessage{
				ToUser: "oUser-1", TemplateID: "TMPL", Scene: 1000, URL: "https://shop.example.com/o/77",
				Title: "Order shipped", Content: "Your blue mug is on its way.", Color: "#173177",
			})
		},
		Code: errcode.InvalidTitleSize,
	}})
}

func TestGoldenTemplates(t *testing.T) {
	t.Parallel()
	golden.Run(t, []golden.Case{{
		Name: "Templates",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) { return subscribe.New(c).Templates(ctx) },
		Want: []*subscribe.Template{{
			ID: "TplId_demo_01", Title: "Order update", Kind: subscribe.OneTime,
			Content: "Item:{{thing1.DATA}}\nWhen:{{date2.DATA}}\n", Example: "Item:Mug\nWhen:2026-11-20\n",
		}, {
			ID: "TplId_demo_02", Title: "Heater fault", Kind: subscribe.LongTerm,
			Content: "Room:{{enum_string2.DATA}}\n", Example: "Room:Kitchen\n",
			Enums: map[string][]string{"enum_string2": {"Kitchen", "Study"}},
		}},
		Code: errcode.TemplateAccountKind,
	}, {
		Name: "AddTemplate",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return subscribe.New(c).AddTemplate(ctx, &subscribe.NewTemplate{
				TitleID: "512", KeywordIDs: []int{3, 1, 2}, Scene: "order update",
			})
		},
		Want: "TplId_demo_01",
		Code: errcode.TemplateExists,
	}, {
		Name: "AddTemplate-card",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return subscribe.New(c).AddTemplate(ctx, &subscribe.NewTemplate{TitleID: "2001"})
		},
		Want: "TplId_card_01",
		Code: errcode.InvalidTitleID,
	}, {
		Name: "DeleteTemplate",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return nil, subscribe.New(c).DeleteTemplate(ctx, "TplId_demo_01")
		},
		Code: errcode.InvalidTitleID,
	}})
}

func TestGoldenLibrary(t *testing.T) {
	t.Parallel()
	golden.Run(t, []golden.Case{{
		Name: "Categories",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) { return subscribe.New(c).Categories(ctx) },
		Want: []*subscribe.Category{{ID: "307", Name: "Retail"}, {ID: "616", Name: "Insurance"}},
		Code: errcode.TemplateSystemError,
	}, {
		Name: "TitlesPage",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return subscribe.New(c).TitlesPage(ctx, &subscribe.TitleQuery{CategoryIDs: []string{"307", "616"}, Offset: 30, PageSize: 20})
		},
		Want: &subscribe.TitlePage{Total: 55, Titles: []*subscribe.Title{
			{ID: "512", Title: "Order update", Kind: subscribe.OneTime, CategoryID: "307"},
			{ID: "99", Title: "Policy expiry", Kind: subscribe.LongTerm, CategoryID: "616"},
		}},
		Code: errcode.InvalidCategoryIDs,
	}, {
		Name: "TitleKeywords",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return subscribe.New(c).TitleKeywords(ctx, "512")
		},
		Want: []*subscribe.TitleKeyword{
			{ID: 1, Name: "Item", Example: "Mug", Type: subscribe.TypeThing},
			{ID: 3, Name: "When", Example: "2026-11-20", Type: subscribe.TypeDate},
		},
		Code: errcode.InvalidTitleID,
	}})
}

func TestZeroValuesDoNotPanic(t *testing.T) {
	t.Parallel()
	golden.RunZero(t, func(c *wechat.Client) any { return subscribe.New(c) })
}

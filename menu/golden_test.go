package menu_test

import (
	"context"
	"testing"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/golden"
	"github.com/wechatkit/wechat/menu"
)

// shop is a menu of the usual kinds.
var shop = menu.Menu{
	menu.Click{Name: "Today", Key: "menu.today"},
	menu.Submenu{Name: "Shop", Buttons: menu.Menu{
		menu.View{Name: "Website", URL: "https://shop.example.com/?a=1&b=2"},
		menu.MiniProgram{
			Name: "My orders", AppID: "wx0000000000000001", Page: "pages/order/list?from=menu",
			URL: "https://shop.example.com/orders",
		},
	}},
}

// kinds has one button of each kind that create takes.
var kinds = menu.Menu{
	menu.Submenu{Name: "Send", Buttons: menu.Menu{
		menu.ScanPush{Name: "Scan", Key: "scan"}, menu.ScanWait{Name: "扫码带提示", Key: "wait"},
		menu.Camera{Name: "Photo", Key: "camera"}, menu.CameraOrAlbum{Name: "Photo or album", Key: "both"},
		menu.Album{Name: "Album", Key: "album"},
	}},
	menu.Submenu{Name: "Read", Buttons: menu.Menu{
		menu.Location{Name: "Place", Key: "place"}, menu.Material{Name: "Picture", MediaID: "MEDIA_demo_1"},
		menu.MaterialPage{Name: "Old article", MediaID: "MEDIA_demo_2"}, menu.Article{Name: "Card", ArticleID: "ART_demo_01"},
		menu.ArticlePage{Name: "News", ArticleID: "ART_demo_02"},
	}},
	menu.Submenu{Name: "More", Buttons: menu.Menu{
		menu.Click{Name: "Click <me>", Key: "click"}, menu.View{Name: "Page", URL: "https://example.com/?a=1&b=2"},
		menu.MiniProgram{Name: "Orders", AppID: "wx0000000000000001", Page: "pages/order", URL: "https://example.com/order"},
		menu.Raw(`{"type":"hologram","name":"New","depth":3}`),
	}},
}

func TestGoldenMenus(t *testing.T) {
	t.Parallel()
	create := func(m menu.Menu) func(context.Context, *wechat.Client) (any, error) {
		return func(ctx context.Context, c *wechat.Client) (any, error) { return nil, menu.New(c).Create(ctx, m) }
	}
	get := func(ctx context.Context, c *wechat.Client) (any, error) { return menu.New(c).Get(ctx) }
	current := func(ctx context.Context, c *wechat.Client) (any, error) { return menu.New(c).Current(ctx) }
	golden.Run(t, []golden.Case{
		{Name: "Create", Call: create(shop), Code: errcode.InvalidButtonName},
		{Name: "Create-kinds", Call: create(kinds), Code: errcode.InvalidSubButtonURL},
		{Name: "Get", Call: get, Want: &menu.Menus{Default: shop}, Code: errcode.MenuNotFound},
		{
			Name: "Get-conditional", Call: get, Code: errcode.SystemBusy,
			Want: &menu.Menus{
				ID: "400000000", Default: menu.Menu{menu.Click{Name: "Today", Key: "menu.today"}},
				Conditional: []*menu.Conditional{{
					ID: "400000001", Rule: menu.Rule{TagID: 134, Client: menu.Android},
					Menu: menu.Menu{menu.View{Name: "VIP area", URL: "https://shop.example.com/vip"}},
				}, {
					ID: "400000002", Rule: menu.Rule{Sex: "2", Country: "中国", Province: "广东", City: "广州", Language: "zh_CN"},
					Menu: menu.Menu{menu.Click{Name: "Ladies", Key: "menu.ladies"}},
				}},
			},
		},
		{
			Name: "Current", Call: current, Code: errcode.SystemBusy,
			Want: &menu.Current{Open: true, Menu: menu.Menu{
				menu.Submenu{Name: "Read", Buttons: menu.Menu{
					menu.News{Name: "Week", MediaID: "MEDIA_demo_1", Articles: []menu.NewsArticle{
						{
							Title: "Week 47", Author: "Anna", Digest: "Short", ShowCover: true, CoverURL: "https://img.example.com/1",
							URL: "https://mp.example.com/a",
						},
						{
							Title: "Week 46", CoverURL: "https://img.example.com/2", URL: "https://mp.example.com/b",
							SourceURL: "https://example.com/b",
						},
					}},
					menu.Text{Name: "Hours", Content: "9 to 5"}, menu.Image{Name: "Map", MediaID: "MEDIA_demo_2"},
					menu.Voice{Name: "Hello", MediaID: "MEDIA_demo_3"}, menu.Video{Name: "Tour", URL: "https://video.example.com/tour"},
				}},
				menu.View{Name: "Website", URL: "https://shop.example.com/"},
			}},
		},
		{
			Name: "Current-api", Call: current, Code: errcode.InvalidCredential,
			Want: &menu.Current{Menu: menu.Menu{
				menu.Click{Name: "Today", Key: "menu.today"},
				menu.Submenu{Name: "Shop", Buttons: menu.Menu{
					menu.View{Name: "Website", URL: "https://shop.example.com/"}, menu.ScanPush{Name: "Check", Key: "menu.scan"},
				}},
			}},
		},
		{
			Name: "Delete", Code: errcode.APIUnauthorized,
			Call: func(ctx context.Context, c *wechat.Client) (any, error) { return nil, menu.New(c).Delete(ctx) },
		},
	})
}

func TestGoldenConditionalMenus(t *testing.T) {
	t.Parallel()
	golden.Run(t, []golden.Case{
		{
			Name: "AddConditional", Want: "400000001", Code: errcode.DefaultMenuMissing,
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return menu.New(c).AddConditional(ctx, &menu.Conditional{
					Rule: menu.Rule{TagID: 134, Client: menu.Android},
					Menu: menu.Menu{menu.View{Name: "VIP area", URL: "https://shop.example.com/vip"}},
				})
			},
		},
		{
			Name: "DeleteConditional", Code: errcode.ConditionalMenuNotFound,
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return nil, menu.New(c).DeleteConditional(ctx, "400000001")
			},
		},
		{
			Name: "TryMatch", Code: errcode.MenuUserNotFound,
			Call: func(ctx context.Context, c *wechat.Client) (any, error) { return menu.New(c).TryMatch(ctx, "oFan-1") },
			Want: menu.Menu{
				menu.View{Name: "VIP area", URL: "https://shop.example.com/vip"},
				menu.Submenu{Name: "Shop", Buttons: menu.Menu{
					menu.Click{Name: "Today", Key: "menu.today"}, menu.Click{Name: "Help", Key: "menu.help"},
				}},
			},
		},
	})
}

func TestZeroValuesDoNotPanic(t *testing.T) {
	t.Parallel()
	golden.RunZero(t, func(c *wechat.Client) any { return menu.New(c) })
}

package menu_test

import (
	"context"
	"fmt"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/menu"
)

// must keeps the examples short.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// client calls the emulator in place of WeChat.
func client(wx *emulator.Server, app *emulator.App) *menu.Client {
	return menu.New(must(wechat.New(
		wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)}, wechat.WithHTTPClient(wx.HTTPClient()),
	)))
}

// A program sets its menu at each start. Only the first time there is something to write.
func ExampleClient_Update() {
	wx := must(emulator.Start())
	defer wx.Close()
	oa, ann := wx.ServiceAccount(), wx.User("Ann")
	oa.Link(wx.MiniProgram())
	menus := client(wx, oa)

	wanted := menu.Menu{
		menu.Click{Name: "My contracts", Key: "CONTRACTS"},
		menu.Submenu{Name: "Shop", Buttons: menu.Menu{
			menu.View{Name: "Website", URL: "https://shop.example.com/"},
			menu.MiniProgram{
				Name: "My orders", AppID: wx.MiniProgram().AppID, Page: "pages/orders", URL: "https://shop.example.com/orders",
			},
		}},
	}
	for range 2 {
		fmt.Println("changed:", must(menus.Update(context.Background(), wanted)))
	}

	ann.Follow(oa)
	opened := ann.TapButton(oa, "Shop", "My orders")
	fmt.Println("opens", opened.MiniProgram.Page)
	// Output:
	// changed: true
	// changed: false
	// opens pages/orders
}

// Followers with a tag see another menu.
func ExampleClient_AddConditional() {
	wx := must(emulator.Start())
	defer wx.Close()
	oa, ann := wx.ServiceAccount(), wx.User("Ann")
	ann.Follow(oa)
	menus := client(wx, oa)
	ctx := context.Background()

	must(menus.Update(ctx, menu.Menu{menu.Click{Name: "Today", Key: "TODAY"}}))
	must(menus.AddConditional(ctx, &menu.Conditional{
		Rule: menu.Rule{Client: menu.Android},
		Menu: menu.Menu{menu.Click{Name: "Today", Key: "TODAY"}, menu.View{Name: "For Android", URL: "https://example.com/android"}},
	}))
	for _, button := range must(menus.TryMatch(ctx, ann.OpenID(oa))) {
		switch b := button.(type) {
		case menu.Click:
			fmt.Println(b.Name, "pushes", b.Key)
		case menu.View:
			fmt.Println(b.Name, "opens", b.URL)
		}
	}
	// Output:
	// Today pushes TODAY
	// For Android opens https://example.com/android
}

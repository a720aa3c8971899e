// Package menu sets the custom menu (自定义菜单) below the chat of an official account, and the personalised menus
// (个性化菜单) that stand in for it for some of the followers.
//
// A menu is one Go value:
//
//	menu.Menu{
//		menu.Click{Name: "My contracts", Key: "CONTRACTS"},
//		menu.Submenu{Name: "Shop", Buttons: menu.Menu{
//			menu.View{Name: "Website", URL: "https://shop.example.com/?a=1&b=2"},
//			menu.MiniProgram{Name: "My orders", AppID: "wx…", Page: "pages/orders", URL: "https://shop.example.com/orders"},
//		}},
//	}
//
// [Client.Create] replaces the menu of the account by it, [Client.Get] reads it back, [Menu.Equal] compares the two, and
// [Client.Update] does all of that: a deployment calls it each time, and it writes only what differs. Nothing is to be
// deleted before: that leaves the users without a menu, and WeChat may refuse the new one ([errcode.MenuSwitchedOff]).
//
// A phone asks for the menu when its user enters the chat and what it has is older than five minutes.
//
// # What a tap brings
//
// The types of buttons say which event WeChat pushes when it is tapped; callback.MenuClick and its neighbours are
// those events. [Click], [ScanPush] and [ScanWait] also open the customer-service window for three messages within a
// minute, no other type does. Opening a sub-menu is not told.
//
// # Who may
//
// Verified accounts; unverified ones get [errcode.APIUnauthorized] from all calls but [Client.Current]. A day has 1,000
// calls of Create and Delete, 10,000 of Get, 2,000 of AddConditional and DeleteConditional, and 20,000 of TryMatch.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/guide/product/menu/intro.html
package menu

package jsapi_test

import (
	"context"
	"fmt"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/token/jsapi"
)

// What a handler gives to the page that it serves.
func ExampleTickets_Sign() {
	wx, err := emulator.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer wx.Close()
	app := wx.ServiceAccount()
	client, err := wechat.New(wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	tickets, err := jsapi.New(client, jsapi.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tickets.Close()
	page, err := tickets.Sign(context.Background(), "https://www.example.com/contract?id=7")
	fmt.Println(page.AppID == app.AppID, len(page.Nonce) > 0, len(page.Signature), err)
	// Output: true true 40 <nil>
}

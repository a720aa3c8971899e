// Program of somebody who uses the root module alone: a message on the emulator.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/subscribe"
)

func main() {
	wx, err := emulator.Start()
	if err != nil {
		log.Fatal(err)
	}
	app, alice := wx.MiniProgram(), wx.User("alice")
	tpl := app.AddTemplate(emulator.Template{Title: "Contract due", Keywords: []string{"thing1"}})
	alice.Accept(tpl)
	client, err := wechat.New(wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
	if err != nil {
		log.Fatal(err)
	}
	msg := &subscribe.Message{ToUser: alice.OpenID(app), TemplateID: tpl, Data: subscribe.Data{"thing1": "Fire insurance"}}
	if _, err := subscribe.New(client).Send(context.Background(), msg); err != nil {
		log.Fatal(err)
	}
	fmt.Println("alice reads:", alice.Inbox()[0])
}

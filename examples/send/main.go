// Command send is the shortest program that sends a subscription message: the one in the README.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/subscribe"
)

func main() {
	client, err := wechat.New(wechat.Config{
		AppID:     os.Getenv("WECHAT_APPID"),
		AppSecret: wechat.Secret(os.Getenv("WECHAT_APPSECRET")),
	})
	if err != nil {
		log.Fatal(err)
	}
	_, err = subscribe.New(client).Send(context.Background(), &subscribe.Message{
		ToUser: os.Getenv("WECHAT_OPENID"), TemplateID: os.Getenv("WECHAT_TEMPLATE"),
		Page: "pages/contract?id=7",
		Data: subscribe.Data{"thing1": "Fire insurance", "date2": "2026-12-01"},
	})
	switch {
	case err == nil:
		fmt.Println("sent")
	case errors.Is(err, errcode.UserRefused): // 43101: normal; ask the user again next time
		fmt.Println("no acceptance left")
	default:
		log.Fatal(err)
	}
}

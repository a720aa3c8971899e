// Command send is the shortest program that sends a subscription message: the one in the README. It needs
// WECHAT_APPID, WECHAT_APPSECRET, WECHAT_OPENID and WECHAT_TEMPLATE in the environment, and goes to the real WeChat unless
// WECHAT_BASE_URL says otherwise. The command wechat-emulator prints all five.
package main

import (
	"cmp"
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
		AppID: need("WECHAT_APPID"), AppSecret: wechat.Secret(need("WECHAT_APPSECRET")),
	}, wechat.WithBaseURL(cmp.Or(os.Getenv("WECHAT_BASE_URL"), wechat.BaseURL))) // or the emulator's
	if err != nil {
		log.Fatal(err)
	}
	_, err = subscribe.New(client).Send(context.Background(), &subscribe.Message{
		ToUser: need("WECHAT_OPENID"), TemplateID: need("WECHAT_TEMPLATE"),
		Page: "pages/contract?id=7",
		Data: subscribe.Data{"thing1": "Fire insurance", "date2": "2026-12-01", "thing3": "Please renew"},
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

// need returns a variable of the environment without which the program ends.
func need(name string) string {
	value := os.Getenv(name)
	if value == "" {
		log.Fatalf("%s is not set", name)
	}
	return value
}

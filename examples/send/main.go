// Command send is the shortest program that sends a subscription message: the one in the README. It needs
// WECHAT_APPID, WECHAT_APPSECRET, WECHAT_OPENID and WECHAT_TEMPLATE in the environment, and goes to the real WeChat unless
// WECHAT_BASE_URL says otherwise. The command wechat-emulator prints all five.
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
	// WECHAT_APPID, WECHAT_APPSECRET, the address in WECHAT_BASE_URL if there is one, and what else is needed.
	cfg, address, err := wechat.ConfigFromEnv(os.Getenv, "WECHAT_", "WECHAT_OPENID", "WECHAT_TEMPLATE")
	if err != nil {
		log.Fatal(err) // it names the variable that is missing
	}
	client, err := wechat.New(cfg, address)
	if err != nil {
		log.Fatal(err)
	}
	_, err = subscribe.New(client).Send(context.Background(), &subscribe.Message{
		ToUser: os.Getenv("WECHAT_OPENID"), TemplateID: os.Getenv("WECHAT_TEMPLATE"),
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

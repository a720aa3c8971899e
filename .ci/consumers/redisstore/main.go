// Program of somebody who keeps tokens in Redis: two managers that share one, by a server at REDIS_SOCKET.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/redis/go-redis/v9"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/redisstore"
)

func main() {
	wx, err := emulator.Start()
	if err != nil {
		log.Fatal(err)
	}
	app := wx.MiniProgram()
	store, err := redisstore.New(redis.NewClient(&redis.Options{Network: "unix", Addr: os.Getenv("REDIS_SOCKET")}))
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		m, err := token.NewManager(token.Config{
			AppID: app.AppID, AppSecret: token.Secret(app.AppSecret), Store: store, HTTPClient: wx.HTTPClient(),
		})
		if err != nil {
			log.Fatal(err)
		}
		if _, err := m.Token(context.Background()); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("two managers, requests for a token:", wx.TokenCalls())
}

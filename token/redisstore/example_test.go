package redisstore_test

import (
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/redisstore"
)

// One token for all processes that use the same Redis. Nothing is sent before the first call.
func ExampleNew() {
	rdb := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: []string{"localhost:6379"}})
	defer rdb.Close()
	store, err := redisstore.New(rdb, redisstore.WithEncryption([]byte("32 bytes from your secret keeper")))
	if err != nil {
		fmt.Println(err)
		return
	}
	manager, err := token.NewManager(token.Config{AppID: "wx0123456789abcdef", AppSecret: "APPSECRET", Store: store})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer manager.Close()
	client, err := wechat.New(wechat.Config{AppID: "wx0123456789abcdef"}, wechat.WithTokenSource(manager))
	fmt.Println(client, err)
	// Output: wechat.Client(wx0123456789abcdef) <nil>
}

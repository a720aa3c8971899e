package token_test

import (
	"context"
	"fmt"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/token"
)

// Two Managers stand for two processes: they share one token through a store.
func ExampleNewManager() {
	wx, err := emulator.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer wx.Close()
	app, ctx := wx.MiniProgram(), context.Background()
	store := &token.MemoryStore{} // between processes: token/redisstore

	for range 2 {
		m, err := token.NewManager(token.Config{
			AppID: app.AppID, AppSecret: token.Secret(app.AppSecret), Store: store, HTTPClient: wx.HTTPClient(),
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		defer m.Close()
		t, err := m.Token(ctx)
		fmt.Println(t.Value, err)
	}
	fmt.Println("requests:", wx.TokenCalls())
	// Output:
	// [redacted] <nil>
	// [redacted] <nil>
	// requests: 1
}

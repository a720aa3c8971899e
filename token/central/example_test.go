package central_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/central"
)

// One process has the AppSecret, the others have a key to it.
func Example() {
	wx, err := emulator.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer wx.Close()
	app := wx.MiniProgram()
	const key = "a long random string"

	holder, _ := token.NewManager(token.Config{
		AppID: app.AppID, AppSecret: token.Secret(app.AppSecret), HTTPClient: wx.HTTPClient(),
	})
	defer holder.Close()
	service, _ := central.NewHandler(central.HandlerConfig{
		Sources: map[string]token.Source{app.AppID: holder}, Keys: []token.Secret{key},
	})
	server := httptest.NewServer(service)
	defer server.Close()

	remote, _ := central.NewFetcher(central.Config{AppID: app.AppID, URL: server.URL, Key: key})
	worker, _ := token.NewManager(token.Config{AppID: app.AppID, Fetcher: remote})
	defer worker.Close()
	t, err := worker.Token(context.Background())
	fmt.Println(t.Value, err, wx.TokenCalls())
	// Output: [redacted] <nil> 1
}

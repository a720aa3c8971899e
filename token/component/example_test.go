package component_test

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/component"
)

// From the verify ticket to a call on behalf of an account.
func Example() {
	wx, err := emulator.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer wx.Close()
	platformApp, merchant, ctx := wx.AddThirdParty(emulator.AppConfig{}), wx.ServiceAccount(), context.Background()
	core, err := wechat.New(wechat.Config{AppID: platformApp.AppID, AppSecret: wechat.Secret(platformApp.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
	if err != nil {
		fmt.Println(err)
		return
	}
	platform, err := component.New(core, component.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer platform.Close()

	// The push that WeChat makes every ten minutes; see the package comment for its handler.
	err = platform.KeepTicket(ctx, component.Ticket{
		ComponentAppID: platformApp.AppID, Ticket: token.Secret(platformApp.VerifyTicket()), CreateTime: time.Now(),
	})
	fmt.Println("ticket:", err)

	// The account's administrator agrees; the redirect and a push bring the code.
	auth, err := platform.QueryAuth(ctx, token.Secret(merchant.AuthorizeTo(platformApp)))
	fmt.Println("authorised:", auth.AppID == merchant.AppID, err)

	client, err := wechat.New(wechat.Config{AppID: auth.AppID},
		wechat.WithTokenSource(platform.Authorizer(auth.AppID)), wechat.WithHTTPClient(wx.HTTPClient()))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("call:", client.Do(ctx, http.MethodGet, "/cgi-bin/get_api_domain_ip", nil, nil, nil))
	// Output:
	// ticket: <nil>
	// authorised: true <nil>
	// call: <nil>
}

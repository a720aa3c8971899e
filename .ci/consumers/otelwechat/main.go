// Program of somebody who looks on with OpenTelemetry's API alone: an SDK is for programs to choose.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/otelwechat"
)

func main() {
	wx, err := emulator.Start()
	if err != nil {
		log.Fatal(err)
	}
	app := wx.MiniProgram()
	telemetry, err := otelwechat.New()
	if err != nil {
		log.Fatal(err)
	}
	observed := 0
	client, err := wechat.New(wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()), wechat.WithObserver(func(ctx context.Context, e wechat.CallEvent) {
			observed++
			telemetry.ObserveCall(ctx, e)
		}))
	if err != nil {
		log.Fatal(err)
	}
	if err := client.Do(context.Background(), http.MethodGet, "/cgi-bin/get_api_domain_ip", nil, nil, nil); err != nil {
		log.Fatal(err)
	}
	fmt.Println("observed, the token's request included:", observed)
}

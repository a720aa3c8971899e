package links_test

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/links"
)

// on returns the calls for one account of an emulated WeChat.
func on(wx *emulator.Server, account *emulator.App) (*links.Client, error) {
	client, err := wechat.New(
		wechat.Config{AppID: account.AppID, AppSecret: wechat.Secret(account.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
	if err != nil {
		return nil, err
	}
	return links.New(client), nil
}

// A user scans a QR code and follows; the event tells which user the code was made for.
func Example() {
	wx, err := emulator.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer wx.Close()

	waiting := map[string]string{} // user by scene, not yet bound
	wx.ServiceAccount().SetCallback(emulator.Callback{Mode: emulator.Plaintext, Handler: http.HandlerFunc(
		func(_ http.ResponseWriter, r *http.Request) { // package callback does all this and checks signatures
			var push struct{ Event, EventKey string }
			_ = xml.NewDecoder(r.Body).Decode(&push)
			if scene, ok := links.SceneOf(push.Event, push.EventKey); ok {
				fmt.Printf("%s: bound to %q\n", push.Event, waiting[scene])
				delete(waiting, scene)
			}
		})})

	service, err := on(wx, wx.ServiceAccount())
	if err != nil {
		fmt.Println(err)
		return
	}
	scene := links.OneTimeScene("bind-")
	waiting[scene] = "user 77"
	code, err := service.CreateQRCode(context.Background(), &links.QRCode{Scene: scene, Lifetime: time.Hour})
	if err != nil {
		fmt.Println(err)
		return
	}
	picture := links.ImageURL(code.Ticket)
	fmt.Println(strings.HasPrefix(picture, "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket="))

	wx.User("alice").Scan(picture)
	// Output:
	// true
	// subscribe: bound to "user 77"
}

// One URL Link serves a whole campaign; the appended query tells the users apart.
func ExampleAppendQuery() {
	wx, err := emulator.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer wx.Close()
	mini, err := on(wx, wx.MiniProgram())
	if err != nil {
		fmt.Println(err)
		return
	}
	link, err := mini.GenerateURLLink(context.Background(), &links.URLLink{
		Page: "pages/contract/index", Lifetime: 30 * 24 * time.Hour,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, user := range []string{"alice", "bob"} {
		text, err := links.AppendQuery(link, "user="+user)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(wx.User(user).OpenLink(text).Page)
	}
	// Output:
	// pages/contract/index?user=alice
	// pages/contract/index?user=bob
}

package customerservice_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
)

// must keeps the examples short.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// connect calls the emulator in place of WeChat.
func connect(wx *emulator.Server, app *emulator.App) *customerservice.Client {
	return customerservice.New(must(wechat.New(
		wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)}, wechat.WithHTTPClient(wx.HTTPClient()),
	)))
}

func ExampleClient_Send() {
	wx := must(emulator.Start())
	defer wx.Close()
	mini, ann := wx.MiniProgram(), wx.User("Ann")
	messages := connect(wx, mini)

	send := func(text string) {
		err := messages.Send(context.Background(), &customerservice.Message{
			ToUser: ann.OpenID(mini), Content: customerservice.Text{Content: text},
		})
		switch {
		case err == nil:
			fmt.Println("sent")
		case errors.Is(err, errcode.ReplyWindowClosed), errors.Is(err, errcode.ReplyCountUsedUp):
			fmt.Println("wait until she writes again")
		default:
			panic(err)
		}
	}
	send("Your contract expires soon")
	ann.Write(mini, "What about my contract?")
	send("It expires on 1 December")
	wx.Advance(49 * time.Hour)
	send("It expires tomorrow")
	// Output:
	// wait until she writes again
	// sent
	// wait until she writes again
}

func ExampleMsgMenu() {
	wx := must(emulator.Start())
	defer wx.Close()
	oa, ann := wx.ServiceAccount(), wx.User("Ann")
	ann.Follow(oa)

	err := connect(wx, oa).Send(context.Background(), &customerservice.Message{
		ToUser: ann.OpenID(oa),
		Content: customerservice.MsgMenu{
			Head: "Were we of help?", Tail: "Thank you.",
			Items: []customerservice.MenuItem{{ID: "good", Text: "Yes"}, {ID: "bad", Text: "No"}},
		},
	})
	fmt.Println(err, ann.Inbox()[0].Menu)
	// Output: <nil> [{good Yes} {bad No}]
}

func ExampleSplitText() {
	text := "Your contract expires soon. Renew it " +
		customerservice.PageLink{Label: "here", URL: "https://shop.example.com"}.String() + " today."
	for _, part := range customerservice.SplitText(text, 48) {
		fmt.Printf("%q\n", part)
	}
	// Output:
	// "Your contract expires soon. Renew it "
	// "<a href=\"https://shop.example.com\">here</a> "
	// "today."
}

func ExamplePageLink() {
	fmt.Println("Details: " + customerservice.PageLink{
		Label: "order 77", AppID: "wx0000000000000001", Page: "pages/order?id=77", URL: "https://shop.example.com/77",
	}.String())
	// Output:
	// Details: <a href="https://shop.example.com/77" data-miniprogram-appid="wx0000000000000001" data-miniprogram-path="pages/order?id=77">order 77</a>
}

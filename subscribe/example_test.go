package subscribe_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/subscribe"
)

// must keeps the examples short.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// client calls the emulator in place of WeChat.
func client(wx *emulator.Server, app *emulator.App) *subscribe.Client {
	return subscribe.New(must(wechat.New(
		wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()),
	)))
}

func ExampleClient_Send() {
	wx := must(emulator.Start())
	defer wx.Close()
	mini, ann := wx.MiniProgram(), wx.User("Ann")
	template := mini.AddTemplate(emulator.Template{
		Title: "Contract due", Content: "Contract:{{thing1.DATA}}\nEnds:{{date2.DATA}}\n",
	})
	messages := client(wx, mini)

	send := func() {
		_, err := messages.Send(context.Background(), &subscribe.Message{
			ToUser: ann.OpenID(mini), TemplateID: template, Page: "pages/contract?id=7",
			Data: subscribe.Data{"thing1": "Fire insurance", "date2": "2026-12-01"},
		})
		switch {
		case err == nil:
			fmt.Println("sent")
		case errors.Is(err, errcode.UserRefused):
			fmt.Println("ask the user again when she is back")
		default:
			panic(err)
		}
	}
	ann.Accept(template) // worth one message
	send()
	send()
	for _, line := range ann.Inbox()[0].Lines {
		fmt.Println(line.Label+":", line.Value)
	}
	// Output:
	// sent
	// ask the user again when she is back
	// Contract: Fire insurance
	// Ends: 2026-12-01
}

// A template from the library: choose a title and some of its keywords, then send with what came out.
func Example_templateLibrary() {
	wx := must(emulator.Start())
	defer wx.Close()
	ctx := context.Background()
	messages := client(wx, wx.MiniProgram())

	for title, err := range messages.Titles(ctx, &subscribe.TitleQuery{CategoryIDs: []string{"616"}}) {
		if err != nil {
			panic(err)
		}
		add := &subscribe.NewTemplate{TitleID: title.ID, Scene: "renewal"}
		for _, k := range must(messages.TitleKeywords(ctx, title.ID))[:2] {
			add.KeywordIDs = append(add.KeywordIDs, k.ID)
		}
		must(messages.AddTemplate(ctx, add))
	}
	for _, t := range must(messages.Templates(ctx)) {
		fmt.Println(t.Title)
		for _, k := range t.Keywords() {
			fmt.Printf("  %s is %s: %s\n", k.Name, k.Key, k.Type.Rule())
		}
		fmt.Println(t.Check(subscribe.Data{"thing1": "Fire insurance", "date3": "2026-12-01"}))
	}
	// Output:
	// Contract due
	//   Contract is thing1: up to 20 characters
	//   Ends is date2: date with a 24-hour time if wanted, or two joined by "~"
	// subscribe: Data["date2"]: missing, the template has it as "Ends"
}

// One-time subscription: the user permits one message on a page of WeChat's.
func Example_oneTime() {
	wx := must(emulator.Start())
	defer wx.Close()
	oa, ann := wx.ServiceAccount(), wx.User("Ann")
	messages := client(wx, oa)

	reserved := subscribe.NewReserved() // goes into the user's session
	page := must(messages.OneTimeURL(&subscribe.OneTimeRequest{
		Scene: 1000, TemplateID: oa.OneTimeTemplate(), RedirectURL: "https://shop.example.com/sub", Reserved: reserved,
	}))
	back := must(url.Parse(must(ann.Visit(page)))) // she taps "confirm"

	answer := must(subscribe.ParseOneTime(back.Query(), reserved))
	fmt.Println("confirmed:", answer.Confirmed())
	message := &subscribe.OneTimeMessage{
		ToUser: answer.OpenID, TemplateID: answer.TemplateID, Scene: answer.Scene,
		Title: "Order shipped", Content: "Your blue mug is on its way.",
	}
	fmt.Println(messages.SendOneTime(context.Background(), message))
	fmt.Println(errors.Is(messages.SendOneTime(context.Background(), message), errcode.UserUnreachable))
	fmt.Println(ann.Inbox()[0].Text)
	// Output:
	// confirmed: true
	// <nil>
	// true
	// Your blue mug is on its way.
}

func ExampleClient_Notify() {
	wx := must(emulator.Start())
	defer wx.Close()
	oa, ann := wx.ServiceAccount(), wx.User("Ann")
	template := oa.AddTemplate(emulator.Template{
		Title: "Order update", Keywords: []string{"thing1", "time2"}, Type: emulator.OneTime,
	})
	ann.Accept(template)
	_, err := client(wx, oa).Notify(context.Background(), &subscribe.Notification{
		ToUser: ann.OpenID(oa), TemplateID: template, URL: "https://shop.example.com/o/77",
		Data: subscribe.Data{"thing1": "Blue mug", "time2": "2026-11-29 10:00"},
	})
	fmt.Println(err, ann.Inbox()[0].URL)
	// Output: <nil> https://shop.example.com/o/77
}

func ExampleFit() {
	data := subscribe.Data{"thing1": "Household contents insurance, flat 7", "time2": "09:00～10:00"}
	fmt.Println(subscribe.TypeThing.Check(data["thing1"]))
	fitted := subscribe.Fit(data)
	fmt.Println(fitted["thing1"], fitted["time2"])
	// Output:
	// subscribe: thing: 36 characters, limit 20
	// Household content... 09:00~10:00
}

func ExampleParseTemplate() {
	for _, k := range subscribe.ParseTemplate("Contract:{{thing1.DATA}}\nEnds:{{date2.DATA}}\n") {
		fmt.Println(k.Key, k.Name, k.Type)
	}
	// Output:
	// thing1 Contract thing
	// date2 Ends date
}

package template_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/template"
)

// must keeps the examples short.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// client calls the emulator in place of WeChat.
func client(wx *emulator.Server, app *emulator.App, opts ...wechat.Option) *template.Client {
	return template.New(must(wechat.New(
		wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)},
		append(opts, wechat.WithHTTPClient(wx.HTTPClient()))...,
	)))
}

func ExampleClient_Send() {
	wx := must(emulator.Start())
	defer wx.Close()
	oa, ann := wx.ServiceAccount(), wx.User("Ann")
	id := oa.AddTemplate(emulator.Template{
		Title: "Contract due", Content: "Contract:{{thing1.DATA}}\nEnds:{{time4.DATA}}\n",
	})
	messages := client(wx, oa)

	send := func() {
		_, err := messages.Send(context.Background(), &template.Message{
			ToUser: ann.OpenID(oa), TemplateID: id,
			MiniProgram: &template.MiniProgram{AppID: wx.MiniProgram().AppID, Page: "pages/contract?id=7"},
			Data:        template.Data{"thing1": "Fire insurance", "time4": "2026-12-01"},
		})
		switch {
		case err == nil:
			fmt.Println("sent")
		case errors.Is(err, errcode.NotFollowing):
			fmt.Println("take another way, she does not follow")
		default:
			panic(err)
		}
	}
	send()
	ann.Follow(oa)
	send()
	for _, line := range ann.Inbox()[0].Lines {
		fmt.Println(line.Label+":", line.Value)
	}
	// Output:
	// take another way, she does not follow
	// sent
	// Contract: Fire insurance
	// Ends: 2026-12-01
}

// An answer got lost. Sent again with the receipt's id, the message does not arrive twice.
func ExampleReceipt() {
	wx := must(emulator.Start())
	defer wx.Close()
	oa, ann := wx.ServiceAccount(), wx.User("Ann")
	ann.Follow(oa)
	id := oa.AddTemplate(emulator.Template{Keywords: []string{"thing1"}})
	messages := client(wx, oa, wechat.WithRetry(wechat.RetryPolicy{Attempts: 1}))
	wx.Fail(emulator.Fault{Path: "/cgi-bin/message/template/send", AfterTheFact: true, Status: 502, Times: 1})

	message := &template.Message{ToUser: ann.OpenID(oa), TemplateID: id, Data: template.Data{"thing1": "Fire insurance"}}
	receipt, err := messages.Send(context.Background(), message)
	if errors.Is(err, wechat.ErrOutcomeUnknown) {
		message.ClientMsgID = receipt.ClientMsgID
		_, err = messages.Send(context.Background(), message)
	}
	fmt.Println(err, len(ann.Inbox()))
	// Output: <nil> 1
}

func ExampleClient_AddTemplate() {
	wx := must(emulator.Start())
	defer wx.Close()
	ctx := context.Background()
	templates := client(wx, wx.ServiceAccount())
	must(templates.AddTemplate(ctx, &template.NewTemplate{LibraryID: "513", Keywords: []string{"Contract", "Ends"}}))
	for _, t := range must(templates.Templates(ctx)) {
		for _, k := range t.Keywords() {
			fmt.Printf("%s, %s, is %s\n", t.Title, k.Name, k.Key)
		}
	}
	// Output:
	// Contract due, Contract, is thing1
	// Contract due, Ends, is date2
}

func ExampleLosses() {
	for _, loss := range template.Losses(template.Data{
		"first": "Dear customer", "keyword1": "Fire insurance 🔥", "remark": "Tap to renew",
	}) {
		fmt.Println(loss)
	}
	// Output:
	// first: head line, WeChat drops it
	// keyword1: emoji, WeChat drops them
	// remark: tail, WeChat drops it
}

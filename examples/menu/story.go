package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/content"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/menu"
)

// play shows on an emulator what users meet after the menu was set.
func play(ctx context.Context, w io.Writer) error {
	wx, err := emulator.Start()
	if err != nil {
		return err
	}
	defer wx.Close()
	alice, service, mini := wx.User("Alice"), wx.ServiceAccount(), wx.MiniProgram()
	alice.Follow(service)
	mini.AddContentRule(emulator.ContentRule{Contains: "casino", Suggest: "risky", Label: int(content.Advertising)})

	if err := tapped(ctx, w, wx, service, alice); err != nil {
		return err
	}
	if err := written(ctx, w, wx, mini, alice); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nAlice's phone shows:")
	for _, m := range alice.Inbox() {
		fmt.Fprintln(w, " ", m)
	}
	return nil
}

// tapped sets the menu, twice, and answers a tap within the window that the tap opens.
func tapped(ctx context.Context, w io.Writer, wx *emulator.Server, service *emulator.App, alice *emulator.User) error {
	client, err := connect(wx, service)
	if err != nil {
		return err
	}
	defer client.Close()
	for range 2 {
		if err := deploy(ctx, w, menu.New(client)); err != nil {
			return err
		}
	}
	chat := customerservice.New(client)
	pushes, err := receive(service, callback.OfficialAccount, emulator.XML)
	if err != nil {
		return err
	}
	callback.On(pushes, func(ctx context.Context, e *callback.MenuClick) (callback.Reply, error) {
		fmt.Fprintf(w, "callback: %s was tapped\n", e.EventKey)
		return nil, chat.Send(ctx, &customerservice.Message{
			ToUser: e.FromUserName, Content: customerservice.Text{Content: "You have one: fire insurance, until 1 December."},
		})
	})
	fmt.Fprintln(w, `Alice taps "My contracts" in the service account's menu.`)
	alice.TapButton(service, "My contracts")
	wx.Settle()
	return pushes.Shutdown(ctx)
}

// written answers what a user writes in the chat of a Mini Program, if nothing is wrong with it.
func written(ctx context.Context, w io.Writer, wx *emulator.Server, mini *emulator.App, alice *emulator.User) error {
	client, err := connect(wx, mini)
	if err != nil {
		return err
	}
	defer client.Close()
	chat, checks := customerservice.New(client), content.New(client)
	pushes, err := receive(mini, callback.MiniProgram, emulator.JSON)
	if err != nil {
		return err
	}
	callback.On(pushes, func(ctx context.Context, m *callback.TextMessage) (callback.Reply, error) {
		verdict, err := checks.CheckText(ctx, &content.Text{
			OpenID: m.FromUserName, Scene: content.Comment, Content: m.Content,
		})
		switch {
		case errors.Is(err, content.ErrUserAway):
			return callback.TransferReply{}, nil // not checked: a person answers
		case err != nil:
			return nil, err // WeChat delivers the message again
		case !verdict.Advice.Passed():
			fmt.Fprintf(w, "callback: a text is kept back: %s, %s\n", verdict.Advice, verdict.Label)
			return nil, nil
		}
		fmt.Fprintln(w, "callback: a text passed")
		return nil, chat.Send(ctx, &customerservice.Message{
			ToUser: m.FromUserName, Content: customerservice.Text{Content: "Yes, with one tap in the Mini Program."},
		})
	})
	fmt.Fprintln(w, "Alice writes in the Mini Program's chat, twice.")
	alice.EnterChat(mini, "")
	for _, text := range []string{"Can I renew it?", "Win a lot in my casino!"} {
		alice.Write(mini, text)
		wx.Settle()
	}
	return pushes.Shutdown(ctx)
}

func connect(wx *emulator.Server, app *emulator.App) (*wechat.Client, error) {
	return wechat.New(wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
}

// receive lets the pushes of an account come to a handler in this process. A server behind a URL gets the same.
func receive(app *emulator.App, kind callback.Kind, format emulator.Format) (*callback.Handler, error) {
	const token, key = "shared-with-the-console", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	h, err := callback.New(callback.Config{Apps: []callback.App{{
		AppID: app.AppID, Kind: kind, Token: token, EncodingAESKey: key,
	}}})
	if err != nil {
		return nil, err
	}
	app.SetCallback(emulator.Callback{Handler: h, Token: token, EncodingAESKey: key, Format: format})
	return h, nil
}

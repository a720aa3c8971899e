package main

import (
	"context"
	"fmt"
	"io"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/emulator"
)

// demo runs the handler on an emulator, with a user who taps the button on a contract's page.
func demo(ctx context.Context, w io.Writer) error {
	wx, err := emulator.Start()
	if err != nil {
		return err
	}
	defer wx.Close()
	mini, ann := wx.MiniProgram(), wx.User("Ann")
	cfg, address, err := wechat.ConfigFromEnv(wx.Getenv, "WECHAT_")
	if err != nil {
		return err
	}
	client, err := wechat.New(cfg, address)
	if err != nil {
		return err
	}
	defer client.Close()
	mini.SetCallback(emulator.Callback{}) // makes up token and key
	app, err := callback.AppFromEnv(wx.Getenv, "WECHAT_", callback.MiniProgram)
	if err != nil {
		return err
	}
	h, err := newHandler(app, customerservice.New(client))
	if err != nil {
		return err
	}
	mini.SetCallback(emulator.Callback{Handler: h})

	ann.EnterChat(mini, "contract=7")
	wx.Settle()
	ann.Write(mini, "How do I renew it?")
	wx.Settle()
	ann.Write(mini, "agent")
	wx.Settle()
	for _, m := range ann.Inbox() {
		who := "account"
		if m.Own {
			who = ann.Name
		}
		fmt.Fprintf(w, "%s: %s\n", who, m.Text)
	}
	return h.Shutdown(ctx)
}

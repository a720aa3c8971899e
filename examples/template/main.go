// Command template sends a template message of a service account, and once more under the same id, as after a
// lost answer: the user gets one.
//
// Without settings it starts an emulator and sends there. With WECHAT_APPID, WECHAT_APPSECRET, WECHAT_OPENID and
// WECHAT_TEMPLATE_ID in the environment it sends to WeChat, or to the address in WECHAT_BASE_URL, with the
// values on the command line:
//
//	go run ./examples/template thing1="Fire insurance" time4=2026-12-01
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/template"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Getenv, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, getenv func(string) string, args []string) error {
	if getenv("WECHAT_APPID") == "" {
		wx, err := emulator.Start()
		if err != nil {
			return err
		}
		defer wx.Close()
		ann := wx.User("Ann")
		getenv, args = demo(wx, ann)
		defer func() { fmt.Fprintln(w, "messages on the phone:", len(ann.Inbox())) }()
	}
	opts := []wechat.Option{}
	if address := getenv("WECHAT_BASE_URL"); address != "" {
		opts = append(opts, wechat.WithBaseURL(address))
	}
	core, err := wechat.New(wechat.Config{
		AppID: getenv("WECHAT_APPID"), AppSecret: wechat.Secret(getenv("WECHAT_APPSECRET")),
	}, opts...)
	if err != nil {
		return err
	}
	defer core.Close()
	message := &template.Message{
		ToUser: getenv("WECHAT_OPENID"), TemplateID: getenv("WECHAT_TEMPLATE_ID"), Data: template.Data{},
	}
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		message.Data[key] = value
	}
	return send(ctx, w, template.New(core), message)
}

func send(ctx context.Context, w io.Writer, client *template.Client, message *template.Message) error {
	for _, loss := range template.Losses(message.Data) {
		fmt.Fprintln(w, "warning:", loss)
	}
	for range 2 {
		receipt, err := client.Send(ctx, message)
		switch {
		case err == nil:
			fmt.Fprintln(w, "sent")
		case errors.Is(err, errcode.NotFollowing):
			fmt.Fprintln(w, "not sent: the user does not follow")
			return nil
		default:
			return err
		}
		message.ClientMsgID = receipt.ClientMsgID // the same message again
	}
	return nil
}

// demo sets the emulator up: a template, and a user who follows.
func demo(wx *emulator.Server, ann *emulator.User) (getenv func(string) string, args []string) {
	oa := wx.ServiceAccount()
	id := oa.AddTemplate(emulator.Template{
		Title: "Contract due", Content: "Contract:{{thing1.DATA}}\nEnds:{{time4.DATA}}\n",
	})
	ann.Follow(oa)
	settings := map[string]string{
		"WECHAT_APPID": oa.AppID, "WECHAT_APPSECRET": oa.AppSecret, "WECHAT_BASE_URL": wx.URL(),
		"WECHAT_OPENID": ann.OpenID(oa), "WECHAT_TEMPLATE_ID": id,
	}
	return func(name string) string { return settings[name] }, []string{"thing1=Fire insurance 🔥", "time4=2026-12-01"}
}

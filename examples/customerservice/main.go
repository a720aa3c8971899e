// Command customerservice answers a user who wrote to an account: it shows that somebody is typing and sends a
// text, in several messages if it is long, for as long as WeChat lets it.
//
// Without settings it starts an emulator and answers a user there. With WECHAT_APPID, WECHAT_APPSECRET and
// WECHAT_OPENID in the environment it answers through WeChat, or through the address in WECHAT_BASE_URL, with
// the words on the command line:
//
//	go run ./examples/customerservice Your contract expires on 1 December.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
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
		defer showChat(w, ann)
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
	return answer(ctx, w, customerservice.New(core), getenv("WECHAT_OPENID"), strings.Join(args, " "))
}

func answer(ctx context.Context, w io.Writer, chat *customerservice.Client, user, text string) error {
	if err := chat.Typing(ctx, user); err != nil {
		fmt.Fprintln(w, "not typing:", reason(err)) // a hint only
	}
	parts := customerservice.SplitText(text, 0)
	for i, part := range parts {
		err := chat.Send(ctx, &customerservice.Message{ToUser: user, Content: customerservice.Text{Content: part}})
		if errors.Is(err, errcode.UserUnreachable) {
			fmt.Fprintf(w, "sent %d of %d: %s\n", i, len(parts), reason(err))
			return nil
		}
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "sent %d of %d\n", len(parts), len(parts))
	return nil
}

// reason says in words why WeChat refused.
func reason(err error) string {
	switch {
	case errors.Is(err, errcode.ReplyWindowClosed), errors.Is(err, errcode.ReplyCountUsedUp):
		return "the user has to write again first"
	case errors.Is(err, errcode.NoRecentExchange):
		return "nobody wrote in the last 30 seconds"
	}
	return err.Error()
}

// demo sets the emulator up: a user who has a question, and an answer of six messages, where five are allowed.
func demo(wx *emulator.Server, ann *emulator.User) (getenv func(string) string, args []string) {
	oa := wx.ServiceAccount()
	ann.Follow(oa)
	ann.Write(oa, "What is in my contract?")
	details := customerservice.PageLink{
		Label: "Open it", AppID: wx.MiniProgram().AppID, Path: "pages/contract?id=7", URL: "https://shop.example.com/7",
	}
	settings := map[string]string{
		"WECHAT_APPID": oa.AppID, "WECHAT_APPSECRET": oa.AppSecret, "WECHAT_BASE_URL": wx.URL(),
		"WECHAT_OPENID": ann.OpenID(oa),
	}
	paragraph := strings.Repeat("Fire, water and theft are covered. ", 52) + "\n"
	text := "Here it is. " + details.String() + " " + strings.Repeat(paragraph, 6)
	return func(name string) string { return settings[name] }, []string{text}
}

func showChat(w io.Writer, u *emulator.User) {
	for _, m := range u.Inbox() {
		who := "account"
		if m.Own {
			who = u.Name
		}
		fmt.Fprintf(w, "%s: %.24s… (%d bytes)\n", who, m.Text, len(m.Text))
	}
}

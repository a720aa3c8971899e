// Command customerservice answers a user who wrote to a service account: it shows that somebody is typing and sends a
// text, in several messages if it is long, for as long as WeChat lets it. With a Mini Program it is the same.
//
// Without settings it starts an emulator and answers a user there. With WECHAT_SERVICE_APPID,
// WECHAT_SERVICE_APPSECRET and WECHAT_SERVICE_OPENID in the environment it answers through WeChat, or through the
// address in WECHAT_BASE_URL, with the words on the command line:
//
//	go run ./examples/customerservice Your contract expires on 1 December.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
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
	emulated, err := onEmulator(getenv)
	if err != nil {
		return err
	}
	if emulated {
		wx, err := emulator.Start()
		if err != nil {
			return err
		}
		defer wx.Close()
		ann := wx.User("Ann")
		getenv, args = demo(wx, ann)
		defer showChat(w, ann)
	}
	core, err := wechat.New(wechat.Config{
		AppID: getenv("WECHAT_SERVICE_APPID"), AppSecret: wechat.Secret(getenv("WECHAT_SERVICE_APPSECRET")),
	}, wechat.WithBaseURL(cmp.Or(getenv("WECHAT_BASE_URL"), wechat.BaseURL)))
	if err != nil {
		return err
	}
	defer core.Close()
	return answer(ctx, w, customerservice.New(core), getenv("WECHAT_SERVICE_OPENID"), strings.Join(args, " "))
}

// variables are those of the environment that the program needs. WECHAT_BASE_URL may be left out.
var variables = []string{"WECHAT_SERVICE_APPID", "WECHAT_SERVICE_APPSECRET", "WECHAT_SERVICE_OPENID"}

// onEmulator reports whether to run on an emulator, which is where none of the variables is set. Where only some are, the
// error names one that is missing.
func onEmulator(getenv func(string) string) (bool, error) {
	missing := slices.DeleteFunc(slices.Clone(variables), func(name string) bool { return getenv(name) != "" })
	switch {
	case len(missing) == 0:
		return false, nil
	case len(missing) == len(variables) && getenv("WECHAT_BASE_URL") == "":
		return true, nil
	}
	return false, fmt.Errorf("%s is not set", missing[0])
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
		"WECHAT_SERVICE_APPID": oa.AppID, "WECHAT_SERVICE_APPSECRET": oa.AppSecret, "WECHAT_BASE_URL": wx.URL(),
		"WECHAT_SERVICE_OPENID": ann.OpenID(oa),
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

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
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/errcode"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Getenv, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, getenv func(string) string, args []string) error {
	cfg, address, err := wechat.ConfigFromEnv(getenv, "WECHAT_SERVICE_", "WECHAT_SERVICE_OPENID")
	if errors.Is(err, wechat.ErrEnvEmpty) {
		return demo(ctx, w)
	}
	if err != nil {
		return err
	}
	client, err := wechat.New(cfg, address)
	if err != nil {
		return err
	}
	defer client.Close()
	return answer(ctx, w, customerservice.New(client), getenv("WECHAT_SERVICE_OPENID"), strings.Join(args, " "))
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

// Command template sends a template message of a service account, and once more under the same id, as after a
// lost answer: the user gets one.
//
// Without settings it starts an emulator and sends there. With WECHAT_SERVICE_APPID, WECHAT_SERVICE_APPSECRET,
// WECHAT_SERVICE_OPENID and WECHAT_SERVICE_TEMPLATE in the environment it sends to WeChat, or to the address in
// WECHAT_BASE_URL, with the values on the command line:
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
	cfg, address, err := wechat.ConfigFromEnv(getenv, "WECHAT_SERVICE_", "WECHAT_SERVICE_OPENID", "WECHAT_SERVICE_TEMPLATE")
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
	message := &template.Message{
		ToUser: getenv("WECHAT_SERVICE_OPENID"), TemplateID: getenv("WECHAT_SERVICE_TEMPLATE"), Data: template.Data{},
	}
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		message.Data[key] = value
	}
	return send(ctx, w, template.New(client), message)
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

// Command subscribe looks at a template of a Mini Program and sends a subscription message with it, twice: of a
// one-time template, each acceptance of the user allows one.
//
// Without settings it starts an emulator and sends there. With WECHAT_APPID, WECHAT_APPSECRET, WECHAT_OPENID and
// WECHAT_TEMPLATE in the environment it sends to WeChat, or to the address in WECHAT_BASE_URL, with the
// values on the command line:
//
//	go run ./examples/subscribe thing1="Fire insurance" date2=2026-12-01
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
	"github.com/wechatkit/wechat/subscribe"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Getenv, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, getenv func(string) string, args []string) error {
	cfg, address, err := wechat.ConfigFromEnv(getenv, "WECHAT_", "WECHAT_OPENID", "WECHAT_TEMPLATE")
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
	data := subscribe.Data{}
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		data[key] = value
	}
	return send(ctx, w, subscribe.New(client), getenv("WECHAT_OPENID"), getenv("WECHAT_TEMPLATE"), data)
}

// send looks the template up, shortens what is too long, checks the rest and sends.
func send(ctx context.Context, w io.Writer, client *subscribe.Client, openID, templateID string, data subscribe.Data) error {
	templates, err := client.Templates(ctx)
	if err != nil {
		return err
	}
	for _, t := range templates {
		if t.ID != templateID {
			continue
		}
		fmt.Fprintln(w, "template:", t.Title)
		for _, k := range t.Keywords() {
			fmt.Fprintf(w, "  %s (%s), %s\n", k.Key, k.Name, k.Type.Rule())
		}
		data = subscribe.Fit(data)
		if err := t.Check(data); err != nil {
			return err
		}
	}
	for range 2 {
		_, err := client.Send(ctx, &subscribe.Message{ToUser: openID, TemplateID: templateID, Data: data})
		switch {
		case err == nil:
			fmt.Fprintln(w, "sent")
		case errors.Is(err, errcode.UserRefused):
			fmt.Fprintln(w, "not sent: no acceptance of the user is left")
		case errors.Is(err, wechat.ErrOutcomeUnknown):
			fmt.Fprintln(w, "perhaps sent: wait for the event that tells")
		default:
			return err
		}
	}
	return nil
}

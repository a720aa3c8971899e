// Command chat answers the customer service chat of a Mini Program by itself: who comes from a contract is told about it,
// by what the button's session-from says; who writes gets an answer; who asks for a person is handed to an agent.
//
// Without settings it starts an emulator with a user in it. With WECHAT_APPID, WECHAT_APPSECRET, WECHAT_TOKEN and WECHAT_AES_KEY
// in the environment it listens on :8080 for the pushes of that Mini Program; set http://your-host/wechat as the URL in
// WeChat's console, in secure mode.
//
//	go run ./examples/chat
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/customerservice"
)

func main() {
	if err := listen(context.Background(), os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// listen serves without an end; how a server ends in good order is in examples/callback.
func listen(ctx context.Context, getenv func(string) string) error {
	cfg, address, err := wechat.ConfigFromEnv(getenv, "WECHAT_")
	if errors.Is(err, wechat.ErrEnvEmpty) {
		return demo(ctx, os.Stdout)
	}
	if err != nil {
		return err
	}
	app, err := callback.AppFromEnv(getenv, "WECHAT_", callback.MiniProgram)
	if err != nil {
		return err
	}
	client, err := wechat.New(cfg, address)
	if err != nil {
		return err
	}
	handler, err := newHandler(app, customerservice.New(client))
	if err != nil {
		return err
	}
	http.Handle("/wechat", handler)
	server := &http.Server{Addr: ":8080", ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}

// newHandler answers by messages of their own: what a Mini Program replies to a push is not shown to the user. A push that
// WeChat repeats is not answered twice, and one whose handler fails comes again.
func newHandler(app callback.App, chat *customerservice.Client) (*callback.Handler, error) {
	h, err := callback.New(callback.Config{Apps: []callback.App{app}})
	if err != nil {
		return nil, err
	}
	say := func(ctx context.Context, openID, text string) error {
		return chat.Send(ctx, &customerservice.Message{ToUser: openID, Content: customerservice.Text{Content: text}})
	}
	callback.On(h, func(ctx context.Context, e *callback.SessionEntered) (callback.Reply, error) {
		return nil, say(ctx, e.FromUserName, greeting(e.SessionFrom))
	})
	callback.On(h, func(ctx context.Context, m *callback.TextMessage) (callback.Reply, error) {
		if strings.EqualFold(strings.TrimSpace(m.Content), "agent") {
			return callback.TransferReply{}, nil
		}
		return nil, say(ctx, m.FromUserName, "Your contract is renewed by one tap in 我的合同. Write “agent” to talk to somebody.")
	})
	return h, nil
}

// greeting reads what <button open-type="contact" session-from="contract=7"> has in it. It comes from the user's phone, who may
// have changed it: look the contract up, and whether it is theirs, before you tell of it.
func greeting(sessionFrom string) string {
	from, err := url.ParseQuery(sessionFrom)
	if err != nil || from.Get("contract") == "" {
		return "Hello, how can we help?"
	}
	return fmt.Sprintf("Hello, is it about contract %.20s?", from.Get("contract"))
}

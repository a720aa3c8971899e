// Command callback serves the message push of one service account with net/http.
//
//	go run ./examples/callback
//
// It needs WECHAT_SERVICE_APPID, WECHAT_SERVICE_APPSECRET, WECHAT_SERVICE_TOKEN and WECHAT_SERVICE_AES_KEY in the
// environment, and calls WeChat at WECHAT_BASE_URL where that is set. Set http://your-host/wechat as the URL in WeChat's
// console, in secure mode.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/customerservice"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := listen(ctx, os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// settings makes the account and its client of the environment, or names the variable that is missing.
func settings(getenv func(string) string) (callback.App, *wechat.Client, error) {
	cfg, address, err := wechat.ConfigFromEnv(getenv, "WECHAT_SERVICE_")
	if err != nil {
		return callback.App{}, nil, err
	}
	app, err := callback.AppFromEnv(getenv, "WECHAT_SERVICE_", callback.OfficialAccount)
	if err != nil {
		return callback.App{}, nil, err
	}
	client, err := wechat.New(cfg, address)
	return app, client, err
}

func listen(ctx context.Context, getenv func(string) string) error {
	app, client, err := settings(getenv)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", ":8080")
	if err != nil {
		return err
	}
	return run(ctx, listener, app, client)
}

// run serves until ctx ends, then waits for the requests and for the handlers they left behind.
func run(ctx context.Context, listener net.Listener, app callback.App, client *wechat.Client) error {
	pushes, err := newHandler(app, client)
	if err != nil {
		_ = listener.Close()
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/wechat", pushes)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}

	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return errors.Join(server.Shutdown(ctx), pushes.Shutdown(ctx))
}

// sendLate turns a text that comes too late for a reply into a customer-service message, which the user sees all the same.
func sendLate(client *wechat.Client) func(context.Context, callback.Push, callback.Reply) {
	chat := customerservice.New(client)
	return func(ctx context.Context, p callback.Push, reply callback.Reply) {
		text, ok := reply.(callback.TextReply)
		if !ok {
			return
		}
		err := chat.Send(ctx, &customerservice.Message{
			ToUser: p.Head().FromUserName, Content: customerservice.Text{Content: text.Content},
		})
		if err != nil {
			slog.Error("late reply", "err", err)
		}
	}
}

// newHandler greets followers by the poster they came from, and answers texts.
func newHandler(app callback.App, client *wechat.Client) (*callback.Handler, error) {
	h, err := callback.New(callback.Config{Apps: []callback.App{app}, Late: sendLate(client)})
	if err != nil {
		return nil, err
	}
	callback.On(h, func(_ context.Context, e *callback.Follow) (callback.Reply, error) {
		if e.Scene == "" {
			return callback.TextReply{Content: "Welcome"}, nil
		}
		return callback.TextReply{Content: "Welcome, visitor of " + e.Scene}, nil
	})
	callback.On(h, func(_ context.Context, m *callback.TextMessage) (callback.Reply, error) {
		if m.Content == "agent" {
			return callback.TransferReply{}, nil
		}
		return callback.TextReply{Content: "Write “agent” to talk to somebody"}, nil
	})
	callback.On(h, func(_ context.Context, _ *callback.Unfollow) (callback.Reply, error) {
		slog.Info("somebody left: delete their data here")
		return nil, nil
	})
	h.Fallback(func(_ context.Context, p callback.Push) (callback.Reply, error) {
		slog.Info("not handled", "type", p.Head().MsgType, "event", p.Head().Event)
		return nil, nil
	})
	return h, nil
}

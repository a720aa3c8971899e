// Command links leads a user of a Mini Program to follow the service account, learns who followed, and makes
// the link that brings the user back.
//
//	go run ./examples/links
//
// Without settings it plays both sides on a WeChat emulator inside itself. With accounts of yours in the
// environment it shows the address of a QR code, waits for you to scan it, and prints the link:
//
//	WECHAT_APPID, WECHAT_APPSECRET                  the Mini Program
//	WECHAT_SERVICE_APPID, WECHAT_SERVICE_APPSECRET  the service account
//	WECHAT_SERVICE_TOKEN, WECHAT_SERVICE_AES_KEY    its message push, in secure mode, to port 8080 of this machine
//	WECHAT_BASE_URL                                 another address than https://api.weixin.qq.com
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/links"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run picks the real WeChat or the emulator.
func run(ctx context.Context, out io.Writer, env func(string) string) error {
	s, err := realSettings(env)
	if errors.Is(err, wechat.ErrEnvEmpty) {
		return playOnEmulator(ctx, out)
	}
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", ":8080")
	if err != nil {
		return err
	}
	return playForReal(ctx, out, s, listener)
}

// settings are the accounts, and how to reach WeChat.
type settings struct {
	mini, service wechat.Config
	push          callback.App // of the service account
	address       wechat.Option
}

func realSettings(env func(string) string) (s settings, err error) {
	s.mini, s.address, err = wechat.ConfigFromEnv(env, "WECHAT_", "WECHAT_SERVICE_APPID", "WECHAT_SERVICE_APPSECRET",
		"WECHAT_SERVICE_TOKEN", "WECHAT_SERVICE_AES_KEY")
	if err != nil {
		return s, err
	}
	if s.service, _, err = wechat.ConfigFromEnv(env, "WECHAT_SERVICE_"); err != nil {
		return s, err
	}
	s.push, err = callback.AppFromEnv(env, "WECHAT_SERVICE_", callback.OfficialAccount)
	return s, err
}

// playForReal shows the picture to somebody with a real phone, and takes the pushes from listener.
func playForReal(ctx context.Context, out io.Writer, set settings, listener net.Listener) error {
	defer listener.Close()
	s, err := newStory(out, set)
	if err != nil {
		return err
	}
	pushes, err := s.handler(set.push)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: pushes, ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	defer server.Close()
	if err := s.play(ctx, failed, func(picture string) { fmt.Fprintln(out, "scan it:", picture) }); err != nil {
		return err
	}
	fmt.Fprintln(out, "back to the Mini Program:", s.link)
	return pushes.Shutdown(ctx)
}

// story is one user's way to the service account and back.
type story struct {
	out     io.Writer
	mini    *links.Client
	service *links.Client
	binding *binding
	link    string // what came out in the end
}

func newStory(out io.Writer, set settings) (*story, error) {
	mini, err := wechat.New(set.mini, set.address)
	if err != nil {
		return nil, fmt.Errorf("the Mini Program: %w", err)
	}
	service, err := wechat.New(set.service, set.address)
	if err != nil {
		return nil, fmt.Errorf("the service account: %w", err)
	}
	return &story{
		out: out, mini: links.New(mini), service: links.New(service), binding: newBinding(),
	}, nil
}

// handler takes follows and scans. Both carry the scene: who follows already gives a scan.
func (s *story) handler(app callback.App) (*callback.Handler, error) {
	h, err := callback.New(callback.Config{Apps: []callback.App{app}})
	if err != nil {
		return nil, err
	}
	callback.On(h, func(_ context.Context, e *callback.Follow) (callback.Reply, error) {
		return s.arrived(e.FromUserName, e.Scene), nil
	})
	callback.On(h, func(_ context.Context, e *callback.Scan) (callback.Reply, error) {
		return s.arrived(e.FromUserName, e.Scene), nil
	})
	return h, nil
}

func (s *story) arrived(openID, scene string) callback.Reply {
	user, outcome := s.binding.use(scene, openID)
	fmt.Fprintln(s.out, "scanned:", outcome)
	if outcome != bound {
		return nil
	}
	return callback.TextReply{Content: "Welcome, " + user}
}

// play makes the QR code, gives its picture to scan, waits for the push that tells who came, and makes the
// link.
func (s *story) play(ctx context.Context, failed <-chan error, scan func(picture string)) error {
	const user, lifetime = "user-77", 10 * time.Minute
	scene := s.binding.expect(user, lifetime)
	code, err := s.service.CreateQRCode(ctx, &links.QRCode{Scene: scene, Lifetime: lifetime})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "a QR code for %s, good for %v\n", user, code.Lifetime)
	scan(links.ImageURL(code.Ticket))
	select {
	case <-s.binding.done:
	case err := <-failed:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(lifetime):
		return fmt.Errorf("nobody scanned within %v", lifetime)
	}

	// One link serves all users for thirty days; the appended query tells them apart.
	campaign, err := s.mini.GenerateURLLink(ctx, &links.URLLink{Page: "pages/contract/index", Lifetime: 30 * 24 * time.Hour})
	if err != nil {
		return err
	}
	s.link, err = links.AppendQuery(campaign, "user="+user)
	return err
}

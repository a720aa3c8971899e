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
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/emulator"
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
	emulated, err := onEmulator(env)
	switch {
	case err != nil:
		return err
	case emulated:
		return playOnEmulator(ctx, out)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", ":8080")
	if err != nil {
		return err
	}
	return playForReal(ctx, out, env, listener)
}

// variables are those of the environment that the program needs. WECHAT_BASE_URL may be left out.
var variables = []string{
	"WECHAT_APPID", "WECHAT_APPSECRET", "WECHAT_SERVICE_APPID", "WECHAT_SERVICE_APPSECRET",
	"WECHAT_SERVICE_TOKEN", "WECHAT_SERVICE_AES_KEY",
}

// onEmulator reports whether to run on an emulator, which is where none of the variables is set. Where only some are, the
// error names one that is missing.
func onEmulator(env func(string) string) (bool, error) {
	missing := slices.DeleteFunc(slices.Clone(variables), func(name string) bool { return env(name) != "" })
	switch {
	case len(missing) == 0:
		return false, nil
	case len(missing) == len(variables) && env("WECHAT_BASE_URL") == "":
		return true, nil
	}
	return false, fmt.Errorf("%s is not set", missing[0])
}

// playForReal shows the picture to somebody with a real phone, and takes the pushes from listener.
func playForReal(ctx context.Context, out io.Writer, env func(string) string, listener net.Listener) error {
	defer listener.Close()
	s, err := newStory(out, wechat.Config{
		AppID: env("WECHAT_APPID"), AppSecret: wechat.Secret(env("WECHAT_APPSECRET")),
	}, wechat.Config{
		AppID: env("WECHAT_SERVICE_APPID"), AppSecret: wechat.Secret(env("WECHAT_SERVICE_APPSECRET")),
	}, wechat.WithBaseURL(cmp.Or(env("WECHAT_BASE_URL"), wechat.BaseURL)))
	if err != nil {
		return err
	}
	pushes, err := s.handler(callback.App{
		AppID: env("WECHAT_SERVICE_APPID"), Kind: callback.OfficialAccount,
		Token:          callback.Secret(env("WECHAT_SERVICE_TOKEN")),
		EncodingAESKey: callback.Secret(env("WECHAT_SERVICE_AES_KEY")),
	})
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
	return pushes.Close(ctx)
}

// playOnEmulator lets an emulated user scan the picture twice, as people do.
func playOnEmulator(ctx context.Context, out io.Writer) error {
	wx, err := emulator.Start()
	if err != nil {
		return err
	}
	defer wx.Close()
	mini, service, alice := wx.MiniProgram(), wx.ServiceAccount(), wx.User("alice")
	s, err := newStory(out,
		wechat.Config{AppID: mini.AppID, AppSecret: wechat.Secret(mini.AppSecret)},
		wechat.Config{AppID: service.AppID, AppSecret: wechat.Secret(service.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
	if err != nil {
		return err
	}
	set := service.SetCallback(emulator.Callback{URL: "https://service.example.com/wechat"})
	pushes, err := s.handler(callback.App{
		AppID: service.AppID, Kind: callback.OfficialAccount,
		Token: callback.Secret(set.Token), EncodingAESKey: callback.Secret(set.EncodingAESKey),
	})
	if err != nil {
		return err
	}
	set.Handler = pushes
	service.SetCallback(set)
	err = s.play(ctx, nil, func(picture string) {
		alice.Scan(picture)
		alice.Scan(picture)
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "back to the Mini Program:", alice.OpenLink(s.link).Page)
	return pushes.Close(ctx)
}

// story is one user's way to the service account and back.
type story struct {
	out     io.Writer
	mini    *links.Client
	service *links.Client
	binding *binding
	link    string // what came out in the end
}

func newStory(out io.Writer, mini, service wechat.Config, opts ...wechat.Option) (*story, error) {
	miniCore, err := wechat.New(mini, opts...)
	if err != nil {
		return nil, fmt.Errorf("the Mini Program: %w", err)
	}
	serviceCore, err := wechat.New(service, opts...)
	if err != nil {
		return nil, fmt.Errorf("the service account: %w", err)
	}
	return &story{
		out: out, mini: links.New(miniCore), service: links.New(serviceCore), binding: newBinding(),
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
	campaign, err := s.mini.GenerateURLLink(ctx, &links.URLLink{Path: "pages/contract/index", Lifetime: 30 * 24 * time.Hour})
	if err != nil {
		return err
	}
	s.link, err = links.AppendQuery(campaign, "user="+user)
	return err
}

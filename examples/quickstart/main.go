// Command quickstart plays the whole story once: a login, the three ways to reach the user, and what happens
// when one of them is closed.
//
//	go run ./examples/quickstart
//
// Without settings it talks to a WeChat emulator inside itself, and prints what was sent beside what the
// user's phone shows. With an account of yours in the environment the same calls go to the real WeChat:
//
//	WECHAT_APPID, WECHAT_APPSECRET                  the Mini Program
//	WECHAT_SERVICE_APPID, WECHAT_SERVICE_APPSECRET  the service account, on the same Open Platform account
//	WECHAT_CODE                                     a fresh code of wx.login
//	WECHAT_TEMPLATE, WECHAT_SERVICE_TEMPLATE        ids of your templates
//	WECHAT_DATA, WECHAT_SERVICE_DATA                their values: thing1=Insurance,date2=2026-12-01
//	WECHAT_BASE_URL                                 another address than https://api.weixin.qq.com
//
// It reads the service account's whole list of followers to find the one who logged in, for WeChat has no call that
// takes a UnionID. Try it on an account with few; a service of yours keeps the list, see oauth.Directory.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/wechatkit/wechat"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run picks the real WeChat or the emulator and plays the story on it.
func run(ctx context.Context, out io.Writer, env func(string) string) error {
	s, err := realStory(out, env)
	if errors.Is(err, wechat.ErrEnvEmpty) {
		var stop func()
		if s, stop, err = emulatedStory(out); err == nil {
			defer stop()
		}
	}
	if err != nil {
		return err
	}
	return s.play(ctx)
}

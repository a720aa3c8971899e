package main

import (
	"context"
	"fmt"
	"io"

	"github.com/wechatkit/wechat/emulator"
)

// playOnEmulator lets an emulated user scan the picture twice, as people do.
func playOnEmulator(ctx context.Context, out io.Writer) error {
	wx, err := emulator.Start()
	if err != nil {
		return err
	}
	defer wx.Close()
	service, alice := wx.ServiceAccount(), wx.User("alice")
	service.SetCallback(emulator.Callback{}) // makes up token and key
	set, err := realSettings(wx.Getenv)
	if err != nil {
		return err
	}
	s, err := newStory(out, set)
	if err != nil {
		return err
	}
	pushes, err := s.handler(set.push)
	if err != nil {
		return err
	}
	service.SetCallback(emulator.Callback{Handler: pushes})
	err = s.play(ctx, nil, func(picture string) {
		alice.Scan(picture)
		alice.Scan(picture)
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "back to the Mini Program:", alice.OpenLink(s.link).Page)
	return pushes.Shutdown(ctx)
}

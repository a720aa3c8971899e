package main

import (
	"context"
	"io"

	"github.com/wechatkit/wechat/emulator"
)

// demo runs the program on an emulator.
func demo(ctx context.Context, w io.Writer) error {
	wx, err := emulator.Start()
	if err != nil {
		return err
	}
	defer wx.Close()
	return run(ctx, w, wx.Getenv, stage(wx))
}

// stage sets the emulator up, with followers of the service account, and returns the codes of three logins: of a follower, of
// somebody else, and one that was used before.
func stage(wx *emulator.Server) (codes []string) {
	mini, service := wx.MiniProgram(), wx.ServiceAccount()
	for _, name := range []string{"Ann", "Cem", "Dot"} {
		wx.User(name).Follow(service)
	}
	code := wx.User("Ann").LoginCode(mini)
	return []string{code, wx.User("Bob").LoginCode(mini), code}
}

package main

import (
	"context"
	"io"

	"github.com/wechatkit/wechat/emulator"
)

// demo runs the program on an emulator, with a template and a user who has accepted it once.
func demo(ctx context.Context, w io.Writer) error {
	wx, err := emulator.Start()
	if err != nil {
		return err
	}
	defer wx.Close()
	id := wx.MiniProgram().AddTemplate(emulator.Template{
		Title: "Contract due", Content: "Contract:{{thing1.DATA}}\nEnds:{{date2.DATA}}\n",
	})
	wx.User("Ann").Accept(id)
	return run(ctx, w, wx.Getenv, []string{"thing1=Fire insurance, 7 Mill Lane", "date2=2026-12-01"})
}

package main

import (
	"context"
	"fmt"
	"io"

	"github.com/wechatkit/wechat/emulator"
)

// demo runs the program on an emulator, with a template and a user who follows.
func demo(ctx context.Context, w io.Writer) error {
	wx, err := emulator.Start()
	if err != nil {
		return err
	}
	defer wx.Close()
	oa, ann := wx.ServiceAccount(), wx.User("Ann")
	oa.AddTemplate(emulator.Template{
		Title: "Contract due", Content: "Contract:{{thing1.DATA}}\nEnds:{{time4.DATA}}\n",
	})
	ann.Follow(oa)
	err = run(ctx, w, wx.Getenv, []string{"thing1=Fire insurance 🔥", "time4=2026-12-01"})
	fmt.Fprintln(w, "messages on the phone:", len(ann.Inbox()))
	return err
}

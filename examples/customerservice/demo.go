package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/emulator"
)

// demo runs the program on an emulator, with a user who has a question, and an answer of six messages, where five are
// allowed.
func demo(ctx context.Context, w io.Writer) error {
	wx, err := emulator.Start()
	if err != nil {
		return err
	}
	defer wx.Close()
	oa, ann := wx.ServiceAccount(), wx.User("Ann")
	ann.Follow(oa)
	ann.Write(oa, "What is in my contract?")
	details := customerservice.PageLink{
		Label: "Open it", AppID: wx.MiniProgram().AppID, Page: "pages/contract?id=7", URL: "https://shop.example.com/7",
	}
	paragraph := strings.Repeat("Fire, water and theft are covered. ", 52) + "\n"
	err = run(ctx, w, wx.Getenv, []string{"Here it is.", details.String(), strings.Repeat(paragraph, 6)})
	showChat(w, ann)
	return err
}

func showChat(w io.Writer, u *emulator.User) {
	for _, m := range u.Inbox() {
		who := "account"
		if m.Own {
			who = u.Name
		}
		fmt.Fprintf(w, "%s: %.24s… (%d bytes)\n", who, m.Text, len(m.Text))
	}
}

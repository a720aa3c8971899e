package main

import (
	"context"
	"io"
	"strconv"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/servicecard"
)

// demo runs the program on an emulator, with a template and a user who has paid.
func demo(ctx context.Context, w io.Writer) error {
	wx, err := emulator.Start()
	if err != nil {
		return err
	}
	defer wx.Close()
	const transaction = "4200000000202611280000000001"
	mini := wx.MiniProgram()
	mini.AddTemplate(emulator.Template{Title: "Shopping", Card: int(servicecard.Shopping)})
	wx.User("Ann").Pay(mini, emulator.Payment{TransactionID: transaction, AmountFen: 1990})
	return run(ctx, w, wx.Getenv, []string{transaction, "1990", strconv.FormatInt(wx.Now().Unix(), 10)})
}

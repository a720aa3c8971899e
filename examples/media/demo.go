package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"

	"github.com/wechatkit/wechat/emulator"
)

// demo runs the program on an emulator, with a user who wrote to a Mini Program, and a picture.
func demo(ctx context.Context, w io.Writer) error {
	wx, err := emulator.Start()
	if err != nil {
		return err
	}
	defer wx.Close()
	ann := wx.User("Ann")
	ann.Write(wx.MiniProgram(), "What does the mug look like?")
	dir, err := os.MkdirTemp("", "media")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		return err
	}
	from, to := filepath.Join(dir, "蓝色马克杯"), filepath.Join(dir, "copy.png") // neither ASCII nor an extension
	if err := os.WriteFile(from, picture.Bytes(), 0o600); err != nil {
		return err
	}
	if err := run(ctx, w, wx.Getenv, []string{from, to}); err != nil {
		return err
	}
	inbox := ann.Inbox()
	fmt.Fprintln(w, "on the phone:", inbox[len(inbox)-1].Type)
	return nil
}

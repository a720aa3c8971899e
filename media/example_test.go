package media_test

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/media"
)

// must keeps the examples short.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// connect calls the emulator in place of WeChat.
func connect(wx *emulator.Server, app *emulator.App) *media.Client {
	return media.New(must(wechat.New(
		wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)}, wechat.WithHTTPClient(wx.HTTPClient()),
	)))
}

func ExampleClient_Upload() {
	wx := must(emulator.Start())
	defer wx.Close()
	files := connect(wx, wx.MiniProgram())

	picture := bytes.NewReader([]byte("\x89PNG\r\n\x1a\n…"))
	up := must(files.Upload(context.Background(), &media.File{Type: media.Image, Name: "mug.png", Content: picture}))
	fmt.Println(up.Type, "for", up.ExpiresAt.Sub(up.CreatedAt))
	// Output: image for 72h0m0s
}

func ExampleClient_Download() {
	wx := must(emulator.Start())
	defer wx.Close()
	mini := wx.MiniProgram()
	mediaID := mini.AddMedia("image", "mug.png", []byte("\x89PNG\r\n\x1a\n…")) // a push told its id

	file := must(os.CreateTemp("", "mug-*.png"))
	defer os.Remove(file.Name())
	defer file.Close()
	got, err := connect(wx, mini).Download(context.Background(), mediaID, file)
	switch {
	case err != nil:
		panic(err)
	case got.VideoURL != "":
		fmt.Println("fetch the video from", got.VideoURL)
	default:
		fmt.Println(got.ContentType, got.Size, "bytes")
	}
	// Output: image/png 11 bytes
}

// Command media uploads a picture, sends it to a user as a customer-service message, and downloads it again.
//
// Without settings it starts an emulator and does so there. With WECHAT_APPID, WECHAT_APPSECRET and
// WECHAT_OPENID in the environment it uses WeChat, or the address in WECHAT_BASE_URL. The picture and the file
// for its copy are on the command line:
//
//	go run ./examples/media mug.png copy.png
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/media"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Getenv, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, getenv func(string) string, args []string) error {
	cfg, address, err := wechat.ConfigFromEnv(getenv, "WECHAT_", "WECHAT_OPENID")
	if errors.Is(err, wechat.ErrEnvEmpty) {
		return demo(ctx, w)
	}
	if err != nil {
		return err
	}
	client, err := wechat.New(cfg, address)
	if err != nil {
		return err
	}
	defer client.Close()
	if len(args) != 2 {
		return errors.New("usage: media picture copy")
	}
	mediaID, err := share(ctx, w, client, getenv("WECHAT_OPENID"), args[0])
	if err != nil {
		return err
	}
	return fetch(ctx, w, client, mediaID, args[1])
}

// share uploads the picture and sends it.
func share(ctx context.Context, w io.Writer, client *wechat.Client, user, picture string) (mediaID string, err error) {
	file, err := os.Open(picture) //nolint:gosec // the command opens what it is told to
	if err != nil {
		return "", err
	}
	defer file.Close()
	up, err := media.New(client).Upload(ctx, &media.File{Type: media.Image, Name: picture, Content: file})
	if err != nil {
		return "", err
	}
	fmt.Fprintln(w, "uploaded, for", up.ExpiresAt.Sub(up.CreatedAt))
	err = customerservice.New(client).Send(ctx, &customerservice.Message{
		ToUser: user, Content: customerservice.Image{MediaID: up.MediaID},
	})
	switch {
	case errors.Is(err, errcode.UserUnreachable):
		fmt.Fprintln(w, "not sent: the user has to write first")
	case err != nil:
		return "", err
	default:
		fmt.Fprintln(w, "sent")
	}
	return up.MediaID, nil
}

// fetch downloads the picture. The file gets its name only once it is whole.
func fetch(ctx context.Context, w io.Writer, client *wechat.Client, mediaID, to string) error {
	file, err := os.CreateTemp(filepath.Dir(to), ".part-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() //nolint:gosec // a file of its own; nothing once it has its name
	got, err := media.New(client).Download(ctx, mediaID, file)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	fmt.Fprintln(w, "downloaded", got.ContentType)
	return os.Rename(file.Name(), to) //nolint:gosec // the command writes where it is told to
}

// Command media uploads a picture, sends it to a user as a customer-service message, and downloads it again.
//
// Without settings it starts an emulator and does so there. With WECHAT_APPID, WECHAT_APPSECRET and
// WECHAT_OPENID in the environment it uses WeChat, or the address in WECHAT_BASE_URL. The picture and the file
// for its copy are on the command line:
//
//	go run ./examples/media mug.png copy.png
package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/emulator"
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
	emulated, err := onEmulator(getenv)
	if err != nil {
		return err
	}
	if emulated {
		wx, err := emulator.Start()
		if err != nil {
			return err
		}
		defer wx.Close()
		dir, err := os.MkdirTemp("", "media")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		ann := wx.User("Ann")
		if getenv, args, err = demo(wx, ann, dir); err != nil {
			return err
		}
		defer func() {
			inbox := ann.Inbox()
			fmt.Fprintln(w, "on the phone:", inbox[len(inbox)-1].Type)
		}()
	}
	if len(args) != 2 {
		return errors.New("usage: media picture copy")
	}
	core, err := connect(getenv)
	if err != nil {
		return err
	}
	defer core.Close()
	mediaID, err := share(ctx, w, core, getenv("WECHAT_OPENID"), args[0])
	if err != nil {
		return err
	}
	return fetch(ctx, w, core, mediaID, args[1])
}

func connect(getenv func(string) string) (*wechat.Client, error) {
	return wechat.New(wechat.Config{
		AppID: getenv("WECHAT_APPID"), AppSecret: wechat.Secret(getenv("WECHAT_APPSECRET")),
	}, wechat.WithBaseURL(cmp.Or(getenv("WECHAT_BASE_URL"), wechat.BaseURL)))
}

// variables are those of the environment that the program needs. WECHAT_BASE_URL may be left out.
var variables = []string{"WECHAT_APPID", "WECHAT_APPSECRET", "WECHAT_OPENID"}

// onEmulator reports whether to run on an emulator, which is where none of the variables is set. Where only some are, the
// error names one that is missing.
func onEmulator(getenv func(string) string) (bool, error) {
	missing := slices.DeleteFunc(slices.Clone(variables), func(name string) bool { return getenv(name) != "" })
	switch {
	case len(missing) == 0:
		return false, nil
	case len(missing) == len(variables) && getenv("WECHAT_BASE_URL") == "":
		return true, nil
	}
	return false, fmt.Errorf("%s is not set", missing[0])
}

// share uploads the picture and sends it.
func share(ctx context.Context, w io.Writer, core *wechat.Client, user, picture string) (mediaID string, err error) {
	file, err := os.Open(picture) //nolint:gosec // the command opens what it is told to
	if err != nil {
		return "", err
	}
	defer file.Close()
	up, err := media.New(core).Upload(ctx, &media.File{Type: media.Image, Name: picture, Content: file})
	if err != nil {
		return "", err
	}
	fmt.Fprintln(w, "uploaded, for", up.ExpiresAt.Sub(up.CreatedAt))
	err = customerservice.New(core).Send(ctx, &customerservice.Message{
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
func fetch(ctx context.Context, w io.Writer, core *wechat.Client, mediaID, to string) error {
	file, err := os.CreateTemp(filepath.Dir(to), ".part-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() //nolint:gosec // a file of its own; nothing once it has its name
	got, err := media.New(core).Download(ctx, mediaID, file)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	fmt.Fprintln(w, "downloaded", got.ContentType)
	return os.Rename(file.Name(), to) //nolint:gosec // the command writes where it is told to
}

// demo sets the emulator up: a user who wrote to a Mini Program, and a picture.
func demo(wx *emulator.Server, ann *emulator.User, dir string) (func(string) string, []string, error) {
	mini := wx.MiniProgram()
	ann.Write(mini, "What does the mug look like?")
	settings := map[string]string{
		"WECHAT_APPID": mini.AppID, "WECHAT_APPSECRET": mini.AppSecret, "WECHAT_BASE_URL": wx.URL(),
		"WECHAT_OPENID": ann.OpenID(mini),
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		return nil, nil, err
	}
	from, to := filepath.Join(dir, "蓝色马克杯"), filepath.Join(dir, "copy.png") // neither ASCII nor an extension
	getenv := func(name string) string { return settings[name] }
	return getenv, []string{from, to}, os.WriteFile(from, picture.Bytes(), 0o600)
}

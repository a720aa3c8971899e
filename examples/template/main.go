// Command template sends a template message of a service account, and once more under the same id, as after a
// lost answer: the user gets one.
//
// Without settings it starts an emulator and sends there. With WECHAT_SERVICE_APPID, WECHAT_SERVICE_APPSECRET,
// WECHAT_SERVICE_OPENID and WECHAT_SERVICE_TEMPLATE in the environment it sends to WeChat, or to the address in
// WECHAT_BASE_URL, with the values on the command line:
//
//	go run ./examples/template thing1="Fire insurance" time4=2026-12-01
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/template"
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
		ann := wx.User("Ann")
		getenv, args = demo(wx, ann)
		defer func() { fmt.Fprintln(w, "messages on the phone:", len(ann.Inbox())) }()
	}
	core, err := wechat.New(wechat.Config{
		AppID: getenv("WECHAT_SERVICE_APPID"), AppSecret: wechat.Secret(getenv("WECHAT_SERVICE_APPSECRET")),
	}, wechat.WithBaseURL(cmp.Or(getenv("WECHAT_BASE_URL"), wechat.BaseURL)))
	if err != nil {
		return err
	}
	defer core.Close()
	message := &template.Message{
		ToUser: getenv("WECHAT_SERVICE_OPENID"), TemplateID: getenv("WECHAT_SERVICE_TEMPLATE"), Data: template.Data{},
	}
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		message.Data[key] = value
	}
	return send(ctx, w, template.New(core), message)
}

// variables are those of the environment that the program needs. WECHAT_BASE_URL may be left out.
var variables = []string{"WECHAT_SERVICE_APPID", "WECHAT_SERVICE_APPSECRET", "WECHAT_SERVICE_OPENID", "WECHAT_SERVICE_TEMPLATE"}

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

func send(ctx context.Context, w io.Writer, client *template.Client, message *template.Message) error {
	for _, loss := range template.Losses(message.Data) {
		fmt.Fprintln(w, "warning:", loss)
	}
	for range 2 {
		receipt, err := client.Send(ctx, message)
		switch {
		case err == nil:
			fmt.Fprintln(w, "sent")
		case errors.Is(err, errcode.NotFollowing):
			fmt.Fprintln(w, "not sent: the user does not follow")
			return nil
		default:
			return err
		}
		message.ClientMsgID = receipt.ClientMsgID // the same message again
	}
	return nil
}

// demo sets the emulator up: a template, and a user who follows.
func demo(wx *emulator.Server, ann *emulator.User) (getenv func(string) string, args []string) {
	oa := wx.ServiceAccount()
	id := oa.AddTemplate(emulator.Template{
		Title: "Contract due", Content: "Contract:{{thing1.DATA}}\nEnds:{{time4.DATA}}\n",
	})
	ann.Follow(oa)
	settings := map[string]string{
		"WECHAT_SERVICE_APPID": oa.AppID, "WECHAT_SERVICE_APPSECRET": oa.AppSecret, "WECHAT_BASE_URL": wx.URL(),
		"WECHAT_SERVICE_OPENID": ann.OpenID(oa), "WECHAT_SERVICE_TEMPLATE": id,
	}
	return func(name string) string { return settings[name] }, []string{"thing1=Fire insurance 🔥", "time4=2026-12-01"}
}

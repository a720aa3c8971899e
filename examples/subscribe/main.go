// Command subscribe looks at a template of a Mini Program and sends a subscription message with it, twice: of a
// one-time template, each acceptance of the user allows one.
//
// Without settings it starts an emulator and sends there. With WECHAT_APPID, WECHAT_APPSECRET, WECHAT_OPENID and
// WECHAT_TEMPLATE in the environment it sends to WeChat, or to the address in WECHAT_BASE_URL, with the
// values on the command line:
//
//	go run ./examples/subscribe thing1="Fire insurance" date2=2026-12-01
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
	"github.com/wechatkit/wechat/subscribe"
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
		getenv, args = demo(wx)
	}
	core, err := wechat.New(wechat.Config{
		AppID: getenv("WECHAT_APPID"), AppSecret: wechat.Secret(getenv("WECHAT_APPSECRET")),
	}, wechat.WithBaseURL(cmp.Or(getenv("WECHAT_BASE_URL"), wechat.BaseURL)))
	if err != nil {
		return err
	}
	defer core.Close()
	data := subscribe.Data{}
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		data[key] = value
	}
	return send(ctx, w, subscribe.New(core), getenv("WECHAT_OPENID"), getenv("WECHAT_TEMPLATE"), data)
}

// variables are those of the environment that the program needs. WECHAT_BASE_URL may be left out.
var variables = []string{"WECHAT_APPID", "WECHAT_APPSECRET", "WECHAT_OPENID", "WECHAT_TEMPLATE"}

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

// send looks the template up, shortens what is too long, checks the rest and sends.
func send(ctx context.Context, w io.Writer, client *subscribe.Client, openID, templateID string, data subscribe.Data) error {
	templates, err := client.Templates(ctx)
	if err != nil {
		return err
	}
	for _, t := range templates {
		if t.ID != templateID {
			continue
		}
		fmt.Fprintln(w, "template:", t.Title)
		for _, k := range t.Keywords() {
			fmt.Fprintf(w, "  %s (%s), %s\n", k.Key, k.Name, k.Type.Rule())
		}
		data = subscribe.Fit(data)
		if err := t.Check(data); err != nil {
			return err
		}
	}
	for range 2 {
		_, err := client.Send(ctx, &subscribe.Message{ToUser: openID, TemplateID: templateID, Data: data})
		switch {
		case err == nil:
			fmt.Fprintln(w, "sent")
		case errors.Is(err, errcode.UserRefused):
			fmt.Fprintln(w, "not sent: no acceptance of the user is left")
		case errors.Is(err, wechat.ErrOutcomeUnknown):
			fmt.Fprintln(w, "perhaps sent: wait for the event that tells")
		default:
			return err
		}
	}
	return nil
}

// demo sets the emulator up: a template, and a user who has accepted it once.
func demo(wx *emulator.Server) (getenv func(string) string, args []string) {
	mini, ann := wx.MiniProgram(), wx.User("Ann")
	id := mini.AddTemplate(emulator.Template{
		Title: "Contract due", Content: "Contract:{{thing1.DATA}}\nEnds:{{date2.DATA}}\n",
	})
	ann.Accept(id)
	settings := map[string]string{
		"WECHAT_APPID": mini.AppID, "WECHAT_APPSECRET": mini.AppSecret, "WECHAT_BASE_URL": wx.URL(),
		"WECHAT_OPENID": ann.OpenID(mini), "WECHAT_TEMPLATE": id,
	}
	return func(name string) string { return settings[name] }, []string{"thing1=Fire insurance, 7 Mill Lane", "date2=2026-12-01"}
}

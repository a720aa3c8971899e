// Command menu sets the menu of a service account, and writes only if it differs from what the account has.
//
// Without settings it starts an emulator and plays there what comes after: a user taps the menu and is answered, then
// writes in the chat of the Mini Program, whose texts are checked before they are answered. With WECHAT_SERVICE_APPID and
// WECHAT_SERVICE_APPSECRET in the environment it sets the menu of that account, at WeChat or at the address in
// WECHAT_BASE_URL:
//
//	go run ./examples/menu
package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/menu"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, getenv func(string) string) error {
	emulated, err := onEmulator(getenv)
	if err != nil {
		return err
	}
	if emulated {
		return play(ctx, w)
	}
	client, err := connect(getenv("WECHAT_SERVICE_APPID"), getenv("WECHAT_SERVICE_APPSECRET"), getenv("WECHAT_BASE_URL"))
	if err != nil {
		return err
	}
	defer client.Close()
	return deploy(ctx, w, menu.New(client))
}

// variables are those of the environment that the program needs. WECHAT_BASE_URL may be left out.
var variables = []string{"WECHAT_SERVICE_APPID", "WECHAT_SERVICE_APPSECRET"}

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

func connect(appID, secret, baseURL string) (*wechat.Client, error) {
	return wechat.New(wechat.Config{AppID: appID, AppSecret: wechat.Secret(secret)},
		wechat.WithBaseURL(cmp.Or(baseURL, wechat.BaseURL)))
}

// contracts is the key of the button that asks for the user's contracts.
const contracts = "CONTRACTS"

// wanted is the menu that the account is to have. A menu in the source is reviewed and deployed like the program.
var wanted = menu.Menu{
	menu.Click{Name: "My contracts", Key: contracts},
	menu.Submenu{Name: "Help", Buttons: menu.Menu{
		menu.View{Name: "Questions", URL: "https://shop.example.com/faq"},
		menu.View{Name: "Contact", URL: "https://shop.example.com/contact"},
	}},
}

// deploy may run at each start of a program.
func deploy(ctx context.Context, w io.Writer, menus *menu.Client) error {
	changed, err := menus.Update(ctx, wanted)
	if err != nil {
		return err
	}
	if changed {
		fmt.Fprintln(w, "menu: set")
		return nil
	}
	fmt.Fprintln(w, "menu: as it is")
	return nil
}

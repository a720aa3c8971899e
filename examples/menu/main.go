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
	"context"
	"errors"
	"fmt"
	"io"
	"os"

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
	cfg, address, err := wechat.ConfigFromEnv(getenv, "WECHAT_SERVICE_")
	if errors.Is(err, wechat.ErrEnvEmpty) {
		return play(ctx, w)
	}
	if err != nil {
		return err
	}
	client, err := wechat.New(cfg, address)
	if err != nil {
		return err
	}
	defer client.Close()
	return deploy(ctx, w, menu.New(client))
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

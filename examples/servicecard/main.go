// Command servicecard shows a user of a Mini Program the course of an order on a service card: paid, sent, done. Then it asks
// WeChat what the card has come to.
//
// Without settings it starts an emulator, on which a user pays, and sends there. With WECHAT_APPID, WECHAT_APPSECRET and
// WECHAT_OPENID in the environment it sends to WeChat, or to the address in WECHAT_BASE_URL. The order is on the command
// line: its transaction number at WeChat Pay, what was paid in fen (分), and when in Unix seconds. It must have been paid in
// this Mini Program within 24 hours.
//
//	go run ./examples/servicecard 4200000000202611280000000001 1990 1764500000
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/servicecard"
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
	order, err := orderOf(getenv("WECHAT_OPENID"), args)
	if err != nil {
		return err
	}
	return follow(ctx, w, servicecard.New(core), order)
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

// orderOf reads the command line.
func orderOf(openID string, args []string) (*servicecard.Update, error) {
	if len(args) != 3 {
		return nil, errors.New("want the transaction number, the amount in fen and the time in Unix seconds")
	}
	amount, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("amount: %w", err)
	}
	paidAt, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("time: %w", err)
	}
	return &servicecard.Update{
		Card: servicecard.Card{OpenID: openID, Kind: servicecard.Shopping, Code: args[0]},
		Page: "pages/order?id=77",
		Content: servicecard.Goods{Products: []servicecard.Product{
			{Name: "Blue mug", Image: "https://cdn.example.com/mug.png", Page: "pages/item?id=5"},
		}},
		Payment: &servicecard.Payment{AmountFen: amount, PaidAt: time.Unix(paidAt, 0)},
	}, nil
}

// follow takes the order from state to state. A real program does so when the order comes there, and keeps the state
// with the order.
func follow(ctx context.Context, w io.Writer, cards *servicecard.Client, order *servicecard.Update) error {
	for _, state := range []servicecard.State{servicecard.GoodsPaid, servicecard.GoodsSent, servicecard.GoodsDone} {
		order.State = state
		if err := set(ctx, w, cards, order); err != nil {
			return err
		}
		order.Before = state
	}
	info, err := cards.Get(ctx, &order.Card)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "the card has state", info.State, "and takes more changes:", info.Open(time.Now()))
	return nil
}

// set changes the state once. The number of an order that was paid a moment ago may need a minute to be known, which Set
// waits for if there is the time.
func set(ctx context.Context, w io.Writer, cards *servicecard.Client, order *servicecard.Update) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	err := cards.Set(ctx, order)
	if errors.Is(err, wechat.ErrOutcomeUnknown) { // not to be repeated before the card says that it was not carried out
		info, asked := cards.Get(ctx, &order.Card)
		if asked != nil || info.State != order.State {
			return errors.Join(err, asked)
		}
		err = nil
	}
	switch {
	case err == nil:
		fmt.Fprintln(w, "state", order.State, "is set")
	case errors.Is(err, errcode.UserUnreachable): // the time of the code is over
		fmt.Fprintln(w, "state", order.State, "is not set: no changes are taken any more")
	default:
		return err
	}
	return nil
}

// demo sets the emulator up: a template, and a user who has paid.
func demo(wx *emulator.Server) (getenv func(string) string, args []string) {
	const transaction = "4200000000202611280000000001"
	mini, ann := wx.MiniProgram(), wx.User("Ann")
	mini.AddTemplate(emulator.Template{Title: "Shopping", Card: int(servicecard.Shopping)})
	ann.Pay(mini, emulator.Payment{TransactionID: transaction, AmountFen: 1990})
	settings := map[string]string{
		"WECHAT_APPID": mini.AppID, "WECHAT_APPSECRET": mini.AppSecret, "WECHAT_BASE_URL": wx.URL(),
		"WECHAT_OPENID": ann.OpenID(mini),
	}
	return func(name string) string { return settings[name] }, []string{transaction, "1990", strconv.FormatInt(wx.Now().Unix(), 10)}
}

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
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/wechatkit/wechat"
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
	order, err := orderOf(getenv("WECHAT_OPENID"), args)
	if err != nil {
		return err
	}
	return follow(ctx, w, servicecard.New(client), order)
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

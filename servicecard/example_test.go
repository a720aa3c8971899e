package servicecard_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/servicecard"
)

// on returns the calls for one account of an emulated WeChat.
func on(wx *emulator.Server, mini *emulator.App, opts ...servicecard.Option) (*servicecard.Client, error) {
	client, err := wechat.New(
		wechat.Config{AppID: mini.AppID, AppSecret: wechat.Secret(mini.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
	if err != nil {
		return nil, err
	}
	return servicecard.New(client, opts...), nil
}

// The card of an order: set when the user has paid, changed when the goods are sent, finished when all is done.
func Example() {
	ctx := context.Background()
	wx, err := emulator.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer wx.Close()
	mini, alice := wx.MiniProgram(), wx.User("alice")
	cards, err := on(wx, mini)
	if err != nil {
		fmt.Println(err)
		return
	}
	// Once, for the account; of a real one with subscribe.Client.AddTemplate and servicecard.Shopping.TitleID().
	mini.AddTemplate(emulator.Template{Title: "Shopping", Card: int(servicecard.Shopping)})
	// She pays, and WeChat Pay tells the number and the time.
	alice.Pay(mini, emulator.Payment{TransactionID: "4200000000202611280000000001", AmountFen: 1990})
	paidAt := wx.Now()

	order := servicecard.Update{
		Card:    servicecard.Card{OpenID: alice.OpenID(mini), Kind: servicecard.Shopping, Code: "4200000000202611280000000001"},
		Page:    "pages/order?id=77",
		Content: servicecard.Goods{Products: []servicecard.Product{{Name: "Blue mug", Image: "https://cdn.example.com/mug.png", Page: "pages/item?id=5"}}},
		Payment: &servicecard.Payment{AmountFen: 1990, PaidAt: paidAt},
	}
	for _, state := range []servicecard.State{
		servicecard.GoodsPaid, servicecard.GoodsSent, servicecard.GoodsSigned, servicecard.GoodsDone,
	} {
		order.State = state
		if err := cards.Set(ctx, &order); err != nil {
			fmt.Println(err)
			return
		}
		order.Before = state // to be kept with the order
	}
	order.State = servicecard.GoodsToSend
	fmt.Println(cards.Set(ctx, &order))

	for _, m := range alice.Inbox() {
		fmt.Println(m.Title)
	}
	info, err := cards.Get(ctx, &order.Card)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("state", info.State, "open", info.Open(wx.Now()))
	// Output:
	// servicecard: State: 2 after 8, allowed after none, 1 or 7
	// Shopping: paid
	// Shopping: sent
	// Shopping: signed for
	// Shopping: done
	// state 8 open false
}

// A service that a button starts: its code comes from the Mini Program, and the card is activated at once.
func ExampleClient_Set_button() {
	wx, err := emulator.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer wx.Close()
	mini, alice := wx.MiniProgram(), wx.User("alice")
	mini.AddTemplate(emulator.Template{Title: "Taxi", Card: int(servicecard.Taxi)})
	cards, err := on(wx, mini)
	if err != nil {
		fmt.Println(err)
		return
	}
	code := alice.StartService(mini, int(servicecard.Taxi)) // evt.detail.code of bindcreateliveactivity
	ride := servicecard.Card{OpenID: alice.OpenID(mini), Kind: servicecard.Taxi, Code: code}
	err = cards.Set(context.Background(), &servicecard.Update{
		Card: ride, State: servicecard.TaxiCalling, Page: "pages/ride?id=7", Content: servicecard.Ride{CarKinds: 2},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = cards.Set(context.Background(), &servicecard.Update{
		Card: ride, Before: servicecard.TaxiCalling, State: servicecard.TaxiComing, Page: "pages/ride?id=7",
		Content: servicecard.Ride{Plate: "浙B1X234", Color: "白", PassengerMetres: 800},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range alice.Inbox() {
		fmt.Println(m)
	}
	// Output:
	// [service notifications] Demo Mini Program: Taxi: calling (car kind count: 2)
	// [service notifications] Demo Mini Program: Taxi: on its way to you (car color: 白, distance to passenger: 800 m, license plate: 浙B1X234)
}

// The answer to a change was lost: the card says whether it was carried out.
func ExampleClient_Get() {
	wx, err := emulator.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer wx.Close()
	ctx, mini, alice := context.Background(), wx.MiniProgram(), wx.User("alice")
	mini.AddTemplate(emulator.Template{Title: "Queue", Card: int(servicecard.Queue)})
	cards, err := on(wx, mini)
	if err != nil {
		fmt.Println(err)
		return
	}
	update := servicecard.Update{
		Card: servicecard.Card{
			OpenID: alice.OpenID(mini), Kind: servicecard.Queue, Code: alice.StartService(mini, int(servicecard.Queue)),
		},
		State: 1, Page: "pages/queue", Fields: map[string]any{"queue_number": "A7"}, // no type here has it
	}
	wx.Fail(emulator.Fault{Path: "/wxa/set_user_notify", Reset: true, AfterTheFact: true, Times: 1})

	err = cards.Set(ctx, &update)
	if errors.Is(err, wechat.ErrOutcomeUnknown) {
		info, err := cards.Get(ctx, &update.Card)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("no answer, and the card has state", info.State)
	}
	// Output:
	// no answer, and the card has state 1
}

// A program that trusts the reported rows lets Set refuse by them, too.
func ExampleWithSteps() {
	steps := servicecard.Steps(servicecard.Shopping)
	for i := range steps {
		steps[i].Reported = false
	}
	core, err := wechat.New(wechat.Config{AppID: "wx0123456789abcdef", AppSecret: "secret"})
	if err != nil {
		fmt.Println(err)
		return
	}
	cards := servicecard.New(core, servicecard.WithSteps(servicecard.Shopping, steps...))
	err = cards.Set(context.Background(), &servicecard.Update{
		Card:   servicecard.Card{OpenID: "oAbc-user-1", Kind: servicecard.Shopping, Code: "4200000000202611280000000001"},
		Before: servicecard.GoodsPaid, State: servicecard.GoodsSigned, Page: "pages/order?id=77",
	})
	fmt.Println(errors.Is(err, errcode.InvalidArgument), err)
	// Output:
	// true servicecard: State: 6 after 1, allowed after 4, 5 or 7
}

package servicecard_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/servicecard"
)

// activation is one that passes.
func activation() servicecard.Update {
	return servicecard.Update{
		Card: order, State: servicecard.GoodsPaid, Page: "pages/order?id=77", Payment: paid,
		Content: servicecard.Goods{Products: []servicecard.Product{mug}},
	}
}

func TestChecks(t *testing.T) {
	t.Parallel()
	type (
		update = servicecard.Update
		goods  = servicecard.Goods
	)
	without := func(change func(p *servicecard.Product)) goods {
		p := mug
		change(&p)
		return goods{Products: []servicecard.Product{mug, p}}
	}
	for name, c := range map[string]struct {
		change func(u *update)
		want   string
	}{
		"no OpenID":       {func(u *update) { u.OpenID = "" }, "OpenID: empty"},
		"no kind":         {func(u *update) { u.Kind = 0 }, "Kind: 0, such as 2001 for the order of goods that are sent"},
		"no code":         {func(u *update) { u.Code = "" }, "Code: empty"},
		"no state":        {func(u *update) { u.State = servicecard.None }, "State: 0"},
		"unknown state":   {func(u *update) { u.State = servicecard.Unknown }, "State: -1"},
		"large state":     {func(u *update) { u.State = 1 << 31 }, "State: 2147483648"},
		"no page":         {func(u *update) { u.Page = "" }, "Page: empty"},
		"no payment":      {func(u *update) { u.Payment = nil }, "Payment: nil, and Before is None: the activation of an order needs it"},
		"negative amount": {func(u *update) { u.Payment = &servicecard.Payment{AmountFen: -1, PaidAt: paid.PaidAt} }, "Payment.AmountFen: -1, must be 0 to 4294967295"},
		"no time":         {func(u *update) { u.Payment = &servicecard.Payment{AmountFen: 1} }, "Payment.PaidAt: zero"},
		"milliseconds": {
			func(u *update) { u.Payment = &servicecard.Payment{PaidAt: time.Unix(1764500000000, 0).UTC()} },
			"Payment.PaidAt: in the year 57884",
		},
		"content of a taxi": {func(u *update) { u.Content = servicecard.Ride{} }, "Content: Ride, and the form of kind 2001 is Goods"},
		"no products":       {func(u *update) { u.Content = nil }, "Content: no product_count, which state 1 needs"},
		"only a count":      {func(u *update) { u.Content = goods{Count: 1} }, "Content: no product_list, which state 1 needs"},
		"no name":           {func(u *update) { u.Content = without(func(p *servicecard.Product) { p.Name = "" }) }, "Content.Products[1].Name: empty"},
		"no picture":        {func(u *update) { u.Content = without(func(p *servicecard.Product) { p.Image = "" }) }, "Content.Products[1].Image: empty"},
		"no product page":   {func(u *update) { u.Content = without(func(p *servicecard.Product) { p.Page = "" }) }, "Content.Products[1].Page: empty"},
		"negative count":    {func(u *update) { u.Content = without(func(p *servicecard.Product) { p.Count = -1 }) }, "Content.Products[1].Count: -1 is negative"},
		"negative price":    {func(u *update) { u.Content = without(func(p *servicecard.Product) { p.PriceFen = -1 }) }, "Content.Products[1].PriceFen: -1 is negative"},
		"negative total":    {func(u *update) { u.Content = goods{Products: []servicecard.Product{mug}, Count: -1} }, "Content.Count: -1 is negative"},
		"back to paid":      {func(u *update) { u.Before = servicecard.GoodsSent }, "State: 1 after 4, allowed after none or 7"},
		"sent before it is": {func(u *update) { u.Before, u.State = 5, servicecard.GoodsToSend }, "State: 2 after 5, allowed after none, 1 or 7"},
		"after the end":     {func(u *update) { u.Before, u.State = servicecard.GoodsDone, servicecard.GoodsSent }, "State: 4 after 8, allowed after none, 1, 2, 3 or 7"},
		"long city":         {parcel(servicecard.ParcelRoute{SenderCity: strings.Repeat("杭", 12)}), "Content.SenderCity: 12 characters, limit 11"},
		"long receiver":     {parcel(servicecard.ParcelRoute{ReceiverName: "Li Lei"}), "Content.ReceiverName: 6 characters, limit 5"},
		"short plate":       {taxi(servicecard.Ride{Plate: "浙B1"}), "Content.Plate: 3 characters, must be 7 or 8"},
		"long colour":       {taxi(servicecard.Ride{Color: "深蓝色"}), "Content.Color: 3 characters, limit 2"},
		"negative way":      {taxi(servicecard.Ride{DestinationMetres: -1}), "Content.DestinationMetres: -1 is negative"},
		"delivery": {
			func(u *update) { u.Kind, u.Content = servicecard.Delivery, servicecard.DeliveryRoute{StoreMetres: -5} },
			"Content.StoreMetres: -5 is negative",
		},
		"delivery of nothing": {
			func(u *update) {
				u.Kind, u.Content = servicecard.Delivery, servicecard.DeliveryRoute{Products: []servicecard.Product{{}}}
			},
			"Content.Products[0].Name: empty",
		},
		"stay of nothing": {
			func(u *update) { u.Kind, u.Content = servicecard.Hotel, servicecard.Stay{Count: -2} }, "Content.Count: -2 is negative",
		},
		"no JSON": {func(u *update) { u.Fields = map[string]any{"a": make(chan int)} }, "Content: has no JSON: json: unsupported type: chan int"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, sent := coreOn(t, nil)
			u := activation()
			c.change(&u)
			require.Equal(t, c.want, refusal(t, servicecard.New(core).Set(t.Context(), &u)))
			require.Equal(t, c.want, refusal(t, servicecard.New(core).Check(&u)))
			require.Empty(t, *sent)
		})
	}
}

func parcel(route servicecard.ParcelRoute) func(u *servicecard.Update) {
	return func(u *servicecard.Update) { u.Kind, u.Content = servicecard.Parcel, route }
}

func taxi(ride servicecard.Ride) func(u *servicecard.Update) {
	return func(u *servicecard.Update) { u.Kind, u.Content = servicecard.Taxi, ride }
}

func TestOtherChecks(t *testing.T) {
	t.Parallel()
	core, sent := coreOn(t, nil)
	c, ctx := servicecard.New(core, nil), t.Context()
	require.Equal(t, "Update: nil", refusal(t, c.Set(ctx, nil)))
	require.Equal(t, "Update: nil", refusal(t, c.Check(nil)))
	require.Equal(t, "Extension: nil", refusal(t, c.Extend(ctx, nil)))
	require.Equal(t, "OpenID: empty", refusal(t, c.Extend(ctx, &servicecard.Extension{})))
	require.Equal(t, "Extension: empty", refusal(t, c.Extend(ctx, &servicecard.Extension{Card: order})))
	require.Equal(t, "Payment.PaidAt: zero",
		refusal(t, c.Extend(ctx, &servicecard.Extension{Card: order, Payment: &servicecard.OrderPayment{}})))
	require.Equal(t, "Extension[rating]: has no JSON: json: unsupported type: func()",
		refusal(t, c.Extend(ctx, &servicecard.Extension{Card: order, Fields: map[string]any{"rating": func() {}}})))
	_, err := c.Get(ctx, nil)
	require.Equal(t, "Card: nil", refusal(t, err))
	_, err = c.Get(ctx, &servicecard.Card{OpenID: "o", Kind: servicecard.Shopping})
	require.Equal(t, "Code: empty", refusal(t, err))
	require.Empty(t, *sent)
}

// What is not known for certain is for WeChat to say.
func TestChecksAreNotTooStrict(t *testing.T) {
	t.Parallel()
	type update = servicecard.Update
	for name, change := range map[string]func(u *update){
		"free of charge":     func(u *update) { u.Payment = &servicecard.Payment{PaidAt: paid.PaidAt} },
		"nobody remembers":   func(u *update) { u.Before, u.Payment = servicecard.Unknown, nil },
		"reported state":     func(u *update) { u.Before, u.State = servicecard.GoodsPaid, servicecard.GoodsSigned },
		"after the end":      func(u *update) { u.Before, u.State = servicecard.GoodsDone, servicecard.GoodsAfterSale },
		"state of a new day": func(u *update) { u.Before, u.State = servicecard.GoodsPaid, 12 },
		"kind of a new day":  func(u *update) { u.Kind, u.Content = 2012, servicecard.Ride{} },
		"pick-up":            func(u *update) { u.Kind, u.Before, u.State = servicecard.PickUp, 4, 1 },
		"button":             func(u *update) { u.Kind, u.Content, u.Payment = servicecard.Queue, nil, nil },
		"own fields":         func(u *update) { u.Content, u.Fields = nil, map[string]any{"product_count": 1, "product_list": 1} },
		"own page":           func(u *update) { u.Page, u.Fields = "", map[string]any{"wxa_path_query": "pages/a"} },
		"plate of 8":         taxi(servicecard.Ride{Plate: "浙AD12345"}),
		"pointer":            func(u *update) { u.Content = &servicecard.Goods{Products: []servicecard.Product{mug}} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, sent := coreOn(t, nil, ok)
			u := activation()
			change(&u)
			require.NoError(t, servicecard.New(core).Check(&u))
			require.NoError(t, servicecard.New(core).Set(t.Context(), &u))
			require.Len(t, *sent, 1)
		})
	}
	core, sent := coreOn(t, []wechat.Option{wechat.WithoutChecks()}, ok)
	require.NoError(t, servicecard.New(core).Check(&servicecard.Update{Before: 8, State: 1}))
	require.NoError(t, servicecard.New(core).Set(t.Context(), &servicecard.Update{Before: 8, State: 1}))
	require.Equal(t, []string{`{"openid":"","notify_type":0,"notify_code":"","content_json":"{\"cur_status\":1,\"wxa_path_query\":\"\"}"}`}, *sent)
}

func TestWithSteps(t *testing.T) {
	t.Parallel()
	core, _ := coreOn(t, nil, ok)
	signed := activation()
	signed.Before, signed.State = servicecard.GoodsPaid, servicecard.GoodsSigned
	paidAgain := activation()
	paidAgain.Before = servicecard.GoodsSent

	strict := servicecard.Steps(servicecard.Shopping)
	for i := range strict {
		strict[i].Reported = false
	}
	c := servicecard.New(core, servicecard.WithSteps(servicecard.Shopping, strict...))
	require.Equal(t, "State: 6 after 1, allowed after 4, 5 or 7", refusal(t, c.Set(t.Context(), &signed)))
	require.Equal(t, strict, c.Steps(servicecard.Shopping))

	c = servicecard.New(core, servicecard.WithSteps(servicecard.Shopping))
	require.NoError(t, c.Set(t.Context(), &paidAgain), "no steps, no rules")

	c = servicecard.New(core, servicecard.WithSteps(2012, servicecard.Step{State: 1, After: []servicecard.State{servicecard.None}}))
	paidAgain.Kind = 2012
	require.Equal(t, "State: 1 after 4, allowed after none", refusal(t, c.Set(t.Context(), &paidAgain)))
	require.Error(t, servicecard.New(core).Set(t.Context(), &servicecard.Update{Card: order, Before: 4, State: 1, Page: "p"}),
		"other clients keep theirs")
}

// Nobody can change the tables of the package.
func TestStepsAreACopy(t *testing.T) {
	t.Parallel()
	first := servicecard.Steps(servicecard.Shopping)
	require.Len(t, first, 11)
	first[0].After[0], first[0].Needs[0] = 99, "x"
	require.NotEqual(t, first, servicecard.Steps(servicecard.Shopping))
	core, _ := coreOn(t, nil)
	require.Equal(t, servicecard.Steps(servicecard.Shopping), servicecard.New(core).Steps(servicecard.Shopping))
	require.Nil(t, servicecard.Steps(servicecard.Insurance))
}

func TestKinds(t *testing.T) {
	t.Parallel()
	require.Equal(t, "10000001", servicecard.Shopping.TitleID())
	require.Empty(t, servicecard.Kind(2012).TitleID())
	for _, k := range []servicecard.Kind{
		servicecard.PickUp, servicecard.VirtualGoods, servicecard.Insurance, servicecard.Collection, servicecard.Flight,
		servicecard.Transport, servicecard.Sight,
	} {
		require.True(t, k.FromOrder(), k.String())
		require.Equal(t, 24*time.Hour, k.ActivateWithin())
		require.Equal(t, 720*time.Hour, k.UpdateWithin())
		require.NotEmpty(t, k.TitleID())
	}
	for _, k := range []servicecard.Kind{servicecard.Taxi, servicecard.Delivery, servicecard.Meal, servicecard.Queue} {
		require.False(t, k.FromOrder(), k.String())
		require.Equal(t, 5*time.Minute, k.ActivateWithin())
		require.Equal(t, 24*time.Hour, k.UpdateWithin())
		require.NotEmpty(t, k.TitleID())
	}
	require.Equal(t, "2001", servicecard.Shopping.String())
}

func TestOpen(t *testing.T) {
	t.Parallel()
	now := time.Unix(1764500000, 0)
	for name, c := range map[string]struct {
		info servicecard.Info
		open bool
	}{
		"active":       {servicecard.Info{Kind: servicecard.Shopping, State: servicecard.GoodsSent, Expires: now.Add(1)}, true},
		"not yet":      {servicecard.Info{Kind: servicecard.Shopping}, true},
		"at risk":      {servicecard.Info{Kind: servicecard.Taxi, State: 99, Code: servicecard.CodeAtRisk}, true},
		"abnormal":     {servicecard.Info{Kind: servicecard.Taxi, Code: servicecard.CodeAbnormal}, false},
		"refused":      {servicecard.Info{Kind: servicecard.Taxi, Code: servicecard.CodeRefused}, false},
		"expired":      {servicecard.Info{Kind: servicecard.Taxi, Expires: now}, false},
		"done":         {servicecard.Info{Kind: servicecard.Shopping, State: servicecard.GoodsDone}, false},
		"closed":       {servicecard.Info{Kind: servicecard.Shopping, State: servicecard.GoodsAfterSaleClosed}, false},
		"repair over":  {servicecard.Info{Kind: servicecard.Shopping, State: servicecard.GoodsAfterSaleDone}, false},
		"cancelled":    {servicecard.Info{Kind: servicecard.Shopping, State: servicecard.GoodsCancelled}, false},
		"partly sent":  {servicecard.Info{Kind: servicecard.Shopping, State: servicecard.GoodsPartlySent}, true},
		"sent again":   {servicecard.Info{Kind: servicecard.Shopping, State: servicecard.GoodsSentAgain}, true},
		"kind unknown": {servicecard.Info{Kind: 2012, State: 8}, true},
	} {
		require.Equal(t, c.open, c.info.Open(now), name)
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	require.Nil(t, servicecard.Fields(nil))
	goods := servicecard.Goods{Products: []servicecard.Product{mug}}
	core, sent := coreOn(t, nil, ok, ok)
	u := activation()
	u.Content = goods
	require.NoError(t, servicecard.New(core).Set(t.Context(), &u))
	u.Content, u.Fields = nil, servicecard.Fields(goods)
	require.NoError(t, servicecard.New(core).Set(t.Context(), &u))
	require.Equal(t, (*sent)[0], (*sent)[1])
}

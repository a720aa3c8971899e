package servicecard_test

import (
	"context"
	"testing"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/golden"
	"github.com/wechatkit/wechat/servicecard"
)

var (
	order = servicecard.Card{OpenID: "oAbc-user-1", Kind: servicecard.Shopping, Code: "4200000000202611280000000001"}
	ride  = servicecard.Card{OpenID: "oAbc-user-1", Kind: servicecard.Taxi, Code: "live-activity-code-7fK2q9"}
	mug   = servicecard.Product{
		Name: "Blue mug <large> & saucer", Image: "https://cdn.example.com/mug.png", Page: "pages/item?id=5", Count: 2, PriceFen: 995,
	}
	paid = &servicecard.Payment{AmountFen: 1990, PaidAt: time.Unix(1764500000, 0)}
)

func set(u servicecard.Update) func(context.Context, *wechat.Client) (any, error) {
	return func(ctx context.Context, c *wechat.Client) (any, error) { return nil, servicecard.New(c).Set(ctx, &u) }
}

func TestGoldenSet(t *testing.T) {
	t.Parallel()
	parcel, delivery, hotel := order, order, order
	parcel.Kind, delivery.Kind, hotel.Kind = servicecard.Parcel, servicecard.OrderDelivery, servicecard.Hotel
	golden.Run(t, []golden.Case{{
		Name: "Set",
		Call: set(servicecard.Update{
			Card: order, State: servicecard.GoodsToSend, Page: "pages/order/detail?id=77",
			Content: servicecard.Goods{Products: []servicecard.Product{mug}, SendTime: time.Unix(1764600000, 0)},
			Payment: paid,
		}),
		Code: errcode.InvalidCardPayment,
	}, {
		Name: "Set-update",
		Call: set(servicecard.Update{
			Card: order, Before: servicecard.GoodsToSend, State: servicecard.GoodsSent, Page: "pages/order/detail?id=77",
		}),
		Code: errcode.CardStateNotAllowed,
	}, {
		Name: "Set-taxi",
		Call: set(servicecard.Update{
			Card: ride, Before: servicecard.TaxiCalling, State: servicecard.TaxiComing, Page: "pages/ride?id=7",
			Content: servicecard.Ride{
				CarKinds: 2, Plate: "浙B1X234", Color: "白", ArrivalTime: time.Unix(1764600300, 0),
				AmountFen: 2350, PassengerMetres: 800, DestinationMetres: 12000,
			},
			Fields: map[string]any{"driver": map[string]any{"family_name": "王"}, "car_kind_count": 0},
		}),
		Code: errcode.InvalidCardField,
	}, {
		Name: "Set-parcel",
		Call: set(servicecard.Update{
			Card: parcel, State: servicecard.ParcelToCollect, Page: "pages/parcel?id=7",
			Content: servicecard.ParcelRoute{
				SenderCity: "杭州市", ReceiverCity: "北京市", SenderName: "*三", ReceiverName: "*四", DeliveryTime: time.Unix(1764800000, 0),
			},
			Payment: &servicecard.Payment{AmountFen: 1200, PaidAt: time.Unix(1764500000, 0), Channel: servicecard.PayScore},
		}),
		Code: errcode.CardPushed,
	}, {
		Name: "Set-delivery",
		Call: set(servicecard.Update{
			Card: delivery, Before: servicecard.DeliveryPreparing, State: 3, Page: "pages/order?id=77",
			Content: servicecard.DeliveryRoute{
				Products: []servicecard.Product{mug}, Count: 5, ArrivalTime: time.Unix(1764500900, 0),
				StoreMetres: 120, DestinationMetres: 3400,
			},
		}),
		Code: errcode.NotifyCodeExpired,
	}, {
		Name: "Set-hotel",
		Call: set(servicecard.Update{
			Card: hotel, State: 1, Page: "pages/stay?id=7", Payment: paid,
			Content: servicecard.Stay{
				Products: []servicecard.Product{mug}, CheckIn: time.Unix(1764600000, 0), CheckOut: time.Unix(1764700000, 0),
			},
		}),
		Code: errcode.CardKindRefused,
	}})
}

func TestGoldenExtend(t *testing.T) {
	t.Parallel()
	golden.Run(t, []golden.Case{{
		Name: "Extend",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return nil, servicecard.New(c).Extend(ctx, &servicecard.Extension{
				Card:     order,
				Payment:  &servicecard.OrderPayment{TransactionID: order.Code, AmountFen: 1990, PaidAt: time.Unix(1764500000, 0)},
				Store:    &servicecard.Store{Name: "Mug & Saucer", Address: "88 West Lake Road", Latitude: 30.25, Longitude: 120.16},
				Shipping: []any{map[string]any{"tracking_no": "SF1000000000001"}},
				Products: map[string]any{"info_list": []servicecard.Product{mug}},
				Fields:   map[string]any{"rating": `{"level":5}`},
			})
		},
		Code: errcode.NotifyCodeBanned,
	}})
}

func TestGoldenGet(t *testing.T) {
	t.Parallel()
	get := func(card servicecard.Card) func(context.Context, *wechat.Client) (any, error) {
		return func(ctx context.Context, c *wechat.Client) (any, error) { return servicecard.New(c).Get(ctx, &card) }
	}
	golden.Run(t, []golden.Case{{
		Name: "Get", Call: get(order),
		Want: &servicecard.Info{
			Kind: servicecard.Shopping, State: servicecard.GoodsToSend, Code: servicecard.CodeNormal,
			Content: `{"cur_status":2,"product_count":1,"wxa_path_query":"pages/order/detail?id=77"}`,
			Expires: time.Unix(1767100000, 0),
		},
		Code: errcode.NotifyCodeExpired,
	}, {
		Name: "Get-new", Call: get(ride),
		Want: &servicecard.Info{Kind: servicecard.Taxi, Code: servicecard.CodeRefused, Expires: time.Unix(1764600300, 0)},
		Code: errcode.NotifyCodeNotFound,
	}})
}

func TestZeroValuesDoNotPanic(t *testing.T) {
	t.Parallel()
	golden.RunZero(t, func(c *wechat.Client) any { return servicecard.New(c) })
}

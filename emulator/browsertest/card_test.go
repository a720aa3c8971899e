package browsertest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/servicecard"
)

// TestServiceCards has alice start a ride and pay an order on the page, and shows what the program tells her.
func TestServiceCards(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mini.AddTemplate(emulator.Template{Title: "Taxi", Card: int(servicecard.Taxi)})
	w.mini.AddTemplate(emulator.Template{Title: "Order", Card: int(servicecard.Shopping)})
	cards := servicecard.New(w.clients[w.mini])
	p := w.open(wide)

	p.click("button", "Contacts")
	p.click(".row", "Contract Box")
	p.until(`document.querySelectorAll(".template-title").length === 1`) // no pop-up asks for a card
	p.click(".weui-cell", "Start a service: Taxi")
	p.see("[role=dialog] .weui-dialog__title", "Code from liveActivity")
	p.click("[role=dialog] button", "Close")
	p.click(".weui-cell", "Pay an order")
	p.see("[role=dialog] .weui-dialog__title", "WeChat Pay transaction number")
	p.click("[role=dialog] button", "Close")

	rights := w.alice.State().Accounts[0].Cards
	require.Len(t, rights, 2)
	ride := servicecard.Update{
		Card:  servicecard.Card{OpenID: w.alice.OpenID(w.mini), Kind: servicecard.Taxi, Code: rights[0].Code},
		State: servicecard.TaxiCalling, Page: "pages/ride?id=7", Content: servicecard.Ride{CarKinds: 2},
	}
	require.NoError(t, cards.Set(t.Context(), &ride))
	order := servicecard.Update{
		Card:  servicecard.Card{OpenID: w.alice.OpenID(w.mini), Kind: servicecard.Shopping, Code: rights[1].Code},
		State: servicecard.GoodsPaid, Page: "pages/order?id=77", Payment: &servicecard.Payment{PaidAt: noon},
		Content: servicecard.Goods{Products: []servicecard.Product{
			{Name: "Blue mug", Image: "https://cdn.example.com/mug.png", Page: "pages/item?id=5", Count: 2},
		}},
	}
	require.NoError(t, cards.Set(t.Context(), &order))
	order.Before, order.State = order.State, servicecard.GoodsDone
	require.NoError(t, cards.Set(t.Context(), &order))

	p.click(".banner", "Service Notifications")
	p.see(".card-title", "Taxi: calling")
	p.see(".card-title", "Shopping: paid")
	p.see(".card-line", "Blue mug")
	p.see(".card-title", "Shopping: done")
	p.click("button", "View in Mini Program")
	p.see(".mini-page code", "pages/")
	p.quiet()
}

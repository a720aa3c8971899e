package browsertest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/menu"
)

// TestMenu sets a menu by the SDK, finds it below the chat at once, and taps what is in it.
func TestMenu(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answerChats("Hello")
	w.service.Link(w.mini)
	w.alice.Follow(w.service)
	w.alice.Write(w.service, "Hi")
	w.wx.Advance(72 * time.Hour) // past the window
	p := w.open(wide)
	p.click(".row", "Contract Care")
	p.see("button", "Help")

	menus := menu.New(w.clients[w.service])
	standard := menu.Menu{
		menu.Click{Name: "Today", Key: "TODAY"},
		menu.Submenu{Name: "Shop", Buttons: menu.Menu{
			menu.View{Name: "Website", URL: "https://shop.example.com/?a=1"},
			menu.MiniProgram{Name: "My orders", AppID: w.mini.AppID, Page: "pages/orders?from=menu", URL: "https://shop.example.com/orders"},
			menu.ScanWait{Name: "Check a code", Key: "SCAN"}, menu.Location{Name: "Where are you?", Key: "PLACE"},
		}},
	}
	require.NoError(t, menus.Create(t.Context(), standard))
	p.see("button", "Today")

	// A page of the web is shown to lead there; no window opens.
	p.click("button", "Shop")
	p.click("[role=dialog] button", "Website")
	p.see("[role=dialog] a", "https://shop.example.com/?a=1")
	p.click("[role=dialog] button", "Close")
	p.gone("[role=dialog]")
	p.see(".entry summary", "VIEW")
	say := func() error {
		return customerservice.New(w.clients[w.service]).Send(t.Context(), &customerservice.Message{
			ToUser: w.alice.OpenID(w.service), Content: customerservice.Text{Content: "From the shop"},
		})
	}
	require.ErrorIs(t, say(), errcode.ReplyWindowClosed)

	// A scanned code opens it.
	p.click("button", "Shop")
	p.click("[role=dialog] button", "Check a code")
	p.write("Content of the code", "ticket 7")
	p.click("[role=dialog] button", "Send")
	p.gone("[role=dialog]")
	p.click(".entry summary", "scancode_waitmsg")
	p.see(".entry[open] .body", "<ScanResult><![CDATA[ticket 7]]></ScanResult>")
	p.click(".entry[open] summary", "scancode_waitmsg")
	require.NoError(t, say())
	p.see(".theirs .bubble", "From the shop")

	// A place comes as a message after its event.
	p.click("button", "Shop")
	p.click("[role=dialog] button", "Where are you?")
	p.click("[role=dialog] button", "Send")
	p.gone("[role=dialog]")
	p.see(".entry summary", "location_select")
	p.see(".own .bubble", "Guangzhou")

	// Somebody who backs out does nothing.
	p.click("button", "Shop")
	p.click("[role=dialog] button", "Check a code")
	p.click("[role=dialog] button", "Cancel")
	p.gone("[role=dialog]")

	// A personalised menu takes the place of the default one, and goes again.
	id, err := menus.AddConditional(t.Context(), &menu.Conditional{
		Rule: menu.Rule{Client: menu.Android}, Menu: menu.Menu{menu.Click{Name: "For Android", Key: "ANDROID"}},
	})
	require.NoError(t, err)
	p.click("button", "For Android")
	p.click(".entry summary", "CLICK")
	p.see(".entry[open] .body", "<EventKey><![CDATA[ANDROID]]></EventKey>")
	require.NoError(t, menus.DeleteConditional(t.Context(), id))
	p.see("button", "Today")

	p.click("button", "Shop")
	p.click("[role=dialog] button", "My orders")
	p.see("code", "pages/orders?from=menu")
	p.quiet()
}

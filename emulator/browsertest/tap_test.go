package browsertest

import (
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// TestNewsDoesNotSwallowATap lets a message arrive between pressing a row and letting go: the list that the news
// would draw anew waits for the tap.
func TestNewsDoesNotSwallowATap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open(wide)
	w.alice.Follow(w.service)
	w.alice.Write(w.service, "Hello")
	p.see(".row", "Hello")
	row := p.at(".row", "Contract Care")
	mouse := func(event input.DispatchMouseEventType) {
		require.NoError(t, chromedp.Do(p.ctx, chromedp.MouseEvent(event, row.X, row.Y, chromedp.ButtonLeft, chromedp.ClickCount(1))))
	}
	mouse(input.DispatchMouseEventTypeMousePressed)
	w.say(w.service, "A reply that comes in between")
	p.until(`[...document.querySelectorAll("[aria-live], [role=status], [role=log]")].some((node) => node.textContent.includes("comes in between"))`)
	mouse(input.DispatchMouseEventTypeMouseReleased)
	p.see(".bubble", "A reply that comes in between")
}

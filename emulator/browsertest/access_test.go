package browsertest

import (
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// TestKeyboard goes through the pop-up with nothing but the keyboard.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open(wide)

	p.tabTo("Contacts")
	p.keys(kb.Enter)
	p.tabTo("Contract Box")
	p.keys(kb.Enter)
	p.see("button", "Ask for consent")
	p.tabTo("Ask for consent")
	p.keys(kb.Enter)
	p.see("[role=dialog] button", "Allow")

	// The focus goes round inside the pop-up, both ways.
	require.Equal(t, "Allow", p.focus())
	stops := []string{"Contract due", "Show an example: Contract due", "Always keep the above choices and don't ask again", "Reject", "Allow"}
	for _, stop := range append(slices.Clone(stops), stops...) {
		p.keys(kb.Tab)
		require.Equal(t, stop, p.focus())
	}
	p.backTab()
	require.Equal(t, "Reject", p.focus())
	p.backTab()
	p.keys(" ")
	require.True(t, read[bool](p, `document.activeElement.checked`))
	p.keys(kb.Tab + kb.Tab + kb.Enter)
	p.gone("[role=dialog]")
	require.Equal(t, "Ask for consent", p.focus())
	p.see(".consent-state", "1 to send · Always allow")

	// Escape rejects what is not kept.
	w.ask("alice", w.mini.AddTemplate(emulatorTemplate))
	p.see("[role=dialog] button", "Allow")
	p.keys(kb.Escape)
	p.gone("[role=dialog]")
	p.quiet()
}

// TestFocusStays leaves the focus to somebody who types beside the phone when a pop-up comes.
func TestFocusStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open(wide)
	p.write("Filter by path", "sub")
	w.ask("alice", w.due)
	p.see("[role=dialog] button", "Allow")
	p.keys("scribe")
	require.Equal(t, "subscribe", read[string](p, `document.activeElement.value`))
	p.click("[role=dialog] button", "Reject")
	p.gone("[role=dialog]")
	p.quiet()
}

// tabTo presses the tabulator until an element has the focus.
func (p *tab) tabTo(name string) {
	p.t.Helper()
	p.see("button", name)
	var seen []string
	for range 60 {
		p.keys(kb.Tab)
		if p.focus() == name {
			require.NotEqual(p.t, "none", read[string](p, `getComputedStyle(document.activeElement).outlineStyle`), "the focus must be visible")
			return
		}
		seen = append(seen, p.focus())
	}
	require.Failf(p.t, "not reached", "%s: %v", name, seen)
}

func (p *tab) backTab() {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.ctx, chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(kb.ModifierShift))))
}

// TestAnnounced checks what a screen reader is told: each message once, and a name for everything that can
// be operated.
func TestAnnounced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open(wide)
	w.alice.Accept(w.due)
	require.NoError(t, w.remind("Fire insurance"))
	p.until(`document.querySelector("[role=log][aria-live=polite]").textContent === "New message from Contract Box: Contract due"`)
	w.ask("alice", w.due)
	p.see("[role=dialog] button", "Allow")

	nameless := read[[]string](p, `[...document.querySelectorAll("button, a[href], input, select")]
		.filter((node) => node.checkVisibility())
		.filter((node) => !(node.innerText?.trim() || node.getAttribute("aria-label") || node.labels?.length > 0))
		.map((node) => node.outerHTML)`)
	require.Empty(t, nameless)
	require.Equal(t, "Send you each of these messages once", read[string](p,
		`document.getElementById(document.querySelector("[role=dialog][aria-modal=true]").getAttribute("aria-labelledby")).textContent`))
	require.True(t, read[bool](p, `document.querySelector(".phone-body").inert`), "what is under the pop-up is out of reach")
	require.Equal(t, "en", read[string](p, "document.documentElement.lang"))
	p.quiet()
}

// TestNarrow fits the page into a phone's window: no sideways scrolling, the traffic below.
func TestNarrow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.alice.Follow(w.service)
	w.alice.Write(w.service, "A_very_long_word_without_any_place_to_break_it_"+"which_has_to_be_broken_all_the_same_0123456789")
	p := w.open(narrow)
	p.see("h1", "微信模拟器")
	p.click(".row", "Contract Care")
	p.see(".own .bubble", "")
	require.Equal(t, narrow.width, read[int64](p, "document.documentElement.scrollWidth"))
	require.Equal(t, narrow.width, read[int64](p, `document.querySelector(".phone").offsetWidth`))
	require.True(t, read[bool](p, `document.querySelector(".own .bubble").getBoundingClientRect().right <= innerWidth`))
	require.True(t, read[bool](p, `document.querySelector("#traffic").getBoundingClientRect().top >= document.querySelector(".phone").getBoundingClientRect().bottom`))
	p.quiet()
}

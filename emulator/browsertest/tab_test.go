package browsertest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// tab is a tab of the browser, used as a person does: by what is to be seen and clicked.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu     sync.Mutex
	errors []string
}

// collect keeps the errors and warnings that the page writes to the console, such as a breach of its
// content security policy.
func (p *tab) collect() {
	messages := chromedp.Console(p.ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == "error" || m.Type == "warning" {
				p.mu.Lock()
				p.errors = append(p.errors, m.String())
				p.mu.Unlock()
			}
		}
	}()
}

// quiet expects that nothing went wrong on the page.
func (p *tab) quiet() {
	p.t.Helper()
	p.quietBut("")
}

// quietBut expects that nothing went wrong on the page but what is named.
func (p *tab) quietBut(expected string) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, message := range p.errors {
		if expected == "" || !strings.Contains(message, expected) {
			require.Fail(p.t, "the page reports", message)
		}
	}
}

const pace = 20 * time.Millisecond // between two looks at the page

// finder finds the element that a person means: visible, with this text or label in all, on top of others
// where a click would hit it.
const finder = `(selector, name) => {
	const words = (node) => [node.getAttribute("aria-label"), node.innerText, node.labels?.[0]?.innerText].map((s) => (s ?? "").replace(/\s+/g, " ").trim());
	for (const node of document.querySelectorAll(selector)) {
		if (name && !words(node).some((s) => s === name || s.includes(name) && selector.startsWith("."))) continue;
		if (!node.checkVisibility({ visibilityProperty: true }) || node.disabled) continue;
		node.scrollIntoView({ block: "nearest", behavior: "instant" });
		const { x, y, width, height } = node.getBoundingClientRect();
		const at = { x: x + width / 2, y: y + height / 2 };
		const hit = document.elementFromPoint(at.x, at.y);
		if (hit && (node.contains(hit) || hit.contains(node) && hit.matches("label"))) return at;
	}
	return null;
}`

type point struct{ X, Y float64 }

// at waits for an element and returns its middle. The name is the whole text or label, or, where the
// selector begins with a class, a part of it.
func (p *tab) at(selector, name string) point {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	middle, err := chromedp.Run(ctx, chromedp.PollFunction[point](finder,
		chromedp.WithPollingArgs(selector, name), chromedp.WithPollingInterval(pace), chromedp.WithPollingTimeout(patience)))
	require.NoError(p.t, err, "%s %q\n%s", selector, name, p.text("body"))
	return middle
}

// see waits until an element is to be seen.
func (p *tab) see(selector, name string) {
	p.t.Helper()
	p.at(selector, name)
}

// click clicks on an element that has come to rest: news that comes in live may still be moving it.
func (p *tab) click(selector, name string) {
	p.t.Helper()
	to := p.at(selector, name)
	for next := p.at(selector, name); next != to; next = p.at(selector, name) {
		to = next
	}
	require.NoError(p.t, chromedp.Do(p.ctx, chromedp.MouseClickXY(to.X, to.Y)))
}

// write clicks into a field and types.
func (p *tab) write(label, text string) {
	p.t.Helper()
	p.click("input", label)
	p.keys(text)
}

// keys types into whatever has the focus.
func (p *tab) keys(text string) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.ctx, chromedp.KeyEvent(text)))
}

// until waits until a JavaScript expression is true.
func (p *tab) until(expression string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.Poll[bool](expression,
		chromedp.WithPollingInterval(pace), chromedp.WithPollingTimeout(patience)))
	require.NoError(p.t, err, "%s\n%s", expression, p.text("body"))
}

// told waits for a passing notice, which a click goes through.
func (p *tab) told(words string) {
	p.t.Helper()
	p.until(fmt.Sprintf("document.querySelector('.toast')?.innerText.includes(%q)", words))
}

// gone waits until no element matches.
func (p *tab) gone(selector string) {
	p.t.Helper()
	p.until(fmt.Sprintf("document.querySelector(%q) === null", selector))
}

// text is what an element shows.
func (p *tab) text(selector string) string {
	return read[string](p, "document.querySelector(%q)?.innerText ?? ''", selector)
}

// focus says what has the focus: its label or text.
func (p *tab) focus() string {
	p.t.Helper()
	return read[string](p, `(() => {
		const node = document.activeElement;
		return node.getAttribute("aria-label") ?? (node.closest("label")?.innerText || node.innerText || node.tagName);
	})()`)
}

// read evaluates a JavaScript expression.
func read[T any](p *tab, expression string, args ...any) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](fmt.Sprintf(expression, args...)))
	require.NoError(p.t, err)
	return v
}

const largestPicture = 300 << 10

// picture writes docs/images/name.png if the pictures are to be renewed. What moves or passes is waited for.
func (p *tab) picture(name string) {
	p.t.Helper()
	if os.Getenv("WECHAT_UPDATE_SCREENSHOTS") != "1" {
		return
	}
	p.gone(".toast")
	read[bool](p, "(scrollTo(0, 0), true)")
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	require.NoError(p.t, err)
	require.Less(p.t, len(png), largestPicture)
	folder := filepath.Join("..", "..", "docs", "images")
	require.NoError(p.t, os.MkdirAll(folder, 0o755))
	require.NoError(p.t, os.WriteFile(filepath.Join(folder, name+".png"), png, 0o644))
}

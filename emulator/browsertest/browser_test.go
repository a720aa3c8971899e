package browsertest

import (
	"context"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience bounds every wait. The whole of a test takes a second or two; the bound is for busy machines.
const patience = 2 * time.Minute // a machine under load is no failure

// browsers are the names under which systems install Chromium and Chrome.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless_shell"}

// theBrowser is one process for all tests; each has its own tab, with its own storage.
var theBrowser struct {
	once sync.Once
	ctx  context.Context
	err  error
	stop []func()
}

func TestMain(m *testing.M) {
	code := m.Run()
	for i := len(theBrowser.stop) - 1; i >= 0; i-- {
		theBrowser.stop[i]()
	}
	os.Exit(code)
}

// browser starts the browser at the first call.
func browser(t *testing.T) context.Context {
	t.Helper()
	path := find()
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("none of %v is installed", browsers)
		}
		t.Skipf("none of %v is installed", browsers)
	}
	theBrowser.once.Do(func() { theBrowser.err = startBrowser(path) })
	require.NoError(t, theBrowser.err)
	return theBrowser.ctx
}

func find() string {
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func startBrowser(path string) error {
	b := &theBrowser
	profile, err := os.MkdirTemp("", "wechat-browsertest")
	if err != nil {
		return err
	}
	b.stop = append(b.stop, func() { _ = os.RemoveAll(profile) })
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(profile),
		chromedp.NoSandbox, // which containers do not offer; the only pages are our own
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("hide-scrollbars", true),
	)
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	b.stop = append(b.stop, cancel)
	b.ctx, cancel = chromedp.NewContext(ctx)
	b.stop = append(b.stop, cancel)
	return chromedp.Do(b.ctx) // starts it
}

// look is how a tab is set up.
type look struct {
	width, height int64
	language      string // such as "zh-CN"
	dark          bool
}

var (
	wide   = look{width: 1440, height: 900, language: "en-US"}
	narrow = look{width: 390, height: 844, language: "zh-CN"}
)

// openTab opens a tab that looks as wanted and collects what goes wrong in it.
func openTab(t *testing.T, address string, l look) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser(t), chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	p := &tab{t: t, ctx: ctx}
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(l.width, l.height)))
	p.collect()
	p.emulate(l)
	require.NoError(t, chromedp.Do(ctx, chromedp.Navigate(address)))
	return p
}

func (p *tab) emulate(l look) {
	p.t.Helper()
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		},
	})
	require.NoError(p.t, err)
	_, err = chromedp.Call(p.ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Shanghai"})
	require.NoError(p.t, err)
	agent, err := chromedp.Run(p.ctx, chromedp.Evaluate[string]("navigator.userAgent"))
	require.NoError(p.t, err)
	_, err = chromedp.Call(p.ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{
		UserAgent: agent, AcceptLanguage: l.language,
	})
	require.NoError(p.t, err)
}

// Package console serves an emulated WeChat to people and to programs in any language: WeChat's own API, a
// JSON control API with what users and the world do, a stream of live events, and a page that shows the
// users' phones. The command wechat-emulator is little more than this package and a listener.
//
//	wx, err := emulator.Start(emulator.WithAsyncPushes())
//	con := console.New(wx)
//	err = http.ListenAndServe("127.0.0.1:8630", con)
//
// WeChat's API is at its own paths; all of the console is below [Prefix]. The control API is described in
// docs/emulator.md.
//
// Anybody who reaches the console rules the emulator and reads its secrets. It refuses requests from web
// pages of other sites, and those with a foreign host name (DNS rebinding), but has no log-in: listen on
// the loopback address only, or in a network whose members may do all that.
package console

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/wechatkit/wechat/emulator"
)

// Prefix is the path below which everything of the console is. WeChat has no such path.
const Prefix = "/_emulator/"

// Console is an http.Handler that answers WeChat's API from an emulator, and what is below [Prefix] itself.
// It is safe for concurrent use.
type Console struct {
	hosts   map[string]bool
	options []emulator.Option                // of emulators that the control API loads
	build   func() (*emulator.Server, error) // nil if there is no starting anew
	mux     *http.ServeMux
	live    *live
	asks    *asks

	closing sync.Once

	mu   sync.RWMutex
	wx   *emulator.Server
	stop context.CancelFunc
	idle chan struct{} // closed when the watcher has ended
}

// Option changes a setting of a new Console.
type Option func(*Console)

// WithHosts lets requests name the console by more hosts than localhost and IP addresses.
func WithHosts(names ...string) Option {
	return func(c *Console) {
		for _, name := range names {
			c.hosts[strings.ToLower(name)] = true
		}
	}
}

// WithReset lets the control API start anew, with a fresh emulator that build makes.
func WithReset(build func() (*emulator.Server, error)) Option {
	return func(c *Console) { c.build = build }
}

// WithOptions sets the options of emulators that the control API loads from a saved state. Defaults to
// [emulator.WithAsyncPushes].
func WithOptions(opts ...emulator.Option) Option {
	return func(c *Console) { c.options = opts }
}

// New makes a console for an emulator that was made by [emulator.Start]; one made by [emulator.New] would
// end its test where the console answers that a verb makes no sense. With [emulator.WithAsyncPushes] the
// verbs of the control API do not wait for the pushes they cause.
//
// The caller closes the console, and then the emulator.
func New(wx *emulator.Server, opts ...Option) *Console {
	ctx, stop := context.WithCancel(context.Background())
	c := &Console{
		hosts: map[string]bool{}, options: []emulator.Option{emulator.WithAsyncPushes()}, wx: wx,
		asks: newAsks(), stop: stop, idle: make(chan struct{}),
	}
	c.live = newLive(wx, c.asks)
	for _, opt := range opts {
		opt(c)
	}
	c.mux = c.routes()
	c.live.poll()
	go c.watch(ctx)
	return c
}

// Close ends the streams of live events. It leaves the emulator running, and is safe to call twice.
func (c *Console) Close() error {
	c.stop()
	c.closing.Do(c.live.close)
	<-c.idle
	return nil
}

// Server is the emulator that answers now; the control API may have replaced the one given to [New].
func (c *Console) Server() *emulator.Server {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.wx
}

// replace puts another emulator in place and closes the old one.
func (c *Console) replace(wx *emulator.Server) error {
	c.mu.Lock()
	old := c.wx
	wx.SetBaseURL(old.BaseURL())
	c.wx = wx
	c.mu.Unlock()
	c.asks.clear()
	c.live.restart(wx)
	return old.Close()
}

// ServeHTTP answers WeChat's API, and the console below [Prefix].
func (c *Console) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, Prefix):
		c.serveOwn(rw, r)
	case isBrowserAtRoot(r):
		http.Redirect(rw, r, Prefix, http.StatusFound)
	default:
		defer c.live.poke()
		c.Server().ServeHTTP(rw, r)
	}
}

func (c *Console) serveOwn(rw http.ResponseWriter, r *http.Request) {
	protect(rw.Header())
	if reason := c.foreign(r); reason != "" {
		writeError(rw, &apiError{http.StatusForbidden, reason})
		return
	}
	c.mux.ServeHTTP(rw, r)
}

// isBrowserAtRoot tells a person who opens the address from a program: WeChat has nothing at the root.
func isBrowserAtRoot(r *http.Request) bool {
	return r.URL.Path == "/" && r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html")
}

package emulator

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// TB is the part of *testing.T and *testing.B that New uses, so that this package does not link the
// testing package into programs.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
}

// Server is one emulated WeChat with its own accounts, users and clock. Servers share nothing.
//
// All methods, and those of the [App] and [User] values it hands out, are safe for concurrent use.
type Server struct {
	tb  TB // nil for a Server made by Start
	cfg settings

	mu    sync.Mutex
	world world // guarded by mu
	mini  *App  // the demo accounts, nil without them
	oa    *App
	base  string // address of the listener, "" while there is none

	pushClient *http.Client

	netMu    sync.Mutex // guards the listener, so that URL never waits for a call
	listener net.Listener
	http     *http.Server
	served   chan struct{} // closed when the listener's loop has ended
	closed   bool
}

// New starts an emulator for one test and closes it when the test ends.
//
// It has a demo Mini Program and a demo service account, both of one Open Platform account and linked
// with each other, see [Server.MiniProgram] and [Server.ServiceAccount]. A wrong option ends the test.
func New(tb TB, opts ...Option) *Server {
	tb.Helper()
	s, err := Start(opts...)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	s.tb = tb
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// Start starts an emulator for a program. The caller closes it.
//
// Where a Server made by [New] ends the test because a verb makes no sense (an unknown template, a
// message to an account that the user does not follow), one made by Start panics with a *[MisuseError].
func Start(opts ...Option) (*Server, error) {
	cfg := defaults()
	for _, opt := range opts {
		if err := opt(&cfg); err != nil {
			return nil, err
		}
	}
	s := &Server{cfg: cfg, world: newWorld(cfg), pushClient: newPushClient()}
	if cfg.demo {
		s.addDemo()
	}
	return s, nil
}

func (s *Server) addDemo() {
	s.mini = s.AddMiniProgram(AppConfig{Name: "Demo Mini Program"})
	s.oa = s.AddServiceAccount(AppConfig{Name: "Demo Service Account"})
	s.oa.Link(s.mini)
}

// newPushClient does not follow redirects: neither does WeChat.
func newPushClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 1},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Close stops the pushes, and the listener if URL has started one, and waits for both. Calls in memory are
// answered even then. It is safe to call twice.
func (s *Server) Close() error {
	s.mu.Lock()
	s.world.courier.stop()
	s.mu.Unlock()
	s.Settle()
	s.pushClient.CloseIdleConnections()
	return s.closeListener()
}

func (s *Server) closeListener() error {
	s.netMu.Lock()
	defer s.netMu.Unlock()
	s.closed = true
	if s.http == nil {
		return nil
	}
	err := s.http.Close()
	<-s.served
	s.http = nil
	return err
}

// URL is the base address of a real listener on 127.0.0.1, such as "http://127.0.0.1:40123". The first
// call starts it; a test that uses [Server.HTTPClient] never opens a socket.
func (s *Server) URL() string {
	s.netMu.Lock()
	defer s.netMu.Unlock()
	if s.closed {
		s.misuse("URL: the emulator is closed")
	}
	if s.listener == nil {
		l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			s.misuse("URL: %v", err)
		}
		s.serve(l)
		s.mu.Lock()
		s.base = "http://" + l.Addr().String()
		s.mu.Unlock()
	}
	return "http://" + s.listener.Addr().String()
}

func (s *Server) serve(l net.Listener) {
	srv := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan struct{})
	s.listener, s.http, s.served = l, srv, served
	go func() {
		defer close(served)
		if err := srv.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) && s.tb != nil {
			s.tb.Logf("emulator: %v", err)
		}
	}()
}

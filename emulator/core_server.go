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

// act runs a verb and waits for the pushes that it causes.
//
// The rule of s.mu: verbs, calls of the API and tries of pushes run one after the other, each as a whole. Exported methods
// take the lock, by act or locked where pushes may follow and by hand where none can; what they call expects it to be held.
// A try of a push releases it while the callback answers, so that the callback's program may call the API.
func (s *Server) act(verb func()) {
	s.locked(verb)
	if !s.cfg.asyncPushes {
		s.Settle()
	}
}

// locked runs a verb, and lets the pushes that it causes begin.
func (s *Server) locked(verb func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	verb()
	s.kick()
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

// SetBaseURL sets the address under which a program serves the emulator with a listener of its own, such as
// "http://127.0.0.1:8630". Addresses in pushes and answers begin with it.
func (s *Server) SetBaseURL(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base = base
}

// BaseURL is the address that [Server.SetBaseURL] has set or [Server.URL] has opened, "" if neither.
func (s *Server) BaseURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.base
}

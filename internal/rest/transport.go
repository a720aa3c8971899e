package rest

import (
	"net"
	"net/http"
	"time"
)

// idlePerHost is how many idle connections to WeChat are kept. Go's default of two makes a program with
// a few hundred senders open and close hundreds of TLS connections a second.
const idlePerHost = 512

// dialTimeout is half of what a call may take by default, and it is also for the TLS handshake: where the site
// that was asked is dead, there is time left to ask another one.
const dialTimeout = 5 * time.Second

// A connection of HTTP/2 that went dead without a word, as behind a gateway that forgot it, gets all calls and fails
// them until the system gives it up, after a quarter of an hour. When it has been silent for pingAfter it is asked
// for a sign of life.
const (
	pingAfter   = 15 * time.Second
	pingTimeout = 5 * time.Second
)

// standard is the transport that net/http set up; tests and tracers put theirs in its place.
var standard = http.DefaultTransport

// shared serves every client that brings no transport of its own, so that a program with several
// accounts keeps one pool of connections.
var shared = newTransport()

func newTransport() http.RoundTripper {
	base, ok := standard.(*http.Transport)
	if !ok {
		return standard
	}
	t := base.Clone()
	t.MaxIdleConns = 0
	t.MaxIdleConnsPerHost = idlePerHost
	t.IdleConnTimeout = 60 * time.Second
	t.DialContext = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	t.TLSHandshakeTimeout = dialTimeout
	t.ForceAttemptHTTP2 = true
	t.OnProxyConnectResponse = proxyHook(t.OnProxyConnectResponse)
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout}
	return t
}

// lateTransport looks its transport up at each exchange. That lets httpmock.Activate and
// httpmock.ActivateNonDefault work in either order with the making of the client.
type lateTransport struct{ hc *http.Client }

func (t lateTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.current().RoundTrip(r)
	if err != nil {
		err = sound(err)
	}
	return resp, err
}

func (t lateTransport) current() http.RoundTripper {
	switch {
	case t.hc != nil && t.hc.Transport != nil:
		return t.hc.Transport
	case http.DefaultTransport != standard:
		return http.DefaultTransport
	}
	return shared
}

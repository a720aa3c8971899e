package emulator

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

// maxBody bounds what one request may hold, well above WeChat's own limits for media.
const maxBody = 64 << 20

// errReset is what a client sees when the connection breaks.
var errReset = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}

// serveOne answers one request. The error is errReset or the context's.
func (s *Server) serveOne(ctx context.Context, req *request) (reply, error) {
	if err := ctx.Err(); err != nil {
		return reply{}, err
	}
	s.mu.Lock()
	began := s.world.clock.now()
	fault := s.world.strike(req)
	s.mu.Unlock()
	if fault != nil && !fault.AfterTheFact {
		if err := wait(ctx, fault.Delay); err != nil {
			return reply{}, err
		}
	}
	out, reset := s.answer(req, fault, began)
	if fault != nil && fault.AfterTheFact {
		if err := wait(ctx, fault.Delay); err != nil {
			return reply{}, err
		}
	}
	if reset {
		return reply{}, errReset
	}
	return out, nil
}

// answer lets the call happen and writes it down.
func (s *Server) answer(req *request, fault *Fault, began time.Time) (out reply, reset bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out, app, reset := s.run(req, fault)
	s.note(req, out, app, began, reset)
	s.kick()
	return out, reset
}

// run lets the call happen, unless a fault keeps it from it.
func (s *Server) run(req *request, f *Fault) (out reply, app *App, reset bool) {
	if f == nil || f.AfterTheFact || !f.replaces() {
		out, app = s.dispatch(req)
	}
	if f == nil || !f.replaces() {
		return out, app, false
	}
	if f.Reset {
		return out, app, true
	}
	return s.faulty(f), app, false
}

func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ServeHTTP answers WeChat's API. The host is ignored.
func (s *Server) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := readBody(r.Body)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	ip, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		ip = "127.0.0.1"
	}
	out, err := s.serveOne(r.Context(), &request{
		method: r.Method, host: r.Host, path: r.URL.Path, rawQuery: r.URL.RawQuery,
		header: r.Header, body: body, chunked: r.ContentLength < 0, ip: ip,
	})
	switch {
	case errors.Is(err, errReset):
		hangUp(rw)
	case err == nil:
		out.writeTo(rw)
	}
}

func (r *reply) writeTo(rw http.ResponseWriter) {
	h := rw.Header()
	h.Set("Content-Type", r.contentType)
	h.Set("Content-Length", strconv.Itoa(len(r.body)))
	if r.disposition != "" {
		h.Set("Content-Disposition", r.disposition)
	}
	maps.Copy(h, r.header)
	rw.WriteHeader(r.status)
	_, _ = rw.Write(r.body) // the client may be gone
}

// hangUp breaks the connection so that the client sees a reset.
func hangUp(rw http.ResponseWriter) {
	conn, _, err := http.NewResponseController(rw).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

func readBody(body io.Reader) ([]byte, error) {
	if body == nil || body == http.NoBody {
		return nil, nil
	}
	b, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	if err == nil && len(b) > maxBody {
		err = errors.New("request body too large")
	}
	return b, err
}

// HTTPClient returns a client whose requests are answered in memory, without a socket, whatever their
// host: give it to the program under test and leave the base URL as it is. All that asks WeChat wants it: each
// client, and the configuration of whatever gets tokens beside them (token.Config, component.Config, jsapi.Config).
func (s *Server) HTTPClient() *http.Client {
	return &http.Client{Transport: (*transport)(s)}
}

// transport is the Server as an http.RoundTripper.
type transport Server

// RoundTrip answers one request in memory.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := readBody(r.Body)
	if r.Body != nil {
		_ = r.Body.Close()
	}
	if err != nil {
		return nil, err
	}
	out, err := (*Server)(t).serveOne(r.Context(), &request{
		method: methodOf(r), host: r.URL.Host, path: r.URL.Path, rawQuery: r.URL.RawQuery,
		header: asRead(r.Header), body: body, chunked: r.ContentLength <= 0 && len(body) > 0, ip: "127.0.0.1",
	})
	if err != nil {
		return nil, err
	}
	return out.response(r), nil
}

// asRead spells the names of headers as a server reads them from the wire: a client may set one by another spelling.
func asRead(h http.Header) http.Header {
	read := make(http.Header, len(h))
	for name, values := range h {
		for _, v := range values {
			read.Add(name, v)
		}
	}
	return read
}

func methodOf(r *http.Request) string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

func (r *reply) response(req *http.Request) *http.Response {
	h := http.Header{"Content-Type": {r.contentType}, "Content-Length": {strconv.Itoa(len(r.body))}}
	if r.disposition != "" {
		h.Set("Content-Disposition", r.disposition)
	}
	maps.Copy(h, r.header)
	return &http.Response{
		Status:     strconv.Itoa(r.status) + " " + http.StatusText(r.status),
		StatusCode: r.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        h,
		Body:          io.NopCloser(bytes.NewReader(r.body)),
		ContentLength: int64(len(r.body)),
		Request:       req,
	}
}

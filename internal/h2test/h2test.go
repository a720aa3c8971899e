// Package h2test is an HTTP/2 server for tests that ends streams in ways that net/http's own never does. It speaks
// frames, so that what arrived is counted where it arrives. Requests are not unpacked: a header stays as it is.
//
// Frames: https://www.rfc-editor.org/rfc/rfc9113#section-4
package h2test

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Code says why a stream or a connection ended.
type Code uint32

// The codes (section 7).
const (
	NoError           Code = 0x0
	ProtocolError     Code = 0x1
	InternalError     Code = 0x2
	RefusedStream     Code = 0x7
	Cancel            Code = 0x8
	EnhanceYourCalm   Code = 0xb
	InadequateSecrecy Code = 0xc
	HTTP11Required    Code = 0xd
)

// Frame types and flags that are used here.
const (
	frameData      = 0x0
	frameHeaders   = 0x1
	frameReset     = 0x3
	frameSettings  = 0x4
	framePing      = 0x6
	frameGoAway    = 0x7
	flagAck        = 0x1
	flagEndStream  = 0x1
	flagEndHeaders = 0x4
)

// Ending is what the server does to each request. Either may be nil.
type Ending struct {
	AtHeaders func(*Stream) // when the request begins; what follows of it is then passed over
	AtEnd     func(*Stream) // when all of it is there
}

// Server counts requests and ends them. It is closed at the end of the test.
type Server struct {
	URL string

	ending   Ending
	listener net.Listener
	client   *tls.Config
	wg       sync.WaitGroup

	mu     sync.Mutex
	begun  int            // guarded by mu, like what follows
	bodies map[string]int // of the requests that arrived whole
	conns  map[net.Conn]bool
	closed bool
}

// New starts a Server.
func New(t *testing.T, ending Ending) *Server {
	t.Helper()
	loan := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate
	defer loan.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: loan.TLS.Certificates, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12,
	})
	require.NoError(t, err)
	transport, ok := loan.Client().Transport.(*http.Transport)
	require.True(t, ok)
	s := &Server{
		URL: "https://" + l.Addr().String(), ending: ending, listener: l,
		client: transport.TLSClientConfig, bodies: map[string]int{}, conns: map[net.Conn]bool{},
	}
	s.wg.Go(s.accept)
	t.Cleanup(s.close)
	return s
}

// Client returns a client that trusts the server and speaks HTTP/2, with a connection pool of its own.
func (s *Server) Client(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: s.client.Clone(), ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// Arrived returns how many requests began to arrive.
func (s *Server) Arrived() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.begun
}

// MostAlike returns how often the body that came most often arrived as a whole, on streams that the server had not
// said it would leave alone.
func (s *Server) MostAlike() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	most := 0
	for _, n := range s.bodies {
		most = max(most, n)
	}
	return most
}

func (s *Server) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.closed {
			_ = c.Close()
		}
		s.conns[c] = true
		s.mu.Unlock()
		s.wg.Go(func() {
			defer c.Close()
			_ = (&conn{Conn: c, server: s, bodies: map[uint32][]byte{}, last: math.MaxInt32}).serve() // it ends as its client or the test likes
		})
	}
}

func (s *Server) close() {
	_ = s.listener.Close()
	s.mu.Lock()
	s.closed = true
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// conn is one connection, served by one goroutine.
type conn struct {
	net.Conn
	server *Server
	bodies map[uint32][]byte // of the requests under way, by stream
	last   uint32            // streams above it are not processed
}

// frame is one frame without its length.
type frame struct {
	kind, flags byte
	stream      uint32
	payload     []byte
}

var errNoPreface = errors.New("no HTTP/2 preface")

func (c *conn) serve() error {
	in := bufio.NewReader(c)
	const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	start := make([]byte, len(preface))
	if _, err := io.ReadFull(in, start); err != nil {
		return err
	}
	if string(start) != preface {
		return errNoPreface
	}
	if err := c.send(frame{kind: frameSettings}); err != nil {
		return err
	}
	for {
		f, err := readFrame(in)
		if err != nil {
			return err
		}
		if err := c.take(f); err != nil {
			return err
		}
	}
}

func readFrame(in io.Reader) (frame, error) {
	var head [9]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return frame{}, err
	}
	f := frame{kind: head[3], flags: head[4], stream: binary.BigEndian.Uint32(head[5:]) & 0x7fffffff}
	f.payload = make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
	_, err := io.ReadFull(in, f.payload)
	return f, err
}

func (c *conn) send(f frame) error {
	n := len(f.payload)
	head := []byte{byte(n >> 16), byte(n >> 8), byte(n), f.kind, f.flags}
	_, err := c.Write(append(binary.BigEndian.AppendUint32(head, f.stream), f.payload...))
	return err
}

func (c *conn) take(f frame) error {
	switch f.kind {
	case frameSettings, framePing:
		if f.flags&flagAck != 0 {
			return nil
		}
		answer := frame{kind: f.kind, flags: flagAck}
		if f.kind == framePing {
			answer.payload = f.payload
		}
		return c.send(answer)
	case frameHeaders:
		c.begin(f)
	case frameData:
		if body, open := c.bodies[f.stream]; open {
			c.bodies[f.stream] = append(body, f.payload...)
		}
	default:
		return nil
	}
	if f.flags&flagEndStream != 0 {
		c.end(f.stream)
	}
	return nil
}

func (c *conn) begin(f frame) {
	c.server.mu.Lock()
	c.server.begun++
	c.server.mu.Unlock()
	if f.stream > c.last {
		return
	}
	if at := c.server.ending.AtHeaders; at != nil {
		at(&Stream{c, f.stream})
		return
	}
	c.bodies[f.stream] = []byte{}
}

func (c *conn) end(stream uint32) {
	body, open := c.bodies[stream]
	if !open || stream > c.last {
		return
	}
	delete(c.bodies, stream)
	c.server.mu.Lock()
	c.server.bodies[string(body)]++
	c.server.mu.Unlock()
	if at := c.server.ending.AtEnd; at != nil {
		at(&Stream{c, stream})
	}
}

// Stream is one request. Its methods send one frame each, or none where the connection is gone.
type Stream struct {
	conn *conn
	id   uint32
}

// Reset ends the stream.
func (s *Stream) Reset(code Code) {
	_ = s.conn.send(frame{
		kind: frameReset, stream: s.id, payload: binary.BigEndian.AppendUint32(nil, uint32(code)),
	})
}

// GoAway announces the end of the connection. With taken the stream is among those that the server has begun to
// process, else it is the first that it has not.
func (s *Stream) GoAway(code Code, taken bool) {
	last := s.id
	if !taken {
		last = max(last, 2) - 2
	}
	s.conn.last = min(s.conn.last, last)
	payload := binary.BigEndian.AppendUint32(nil, s.conn.last)
	_ = s.conn.send(frame{kind: frameGoAway, payload: binary.BigEndian.AppendUint32(payload, uint32(code))})
}

// Headers sends ":status: 200".
func (s *Stream) Headers() {
	const status200 = 0x80 | 8 // of HPACK's static table
	_ = s.conn.send(frame{kind: frameHeaders, flags: flagEndHeaders, stream: s.id, payload: []byte{status200}})
}

// Body sends the whole body.
func (s *Stream) Body(text string) {
	_ = s.conn.send(frame{kind: frameData, flags: flagEndStream, stream: s.id, payload: []byte(text)})
}

// Cut closes the connection.
func (s *Stream) Cut() { _ = s.conn.Close() }

package benchmarks

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

// reply is what every server here answers, as it goes over the wire.
var reply = "HTTP/1.1 200 OK\r\nContent-Type: application/json; encoding=utf-8\r\nContent-Length: " +
	strconv.Itoa(len(answer)) + "\r\n\r\n" + answer

// inProcess is net/http's own transport, whose connections end in this process: everything that a program pays for a
// call but the system's share. A RoundTripper of our own would not do, because http.Client.Timeout then costs a
// goroutine that nobody pays in production.
func inProcess() *http.Transport {
	t := sized()
	dial := func(context.Context, string, string) (net.Conn, error) { return newMemoryConn(), nil }
	t.DialContext, t.DialTLSContext, t.ForceAttemptHTTP2 = dial, dial, false
	return t
}

// memoryConn answers each request once it has all of it.
type memoryConn struct {
	mu       sync.Mutex
	changed  sync.Cond
	request  []byte
	response []byte
	closed   bool
}

func newMemoryConn() *memoryConn {
	c := &memoryConn{}
	c.changed.L = &c.mu
	return c
}

func (c *memoryConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, net.ErrClosed
	}
	c.request = append(c.request, p...)
	if whole(c.request) {
		c.request, c.response = c.request[:0], append(c.response, reply...)
		c.changed.Signal()
	}
	return len(p), nil
}

// whole reports whether the request has come to its end.
func whole(request []byte) bool {
	header, body, ended := bytes.Cut(request, []byte("\r\n\r\n"))
	if !ended {
		return false
	}
	_, rest, _ := bytes.Cut(header, []byte("\r\nContent-Length: "))
	length, _, _ := bytes.Cut(rest, []byte("\r\n"))
	n, err := strconv.Atoi(string(length))
	return err == nil && len(body) >= n
}

func (c *memoryConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.response) == 0 && !c.closed {
		c.changed.Wait()
	}
	if len(c.response) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.response)
	c.response = append(c.response[:0], c.response[n:]...)
	return n, nil
}

func (c *memoryConn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.changed.Broadcast()
	return nil
}

func (*memoryConn) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*memoryConn) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (*memoryConn) SetDeadline(time.Time) error      { return os.ErrNoDeadline }
func (*memoryConn) SetReadDeadline(time.Time) error  { return os.ErrNoDeadline }
func (*memoryConn) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }

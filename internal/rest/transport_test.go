package rest_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/rest"
)

// gateway forwards connections to a server, and forgets those that it has when told to.
type gateway struct {
	net.Listener
	target    string
	made      atomic.Int64
	forgotten atomic.Int64 // connections up to this one
}

func newGateway(t *testing.T, target string) *gateway {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	g := &gateway{Listener: l, target: target}
	go g.serve()
	return g
}

func (g *gateway) serve() {
	for {
		client, err := g.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", g.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		number := g.made.Add(1)
		go g.pass(number, client, server)
		go g.pass(number, server, client)
	}
}

// pass copies until one side ends, and drops what it gets of a connection that is forgotten.
func (g *gateway) pass(number int64, to io.WriteCloser, from io.Reader) {
	defer to.Close()
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if number > g.forgotten.Load() {
			_, _ = to.Write(buf[:n])
		}
	}
}

// Over HTTP/2 all calls share a connection. One that went dead must not take them along for longer than it takes to
// notice; the times are a hundredth of the real ones.
func TestDeadConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	g := newGateway(t, s.Listener.Addr().String())

	transport, ok := rest.NewTransport().(*http.Transport)
	require.True(t, ok)
	t.Cleanup(transport.CloseIdleConnections)
	transport.TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	transport.HTTP2.SendPingTimeout /= 100
	transport.HTTP2.PingTimeout /= 100
	client := rest.New(&http.Client{Transport: transport})
	call := func(timeout time.Duration) error {
		req := request(t, "https://"+g.Addr().String())
		req.Timeout = timeout
		answer, err := client.Do(t.Context(), req)
		if err != nil {
			return err
		}
		defer answer.Release()
		require.Equal(t, "HTTP/2.0", string(answer.Body))
		return nil
	}
	require.NoError(t, call(time.Minute))
	before := g.made.Load()
	g.forgotten.Store(before)
	for start := time.Now(); call(time.Second) != nil; {
		require.Less(t, time.Since(start), 30*time.Second)
	}
	require.Greater(t, g.made.Load(), before)
}

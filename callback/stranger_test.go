package callback_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/callback/internal/seal"
)

// untouched is a body that nobody may look at.
type untouched struct{ t *testing.T }

func (u untouched) Read([]byte) (int, error) {
	u.t.Error("the body is read")
	return 0, io.EOF
}

func (untouched) Close() error { return nil }

// TestQueryComesBeforeTheBody: what the query alone tells is enough to refuse.
func TestQueryComesBeforeTheBody(t *testing.T) {
	t.Parallel()
	const right = "timestamp=1763600000&nonce=1320562132"
	stale := "timestamp=1763500000&nonce=1&signature=" + seal.Signature(token, "1763500000", "1") +
		"&msg_signature=" + guess
	genuine := "&signature=" + plainSignature
	cases := map[string]struct {
		query               string
		secure, plain, both error // by the modes of the apps
	}{
		"nothing":        {"", callback.ErrQuery, callback.ErrQuery, callback.ErrQuery},
		"no signature":   {right, callback.ErrQuery, callback.ErrQuery, callback.ErrQuery},
		"wrong":          {right + "&signature=" + guess, callback.ErrSignature, callback.ErrSignature, callback.ErrSignature},
		"too short":      {right + "&signature=0", callback.ErrSignature, callback.ErrSignature, callback.ErrSignature},
		"malformed":      {right + "&msg_signature=0", callback.ErrSignature, callback.ErrSignature, callback.ErrSignature},
		"upper case":     {right + "&msg_signature=" + strings.Repeat("A", 40), callback.ErrSignature, callback.ErrSignature, callback.ErrSignature},
		"plain push":     {right + genuine, callback.ErrMode, nil, nil},
		"stale":          {stale, callback.ErrStale, callback.ErrStale, callback.ErrStale},
		"no nonce":       {"timestamp=1763600000" + genuine, callback.ErrQuery, callback.ErrQuery, callback.ErrQuery},
		"doubled":        {right + genuine + "&nonce=1", callback.ErrQuery, callback.ErrQuery, callback.ErrQuery},
		"both malformed": {right + "&msg_signature=0&signature=0", callback.ErrSignature, callback.ErrSignature, callback.ErrSignature},
	}
	second := appIn(callback.ModePlain)
	second.AppID = "wx0000000000000002"
	second.Token = token
	for name, c := range cases {
		first := secureApp()
		first.Token = "another-token"
		for setting, s := range map[string]struct {
			apps []callback.App
			want error
		}{
			"secure":     {[]callback.App{secureApp()}, c.secure},
			"compatible": {[]callback.App{appIn(callback.ModeCompatible)}, c.secure},
			"plain":      {[]callback.App{appIn(callback.ModePlain)}, c.plain},
			"both":       {[]callback.App{first, second}, c.both},
		} {
			if s.want == nil {
				continue
			}
			t.Run(name+"/"+setting, func(t *testing.T) {
				t.Parallel()
				b := setup(t, s.apps[0], func(cfg *callback.Config) { cfg.Apps = s.apps })
				r := forge(textPush)
				r.URL.RawQuery, r.Body = c.query, untouched{t}
				b.requireRefused(t, r, s.want)
			})
		}
	}
}

// held is a body that comes to its last byte and then no further until it is let go.
type held struct {
	left    int
	arrived *sync.WaitGroup
	release <-chan struct{}
}

func (h *held) Read(p []byte) (int, error) {
	if h.left > 0 {
		n := min(len(p), h.left)
		h.left -= n
		copy(p, strings.Repeat("<", n))
		return n, nil
	}
	if h.arrived != nil {
		h.arrived.Done()
		h.arrived = nil
	}
	<-h.release
	return 0, io.ErrUnexpectedEOF
}

func (h *held) Close() error { return nil }

// crowd is many requests at a time, each with a large body that does not end.
type crowd struct {
	release chan struct{}
	ended   sync.WaitGroup
}

// send returns when each body has come to its last byte, or was refused before.
func (c *crowd) send(b *bundle, n int, request func() *http.Request) {
	var arrived sync.WaitGroup
	for range n {
		r := request()
		body := &held{left: 255 << 10, arrived: &arrived, release: c.release}
		r.Body, r.ContentLength = body, -1
		arrived.Add(1)
		c.ended.Go(func() {
			b.do(r)
			if body.arrived != nil {
				arrived.Done()
			}
		})
	}
	arrived.Wait()
}

func (c *crowd) end() {
	close(c.release)
	c.ended.Wait()
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestBodiesOfStrangersShareMemory: a thousand at a time, as large as they may be, whatever is in the query but a
// right signature.
//
//nolint:paralleltest // it measures the memory of the process
func TestBodiesOfStrangersShareMemory(t *testing.T) {
	cases := map[string][]string{
		"no signature":     nil,
		"signature":        {"signature", guess},
		"both":             {"signature", guess, "msg_signature", guess},
		"msg_signature":    {"msg_signature", guess},
		"that of no query": {"msg_signature", plainSignature},
	}
	for name, params := range cases {
		for _, mode := range []callback.Mode{callback.ModeSecure, callback.ModePlain} {
			b := setup(t, appIn(mode), func(c *callback.Config) { c.Observer = func(context.Context, callback.Report) {} })
			before := heap()
			c := crowd{release: make(chan struct{})}
			c.send(b, 1000, func() *http.Request { return forge("", params...) })
			grown := heap() - before
			c.end()
			t.Logf("%s, mode %d: %d KiB", name, mode, grown>>10)
			require.Less(t, grown, int64(16<<20), "%s, mode %d", name, mode)
		}
	}
}

// TestGenuinePushesPassStrangers: what strangers use up is not what WeChat's own requests need.
func TestGenuinePushesPassStrangers(t *testing.T) {
	t.Parallel()
	b := setup(t, secureApp())
	large := func() *http.Request { return guessed(strings.Repeat("<", 200<<10)) }
	c := crowd{release: make(chan struct{})}
	for range 40 { // one after the other, so that none gives way to another
		c.send(b, 1, func() *http.Request { return guessed("") })
	}
	require.Equal(t, http.StatusServiceUnavailable, b.do(large()).Code, "there is nothing left for strangers")
	for i := range 20 {
		body := strings.Replace(textPush, "0001<", fmt.Sprintf("%04d<", i), 1)
		b.push(t, strings.Replace(body, "hello", strings.Repeat("long ", 30<<10), 1))
	}
	c.end()
	require.Len(t, b.handled(), 20)
	b.reported()
	b.requireRefused(t, large(), callback.ErrParse)
}

// TestSlowBody dribbles requests into a real server, which must not wait for them longer than the answer may take: neither
// for what it reads, nor for what it passes over.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	const fresh = "timestamp=1763600000&nonce=1"
	for name, c := range map[string]struct {
		line, answer string
		want         error
	}{
		"push of a stranger who guesses": {"POST /?" + fresh + "&msg_signature=" + guess, "400 Bad Request", callback.ErrBody},
		"push of a stranger":             {"POST /?" + fresh, "403 Forbidden", callback.ErrQuery},
		"check with a body":              {"GET /?" + fresh, "403 Forbidden", callback.ErrQuery},
		"another method":                 {"PUT /?" + fresh, "405 Method Not Allowed", callback.ErrMethod},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, secureApp(), func(c *callback.Config) { c.AnswerWithin = 100 * time.Millisecond })
			server := httptest.NewServer(b)
			defer server.Close()
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			require.NoError(t, err)
			defer func() { _ = conn.Close() }()
			require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
			_, err = fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n<xml>", c.line)
			require.NoError(t, err)
			answer, err := io.ReadAll(conn)
			require.NoError(t, err)
			require.Contains(t, string(answer), c.answer)
			b.requireReport(t, c.want)
			require.Empty(t, b.handled())
		})
	}
}

package rest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/http/httputil"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/rest"
)

const (
	plantedToken  = "TOKEN-must+not/show="
	plantedSecret = "SECRET-must-not-show"
)

func request(t *testing.T, base string) *rest.Request {
	t.Helper()
	u, err := rest.ParseBaseURL(base)
	require.NoError(t, err)
	return &rest.Request{
		Method: http.MethodPost, Base: u, Path: "/cgi-bin/x", Query: "lang=en&secret=" + plantedSecret,
		Token: plantedToken, Body: []byte(`{"a":1}`), Secrets: []string{plantedSecret}, Timeout: 5 * time.Second,
	}
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestDoSends(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodPost || r.URL.Path != "/prefix/cgi-bin/x" ||
			r.URL.RawQuery != "access_token=TOKEN-must%2Bnot%2Fshow%3D&lang=en&secret="+plantedSecret ||
			string(body) != `{"a":1}` || r.ContentLength != 7 ||
			r.Header.Get("Content-Type") != "application/json; charset=utf-8" || r.Header.Get("Wechatmp-Appid") != "wx1" {
			w.WriteHeader(http.StatusTeapot)
		}
		_, _ = io.WriteString(w, `{"errcode":0}`)
	})
	req := request(t, url+"/prefix/")
	req.Header = http.Header{"Wechatmp-Appid": {"wx1"}}
	answer, err := rest.New(nil).Do(t.Context(), req)
	require.NoError(t, err)
	defer answer.Release()
	require.Equal(t, http.StatusOK, answer.Status)
	require.JSONEq(t, `{"errcode":0}`, string(answer.Body))
}

func TestGetHasNeitherBodyNorToken(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "" || r.ContentLength != 0 {
			w.WriteHeader(http.StatusTeapot)
		}
	})
	req := request(t, url)
	req.Method, req.Query, req.Token, req.Body = http.MethodGet, "", "", nil
	answer, err := rest.New(nil).Do(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.Status)
}

func TestPostWithoutBodyHasLengthZero(t *testing.T) {
	t.Parallel()
	var wire []byte
	hc := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		wire, _ = httputil.DumpRequestOut(r, true)
		return nil, errors.New("enough")
	})}
	req := request(t, "https://example.invalid")
	req.Body = nil
	_, err := rest.New(hc).Do(t.Context(), req)
	require.Error(t, err)
	require.Contains(t, string(wire), "\r\nContent-Length: 0\r\n")
}

// Each failure is provoked against a real server. None may show a secret, and each must tell whether the
// request may have arrived.
func TestFailures(t *testing.T) {
	t.Parallel()
	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	secure.Config.ErrorLog = nil
	t.Cleanup(secure.Close)
	reset := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		conn, _, _ := http.NewResponseController(w).Hijack()
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	})
	silent := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		<-r.Context().Done()
	})
	halting := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"errcode":0`)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	cases := map[string]struct {
		base  string
		sent  bool
		cause error
	}{
		"nobody listens":          {base: "http://" + freeAddress(t), cause: syscall.ECONNREFUSED},
		"unknown host":            {base: "http://does-not-exist.invalid"},
		"certificate not trusted": {base: secure.URL},
		"TLS to a plain server":   {base: strings.Replace(plain, "http:", "https:", 1)},
		"reset after the request": {base: reset, sent: true},
		"no answer":               {base: silent, sent: true, cause: context.DeadlineExceeded},
		"half an answer":          {base: halting, sent: true, cause: context.DeadlineExceeded},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := request(t, c.base)
			if errors.Is(c.cause, context.DeadlineExceeded) {
				req.Timeout = 2 * time.Second // a busy machine takes its time to connect
			}
			_, err := rest.New(nil).Do(t.Context(), req)
			var transport *rest.TransportError
			require.ErrorAs(t, err, &transport)
			require.Equal(t, c.sent, transport.Sent)
			require.NotContains(t, err.Error(), "GetBody")
			require.True(t, strings.HasPrefix(err.Error(), "POST /cgi-bin/x: "), err.Error())
			requireClean(t, err)
			if c.cause != nil {
				require.ErrorIs(t, err, c.cause)
			}
		})
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// requireClean walks the whole chain: a caller can print any part of it.
func requireClean(t *testing.T, err error) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		for _, s := range []string{plantedToken, url.QueryEscape(plantedToken), plantedSecret} {
			require.NotContains(t, err.Error(), s)
		}
		var ue *url.Error
		if errors.As(err, &ue) {
			require.Equal(t, "[redacted]", ue.URL, "the URL carries the token")
			require.NotContains(t, fmt.Sprintf("%+v", ue), plantedSecret)
		}
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range joined.Unwrap() {
				requireClean(t, e)
			}
		}
	}
}

// roundTripper stands in for a user's transport that puts the URL into its own error.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestForeignTransportCannotLeak(t *testing.T) {
	t.Parallel()
	hc := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		return nil, &url.Error{Op: "proxy", URL: r.URL.String(), Err: errors.New("no route for " + r.URL.String())}
	})}
	_, err := rest.New(hc).Do(t.Context(), request(t, "https://example.invalid"))
	require.Error(t, err)
	requireClean(t, err)
	require.Contains(t, err.Error(), "no route for")
}

// h2 is what net/http says where it may not repeat a request.
func h2(cause string) string {
	return "http2: Transport: cannot retry err [" + cause +
		"] after Request.Body was written; define Request.GetBody to avoid this error"
}

// traced is a transport that wrote the request so many times and then failed.
func traced(written int, text string) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		trace := httptrace.ContextClientTrace(r.Context())
		trace.GetConn("example.invalid:443")
		for range written {
			trace.WroteHeaders()
		}
		return nil, fmt.Errorf("transport: %w", errors.New(text))
	})
}

// Whether a request left decides whether a message may be sent again. net/http tells; of any other transport
// only a failed dial proves that nothing left.
func TestSent(t *testing.T) {
	t.Parallel()
	hangingDial := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	cases := map[string]struct {
		transport http.RoundTripper
		sent      bool
	}{
		"the dial hangs":    {hangingDial, false},
		"a mock that fails": {roundTripper(func(*http.Request) (*http.Response, error) { return nil, io.EOF }), true},
		"a mock that cannot dial": {roundTripper(func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}
		}), false},
		"refused over HTTP/2":               {traced(1, h2("stream error: stream ID 3; REFUSED_STREAM; received from peer")), false},
		"reset over HTTP/2":                 {traced(1, h2("stream error: stream ID 3; PROTOCOL_ERROR; received from peer")), true},
		"below the last stream":             {traced(1, h2("http2: Transport received Server's graceful shutdown GOAWAY")), false},
		"no slot on the connection":         {traced(0, h2("http2: client conn not usable")), false},
		"gone before anything was written":  {traced(1, "net/http: cannot rewind body after connection loss"), false},
		"refused, and repeated by a mock":   {traced(2, h2("stream error: stream ID 3; REFUSED_STREAM; received from peer")), true},
		"a text of a page that looks alike": {traced(1, "HTTP/2 GOAWAY: REFUSED_STREAM"), true},
		"a mock without the domain":         {roundTripper(func(*http.Request) (*http.Response, error) { return nil, &net.DNSError{} }), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := request(t, "https://example.invalid")
			req.Timeout = 30 * time.Millisecond
			_, err := rest.New(&http.Client{Transport: c.transport}).Do(t.Context(), req)
			var transport *rest.TransportError
			require.ErrorAs(t, err, &transport)
			require.Equal(t, c.sent, transport.Sent)
			require.NotContains(t, err.Error(), "GetBody")
		})
	}
}

// A connection that turns out to be closed before anything is written to it is no failure: there are others.
func TestStaleConnections(t *testing.T) {
	t.Parallel()
	for stale, works := range map[int]bool{0: true, 1: true, 2: true, 3: false} {
		tries := 0
		hc := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			tries++
			body, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			require.JSONEq(t, `{"a":1}`, string(body))
			trace := httptrace.ContextClientTrace(r.Context())
			trace.GetConn("example.invalid:443")
			trace.GotConn(httptrace.GotConnInfo{})
			if tries <= stale {
				return nil, errors.New("http: server closed idle connection")
			}
			trace.WroteHeaders()
			return nil, io.ErrUnexpectedEOF
		})}
		_, err := rest.New(hc).Do(t.Context(), request(t, "https://example.invalid"))
		var transport *rest.TransportError
		require.ErrorAs(t, err, &transport)
		require.Equal(t, works, transport.Sent)
		require.Equal(t, min(stale+1, 3), tries)
	}
}

func TestCallersContext(t *testing.T) {
	t.Parallel()
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body) // only then does the server notice that the client went away
		<-r.Context().Done()
	})

	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err := rest.New(nil).Do(ctx, request(t, url))
	require.ErrorIs(t, err, context.Canceled)

	limit := rest.Timeout(30 * time.Millisecond)
	ctx, cancel = context.WithTimeoutCause(t.Context(), 30*time.Millisecond, limit)
	defer cancel()
	_, err = rest.New(nil).Do(ctx, request(t, url))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "no answer within 30ms")
	var ne net.Error
	require.ErrorAs(t, err, &ne)
	require.True(t, ne.Timeout())
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	followed := false
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			followed = true
		}
		http.Redirect(w, r, "/elsewhere?"+r.URL.RawQuery, http.StatusFound)
	})
	req := request(t, url)
	answer, err := rest.New(nil).Do(t.Context(), req)
	require.NoError(t, err)
	_, _, err = answer.Envelope(req)
	require.Error(t, err)
	requireClean(t, err)
	require.False(t, followed)
}

func TestBodyIsBounded(t *testing.T) {
	t.Parallel()
	const total = 100 << 20
	announced := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "104857600")
		_, _ = io.CopyN(w, endless{}, total)
	})
	chunked := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.CopyN(w, endless{}, total)
	})
	for name, base := range map[string]string{"announced": announced, "chunked": chunked} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := request(t, base)
			req.Timeout = time.Minute // a busy machine with the race detector takes its time for 32 MiB
			_, err := rest.New(nil).Do(t.Context(), req)
			var answer *rest.ResponseError
			require.ErrorAs(t, err, &answer)
			require.Contains(t, answer.Reason, "over the limit of 33554432 bytes")
		})
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// net/http unpacks what is compressed: the limit is for what comes out.
func TestUnpackedBodyIsBounded(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := io.CopyN(w, endless{}, limit+1)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.Less(t, packed.Len(), 10<<10)
	base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	})
	_, err = rest.WithLimit(rest.New(nil), limit).Do(t.Context(), request(t, base))
	var answer *rest.ResponseError
	require.ErrorAs(t, err, &answer)
	require.Equal(t, "body over the limit of 1048576 bytes", answer.Reason)
}

func TestBodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"errcode":0`)
	})
	_, err := rest.New(nil).Do(t.Context(), request(t, url))
	var answer *rest.ResponseError
	require.ErrorAs(t, err, &answer)
	require.Equal(t, "body breaks off", answer.Reason)
}

func TestUpload(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		file, header, err := r.FormFile("media")
		if err != nil || r.ContentLength <= 0 {
			w.WriteHeader(http.StatusPreconditionFailed)
			return
		}
		data, _ := io.ReadAll(file)
		_, _ = io.WriteString(w, header.Filename+" "+header.Header.Get("Content-Type")+" "+string(data))
	})
	req := request(t, url)
	req.Body = nil
	req.Upload = &rest.Upload{
		Field: "media", Filename: "a\"b\r\n.png", ContentType: "image/png", Size: 5,
		Open: func() (io.Reader, error) { return strings.NewReader("bytes"), nil },
	}
	answer, err := rest.New(nil).Do(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, `a"b.png image/png bytes`, string(answer.Body))

	req.Upload.Open = func() (io.Reader, error) { return nil, errors.New("no such file") }
	_, err = rest.New(nil).Do(t.Context(), req)
	var local *rest.LocalError
	require.ErrorAs(t, err, &local)
	require.ErrorContains(t, err, "no such file")
}

func TestDownloadStreams(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.CopyN(w, endless{}, 1<<20) })
	resp, err := rest.New(nil).Download(t.Context(), request(t, url))
	require.NoError(t, err)
	n, err := io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, int64(1<<20), n)
}

func TestMocksReachTheClient(t *testing.T) {
	t.Parallel()
	hc := &http.Client{}
	c := rest.New(hc)
	hc.Transport = roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 299, Header: http.Header{}, Body: io.NopCloser(&bytes.Buffer{})}, nil
	})
	answer, err := c.Do(t.Context(), request(t, "https://example.invalid"))
	require.NoError(t, err, "a mock put in after the client was made")
	require.Equal(t, 299, answer.Status)
}

func TestParseBaseURL(t *testing.T) {
	t.Parallel()
	u, err := rest.ParseBaseURL("https://proxy.example.com/wechat/")
	require.NoError(t, err)
	require.Equal(t, "https://proxy.example.com/wechat", u.String())
	for raw, want := range map[string]string{
		"": "scheme", "api.weixin.qq.com": "scheme", "ftp://x": "scheme", "https://": "host", "https://:8080": "host",
		"https://u:" + plantedSecret + "@x": "user", "https://x?a=1": "query", "https://x#f": "fragment",
		"http://[::1": "not a URL",
	} {
		_, err := rest.ParseBaseURL(raw)
		require.ErrorContains(t, err, want, raw)
		require.NotContains(t, err.Error(), plantedSecret)
	}
}

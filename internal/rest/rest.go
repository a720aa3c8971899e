// Package rest does one HTTP exchange with WeChat on Resty: it sends UTF-8 JSON or a file with a
// Content-Length, reads a bounded answer, and lets no secret out through an error. What the answer
// means, and whether to try again, is decided above.
package rest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-resty/resty/v2"
)

// DefaultLimit bounds an answer. The longest that is documented, ten thousand chat records, stays below
// it, and so does WeChat's own limit in cloud hosting.
const DefaultLimit = 32 << 20

// Client performs exchanges. It is safe for concurrent use.
type Client struct {
	resty *resty.Client
	limit int64
}

// New returns a client on the transport of hc, or on one of its own where hc is nil. Of hc only the
// Transport is used, and it is looked up at each exchange: a test may put a mock into it at any time.
// Redirects are never followed and cookies never kept; WeChat's API uses neither.
func New(hc *http.Client) *Client {
	inner := &http.Client{
		Transport:     transportOf(hc),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	r := resty.NewWithClient(inner)
	r.SetLogger(silent{}) // Resty's own logger prints URLs, and these carry tokens
	r.SetHeader("Content-Type", "application/json; charset=utf-8")
	r.SetHeader("Accept", "*/*")
	r.SetHeader("User-Agent", "wechatkit-go")
	r.SetPreRequestHook(func(_ *resty.Client, raw *http.Request) error {
		return raw.Context().(*exchange).prepare(raw)
	})
	return &Client{resty: r, limit: DefaultLimit}
}

// silent swallows what Resty would log.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}

// Request is one exchange.
type Request struct {
	Method  string
	Base    *url.URL // scheme, host and path prefix
	Path    string
	Query   string        // encoded, without the access token
	Token   string        // sent as TokenKey in the query; "" sends none
	Body    []byte        // JSON; nil sends none
	Upload  *Upload       // a file, in place of Body
	Header  http.Header   // further headers; may be nil
	Timeout time.Duration // bounds the exchange; 0 leaves ctx's deadline alone
	Secrets []string      // values besides Token that no error may show
}

// tokenKey is the query parameter of the access token.
const tokenKey = "access_token"

func (r *Request) secrets() []string {
	if r.Token == "" {
		return r.Secrets
	}
	return append([]string{r.Token}, r.Secrets...)
}

// rawQuery puts the token first, where WeChat's own examples have it.
func (r *Request) rawQuery() string {
	switch {
	case r.Token == "":
		return r.Query
	case r.Query == "":
		return tokenKey + "=" + url.QueryEscape(r.Token)
	}
	return tokenKey + "=" + url.QueryEscape(r.Token) + "&" + r.Query
}

// Answer is what came back. Body is valid until Release.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	buf    *bytes.Buffer
}

// keepBuffer bounds the buffers that are kept for reuse.
const keepBuffer = 64 << 10

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Release gives the buffer of Body back.
func (a *Answer) Release() {
	if a.buf != nil && a.buf.Cap() <= keepBuffer {
		a.buf.Reset()
		buffers.Put(a.buf)
	}
	a.buf, a.Body = nil, nil
}

// Do performs the exchange and reads the whole answer. The error is a [*TransportError] or, for a body
// over the limit or one that breaks off, an [*AnswerError].
func (c *Client) Do(ctx context.Context, req *Request) (Answer, error) {
	ex := newExchange(ctx, req)
	defer ex.cancel()
	raw, err := c.send(ex)
	if err != nil {
		return Answer{}, err
	}
	defer raw.Body.Close()
	a := Answer{Status: raw.StatusCode, Header: raw.Header, buf: buffers.Get().(*bytes.Buffer)}
	reason, err := c.read(ex, raw, a.buf)
	a.Body = a.buf.Bytes()
	switch {
	case err != nil:
		a.Release()
		return Answer{}, err
	case reason != "":
		defer a.Release()
		return Answer{}, NewAnswerError(req, &a, reason)
	}
	return a, nil
}

// read fills buf with the body. A body over the limit is not read further, nor announced ones at all.
func (c *Client) read(ex *exchange, raw *http.Response, buf *bytes.Buffer) (reason string, err error) {
	if raw.ContentLength > c.limit {
		return tooLarge(c.limit), nil
	}
	if n := raw.ContentLength; n > 0 && n <= keepBuffer {
		buf.Grow(int(n) + bytes.MinRead)
	}
	n, err := buf.ReadFrom(io.LimitReader(raw.Body, c.limit+1))
	switch {
	case err != nil && ex.Err() != nil:
		return "", ex.failure(err)
	case err != nil:
		return "body breaks off", nil
	case n > c.limit:
		return tooLarge(c.limit), nil
	}
	return "", nil
}

// Download performs the exchange and hands over the open answer: the caller closes Body, which also
// ends the exchange. Nothing is bounded here but the time.
func (c *Client) Download(ctx context.Context, req *Request) (*http.Response, error) {
	ex := newExchange(ctx, req)
	raw, err := c.send(ex)
	if err != nil {
		ex.cancel()
		return nil, err
	}
	raw.Body = &endingBody{raw.Body, ex, Answer{Status: raw.StatusCode, Header: raw.Header}}
	return raw, nil
}

// endingBody is a body whose errors are told as the module's own, and that releases the exchange's timer
// when it is closed.
type endingBody struct {
	io.ReadCloser
	ex     *exchange
	answer Answer
}

func (b *endingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == nil || errors.Is(err, io.EOF):
		return n, err
	case b.ex.Err() != nil:
		return n, b.ex.failure(err)
	}
	return n, NewAnswerError(b.ex.req, &b.answer, "body breaks off")
}

func (b *endingBody) Close() error {
	defer b.ex.cancel()
	return b.ReadCloser.Close()
}

func (c *Client) send(ex *exchange) (*http.Response, error) {
	resp, err := c.resty.R().
		SetContext(ex).
		SetDoNotParseResponse(true).
		Execute(ex.req.Method, "/")
	if err != nil {
		return nil, ex.failure(err)
	}
	return resp.RawResponse, nil
}

// exchange is a request on its way. It is the context of the HTTP request and its body at once: that saves
// allocations on the hottest path of the module, and tells exactly whether the transport took any of the body.
type exchange struct {
	context.Context
	cancel context.CancelFunc
	parent context.Context
	req    *Request
	url    url.URL
	body   bytes.Reader
	taken  atomic.Bool
}

func newExchange(ctx context.Context, req *Request) *exchange {
	ex := &exchange{Context: ctx, cancel: func() {}, parent: ctx, req: req}
	if req.Timeout > 0 {
		ex.Context, ex.cancel = context.WithTimeout(ctx, req.Timeout)
	}
	return ex
}

// prepare fills in the HTTP request that Resty made. Resty is given neither URL nor body: it would parse
// the one again and hold the other twice.
func (ex *exchange) prepare(raw *http.Request) error {
	req := ex.req
	ex.url = url.URL{
		Scheme: req.Base.Scheme, Host: req.Base.Host,
		Path: req.Base.Path + req.Path, RawQuery: req.rawQuery(),
	}
	raw.URL, raw.Host = &ex.url, req.Base.Host
	for key, values := range req.Header {
		raw.Header[key] = values
	}
	switch {
	case req.Upload != nil:
		return req.Upload.attach(ex, raw)
	case req.Body != nil:
		ex.body.Reset(req.Body)
		raw.Body, raw.ContentLength, raw.GetBody = ex, ex.body.Size(), ex.reopen
	case raw.Body != nil:
		// Resty replaced the empty body by one of unknown length, which would be sent in chunks.
		raw.Body, raw.GetBody = http.NoBody, nil
	}
	return nil
}

// Read hands the JSON to the transport, which asks for it only once a connection stands.
func (ex *exchange) Read(p []byte) (int, error) {
	ex.taken.Store(true)
	return ex.body.Read(p)
}

// Close implements io.Closer for the body.
func (ex *exchange) Close() error { return nil }

// reopen lets the transport start over on another connection where the first one was dead on arrival.
func (ex *exchange) reopen() (io.ReadCloser, error) {
	return &watchedBody{Reader: bytes.NewReader(ex.req.Body), ex: ex}, nil
}

// failure makes the error of an exchange without an answer.
func (ex *exchange) failure(err error) error {
	var local *LocalError
	if errors.As(err, &local) {
		return local
	}
	req := ex.req
	cause := clean(err, req.secrets())
	switch {
	case ex.parent.Err() != nil:
		cause = Ended(ex.parent)
	case errors.Is(ex.Err(), context.DeadlineExceeded):
		cause = Timeout(req.Timeout)
	}
	return &TransportError{Method: req.Method, Path: req.Path, Sent: ex.sent(err), Err: cause}
}

// sent reports whether WeChat may have seen the request. With a body that is known. Without one the
// failed dial is all that can be told.
func (ex *exchange) sent(err error) bool {
	if ex.req.Body != nil || ex.req.Upload != nil {
		return ex.taken.Load()
	}
	return !dialFailed(err)
}

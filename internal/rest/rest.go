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
	"net/http/httptrace"
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
	resty     *resty.Client
	requests  sync.Pool // of *resty.Request, whose maps and lists are a tenth of what a send allocates, and stay empty here
	transport lateTransport
	watched   bool // by middleware
	limit     int64
}

// New returns a client on the transport of hc, or on one of its own where hc is nil. Of hc only the
// Transport is used, and it is looked up at each exchange: a test may put a mock into it at any time.
// Redirects are never followed and cookies never kept; WeChat's API uses neither. The layers of middleware stand above the
// transport, see [Middleware].
func New(hc *http.Client, layers ...Middleware) *Client {
	c := &Client{transport: lateTransport{hc}, limit: DefaultLimit}
	inner := &http.Client{
		Transport:     c.wrap(layers),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	r := resty.NewWithClient(inner)
	r.SetLogger(silent{}) // Resty's own logger prints URLs, and these carry tokens
	r.SetPreRequestHook(func(_ *resty.Client, raw *http.Request) error {
		if p, ok := raw.Context().(*passage); ok {
			p.prepare(raw)
			return nil
		}
		return raw.Context().(*exchange).prepare(raw)
	})
	c.resty, c.requests.New = r, func() any { return r.R().SetDoNotParseResponse(true) }
	return c
}

// headers are those of every request. Resty sends a copy of them.
var headers = http.Header{
	"Content-Type": {"application/json; charset=utf-8"},
	"Accept":       {"*/*"},
	"User-Agent":   {"wechatkit-go"},
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
	// What Body and Query were before they were sealed; nil where they are not.
	Plain      []byte
	PlainQuery url.Values
	// Confidential says that body or answer hold something that opens, such as an AppSecret or a token. Middleware sees
	// neither.
	Confidential bool
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

var buffers = sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, 1024)) }}

// Release gives the buffer of Body back.
func (a *Answer) Release() {
	if a.buf != nil {
		release(a.buf)
	}
	a.buf, a.Body = nil, nil
}

func release(buf *bytes.Buffer) {
	if buf.Cap() <= keepBuffer {
		buf.Reset()
		buffers.Put(buf)
	}
}

// Do performs the exchange and reads the whole answer. The error is a [*TransportError] or, for a body
// over the limit or one that breaks off, a [*ResponseError].
func (c *Client) Do(ctx context.Context, req *Request) (Answer, error) {
	ex := c.newExchange(ctx, req)
	defer ex.cancel()
	raw, err := c.send(ex)
	if err != nil {
		return Answer{}, err
	}
	defer raw.Body.Close()
	a := Answer{Status: raw.StatusCode, Header: raw.Header, buf: buffers.Get().(*bytes.Buffer)}
	if err := c.read(ex, raw, a.buf); err != nil {
		a.Release()
		return Answer{}, err
	}
	a.Body = a.buf.Bytes()
	return a, nil
}

// read fills buf with the body. A body over the limit is not read further, nor an announced one at all.
func (c *Client) read(ex *exchange, raw *http.Response, buf *bytes.Buffer) error {
	broken := func(reason string) error {
		return NewResponseError(ex.req, &Answer{Status: raw.StatusCode, Header: raw.Header}, reason)
	}
	if raw.ContentLength > c.limit {
		return broken(tooLarge(c.limit))
	}
	if n := raw.ContentLength; n > 0 && n <= keepBuffer {
		buf.Grow(int(n) + bytes.MinRead)
	}
	n, err := buf.ReadFrom(io.LimitReader(raw.Body, c.limit+1))
	switch {
	case err != nil && ex.Err() != nil:
		return c.failure(ex, err)
	case err != nil:
		return broken("body breaks off")
	case n > c.limit:
		return broken(tooLarge(c.limit))
	}
	return nil
}

// Download performs the exchange and hands over the open answer: the caller closes Body, which also
// ends the exchange. Nothing is bounded here but the time.
func (c *Client) Download(ctx context.Context, req *Request) (*http.Response, error) {
	ex := c.newExchange(ctx, req)
	ex.file = true
	var raw *http.Response
	defer func() {
		if raw == nil { // also where a layer panics
			ex.cancel()
		}
	}()
	raw, err := c.send(ex)
	if err != nil {
		return nil, err
	}
	raw.Body = &endingBody{raw.Body, c, ex, Answer{Status: raw.StatusCode, Header: raw.Header}}
	return raw, nil
}

// endingBody is a body whose errors are told as the module's own, and that releases the exchange's timer
// when it is closed.
type endingBody struct {
	io.ReadCloser
	client *Client
	ex     *exchange
	answer Answer
}

func (b *endingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == nil || errors.Is(err, io.EOF):
		return n, err
	case b.ex.Err() != nil:
		return n, b.client.failure(b.ex, err)
	}
	return n, NewResponseError(b.ex.req, &b.answer, "body breaks off")
}

func (b *endingBody) Close() error {
	defer b.ex.cancel()
	return b.ReadCloser.Close()
}

// placeholder is the address that Resty gets, the shortest that is absolute, for it is parsed twice; the hook puts in the real
// one.
const placeholder = "https:"

// staleConnections is how many connections in a row may turn out to be closed before anything is written to them. For
// requests with a body, of which it gets no copy, net/http does not look for another one itself.
const staleConnections = 3

func (c *Client) send(ex *exchange) (*http.Response, error) {
	for stale := 1; ; stale++ {
		resp, err := c.execute(ex)
		switch {
		case err == nil:
			return resp, nil
		case stale == staleConnections || !ex.untouched():
			return nil, c.failure(ex, c.blame(ex, err))
		}
	}
}

func (c *Client) execute(ex *exchange) (*http.Response, error) {
	if !c.watched {
		ex.body.Reset(ex.req.Body)
		return c.perform(ex, ex.req.Method, &ex.body)
	}
	ex.pass = newPassage(ex)
	defer ex.pass.drop()
	return ex.pass.end(c.perform(ex.pass, ex.req.Method, &ex.pass.body))
}

// perform lets Resty do what ctx, an exchange or a passage, is about.
func (c *Client) perform(ctx context.Context, method string, body *bytes.Reader) (*http.Response, error) {
	r := c.requests.Get().(*resty.Request)
	r.SetContext(ctx)
	r.Header = headers
	if method != http.MethodGet {
		r.SetBody(body) // a plain bytes.Reader goes out in one write with the headers
	}
	resp, err := r.Execute(method, placeholder)
	// What net/http may go on with is the request that Resty made, and not r. After a panic r is not used again.
	r.Body, r.RawRequest = nil, nil
	c.requests.Put(r.SetContext(context.Background()))
	if err != nil {
		return nil, err
	}
	return resp.RawResponse, nil
}

// exchange is a request on its way, and the context of the HTTP request: that is how the hook that fills the
// request in finds it.
type exchange struct {
	context.Context
	cancel context.CancelFunc
	parent context.Context
	req    *Request
	url    *url.URL // nil until the request is made
	body   bytes.Reader
	trace  httptrace.ClientTrace
	asked  atomic.Bool  // net/http was asked for a connection
	got    atomic.Bool  // and has had one
	wrote  atomic.Int32 // and how often the request was begun to be written to one
	again  repetition
	file   bool     // the answer is one
	pass   *passage // of the newest attempt, nil without middleware
}

func (c *Client) newExchange(ctx context.Context, req *Request) *exchange {
	ex := &exchange{cancel: func() {}, parent: ctx, req: req}
	ex.trace.GetConn = func(string) { ex.asked.Store(true) }
	ex.trace.GotConn = func(httptrace.GotConnInfo) { ex.got.Store(true) }
	ex.trace.WroteHeaders = func() { ex.wrote.Add(1) }
	ended := func() {}
	if req.Upload == nil && len(req.Body) == 0 {
		ctx, ended = ex.again.forbid(ctx, &ex.trace)
	}
	ex.Context, ex.cancel = ctx, ended
	if c.watched {
		own := *req // a middleware may still be at it when the caller makes another one of req
		ex.req = &own
	} else {
		ex.Context = traced(ctx, &ex.trace)
	}
	var over context.CancelFunc
	switch {
	case req.Timeout > 0:
		ex.Context, over = context.WithTimeout(ex.Context, req.Timeout)
	case c.watched: // for what a middleware goes on with when it has given up
		ex.Context, over = context.WithCancel(ex.Context)
	default:
		return ex
	}
	ex.cancel = func() { over(); ended() }
	return ex
}

// traced lets net/http tell trace what becomes of the request, and a trace of the program's own all but headers.
func traced(ctx context.Context, trace *httptrace.ClientTrace) context.Context {
	return httptrace.WithClientTrace(withoutHeaders(ctx), trace)
}

// prepare completes the HTTP request that Resty made. Resty is not given the address, which it would parse
// twice, nor a file, which it would read into memory.
func (ex *exchange) prepare(raw *http.Request) error {
	ex.address(raw)
	return ex.fill(raw)
}

func (ex *exchange) address(raw *http.Request) {
	base := ex.req.Base
	*raw.URL = url.URL{Scheme: base.Scheme, Host: base.Host, Path: base.Path + ex.req.Path}
	ex.url, raw.Host = raw.URL, base.Host
	raw.GetBody = nil // with it net/http repeats over HTTP/2 what may have arrived
}

// fill puts in what opens something, and the file.
func (ex *exchange) fill(raw *http.Request) error {
	req := ex.req
	raw.URL.RawQuery = req.rawQuery()
	for key, values := range req.Header {
		raw.Header[key] = values
	}
	if req.Upload != nil {
		return req.Upload.attach(raw)
	}
	return nil
}

// failure makes the error of an exchange without an answer.
func (c *Client) failure(ex *exchange, err error) error {
	var local *LocalError
	if errors.As(err, &local) {
		return local
	}
	req := ex.req
	cause := req.cause(err, c.logins(ex))
	switch {
	case ex.parent.Err() != nil:
		cause = Ended(ex.parent)
	case ex.again.found.Load():
		cause = errRepeated
	case errors.Is(ex.Err(), context.DeadlineExceeded):
		cause = Timeout(req.Timeout)
	}
	return &TransportError{Method: req.Method, Path: req.Path, Sent: ex.sent(err), Err: cause}
}

// untouched reports whether the request failed on a connection to which nothing was written. A file may have been
// begun all the same.
func (ex *exchange) untouched() bool {
	_, underWay := ex.pass.state()
	return !underWay && ex.got.Load() && ex.wrote.Load() == 0 && ex.Err() == nil && ex.req.Upload == nil
}

// sent reports whether WeChat may have carried out the request. A transport that is not net/http's, or does not say
// what it does, is believed only that it could not connect.
func (ex *exchange) sent(err error) bool {
	held, underWay := ex.pass.state()
	switch {
	case held:
		return false
	case underWay:
		return true
	case !ex.asked.Load():
		return !dialFailed(err)
	}
	wrote := ex.wrote.Load()
	if _, unprocessed := streamEnd(err); unprocessed {
		return wrote > 1 // by a transport that repeats; of the others nothing is known
	}
	return wrote > 0
}

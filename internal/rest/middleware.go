package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/wechatkit/wechat/internal/secret"
)

// Middleware wraps a transport. It stands above the layer that puts in what opens something: of a request it sees the
// address without a query, the headers without those of Request.Header, and the JSON as it was before it was sealed; of an
// answer a copy. What is sent, and what the exchange reads, does not pass through its hands.
type Middleware = func(http.RoundTripper) http.RoundTripper

// CheckMiddleware names the layer that is missing.
func CheckMiddleware(layers []Middleware) error {
	for i, layer := range layers {
		if layer == nil {
			return fmt.Errorf("layer %d is nil", i)
		}
	}
	return nil
}

// wrap puts the layers, the first of them outermost, above the transport.
func (c *Client) wrap(layers []Middleware) http.RoundTripper {
	if len(layers) == 0 {
		return c.transport
	}
	c.watched = true
	var chain http.RoundTripper = beneath{c}
	for i, layer := range slices.Backward(layers) {
		if chain = layer(chain); chain == nil {
			return refusal{fmt.Errorf("TransportMiddleware[%d] gave no transport", i)}
		}
	}
	return chain
}

// refusal stands in for a transport that is missing: net/http would take its default one.
type refusal struct{ err error }

func (r refusal) RoundTrip(outer *http.Request) (*http.Response, error) {
	drain(outer)
	return nil, r.err
}

// What a middleware must not do. Nothing is sent then.
var (
	errNoExchange = errors.New("a transport middleware dropped the context of the request")
	errOther      = errors.New("a transport middleware changed the method or the address of the request")
	errTwice      = errors.New("a transport middleware repeats the request; WithRetry is for that")
	errLeft       = errors.New("a transport middleware sends a request that it has given up")
	errNoAnswer   = errors.New("the transport gave no answer")
	errMadeUp     = errors.New("a transport middleware made up an answer to a request that it had sent")
)

// passage is one way of an exchange through the middleware, and the context of what the middleware sees: a request that a
// layer kept from an earlier one does not pass for the present one.
type passage struct {
	*exchange

	own     url.URL // whatever the layers do to theirs
	mu      sync.Mutex
	entered bool                          // guarded by mu: it came through, and is sent
	back    bool                          // guarded by mu: the transport has returned, and its answer is kept
	left    bool                          // guarded by mu: nobody waits for it any more
	answer  atomic.Pointer[http.Response] // WeChat's; over once nobody waits for it
	body    bytes.Reader                  // what the middleware gets to read
	all     *cover                        // what no head of a message may show
	secrets *cover                        // and no body
}

func newPassage(ex *exchange) *passage {
	all := ex.req.cover()
	p := &passage{exchange: ex, all: all, secrets: &cover{secrets: all.secrets, all: all.secrets}}
	p.body.Reset(p.visibleBody(ex.req))
	return p
}

var over = new(http.Response)

// prepare completes the HTTP request that the middleware sees.
func (p *passage) prepare(raw *http.Request) {
	p.address(raw)
	p.own = *raw.URL
	p.url = &p.own
}

// Format keeps every verb of fmt from printing what is sent: a layer has the passage as the context of its request.
func (ex *exchange) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "rest.exchange") }

// passageKey finds the passage in a context that a middleware has made of the request's.
type passageKey struct{}

// Value implements context.Context.
func (p *passage) Value(key any) any {
	if key == (passageKey{}) {
		return p
	}
	return p.Context.Value(key)
}

// visibleBody is what of a body is for the eyes of the middleware.
func (p *passage) visibleBody(req *Request) []byte {
	if req.Confidential {
		return nil
	}
	body := req.plain()
	if text := string(body); p.secrets.redact(text) != text {
		return nil // the program's own doing
	}
	return body
}

// beneath is the layer below all middleware. It makes the real request of the one that it gets.
type beneath struct{ client *Client }

func (b beneath) RoundTrip(outer *http.Request) (*http.Response, error) {
	drain(outer)
	p, ok := outer.Context().Value(passageKey{}).(*passage)
	if !ok {
		return nil, errNoExchange
	}
	inner, err := p.admit(outer)
	if err != nil {
		return nil, err
	}
	defer p.comeBack() // once the answer is kept, or the middleware that gives up meanwhile is taken at its word
	resp, err := b.client.transport.RoundTrip(inner)
	switch {
	case err != nil:
		return nil, b.client.spoken(p.exchange, err)
	case resp == nil || resp.Body == nil:
		return nil, errNoAnswer
	}
	return p.show(outer, resp), nil
}

// drain reads the body that the middleware had, for those that count, and closes it.
func drain(outer *http.Request) {
	if outer.Body != nil {
		_, _ = io.Copy(io.Discard, outer.Body)
		_ = outer.Body.Close()
	}
}

// admit lets a request through that is still what the call is about, once. A redirect that a middleware follows is another
// request: it would take the token with it.
func (p *passage) admit(outer *http.Request) (inner *http.Request, err error) {
	u := outer.URL
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.left:
		return nil, errLeft
	case u == nil || outer.Method != p.req.Method || u.Scheme != p.own.Scheme || u.Host != p.own.Host ||
		u.Path != p.own.Path || u.RawQuery != "" || outer.Host != "" && outer.Host != p.own.Host:
		return nil, errOther
	case p.entered:
		return nil, errTwice
	}
	inner, err = p.inner(outer)
	p.entered = err == nil
	return inner, err
}

func (p *passage) comeBack() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.back = true
}

// state reports whether the request did not come through, or whether the transport is still at it although the middleware
// has given up. Without middleware it is neither.
func (p *passage) state() (held, underWay bool) {
	if p == nil {
		return false, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.entered, p.entered && !p.back
}

// notTheirs are headers that change what is answered, or how it is written. With an Accept-Encoding of somebody else's
// net/http hands over the answer as it came, compressed.
var notTheirs = []string{"Accept-Encoding", "Content-Encoding", "Expect", "Range", "If-Match", "If-None-Match", "If-Modified-Since"}

// inner makes the request that is sent. Of the middleware's it has the context and the headers.
func (p *passage) inner(outer *http.Request) (*http.Request, error) {
	trace := p.trace                                                     // WithClientTrace changes what it gets, and there may be more than one passage
	inner := outer.WithContext(traced(p.bound(outer.Context()), &trace)) // not above: a dumper makes a request of its own
	address := p.own
	inner.URL, inner.Host, inner.Header = &address, address.Host, outer.Header.Clone()
	if inner.Header == nil {
		inner.Header = http.Header{}
	}
	for _, key := range notTheirs {
		inner.Header.Del(key)
	}
	inner.Body, inner.ContentLength, inner.TransferEncoding, inner.GetBody = nil, 0, nil, nil
	if body := p.req.Body; len(body) > 0 {
		inner.Body, inner.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	} else if inner.Method != http.MethodGet {
		inner.Body = http.NoBody
	}
	return inner, p.fill(inner)
}

// bound makes ctx, which a middleware has made of the request's, end with the exchange: one without its cancellation would
// outlive the limits of the call.
func (p *passage) bound(ctx context.Context) context.Context {
	if ctx.Done() == p.Done() {
		return ctx
	}
	ctx, cancel := context.WithCancel(ctx)
	context.AfterFunc(p, cancel)
	return ctx
}

// withoutHeaders keeps a trace of a middleware or a program from headers, among which HTTP/2 has the address.
func withoutHeaders(ctx context.Context) context.Context {
	trace := httptrace.ContextClientTrace(ctx)
	if trace == nil {
		return ctx
	}
	blind := *trace
	blind.WroteHeaderField, blind.Got1xxResponse = nil, nil
	return httptrace.WithClientTrace(untraced{ctx}, &blind)
}

// untraced is a context without a trace: httptrace would call what it finds as well.
type untraced struct{ context.Context }

// Value implements context.Context.
func (c untraced) Value(key any) any {
	value := c.Context.Value(key)
	if _, ok := value.(*httptrace.ClientTrace); ok {
		return nil
	}
	return value
}

// spoken makes of a transport's error one that a middleware may print.
func (c *Client) spoken(ex *exchange, err error) error {
	var local *LocalError
	if errors.As(err, &local) {
		return local
	}
	return ex.req.cause(c.blame(ex, err), c.logins(ex))
}

// show keeps the answer for the exchange and makes the copy that the middleware gets. It has the body of an answer that is
// short, no file and not confidential, with masks over what the request had of secrets.
func (p *passage) show(outer *http.Request, resp *http.Response) *http.Response {
	shown := *resp
	shown.Request, shown.Header, shown.Trailer = outer, p.all.header(resp.Header), nil
	shown.Body, shown.ContentLength, shown.TransferEncoding = http.NoBody, 0, nil
	if !p.req.Confidential && !p.file {
		if text := p.secrets.visible(peek(resp)); text != "" {
			shown.Body, shown.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		}
	}
	if !p.answer.CompareAndSwap(nil, resp) {
		_ = resp.Body.Close()
	}
	return &shown
}

// header masks what an answer repeats of the request, such as a redirect.
func (c *cover) header(h http.Header) http.Header {
	h = h.Clone()
	for _, values := range h {
		for i, v := range values {
			values[i] = c.redact(v)
		}
	}
	return h
}

// visible masks an answer. One that repeats a secret in an unusual spelling is not shown.
func (c *cover) visible(text string) string {
	masked := c.redact(text)
	if strings.Count(c.quiet(masked), secret.Mask) > strings.Count(masked, secret.Mask) {
		return ""
	}
	return masked
}

// peek returns the body where it is short and whole, and leaves it to be read again.
func peek(resp *http.Response) string {
	start, err := io.ReadAll(io.LimitReader(resp.Body, keepBuffer+1))
	left := io.Reader(resp.Body)
	if err != nil {
		left = brokenOff{err}
	}
	resp.Body = readFrom{io.MultiReader(bytes.NewReader(start), left), resp.Body}
	if err != nil || len(start) > keepBuffer {
		return ""
	}
	return string(start)
}

type readFrom struct {
	io.Reader
	io.Closer
}

type brokenOff struct{ err error }

func (b brokenOff) Read([]byte) (int, error) { return 0, b.err }

// leave refuses what comes later, and returns the answer that came.
func (p *passage) leave() (answer *http.Response, entered bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left = true
	return p.answer.Swap(over), p.entered
}

// drop closes an answer that nobody took because a layer panics.
func (p *passage) drop() {
	if answer, _ := p.leave(); answer != nil && answer != over {
		_ = answer.Body.Close()
	}
}

// end returns the answer of WeChat's, or, where it was not asked, what the middleware made up.
func (p *passage) end(shown *http.Response, err error) (*http.Response, error) {
	answer, entered := p.leave()
	switch {
	case answer == nil && err == nil && entered:
		_ = shown.Body.Close()
		return nil, errMadeUp
	case answer == nil:
		return shown, err
	case err != nil:
		_ = answer.Body.Close()
		return nil, err
	}
	answer.Body = readFrom{answer.Body, closers{answer.Body, shown.Body}}
	return answer, nil
}

// closers are closed together: a middleware may wait for the end of the body that it handed on.
type closers []io.Closer

func (c closers) Close() (err error) {
	for _, one := range c {
		err = errors.Join(err, one.Close())
	}
	return err
}

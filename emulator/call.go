package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// request is an incoming request with its body read, wherever it came from.
type request struct {
	method, host, path, rawQuery string

	header  http.Header
	body    []byte
	chunked bool // sent without a Content-Length
	ip      string
}

// call is one request on its way through the pipeline. Handlers run with Server.mu held.
type call struct {
	*request

	s     *Server
	w     *world
	now   time.Time
	query url.Values
	app   *App // whose token it carries, or whose appid it names
}

// dispatch runs one request. It expects s.mu to be held.
func (s *Server) dispatch(req *request) (reply, *App) {
	c := &call{request: req, s: s, w: &s.world, now: s.world.clock.now()}
	if strings.HasPrefix(req.path, mediaPath) {
		return c.publicFile(), nil
	}
	r, known := find(req.method, req.path)
	if !known {
		return c.fail(40066), nil
	}
	if r.method != req.method {
		return c.wrongMethod(r), nil
	}
	if req.chunked && !s.cfg.lenient {
		return noContentLength(), nil
	}
	c.query, _ = url.ParseQuery(req.rawQuery)
	if bad, ok := c.admit(r); !ok {
		return bad, c.app
	}
	if c.secured() {
		return c.handleSecured(r), c.app
	}
	return r.handle(c), c.app
}

// admit checks what the route declares.
func (c *call) admit(r *route) (reply, bool) {
	if r.token != noToken {
		if code := c.authenticate(r.token); code != 0 {
			return c.fail(code), false
		}
		if r.token != anyToken && !r.kinds.has(c.app.Kind) || c.app.lacksVerification(r.path) {
			return c.fail(48001), false
		}
		if code := c.app.spend(r.path, c.now); code != 0 {
			return c.fail(code), false
		}
	}
	if r.jsonType && !c.s.cfg.lenient && !c.isJSON() {
		return c.failf(200014, "missing parameter tid"), false
	}
	return reply{}, true
}

func (c *call) wrongMethod(r *route) reply {
	switch {
	case r.plain404:
		return c.failf(404, "404 not found, check get|post")
	case r.method == http.MethodGet:
		return c.fail(43001)
	default:
		return c.fail(43002)
	}
}

func (c *call) isJSON() bool {
	mediaType, _, err := mime.ParseMediaType(c.header.Get("Content-Type"))
	return err == nil && mediaType == "application/json"
}

// jsonBody makes a handler of a function that takes a decoded JSON body.
func jsonBody[T any](handle func(*call, *T) reply) func(*call) reply {
	return func(c *call) reply {
		in := new(T)
		if bad, ok := c.decode(in); !ok {
			return bad
		}
		return handle(c, in)
	}
}

// decode reads the JSON body, with WeChat's opinions on how JSON is written.
func (c *call) decode(v any) (reply, bool) {
	if len(bytes.TrimSpace(c.body)) == 0 {
		return c.fail(44002), false
	}
	if !utf8.Valid(c.body) || !c.s.cfg.lenient && hasUnicodeEscape(c.body) {
		return c.fail(40033), false
	}
	dec := json.NewDecoder(bytes.NewReader(exactNames(c.body, v)))
	dec.UseNumber()
	if err := dec.Decode(v); err != nil {
		return c.fail(47001), false
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return c.fail(47001), false
	}
	return reply{}, true
}

// hasUnicodeEscape finds \uXXXX, but not the text \\u, which is a backslash and a letter.
func hasUnicodeEscape(body []byte) bool {
	for i := 0; i < len(body)-1; i++ {
		if body[i] != '\\' {
			continue
		}
		if body[i+1] == 'u' {
			return true
		}
		i++
	}
	return false
}

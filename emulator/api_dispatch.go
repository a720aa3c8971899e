package emulator

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/wechatkit/wechat/errcode"
)

// dispatch runs one request. It expects s.mu to be held.
func (s *Server) dispatch(req *request) (reply, *App) {
	c := &call{request: req, s: s, w: &s.world, now: s.world.clock.now()}
	if strings.HasPrefix(req.path, mediaPath) {
		return c.publicFile(), nil
	}
	r, known := find(req.method, req.path)
	if !known {
		return c.fail(errcode.InvalidURL), nil
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
			return c.fail(errcode.APIUnauthorized), false
		}
		if code := c.app.spend(r.path, c.now); code != 0 {
			return c.fail(code), false
		}
	}
	if r.jsonType && !c.s.cfg.lenient && !c.isJSON() {
		return c.failf(errcode.InvalidTitleID, "missing parameter tid"), false
	}
	return reply{}, true
}

func (c *call) wrongMethod(r *route) reply {
	switch {
	case r.plain404:
		return c.failf(errcode.WrongHTTPMethod, "404 not found, check get|post")
	case r.method == http.MethodGet:
		return c.fail(errcode.GETRequired)
	default:
		return c.fail(errcode.POSTRequired)
	}
}

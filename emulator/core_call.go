package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"github.com/wechatkit/wechat/errcode"
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
		return c.fail(errcode.EmptyBody), false
	}
	if !utf8.Valid(c.body) || !c.s.cfg.lenient && hasUnicodeEscape(c.body) {
		return c.fail(errcode.InvalidCharacters), false
	}
	dec := json.NewDecoder(bytes.NewReader(exactNames(c.body, v)))
	dec.UseNumber()
	if err := dec.Decode(v); err != nil {
		return c.fail(errcode.MalformedBody), false
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return c.fail(errcode.MalformedBody), false
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

// tokenNeed is the token that a call carries in its query.
type tokenNeed uint8

const (
	noToken       tokenNeed = iota // appid and secret in the request, or nothing at all
	appToken                       // access_token of an account, its own or a platform's for it
	platformToken                  // access_token of a third-party platform
	anyToken                       // either
)

// kinds is a set of account kinds.
type kinds uint8

const (
	mpOnly    = kinds(1 << MiniProgram)
	oaOnly    = kinds(1 << ServiceAccount)
	anyKind   = mpOnly | oaOnly
	thirdOnly = kinds(1 << ThirdParty)
)

func (k kinds) has(kind Kind) bool { return k&(1<<kind) != 0 }

// route says what a call needs before its handler runs.
type route struct {
	method, path string
	token        tokenNeed
	kinds        kinds
	// plain404 answers a wrong method with errcode 404 instead of 43001 or 43002.
	plain404 bool
	// jsonType insists on a JSON Content-Type: without it the fields are not seen.
	jsonType bool
	handle   func(*call) reply
}

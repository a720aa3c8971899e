package emulator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wechatkit/wechat/errcode"
)

// Call is one API call that the emulator answered. Secrets in it read "***"; bodies of the signed and
// encrypted form ([App.SecureAPI]) are shown decrypted.
type Call struct {
	Seq      int           `json:"seq"` // counts all calls from 1
	Time     time.Time     `json:"time"`
	Took     time.Duration `json:"took"` // by the emulator's clock
	AppID    string        `json:"appId,omitempty"`
	Method   string        `json:"method"`
	Path     string        `json:"path"`
	Query    string        `json:"query,omitempty"`
	Request  string        `json:"request,omitempty"`
	Status   int           `json:"status"` // 0 if the connection was reset
	Code     errcode.Code  `json:"errcode"`
	RID      string        `json:"rid,omitempty"`
	Response string        `json:"response,omitempty"`
}

// worldRecord is what is known of past calls. None of it is saved.
type worldRecord struct {
	calls    record
	counts   map[string]int // calls by path, also those that the record has dropped
	rids     map[string]*failedCall
	ridOrder []string // oldest first
}

// record keeps the newest calls as they came in; secrets are masked when somebody looks.
type record struct {
	limit int
	total int
	calls []Call
}

func (s *Server) note(req *request, out reply, app *App, began time.Time, reset bool) {
	w := &s.world
	w.keepRID(req, &out, app, began)
	if w.routes[req.path] != nil {
		w.counts[req.path]++
	}
	w.calls.total++
	c := Call{
		Seq: w.calls.total, Time: began, Took: w.clock.now().Sub(began),
		Method: req.method, Path: req.path, Query: req.rawQuery, Request: shown(req.body),
		Status: out.status, Code: out.code, RID: out.rid, Response: shown(out.readable()),
	}
	if app != nil {
		c.AppID = app.AppID
	}
	if reset {
		c.Status, c.Code, c.RID, c.Response = 0, 0, "", ""
	}
	w.calls.add(c)
	if s.cfg.trace && s.tb != nil {
		s.tb.Logf("emulator: %s %s -> %d errcode %d", c.Method, c.Path, c.Status, c.Code)
	}
}

func (r *record) add(c Call) {
	if r.limit == 0 {
		return
	}
	r.calls = append(r.calls, c)
	if len(r.calls) >= 2*r.limit {
		r.calls = slices.Clone(r.calls[len(r.calls)-r.limit:])
	}
}

// longestShown bounds what the record keeps of a body, so that uploads do not fill the memory.
const longestShown = 16 << 10

func shown(body []byte) string {
	switch {
	case !utf8.Valid(body):
		return fmt.Sprintf("(%d%s", len(body), noText)
	case len(body) > longestShown:
		return cutBytes(string(body), longestShown) + cutMark
	}
	return string(body)
}

const (
	cutMark = "…"                        // the end of a body that is shown in part
	noText  = " bytes that are no text)" // the end of what stands for a file
)

// Calls returns the recorded API calls, oldest first: all of them, or those to the paths given. The
// record keeps the newest 10,000, see [WithCallLimit].
func (s *Server) Calls(paths ...string) []Call { return maskedCalls(s.recorded(paths...)) }

// recorded returns the calls as they were.
func (s *Server) recorded(paths ...string) []Call {
	s.mu.Lock()
	kept := s.world.calls.calls
	if limit := s.world.calls.limit; len(kept) > limit {
		kept = kept[len(kept)-limit:]
	}
	kept = slices.Clone(kept)
	s.mu.Unlock()
	return slices.DeleteFunc(kept, func(c Call) bool {
		return len(paths) > 0 && !slices.Contains(paths, c.Path)
	})
}

// Count is the number of calls to a path since the start, also where the record is shorter. An empty
// path counts them all.
func (s *Server) Count(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if path == "" {
		return s.world.calls.total
	}
	return s.world.counts[path]
}

// TokenCalls counts the requests for access tokens, classic and stable.
func (s *Server) TokenCalls() int { return s.Count(classicTokenPath) + s.Count(stableTokenPath) }

// Decode reads the JSON body of the request into v, for a test that looks at what was sent.
func (c *Call) Decode(v any) error { return json.Unmarshal([]byte(c.Request), v) }

// cutBytes shortens a text without cutting a character in two.
func cutBytes(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

func nonEmpty(parts ...string) []string {
	return slices.DeleteFunc(parts, func(s string) bool { return s == "" })
}

// failedCall is what rid/get knows of a call.
type failedCall struct {
	app      *App
	at       time.Time
	path     string
	url      string
	request  string
	response string
	ip       string
}

// keepRID remembers a failed call under the id that its errmsg carries.
func (w *world) keepRID(req *request, out *reply, app *App, at time.Time) {
	if out.rid == "" || app == nil {
		return
	}
	if len(w.ridOrder) >= ridsKept {
		delete(w.rids, w.ridOrder[0])
		w.ridOrder = w.ridOrder[1:]
	}
	w.ridOrder = append(w.ridOrder, out.rid)
	w.rids[out.rid] = &failedCall{
		app: app, at: at, path: req.path, url: "https://api.weixin.qq.com" + req.path + "?" + maskQuery(req.rawQuery),
		request: hide(shown(req.body)), response: hide(shown(out.readable())), ip: req.ip,
	}
}

// ridsKept is for how many failed calls the record can say what they were.
const ridsKept = 10_000

// kindOf tells JSON and XML from the rest.
func kindOf(body string) string {
	body = strings.TrimSpace(body)
	switch {
	case strings.HasPrefix(body, "{"), strings.HasPrefix(body, "["):
		return "application/json"
	case strings.HasPrefix(body, "<xml>"):
		return "text/xml"
	}
	return "text/plain"
}

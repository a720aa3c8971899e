package emulator

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

// Fault is a scripted fault. The zero value of each matching field matches every call.
type Fault struct {
	Method string // such as "POST"
	Path   string // such as "/cgi-bin/token"; a trailing * matches any rest

	// Times ends the fault after so many calls; 0 keeps it until it is stopped.
	Times int
	// Every strikes only each n-th matching call: 100 is one call in a hundred. 0 and 1 strike each.
	Every int

	// Delay holds the call back for this long in real time, or until the client gives up, which keeps it
	// from happening; with AfterTheFact it holds back the answer. Alone, it leaves the answer as it is.
	Delay time.Duration
	// Code is the errcode to answer.
	Code errcode.Code
	// Message is the errmsg that goes with Code. Defaults to WeChat's own words.
	Message string
	// Status is the HTTP status to answer. Defaults to 200.
	Status int
	// Body is the answer as it is, such as "<html>" or half a JSON object.
	Body string
	// ContentType goes with Body. Defaults to "text/html".
	ContentType string
	// Reset breaks the connection instead of answering.
	Reset bool
	// AfterTheFact lets the call happen first, so that only its answer is lost: the message is
	// delivered, but the sender cannot know.
	AfterTheFact bool
}

// worldFaults are the faults that are planted, in their order.
type worldFaults struct {
	faults  []*activeFault
	planted int // faults ever
}

type activeFault struct {
	Fault

	id         int // counts all faults from 1
	seen, hits int
}

// Fail plants a fault and returns a function that removes it. Of several that match, the one planted
// first strikes.
func (s *Server) Fail(f Fault) (stop func()) {
	id := s.AddFault(f)
	return func() { s.RemoveFault(id) }
}

// replaces reports whether the fault puts something in place of the answer.
func (f *Fault) replaces() bool { return f.Code != 0 || f.Status != 0 || f.Body != "" || f.Reset }

func (w *world) drop(f *activeFault) {
	w.faults = slices.DeleteFunc(w.faults, func(other *activeFault) bool { return other == f })
}

// strike finds the fault that hits a request, and counts it.
func (w *world) strike(req *request) *Fault {
	for _, f := range w.faults {
		if !f.matches(req) {
			continue
		}
		f.seen++
		if f.Every > 1 && f.seen%f.Every != 0 {
			continue
		}
		f.hits++
		if f.Times > 0 && f.hits == f.Times {
			w.drop(f)
		}
		return &f.Fault
	}
	return nil
}

func (f *Fault) matches(req *request) bool {
	if f.Method != "" && f.Method != req.method {
		return false
	}
	if prefix, ok := strings.CutSuffix(f.Path, "*"); ok {
		return strings.HasPrefix(req.path, prefix)
	}
	return f.Path == "" || f.Path == req.path
}

// faulty is the answer of a fault that has one.
func (s *Server) faulty(f *Fault) reply {
	c := &call{s: s, w: &s.world, now: s.world.clock.now()}
	var out reply
	switch {
	case f.Body != "":
		out = reply{contentType: cmp.Or(f.ContentType, "text/html"), body: []byte(f.Body)}
	case f.Code != 0 && f.Message != "":
		out = c.failf(f.Code, "%s", f.Message)
	case f.Code != 0:
		out = c.fail(f.Code)
	default:
		out = reply{contentType: "text/html", body: []byte(http.StatusText(f.Status))}
	}
	out.status = f.Status
	if out.status == 0 {
		out.status = http.StatusOK
	}
	return out
}

// AddFault plants a fault as [Server.Fail] does, for a caller who knows it by a number. See
// [Server.Snapshot] for those that are planted.
func (s *Server) AddFault(f Fault) (id int) {
	if f.Delay <= 0 && !f.replaces() {
		s.misuse("Fail: a fault without an effect: set Code, Status, Body, Reset or Delay")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.world.planted++
	s.world.faults = append(s.world.faults, &activeFault{Fault: f, id: s.world.planted})
	return s.world.planted
}

// RemoveFault removes the fault with this number and reports whether there was one.
func (s *Server) RemoveFault(id int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.world.faults {
		if f.id == id {
			s.world.drop(f)
			return true
		}
	}
	return false
}

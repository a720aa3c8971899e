package console

import (
	"fmt"
	"strconv"
	"time"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
)

var worldRoutes = map[string]handler{
	"GET /clock":          getClock,
	"POST /clock/advance": advance,
	"GET /faults":         listFaults,
	"POST /faults":        addFault,
	"DELETE /faults/{id}": removeFault,
	"DELETE /faults":      removeFaults,
	"POST /settle":        settle,
}

// duration is written like "1h30m" in JSON.
type duration time.Duration

// MarshalText writes the duration, and nothing for zero.
func (d duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("%q is no duration, such as 1h30m", b)
	}
	*d = duration(v)
	return nil
}

func getClock(r *request) (any, error) {
	snap := r.wx.Snapshot()
	return clock{snap.Now, snap.Frozen}, nil
}

func advance(r *request) (any, error) {
	in, err := body[struct {
		By duration `json:"by"`
	}](r)
	if err != nil {
		return nil, err
	}
	if in.By <= 0 {
		return nil, badRequest("by: want a duration above 0, such as 2h")
	}
	r.wx.Advance(time.Duration(in.By))
	return getClock(r)
}

// fault is emulator.Fault in JSON.
type fault struct {
	ID           int          `json:"id"`
	Method       string       `json:"method,omitempty"`
	Path         string       `json:"path,omitempty"`
	Times        int          `json:"times,omitempty"`
	Every        int          `json:"every,omitempty"`
	Delay        duration     `json:"delay,omitzero"`
	Code         errcode.Code `json:"errcode,omitempty"`
	Message      string       `json:"errmsg,omitempty"`
	Status       int          `json:"status,omitempty"`
	Body         string       `json:"body,omitempty"`
	ContentType  string       `json:"contentType,omitempty"`
	Reset        bool         `json:"reset,omitempty"`
	AfterTheFact bool         `json:"afterTheFact,omitempty"`
	Hits         int          `json:"hits"`
}

func (f *fault) planted() emulator.Fault {
	return emulator.Fault{
		Method: f.Method, Path: f.Path, Times: f.Times, Every: f.Every, Delay: time.Duration(f.Delay), Code: f.Code,
		Message: f.Message, Status: f.Status, Body: f.Body, ContentType: f.ContentType, Reset: f.Reset, AfterTheFact: f.AfterTheFact,
	}
}

func faultsOf(list []emulator.FaultState) []fault {
	out := make([]fault, len(list))
	for i, f := range list {
		out[i] = fault{
			ID: f.ID, Method: f.Method, Path: f.Path, Times: f.Times, Every: f.Every, Delay: duration(f.Delay), Code: f.Code,
			Message: f.Message, Status: f.Status, Body: f.Body, ContentType: f.ContentType, Reset: f.Reset,
			AfterTheFact: f.AfterTheFact, Hits: f.Hits,
		}
	}
	return out
}

func listFaults(r *request) (any, error) {
	return map[string]any{"faults": faultsOf(r.wx.Snapshot().Faults)}, nil
}

func addFault(r *request) (any, error) {
	in, err := body[fault](r)
	if err != nil {
		return nil, err
	}
	in.ID, in.Hits = r.wx.AddFault(in.planted()), 0
	return in, nil
}

func removeFault(r *request) (any, error) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil || !r.wx.RemoveFault(id) {
		return nil, notFound("no fault %s", r.PathValue("id"))
	}
	return listFaults(r)
}

func removeFaults(r *request) (any, error) {
	for _, f := range r.wx.Snapshot().Faults {
		r.wx.RemoveFault(f.ID)
	}
	return listFaults(r)
}

// settle waits for the pushes that are due.
func settle(r *request) (any, error) {
	r.wx.Settle()
	return struct{}{}, nil
}

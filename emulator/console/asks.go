package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/wechatkit/wechat/emulator"
)

const (
	keptAsks    = 100
	longestWait = time.Minute
)

// ask is a subscription pop-up that a Mini Program has raised.
type ask struct {
	ID    int       `json:"id"`
	User  string    `json:"user"`
	AppID string    `json:"appId"`
	Time  time.Time `json:"time"`
	State string    `json:"state"` // pending or answered
	Items []askItem `json:"items"`
	// Result is what wx.requestSubscribeMessage returns, by template.
	Result map[string]string `json:"result,omitempty"`
	// Error is why the call failed after all, with the errCode. There is no result then.
	Error string `json:"error,omitempty"`

	claimed bool // somebody is answering
}

type askItem struct {
	TemplateID string `json:"templateId"`
	Title      string `json:"title"`
	Shown      bool   `json:"shown"` // the user has to decide
}

const (
	pending  = "pending"
	answered = "answered"
)

// asks keeps the pop-ups: those that wait for an answer, and the last ones that got it.
type asks struct {
	mu    sync.Mutex
	all   []ask
	last  int
	grown chan struct{} // closed at every change
}

func newAsks() *asks { return &asks{grown: make(chan struct{})} }

func (a *asks) list() []ask {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.all)
}

func (a *asks) clear() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = nil
	a.changed()
}

// changed expects mu to be held.
func (a *asks) changed() {
	close(a.grown)
	a.grown = make(chan struct{})
}

// raise adds a pop-up, unless the user has one on the screen already.
func (a *asks) raise(in ask) (ask, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	busy := func(other ask) bool { return other.User == in.User && other.State == pending }
	if in.State == pending && slices.ContainsFunc(a.all, busy) {
		return ask{}, false
	}
	a.last++
	in.ID = a.last
	if len(a.all) >= keptAsks {
		if i := slices.IndexFunc(a.all, func(old ask) bool { return old.State != pending }); i >= 0 {
			a.all = slices.Delete(a.all, i, i+1)
		}
	}
	a.all = append(a.all, in)
	a.changed()
	return in, true
}

func (a *asks) get(id int) (found ask, change <-chan struct{}, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.IndexFunc(a.all, func(one ask) bool { return one.ID == id })
	if i < 0 {
		return ask{}, a.grown, false
	}
	return a.all[i], a.grown, true
}

// claim takes a pending pop-up, so that it is answered once.
func (a *asks) claim(id int) (ask, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.IndexFunc(a.all, func(one ask) bool { return one.ID == id })
	switch {
	case i < 0:
		return ask{}, notFound("no ask %d", id)
	case a.all[i].State != pending || a.all[i].claimed:
		return ask{}, &apiError{http.StatusConflict, "the ask is answered already"}
	}
	a.all[i].claimed = true
	return a.all[i], nil
}

// finish writes the answer down, or why the call failed. Without either the claim is given back.
func (a *asks) finish(id int, result map[string]string, failure string) ask {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.IndexFunc(a.all, func(one ask) bool { return one.ID == id })
	if i < 0 {
		return ask{ID: id, State: answered, Result: result, Error: failure} // another emulator is in place
	}
	a.all[i].claimed = false
	if result != nil || failure != "" {
		a.all[i].State, a.all[i].Result, a.all[i].Error = answered, result, failure
	}
	a.changed()
	return a.all[i]
}

var askRoutes = map[string]handler{
	"GET /asks":              listAsks,
	"POST /asks":             raiseAsk,
	"GET /asks/{id}":         getAsk,
	"POST /asks/{id}/answer": answerAsk,
}

func listAsks(r *request) (any, error) {
	return map[string]any{"asks": append([]ask{}, r.c.asks.list()...)}, nil
}

type askBody struct {
	User        string   `json:"user"`
	TemplateIDs []string `json:"templateIds"`
}

func raiseAsk(r *request) (any, error) {
	in, err := body[askBody](r)
	if err != nil {
		return nil, err
	}
	u, err := r.user(in.User)
	if err != nil {
		return nil, err
	}
	popup, err := u.Popup(in.TemplateIDs...)
	if err != nil {
		return nil, &apiError{http.StatusConflict, err.Error()}
	}
	a := ask{User: u.Name, AppID: popup.App.AppID, Time: r.wx.Now(), State: pending, Items: itemsOf(popup, in.TemplateIDs)}
	if len(popup.Shown) == 0 {
		a.State = answered
		if a.Result, err = u.Answer(in.TemplateIDs, nil, false); err != nil {
			return nil, &apiError{http.StatusConflict, err.Error()}
		}
	}
	raised, ok := r.c.asks.raise(a)
	if !ok {
		return nil, &apiError{http.StatusConflict, u.Name + " has a pop-up to answer already"}
	}
	return raised, nil
}

func itemsOf(p emulator.Popup, ids []string) []askItem {
	titles := map[string]string{}
	for _, t := range p.App.State().Templates {
		titles[t.ID] = t.Title
	}
	items := make([]askItem, len(ids))
	for i, id := range ids {
		items[i] = askItem{TemplateID: id, Title: titles[id], Shown: slices.Contains(p.Shown, id)}
	}
	return items
}

// getAsk waits for the answer if the query says how long.
func getAsk(r *request) (any, error) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		return nil, notFound("no ask %s", r.PathValue("id"))
	}
	var wait time.Duration
	if text := r.URL.Query().Get("wait"); text != "" {
		if wait, err = time.ParseDuration(text); err != nil {
			return nil, badRequest("wait: want a duration, such as 30s")
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), min(wait, longestWait))
	defer cancel()
	for {
		a, change, ok := r.c.asks.get(id)
		if !ok {
			return nil, notFound("no ask %d", id)
		}
		if a.State == answered {
			return a, nil
		}
		select {
		case <-change:
		case <-r.c.live.done:
			return a, nil
		case <-ctx.Done():
			return a, nil
		}
	}
}

type answerBody struct {
	Accept []string            `json:"accept"`
	As     emulator.Acceptance `json:"as"` // of all that is accepted
	Keep   bool                `json:"keep"`
}

func answerAsk(r *request) (any, error) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		return nil, notFound("no ask %s", r.PathValue("id"))
	}
	in, err := body[answerBody](r)
	if err != nil {
		return nil, err
	}
	a, err := r.c.asks.claim(id)
	if err != nil {
		return nil, err
	}
	result, err := a.answer(r.wx, in)
	if failed := (*emulator.PopupError)(nil); errors.As(err, &failed) {
		r.c.asks.finish(id, nil, failed.Error())
		return nil, &apiError{http.StatusConflict, failed.Error()}
	}
	return r.c.asks.finish(id, result, ""), err
}

func (a *ask) answer(wx *emulator.Server, in *answerBody) (map[string]string, error) {
	ids := make([]string, len(a.Items))
	for i, item := range a.Items {
		ids[i] = item.TemplateID
	}
	for _, t := range in.Accept {
		if !slices.Contains(ids, t) {
			return nil, badRequest("accept: the pop-up does not ask for %q", t)
		}
	}
	return wx.User(a.User).AnswerAs(in.As, ids, in.Accept, in.Keep)
}

package callback

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Handler receives the pushes of WeChat (消息推送): an [http.Handler] for the URL that is set in WeChat's console.
//
// Make one with [New], register functions with [On], mount it at its path, and call [Handler.Shutdown] when the server
// has shut down. It is safe for concurrent use.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/guide/dev/push/
type Handler struct {
	cfg       Config
	accounts  func() []*account // their keys and tokens: no printer looks into a function
	encrypted bool              // at least one account has an encrypted mode
	strangers *allowance
	pushes    *pushMemory
	running   *runCounter

	registering sync.Mutex // held while routes are replaced
	routes      atomic.Pointer[routes]

	base   context.Context // ends when Shutdown gives up waiting; parent of all handlers
	cancel context.CancelFunc
	owner  string // names this process in the store
	runs   atomic.Uint64
}

// New makes a Handler. A setting that is missing or wrong is an [*errcode.FieldError] with its name.
func New(cfg Config) (*Handler, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	accounts, err := newAccounts(cfg.Apps)
	if err != nil {
		return nil, err
	}
	cfg.Apps = nil // the secrets live on in accounts only
	h := &Handler{
		cfg: cfg, accounts: func() []*account { return accounts }, owner: rand.Text(),
		strangers: newAllowance(cfg.MaxBody), pushes: newPushMemory(cfg.Store), running: newRunCounter(cfg.MaxRunning),
	}
	for _, a := range accounts {
		h.encrypted = h.encrypted || a.mode != ModePlain
	}
	h.base, h.cancel = context.WithCancel(context.Background())
	h.routes.Store(newRoutes())
	return h, nil
}

// String returns "callback.Handler".
func (h *Handler) String() string { return "callback.Handler" }

// Format is for the verbs that do not ask String.
func (h *Handler) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "callback.Handler") }

// ServeHTTP answers one request of WeChat: the check of the URL (GET) or a push (POST).
//
// What is read of a body must come before the answer is due, which is also true of what the server reads to get to the
// next request. Where the writer has no deadlines, the server's ReadTimeout has to do.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	deadline := time.Now().Add(h.cfg.AnswerWithin)
	_ = http.NewResponseController(w).SetReadDeadline(deadline)
	ctx := &borrowed{Context: r.Context()}
	defer ctx.end()
	r = r.WithContext(ctx)
	switch r.Method {
	case http.MethodGet:
		h.serveCheck(w, r)
	case http.MethodPost:
		h.servePush(w, r, deadline)
	default:
		w.Header().Set("Allow", "GET, POST")
		h.refuse(w, r, ErrMethod, nil)
	}
}

// serveCheck answers the request that WeChat sends when the URL is saved in its console.
func (h *Handler) serveCheck(w http.ResponseWriter, r *http.Request) {
	echo, err := h.checkURL(r)
	if err != nil {
		h.refuse(w, r, err, nil)
		return
	}
	write(w, http.StatusOK, contentText, []byte(echo))
}

func (h *Handler) servePush(w http.ResponseWriter, r *http.Request, deadline time.Time) {
	in, err := h.receive(w, r)
	if err != nil {
		h.refuse(w, r, err, nil)
		return
	}
	reply, err := h.process(r, in, deadline)
	if err != nil {
		h.refuse(w, r, err, in.push)
		return
	}
	if len(reply) == 0 {
		write(w, http.StatusOK, contentText, success)
		return
	}
	body, contentType := in.wrap(reply, h.cfg.Now())
	write(w, http.StatusOK, contentType, body)
}

// refuse reports err and answers with its status. The text tells the sender nothing: it is there because WeChat
// takes an empty body for "received".
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error, p Push) {
	status := statusOf(err)
	h.report(r.Context(), Report{Err: err, Status: status, RemoteAddr: r.RemoteAddr}.describe(p), err)
	write(w, status, contentText, []byte(http.StatusText(status)))
}

// report fills in what only the error knows and calls the hook, whose panic is nobody's business but its own.
func (h *Handler) report(ctx context.Context, r Report, err error) {
	var p *panicError
	if asPanic(err, &p) {
		r.Panic, r.Stack = p.value, p.stack
	}
	defer func() { _ = recover() }()
	h.cfg.Observer(ctx, r)
}

const (
	contentText = "text/plain; charset=utf-8"
	contentXML  = "text/xml; charset=utf-8"
	contentJSON = "application/json; charset=utf-8"
)

// success is what WeChat wants to hear when there is no reply. It is never encrypted.
var success = []byte("success")

// write answers with a length, for WeChat does not like chunks, and never as something a browser would run.
func write(w http.ResponseWriter, status int, contentType string, body []byte) {
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a sender who is gone will come again
}

// receive takes in the query, then the body, then both together.
func (h *Handler) receive(w http.ResponseWriter, r *http.Request) (*opened, error) {
	q, err := h.admit(r)
	if err != nil {
		return nil, err
	}
	room := share{}
	if !q.proven {
		room.from = h.strangers
	}
	defer room.giveBack()
	body, err := readBody(r, h.cfg.MaxBody, &room)
	if err != nil {
		w.Header().Set("Connection", "close")
		return nil, err
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // it has done its work
	return h.open(r, q, body)
}

// Shutdown stops the handler from taking pushes (they are answered 503) and waits for the handlers that run, those
// in the background included. When ctx ends first, their contexts are cancelled and Shutdown returns at once with
// ctx's error. It may be called more than once.
//
// Call it after [http.Server.Shutdown], which waits for the requests but not for what they left behind.
func (h *Handler) Shutdown(ctx context.Context) error {
	defer h.cancel()
	left, err := h.running.close(ctx)
	if err != nil {
		return fmt.Errorf("callback: Shutdown: %d handlers still running: %w", left, err)
	}
	return nil
}

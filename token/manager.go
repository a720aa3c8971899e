package token

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/singleflight"

	"github.com/wechatkit/wechat/internal/rest"
	"github.com/wechatkit/wechat/internal/route"
)

// Manager is the [Source] for an account with an AppSecret, or for whatever else a [Fetcher] brings. It is
// safe for concurrent use.
//
//   - However many goroutines ask, one request is under way. A caller waits no longer than its context.
//   - The token is renewed in its last five minutes by a request in the background of a call; callers go
//     on with the old one, which WeChat accepts until the end. Nothing runs while nobody asks.
//   - A request that fails is not repeated at once: attempts are spaced, from one second up to a minute;
//     after 45011 (minute quota) it is a minute, after 45009 (quota of the day), 89506 and 89507 (the
//     administrator refused) ten. Until the token expires callers do not notice.
//   - Reading a valid token takes no lock and allocates nothing.
//
// With a [Store] all this holds for a fleet: one process asks WeChat, the others find its token in the store,
// also where one was rejected. A process that dies while it asks is replaced after five seconds. About once a
// minute a Manager that is in use compares its token with the store's, in the background, and takes the newer.
//
// Where the store fails each process keeps its token and fetches for itself, at most once in each of the
// pauses above; a forced request (see [Manager.Renew]) is then not made at all. When the store is back it gets
// the newest token within a minute. With the classic token (see [Classic]) the processes end each other's
// tokens meanwhile; with the stable token they do not.
type Manager struct {
	name    string
	current *atomic.Pointer[entry] // what it points to is out of sight, see static
	inside  func() *manager
}

// manager is what a Manager holds.
type manager struct {
	cfg     Config
	current atomic.Pointer[entry]
	flights singleflight.Group
	ahead   atomic.Bool // a refresh in the background is under way
	pace    *pace
	fleet   *fleet // nil without a Store

	ctx  context.Context // ends with Close
	stop context.CancelFunc
	wg   sync.WaitGroup
	mu   sync.Mutex // orders begin and Close
}

// NewManager returns a Manager, or an error that names the setting that is wrong. It makes no request.
func NewManager(cfg Config) (*Manager, error) {
	if err := cfg.fill(); err != nil {
		return nil, err
	}
	cfg.Logger = cfg.Logger.With("app", cfg.AppID)
	ctx, stop := context.WithCancel(context.Background())
	in := &manager{cfg: cfg, ctx: ctx, stop: stop, pace: &pace{}, fleet: newFleet(ctx, &cfg)}
	return &Manager{"token.Manager(" + cfg.AppID + ")", &in.current, func() *manager { return in }}, nil
}

// Token returns a valid token, fetching one first where there is none. It implements [Source].
func (m *Manager) Token(ctx context.Context) (Token, error) {
	if e := m.current.Load(); e != nil {
		if !e.due.Load() {
			return e.token, nil
		}
		if !e.expired() {
			m.inside().refreshAhead()
			return e.token, nil
		}
	}
	in := m.inside()
	return in.wait(ctx, in.refreshExpired)
}

// Renew implements [Renewer]: it returns the current token if it is not the rejected one, and otherwise
// looks into the store and asks WeChat, at first without force. Only when WeChat has given out the same
// token again and that one is rejected too does it ask with force, once in 90 minutes over the fleet (WeChat
// takes 20 a day).
//
// More than five tokens in five minutes are not fetched this way: Renew then gives an error, which says whether
// WeChat rejects one token after the other or gives out the same again. Where only the force is refused, Renew
// returns the rejected token, and the Logger gets a line.
func (m *Manager) Renew(ctx context.Context, rejected Secret) (Token, error) {
	if e := m.current.Load(); e != nil && e.token.Value != rejected {
		return m.Token(ctx)
	}
	in := m.inside()
	for {
		replaced := false
		t, err := in.wait(ctx, func(ctx context.Context) (Token, error) {
			replaced = true
			return in.replace(ctx, rejected)
		})
		// A refresh that was under way already knew nothing of the rejection, and is no answer if it
		// brought the rejected token.
		if err != nil || replaced || t.Value != rejected {
			return t, err
		}
	}
}

// Route tells wechat.New how the Manager reaches WeChat, see [Config]. ok is false where its Fetcher does not say, which
// then asks somebody else.
func (m *Manager) Route() (r route.Route, ok bool) {
	if m == nil || m.inside == nil { // in a struct that has no Manager yet
		return route.Route{}, false
	}
	if s, ok := m.inside().cfg.Fetcher.(route.Source); ok {
		return s.Route()
	}
	return route.Route{}, false
}

// Close ends a refresh that is under way and waits for it. Token and Renew then give an error. A program
// that keeps its Manager to the end need not call it.
func (m *Manager) Close() error {
	m.inside().close()
	return nil
}

// String returns "token.Manager(AppID)".
func (m Manager) String() string { return m.name }

// Format is for the verbs that do not ask String.
func (m Manager) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, m.name) }

var errClosed = errors.New("token: the Manager is closed")

func (m *manager) close() {
	m.mu.Lock()
	m.stop()
	m.mu.Unlock()
	m.wg.Wait()
	if e := m.current.Load(); e != nil {
		e.timer.Stop()
	}
}

// begin counts a refresh that Close must wait for.
func (m *manager) begin() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ctx.Err() != nil {
		return false
	}
	m.wg.Add(1)
	return true
}

// wait joins the refresh under way, or starts one. The refresh has a life of its own: a caller that gives
// up leaves it to the others.
func (m *manager) wait(ctx context.Context, refresh func(context.Context) (Token, error)) (Token, error) {
	if err := ctx.Err(); err != nil {
		return Token{}, err
	}
	done := m.flights.DoChan("", func() (any, error) {
		if !m.begin() {
			return Token{}, errClosed
		}
		defer m.wg.Done()
		return refresh(m.ctx)
	})
	select {
	case r := <-done:
		t, _ := r.Val.(Token)
		return t, r.Err
	case <-ctx.Done():
		return Token{}, rest.Ended(ctx)
	}
}

// refreshAhead starts a refresh that nobody waits for, unless one is under way or not due yet.
func (m *manager) refreshAhead() {
	if !m.ahead.CompareAndSwap(false, true) {
		return
	}
	if !m.mayLook() || !m.begin() {
		m.ahead.Store(false)
		return
	}
	go func() {
		defer m.wg.Done()
		defer m.ahead.Store(false)
		_, _ = m.wait(m.ctx, m.refreshDue) // a failure is logged, and callers still have the old token
	}()
}

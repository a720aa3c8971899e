package token

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/rest"
)

// What follows runs in the one flight of a Manager.

// refreshExpired serves callers that have no token: the first of them refreshed for all who came meanwhile.
func (m *manager) refreshExpired(ctx context.Context) (Token, error) {
	if e := m.current.Load(); e != nil && !e.expired() {
		return e.token, nil
	}
	return m.refresh(ctx, "")
}

// refreshDue runs in the background of callers that have a token.
func (m *manager) refreshDue(ctx context.Context) (Token, error) {
	e := m.current.Load()
	switch {
	case !e.due.Load():
	case m.fleet == nil || e.renewable():
		return m.refresh(ctx, "")
	default:
		m.compare(ctx, e)
	}
	return e.token, nil
}

// replace serves callers whose token was rejected.
func (m *manager) replace(ctx context.Context, rejected Secret) (Token, error) {
	if e := m.current.Load(); e != nil && e.token.Value != rejected {
		return e.token, nil
	}
	return m.refresh(ctx, rejected)
}

// compare looks whether another process has put a newer token into the store. Where the store has an older
// one or none, as after an outage, it gets ours.
func (m *manager) compare(ctx context.Context, e *entry) {
	own := e.token
	stored, err := m.fleet.load(ctx)
	switch {
	case err != nil:
	case stored.Value == own.Value:
		if m.fleet.writeErr != nil {
			m.fleet.save(ctx, own, own.Value) // to see whether it can be written again
		}
	case !stored.fresh() || stored.Issued.Before(own.Issued):
		stored = m.fleet.save(ctx, own, "")
	}
	if err == nil && stored.Value != own.Value {
		m.adopt(stored, true)
		return
	}
	e.shared = err == nil && m.fleet.writeErr == nil
	e.restAgain(compareEvery)
}

// refresh gets a token from the store or from WeChat. rejected is a token that will not do.
func (m *manager) refresh(ctx context.Context, rejected Secret) (Token, error) {
	wait := m.pace.wait()
	if !m.mayLook() {
		return Token{}, m.pace.waiting(wait)
	}
	storeWorks := false
	if m.fleet != nil {
		stored, err := m.fleet.load(ctx)
		if err == nil && m.betters(stored, rejected) {
			return m.adopt(stored, true), nil
		}
		storeWorks = err == nil
	}
	if wait > 0 {
		return Token{}, m.pace.waiting(wait)
	}
	t, err := m.obtain(ctx, rejected, storeWorks)
	if ctx.Err() == nil && !errors.Is(err, errTooManyRenewals) && !errors.Is(err, errSameAgain) {
		m.pace.note(m.cfg.Logger, err)
	}
	if err != nil {
		return Token{}, err
	}
	return m.adopt(t, storeWorks && m.fleet.writeErr == nil), nil
}

// betters reports whether a stored token ends the search for one. After an outage of the store that may be an
// older one than ours.
func (m *manager) betters(stored Token, rejected Secret) bool {
	if e := m.current.Load(); e != nil && stored.Issued.Before(e.token.Issued.Add(-e.slack())) {
		return false
	}
	return stored.fresh() && stored.Value != rejected
}

// mayLook reports whether a refresh could come to anything: WeChat may be asked, or else the store.
func (m *manager) mayLook() bool {
	return m.pace.wait() <= 0 || m.fleet != nil && !m.fleet.rests()
}

// obtain asks WeChat, when it is this process's turn. A store out of order is no reason to stop.
func (m *manager) obtain(ctx context.Context, rejected Secret, storeWorks bool) (Token, error) {
	if !storeWorks {
		return m.fetch(ctx, rejected)
	}
	var stored Token
	if m.fleet.locker != nil {
		seen, lock, err := m.fleet.turn(ctx, func(t Token) bool { return m.betters(t, rejected) })
		if err != nil {
			return Token{}, err
		}
		if lock != nil {
			defer m.fleet.hold(ctx, lock)()
		}
		if m.betters(seen, rejected) {
			return seen, nil
		}
		stored = seen
	}
	t, err := m.fetch(ctx, rejected)
	if err != nil {
		return Token{}, err
	}
	return m.fleet.save(ctx, t, stored.Value), nil
}

// Why no more tokens are fetched in place of rejected ones, for now. The reasons are not the same: an operator has to
// look for another program, or to wait.
var (
	errTooManyRenewals = errors.New("token: WeChat rejects one token after the other; not asking for more for now " +
		"(does another program fetch tokens for this account, or force new ones?)")
	errSameAgain = fmt.Errorf("token: WeChat gives out the rejected token again; not asking for more for now "+
		"(at most one request in %d minutes forces a new one)", int(forceEvery.Minutes()))
)

// fetch asks WeChat, within the budget where a rejected token is the reason.
func (m *manager) fetch(ctx context.Context, rejected Secret) (Token, error) {
	if rejected == "" {
		return m.request(ctx, false, m.fetchWith(false))
	}
	place, ok := m.mayRenew(ctx)
	if !ok {
		return Token{}, m.pace.exhausted()
	}
	t, err := m.fetchAnother(ctx, rejected)
	if err != nil {
		m.fleet.leave(ctx, place) // failures have their own pauses
		return Token{}, err
	}
	m.pace.renewed(t.Value == rejected)
	return t, nil
}

// fetchAnother asks for a token other than the rejected one, with force only if WeChat keeps giving that out. Where only
// the force is refused, as when others have used up its quota, the fetching works and must not pause.
func (m *manager) fetchAnother(ctx context.Context, rejected Secret) (Token, error) {
	if r, ok := m.cfg.Fetcher.(Replacer); ok {
		return m.request(ctx, false, func(ctx context.Context) (Token, error) { return r.Replace(ctx, rejected) })
	}
	t, err := m.request(ctx, false, m.fetchWith(false))
	if err != nil || t.Value != rejected || !m.mayForce(ctx, rejected) {
		return t, err
	}
	forced, err := m.request(ctx, true, m.fetchWith(true))
	if err != nil {
		if ctx.Err() == nil {
			m.cfg.Logger.Warn("token: a forced request was refused", "err", err)
		}
		return t, nil
	}
	return forced, nil
}

// mayRenew keeps to the budget of this process, and to that of the fleet where the quota is small: the stable
// endpoint takes half a million requests a day. The place, nil without a fleet, is one of the fleet's budget.
func (m *manager) mayRenew(ctx context.Context) (place Lock, ok bool) {
	if !m.pace.mayRenew() {
		return nil, false
	}
	_, own := m.cfg.Fetcher.(*endpoint)
	if m.fleet == nil || m.fleet.down() || own && m.cfg.Kind == Stable {
		return nil, true
	}
	place, ok = m.fleet.take(ctx, "renewal", renewalBudget, renewalPeriod)
	return place, ok || m.fleet.down()
}

// mayForce reports whether it is time for a forced request, in this process and in the fleet.
func (m *manager) mayForce(ctx context.Context, rejected Secret) bool {
	if !m.pace.mayForce(rejected) || m.fleet != nil && m.fleet.down() {
		return false
	}
	if m.fleet != nil {
		if _, ok := m.fleet.take(ctx, "forced", 1, forceEvery); !ok {
			return false
		}
	}
	m.pace.forced()
	return true
}

func (m *manager) fetchWith(force bool) func(context.Context) (Token, error) {
	return func(ctx context.Context) (Token, error) { return m.cfg.Fetcher.Fetch(ctx, force) }
}

func (m *manager) request(ctx context.Context, force bool, ask func(context.Context) (Token, error)) (Token, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, m.cfg.Timeout, rest.Timeout(m.cfg.Timeout))
	defer cancel()
	start := time.Now()
	t, err := m.contained(ctx, ask)
	err = rest.Hide(err, []string{m.cfg.AppSecret.Reveal()}) // a Fetcher of the program's own may show it
	m.cfg.Observer(ctx, FetchEvent{Op: op, Forced: force, Duration: time.Since(start), Err: err})
	var refused *errcode.Error
	switch {
	case errors.As(err, &refused):
		return Token{}, err // it names its call itself
	case err != nil:
		return Token{}, fmt.Errorf("%s: %w", op, err)
	}
	return t.complete(start), nil
}

// contained makes an error of a panic: no caller could recover it, for a refresh has a goroutine of its own. What was
// panicked with may hold anything, and is left out.
func (m *manager) contained(ctx context.Context, ask func(context.Context) (Token, error)) (t Token, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the Fetcher or a TransportMiddleware panicked with a %T", p)
			m.cfg.Logger.Error("token: fetching panicked", "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
		}
	}()
	return ask(ctx)
}

// adopt makes t, which may be in the store, the token that callers get.
func (m *manager) adopt(t Token, shared bool) Token {
	var every time.Duration
	if m.fleet != nil {
		every = compareEvery
	}
	next := newEntry(t, every)
	next.shared = shared
	if old := m.current.Swap(next); old != nil {
		old.timer.Stop()
	}
	return t
}

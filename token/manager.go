package token

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"github.com/wechatkit/wechat/internal/rest"
)

// Manager is the [Source] for an account with an AppSecret. It is safe for concurrent use.
//
//   - However many goroutines ask, one request is under way. A caller waits no longer than its context.
//   - The token is renewed in its last five minutes by a request in the background of a call; callers go
//     on with the old one, which WeChat accepts until the end. Nothing runs while nobody asks.
//   - A request that fails is not repeated at once: attempts are spaced, from one second up to a minute.
//     Until the token expires callers do not notice.
//   - Reading a valid token takes no lock and allocates nothing.
type Manager struct {
	cfg     Config
	current atomic.Pointer[entry]
	flights singleflight.Group
	ahead   atomic.Bool // a refresh in the background is under way

	ctx  context.Context // ends with Close
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu       sync.Mutex // guards what follows
	failures int        // requests failed in a row
	retryAt  time.Time  // no request before
	lastErr  error
	forcedAt time.Time     // last forced request
	suspect  Secret        // token that was rejected, and which WeChat gave out again when asked
	renewals *rate.Limiter // bounds the requests that rejected tokens cause
}

// entry is a token on its way from fresh to due for renewal to expired. Due is set by a timer: a warm read
// then looks at a flag, which is ten times quicker than looking at the clock. Expiry goes by the monotonic
// clock, which does not jump.
type entry struct {
	token       Token
	due         atomic.Bool
	timer       *time.Timer
	born        time.Time
	expireAfter time.Duration
}

func newEntry(t Token) *entry {
	now := time.Now()
	ttl := t.Expiry.Sub(now)
	ahead := min(renewAhead-rand.N(renewJitter), ttl/2)
	e := &entry{token: t, born: now, expireAfter: ttl}
	e.timer = time.AfterFunc(ttl-ahead, func() { e.due.Store(true) })
	return e
}

func (e *entry) expired() bool { return time.Since(e.born) >= e.expireAfter }

const (
	// renewAhead is when WeChat begins to give out the next stable token; asking earlier brings the same.
	renewAhead  = 5 * time.Minute
	renewJitter = time.Minute // spreads the processes of a fleet

	firstBackoff = time.Second
	longestWait  = time.Minute

	// A token that is replaced by somebody else again and again (two programs that both fetch a classic
	// token) may cost a handful of requests at once and one a minute from then on: with the ordinary
	// refreshes that stays below the 2,000 a day of the classic endpoint.
	renewalBurst = 5
	renewalEvery = time.Minute

	forceEvery = 90 * time.Minute // below WeChat's 20 a day
)

// NewManager returns a Manager, or an error that names the setting that is wrong. It makes no request.
func NewManager(cfg Config) (*Manager, error) {
	if err := cfg.fill(); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Manager{
		cfg: cfg, ctx: ctx, stop: stop,
		renewals: rate.NewLimiter(rate.Every(renewalEvery), renewalBurst),
	}, nil
}

// Token returns a valid token, fetching one first where there is none. It implements [Source].
func (m *Manager) Token(ctx context.Context) (Token, error) {
	if e := m.current.Load(); e != nil {
		if !e.due.Load() {
			return e.token, nil
		}
		if !e.expired() {
			m.refreshAhead()
			return e.token, nil
		}
	}
	return m.wait(ctx, m.refreshExpired)
}

// Renew implements [Renewer]: it returns the current token if it is not the rejected one, and otherwise
// asks WeChat, at first without force. Only when WeChat has given out the same token again and that one
// is rejected too does it ask with force.
//
// Renewals beyond five at once and one a minute are refused with an error.
func (m *Manager) Renew(ctx context.Context, rejected Secret) (Token, error) {
	if e := m.current.Load(); e != nil && e.token.AccessToken != rejected {
		return m.Token(ctx)
	}
	for {
		replaced := false
		t, err := m.wait(ctx, func(ctx context.Context) (Token, error) {
			replaced = true
			return m.replace(ctx, rejected)
		})
		// A refresh that was under way already knew nothing of the rejection, and is no answer if it
		// brought the rejected token.
		if err != nil || replaced || t.AccessToken != rejected {
			return t, err
		}
	}
}

// Close ends a refresh that is under way and waits for it. Token and Renew then give an error. A program
// that keeps its Manager to the end need not call it.
func (m *Manager) Close() error {
	m.mu.Lock()
	m.stop()
	m.mu.Unlock()
	m.wg.Wait()
	if e := m.current.Load(); e != nil {
		e.timer.Stop()
	}
	return nil
}

// begin counts a refresh that Close must wait for.
func (m *Manager) begin() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ctx.Err() != nil {
		return false
	}
	m.wg.Add(1)
	return true
}

// String keeps fmt from walking into the Manager's settings.
func (m *Manager) String() string { return "token.Manager(" + m.cfg.AppID + ")" }

// Format does the same for every verb.
func (m *Manager) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, m.String()) }

// wait joins the refresh under way, or starts one. The refresh has a life of its own: a caller that gives
// up leaves it to the others.
func (m *Manager) wait(ctx context.Context, refresh func(context.Context) (Token, error)) (Token, error) {
	if err := ctx.Err(); err != nil {
		return Token{}, err
	}
	done := m.flights.DoChan("", func() (any, error) {
		if !m.begin() {
			return Token{}, errClosed
		}
		defer m.wg.Done()
		ctx, cancel := context.WithTimeout(m.ctx, m.cfg.Timeout)
		defer cancel()
		return refresh(ctx)
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
func (m *Manager) refreshAhead() {
	if !m.ahead.CompareAndSwap(false, true) {
		return
	}
	if m.notBefore() > 0 || !m.begin() {
		m.ahead.Store(false)
		return
	}
	go func() {
		defer m.wg.Done()
		defer m.ahead.Store(false)
		_, _ = m.wait(m.ctx, m.refreshDue) // a failure is logged, and callers still have the old token
	}()
}

// refreshExpired runs in the flight: the first caller refreshed for all who came meanwhile.
func (m *Manager) refreshExpired(ctx context.Context) (Token, error) {
	if e := m.current.Load(); e != nil && !e.expired() {
		return e.token, nil
	}
	return m.refresh(ctx, "")
}

func (m *Manager) refreshDue(ctx context.Context) (Token, error) {
	if e := m.current.Load(); e != nil && !e.due.Load() {
		return e.token, nil
	}
	return m.refresh(ctx, "")
}

// replace runs in the flight that a rejected token started.
func (m *Manager) replace(ctx context.Context, rejected Secret) (Token, error) {
	if e := m.current.Load(); e != nil && e.token.AccessToken != rejected {
		return e.token, nil
	}
	if !m.renewals.Allow() {
		return Token{}, errTooManyRenewals
	}
	return m.refresh(ctx, rejected)
}

var errClosed = errors.New("token: the Manager is closed")

var errTooManyRenewals = errors.New("token: WeChat rejects one token after the other; not asking for more for now " +
	"(does another program fetch classic tokens for this account?)")

// refresh gets a token from the store or from WeChat. rejected is a token that will not do.
func (m *Manager) refresh(ctx context.Context, rejected Secret) (Token, error) {
	if wait := m.notBefore(); wait > 0 {
		return Token{}, m.waiting(wait)
	}
	t, err := m.obtain(ctx, rejected)
	m.note(ctx, err)
	if err != nil {
		return Token{}, err
	}
	m.adopt(t)
	return t, nil
}

// obtain looks into the store, and asks WeChat where the store has nothing better. A store out of order
// is no reason to stop: this process then fetches for itself.
func (m *Manager) obtain(ctx context.Context, rejected Secret) (Token, error) {
	if m.cfg.Store == nil {
		return m.fetch(ctx, rejected)
	}
	if t, ok := m.load(ctx, rejected); ok {
		return t, nil
	}
	unlock := m.lock(ctx)
	defer unlock()
	if t, ok := m.load(ctx, rejected); ok {
		return t, nil
	}
	t, err := m.fetch(ctx, rejected)
	if err == nil {
		m.logStore(m.cfg.Store.Save(ctx, m.cfg.Key, t))
	}
	return t, err
}

// load returns the stored token if it is of use: another one than was rejected, and not due for renewal.
func (m *Manager) load(ctx context.Context, rejected Secret) (Token, bool) {
	t, err := m.cfg.Store.Load(ctx, m.cfg.Key)
	m.logStore(err)
	useful := err == nil && t.AccessToken != "" && t.AccessToken != rejected
	return t, useful && time.Until(t.Expiry) > renewAhead
}

func (m *Manager) lock(ctx context.Context) (unlock func()) {
	locker, ok := m.cfg.Store.(Locker)
	if !ok {
		return func() {}
	}
	unlock, err := locker.Lock(ctx, m.cfg.Key)
	m.logStore(err)
	if err != nil {
		return func() {}
	}
	return unlock
}

func (m *Manager) logStore(err error) {
	if err != nil {
		m.cfg.Logger.Warn("token store", "app", m.cfg.AppID, "err", err)
	}
}

// fetch asks WeChat, with force only if it keeps giving out a token that is rejected.
func (m *Manager) fetch(ctx context.Context, rejected Secret) (Token, error) {
	t, err := m.request(ctx, false)
	if err != nil || rejected == "" || t.AccessToken != rejected {
		return t, err
	}
	if !m.mayForce(rejected) {
		return t, nil
	}
	return m.request(ctx, true)
}

// mayForce reports whether a token that WeChat stands by was rejected before, too: a good token gets a
// single 40001 now and then. A forced request ends the token of every other process, and WeChat takes 20 a
// day.
func (m *Manager) mayForce(rejected Secret) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.suspect == rejected
	m.suspect = rejected
	if !known || time.Since(m.forcedAt) < forceEvery {
		return false
	}
	m.forcedAt = time.Now()
	return true
}

func (m *Manager) request(ctx context.Context, force bool) (Token, error) {
	start := time.Now()
	t, err := m.cfg.Fetcher.Fetch(ctx, force)
	m.cfg.OnFetch(ctx, Event{Op: op, Forced: force, Duration: time.Since(start), Err: err})
	if err != nil {
		return Token{}, fmt.Errorf("%s: %w", op, err)
	}
	return t, nil
}

func (m *Manager) adopt(t Token) {
	if old := m.current.Swap(newEntry(t)); old != nil {
		old.timer.Stop()
	}
}

// notBefore returns how long no request may be made yet.
func (m *Manager) notBefore() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Until(m.retryAt)
}

func (m *Manager) waiting(wait time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return fmt.Errorf("no token: next attempt in %v: %w", wait.Round(time.Millisecond), m.lastErr)
}

// note keeps count of failures and logs changes from one state to the other.
func (m *Manager) note(ctx context.Context, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil {
		if m.failures > 0 {
			m.cfg.Logger.InfoContext(ctx, "token: fetching works again", "app", m.cfg.AppID)
		}
		m.failures, m.retryAt, m.lastErr = 0, time.Time{}, nil
		return
	}
	if m.failures == 0 {
		m.cfg.Logger.WarnContext(ctx, "token: fetching fails", "app", m.cfg.AppID, "err", err)
	}
	wait := min(firstBackoff<<min(m.failures, 10), longestWait)
	m.failures++
	m.retryAt, m.lastErr = time.Now().Add(wait/2+rand.N(wait/2)), err
}

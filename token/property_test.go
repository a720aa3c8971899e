package token_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/token"
)

// deed is one thing that happens to a fleet.
type deed struct {
	what    string
	process int
	d       time.Duration
}

func (d deed) String() string { return fmt.Sprintf("%s(%d, %v)", d.what, d.process, d.d) }

// plan is what happens in one run.
type plan struct {
	kind      token.Kind
	processes int
	deeds     []deed
}

const (
	doSend      = "send"       // a process makes calls from several goroutines
	doSendAll   = "send all"   // all processes do
	doWait      = "wait"       // time passes
	doRevoke    = "revoke"     // WeChat rejects the tokens that are out
	doRestart   = "restart"    // a process forgets all
	doSlow      = "slow"       // the next token request takes long
	doBreak     = "break"      // WeChat gives no tokens
	doMend      = "mend"       // it does again
	doStoreDown = "store down" // the store fails
	doStoreHang = "store hangs"
	doStoreUp   = "store up"
	doFlush     = "flush" // the store forgets all
	doJump      = "jump"  // the clock of the store jumps
)

func drawPlan(t *rapid.T, faults bool) plan {
	p := plan{kind: token.Kind(rapid.IntRange(0, 1).Draw(t, "kind")), processes: rapid.IntRange(1, 4).Draw(t, "processes")}
	what := []string{doSend, doSend, doSendAll, doWait, doWait, doRevoke, doRestart, doSlow}
	if faults {
		what = append(what, doBreak, doMend, doFlush, doJump)
		if p.kind == token.Stable { // with the store down processes end each other's classic tokens
			what = append(what, doStoreDown, doStoreHang, doStoreUp)
		}
	}
	waits := []time.Duration{time.Second, 20 * time.Second, time.Minute, 4 * time.Minute, 30 * time.Minute, 2 * time.Hour}
	for range rapid.IntRange(1, 25).Draw(t, "deeds") {
		p.deeds = append(p.deeds, deed{
			what:    rapid.SampledFrom(what).Draw(t, "what"),
			process: rapid.IntRange(0, p.processes-1).Draw(t, "process"),
			d:       rapid.SampledFrom(waits).Draw(t, "time"),
		})
	}
	return p
}

// model is a fleet on an emulated WeChat, and what must be true of it.
type model struct {
	t     *testing.T
	plan  plan
	wx    *emulator.Server
	app   *emulator.App
	store *clockStore
	procs []*wechat.Client
	mans  []*token.Manager

	mu      sync.Mutex
	issued  map[string]int // tokens in the order in which WeChat gave them out
	broken  string         // what was found to be wrong
	mend    func()
	mended  time.Time
	revoked int
	began   time.Time
}

var accessToken = regexp.MustCompile(`"access_token":"([^"]+)"`)

// RoundTrip watches what WeChat gives out.
func (m *model) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(10 * time.Millisecond) // no two tokens are asked for in one instant
	resp, err := m.wx.HTTPClient().Transport.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "token") {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if found := accessToken.FindSubmatch(body); found != nil {
		m.mu.Lock()
		if _, known := m.issued[string(found[1])]; !known {
			m.issued[string(found[1])] = len(m.issued)
		}
		m.mu.Unlock()
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

func newModel(t *testing.T, p plan) *model {
	m := &model{t: t, plan: p, wx: emulator.New(t), issued: map[string]int{}, mend: func() {}, began: time.Now()}
	m.app = m.wx.MiniProgram()
	m.store = &clockStore{saved: m.saved}
	m.procs, m.mans = make([]*wechat.Client, p.processes), make([]*token.Manager, p.processes)
	for i := range p.processes {
		m.start(i)
	}
	return m
}

// start begins a process with nothing in its memory.
func (m *model) start(i int) {
	if m.mans[i] != nil {
		require.NoError(m.t, m.mans[i].Close())
	}
	hc := &http.Client{Transport: m}
	man, err := token.NewManager(token.Config{
		AppID: m.app.AppID, AppSecret: token.Secret(m.app.AppSecret), Kind: m.plan.kind, Store: m.store, HTTPClient: hc,
	})
	require.NoError(m.t, err)
	m.mans[i] = man
	m.procs[i], err = wechat.New(wechat.Config{AppID: m.app.AppID}, wechat.WithTokenSource(man),
		wechat.WithHTTPClient(hc), wechat.WithTimeout(time.Minute))
	require.NoError(m.t, err)
}

// saved checks that no older token is stored over a newer one.
func (m *model) saved(before, after string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.issued[after] < m.issued[before] {
		m.broken = fmt.Sprintf("token %d was stored over token %d", m.issued[after], m.issued[before])
	}
}

func (m *model) wrong(format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken == "" {
		m.broken = fmt.Sprintf(format, args...)
	}
}

// send makes calls, which must succeed where WeChat has given tokens for long enough.
func (m *model) send(processes ...*wechat.Client) {
	var wg sync.WaitGroup
	sure := m.mended.IsZero() || time.Since(m.mended) > 80*time.Second
	if m.broke() {
		sure = false
	}
	for _, c := range processes {
		for range 2 {
			wg.Go(func() {
				err := c.Do(context.Background(), http.MethodGet, "/cgi-bin/get_api_domain_ip", nil, nil, nil)
				if err != nil && sure {
					m.wrong("a call failed: %v", err)
				}
			})
		}
	}
	wg.Wait()
}

func (m *model) broke() bool { return m.mended.After(time.Now()) }

var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func (m *model) do(d deed) {
	tokenPath := map[token.Kind]string{token.Stable: "/cgi-bin/stable_token", token.Classic: "/cgi-bin/token"}[m.plan.kind]
	switch d.what {
	case doSend:
		m.send(m.procs[d.process])
	case doSendAll:
		m.send(m.procs...)
	case doWait:
		time.Sleep(d.d)
	case doRevoke:
		if m.broke() {
			return // nobody could find out before the next one
		}
		m.wx.Revoke(m.app)
		m.revoked++
		m.send(m.procs[d.process])
		time.Sleep(2 * time.Minute) // WeChat is not asked for one replacement after the other
	case doRestart:
		m.start(d.process)
	case doSlow:
		m.wx.Fail(emulator.Fault{Path: tokenPath, Delay: 8 * time.Second, Times: 1})
	case doBreak:
		m.mend()
		m.mend, m.mended = m.wx.Fail(emulator.Fault{Path: tokenPath, Code: -1}), never
	case doMend:
		if m.broke() {
			m.mend()
			m.mended = time.Now()
		}
	case doStoreDown:
		m.store.set(errStore, 0)
	case doStoreHang:
		m.store.set(nil, time.Hour)
	case doStoreUp:
		m.store.set(nil, 0)
	case doFlush:
		m.store.flush()
	case doJump:
		m.store.jump(d.d / 120 * time.Duration(1-2*(d.process%2))) // by a minute at most, as when Redis fails over
	}
}

// settle ends all trouble, and then nothing may stir.
func (m *model) settle() {
	m.do(deed{what: doMend})
	m.do(deed{what: doStoreUp})
	for range 4 {
		m.send(m.procs...)
		time.Sleep(90 * time.Second)
	}
	synctest.Wait()
	calls := m.wx.TokenCalls()
	for range 10 {
		m.send(m.procs...)
		synctest.Wait()
		time.Sleep(40 * time.Second)
	}
	if more := m.wx.TokenCalls() - calls; more > 1 {
		m.wrong("%d token requests when all was quiet", more)
	}
	time.Sleep(61 * time.Second)
	m.send(m.procs...)
	synctest.Wait()
	tokens := map[token.Secret]bool{}
	for _, man := range m.mans {
		got, err := man.Token(context.Background())
		if err != nil {
			m.wrong("no token in the end: %v", err)
		}
		tokens[got.Value] = true
	}
	if len(tokens) > 1 {
		m.wrong("%d tokens in the end", len(tokens))
	}
	for _, man := range m.mans {
		_ = man.Close()
	}
	time.Sleep(2 * time.Hour) // calls of the store that hang end
}

func run(t *testing.T, p plan, faults bool) (broken string) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel(t, p)
		for _, d := range p.deeds {
			m.do(d)
		}
		lifetimes := int(time.Since(m.began)/(115*time.Minute)) + 1
		if calls := m.wx.TokenCalls(); !faults && calls > lifetimes+m.revoked {
			m.wrong("%d token requests for %d lifetimes and %d revocations", calls, lifetimes, m.revoked)
		}
		m.settle()
		broken = m.broken
	})
	return broken
}

// Whatever happens: one request for each token, no call fails that need not, no older token is stored over a newer
// one, and in the end all processes have the same token.
func TestFleetWithoutFaults(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := drawPlan(rt, false)
		if broken := run(t, p, false); broken != "" {
			rt.Fatalf("%s\n%v, %d processes: %v", broken, p.kind, p.processes, p.deeds)
		}
	})
}

func TestFleetWithFaults(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := drawPlan(rt, true)
		if broken := run(t, p, true); broken != "" {
			rt.Fatalf("%s\n%v, %d processes: %v", broken, p.kind, p.processes, p.deeds)
		}
	})
}

// clockStore is a second implementation of what a Store promises, with a clock of its own that may jump.
type clockStore struct {
	token.MemoryStore // its locks

	saved func(before, after string)

	mu     sync.Mutex
	offset time.Duration
	jumped bool // which of two tokens is the newer is then not certain
	err    error
	hang   time.Duration
	value  token.Secret
	issued time.Time
	expiry time.Time
}

func (s *clockStore) set(err error, hang time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err, s.hang = err, hang
}

func (s *clockStore) jump(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset += d
	s.jumped = true
}

func (s *clockStore) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.value = ""
}

// trouble waits or fails as the store is told to. It does not look at contexts.
func (s *clockStore) trouble() error {
	s.mu.Lock()
	err, hang := s.err, s.hang
	s.mu.Unlock()
	time.Sleep(hang)
	if hang > 0 {
		return errStore
	}
	return err
}

func (s *clockStore) read() token.Token {
	now := time.Now().Add(s.offset)
	if s.value == "" || !now.Before(s.expiry) {
		return token.Token{}
	}
	age := max(0, now.Sub(s.issued))
	return token.Token{Value: s.value, Issued: time.Now().Add(-age), Expiry: time.Now().Add(s.expiry.Sub(now))}
}

func (s *clockStore) Load(context.Context, string) (token.Token, error) {
	if err := s.trouble(); err != nil {
		return token.Token{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.read(), nil
}

func (s *clockStore) Save(_ context.Context, _ string, t token.Token, replaces token.Secret) (token.Token, error) {
	if err := s.trouble(); err != nil {
		return token.Token{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	issued, old := t.Issued.Add(s.offset), s.read()
	if old.Value != "" && old.Value != replaces && s.issued.After(issued) {
		return old, nil
	}
	if old.Value != "" && !s.jumped {
		s.saved(old.Value.Reveal(), t.Value.Reveal())
	}
	s.value, s.issued, s.expiry = t.Value, issued, t.Expiry.Add(s.offset)
	return t, nil
}

func (s *clockStore) TryLock(ctx context.Context, key string, lease time.Duration) (token.Lock, error) {
	if err := s.trouble(); err != nil {
		return nil, err
	}
	return s.MemoryStore.TryLock(ctx, key, lease)
}

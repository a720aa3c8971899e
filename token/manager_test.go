package token_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/token"
)

// upstream plays WeChat: every fetch makes the next token unless told otherwise.
type upstream struct {
	mu     sync.Mutex
	calls  int
	forced int
	next   int
	err    error
	delay  time.Duration
	ttl    time.Duration
	sticky bool // give the same token unless forced
}

func (u *upstream) Fetch(ctx context.Context, force bool) (token.Token, error) {
	select {
	case <-time.After(u.delay):
	case <-ctx.Done():
		return token.Token{}, ctx.Err()
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.calls++
	if force {
		u.forced++
	}
	if u.err != nil {
		return token.Token{}, u.err
	}
	if !u.sticky || force || u.next == 0 {
		u.next++
	}
	return token.Token{Value: u.current(), Expiry: time.Now().Add(u.ttl)}, nil
}

func (u *upstream) current() token.Secret { return token.Secret("token-" + strconv.Itoa(u.next)) }

func (u *upstream) fail(err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.err = err
}

func (u *upstream) count() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.calls
}

func newManager(t *testing.T, u *upstream, change ...func(*token.Config)) *token.Manager {
	t.Helper()
	if u.ttl == 0 {
		u.ttl = 2 * time.Hour
	}
	cfg := token.Config{AppID: "wx1", Fetcher: u}
	for _, c := range change {
		c(&cfg)
	}
	m, err := token.NewManager(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	return m
}

func get(t *testing.T, m *token.Manager) string {
	t.Helper()
	got, err := m.Token(t.Context())
	require.NoError(t, err)
	return got.Value.Reveal()
}

func TestColdStartFetchesOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{delay: time.Second}
		m := newManager(t, u)
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() {
				got, err := m.Token(t.Context())
				if err != nil || got.Value != "token-1" {
					t.Errorf("got %v, %v", got, err)
				}
			})
		}
		wg.Wait()
		require.Equal(t, 1, u.count())
	})
}

func TestWarmReadAllocatesNothing(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts those of all goroutines
	m := newManager(t, &upstream{})
	get(t, m)
	ctx := t.Context()
	require.Zero(t, testing.AllocsPerRun(1000, func() { _, _ = m.Token(ctx) }))
}

func TestRefreshAheadBlocksNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{delay: time.Second}
		m := newManager(t, u)
		get(t, m)

		time.Sleep(2*time.Hour - 5*time.Minute - 2*time.Second)
		require.Equal(t, "token-1", get(t, m), "not before the last five minutes")
		synctest.Wait()
		require.Equal(t, 1, u.count())

		time.Sleep(time.Minute + 2*time.Second)
		start := time.Now()
		for range 100 {
			require.Equal(t, "token-1", get(t, m), "callers go on with the old token")
		}
		require.Zero(t, time.Since(start))
		time.Sleep(2 * time.Second)
		require.Equal(t, "token-2", get(t, m))
		require.Equal(t, 2, u.count())
	})
}

func TestExpiredTokenIsNotHandedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{}
		m := newManager(t, u)
		get(t, m)
		time.Sleep(2 * time.Hour)
		require.Equal(t, "token-2", get(t, m))
	})
}

// The stable endpoint may answer with the rest of a lifetime, even a short one. That must neither lead to
// a token that never expires nor to a request per call.
func TestShortRestOfALifetime(t *testing.T) {
	t.Parallel()
	for _, ttl := range []time.Duration{time.Second, 299 * time.Second, 300 * time.Second, 345 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			u := &upstream{ttl: ttl, sticky: true}
			m := newManager(t, u)
			for range 1000 {
				get(t, m)
			}
			require.Equal(t, 1, u.count())
			time.Sleep(ttl)
			get(t, m)
			require.Equal(t, 2, u.count())
		})
	}
}

var errOutage = errors.New("outage")

func TestOutageIsNotNoticedWhileTheTokenLasts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var logged bytes.Buffer
		u := &upstream{}
		m := newManager(t, u, func(c *token.Config) { c.Logger = slog.New(slog.NewTextHandler(&logged, nil)) })
		get(t, m)
		u.fail(errOutage)

		time.Sleep(2*time.Hour - 4*time.Minute)
		for range 4*60*10 - 1 {
			require.Equal(t, "token-1", get(t, m))
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
		}
		calls := u.count() - 1
		require.Greater(t, calls, 5)
		require.LessOrEqual(t, calls, 14, "one second, doubling up to a minute, over four minutes")

		time.Sleep(time.Second)
		_, err := m.Token(t.Context())
		require.ErrorIs(t, err, errOutage)

		u.fail(nil)
		time.Sleep(time.Minute)
		require.Equal(t, "token-2", get(t, m), "recovers without a restart")
		require.Equal(t, 1, strings.Count(logged.String(), "fetching fails"), "one line for each change of state")
		require.Equal(t, 1, strings.Count(logged.String(), "works again"))
	})
}

func TestEndpointIsNotHammered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{err: errOutage}
		m := newManager(t, u)
		var failures atomic.Int64
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				for range 600 {
					if _, err := m.Token(t.Context()); err != nil {
						failures.Add(1)
					}
					time.Sleep(time.Second)
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, 20*600, failures.Load())
		require.LessOrEqual(t, u.count(), 30, "over ten minutes")
	})
}

func TestWaiterLeavesWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{delay: 3 * time.Second}
		m := newManager(t, u)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := m.Token(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(start))

		require.Equal(t, "token-1", get(t, m), "the fetch went on for the others")
		require.Equal(t, 1, u.count())

		cancel()
		_, err = m.Token(ctx)
		require.NoError(t, err, "a token at hand costs no wait")
	})
}

func TestFetchIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t, &upstream{delay: time.Hour})
		start := time.Now()
		_, err := m.Token(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 10*time.Second, time.Since(start))
	})
}

func TestRenewReplacesOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{delay: time.Second}
		m := newManager(t, u)
		get(t, m)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				got, err := m.Renew(t.Context(), "token-1")
				if err != nil || got.Value != "token-2" {
					t.Errorf("got %v, %v", got, err)
				}
			})
		}
		wg.Wait()
		require.Equal(t, 2, u.count())

		got, err := m.Renew(t.Context(), "token-1")
		require.NoError(t, err)
		require.Equal(t, token.Secret("token-2"), got.Value, "a late report about the old token costs nothing")
		require.Equal(t, 2, u.count())
	})
}

func TestRenewForcesOnlyAtTheSecondRejection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{sticky: true}
		m := newManager(t, u)
		get(t, m)
		got, err := m.Renew(t.Context(), "token-1")
		require.NoError(t, err)
		require.Equal(t, token.Secret("token-1"), got.Value, "WeChat stands by its token: try it once more")
		require.Zero(t, u.forced)

		got, err = m.Renew(t.Context(), "token-1")
		require.NoError(t, err)
		require.Equal(t, token.Secret("token-2"), got.Value)
		require.Equal(t, 1, u.forced)

		for range 24 * 60 { // a token that is rejected all day
			current, err := m.Token(t.Context())
			require.NoError(t, err)
			_, _ = m.Renew(t.Context(), current.Value)
			time.Sleep(time.Minute)
		}
		require.Less(t, u.forced, 20, "WeChat allows 20 a day")
	})
}

func TestRenewalsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{}
		m := newManager(t, u)
		rejected := token.Secret(get(t, m))
		refusals := 0
		for range 24 * 60 * 6 { // every ten seconds for a day
			got, err := m.Renew(t.Context(), rejected)
			if err != nil {
				refusals++
				require.ErrorContains(t, err, "another program")
			} else {
				rejected = got.Value
			}
			time.Sleep(10 * time.Second)
		}
		require.Positive(t, refusals)
		require.Less(t, u.count(), 1900, "the classic endpoint allows 2,000 a day")
	})
}

// A renewal that joins an ordinary refresh must not come home with the rejected token.
func TestRenewDoesNotTrustARefreshUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{sticky: true, ttl: 10 * time.Minute, delay: time.Second}
		m := newManager(t, u)
		get(t, m)
		time.Sleep(6 * time.Minute)
		get(t, m) // begins a refresh in the background, which will bring token-1 again
		synctest.Wait()
		_, err := m.Renew(t.Context(), "token-1")
		require.NoError(t, err)
		require.Equal(t, 3, u.count(), "first fetch, refresh, renewal")
	})
}

func TestRenewReportsItsFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{}
		m := newManager(t, u)
		get(t, m)
		u.fail(errcode.New("token.Fetch", "/cgi-bin/stable_token", 200, errcode.IPNotInAllowList, "invalid ip 203.0.113.7"))
		_, err := m.Renew(t.Context(), "token-1")
		require.ErrorIs(t, err, errcode.IPNotAllowed)
		require.Equal(t, "token-1", get(t, m), "the token is kept: the rejection may have been a hiccup")
	})
}

func TestClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{delay: 5 * time.Second}
		m := newManager(t, u)
		failed := make(chan error, 1)
		go func() {
			_, err := m.Token(t.Context())
			failed <- err
		}()
		synctest.Wait()
		start := time.Now()
		require.NoError(t, m.Close())
		require.Zero(t, time.Since(start), "a fetch under way is given up")
		require.ErrorIs(t, <-failed, context.Canceled)
		_, err := m.Token(t.Context())
		require.Error(t, err)
	})
}

func TestObserver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var events []token.FetchEvent
		u := &upstream{delay: time.Second, sticky: true}
		m := newManager(t, u, func(c *token.Config) {
			c.Observer = func(_ context.Context, e token.FetchEvent) { events = append(events, e) }
		})
		get(t, m)
		_, _ = m.Renew(t.Context(), "token-1")
		_, _ = m.Renew(t.Context(), "token-1")
		require.Equal(t, []token.FetchEvent{
			{Op: "token.Fetch", Duration: time.Second},
			{Op: "token.Fetch", Duration: time.Second},
			{Op: "token.Fetch", Duration: time.Second},
			{Op: "token.Fetch", Duration: time.Second, Forced: true},
		}, events)
	})
}

func TestManagerDoesNotPrintItsSettings(t *testing.T) {
	t.Parallel()
	m, err := token.NewManager(token.Config{AppID: "wx1", AppSecret: "planted-secret"})
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		require.Equal(t, "token.Manager(wx1)", fmt.Sprintf(verb, m))
	}
	tok := token.Token{Value: "planted-token"}
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", tok, tok, tok), "planted")
}

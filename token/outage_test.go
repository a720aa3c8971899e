package token_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/token"
)

// The token endpoint in trouble: callers do not notice while the token lasts, WeChat is asked seldom, and all is
// well again without a restart.
func TestTokenEndpointInTrouble(t *testing.T) {
	t.Parallel()
	const outage = 30 * time.Minute // of which four minutes still have the old token
	cases := map[string]struct {
		fault emulator.Fault
		want  error
		calls int // at most
		back  time.Duration
	}{
		"busy":                  {emulator.Fault{Code: -1}, errcode.ServerBusy, 60, time.Minute},
		"quota of the day":      {emulator.Fault{Code: 45009}, errcode.QuotaExhausted, 4, 13 * time.Minute},
		"quota of the minute":   {emulator.Fault{Code: 45011}, errcode.RateLimited, 31, 75 * time.Second},
		"IP not allowed":        {emulator.Fault{Code: 40164, Message: "invalid ip 203.0.113.7, not in whitelist"}, errcode.IPNotAllowed, 60, time.Minute},
		"IP to be confirmed":    {emulator.Fault{Code: 89503}, errcode.IPNotAllowed, 60, time.Minute},
		"refused for an hour":   {emulator.Fault{Code: 89507}, errcode.IPNotAllowed, 4, 13 * time.Minute},
		"secret frozen":         {emulator.Fault{Code: 40243}, errcode.BadCredentials, 60, time.Minute},
		"down":                  {emulator.Fault{Reset: true}, nil, 60, time.Minute},
		"gateway's error page":  {emulator.Fault{Status: 502}, nil, 60, time.Minute},
		"hangs":                 {emulator.Fault{Delay: time.Hour}, context.DeadlineExceeded, 60, 70 * time.Second},
		"answers after 5 s":     {emulator.Fault{Delay: 5 * time.Second, Code: -1}, errcode.ServerBusy, 60, 70 * time.Second},
		"answers without token": {emulator.Fault{Body: `{"expires_in":7200}`}, nil, 60, time.Minute},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				asked := 0
				wx := emulator.New(t)
				app := wx.MiniProgram()
				m, err := token.NewManager(token.Config{
					AppID: app.AppID, AppSecret: token.Secret(app.AppSecret), HTTPClient: wx.HTTPClient(),
					Logger:   slog.New(slog.NewTextHandler(&log, nil)),
					Observer: func(context.Context, token.FetchEvent) { asked++ },
				})
				require.NoError(t, err)
				defer m.Close()
				first, err := m.Token(t.Context())
				require.NoError(t, err)
				require.Equal(t, 1, asked)

				c.fault.Path = "/cgi-bin/stable_token"
				mend := wx.Fail(c.fault)
				time.Sleep(2*time.Hour - 4*time.Minute)
				start := time.Now()
				for time.Since(start) < outage {
					got, err := m.Token(t.Context())
					if time.Until(first.Expiry) > 0 {
						require.NoError(t, err)
						require.Equal(t, first.Value, got.Value)
					} else {
						require.Error(t, err)
						require.NotContains(t, err.Error(), app.AppSecret)
						if c.want != nil {
							require.ErrorIs(t, err, c.want)
						}
					}
					time.Sleep(time.Second)
				}
				synctest.Wait()
				require.LessOrEqual(t, asked-1, c.calls, "over half an hour")
				require.Greater(t, asked-1, 1)

				mend()
				time.Sleep(c.back)
				got, err := m.Token(t.Context())
				require.NoError(t, err)
				require.NotEqual(t, first.Value, got.Value)
				require.Equal(t, 1, strings.Count(log.String(), "fetching fails"))
				require.Equal(t, 1, strings.Count(log.String(), "works again"))
			})
		})
	}
}

// trouble is a store that can be put out of order, or be made to hang without a look at its context.
type trouble struct {
	token.MemoryStore

	mu      sync.Mutex
	err     error
	hang    time.Duration
	noWrite error
	calls   int
}

func (s *trouble) set(change func(*trouble)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *trouble) fails(write bool) error {
	s.mu.Lock()
	err, hang := s.err, s.hang
	if write && err == nil {
		err = s.noWrite
	}
	s.calls++
	s.mu.Unlock()
	time.Sleep(hang)
	return err
}

func (s *trouble) Load(ctx context.Context, key string) (token.Token, error) {
	if err := s.fails(false); err != nil {
		return token.Token{}, err
	}
	return s.MemoryStore.Load(ctx, key)
}

func (s *trouble) Save(ctx context.Context, key string, t token.Token, replaces token.Secret) (token.Token, error) {
	if err := s.fails(true); err != nil {
		return token.Token{}, err
	}
	return s.MemoryStore.Save(ctx, key, t, replaces)
}

func (s *trouble) TryLock(ctx context.Context, key string, lease time.Duration) (token.Lock, error) {
	if err := s.fails(true); err != nil {
		return nil, err
	}
	return s.MemoryStore.TryLock(ctx, key, lease)
}

func TestStoreInTrouble(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*trouble){
		"fails":     func(s *trouble) { s.err = errStore },
		"hangs":     func(s *trouble) { s.hang = time.Minute },
		"read-only": func(s *trouble) { s.noWrite = errStore },
	}
	for name, begin := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				store := &trouble{}
				u := &upstream{sticky: true}
				m := newManager(t, u, func(c *token.Config) {
					c.Store, c.Logger = store, slog.New(slog.NewTextHandler(&log, nil))
				})
				store.set(begin)
				start := time.Now()
				require.Equal(t, "token-1", get(t, m))
				require.LessOrEqual(t, time.Since(start), 4*time.Second, "a hanging store costs its timeout")
				for range 60 {
					require.Equal(t, "token-1", get(t, m))
					time.Sleep(time.Minute)
					synctest.Wait()
				}
				require.Equal(t, 1, u.count())
				require.Equal(t, 1, strings.Count(log.String(), "the store fails"))
				require.NotContains(t, log.String(), "works again")

				store.set(func(s *trouble) { s.err, s.hang, s.noWrite = nil, 0, nil })
				time.Sleep(2 * time.Minute)
				get(t, m)
				synctest.Wait()
				time.Sleep(time.Minute)
				get(t, m)
				synctest.Wait()
				require.Equal(t, 1, strings.Count(log.String(), "works again"))
				stored, err := store.Load(t.Context(), storeKey)
				require.NoError(t, err)
				require.Equal(t, token.Secret("token-1"), stored.Value, "the store gets the token, and nobody asks WeChat")
				require.Equal(t, 1, u.count())
				time.Sleep(time.Hour) // calls that hang end
			})
		})
	}
}

const storeKey = "wechat:token:{wx1}:stable"

// While both are down the store is looked at once a second at most, WeChat by the usual pauses.
func TestStoreAndEndpointDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &trouble{err: errStore}
		u := &upstream{err: errOutage}
		m := newManager(t, u, func(c *token.Config) { c.Store = store })
		for range 600 * 10 {
			_, err := m.Token(t.Context())
			require.ErrorIs(t, err, errOutage)
			time.Sleep(100 * time.Millisecond)
		}
		require.LessOrEqual(t, u.count(), 25, "over ten minutes")
		require.LessOrEqual(t, store.calls, 630)

		// Another process gets a token: this one need not wait for its own next attempt.
		store.set(func(s *trouble) { s.err = nil })
		now := time.Now()
		_, err := store.MemoryStore.Save(t.Context(), storeKey,
			token.Token{Value: "of-another", Issued: now, Expiry: now.Add(time.Hour)}, "")
		require.NoError(t, err)
		time.Sleep(time.Second)
		require.Equal(t, "of-another", get(t, m))
	})
}

func TestFlushedStoreIsFilledAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &token.MemoryStore{}
		u := &upstream{}
		m := newManager(t, u, func(c *token.Config) { c.Store = store })
		get(t, m)
		require.NoError(t, store.Drop(t.Context(), storeKey, "token-1"))
		time.Sleep(61 * time.Second)
		get(t, m)
		synctest.Wait()
		other := newManager(t, u, func(c *token.Config) { c.Store = store })
		require.Equal(t, "token-1", get(t, other))
		require.Equal(t, 1, u.count())
	})
}

func TestNewerTokenOfAnotherProcessIsNoticed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &token.MemoryStore{}
		u := &upstream{}
		share := func(c *token.Config) { c.Store = store }
		first, second := newManager(t, u, share), newManager(t, u, share)
		get(t, first)
		get(t, second)
		time.Sleep(time.Second)
		_, err := first.Renew(t.Context(), "token-1")
		require.NoError(t, err)
		require.Equal(t, "token-1", get(t, second))
		time.Sleep(time.Minute)
		get(t, second)
		synctest.Wait()
		require.Equal(t, "token-2", get(t, second), "before WeChat rejects the old one")
		require.Equal(t, 2, u.count())
	})
}

// A process is frozen in the middle of its request, loses the lock, and comes back with an old answer.
func TestLateAnswerChangesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &token.MemoryStore{}
		slow := &upstream{delay: 9 * time.Second}
		quick := &upstream{next: 100}
		late := newManager(t, slow, func(c *token.Config) { c.Store = noExtending{store} })
		other := newManager(t, quick, func(c *token.Config) { c.Store = store })
		answer := make(chan token.Token, 1)
		go func() {
			got, _ := late.Token(t.Context())
			answer <- got
		}()
		synctest.Wait()
		start := time.Now()
		require.Equal(t, "token-101", get(t, other), "takes over when the lock ends")
		require.Equal(t, 5*time.Second, time.Since(start))
		got := <-answer
		require.Equal(t, token.Secret("token-101"), got.Value, "and the late process takes the newer token")
		stored, err := store.Load(t.Context(), storeKey)
		require.NoError(t, err)
		require.Equal(t, token.Secret("token-101"), stored.Value)
	})
}

// noExtending gives out locks that end, as those of a frozen process do.
type noExtending struct{ *token.MemoryStore }

func (s noExtending) TryLock(ctx context.Context, key string, lease time.Duration) (token.Lock, error) {
	l, err := s.MemoryStore.TryLock(ctx, key, lease)
	if l == nil {
		return nil, err
	}
	return ended{l}, err
}

type ended struct{ token.Lock }

func (ended) Extend(context.Context, time.Duration) (bool, error) { return false, nil }

// A holder that lives keeps the lock for as long as its request takes.
func TestSlowRequestKeepsTheLock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &token.MemoryStore{}
		u := &upstream{delay: 9 * time.Second}
		var wg sync.WaitGroup
		for range 4 {
			m := newManager(t, u, func(c *token.Config) { c.Store = store })
			wg.Go(func() {
				if got, err := m.Token(t.Context()); err != nil || got.Value != "token-1" {
					t.Errorf("got %v, %v", got, err)
				}
			})
		}
		wg.Wait()
		require.Equal(t, 1, u.count())
	})
}

// Two programs fight for a classic token all day. The fleet keeps to one budget.
func TestFightsAreBoundedForTheFleet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &token.MemoryStore{}
		u := &upstream{}
		var fleet []*token.Manager
		for range 4 {
			fleet = append(fleet, newManager(t, u, func(c *token.Config) { c.Store, c.Kind = store, token.Classic }))
		}
		for range 24 * 60 * 2 { // every half minute somebody else has fetched
			for _, m := range fleet {
				if got, err := m.Token(t.Context()); err == nil {
					_, _ = m.Renew(t.Context(), got.Value)
				}
			}
			time.Sleep(30 * time.Second)
		}
		require.Less(t, u.count(), 1900, "the classic endpoint allows 2,000 a day")
	})
}

// A token that is rejected all day in four processes, and that WeChat stands by.
func TestForcedRequestsAreBoundedForTheFleet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wx := emulator.New(t)
		app := wx.MiniProgram()
		store := &trouble{}
		forced := []time.Time{}
		var fleet []*token.Manager
		for range 4 {
			m, err := token.NewManager(token.Config{
				AppID: app.AppID, AppSecret: token.Secret(app.AppSecret), HTTPClient: wx.HTTPClient(), Store: store,
				Observer: func(_ context.Context, e token.FetchEvent) {
					if e.Forced {
						require.NoError(t, e.Err)
						forced = append(forced, time.Now())
					}
				},
			})
			require.NoError(t, err)
			defer m.Close()
			fleet = append(fleet, m)
		}
		rejectAll := func(d time.Duration) {
			for start := time.Now(); time.Since(start) < d; time.Sleep(3 * time.Minute) {
				for _, m := range fleet {
					if got, err := m.Token(t.Context()); err == nil {
						_, _ = m.Renew(t.Context(), got.Value)
					}
				}
			}
		}
		rejectAll(24 * time.Hour)
		require.Greater(t, len(forced), 10)
		require.LessOrEqual(t, len(forced), 20, "WeChat allows 20 a day")
		for i := 1; i < len(forced); i++ {
			require.GreaterOrEqual(t, forced[i].Sub(forced[i-1]), 30*time.Second)
		}

		store.set(func(s *trouble) { s.err = errStore })
		before := len(forced)
		rejectAll(3 * time.Hour)
		require.Len(t, forced, before, "without the store nobody knows what the others did")
	})
}

// tellMe is a Fetcher that is told which token was rejected.
type tellMe struct {
	upstream

	rejected []token.Secret
}

func (f *tellMe) Replace(ctx context.Context, rejected token.Secret) (token.Token, error) {
	f.rejected = append(f.rejected, rejected)
	return f.Fetch(ctx, false)
}

func TestReplacerIsTold(t *testing.T) {
	t.Parallel()
	f := &tellMe{upstream: upstream{ttl: time.Hour}}
	m, err := token.NewManager(token.Config{AppID: "wx1", Fetcher: f})
	require.NoError(t, err)
	defer m.Close()
	require.Equal(t, "token-1", get(t, m))
	got, err := m.Renew(t.Context(), "token-1")
	require.NoError(t, err)
	require.Equal(t, token.Secret("token-2"), got.Value)
	require.Equal(t, []token.Secret{"token-1"}, f.rejected)
}

// A Fetcher that says little, or gives what has expired, must not make each call a request.
func TestFetcherThatSaysLittle(t *testing.T) {
	t.Parallel()
	for _, ttl := range []time.Duration{-time.Hour, 0} {
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			m, err := token.NewManager(token.Config{AppID: "wx1", Fetcher: fetch(func() token.Token {
				calls++
				if ttl == 0 {
					return token.Token{Value: "a"}
				}
				return token.Token{Value: "a", Expiry: time.Now().Add(ttl)}
			})})
			require.NoError(t, err)
			defer m.Close()
			for range 1000 {
				get(t, m)
			}
			require.Equal(t, 1, calls)
		})
	}
}

type fetch func() token.Token

func (f fetch) Fetch(context.Context, bool) (token.Token, error) { return f(), nil }

// A Fetcher that a program writes may put the AppSecret into its errors, as net/http does with a URL.
func TestErrorsOfAFetcherAreClean(t *testing.T) {
	t.Parallel()
	const planted = "5ecre7-0f-the-app"
	var log bytes.Buffer
	var seen error
	m, err := token.NewManager(token.Config{
		AppID: "wx1", AppSecret: planted, Fetcher: leaky{planted}, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Observer: func(_ context.Context, e token.FetchEvent) { seen = e.Err },
	})
	require.NoError(t, err)
	defer m.Close()
	_, err = m.Token(t.Context())
	require.ErrorContains(t, err, "token.Fetch: ")
	for _, text := range []string{fmt.Sprintf("%v %#v", err, err), fmt.Sprintf("%v %#v", seen, seen), log.String()} {
		require.NotEmpty(t, text)
		require.NotContains(t, text, planted)
	}
	require.ErrorIs(t, err, errRefused, "it is what it was all the same")
	var found *url.Error
	require.ErrorAs(t, err, &found)
	require.Equal(t, "https://x/?secret=[redacted]", found.URL)
}

var errRefused = errors.New("refused")

type leaky struct{ secret string }

func (l leaky) Fetch(context.Context, bool) (token.Token, error) {
	return token.Token{}, &url.Error{Op: "Get", URL: "https://x/?secret=" + l.secret, Err: errRefused}
}

// Another process holds the lock and never comes to an end.
func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &token.MemoryStore{}
		_, err := store.TryLock(t.Context(), storeKey, time.Hour)
		require.NoError(t, err)
		u := &upstream{}
		m := newManager(t, u, func(c *token.Config) { c.Store = store })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err = m.Token(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(start), "a caller waits no longer than its context")
		_, err = m.Token(t.Context())
		require.ErrorContains(t, err, "for too long")
		require.Equal(t, 15*time.Second, time.Since(start))
		require.Zero(t, u.count())
	})
}

// deafStore knows locks but cannot wait for them.
type deafStore struct{ *trouble }

func (deafStore) AwaitUnlock(context.Context, string) error { return errStore }

func TestStoreThatCannotWaitIsNotAskedAllTheTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &trouble{}
		_, err := store.MemoryStore.TryLock(t.Context(), storeKey, 5*time.Second)
		require.NoError(t, err)
		u := &upstream{}
		m := newManager(t, u, func(c *token.Config) { c.Store = deafStore{store} })
		require.Equal(t, "token-1", get(t, m))
		require.LessOrEqual(t, store.calls, 50)
	})
}

// plainStore has no locks.
type plainStore struct{ s *token.MemoryStore }

func (p plainStore) Load(ctx context.Context, key string) (token.Token, error) {
	return p.s.Load(ctx, key)
}
func (p plainStore) Drop(ctx context.Context, key string, t token.Secret) error {
	return p.s.Drop(ctx, key, t)
}

func (p plainStore) Save(ctx context.Context, key string, t token.Token, replaces token.Secret) (token.Token, error) {
	return p.s.Save(ctx, key, t, replaces)
}

func TestStoreWithoutLocks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := plainStore{&token.MemoryStore{}}
		u := &upstream{delay: time.Second}
		share := func(c *token.Config) { c.Store = store }
		first, second := newManager(t, u, share), newManager(t, u, share)
		require.Equal(t, "token-1", get(t, first))
		require.Equal(t, "token-1", get(t, second))
		got, err := second.Renew(t.Context(), "token-1")
		require.NoError(t, err)
		require.Equal(t, token.Secret("token-2"), got.Value)
		got, err = first.Renew(t.Context(), "token-1")
		require.NoError(t, err)
		require.Equal(t, token.Secret("token-2"), got.Value)
		require.Equal(t, 2, u.count())
	})
}

// A panic below a refresh, which no caller could recover, is a failure like others.
func TestPanicWhileFetching(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		asked := 0
		wx := emulator.New(t)
		app := wx.MiniProgram()
		m, err := token.NewManager(token.Config{
			AppID: app.AppID, AppSecret: token.Secret(app.AppSecret), HTTPClient: wx.HTTPClient(),
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
			TransportMiddleware: []func(http.RoundTripper) http.RoundTripper{func(next http.RoundTripper) http.RoundTripper {
				return transportFunc(func(r *http.Request) (*http.Response, error) {
					if asked++; asked == 1 {
						panic("planted-in-a-panic")
					}
					return next.RoundTrip(r)
				})
			}},
		})
		require.NoError(t, err)
		defer m.Close()
		for range 3 {
			_, err = m.Token(t.Context())
			require.ErrorContains(t, err, "panicked with a string")
			require.NotContains(t, err.Error()+log.String(), "planted")
		}
		require.Equal(t, 1, asked, "it is spaced as other failures are")
		require.Contains(t, log.String(), "TestPanicWhileFetching", "the stack")
		time.Sleep(2 * time.Second)
		_, err = m.Token(t.Context())
		require.NoError(t, err)
	})
}

// transportFunc is a function that is a transport.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

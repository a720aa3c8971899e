package wechat_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/token"
)

// script is a transport that plays one step per request and keeps to the last one.
type script struct {
	mu    sync.Mutex
	steps []step
	seen  []string // method, URL and body of each request
}

type step func(*http.Request) (*http.Response, error)

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.steps[min(len(s.seen), len(s.steps)-1)]
	seen := r.Method + " " + r.URL.String()
	if next != nil && r.Body != nil && r.Body != http.NoBody {
		data, _ := io.ReadAll(r.Body)
		seen += " " + string(data)
	}
	s.seen = append(s.seen, seen)
	if next == nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	return next(r)
}

// noConnection fails without touching the body, as a failed dial does.
var noConnection step

func answer(body string) step { return status(http.StatusOK, body) }

func status(code int, body string) step {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: code, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

func connectionReset(*http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}

func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// tokens is a source that can renew; renewals are numbered.
type tokens struct {
	mu     sync.Mutex
	n      int
	err    error
	reject []token.Secret
}

func (s *tokens) Token(context.Context) (token.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return token.Token{Value: token.Secret("T" + string(rune('0'+s.n)))}, nil
}

func (s *tokens) Renew(ctx context.Context, rejected token.Secret) (token.Token, error) {
	s.mu.Lock()
	s.reject = append(s.reject, rejected)
	s.n++
	s.mu.Unlock()
	if s.err != nil {
		return token.Token{}, s.err
	}
	return s.Token(ctx)
}

func scripted(t *testing.T, steps []step, opts ...wechat.Option) (*wechat.Client, *script) {
	t.Helper()
	s := &script{steps: steps}
	opts = append([]wechat.Option{
		wechat.WithHTTPClient(&http.Client{Transport: s}), wechat.WithTokenSource(&tokens{}),
	}, opts...)
	c, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: "APPSECRET"}, opts...)
	require.NoError(t, err)
	return c, s
}

const (
	ok     = `{"errcode":0,"errmsg":"ok"}`
	busy   = `{"errcode":-1,"errmsg":"system error"}`
	minute = `{"errcode":45011,"errmsg":"slower"}`
	stale  = `{"errcode":40001,"errmsg":"invalid credential"}`
	refuse = `{"errcode":43101,"errmsg":"refused rid: 1-2-3"}`
	gone   = `<html>502 Bad Gateway`
)

// What is repeated, and what the caller is told, for each effect of a call and each kind of failure.
func TestRepetition(t *testing.T) {
	t.Parallel()
	const (
		each, same, none, consumes = wechat.NonIdempotent, wechat.Idempotent, wechat.ReadOnly, wechat.SingleUse
	)
	cases := map[string]struct {
		steps    []step
		requests map[wechat.Effect]int // how many are made
		fails    map[wechat.Effect]bool
		unknown  map[wechat.Effect]bool // ErrOutcomeUnknown
	}{
		"success": {
			steps:    []step{answer(ok)},
			requests: map[wechat.Effect]int{each: 1, same: 1, none: 1, consumes: 1},
		},
		"no connection at first": {
			steps:    []step{noConnection, answer(ok)},
			requests: map[wechat.Effect]int{each: 2, same: 2, none: 2, consumes: 2},
		},
		"no connection": {
			steps:    []step{noConnection},
			requests: map[wechat.Effect]int{each: 3, same: 3, none: 3, consumes: 3},
			fails:    map[wechat.Effect]bool{each: true, same: true, none: true, consumes: true},
		},
		"reset after the request": {
			steps:    []step{connectionReset, answer(ok)},
			requests: map[wechat.Effect]int{each: 1, same: 2, none: 2, consumes: 1},
			fails:    map[wechat.Effect]bool{each: true, consumes: true},
			unknown:  map[wechat.Effect]bool{each: true, consumes: true},
		},
		"reset each time": {
			steps:    []step{connectionReset},
			requests: map[wechat.Effect]int{each: 1, same: 3, none: 3, consumes: 1},
			fails:    map[wechat.Effect]bool{each: true, same: true, none: true, consumes: true},
			unknown:  map[wechat.Effect]bool{each: true, same: true, consumes: true},
		},
		"reset, then refused": {
			steps:    []step{connectionReset, answer(refuse)},
			requests: map[wechat.Effect]int{each: 1, same: 2, none: 2, consumes: 1},
			fails:    map[wechat.Effect]bool{each: true, same: true, none: true, consumes: true},
			unknown:  map[wechat.Effect]bool{each: true, same: true, consumes: true},
		},
		"reset, then no connection": {
			steps:    []step{connectionReset, noConnection},
			requests: map[wechat.Effect]int{each: 1, same: 3, none: 3, consumes: 1},
			fails:    map[wechat.Effect]bool{each: true, same: true, none: true, consumes: true},
			unknown:  map[wechat.Effect]bool{each: true, same: true, consumes: true},
		},
		"busy at first": {
			steps:    []step{answer(busy), answer(ok)},
			requests: map[wechat.Effect]int{each: 2, same: 2, none: 2, consumes: 1},
			fails:    map[wechat.Effect]bool{consumes: true},
		},
		"gateway's page at first": {
			steps:    []step{status(502, gone), answer(ok)},
			requests: map[wechat.Effect]int{each: 1, same: 2, none: 2, consumes: 1},
			fails:    map[wechat.Effect]bool{each: true, consumes: true},
			unknown:  map[wechat.Effect]bool{each: true, consumes: true},
		},
		"cut-off answer at first": {
			steps:    []step{answer(`{"errcode":`), answer(ok)},
			requests: map[wechat.Effect]int{each: 1, same: 2, none: 2, consumes: 1},
			fails:    map[wechat.Effect]bool{each: true, consumes: true},
			unknown:  map[wechat.Effect]bool{each: true, consumes: true},
		},
		"refused as a request": {
			steps:    []step{status(412, "Precondition Failed")},
			requests: map[wechat.Effect]int{each: 1, same: 1, none: 1, consumes: 1},
			fails:    map[wechat.Effect]bool{each: true, same: true, none: true, consumes: true},
		},
		"refused by WeChat": {
			steps:    []step{answer(refuse)},
			requests: map[wechat.Effect]int{each: 1, same: 1, none: 1, consumes: 1},
			fails:    map[wechat.Effect]bool{each: true, same: true, none: true, consumes: true},
		},
		"stale token": {
			steps:    []step{answer(stale), answer(ok)},
			requests: map[wechat.Effect]int{each: 2, same: 2, none: 2, consumes: 2},
		},
		"token that never heals": {
			steps:    []step{answer(stale)},
			requests: map[wechat.Effect]int{each: 2, same: 2, none: 2, consumes: 2},
			fails:    map[wechat.Effect]bool{each: true, same: true, none: true, consumes: true},
		},
		"minute quota without the time for it": {
			steps:    []step{answer(minute), answer(ok)},
			requests: map[wechat.Effect]int{each: 1, same: 1, none: 1, consumes: 1},
			fails:    map[wechat.Effect]bool{each: true, same: true, none: true, consumes: true},
		},
	}
	for name, c := range cases {
		for effect, requests := range c.requests {
			t.Run(name+"/"+[]string{"each", "same", "none", "consumes"}[effect], func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					client, s := scripted(t, c.steps)
					err := client.Call(t.Context(), wechat.Call{
						Op: "test.Call", Method: http.MethodPost, Path: "/x", In: map[string]int{"a": 1}, Effect: effect,
					})
					require.Len(t, s.seen, requests)
					require.Equal(t, c.fails[effect], err != nil, "%v", err)
					require.Equal(t, c.unknown[effect], errors.Is(err, wechat.ErrOutcomeUnknown), "%v", err)
					if err != nil {
						require.True(t, strings.HasPrefix(err.Error(), "test.Call: "), err.Error())
						require.NotContains(t, err.Error(), "access_token")
					}
				})
			})
		}
	}
}

func TestTokenIsReplacedOnceAndByValue(t *testing.T) {
	t.Parallel()
	client, s := scripted(t, []step{answer(stale)})
	err := client.Do(t.Context(), http.MethodPost, "/x", nil, nil, nil)
	require.ErrorIs(t, err, errcode.InvalidCredential)
	require.ErrorIs(t, err, errcode.InvalidToken)
	require.Equal(t, []token.Secret{"T0"}, client.TokenSource().(*tokens).reject)
	require.Equal(t, []string{
		"POST https://api.weixin.qq.com/x?access_token=T0", "POST https://api.weixin.qq.com/x?access_token=T1",
	}, s.seen)
}

// leftover is a source whose replacements were asked for at some other time, as when they come from a store.
type leftover struct {
	tokens
	ago time.Duration
}

func (s *leftover) Renew(ctx context.Context, rejected token.Secret) (token.Token, error) {
	t, err := s.tokens.Renew(ctx, rejected)
	t.Issued = time.Now().Add(-s.ago)
	return t, err
}

// A process that missed two tokens finds the first of them in the store.
func TestReplacementThatIsOldIsReplaced(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		ago      time.Duration
		steps    []step
		rejected []token.Secret
	}{
		{"Healed", time.Hour, []step{answer(stale), answer(stale), answer(ok)}, []token.Secret{"T0", "T1"}},
		{"NeverHeals", time.Hour, []step{answer(stale)}, []token.Secret{"T0", "T1"}},
		{"New", -time.Second, []step{answer(stale)}, []token.Secret{"T0"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			source := &leftover{ago: tt.ago}
			client, s := scripted(t, tt.steps, wechat.WithTokenSource(source))
			err := client.Do(t.Context(), http.MethodPost, "/x", nil, nil, nil)
			require.Equal(t, tt.name == "Healed", err == nil, "%v", err)
			require.Equal(t, tt.rejected, source.reject)
			require.Len(t, s.seen, len(tt.rejected)+1)
		})
	}
}

func TestFailedReplacementIsTold(t *testing.T) {
	t.Parallel()
	outage := errors.New("endpoint is down")
	client, _ := scripted(t, []step{answer(stale)}, wechat.WithTokenSource(&tokens{err: outage}))
	err := client.Do(t.Context(), http.MethodPost, "/x", nil, nil, nil)
	require.ErrorIs(t, err, errcode.InvalidToken)
	require.ErrorIs(t, err, outage)
	require.NotErrorIs(t, err, wechat.ErrOutcomeUnknown)
}

func TestOnlyTokensOfASourceAreReplaced(t *testing.T) {
	t.Parallel()
	client, s := scripted(t, []step{answer(stale)}, wechat.WithTokenSource(token.Static("fixed")))
	require.ErrorIs(t, client.Do(t.Context(), http.MethodPost, "/x", nil, nil, nil), errcode.InvalidToken)
	require.Len(t, s.seen, 1, "a static token has no replacement")

	client, s = scripted(t, []step{answer(stale)})
	err := client.Call(t.Context(), wechat.Call{Op: "t", Method: http.MethodGet, Path: "/sns/auth", Auth: wechat.AuthNone})
	require.ErrorIs(t, err, errcode.UserAuthRequired, "here 40001 is about the user's own token")
	require.Len(t, s.seen, 1)
	require.Equal(t, "GET https://api.weixin.qq.com/sns/auth", s.seen[0])
}

func TestAuthSecret(t *testing.T) {
	t.Parallel()
	client, s := scripted(t, []step{answer(ok)})
	call := wechat.Call{
		Op: "t", Method: http.MethodGet, Path: "/sns/x", Auth: wechat.AuthSecret,
		Query: url.Values{"js_code": {"a+b"}}, Private: []string{"a+b"},
	}
	require.NoError(t, client.Call(t.Context(), call))
	require.Equal(t, "GET https://api.weixin.qq.com/sns/x?appid=wx1&js_code=a%2Bb&secret=APPSECRET", s.seen[0])

	bare, err := wechat.New(wechat.Config{AppID: "wx1"}, wechat.WithTokenSource(token.None()))
	require.NoError(t, err)
	require.ErrorContains(t, bare.Call(t.Context(), call), "Config.AppSecret is empty")
}

func TestMinuteQuotaIsWaitedForWithinTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := scripted(t, []step{answer(minute), answer(ok)})
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		start := time.Now()
		require.NoError(t, client.Do(ctx, http.MethodPost, "/x", nil, nil, nil))
		require.GreaterOrEqual(t, time.Since(start), time.Minute)
		require.Len(t, s.seen, 2)

		client, s = scripted(t, []step{answer(minute), answer(ok)}, wechat.WithRetry(wechat.RetryPolicy{DisableQuotaWait: true}))
		require.ErrorIs(t, client.Do(ctx, http.MethodPost, "/x", nil, nil, nil), errcode.RateLimited)
		require.Len(t, s.seen, 1)
	})
}

func TestUnreadyIsWaitedForWithinTheDeadline(t *testing.T) {
	t.Parallel()
	const unready = `{"errcode":85437,"errmsg":"unknown"}`
	synctest.Test(t, func(t *testing.T) {
		call := wechat.Call{Op: "t", Method: http.MethodPost, Path: "/x", In: 1, Unready: errcode.NotifyCodeNotFound}
		client, s := scripted(t, []step{answer(unready), answer(unready), answer(ok)})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		start := time.Now()
		require.NoError(t, client.Call(ctx, call))
		require.GreaterOrEqual(t, time.Since(start), 2*time.Minute)
		require.Len(t, s.seen, 3)

		for name, c := range map[string]struct {
			ctx    context.Context
			call   wechat.Call
			policy wechat.RetryPolicy
		}{
			"no time":          {t.Context(), call, wechat.RetryPolicy{}},
			"DisableQuotaWait": {ctx, call, wechat.RetryPolicy{DisableQuotaWait: true}},
			"not said":         {ctx, wechat.Call{Op: "t", Method: http.MethodPost, Path: "/x", In: 1}, wechat.RetryPolicy{}},
		} {
			client, s := scripted(t, []step{answer(unready), answer(ok)}, wechat.WithRetry(c.policy))
			require.ErrorIs(t, client.Call(c.ctx, c.call), errcode.NotifyCodeNotFound, name)
			require.Len(t, s.seen, 1, name)
		}
	})
}

func TestRetryPolicy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := scripted(t, []step{answer(busy)}, wechat.WithRetry(wechat.RetryPolicy{DisableBusyRetry: true}))
		require.ErrorIs(t, client.Do(t.Context(), http.MethodPost, "/x", nil, nil, nil), errcode.SystemBusy)
		require.Len(t, s.seen, 1)
		require.ErrorIs(t, client.Do(t.Context(), http.MethodGet, "/x", nil, nil, nil), errcode.SystemBusy)
		require.Len(t, s.seen, 4, "a read is repeated all the same")

		policy := wechat.RetryPolicy{Attempts: 5, MinWait: time.Second, MaxWait: 2 * time.Second}
		client, s = scripted(t, []step{answer(busy)}, wechat.WithRetry(policy), wechat.WithTimeout(time.Minute))
		start := time.Now()
		require.Error(t, client.Do(t.Context(), http.MethodPost, "/x", nil, nil, nil))
		require.Len(t, s.seen, 5)
		require.GreaterOrEqual(t, time.Since(start), 3500*time.Millisecond)
		require.LessOrEqual(t, time.Since(start), 7*time.Second)
	})
}

func TestServerThatNeverAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, effect := range []wechat.Effect{wechat.NonIdempotent, wechat.ReadOnly} {
			client, s := scripted(t, []step{hang})
			start := time.Now()
			err := client.Call(t.Context(), wechat.Call{Op: "t", Method: http.MethodPost, Path: "/x", In: 1, Effect: effect})
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorContains(t, err, "no answer within 10s")
			require.Equal(t, 10*time.Second, time.Since(start))
			require.Equal(t, effect == wechat.NonIdempotent, errors.Is(err, wechat.ErrOutcomeUnknown))
			require.Len(t, s.seen, 1)
		}
		client, _ := scripted(t, []step{hang})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		require.ErrorIs(t, client.Do(ctx, http.MethodPost, "/x", nil, 1, nil), context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(start), "the caller's context is sooner")
	})
}

// The token endpoint hangs too: the limit is for the whole call.
func TestTimeoutCoversTheToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: "s"},
			wechat.WithHTTPClient(&http.Client{Transport: &script{steps: []step{hang}}}))
		require.NoError(t, err)
		defer c.Close()
		start := time.Now()
		err = c.Do(t.Context(), http.MethodPost, "/x", nil, nil, nil)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, wechat.ErrOutcomeUnknown, "nothing was sent")
		require.Equal(t, 10*time.Second, time.Since(start))
	})
}

func TestDeadlineBoundsTheCallAndTimeoutEachAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := scripted(t, []step{hang, hang, answer(ok)})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.NoError(t, client.Do(ctx, http.MethodGet, "/x", nil, nil, nil))
		require.Len(t, s.seen, 3)
	})
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := scripted(t, []step{answer(ok)}, wechat.WithRateLimit(2, 1))
		start := time.Now()
		for range 5 {
			require.NoError(t, client.Do(t.Context(), http.MethodGet, "/x", nil, nil, nil))
		}
		require.Equal(t, 2*time.Second, time.Since(start))
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		err := client.Do(ctx, http.MethodPost, "/x", nil, nil, nil)
		require.Error(t, err)
		require.NotErrorIs(t, err, wechat.ErrOutcomeUnknown)
		require.Len(t, s.seen, 5)
	})
}

func TestDo(t *testing.T) {
	t.Parallel()
	client, s := scripted(t, []step{answer(`{"errcode":0,"msgid":"3248682510344192009","name":"<b>&"}`)})
	var out struct {
		Name string `json:"name"`
	}
	err := client.Do(t.Context(), http.MethodPost, "/cgi-bin/x", url.Values{"lang": {"en"}}, map[string]string{"url": "a?b=1&c=<2>"}, &out)
	require.NoError(t, err)
	require.Equal(t, "<b>&", out.Name)
	require.Equal(t, `POST https://api.weixin.qq.com/cgi-bin/x?access_token=T0&lang=en {"url":"a?b=1&c=<2>"}`, s.seen[0])

	var wrong struct {
		Name int `json:"name"`
	}
	err = client.Do(t.Context(), http.MethodPost, "/x", nil, nil, &wrong)
	require.ErrorContains(t, err, "field name is of another type")
	require.ErrorIs(t, err, wechat.ErrOutcomeUnknown, "WeChat took the call, though its answer cannot be read")
}

// The keys of an answer's maps are WeChat's data, OpenIDs among them.
func TestDoKeepsKeysOutOfItsError(t *testing.T) {
	t.Parallel()
	var seen []error
	client, _ := scripted(t, []step{answer(`{"errcode":0,"users":{"oABC":{"n":"x"}}}`)},
		wechat.WithObserver(func(_ context.Context, e wechat.CallEvent) { seen = append(seen, e.Err) }))
	var out struct {
		Users map[string]struct {
			N int `json:"n"`
		} `json:"users"`
	}
	err := client.Do(t.Context(), http.MethodPost, "/x", nil, nil, &out)
	require.ErrorContains(t, err, "field users is of another type")
	require.Len(t, seen, 1)
	for _, err := range append(seen, err) {
		require.NotContains(t, err.Error(), "oABC")
	}
}

func TestDoRefuses(t *testing.T) {
	t.Parallel()
	client, s := scripted(t, []step{answer(ok)})
	var nothing *struct{}
	for _, c := range []struct {
		call wechat.Call
		want string
	}{
		{wechat.Call{Method: http.MethodGet, Path: "x"}, "path must begin with / and carry no query"},
		{wechat.Call{Method: http.MethodGet, Path: "/x?a=1"}, "path must begin with / and carry no query"},
		{wechat.Call{Path: "/x"}, `method "" is neither GET nor POST`},
		{wechat.Call{Method: "get", Path: "/x"}, `method "get" is neither GET nor POST`},
		{wechat.Call{Method: http.MethodGet, Path: "/x", In: struct{}{}}, "a GET has no body"},
		{wechat.Call{Method: http.MethodPost, Path: "/x", In: make(chan int)}, "json: unsupported type: chan int"},
		{wechat.Call{Method: http.MethodPost, Path: "/x", Out: struct{}{}}, "out is a struct {} and not a pointer to something"},
		{wechat.Call{Method: http.MethodPost, Path: "/x", Out: nothing}, "out is a *struct {} and not a pointer to something"},
	} {
		err := client.Do(t.Context(), c.call.Method, c.call.Path, nil, c.call.In, c.call.Out)
		require.EqualError(t, err, "wechat.Do: "+c.want)
	}
	require.Empty(t, s.seen, "nothing was sent")
}

func TestCallWithoutToken(t *testing.T) {
	t.Parallel()
	client, s := scripted(t, []step{answer(ok)}, wechat.WithTokenSource(token.None()), wechat.WithBaseURL("http://api.weixin.qq.com"))
	require.NoError(t, client.Do(t.Context(), http.MethodGet, "/x", nil, nil, nil))
	require.Equal(t, "GET http://api.weixin.qq.com/x", s.seen[0])
}

// The address that WeChat misses on the allow-list is its own word, whatever the message says.
func TestAddressWhateverTheMessageSays(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"203.0.113.7", "3.0.113", "invalid ip 20", "ip 203.0.113.7 ipv6 ", "see you at noon"} {
		badIP := answer(`{"errcode":40164,"errmsg":"invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist"}`)
		c, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: plantedSecret},
			wechat.WithHTTPClient(&http.Client{Transport: &script{steps: []step{badIP}}}), wechat.WithTokenSource(token.Static("T")))
		require.NoError(t, err)
		err = c.Do(t.Context(), http.MethodPost, "/cgi-bin/x", nil, map[string]string{"content": text}, nil)
		var refused *errcode.Error
		require.ErrorAs(t, err, &refused)
		require.Equal(t, "203.0.113.7", refused.IP(), text)
	}
}

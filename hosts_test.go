package wechat_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/token"
)

// sites answers by host and notes who was asked.
type sites struct {
	mu     sync.Mutex
	answer map[string]httpmock.Responder // by the first label of the host; others answer ok
	asked  []string
}

func (s *sites) RoundTrip(r *http.Request) (*http.Response, error) {
	label, _, _ := strings.Cut(r.URL.Host, ".")
	s.mu.Lock()
	s.asked = append(s.asked, label)
	answer := s.answer[label]
	s.mu.Unlock()
	if answer == nil {
		answer = httpmock.NewStringResponder(http.StatusOK, `{"errcode":0}`)
	}
	return answer(r)
}

// take returns who was asked since the last time.
func (s *sites) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

func (s *sites) client(t *testing.T, opts ...wechat.Option) *wechat.Client {
	t.Helper()
	client, err := wechat.New(wechat.Config{AppID: "wx1"}, append([]wechat.Option{
		wechat.WithTokenSource(token.None()), wechat.WithHTTPClient(&http.Client{Transport: s}),
		wechat.WithBaseURL(wechat.BaseURL, wechat.BaseURLRecovery, wechat.BaseURLShanghai),
	}, opts...)...)
	require.NoError(t, err)
	return client
}

func call(ctx context.Context, c *wechat.Client, effect wechat.Effect) error {
	return c.Call(ctx, wechat.Call{
		Op: "test", Method: http.MethodPost, Path: "/x", In: struct{}{}, Effect: effect,
	})
}

// The ways in which an address fails.
var (
	refused = httpmock.NewErrorResponder(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED})
	reset   = func(r *http.Request) (*http.Response, error) {
		_, _ = io.Copy(io.Discard, r.Body)
		return nil, syscall.ECONNRESET
	}
	blackHole = func(r *http.Request) (*http.Response, error) { // the connection never comes about
		httptrace.ContextClientTrace(r.Context()).GetConn("api.weixin.qq.com:443") // as net/http reports it
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	silence = func(r *http.Request) (*http.Response, error) { // it stands, but nothing comes back
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	badGateway = httpmock.NewStringResponder(http.StatusBadGateway, "<html>502</html>")
	notFound   = httpmock.NewStringResponder(http.StatusNotFound, "<html>404</html>")
)

func TestFallback(t *testing.T) {
	t.Parallel()
	first, both := []string{"api"}, []string{"api", "api2"}
	cases := map[string]struct {
		trouble httpmock.Responder
		effect  wechat.Effect
		asked   []string // in the call that meets the trouble
		unknown bool     // it fails with ErrOutcomeUnknown
		next    string   // who is asked by the next call
	}{
		"message, no connection":    {refused, wechat.NonIdempotent, both, false, "api2"},
		"login code, no connection": {refused, wechat.SingleUse, both, false, "api2"},
		"read, no connection":       {refused, wechat.ReadOnly, both, false, "api2"},
		"read, reset":               {reset, wechat.ReadOnly, both, false, "api2"},
		"idempotent write, reset":   {reset, wechat.Idempotent, both, false, "api2"},
		"read, broken gateway":      {badGateway, wechat.ReadOnly, both, false, "api2"},
		"message, reset":            {reset, wechat.NonIdempotent, first, true, "api"},
		"message, broken gateway":   {badGateway, wechat.NonIdempotent, first, true, "api"},
		"login code, reset":         {reset, wechat.SingleUse, first, true, "api"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &sites{answer: map[string]httpmock.Responder{"api": c.trouble}}
				client := s.client(t)
				err := call(t.Context(), client, c.effect)
				require.Equal(t, c.unknown, errors.Is(err, wechat.ErrOutcomeUnknown))
				require.Equal(t, c.unknown, err != nil)
				require.Equal(t, c.asked, s.take())

				s.answer = nil
				require.NoError(t, call(t.Context(), client, wechat.NonIdempotent))
				require.Equal(t, []string{c.next}, s.take())
			})
		})
	}
}

func TestRefusedRequestMovesNothing(t *testing.T) {
	t.Parallel()
	s := &sites{answer: map[string]httpmock.Responder{"api": notFound}}
	client := s.client(t)
	for range 2 {
		require.Error(t, call(t.Context(), client, wechat.ReadOnly))
		require.Equal(t, []string{"api"}, s.take())
	}
}

func TestFirstAddressIsTriedAgainAfterAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &sites{answer: map[string]httpmock.Responder{"api": refused}}
		client := s.client(t)
		require.NoError(t, call(t.Context(), client, wechat.NonIdempotent))
		require.Equal(t, []string{"api", "api2"}, s.take())

		time.Sleep(59 * time.Second)
		require.NoError(t, call(t.Context(), client, wechat.NonIdempotent))
		require.Equal(t, []string{"api2"}, s.take(), "no call pays for the broken address meanwhile")

		time.Sleep(2 * time.Second)
		require.NoError(t, call(t.Context(), client, wechat.NonIdempotent))
		require.Equal(t, []string{"api", "api2"}, s.take(), "still broken")

		s.answer = nil
		time.Sleep(61 * time.Second)
		require.NoError(t, call(t.Context(), client, wechat.NonIdempotent))
		require.Equal(t, []string{"api"}, s.take())
	})
}

func TestAllAddressesDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &sites{answer: map[string]httpmock.Responder{"api": refused, "api2": refused, "sh": refused}}
		client := s.client(t, wechat.WithRetry(wechat.RetryPolicy{Attempts: 4}))
		err := call(t.Context(), client, wechat.NonIdempotent)
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		require.NotErrorIs(t, err, wechat.ErrOutcomeUnknown, "it never left")
		require.Equal(t, []string{"api", "api2", "sh", "api"}, s.take())
	})
}

// A dead site often swallows the attempt to connect until the call's time is over. That call is lost, the
// next one is not.
func TestBlackHole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &sites{answer: map[string]httpmock.Responder{"api": blackHole}}
		client := s.client(t)
		require.ErrorIs(t, call(t.Context(), client, wechat.NonIdempotent), context.DeadlineExceeded)
		require.NoError(t, call(t.Context(), client, wechat.NonIdempotent))
		require.Equal(t, []string{"api", "api2"}, s.take())
	})
}

func TestSilence(t *testing.T) {
	t.Parallel()
	t.Run("of the address", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := &sites{answer: map[string]httpmock.Responder{"api": silence}}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			require.NoError(t, call(ctx, s.client(t), wechat.ReadOnly))
			require.Equal(t, []string{"api", "api2"}, s.take())
		})
	})
	t.Run("that the caller did not wait for", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := &sites{answer: map[string]httpmock.Responder{"api": silence}}
			client := s.client(t)
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			require.ErrorIs(t, call(ctx, client, wechat.ReadOnly), context.DeadlineExceeded)

			s.answer = nil
			require.NoError(t, call(t.Context(), client, wechat.ReadOnly))
			require.Equal(t, []string{"api", "api"}, s.take())
		})
	})
	t.Run("that the caller cut short", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := &sites{answer: map[string]httpmock.Responder{"api": blackHole}}
			client := s.client(t)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			require.ErrorIs(t, call(ctx, client, wechat.ReadOnly), context.Canceled)

			s.answer = nil
			require.NoError(t, call(t.Context(), client, wechat.ReadOnly))
			require.Equal(t, []string{"api", "api"}, s.take())
		})
	})
}

// Of many calls that meet the same trouble at once only one moves on; else the second would move to the
// third address before anybody has tried the second.
func TestManyFailAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const senders = 50
		s := &sites{answer: map[string]httpmock.Responder{"api": func(*http.Request) (*http.Response, error) {
			time.Sleep(time.Second) // all are on their way before the first one fails
			return refused(nil)
		}}}
		client := s.client(t)
		var all sync.WaitGroup
		for range senders {
			all.Go(func() {
				if err := call(t.Context(), client, wechat.NonIdempotent); err != nil {
					t.Errorf("lost: %v", err)
				}
			})
		}
		all.Wait()
		asked := s.take()
		require.Len(t, asked, 2*senders)
		require.NotContains(t, asked, "sh")
	})
}

func TestHostOfACall(t *testing.T) {
	t.Parallel()
	picture := wechat.Call{Op: "test", Method: http.MethodGet, Path: "/x", Host: "mp.weixin.qq.com", Effect: wechat.ReadOnly}

	s := &sites{}
	require.NoError(t, s.client(t).Call(t.Context(), picture))
	require.Equal(t, []string{"mp"}, s.take())
	require.NoError(t, s.client(t, wechat.WithBaseURL("https://api.weixin.qq.com:443")).Call(t.Context(), picture))
	require.Equal(t, []string{"mp"}, s.take(), "a port does not make it a proxy")

	proxied := s.client(t, wechat.WithBaseURL("https://proxy.example.com/wechat"))
	require.NoError(t, proxied.Call(t.Context(), picture))
	require.Equal(t, []string{"proxy"}, s.take(), "a proxy stands in for all of WeChat")

	s.answer = map[string]httpmock.Responder{"mp": refused}
	client := s.client(t, wechat.WithRetry(wechat.RetryPolicy{Attempts: 1}))
	require.Error(t, client.Call(t.Context(), picture))
	s.take()
	require.NoError(t, call(t.Context(), client, wechat.NonIdempotent))
	require.Equal(t, []string{"api"}, s.take(), "the API's address is not to blame")
}

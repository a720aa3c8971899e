package wechat_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/h2test"
	"github.com/wechatkit/wechat/subscribe"
	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/central"
	"github.com/wechatkit/wechat/token/component"
	"github.com/wechatkit/wechat/token/jsapi"
)

// What an ending says about the request.
const (
	open        = "open"        // it may have been carried out
	unprocessed = "unprocessed" // HTTP/2 says that it was not
	answered    = "answered"
)

type ending struct {
	name string
	says string
	h2test.Ending
}

func resets(code h2test.Code) func(*h2test.Stream) { return func(s *h2test.Stream) { s.Reset(code) } }

func atHeaders(f func(*h2test.Stream)) h2test.Ending { return h2test.Ending{AtHeaders: f} }
func atEnd(f func(*h2test.Stream)) h2test.Ending     { return h2test.Ending{AtEnd: f} }

// taken answers what any of the calls below can read.
const taken = `{"errcode":0,"errmsg":"ok","msgid":1,"access_token":"T","ticket":"K","component_access_token":"C",` +
	`"expires_in":7200,"openid":"o1","session_key":"k"}`

// endings are the ways in which an HTTP/2 server ends a request.
var endings = []ending{
	{"RST_STREAM NO_ERROR at the headers", open, atHeaders(resets(h2test.NoError))},
	{"RST_STREAM PROTOCOL_ERROR at the headers", open, atHeaders(resets(h2test.ProtocolError))},
	{"RST_STREAM PROTOCOL_ERROR at the end", open, atEnd(resets(h2test.ProtocolError))},
	{"RST_STREAM INTERNAL_ERROR at the end", open, atEnd(resets(h2test.InternalError))},
	{"RST_STREAM CANCEL at the end", open, atEnd(resets(h2test.Cancel))},
	{"RST_STREAM ENHANCE_YOUR_CALM at the end", open, atEnd(resets(h2test.EnhanceYourCalm))},
	{"RST_STREAM HTTP_1_1_REQUIRED at the end", open, atEnd(resets(h2test.HTTP11Required))},
	{"RST_STREAM REFUSED_STREAM at the headers", unprocessed, atHeaders(resets(h2test.RefusedStream))},
	{"RST_STREAM REFUSED_STREAM at the end", unprocessed, atEnd(resets(h2test.RefusedStream))},
	{"GOAWAY below the stream", unprocessed, atEnd(func(s *h2test.Stream) { s.GoAway(h2test.NoError, false) })},
	{"GOAWAY below the stream, with an error", unprocessed, atEnd(func(s *h2test.Stream) {
		s.GoAway(h2test.EnhanceYourCalm, false)
	})},
	{"GOAWAY below the stream, then cut", unprocessed, atEnd(func(s *h2test.Stream) {
		s.GoAway(h2test.NoError, false)
		s.Cut()
	})},
	{"GOAWAY above the stream, then cut", open, atEnd(func(s *h2test.Stream) {
		s.GoAway(h2test.NoError, true)
		s.Cut()
	})},
	{"GOAWAY above the stream, then RST_STREAM PROTOCOL_ERROR", open, atEnd(func(s *h2test.Stream) {
		s.GoAway(h2test.NoError, true)
		s.Reset(h2test.ProtocolError)
	})},
	{"GOAWAY above the stream, then an answer", answered, atEnd(func(s *h2test.Stream) {
		s.GoAway(h2test.NoError, true)
		s.Headers()
		s.Body(taken)
	})},
	{"cut at the headers", open, atHeaders((*h2test.Stream).Cut)},
	{"cut at the end", open, atEnd((*h2test.Stream).Cut)},
	{"headers, then RST_STREAM PROTOCOL_ERROR", open, atEnd(func(s *h2test.Stream) {
		s.Headers()
		s.Reset(h2test.ProtocolError)
	})},
	{"headers, then cut", open, atEnd(func(s *h2test.Stream) {
		s.Headers()
		s.Cut()
	})},
}

// attempts is what the policy of the clients below allows.
const attempts = 3

// sender is a kind of call.
type sender struct {
	name string
	// most is how many requests of one call may arrive after an ending.
	most map[string]int
	// bare requests have no body. Where net/http would repeat one by itself it does not tell which ending it met,
	// and a request that was not processed counts as one that may have been.
	bare bool
	// doubts are told: neither a read's nor a token's are.
	doubts bool
	send   func(ctx context.Context, s *h2test.Server, hc *http.Client) error
}

// The number of requests that may arrive.
var (
	onceWhereOpen = map[string]int{open: 1, unprocessed: attempts, answered: 1}
	harmless      = map[string]int{open: attempts, unprocessed: attempts, answered: 1}
	justOnce      = map[string]int{open: 1, unprocessed: 1, answered: 1} // a Manager has pauses of its own
)

func h2Client(s *h2test.Server, hc *http.Client, opts ...wechat.Option) (*wechat.Client, error) {
	return wechat.New(wechat.Config{AppID: "wx1", AppSecret: "secret"}, append([]wechat.Option{
		wechat.WithBaseURL(s.URL), wechat.WithHTTPClient(hc), wechat.WithTokenSource(token.Static("T")),
		wechat.WithRetry(wechat.RetryPolicy{Attempts: attempts, MinWait: time.Nanosecond, MaxWait: time.Nanosecond}),
	}, opts...)...)
}

// calls makes a sender of one call.
func calls(call wechat.Call, opts ...wechat.Option) func(context.Context, *h2test.Server, *http.Client) error {
	return func(ctx context.Context, s *h2test.Server, hc *http.Client) error {
		c, err := h2Client(s, hc, opts...)
		if err != nil {
			return err
		}
		call.Op = "test"
		return c.Call(ctx, call)
	}
}

func form(once bool) *wechat.Upload {
	return &wechat.Upload{
		Field: "media", Filename: "a.png", ContentType: "image/png", Size: 3, Once: once,
		Open: func() (io.Reader, error) { return strings.NewReader("PNG"), nil },
	}
}

func fetch(kind token.Kind) func(context.Context, *h2test.Server, *http.Client) error {
	return func(ctx context.Context, s *h2test.Server, hc *http.Client) error {
		m, err := token.NewManager(token.Config{
			AppID: "wx1", AppSecret: "secret", Kind: kind, BaseURL: s.URL, HTTPClient: hc,
		})
		if err != nil {
			return err
		}
		defer m.Close()
		_, err = m.Token(ctx)
		return err
	}
}

func keep(http.Header, io.Reader) error { return nil }

// senders are all ways in which this module sends.
func senders() []sender {
	const get, post = http.MethodGet, http.MethodPost
	text := map[string]string{"touser": "o1"}
	code := url.Values{"js_code": {"c"}}
	return []sender{
		{"Send", onceWhereOpen, false, true, calls(wechat.Call{Method: post, Path: "/x", In: text})},
		{"signed", onceWhereOpen, false, true, calls(wechat.Call{Method: post, Path: "/cgi-bin/message/custom/send", In: text},
			wechat.WithAPISecurity(newPeer().settings(time.Now())))},
		{"idempotent", harmless, false, true, calls(wechat.Call{Method: post, Path: "/x", In: text, Effect: wechat.Idempotent})},
		{"code (POST)", onceWhereOpen, false, true, calls(wechat.Call{
			Method: post, Path: "/x", In: text, Effect: wechat.SingleUse,
		})},
		{"login (GET)", onceWhereOpen, true, true, calls(wechat.Call{
			Method: get, Path: "/sns/jscode2session", Query: code, Auth: wechat.AuthSecret, Effect: wechat.SingleUse,
		})},
		{"read (GET)", harmless, true, false, calls(wechat.Call{Method: get, Path: "/x", Effect: wechat.ReadOnly})},
		{"download", harmless, true, false, calls(wechat.Call{
			Method: get, Path: "/x", Binary: keep, Out: anyAnswer{}, Effect: wechat.ReadOnly,
		})},
		{"upload", onceWhereOpen, false, true, calls(wechat.Call{Method: post, Path: "/x", Upload: form(false)})},
		{"upload, idempotent", harmless, false, true, calls(wechat.Call{
			Method: post, Path: "/x", Upload: form(false), Effect: wechat.Idempotent,
		})},
		{"token", justOnce, false, false, fetch(token.Stable)},
		{"token (classic)", justOnce, true, false, fetch(token.Classic)},
		{"jsapi", justOnce, true, false, func(ctx context.Context, s *h2test.Server, hc *http.Client) error {
			client, err := wechat.New(wechat.Config{AppID: "wx1"}, wechat.WithTokenSource(token.Static("T")),
				wechat.WithBaseURL(s.URL), wechat.WithHTTPClient(hc))
			if err != nil {
				return err
			}
			tickets, err := jsapi.New(client, jsapi.Config{})
			if err != nil {
				return err
			}
			_, err = tickets.Ticket(ctx)
			return errors.Join(err, tickets.Close())
		}},
		{"component", justOnce, false, false, func(ctx context.Context, s *h2test.Server, hc *http.Client) error {
			client, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: "secret"},
				wechat.WithBaseURL(s.URL), wechat.WithHTTPClient(hc))
			if err != nil {
				return err
			}
			c, err := component.New(client, component.Config{})
			if err != nil {
				return err
			}
			kept := c.KeepTicket(ctx, component.Ticket{ComponentAppID: "wx1", Ticket: "K"})
			_, err = c.Token(ctx)
			return errors.Join(kept, err, c.Close())
		}},
		{"central", justOnce, false, false, func(ctx context.Context, s *h2test.Server, hc *http.Client) error {
			f, err := central.NewFetcher(central.Config{AppID: "wx1", URL: s.URL, Key: "0123456789abcdef", HTTPClient: hc})
			if err != nil {
				return err
			}
			_, err = f.Fetch(ctx, false)
			return err
		}},
	}
}

// However an HTTP/2 server ends a request, no more of them arrive than the policy allows: net/http repeats none by
// itself. The table shows what arrived of how many that may.
func TestHTTP2Arrivals(t *testing.T) {
	t.Parallel()
	kinds := senders()
	table := make([][]string, len(endings))
	for i := range table {
		table[i] = make([]string, len(kinds))
	}
	t.Cleanup(func() {
		head := ""
		for _, kind := range kinds {
			head += " | " + kind.name
		}
		t.Logf("arrived/allowed %s", head)
		for e, end := range endings {
			t.Logf("%-56s %s", end.name, strings.Join(table[e], " "))
		}
	})
	for k, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			for e, end := range endings {
				s := h2test.New(t, end.Ending)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				err := kind.send(ctx, s, s.Client(t))
				cancel()
				most := kind.most[end.says]
				table[e][k] = fmt.Sprintf("%d/%d", s.Arrived(), most)
				requireOutcome(t, kind, end, s.Arrived(), err)
			}
		})
	}
}

func requireOutcome(t *testing.T, kind sender, end ending, arrived int, err error) {
	t.Helper()
	untold := kind.bare && end.says == unprocessed
	require.True(t, arrived == kind.most[end.says] || untold && arrived == 1, "%s: %d arrived: %v", end.name, arrived, err)
	if end.says == answered {
		require.True(t, err == nil || errors.Is(err, wechat.ErrUnverified), "%s: %v", end.name, err)
		return
	}
	require.Error(t, err, end.name)
	require.NotErrorIs(t, err, context.DeadlineExceeded, end.name)
	require.NotContains(t, err.Error(), "GetBody", "advice that is of no use to the caller")
	if untold {
		return
	}
	require.Equal(t, kind.doubts && end.says == open, errors.Is(err, wechat.ErrOutcomeUnknown),
		"%s: %v", end.name, err)
}

// A refused stream says nothing against the address: the next attempt goes there again.
func TestHTTP2UnprocessedStaysAtTheAddress(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(*h2test.Stream){
		"REFUSED_STREAM": resets(h2test.RefusedStream),
		"GOAWAY":         func(s *h2test.Stream) { s.GoAway(h2test.NoError, false) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var refused atomic.Bool
			s := h2test.New(t, atEnd(func(s *h2test.Stream) {
				if refused.CompareAndSwap(false, true) {
					refuse(s)
					return
				}
				s.Headers()
				s.Body(taken)
			}))
			c, err := h2Client(s, s.Client(t), wechat.WithBaseURL(s.URL, "https://127.0.0.1:1"),
				wechat.WithRetry(wechat.RetryPolicy{Attempts: 2, MinWait: time.Nanosecond, MaxWait: time.Nanosecond}))
			require.NoError(t, err)
			require.NoError(t, call(t.Context(), c, wechat.NonIdempotent))
			require.Equal(t, 2, s.Arrived())
		})
	}
}

// With one attempt the policy repeats nothing, not even what HTTP/2 calls unprocessed.
func TestHTTP2SingleAttempt(t *testing.T) {
	t.Parallel()
	once := wechat.WithRetry(wechat.RetryPolicy{Attempts: 1})
	for _, end := range endings {
		t.Run(end.name, func(t *testing.T) {
			t.Parallel()
			s := h2test.New(t, end.Ending)
			err := calls(wechat.Call{Method: http.MethodPost, Path: "/x", In: struct{}{}}, once)(t.Context(), s, s.Client(t))
			require.Equal(t, 1, s.Arrived(), "%v", err)
			require.Equal(t, end.says == answered, err == nil)
			require.Equal(t, end.says == open, errors.Is(err, wechat.ErrOutcomeUnknown))
		})
	}
}

// Of many messages on one connection none arrives whole more often than it may, and each has its outcome. Messages
// that had not left when the connection ended are sent on the next.
func TestHTTP2Bulk(t *testing.T) {
	t.Parallel()
	const n = 60
	for _, end := range endings {
		t.Run(end.name, func(t *testing.T) {
			t.Parallel()
			s := h2test.New(t, end.Ending)
			c, err := h2Client(s, s.Client(t))
			require.NoError(t, err)
			messages := subscribe.New(c)
			due := make([]*subscribe.Message, n)
			for i := range due {
				due[i] = &subscribe.Message{ToUser: fmt.Sprint("o", i), TemplateID: "t1", Data: subscribe.Data{"thing1": "x"}}
			}
			unknown := 0
			progress, err := wechat.Bulk[*subscribe.Message]{
				Send: func(ctx context.Context, m *subscribe.Message) error {
					_, err := messages.Send(ctx, m)
					return err
				},
				Outcome: func(_ int64, _ *subscribe.Message, err error) {
					if errors.Is(err, wechat.ErrOutcomeUnknown) {
						unknown++
					}
				},
			}.Run(t.Context(), slices.Values(due))
			require.NoError(t, err)
			require.EqualValues(t, n, progress.Sent+progress.Failed)
			require.LessOrEqual(t, s.MostAlike(), onceWhereOpen[end.says])
			require.LessOrEqual(t, s.Arrived(), n*attempts)
			t.Logf("%d messages, %d requests began to arrive, at most %d alike as a whole; %d sent, %d failed, %d of them unknown",
				n, s.Arrived(), s.MostAlike(), progress.Sent, progress.Failed, unknown)
		})
	}
}

// anyAnswer takes JSON in place of a file.
type anyAnswer struct{}

func (anyAnswer) DecodeAnswer([]byte) error { return nil }

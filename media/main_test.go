package media_test

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/golden"
	"github.com/wechatkit/wechat/media"
	"github.com/wechatkit/wechat/token"
)

// fakeWeChat answers each request with the next of its answers, the last one again and again.
type fakeWeChat struct {
	mu      sync.Mutex
	answers []answer
	bodies  []string // of the requests
}

type answer struct {
	body   string
	header map[string]string
	status int
}

// client returns a client that talks to the given answers.
func client(t *testing.T, answers []answer, opts ...wechat.Option) (*media.Client, *fakeWeChat) {
	t.Helper()
	fake := &fakeWeChat{answers: answers}
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(fake.respond)
	core, err := wechat.New(wechat.Config{AppID: golden.AppID}, append([]wechat.Option{
		wechat.WithTokenSource(token.Static(golden.AccessToken)), wechat.WithHTTPClient(&http.Client{Transport: mock}),
		wechat.WithRetry(wechat.RetryPolicy{MinWait: time.Nanosecond, MaxWait: time.Nanosecond}),
	}, opts...)...)
	require.NoError(t, err)
	return media.New(core), fake
}

func (f *fakeWeChat) respond(r *http.Request) (*http.Response, error) {
	var body bytes.Buffer
	if r.Body != nil {
		if _, err := io.Copy(&body, r.Body); err != nil {
			return nil, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.answers[min(len(f.bodies), len(f.answers)-1)]
	f.bodies = append(f.bodies, body.String())
	resp := httpmock.NewStringResponse(max(a.status, http.StatusOK), a.body)
	for key, value := range a.header {
		resp.Header.Set(key, value)
	}
	return resp, nil
}

// requests returns the bodies of the requests so far.
func (f *fakeWeChat) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.bodies...)
}

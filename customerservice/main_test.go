package customerservice_test

import (
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/internal/golden"
	"github.com/wechatkit/wechat/token"
)

// fakeWeChat answers each request with the next of its answers, the last one again and again.
type fakeWeChat struct {
	mu      sync.Mutex
	answers []string
	paths   []string
	bodies  []string
}

func client(t *testing.T, answers []string, opts ...wechat.Option) (*customerservice.Client, *fakeWeChat) {
	t.Helper()
	fake := &fakeWeChat{answers: answers}
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(fake.respond)
	core, err := wechat.New(wechat.Config{AppID: golden.AppID}, append([]wechat.Option{
		wechat.WithTokenSource(token.Static(golden.AccessToken)), wechat.WithHTTPClient(&http.Client{Transport: mock}),
		wechat.WithRetry(wechat.RetryPolicy{MinWait: time.Nanosecond, MaxWait: time.Nanosecond}),
	}, opts...)...)
	require.NoError(t, err)
	return customerservice.New(core), fake
}

func (f *fakeWeChat) respond(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	answer := f.answers[min(len(f.bodies), len(f.answers)-1)]
	f.paths = append(f.paths, r.URL.Path)
	f.bodies = append(f.bodies, string(body))
	return httpmock.NewStringResponse(http.StatusOK, answer), nil
}

// requests returns paths and bodies of the requests so far.
func (f *fakeWeChat) requests() (paths, bodies []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.paths...), append([]string(nil), f.bodies...)
}

const ok = `{"errcode":0,"errmsg":"ok"}`

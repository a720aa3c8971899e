package template_test

import (
	"net/http"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/template"
	"github.com/wechatkit/wechat/token"
)

// setup returns a client all of whose requests answer gets. A nil answer means that none may be made.
func setup(t *testing.T, answer httpmock.Responder, opts ...wechat.Option) *template.Client {
	t.Helper()
	mock := httpmock.NewMockTransport()
	if answer != nil {
		mock.RegisterNoResponder(answer)
	}
	opts = append(opts, wechat.WithTokenSource(token.Static("ACCESS_TOKEN")), wechat.WithHTTPClient(&http.Client{Transport: mock}))
	core, err := wechat.New(wechat.Config{AppID: "wx0123456789abcdef"}, opts...)
	require.NoError(t, err)
	return template.New(core)
}

// onEmulator returns a client for the emulator's service account.
func onEmulator(t *testing.T, wx *emulator.Server, opts ...wechat.Option) *template.Client {
	t.Helper()
	oa := wx.ServiceAccount()
	core, err := wechat.New(wechat.Config{AppID: oa.AppID, AppSecret: wechat.Secret(oa.AppSecret)},
		append(opts, wechat.WithHTTPClient(wx.HTTPClient()))...)
	require.NoError(t, err)
	return template.New(core)
}

// answers gives the bodies one after the other and counts them.
func answers(bodies ...string) (answer httpmock.Responder, asked func() int) {
	n := 0
	return func(*http.Request) (*http.Response, error) {
		n++
		return httpmock.NewStringResponse(http.StatusOK, bodies[min(n, len(bodies))-1]), nil
	}, func() int { return n }
}

func requireFieldError(t *testing.T, want string, err error) {
	t.Helper()
	require.EqualError(t, err, want)
	require.ErrorIs(t, err, errcode.InvalidArgument)
	var finding *errcode.FieldError
	require.ErrorAs(t, err, &finding)
}

package servicecard_test

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/token"
)

const ok = `{"errcode":0,"errmsg":"ok"}`

// coreOn returns a client whose requests are answered with the bodies, one after the other, and what was sent. Without a
// body no request may be made.
func coreOn(t *testing.T, opts []wechat.Option, bodies ...string) (*wechat.Client, *[]string) {
	t.Helper()
	sent := &[]string{}
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		data, _ := io.ReadAll(r.Body)
		*sent = append(*sent, string(data))
		if len(bodies) == 0 {
			return nil, errors.New("offline")
		}
		return httpmock.NewStringResponse(http.StatusOK, bodies[min(len(*sent), len(bodies))-1]), nil
	})
	core, err := wechat.New(wechat.Config{AppID: "wx0123456789abcdef"}, append(opts,
		wechat.WithTokenSource(token.Static("ACCESS_TOKEN")), wechat.WithHTTPClient(&http.Client{Transport: mock}))...)
	require.NoError(t, err)
	return core, sent
}

// refusal is the finding of a local check.
func refusal(t *testing.T, err error) string {
	t.Helper()
	var wrong *errcode.FieldError
	require.ErrorAs(t, err, &wrong)
	require.ErrorIs(t, err, errcode.InvalidArgument)
	require.Equal(t, "servicecard", wrong.Op)
	return wrong.Field + ": " + wrong.Reason
}

package reminder

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/subscribe"
)

// newClient makes a client whose requests reach mock and nothing else. A client fetches a token before its first call, so there
// is an answer to that, too; wechat.BaseURL is where requests go.
func newClient(t *testing.T) (*subscribe.Client, *httpmock.MockTransport) {
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder(http.MethodPost, wechat.BaseURL+"/cgi-bin/stable_token",
		httpmock.NewJsonResponderOrPanic(http.StatusOK, map[string]any{"access_token": "A_TOKEN", "expires_in": 7200}))
	client, err := wechat.New(wechat.Config{AppID: "wx0123456789abcdef", AppSecret: "a-secret"},
		wechat.WithHTTPClient(&http.Client{Transport: mock}))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return subscribe.New(client), mock
}

const send = wechat.BaseURL + "/cgi-bin/message/subscribe/send"

func TestRemind(t *testing.T) {
	t.Parallel()
	client, mock := newClient(t)
	var sent struct {
		ToUser string `json:"touser"`
		Page   string `json:"page"`
	}
	mock.RegisterResponder(http.MethodPost, send, func(r *http.Request) (*http.Response, error) {
		require.Equal(t, "A_TOKEN", r.URL.Query().Get("access_token"))
		require.NoError(t, json.NewDecoder(r.Body).Decode(&sent))
		return httpmock.NewStringResponse(http.StatusOK, `{"errcode":0,"errmsg":"ok"}`), nil
	})
	told, err := Remind(t.Context(), client, "OPENID", "Fire insurance", "2026-12-01")
	require.NoError(t, err)
	require.True(t, told)
	require.Equal(t, "OPENID", sent.ToUser)
	require.Equal(t, "pages/contract", sent.Page)
	require.Equal(t, 1, mock.GetCallCountInfo()[http.MethodPost+" "+send])
}

func TestRemindWithoutConsent(t *testing.T) {
	t.Parallel()
	client, mock := newClient(t)
	mock.RegisterResponder(http.MethodPost, send,
		httpmock.NewStringResponder(http.StatusOK, `{"errcode":43101,"errmsg":"user refuse to accept the msg rid: 1-2-3"}`))
	told, err := Remind(t.Context(), client, "OPENID", "Fire insurance", "2026-12-01")
	require.NoError(t, err)
	require.False(t, told)
}

// TestRemindRenewsTheToken has WeChat end the token early: the client fetches another and sends once more, by itself.
func TestRemindRenewsTheToken(t *testing.T) {
	t.Parallel()
	client, mock := newClient(t)
	mock.RegisterResponder(http.MethodPost, send,
		httpmock.NewStringResponder(http.StatusOK, `{"errcode":40001,"errmsg":"invalid credential"}`).
			Then(httpmock.NewStringResponder(http.StatusOK, `{"errcode":0}`)))
	told, err := Remind(t.Context(), client, "OPENID", "Fire insurance", "2026-12-01")
	require.NoError(t, err)
	require.True(t, told)
	require.Equal(t, 2, mock.GetCallCountInfo()[http.MethodPost+" "+send])
}

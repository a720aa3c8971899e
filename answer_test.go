package wechat_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/token"
)

// Where only errcode tells that a call was carried out, an answer without one tells nothing.
func TestAnAnswerThatConfirmsNothing(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `{"message":"no route","code":404}`} {
		wx := &script{steps: []step{answer(body)}}
		c, err := wechat.New(wechat.Config{AppID: "wx1"}, wechat.WithTokenSource(token.Static("T")),
			wechat.WithHTTPClient(&http.Client{Transport: wx}))
		require.NoError(t, err)

		err = c.Do(t.Context(), http.MethodPost, "/cgi-bin/x", nil, struct{}{}, nil)
		require.ErrorIs(t, err, wechat.ErrOutcomeUnknown)
		require.EqualError(t, err,
			"wechat.Do: outcome unknown: POST /cgi-bin/x: HTTP 200: answer does not fit: errcode is missing")
		require.Len(t, wx.seen, 1)
		require.NoError(t, c.Do(t.Context(), http.MethodGet, "/cgi-bin/x", nil, nil, nil), "nobody wants its result")
	}
}

package callback_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/callback/callbacktest"
	"github.com/wechatkit/wechat/callback/internal/seal"
)

// FuzzPush sends any message in a correct envelope: it reaches the handler and its reply can be read, or it is refused
// with a 4xx.
func FuzzPush(f *testing.F) {
	for _, name := range pushNames(f) {
		f.Add(read(f, "pushes/"+name+".xml"))
		f.Add(read(f, "pushes/"+name+".json"))
	}
	k, err := seal.NewKey(key)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, message string) {
		h, err := callback.New(callback.Config{Apps: []callback.App{secureApp()}, Now: clock, Observer: func(_ context.Context, r callback.Report) {
			require.NotErrorIs(t, r.Err, callback.ErrPanic)
		}})
		require.NoError(t, err)
		var got callback.Push
		h.Fallback(func(ctx context.Context, p callback.Push) (callback.Reply, error) {
			got = p
			require.Equal(t, message, string(callback.Raw(ctx)))
			return callback.TextReply{Content: "x" + p.Head().FromUserName}, nil
		})
		w := httptest.NewRecorder()
		h.ServeHTTP(w, signed(k.Seal([]byte(message), appID)))
		if w.Code != http.StatusOK {
			require.Equal(t, http.StatusBadRequest, w.Code)
			require.Nil(t, got)
			return
		}
		require.NotNil(t, got)
		reply, err := callbacktest.Reply(secureApp(), w.Body.Bytes())
		require.NoError(t, err)
		require.True(t, reply == "" || strings.Contains(reply, "text"))
	})
}

// FuzzRequest sends any query and body: what reaches a handler is the one push that was signed, all else is refused with
// a 4xx.
func FuzzRequest(f *testing.F) {
	good := goldenRequest(secureApp(), textPush)
	f.Add(good.URL.RawQuery, mustRead(f, good))
	f.Add("timestamp=1763600000&nonce=1&signature=x&echostr=y", "")
	f.Add("timestamp=1763600000&nonce[]=1&msg_signature=%zz", "<xml><Encrypt>AAAA</Encrypt></xml>")
	f.Add(good.URL.RawQuery, textPush)
	f.Fuzz(func(t *testing.T, query, body string) {
		h, err := callback.New(callback.Config{
			Apps: []callback.App{secureApp()}, Now: clock, Observer: func(context.Context, callback.Report) {},
		})
		require.NoError(t, err)
		var got callback.Push
		h.Fallback(func(_ context.Context, p callback.Push) (callback.Reply, error) {
			got = p
			return nil, nil
		})
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			require.GreaterOrEqual(t, w.Code, 400)
			require.Less(t, w.Code, 500)
			require.Nil(t, got)
			return
		}
		m, ok := got.(*callback.TextMessage)
		require.True(t, ok)
		require.Equal(t, "hello", m.Content)
		require.Equal(t, "oFan-1", m.FromUserName)
		require.Equal(t, int64(24000000000000001), m.MsgID)
	})
}

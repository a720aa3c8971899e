package callbacktest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/callback/callbacktest"
)

const (
	textPush = `<xml><ToUserName>gh_1</ToUserName><FromUserName>oFan-1</FromUserName><MsgType>text</MsgType><Content>hello</Content><MsgId>1</MsgId></xml>`
	jsonPush = `{"ToUserName":"gh_1","FromUserName":"oFan-1","MsgType":"text","Content":"hello","MsgId":1}`
)

func appIn(mode callback.Mode) callback.App {
	return callback.App{
		AppID: "wx0000000000000001", Kind: callback.OfficialAccount, Mode: mode, Token: "a-token",
		EncodingAESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
	}
}

func newHandler(t *testing.T, app callback.App) *callback.Handler {
	t.Helper()
	h, err := callback.New(callback.Config{Apps: []callback.App{app}})
	require.NoError(t, err)
	callback.On(h, func(_ context.Context, m *callback.TextMessage) (callback.Reply, error) {
		return callback.TextReply{Content: "you wrote " + m.Content}, nil
	})
	return h
}

func TestPushAndReply(t *testing.T) {
	t.Parallel()
	for _, mode := range []callback.Mode{callback.ModeSecure, callback.ModeCompatible, callback.ModePlain} {
		for _, body := range []string{textPush, jsonPush} {
			app := appIn(mode)
			w := httptest.NewRecorder()
			newHandler(t, app).ServeHTTP(w, callbacktest.Push(app, body))
			require.Equal(t, http.StatusOK, w.Code)
			reply, err := callbacktest.Reply(app, w.Body.Bytes())
			require.NoError(t, err)
			require.Contains(t, reply, "you wrote hello")
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	newHandler(t, appIn(callback.ModeSecure)).ServeHTTP(w, callbacktest.Check(appIn(callback.ModeSecure), "echo"))
	require.Equal(t, "echo", w.Body.String())
}

func TestSenderChoices(t *testing.T) {
	t.Parallel()
	s := callbacktest.Sender{
		App: appIn(callback.ModeSecure), URL: "/hooks/wechat", Time: time.Unix(1763600000, 0), Nonce: "7",
		Random: [16]byte([]byte("aaaabbbbccccdddd")),
	}
	one, two := s.Push(textPush), s.Push(textPush)
	require.Equal(t, "/hooks/wechat", one.URL.Path)
	require.Equal(t, "1763600000", one.URL.Query().Get("timestamp"))
	require.Equal(t, one.URL.String(), two.URL.String(), "the same each time")

	s.Nonce, s.Random = "", [16]byte{}
	first, second := s.Push(textPush), s.Push(textPush)
	require.NotEqual(t, first.URL.Query().Get("nonce"), second.URL.Query().Get("nonce"))
}

func TestEnvelopes(t *testing.T) {
	t.Parallel()
	body := func(mode callback.Mode, push string) string {
		data, err := io.ReadAll(callbacktest.Push(appIn(mode), push).Body)
		require.NoError(t, err)
		return string(data)
	}
	require.Regexp(t, `^<xml><ToUserName><!\[CDATA\[gh_1\]\]></ToUserName><Encrypt><!\[CDATA\[[^\]]+\]\]></Encrypt></xml>$`, body(callback.ModeSecure, textPush))
	require.Regexp(t, `^\{"ToUserName":"gh_1","Encrypt":"[^"]+"\}$`, body(callback.ModeSecure, jsonPush))
	require.Regexp(t, `^<xml><AppId><!\[CDATA\[wx1\]\]></AppId><Encrypt>.*</xml>$`, body(callback.ModeSecure, `<xml><AppId>wx1</AppId></xml>`))
	require.Equal(t, textPush, body(callback.ModePlain, textPush))
	for _, push := range []string{textPush, jsonPush} {
		both := body(callback.ModeCompatible, push)
		require.Contains(t, both, "hello")
		require.Contains(t, both, "Encrypt")
	}
}

func TestReplyRefuses(t *testing.T) {
	t.Parallel()
	app := appIn(callback.ModeSecure)
	for _, nothing := range []string{"", "success"} {
		reply, err := callbacktest.Reply(app, []byte(nothing))
		require.NoError(t, err)
		require.Empty(t, reply)
	}
	w := httptest.NewRecorder()
	newHandler(t, app).ServeHTTP(w, callbacktest.Push(app, textPush))
	good := w.Body.String()
	for want, answer := range map[string]string{
		"neither XML nor JSON":       "oops",
		"signature does not match":   strings.Replace(good, "<TimeStamp>1", "<TimeStamp>2", 1),
		"not encrypted for this app": good,
	} {
		app := app
		if answer == good {
			app.AppID = "wx2"
		}
		_, err := callbacktest.Reply(app, []byte(answer))
		require.ErrorContains(t, err, want)
	}
}

func TestPushPanics(t *testing.T) {
	t.Parallel()
	app := appIn(callback.ModeSecure)
	require.Panics(t, func() { callbacktest.Push(app, "hello") })
	app.EncodingAESKey = "short"
	require.PanicsWithValue(t, "callbacktest: App.EncodingAESKey: not 43 characters long", func() { callbacktest.Push(app, textPush) })
}

func ExamplePush() {
	app := callback.App{
		AppID: "wx0000000000000001", Kind: callback.OfficialAccount, Token: "a-token",
		EncodingAESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
	}
	h, err := callback.New(callback.Config{Apps: []callback.App{app}})
	if err != nil {
		fmt.Println(err)
		return
	}
	callback.On(h, func(_ context.Context, m *callback.TextMessage) (callback.Reply, error) {
		fmt.Println("handled:", m.Content)
		return nil, nil
	})

	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, callbacktest.Push(app, `{"FromUserName":"oFan-1","MsgType":"text","Content":"hello","MsgId":1}`))
	fmt.Println(answer.Body)
	// Output:
	// handled: hello
	// success
}

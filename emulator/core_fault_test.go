package emulator_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fault emulator.Fault
		codes []int // of four calls
	}{
		"Once":        {emulator.Fault{Code: 45011, Times: 1}, []int{45011, 0, 0, 0}},
		"Forever":     {emulator.Fault{Code: -1}, []int{-1, -1, -1, -1}},
		"EverySecond": {emulator.Fault{Code: -1, Every: 2}, []int{0, -1, 0, -1}},
		"OtherMethod": {emulator.Fault{Code: -1, Method: http.MethodPost}, []int{0, 0, 0, 0}},
		"OtherPath":   {emulator.Fault{Code: -1, Path: "/sns/*"}, []int{0, 0, 0, 0}},
		"Prefix":      {emulator.Fault{Code: -1, Path: "/cgi-bin/user/*", Times: 1}, []int{-1, 0, 0, 0}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.wx.Fail(tc.fault)
			var codes []int
			for range 4 {
				codes = append(codes, b.probe(b.oa.Token()))
			}
			require.Equal(t, tc.codes, codes)
		})
	}
}

func TestFaultStops(t *testing.T) {
	t.Parallel()
	b := setup(t)
	stop := b.wx.Fail(emulator.Fault{Code: 45009, Message: "used up"})
	got := b.get(as(b.oa, "/cgi-bin/user/get"))
	require.Contains(t, got.text("errmsg"), "used up rid: ")
	stop()
	require.Zero(t, b.probe(b.oa.Token()))
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.wx.Fail(emulator.Fault{Body: `{"errcode":0,`, ContentType: "text/plain", Times: 1})
	status, h, body := b.do(http.MethodGet, classic(b.oa), "", "")
	require.Equal(t, 200, status)
	require.Equal(t, "text/plain", h.Get("Content-Type"))
	require.Equal(t, `{"errcode":0,`, string(body))
	b.wx.Fail(emulator.Fault{Status: http.StatusBadGateway, Times: 1})
	status, _, body = b.do(http.MethodGet, classic(b.oa), "", "")
	require.Equal(t, http.StatusBadGateway, status)
	require.Equal(t, "Bad Gateway", string(body))
}

func TestLostAnswerLeavesTheMessageSent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tpl := b.mp.AddTemplate(emulator.Template{Keywords: []string{"thing1"}})
	u := b.wx.User("u")
	u.Accept(tpl)
	send := func() error {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, base+as(b.mp, subscribeSend),
			bytes.NewReader([]byte(sub(u.OpenID(b.mp), tpl, "x"))))
		require.NoError(t, err)
		resp, err := b.cli.Do(req)
		if err == nil {
			err = resp.Body.Close()
		}
		return err
	}
	b.wx.Fail(emulator.Fault{Path: subscribeSend, Reset: true, Times: 1})
	require.ErrorIs(t, send(), syscall.ECONNRESET)
	require.Empty(t, u.Inbox())
	b.wx.Fail(emulator.Fault{Path: subscribeSend, Reset: true, Times: 1, AfterTheFact: true})
	require.ErrorIs(t, send(), syscall.ECONNRESET)
	require.Len(t, u.Inbox(), 1)
	require.Zero(t, b.wx.Calls(subscribeSend)[1].Status)
}

// A client that gives up while the answer is held back has sent its message all the same.
func TestHeldBackAnswerLeavesTheMessageSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wx := emulator.New(t)
		mp := wx.MiniProgram()
		u := wx.User("u")
		send := func(f emulator.Fault) {
			u.Write(mp, "Hi")
			wx.Fail(f)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+as(mp, customSend), strings.NewReader(text(u.OpenID(mp), "Hello")))
			require.NoError(t, err)
			_, err = wx.HTTPClient().Do(req)
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		send(emulator.Fault{Delay: time.Minute, Times: 1})
		require.Len(t, u.Inbox(), 1)
		send(emulator.Fault{Delay: time.Minute, Times: 1, AfterTheFact: true})
		require.Len(t, u.Inbox(), 3)
	})
}

func TestDelayHonoursTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wx := emulator.New(t)
		wx.Fail(emulator.Fault{Delay: time.Second})
		get := func(timeout time.Duration) (time.Duration, error) {
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			defer cancel()
			began := time.Now()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/cgi-bin/token", nil)
			require.NoError(t, err)
			resp, err := wx.HTTPClient().Do(req)
			if err == nil {
				err = resp.Body.Close()
			}
			return time.Since(began), err
		}
		took, err := get(time.Minute)
		require.NoError(t, err)
		require.Equal(t, time.Second, took)
		took, err = get(100 * time.Millisecond)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 100*time.Millisecond, took)
		require.Equal(t, time.Second, wx.Calls()[0].Took)
	})
}

func TestCallsHideSecrets(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	code := u.LoginCode(b.mp)
	login := b.get(session(b.mp, code))
	tok := b.post("/cgi-bin/stable_token", stable(b.mp, false)).text("access_token")
	b.post(as(b.mp, customSend), text(u.OpenID(b.mp), "Hi"))
	calls := b.wx.Calls()
	require.Len(t, calls, 3)
	for _, c := range calls {
		all := c.Query + c.Request + c.Response
		for _, secret := range []string{b.mp.AppSecret, code, login.text("session_key"), tok} {
			require.NotContains(t, all, secret)
		}
		require.Contains(t, all, "***")
	}
	send := b.wx.Calls(customSend)
	require.Len(t, send, 1)
	require.EqualValues(t, 45015, send[0].Code)
	require.NotEmpty(t, send[0].RID)
	require.Equal(t, b.mp.AppID, send[0].AppID)
	require.Equal(t, 3, send[0].Seq)
	var sent struct{ MsgType string }
	require.NoError(t, send[0].Decode(&sent))
	require.Equal(t, "text", sent.MsgType)
}

// What is written the wrong way is recorded too, and holds the same secrets.
func TestCallsHideSecretsOfBrokenRequests(t *testing.T) {
	t.Parallel()
	const secret = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	cases := map[string]struct{ body, shown string }{
		"Form":        {"grant_type=x&secret=" + secret + "&appid=wx1", "grant_type=x&secret=***&appid=wx1"},
		"OtherCase":   {`{"AppSecret":"` + secret + `"}`, `{"AppSecret":"***"}`},
		"NoEnd":       {`{"appid":"wx1","secret":"` + secret, `{"appid":"wx1","secret":"***"`},
		"EndsEscaped": {`{"secret":"` + secret + `\`, `{"secret":"***"`},
		"Page":        {`{"page":"p?a=1&code=7","touser":"o"}`, `{"page":"p?a=1&code=7","touser":"o"}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.post("/cgi-bin/stable_token", c.body)
			require.Equal(t, c.shown, b.wx.Calls()[0].Request)
		})
	}
}

func TestRecordIsBounded(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.WithCallLimit(3), emulator.WithInboxLimit(2))
	u := b.wx.User("u")
	for range 10 {
		u.Write(b.mp, "Hi")
		b.probe("x")
	}
	require.Len(t, b.wx.Calls(), 3)
	require.Equal(t, 10, b.wx.Calls()[2].Seq)
	require.Equal(t, 10, b.wx.Count("/cgi-bin/user/get"))
	require.Equal(t, 10, b.wx.Count(""))
	require.Len(t, u.Inbox(), 2)
	none := setup(t, emulator.WithCallLimit(0))
	none.probe("x")
	require.Empty(t, none.wx.Calls())
}

package emulator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func TestContentTypeIsWeChats(t *testing.T) {
	t.Parallel()
	b := setup(t)
	status, h, _ := b.do(http.MethodGet, "/cgi-bin/token", "", "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "application/json; encoding=utf-8", h.Get("Content-Type"))
}

func TestUnknownPath(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Equal(t, 40066, b.get("/cgi-bin/nothing").code())
}

func TestBodyOfUnknownLengthIsRefused(t *testing.T) {
	t.Parallel()
	for _, opts := range [][]emulator.Option{nil, {emulator.WithLenient()}} {
		b := setup(t, opts...)
		for _, base := range []string{base, b.wx.URL()} {
			body := io.MultiReader(strings.NewReader("{}"))
			req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, base+as(b.mp, subscribeSend), body)
			require.NoError(t, err)
			cli := b.cli
			if base == b.wx.URL() {
				cli = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			}
			resp, err := cli.Do(req)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			if opts == nil {
				require.Equal(t, http.StatusPreconditionFailed, resp.StatusCode)
			} else {
				require.Equal(t, http.StatusOK, resp.StatusCode)
			}
		}
	}
}

func TestLenientTakesEscapes(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.WithLenient())
	u := b.wx.User("u")
	u.Write(b.mp, "Hi")
	body := `{"touser":"` + u.OpenID(b.mp) + `","msgtype":"text","text":{"content":"\u003cb\u003e"}}`
	require.Zero(t, b.post(as(b.mp, customSend), body).code())
	require.Equal(t, "<b>", u.Inbox()[1].Text)
}

// A text in another encoding is refused whole, by every call that reads JSON, and uses nothing up.
func TestBodyMustBeUTF8(t *testing.T) {
	t.Parallel()
	const gbk = "\xd5\xc5"   // a family name
	other := map[string]int{ // calls that read no JSON, or read it after something else
		"/cgi-bin/clear_quota/v2": 41002, "/cgi-bin/component/clear_quota/v2": 40013, "/cgi-bin/wxopen/wxamplinkget": 0,
		"/cgi-bin/account/getaccountbasicinfo": 0,
		"/cgi-bin/media/upload":                40004, "/cgi-bin/media/uploadimg": 41005, "/cgi-bin/material/add_material": 40004,
		"/customservice/kfaccount/uploadheadimg": 65401,
	}
	for name, opts := range map[string][]emulator.Option{"Strict": nil, "Lenient": {emulator.WithLenient()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, opts...)
			platform := b.wx.AddThirdParty(emulator.AppConfig{})
			for _, r := range emulator.Routes() {
				want, ok := other[r.Path]
				if r.Method != http.MethodPost {
					continue
				} else if !ok {
					want = 40033
				}
				a := b.mp
				if code := b.post(as(a, r.Path), `{}`).code(); code == 48001 {
					a = b.oa
				} else if code == 61014 {
					a = platform
				}
				require.Equal(t, want, b.post(as(a, r.Path), `{"touser":"`+gbk+`"}`).code(), r.Path)
			}
			tpl := b.mp.AddTemplate(emulator.Template{Keywords: []string{"thing1"}})
			u := b.wx.User("u")
			u.Accept(tpl)
			body := `{"touser":"` + u.OpenID(b.mp) + `","template_id":"` + tpl + `","data":{"thing1":{"value":"` + gbk + `"}}}`
			require.Equal(t, 40033, b.post(as(b.mp, subscribeSend), body).code())
			require.Equal(t, 1, u.Grants(tpl))
		})
	}
}

func TestBackslashBeforeUIsNoEscape(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	u.Write(b.mp, "Hi")
	body := `{"touser":"` + u.OpenID(b.mp) + `","msgtype":"text","text":{"content":"C:\\users"}}`
	require.Zero(t, b.post(as(b.mp, customSend), body).code())
}

func TestRealSocketGivesTheSameAnswers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	url := b.wx.URL()
	require.True(t, strings.HasPrefix(url, "http://127.0.0.1:"))
	require.Equal(t, url, b.wx.URL())
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url+classic(b.oa), nil)
	require.NoError(t, err)
	tr := &http.Transport{DisableKeepAlives: true}
	resp, err := tr.RoundTrip(req)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, "application/json; encoding=utf-8", resp.Header.Get("Content-Type"))
	require.Zero(t, b.probe(b.decode(body).text("access_token")))

	b.wx.Fail(emulator.Fault{Reset: true, Times: 1})
	_, err = tr.RoundTrip(req)
	require.Error(t, err)
	require.NoError(t, b.wx.Close())
	_, err = tr.RoundTrip(req)
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
}

func TestClockFollowsRealTimeByDefault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wx := emulator.New(t)
		require.Equal(t, time.Now(), wx.Now())
		time.Sleep(time.Hour) // the bubble's clock
		wx.Advance(time.Hour)
		require.Equal(t, time.Now().Add(time.Hour), wx.Now())
	})
}

func TestWrongOptions(t *testing.T) {
	t.Parallel()
	for _, opt := range []emulator.Option{
		emulator.WithClockAt(time.Time{}), emulator.WithCallLimit(-1), emulator.WithInboxLimit(-1), emulator.WithPushTimeout(0),
	} {
		_, err := emulator.Start(opt)
		require.Error(t, err)
	}
}

func TestMisuse(t *testing.T) {
	t.Parallel()
	wx, err := emulator.Start(emulator.WithoutDemo())
	require.NoError(t, err)
	mp, oa := wx.AddMiniProgram(emulator.AppConfig{AppID: "wx1"}), wx.AddServiceAccount(emulator.AppConfig{})
	u := wx.User("u")
	other, err := emulator.Start()
	require.NoError(t, err)
	notices := oa.AddTemplate(emulator.Template{ID: "F"})
	cases := map[string]func(){
		"NoDemo":       func() { wx.MiniProgram() },
		"NoDemoOA":     func() { wx.ServiceAccount() },
		"SameAppID":    func() { wx.AddMiniProgram(emulator.AppConfig{AppID: "wx1"}) },
		"SameUser":     func() { wx.AddUser(emulator.UserConfig{Name: "u"}) },
		"NoName":       func() { wx.User("") },
		"SameOpenID":   func() { wx.AddUser(emulator.UserConfig{Name: "v", OpenIDs: map[string]string{"wx1": u.OpenID(mp)}}) },
		"NoTemplate":   func() { u.Accept("x") },
		"ForFollowers": func() { u.Accept(notices) },
		"TwoAccounts": func() {
			u.Accept(mp.AddTemplate(emulator.Template{}), oa.AddTemplate(emulator.Template{Type: emulator.OneTime}))
		},
		"TooMany": func() { one := mp.AddTemplate(emulator.Template{}); u.Accept(one, one, one, one, one, one) },
		"TwoTypes": func() {
			u.Accept(mp.AddTemplate(emulator.Template{}), mp.AddTemplate(emulator.Template{Type: emulator.LongTerm}))
		},
		"NotFollowing":    func() { u.Write(oa, "Hi") },
		"FollowMini":      func() { u.Follow(mp) },
		"EnterOA":         func() { u.EnterChat(oa, "") },
		"LinkMini":        func() { mp.Link(oa) },
		"OtherEmulator":   func() { u.OpenID(other.MiniProgram()) },
		"NegativeAdvance": func() { wx.Advance(-1) },
		"NoEffect":        func() { wx.Fail(emulator.Fault{Path: "/x"}) },
		"SameTemplate":    func() { oa.AddTemplate(emulator.Template{ID: "F"}) },
		"FollowersOfMini": func() { mp.AddTemplate(emulator.Template{Type: emulator.Followers}) },
		"NoSuchCard":      func() { u.RefuseCard(mp, "x") },
		"BanNoCard":       func() { mp.BanCard(u, "x") },
		"NoSuchButton":    func() { u.StartService(mp, 2001) },
		"CardOfAService":  func() { oa.AddTemplate(emulator.Template{Card: 2001}) },
		"BanForeign":      func() { mp.BanTemplate("F") },
		"EventShape":      func() { mp.SetCallback(emulator.Callback{URL: "http://127.0.0.1:1/", Shape: 99}) },
	}
	for name, misuse := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				err, ok := recover().(*emulator.MisuseError)
				require.True(t, ok)
				require.Contains(t, err.Error(), " (at core_server_test.go:")
				require.NotPanics(t, func() { wx.Now() }, "the lock is free again")
			}()
			misuse()
		})
	}
}

// fakeTB records instead of ending the test.
type fakeTB struct {
	cleanup []func()
	logs    int
	fatal   []string
}

func (f *fakeTB) Helper() {}

func (f *fakeTB) Cleanup(fn func()) { f.cleanup = append(f.cleanup, fn) }

func (f *fakeTB) Logf(string, ...any) { f.logs++ }

func (f *fakeTB) Fatalf(s string, _ ...any) { f.fatal = append(f.fatal, s); panic(errors.New("fatal")) }

func TestNewEndsTheTestAndCleansUp(t *testing.T) {
	t.Parallel()
	tb := &fakeTB{}
	wx := emulator.New(tb, emulator.WithTrace())
	require.Len(t, tb.cleanup, 1)
	require.Panics(t, func() { wx.User("") })
	require.Len(t, tb.fatal, 1)
	resp, err := wx.HTTPClient().Get(base + "/cgi-bin/token")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, 1, tb.logs)
	tb.cleanup[0]()
	require.Panics(t, func() { wx.URL() })
	require.Panics(t, func() { emulator.New(tb, emulator.WithCallLimit(-1)) })
}

func TestParallelUse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tpl := b.mp.AddTemplate(emulator.Template{Keywords: []string{"thing1"}, Type: emulator.LongTerm})
	done := make(chan int)
	for i := range 8 {
		go func() {
			u := b.wx.User(strings.Repeat("u", i+1))
			u.Accept(tpl)
			for range 50 {
				b.post(as(b.mp, subscribeSend), sub(u.OpenID(b.mp), tpl, "x"))
			}
			done <- len(u.Inbox())
		}()
	}
	for range 8 {
		require.Equal(t, 50, <-done)
	}
}

func TestKindsHaveNames(t *testing.T) {
	t.Parallel()
	names := map[emulator.Kind]string{
		emulator.MiniProgram: "mini program", emulator.ServiceAccount: "service account",
		emulator.Website: "website", emulator.ThirdParty: "third-party platform", 0: "unknown kind",
	}
	for kind, name := range names {
		require.Equal(t, name, kind.String())
	}
}

// A third-party platform has a token request of its own.
func TestPlatformGetsNoAppToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Equal(t, 40013, b.get(classic(b.wx.AddThirdParty(emulator.AppConfig{}))).code())
	require.Zero(t, b.get(classic(b.wx.AddWebsite(emulator.AppConfig{}))).code())
}

func TestBodyMustBeReadable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	broken := errors.New("broken")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+as(b.mp, customSend), iotest.ErrReader(broken))
	require.NoError(t, err)
	_, err = b.cli.Do(req)
	require.ErrorIs(t, err, broken)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, err = http.NewRequestWithContext(ctx, http.MethodGet, base, nil)
	require.NoError(t, err)
	_, err = b.cli.Do(req)
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, b.wx.Calls())
}

// What has lapsed for a day is cleared out: an old login code is unknown then, like any other value.
func TestLongRunsStaySmall(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	first := b.get(classic(b.oa)).text("access_token")
	require.Zero(t, b.probe(first))
	b.oa.SetQuota("/cgi-bin/token", 1<<30)
	b.wx.Advance(2 * time.Hour)
	require.Equal(t, 42001, b.probe(first))
	b.wx.Advance(25 * time.Hour)
	for range 1100 {
		b.get(classic(b.oa))
		u.LoginCode(b.mp)
	}
	require.Equal(t, 40001, b.probe(first), "forgotten")
}

package emulator_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func save(t *testing.T, wx *emulator.Server) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, wx.Save(&b))
	return b.Bytes()
}

func load(t *testing.T, state []byte) *emulator.Server {
	t.Helper()
	wx, err := emulator.Load(bytes.NewReader(state))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, wx.Close()) })
	return wx
}

// busy is an emulator in which much has happened.
func busy(t *testing.T) (*bundle, string) {
	t.Helper()
	b := setup(t, emulator.WithSeed(7))
	tpl := b.mp.AddTemplate(emulator.Template{ID: "T1", Title: "Contract due", Content: "Contract:{{thing1.DATA}}\n"})
	long := b.mp.AddTemplate(emulator.Template{Keywords: []string{"thing1"}, Type: emulator.LongTerm})
	b.mp.AddTemplate(emulator.Template{ID: "T2", Keywords: []string{"thing1"}})
	b.mp.BanTemplate("T2")
	followers := b.oa.AddTemplate(emulator.Template{Title: "To followers", Keywords: []string{"thing1", "thing2"}})
	b.oa.SetMenu(emulator.MenuButton{Name: "Help", Key: "HELP"})
	b.oa.AddAgent("anna@demo", "Anna")
	b.mp.SetQuota(subscribeSend, 10)
	bob, alice := b.wx.AddUser(emulator.UserConfig{Name: "bob", OpenIDs: map[string]string{b.mp.AppID: "oBob"}}), b.wx.User("alice")
	alice.Follow(b.oa)
	bob.Follow(b.oa)
	bob.AcceptAlways(tpl)
	bob.Accept(tpl)
	bob.Accept(long)
	alice.Ban(tpl)
	require.Zero(t, b.post(as(b.mp, subscribeSend), sub("oBob", tpl, "Fire insurance")).code())
	require.Zero(t, b.post(as(b.oa, "/cgi-bin/message/template/send"), fmt.Sprintf(
		`{"touser":%q,"template_id":%q,"url":"https://example.com/","data":{"thing1":{"value":"a"},"thing2":{"value":"b"}}}`,
		bob.OpenID(b.oa), followers)).code())
	bob.Write(b.oa, "Hello\nthere")
	bob.SendImage(b.oa, "cat.jpg", []byte("JPEG"))
	require.Zero(t, b.post(as(b.oa, "/cgi-bin/tags/create"), `{"tag":{"name":"vip"}}`).code())
	require.Zero(t, b.post(as(b.oa, "/cgi-bin/tags/members/batchtagging"), fmt.Sprintf(
		`{"openid_list":[%q],"tagid":100}`, bob.OpenID(b.oa))).code())
	require.Zero(t, b.get("/sns/jscode2session?grant_type=authorization_code&appid="+b.mp.AppID+"&secret="+b.mp.AppSecret+
		"&js_code="+bob.LoginCode(b.mp)).code())
	return b, b.oa.QRCode("shelf-7")
}

func TestSaveAndLoad(t *testing.T) {
	t.Parallel()
	b, ticket := busy(t)
	b.wx.Advance(90 * time.Minute)
	state := save(t, b.wx)
	wx := load(t, state)
	require.JSONEq(t, string(state), string(save(t, wx)))
	require.Equal(t, toJSON(t, withoutCounts(b.wx)), toJSON(t, withoutCounts(wx)))

	mp, oa := wx.MiniProgram(), wx.ServiceAccount()
	bob := wx.User("bob")
	require.Equal(t, b.wx.User("bob").Inbox(), bob.Inbox())
	require.Equal(t, "oBob", bob.OpenID(mp))
	require.Equal(t, 1, bob.Grants("T1"))
	require.Equal(t, b.mp.Token(), mp.Token(), "a token stays valid")

	after := &bundle{t: t, wx: wx, mp: mp, oa: oa, cli: wx.HTTPClient()}
	require.Zero(t, after.post(as(mp, subscribeSend), sub("oBob", "T1", "again")).code())
	require.Equal(t, 43101, after.post(as(mp, subscribeSend), sub("oBob", "T1", "once more")).code())
	require.Equal(t, 43101, after.post(as(mp, subscribeSend), sub(wx.User("alice").OpenID(mp), "T1", "no")).code())
	require.Equal(t, 43107, after.post(as(mp, subscribeSend), sub("oBob", "T2", "banned")).code())
	require.Zero(t, after.post(as(oa, customSend), text(bob.OpenID(oa), "the window is open")).code())
	bob.Scan(ticket)
	status, _, data := after.do(http.MethodGet, as(oa, "/cgi-bin/media/get?media_id="+bob.Inbox()[3].MediaID), "", "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "JPEG", string(data))
	require.Len(t, after.get(as(oa, "/cgi-bin/customservice/getkflist"))["kf_list"], 1)
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

// withoutCounts leaves out what is not saved.
func withoutCounts(wx *emulator.Server) emulator.Snapshot {
	s := wx.Snapshot()
	s.CallCount, s.PushCount = 0, 0
	return s
}

func TestLoadGoesOnWithTheSameIDs(t *testing.T) {
	t.Parallel()
	b, _ := busy(t)
	wx := load(t, save(t, b.wx))
	require.Equal(t, b.mp.ResetSecret(), wx.MiniProgram().ResetSecret())
	require.Equal(t, b.wx.User("carol").OpenID(b.mp), wx.User("carol").OpenID(wx.MiniProgram()))
}

func TestSaveDeletedTemplate(t *testing.T) {
	t.Parallel()
	b, _ := busy(t)
	require.Zero(t, b.post(as(b.mp, "/wxaapi/newtmpl/deltemplate"), `{"priTmplId":"T1"}`).code())
	want := b.wx.User("bob").Inbox()
	require.Equal(t, want, load(t, save(t, b.wx)).User("bob").Inbox())
}

// A token that ended days ago is forgotten when many others were made since. The account that had it is saved without it.
func TestSaveAfterTokensWereForgotten(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t, emulator.WithClockAt(start), emulator.WithoutDemo())
	idle, active := wx.AddMiniProgram(emulator.AppConfig{}), wx.AddMiniProgram(emulator.AppConfig{})
	old := idle.Token()
	wx.Advance(48 * time.Hour)
	for range 1100 {
		wx.Revoke(active)
		active.Token()
	}
	again := load(t, save(t, wx))
	require.NotEqual(t, old, again.App(idle.AppID).Token())
}

func TestSaveCallback(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	cb := wx.MiniProgram().SetCallback(emulator.Callback{URL: "http://127.0.0.1:1/wechat", Format: emulator.JSON})
	wx.ServiceAccount().SetCallback(emulator.Callback{Handler: http.NotFoundHandler()})
	again := load(t, save(t, wx))
	got, ok := again.MiniProgram().Callback()
	require.True(t, ok)
	require.Equal(t, cb, got)
	_, ok = again.ServiceAccount().Callback()
	require.False(t, ok, "a handler cannot be saved")
}

// Tickets are pushed from the start of a platform, also of one that was loaded. That happens while Load is
// still at work unless it waits.
func TestLoadPlatform(t *testing.T) {
	t.Parallel()
	tickets := make(chan struct{}, 10)
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { tickets <- struct{}{} }))
	t.Cleanup(srv.Close)
	wx := emulator.New(t, emulator.WithClockAt(start))
	wx.AddThirdParty(emulator.AppConfig{}).SetCallback(emulator.Callback{URL: srv.URL})
	<-tickets
	state := save(t, wx)
	again, err := emulator.Load(bytes.NewReader(state), emulator.WithAsyncPushes())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, again.Close()) })
	<-tickets
	again.Settle()
	require.Greater(t, again.Pushes()[0].Seq, wx.Pushes()[0].Seq)
	require.NotEqual(t, wx.Pushes()[0].Query, again.Pushes()[0].Query, "a nonce is used once")
	require.NotEqual(t, wx.Pushes()[0].Plain, again.Pushes()[0].Plain, "a ticket is a new one")
}

// What pushes are made of does not mix with what calls make up, for pushes go out meanwhile.
func TestSameDeedsSameState(t *testing.T) {
	t.Parallel()
	deeds := func() []byte {
		b := setup(t, emulator.WithAsyncPushes())
		b.mp.SetCallback(emulator.Callback{Handler: http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			_, _ = rw.Write([]byte("success"))
		})})
		tpl := b.mp.AddTemplate(emulator.Template{Keywords: []string{"thing1"}, Type: emulator.LongTerm})
		u := b.wx.User("u")
		u.Accept(tpl)
		for i := range 50 {
			require.Zero(t, b.post(as(b.mp, subscribeSend), sub(u.OpenID(b.mp), tpl, fmt.Sprint(i))).code())
			u.Write(b.mp, "Hi")
		}
		b.wx.Settle()
		return save(t, b.wx)
	}
	require.True(t, bytes.Equal(deeds(), deeds()), "the states differ")
}

func TestLoadRunningClock(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	wx.Advance(48 * time.Hour)
	again := load(t, save(t, wx))
	require.WithinDuration(t, wx.Now(), again.Now(), time.Second)
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	b, _ := busy(t)
	good := string(save(t, b.wx))
	cases := map[string]struct{ state, want string }{
		"NoJSON":         {"x", "invalid character"},
		"UnknownField":   {`{"version":1,"color":2}`, `unknown field "color"`},
		"Version":        {`{"version":9}`, "version 9, want 1"},
		"Member":         {strings.Replace(good, `"appId": "`+b.mp.AppID+`",`+"\n     \"openId\"", `"appId": "wx9", "openId"`, 1), "no account wx9"},
		"Follower":       {strings.Replace(good, `"followers": [`, `"followers": ["oNobody",`, 1), "no user has the OpenID oNobody"},
		"Token":          {strings.Replace(good, `"stable": {`+"\n    \"current\": \"", `"stable": { "current": "x`, 1), "a token in use is not in the list"},
		"Card":           {strings.Replace(good, `"template": "T1"`, `"template": "T9"`, 1), "the card does not fit"},
		"Callback":       {strings.Replace(good, `"industry": [`, `"callback": {"url": "ftp://x"}, "industry": [`, 1), "callback: the URL is not"},
		"TwiceTheSame":   {strings.Replace(good, `"name": "alice"`, `"name": "bob"`, 1), `there is a user "bob" already`},
		"CallbackField":  {strings.Replace(good, `"industry": [`, `"callback": {"colour": "x"}, "industry": [`, 1), `unknown field "colour"`},
		"Null":           {strings.Replace(good, `"templates": [`, `"templates": [null,`, 1), "a null in a list"},
		"NullInAMap":     {`{"version":1,"shortKeys":{"k":null}}`, "a null in a list"},
		"RandomTooShort": {strings.Replace(good, `"random": "`, `"random": "AAAA`, 1), "Load"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NotEqual(t, good, c.state, "the case changes nothing")
			_, err := emulator.Load(strings.NewReader(c.state))
			require.ErrorContains(t, err, c.want)
		})
	}
}

// What is saved does not change any more while it is written.
func TestSaveWhileCallsGoOn(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.WithAsyncPushes())
	tpl := b.mp.AddTemplate(emulator.Template{
		Keywords: []string{"thing1"}, Type: emulator.LongTerm, Limit: &emulator.RateLimit{Key: "thing1", Every: time.Hour},
	})
	u := b.wx.User("u")
	u.Accept(tpl)
	address, client := b.wx.URL(), &http.Client{}
	t.Cleanup(client.CloseIdleConnections)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 60 {
			for _, body := range []string{sub(u.OpenID(b.mp), tpl, fmt.Sprint(i)), fmt.Sprintf(`{"path":"pages/%d"}`, i)} {
				path := subscribeSend
				if strings.HasPrefix(body, `{"path"`) {
					path = "/wxa/getwxacode"
				}
				if res, err := client.Post(address+as(b.mp, path), "application/json", strings.NewReader(body)); err == nil {
					_ = res.Body.Close()
				}
			}
		}
	}()
	for {
		state := save(t, b.wx)
		select {
		case <-done:
			load(t, state)
			return
		default:
		}
	}
}

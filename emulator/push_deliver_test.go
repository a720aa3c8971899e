package emulator_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func TestSecurePushIsSignedAndEncrypted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := listen(t, b.oa, emulator.Callback{})
	u := b.wx.User("u")
	u.Follow(b.oa)
	q := r.query[0]
	var outer struct{ ToUserName, Encrypt string }
	require.NoError(t, xml.Unmarshal([]byte(r.last()), &outer))
	require.Equal(t, b.oa.OriginalID, outer.ToUserName)
	require.Equal(t, "aes", q.Get("encrypt_type"))
	require.Equal(t, u.OpenID(b.oa), q.Get("openid"))
	require.Equal(t, sha(r.cb.Token, q.Get("timestamp"), q.Get("nonce")), q.Get("signature"))
	require.Equal(t, sha(r.cb.Token, q.Get("timestamp"), q.Get("nonce"), outer.Encrypt), q.Get("msg_signature"))
	want := fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><FromUserName><![CDATA[%s]]></FromUserName><CreateTime>%d</CreateTime>"+
		"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event><EventKey><![CDATA[]]></EventKey></xml>",
		b.oa.OriginalID, u.OpenID(b.oa), start.Unix())
	require.Equal(t, want, open(t, r.cb.EncodingAESKey, outer.Encrypt, b.oa.AppID))
}

func TestPlainAndCompatibleModes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	r := listen(t, b.mp, emulator.Callback{Mode: emulator.Plaintext, Format: emulator.JSON})
	u.Write(b.mp, "a <b> & c")
	require.NotContains(t, r.query[0], "msg_signature")
	var m struct {
		ToUserName, FromUserName, MsgType, Content string
		MsgID                                      int64 `json:"MsgId"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.last()), &m))
	require.Equal(t, "a <b> & c", m.Content)
	require.Greater(t, m.MsgID, int64(1)<<53)
	require.NotContains(t, r.last(), `\u003c`)

	for _, format := range []emulator.Format{emulator.JSON, emulator.XML} {
		r = listen(t, b.mp, emulator.Callback{Mode: emulator.Compatible, Format: format})
		u.Write(b.mp, "]]> end")
		var both struct{ Content, Encrypt string }
		if format == emulator.JSON {
			require.NoError(t, json.Unmarshal([]byte(r.last()), &both))
		} else {
			require.NoError(t, xml.Unmarshal([]byte(r.last()), &both))
		}
		require.Equal(t, "]]> end", both.Content)
		require.Contains(t, open(t, r.cb.EncodingAESKey, both.Encrypt, b.mp.AppID), "end")
	}
}

func TestSubscriptionEvents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one := b.mp.AddTemplate(emulator.Template{ID: "T1", Keywords: []string{"thing1"}})
	two := b.mp.AddTemplate(emulator.Template{ID: "T2", Keywords: []string{"thing1"}})
	u := b.wx.User("u")
	head := fmt.Sprintf(`{"ToUserName":"%s","FromUserName":"%s","CreateTime":%d,"MsgType":"event","Event":`, b.mp.OriginalID, u.OpenID(b.mp), start.Unix())

	r := listen(t, b.mp, emulator.Callback{Mode: emulator.Plaintext, Format: emulator.JSON})
	u.Accept(one)
	require.Equal(t, head+`"subscribe_msg_popup_event","List":{"TemplateId":"T1","SubscribeStatusString":"accept","PopupScene":"0"}}`, r.last())
	u.Reject(one, two)
	require.Equal(t, head+`"subscribe_msg_popup_event","List":[{"TemplateId":"T1","SubscribeStatusString":"reject","PopupScene":"0"},`+
		`{"TemplateId":"T2","SubscribeStatusString":"reject","PopupScene":"0"}]}`, r.last())
	got := b.post(as(b.mp, subscribeSend), sub(u.OpenID(b.mp), one, "x"))
	b.wx.Settle()
	require.Equal(t, fmt.Sprintf(head+`"subscribe_msg_sent_event","List":{"TemplateId":"T1","MsgID":"%d","ErrorCode":"0","ErrorStatus":"success"}}`, got.number("msgid")), r.last())
	u.Ban(one)
	require.Equal(t, head+`"subscribe_msg_change_event","List":{"TemplateId":"T1","SubscribeStatusString":"reject"}}`, r.last())
	u.AcceptAlways(two)
	n := r.count()
	u.Accept(one)
	u.Accept(two)
	require.Equal(t, n, r.count(), "no pop-up, no event")

	r = listen(t, b.mp, emulator.Callback{Mode: emulator.Plaintext})
	u.Unban(one)
	u.Accept(one)
	require.Contains(t, r.last(), `<Event><![CDATA[subscribe_msg_popup_event]]></Event><SubscribeMsgPopupEvent><List><TemplateId><![CDATA[T1]]></TemplateId>`+
		`<SubscribeStatusString><![CDATA[accept]]></SubscribeStatusString><PopupScene>0</PopupScene></List></SubscribeMsgPopupEvent></xml>`)
}

func TestServiceAccountEvents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	u.Follow(b.oa)
	r := listen(t, b.oa, emulator.Callback{Mode: emulator.Plaintext})
	u.TapMenu(b.oa, "HELP")
	require.Contains(t, r.last(), "<Event><![CDATA[CLICK]]></Event><EventKey><![CDATA[HELP]]></EventKey>")
	tpl := b.oa.AddTemplate(emulator.Template{Keywords: []string{"thing1"}})
	send := func() int64 {
		got := b.post(as(b.oa, templateSend), tmpl(u.OpenID(b.oa), tpl, "", `{"thing1":{"value":"x"}}`))
		require.Zero(t, got.code())
		b.wx.Settle()
		return got.number("msgid")
	}
	id := send()
	require.Contains(t, r.last(), fmt.Sprintf("<Event><![CDATA[TEMPLATESENDJOBFINISH]]></Event><MsgID>%d</MsgID><Status><![CDATA[success]]></Status>", id))
	u.Block(b.oa, true)
	send()
	require.Contains(t, r.last(), "<![CDATA[failed:user block]]>")
	require.Len(t, u.Inbox(), 1)
	require.Equal(t, 48002, b.post(as(b.oa, customSend), text(u.OpenID(b.oa), "Hi")).code())
	u.Block(b.oa, false)
	require.Zero(t, b.post(as(b.oa, customSend), `{"touser":"`+u.OpenID(b.oa)+`","msgtype":"msgmenu","msgmenu":{"head_content":"?","list":[{"id":"101","content":"Yes"}]}}`).code())
	u.Choose(b.oa, "101")
	require.Contains(t, r.last(), "<Content><![CDATA[Yes]]></Content><bizmsgmenuid>101</bizmsgmenuid>")
	u.Unfollow(b.oa)
	require.Contains(t, r.last(), "<![CDATA[unsubscribe]]>")
	require.Equal(t, []string{"CLICK", "TEMPLATESENDJOBFINISH", "TEMPLATESENDJOBFINISH", "text", "unsubscribe"}, types(b.wx.Pushes()))
}

func types(pushes []emulator.Push) []string {
	var list []string
	for _, p := range pushes {
		list = append(list, p.Type)
	}
	return list
}

func TestMiniProgramChatPushes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	r := listen(t, b.mp, emulator.Callback{Mode: emulator.Plaintext})
	u.EnterChat(b.mp, strings.Repeat("字", 400))
	require.Contains(t, r.last(), "<SessionFrom><![CDATA["+strings.Repeat("字", 333)+"]]>")
	u.SendImage(b.mp, "a.png", []byte("png"))
	require.Regexp(t, `<MsgType><!\[CDATA\[image\]\]></MsgType><PicUrl>.+</PicUrl><MediaId>.+</MediaId><MsgId>\d{19}</MsgId>`, r.last())
	u.SendCard(b.mp, "Order", "pages/order?id=7")
	require.Contains(t, r.last(), "<PagePath><![CDATA[pages/order?id=7]]></PagePath>")
}

func TestThreeTriesWithTheSameMsgID(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := listen(t, b.mp, emulator.Callback{Mode: emulator.Plaintext})
	r.reply = func(int, string) (int, string) { return http.StatusInternalServerError, "" }
	u := b.wx.User("u")
	u.Write(b.mp, "Hi")
	require.Equal(t, 1, r.count())
	b.wx.Advance(5 * time.Second)
	require.Equal(t, 2, r.count())
	b.wx.Advance(time.Hour)
	require.Equal(t, 3, r.count())
	require.Equal(t, r.bodies[0], r.bodies[2])
	log := b.wx.Pushes("text")
	require.Len(t, log, 3)
	require.Equal(t, []int{1, 2, 3}, []int{log[0].Attempt, log[1].Attempt, log[2].Attempt})
	require.Equal(t, start.Add(10*time.Second), log[2].Time, "the tries are five seconds apart")
	require.Equal(t, "HTTP status 500", log[2].Error)
	require.NotEqual(t, log[0].Query, log[1].Query, "each try has its own nonce")
	require.Equal(t, "该小程序提供的服务出现故障，请稍后再试", u.Inbox()[1].Text)

	r.reply = nil
	b.mp.Redeliver(log[0])
	require.Equal(t, r.bodies[0], r.last())
	require.Len(t, u.Inbox(), 2)
}

// moments notes when something happened.
type moments struct {
	mu  sync.Mutex
	all []time.Time
}

func (m *moments) now() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all = append(m.all, time.Now())
	return len(m.all)
}

func (m *moments) list() []time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.all)
}

func TestSlowCallbackIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wx := emulator.New(t)
		mp := wx.MiniProgram()
		var seen moments
		mp.SetCallback(emulator.Callback{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if seen.now() < 3 {
				time.Sleep(6 * time.Second) // the bubble's clock
			}
			_, _ = io.WriteString(w, "success")
		})})
		began := time.Now()
		wx.User("u").Write(mp, "Hi")
		require.Equal(t, []time.Time{began, began.Add(5 * time.Second), began.Add(10 * time.Second)}, seen.list())
		log := wx.Pushes()
		require.Equal(t, context.DeadlineExceeded.Error(), log[0].Error)
		require.Equal(t, 5*time.Second, log[0].Took)
		require.Empty(t, log[2].Error)
		time.Sleep(10 * time.Second) // the slow handlers end
	})
}

func TestPushTimeoutCanBeShorter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wx := emulator.New(t, emulator.WithPushTimeout(time.Second), emulator.WithClockAt(start))
		wx.MiniProgram().SetCallback(emulator.Callback{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		})})
		began := time.Now()
		wx.User("u").Write(wx.MiniProgram(), "Hi")
		require.Equal(t, time.Second, time.Since(began))
		require.Len(t, wx.Pushes(), 1, "the clock stands still, so there is no second try yet")
		wx.Advance(5 * time.Second)
		require.Len(t, wx.Pushes(), 2)
	})
}

func TestRunningClockRetriesByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wx := emulator.New(t, emulator.WithAsyncPushes())
		var seen moments
		wx.MiniProgram().SetCallback(emulator.Callback{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			seen.now()
			panic("no")
		})})
		began := time.Now()
		wx.User("u").Write(wx.MiniProgram(), "Hi")
		time.Sleep(time.Minute) // the bubble's clock
		require.Equal(t, []time.Time{began, began.Add(5 * time.Second), began.Add(10 * time.Second)}, seen.list())
		require.Contains(t, wx.Pushes()[0].Error, "the handler panicked: no")
	})
}

func TestPushRaw(t *testing.T) {
	t.Parallel()
	b := setup(t, emulator.WithCallLimit(2))
	r := listen(t, b.mp, emulator.Callback{Mode: emulator.Plaintext, Format: emulator.JSON})
	for range 5 {
		b.mp.PushRaw("debug_demo", `{"MsgType":"event","Event":"debug_demo","debug_str":"x"}`)
	}
	require.JSONEq(t, `{"MsgType":"event","Event":"debug_demo","debug_str":"x"}`, r.last())
	require.Len(t, b.wx.Pushes(), 2)
	require.Equal(t, 5, b.wx.Pushes()[1].Seq)

	r = listen(t, b.mp, emulator.Callback{Mode: emulator.Compatible})
	b.mp.PushRaw("odd", "x")
	require.Contains(t, r.last(), "<Encrypt>", "what is not XML goes encrypted only")
}

// A handler of pushes may use the API, which causes pushes in turn.
func TestHandlerMayCallTheAPI(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tpl := b.mp.AddTemplate(emulator.Template{Keywords: []string{"thing1"}})
	u := b.wx.User("u")
	r := listen(t, b.mp, emulator.Callback{Mode: emulator.Plaintext, Format: emulator.JSON})
	r.reply = func(_ int, body string) (int, string) {
		if strings.Contains(body, "popup") {
			b.post(as(b.mp, subscribeSend), sub(u.OpenID(b.mp), tpl, "x"))
		}
		return 200, ""
	}
	u.Accept(tpl)
	require.Equal(t, []string{"subscribe_msg_popup_event", "subscribe_msg_sent_event"}, types(b.wx.Pushes()))
}

func TestCloseDropsPushes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wx, err := emulator.Start(emulator.WithAsyncPushes())
		require.NoError(t, err)
		wx.MiniProgram().SetCallback(emulator.Callback{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		})})
		wx.User("u").Write(wx.MiniProgram(), "Hi")
		wx.User("u").Write(wx.MiniProgram(), "Hi")
		require.NoError(t, wx.Close())
		require.NoError(t, wx.Close())
	})
}

// The page and the record show why a push failed; the address with its signatures does not belong there.
func TestFailedPushDoesNotRepeatItsAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.oa.SetCallback(emulator.Callback{URL: "http://127.0.0.1:1/wechat"})
	b.wx.User("u").Follow(b.oa)
	b.wx.Settle()
	failed := b.wx.Pushes("subscribe")[0]
	require.Contains(t, failed.Error, "connection refused")
	require.NotContains(t, failed.Error, "signature")
}

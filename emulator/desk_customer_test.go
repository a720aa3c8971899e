package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

const customSend = "/cgi-bin/message/custom/send"

func text(openID, content string) string {
	return fmt.Sprintf(`{"touser":%q,"msgtype":"text","text":{"content":%q}}`, openID, content)
}

// sendsAllowed counts the texts that an account may send now, and returns the code of the refusal.
func (b *bundle) sendsAllowed(a *emulator.App, u *emulator.User) (sent, code int) {
	b.t.Helper()
	for range 10 {
		if code = b.post(as(a, customSend), text(u.OpenID(a), "Hi")).code(); code != 0 {
			return sent, code
		}
		sent++
	}
	return sent, 0
}

func TestCustomerServiceWindows(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		act   func(b *bundle, u *emulator.User) *emulator.App
		count int
		lasts time.Duration
	}{
		"MiniProgramMessage": {func(b *bundle, u *emulator.User) *emulator.App { u.Write(b.mp, "Hi"); return b.mp }, 5, 48 * time.Hour},
		"MiniProgramEnter":   {func(b *bundle, u *emulator.User) *emulator.App { u.EnterChat(b.mp, "help"); return b.mp }, 2, time.Minute},
		"Follow":             {func(b *bundle, u *emulator.User) *emulator.App { u.Follow(b.oa); return b.oa }, 3, time.Minute},
		"Menu": {func(b *bundle, u *emulator.User) *emulator.App {
			u.Follow(b.oa)
			b.wx.Advance(time.Hour)
			u.TapMenu(b.oa, "HELP")
			return b.oa
		}, 3, time.Minute},
		"Message": {func(b *bundle, u *emulator.User) *emulator.App {
			u.Follow(b.oa)
			u.Write(b.oa, "Hi")
			return b.oa
		}, 5, 48 * time.Hour},
		"TheWiderOneHolds": {func(b *bundle, u *emulator.User) *emulator.App {
			u.Write(b.mp, "Hi")
			u.EnterChat(b.mp, "")
			return b.mp
		}, 5, 48 * time.Hour},
	}
	for name, tc := range cases {
		t.Run(name+"/Count", func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			u := b.wx.User("u")
			sent, code := b.sendsAllowed(tc.act(b, u), u)
			require.Equal(t, []int{tc.count, 45047}, []int{sent, code})
		})
		t.Run(name+"/Time", func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			u := b.wx.User("u")
			a := tc.act(b, u)
			b.wx.Advance(tc.lasts - time.Second)
			require.Zero(t, b.post(as(a, customSend), text(u.OpenID(a), "Hi")).code())
			b.wx.Advance(time.Second)
			sent, code := b.sendsAllowed(a, u)
			require.Equal(t, []int{0, 45015}, []int{sent, code})
		})
	}
}

func TestUnfollowClosesTheWindow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	require.Equal(t, 45015, b.post(as(b.oa, customSend), text(u.OpenID(b.oa), "Hi")).code())
	u.Follow(b.oa)
	u.Write(b.oa, "Hi")
	u.Unfollow(b.oa)
	require.Equal(t, 45015, b.post(as(b.oa, customSend), text(u.OpenID(b.oa), "Hi")).code())
}

func TestCustomMessageTypes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	u.Follow(b.oa)
	image := b.oa.AddMedia("image", "a.png", []byte("png"))
	mpImage := b.mp.AddMedia("image", "a.png", []byte("png"))
	thumb := b.oa.AddMedia("thumb", "a.jpg", []byte("jpg"))
	voice := b.oa.AddMedia("voice", "a.mp3", []byte("mp3"))
	video := b.oa.AddMedia("video", "a.mp4", []byte("mp4"))
	cases := map[string]struct {
		app  *emulator.App
		body string
		code int
	}{
		"Text":             {b.oa, `"text","text":{"content":"<a href=\"https://x\">x</a>"}`, 0},
		"EmptyText":        {b.oa, `"text","text":{"content":""}`, 44004},
		"LongText":         {b.oa, `"text","text":{"content":"` + strings.Repeat("字", 683) + `"}`, 45002},
		"ForeignLink":      {b.mp, `"text","text":{"content":"<a href=\"x\" data-miniprogram-appid=\"wx00\">x</a>"}`, 45086},
		"Image":            {b.oa, `"image","image":{"media_id":"` + image + `"}`, 0},
		"ImageOfOther":     {b.mp, `"image","image":{"media_id":"` + image + `"}`, 40007},
		"Voice":            {b.oa, `"voice","voice":{"media_id":"` + voice + `"}`, 0},
		"VoiceOfMini":      {b.mp, `"voice","voice":{"media_id":"` + voice + `"}`, 45162},
		"Video":            {b.oa, `"video","video":{"media_id":"` + video + `","thumb_media_id":"` + thumb + `","title":"T"}`, 0},
		"VideoNoThumb":     {b.oa, `"video","video":{"media_id":"` + video + `"}`, 40007},
		"Music":            {b.oa, `"music","music":{"musicurl":"https://m","thumb_media_id":"` + thumb + `"}`, 0},
		"News":             {b.oa, `"news","news":{"articles":[{"title":"T","url":"https://x"}]}`, 0},
		"TwoArticles":      {b.oa, `"news","news":{"articles":[{"title":"T"},{"title":"U"}]}`, 45008},
		"ArticlesAsObject": {b.oa, `"news","news":{"articles":{"title":"T"}}`, 45162},
		"MPNewsArticle":    {b.oa, `"mpnewsarticle","mpnewsarticle":{"article_id":"A"}`, 0},
		"Link":             {b.mp, `"link","link":{"title":"T","description":"D","url":"https://x","thumb_url":"https://x/a.png"}`, 0},
		"LinkNoURL":        {b.mp, `"link","link":{"title":"T"}`, 45162},
		"MiniPage":         {b.mp, `"miniprogrampage","miniprogrampage":{"title":"T","pagepath":"p","thumb_media_id":"` + mpImage + `"}`, 0},
		"MiniPageOfOA":     {b.oa, `"miniprogrampage","miniprogrampage":{"title":"T","appid":"` + b.mp.AppID + `","pagepath":"p","thumb_media_id":"` + image + `"}`, 0},
		"MiniPageNoAppID":  {b.oa, `"miniprogrampage","miniprogrampage":{"title":"T","pagepath":"p","thumb_media_id":"` + image + `"}`, 40013},
		"MiniPageThumb":    {b.oa, `"miniprogrampage","miniprogrampage":{"title":"T","appid":"` + b.mp.AppID + `","pagepath":"p","thumb_media_id":"` + thumb + `"}`, 40007},
		"MsgMenu":          {b.oa, `"msgmenu","msgmenu":{"head_content":"Happy?","list":[{"id":"1","content":"Yes"}]}`, 0},
		"Card":             {b.oa, `"wxcard","wxcard":{"card_id":"C"}`, 0},
		"Song":             {b.oa, `"music","music":{"thumb_media_id":"` + thumb + `"}`, 45162},
		"NoVideo":          {b.oa, `"video"`, 45162},
		"NoNews":           {b.oa, `"news"`, 44003},
		"EmptyNews":        {b.oa, `"news","news":{"articles":[]}`, 44003},
		"LongTitle":        {b.oa, `"news","news":{"articles":[{"title":"` + strings.Repeat("x", 257) + `"}]}`, 45003},
		"LongLinkTitle":    {b.mp, `"link","link":{"title":"` + strings.Repeat("x", 257) + `","url":"https://x"}`, 45003},
		"MPNews":           {b.oa, `"mpnews","mpnews":{"media_id":"` + image + `"}`, 0},
		"NoArticle":        {b.oa, `"mpnewsarticle","mpnewsarticle":{}`, 45162},
		"NoMenu":           {b.oa, `"msgmenu","msgmenu":{"list":[]}`, 45162},
		"LongMenu":         {b.oa, `"msgmenu","msgmenu":{"list":[` + strings.Repeat(`{"id":"1","content":"x"},`, 50) + `{"id":"1","content":"x"}]}`, 45098},
		"NoCard":           {b.oa, `"wxcard","wxcard":{}`, 45162},
		"NoPage":           {b.mp, `"miniprogrampage","miniprogrampage":{"title":"T","thumb_media_id":"` + mpImage + `"}`, 40165},
		"NoMiniPage":       {b.mp, `"miniprogrampage"`, 45162},
		"Unknown":          {b.oa, `"location","location":{}`, 45162},
		"Handover":         {b.oa, `"transfer_customer_service"`, 45162},
		"MissingObject":    {b.oa, `"image"`, 40007},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := b.wx.User(name)
			if tc.app == b.oa {
				v.Follow(b.oa)
			}
			v.Write(tc.app, "Hi")
			got := b.post(as(tc.app, customSend), `{"touser":"`+v.OpenID(tc.app)+`","msgtype":`+tc.body+`}`)
			require.Equal(t, tc.code, got.code(), got.text("errmsg"))
			require.NotContains(t, got, "msgid")
			if tc.code == 0 {
				require.Len(t, v.Inbox(), 2)
				require.NotContains(t, v.Inbox()[1].String(), "<nil>")
			}
		})
	}
}

func TestMediaLapsesAfterThreeDays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	image := b.mp.AddMedia("image", "a.png", nil)
	u := b.wx.User("u")
	b.wx.Advance(72 * time.Hour)
	u.Write(b.mp, "Hi")
	require.Equal(t, 40007, b.post(as(b.mp, customSend), `{"touser":"`+u.OpenID(b.mp)+`","msgtype":"image","image":{"media_id":"`+image+`"}}`).code())
}

func TestAgentAndAIMarks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	u.Write(b.mp, "Hi")
	body := `{"touser":"` + u.OpenID(b.mp) + `","msgtype":"text","text":{"content":"Hello"},"customservice":{"kf_account":"anna@demo"},"aimsgcontext":{"is_ai_msg":1}}`
	require.Zero(t, b.post(as(b.mp, customSend), body).code())
	m := u.Inbox()[1]
	require.Equal(t, "anna@demo", m.Agent)
	require.True(t, m.AI)
	require.Equal(t, "[chat] to Demo Mini Program: Hi", u.Inbox()[0].String())
	require.Equal(t, "[chat] Demo Mini Program: Hello", m.String())
}

func TestTyping(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	typing := func(command string) int {
		return b.post(as(b.mp, "/cgi-bin/message/custom/typing"), fmt.Sprintf(`{"touser":%q,"command":%q}`, u.OpenID(b.mp), command)).code()
	}
	require.Equal(t, 45015, typing("Typing"))
	u.EnterChat(b.mp, "")
	require.Equal(t, 45080, typing("Typing"), "entering is no message")
	u.Write(b.mp, "Hi")
	require.Equal(t, 45072, typing("typing"))
	require.Zero(t, typing("Typing"))
	require.True(t, u.Typing(b.mp))
	require.Equal(t, 45081, typing("Typing"))
	require.Zero(t, typing("CancelTyping"))
	require.False(t, u.Typing(b.mp))
	require.Zero(t, typing("Typing"))
	b.wx.Advance(15 * time.Second)
	require.False(t, u.Typing(b.mp))
	require.Zero(t, typing("Typing"))
	require.Zero(t, b.post(as(b.mp, customSend), text(u.OpenID(b.mp), "Hello")).code())
	require.False(t, u.Typing(b.mp), "a message ends it")
	b.wx.Advance(31 * time.Second)
	require.Equal(t, 45080, typing("Typing"))
}

// TestPaymentWindow: WeChat's pages disagree about it, so a test says what a payment opens.
func TestPaymentWindow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann := b.wx.User("ann")
	send := func() int {
		return b.post(as(b.oa, customSend), `{"touser":"`+ann.OpenID(b.oa)+`","msgtype":"text","text":{"content":"Thank you"}}`).code()
	}
	ann.Pay(b.oa, emulator.Payment{TransactionID: "1"})
	require.Equal(t, 45015, send(), "opens nothing by itself")
	ann.Pay(b.oa, emulator.Payment{Window: 2})
	require.Equal(t, []int{0, 0, 45047}, []int{send(), send(), send()})
	ann.Pay(b.oa, emulator.Payment{Window: 1})
	b.wx.Advance(48*time.Hour - time.Second)
	require.Zero(t, send())
	ann.Pay(b.oa, emulator.Payment{Window: 1})
	b.wx.Advance(48 * time.Hour)
	require.Equal(t, 45015, send())
}

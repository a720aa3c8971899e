package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// open48 is an emulator in which the user u has written to both accounts.
func open48(t *testing.T) (*bundle, *emulator.User) {
	t.Helper()
	b := setup(t)
	u := b.wx.User("u")
	u.Follow(b.oa)
	u.Write(b.oa, "Hi")
	u.Write(b.mp, "Hi")
	return b, u
}

// The longest text has 2048 bytes, whatever their characters.
func TestLongestTexts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		code int
	}{
		"Letters":        {strings.Repeat("x", 2048), 0},
		"OneLetterMore":  {strings.Repeat("x", 2049), 45002},
		"Chinese":        {strings.Repeat("字", 682), 0}, // 2046 bytes
		"OneChineseMore": {strings.Repeat("字", 683), 45002},
		"Empty":          {"", 44004},
		"Blank":          {" ", 0},
	} {
		b, u := open48(t)
		require.Equal(t, c.code, b.post(as(b.oa, customSend), text(u.OpenID(b.oa), c.text)).code(), name)
	}
}

// Which kind of account may send which type. A wrong one costs nothing of the window.
func TestTypesByKindOfAccount(t *testing.T) {
	t.Parallel()
	b, u := open48(t)
	fill := func(a *emulator.App) map[string]string {
		image, thumb := a.AddMedia("image", "a.jpg", nil), a.AddMedia("thumb", "a.jpg", nil)
		return map[string]string{
			"text":            `{"content":"x"}`,
			"image":           `{"media_id":"` + image + `"}`,
			"voice":           `{"media_id":"` + a.AddMedia("voice", "a.mp3", nil) + `"}`,
			"video":           `{"media_id":"` + a.AddMedia("video", "a.mp4", nil) + `","thumb_media_id":"` + thumb + `"}`,
			"music":           `{"musicurl":"https://m","thumb_media_id":"` + thumb + `"}`,
			"news":            `{"articles":[{"title":"T","url":"https://n"}]}`,
			"mpnewsarticle":   `{"article_id":"A"}`,
			"msgmenu":         `{"list":[{"id":"1","content":"Yes"}]}`,
			"wxcard":          `{"card_id":"C"}`,
			"link":            `{"title":"T","url":"https://l"}`,
			"miniprogrampage": `{"title":"T","appid":"` + b.mp.AppID + `","pagepath":"pages/a","thumb_media_id":"` + image + `"}`,
		}
	}
	ofMini := map[string]bool{"text": true, "image": true, "link": true, "miniprogrampage": true}
	for _, a := range []*emulator.App{b.oa, b.mp} {
		left := func() int {
			for _, m := range u.State().Accounts {
				if m.AppID == a.AppID {
					return m.Window.Left
				}
			}
			return 0
		}
		for kind, object := range fill(a) {
			u.Write(a, "again")
			before := left()
			code := b.post(as(a, customSend), fmt.Sprintf(`{"touser":%q,"msgtype":%q,%q:%s}`, u.OpenID(a), kind, kind, object)).code()
			if ofMini[kind] && a == b.mp || kind != "link" && a == b.oa {
				require.Zero(t, code, kind)
				require.Equal(t, before-1, left())
				require.Equal(t, kind, u.Inbox()[len(u.Inbox())-1].Type)
			} else {
				require.Equal(t, 45162, code, kind)
				require.Equal(t, before, left())
			}
		}
	}
}

// A text may lead to Mini Programs that the account is linked with.
func TestLinksInTexts(t *testing.T) {
	t.Parallel()
	b, u := open48(t)
	other := b.wx.AddMiniProgram(emulator.AppConfig{})
	link := func(appID string) string {
		return `<a href=\"https://x\" data-miniprogram-appid=\"` + appID + `\" data-miniprogram-path=\"pages/a\">shop</a>`
	}
	send := func(content string) int {
		return b.post(as(b.oa, customSend), fmt.Sprintf(`{"touser":%q,"msgtype":"text","text":{"content":"%s"}}`, u.OpenID(b.oa), content)).code()
	}
	require.Zero(t, send(link(b.mp.AppID)))
	require.Equal(t, 45086, send(link(other.AppID)))
	require.Equal(t, 45086, send(link(b.mp.AppID)+link(other.AppID)), "one of two")
	b.oa.Link(other)
	require.Zero(t, send(link(other.AppID)))
}

// The typing hint needs an exchange of the last 30 seconds, lasts 15, and goes with the message.
func TestLifeOfTheTypingHint(t *testing.T) {
	t.Parallel()
	b, u := open48(t)
	hint := func(command string) int {
		return b.post(as(b.oa, "/cgi-bin/message/custom/typing"), fmt.Sprintf(`{"touser":%q,"command":%q}`, u.OpenID(b.oa), command)).code()
	}
	b.wx.Advance(30 * time.Second)
	require.Zero(t, hint("Typing"))
	require.True(t, u.Typing(b.oa))
	require.False(t, u.Typing(b.mp))
	require.Equal(t, 45081, hint("Typing"))
	b.wx.Advance(15 * time.Second)
	require.False(t, u.Typing(b.oa))
	require.Equal(t, 45080, hint("Typing"), "45 seconds after the last message")
	u.Write(b.oa, "Hello?")
	require.Zero(t, hint("Typing"))
	b.succeeds(as(b.oa, customSend), text(u.OpenID(b.oa), "Yes"))
	require.False(t, u.Typing(b.oa), "the message is there")
	require.Zero(t, hint("Typing"))
	require.Zero(t, hint("CancelTyping"))
	require.False(t, u.Typing(b.oa))
	require.Equal(t, 45072, hint("Dancing"))
	b.wx.Advance(48 * time.Hour)
	require.Equal(t, 45015, hint("Typing"))
}

// A bad review is worth one message, once, to the Mini Program that it is about.
func TestAnswerToABadReview(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := b.wx.AddMiniProgram(emulator.AppConfig{})
	u := b.wx.User("u")
	id := u.ReviewBadly(b.mp)
	reset := func(a *emulator.App) int {
		return b.post(as(a, "/wxaapi/comment/apikfquota/reset"), fmt.Sprintf(`{"commentId":%q}`, id)).code()
	}
	send := func() int { return b.post(as(b.mp, customSend), text(u.OpenID(b.mp), "Sorry")).code() }
	require.Equal(t, 45015, send())
	require.Equal(t, 10000, reset(other))
	require.Zero(t, reset(b.mp))
	require.Equal(t, 10000, reset(b.mp), "once")
	require.Zero(t, send())
	require.Equal(t, 45047, send())
}

// An agent is known by the account name, with a nickname that may change; the number is given once.
func TestNumbersOfAgents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	list := func() (ids []any) {
		for _, one := range b.get(as(b.oa, "/cgi-bin/customservice/getkflist"))["kf_list"].([]any) {
			ids = append(ids, one.(map[string]any)["kf_id"])
		}
		return ids
	}
	b.oa.AddAgent("a@demo", "A")
	b.oa.AddAgent("b@demo", "B")
	require.Equal(t, []any{num("1001"), num("1002")}, list())
	b.succeeds(as(b.oa, "/customservice/kfaccount/del"), `{"kf_account":"b@demo"}`)
	b.oa.AddAgent("b@demo", "B again")
	require.Equal(t, []any{num("1001"), num("1003")}, list())
	b.succeeds(as(b.oa, "/customservice/kfaccount/update"), `{"kf_account":"a@demo","nickname":"Anna"}`)
	require.Equal(t, []any{num("1001"), num("1003")}, list())
}

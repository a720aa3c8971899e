package callback_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/errcode"
)

// replying makes a handler that answers every push with the same reply.
func replying(t *testing.T, app callback.App, reply callback.Reply) *bundle {
	t.Helper()
	b := setup(t, app)
	b.Fallback(func(context.Context, callback.Push) (callback.Reply, error) { return reply, nil })
	return b
}

var replies = map[string]callback.Reply{
	"text":             callback.TextReply{Content: "See <a href=\"https://shop.example.com/?a=1&b=2\">here</a>\n]]> 你好 😀"},
	"image":            callback.ImageReply{MediaID: "MEDIA_a"},
	"voice":            callback.VoiceReply{MediaID: "MEDIA_a"},
	"video":            callback.VideoReply{MediaID: "MEDIA_v", Title: "Tour", Description: "Three minutes"},
	"video_bare":       callback.VideoReply{MediaID: "MEDIA_v"},
	"music":            callback.MusicReply{Title: "Song", Description: "Quiet", MusicURL: "https://m.example.com/1", HQMusicURL: "https://m.example.com/2", ThumbMediaID: "MEDIA_t"},
	"music_bare":       callback.MusicReply{ThumbMediaID: "MEDIA_t"},
	"news":             callback.NewsReply{Articles: []callback.Article{{Title: "Blue mug", Description: "Back in stock", PictureURL: "https://img.example.com/m.jpg", URL: "https://shop.example.com/m"}, {Title: "Red mug"}}},
	"transfer":         callback.TransferReply{},
	"transfer_account": callback.TransferReply{Account: "anna@demo_shop"},
	"pointer":          &callback.TextReply{Content: "hi"},
}

// TestReplies sends every reply in both encodings and all three modes. The reply in clear is golden.
func TestReplies(t *testing.T) {
	t.Parallel()
	for name, reply := range replies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for format, body := range map[string]string{"xml": textPush, "json": jsonPush} {
				for _, mode := range []callback.Mode{callback.ModeSecure, callback.ModeCompatible, callback.ModePlain} {
					b := replying(t, appIn(mode), reply)
					w := b.do(goldenRequest(b.app, body))
					require.Equal(t, http.StatusOK, w.Code)
					require.Contains(t, w.Header().Get("Content-Type"), format)
					require.NotEmpty(t, w.Header().Get("Content-Length"))
					requireWellFormed(t, format, w.Body.Bytes())
					got, err := b.sender().Reply(w.Body.Bytes())
					require.NoError(t, err)
					requireWellFormed(t, format, []byte(got))
					golden(t, "replies/"+name+"."+format, got+"\n")
					if mode == callback.ModePlain {
						continue
					}
					require.NotContains(t, w.Body.String(), "oFan-1", "encrypted")
					require.Contains(t, w.Body.String(), "1763600000", "seconds")
					require.Contains(t, w.Body.String(), "1320562132", "the nonce of the request")
				}
			}
		})
	}
}

func requireWellFormed(t *testing.T, format string, body []byte) {
	t.Helper()
	if format == "json" {
		require.True(t, json.Valid(body), "%s", body)
		return
	}
	var v struct {
		XMLName xml.Name `xml:"xml"`
	}
	require.NoError(t, xml.Unmarshal(body, &v), "%s", body)
}

func TestReplyTurnsSenderAndReceiverRound(t *testing.T) {
	t.Parallel()
	var got struct {
		ToUserName, FromUserName, MsgType, Content string
		CreateTime                                 int64
	}
	reply := replying(t, secureApp(), replies["text"]).push(t, textPush)
	require.NoError(t, xml.Unmarshal([]byte(reply), &got))
	require.Equal(t, "oFan-1", got.ToUserName)
	require.Equal(t, originalID, got.FromUserName)
	require.Equal(t, now.Unix(), got.CreateTime)
	require.Equal(t, replies["text"].(callback.TextReply).Content, got.Content)
}

func TestSuccessIsNeverEncrypted(t *testing.T) {
	t.Parallel()
	for _, mode := range []callback.Mode{callback.ModeSecure, callback.ModeCompatible, callback.ModePlain} {
		for _, body := range []string{textPush, jsonPush} {
			w := setup(t, appIn(mode)).do(goldenRequest(appIn(mode), body))
			require.Equal(t, "success", w.Body.String())
			require.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))
		}
	}
}

// TestRefusedReplies: the handler has done its work, so the push is done; the user sees nothing, the hook learns why.
func TestRefusedReplies(t *testing.T) {
	t.Parallel()
	follow := read(t, "pushes/subscribe.xml")
	miniProgram, platform := secureApp(), secureApp()
	miniProgram.Kind, platform.Kind = callback.MiniProgram, callback.ThirdPartyPlatform
	many := callback.NewsReply{Articles: make([]callback.Article, 9)}
	cases := map[string]struct {
		app   callback.App
		push  string
		reply callback.Reply
		field string
	}{
		"empty text":                 {secureApp(), textPush, callback.TextReply{}, "Content"},
		"text of control characters": {secureApp(), textPush, callback.TextReply{Content: "\x00\x01"}, "Content"},
		"image":                      {secureApp(), textPush, callback.ImageReply{}, "MediaID"},
		"voice":                      {secureApp(), textPush, callback.VoiceReply{}, "MediaID"},
		"video":                      {secureApp(), textPush, callback.VideoReply{Title: "x"}, "MediaID"},
		"music":                      {secureApp(), textPush, callback.MusicReply{MusicURL: "x"}, "ThumbMediaID"},
		"no news":                    {secureApp(), textPush, callback.NewsReply{}, "Articles"},
		"too much news":              {secureApp(), textPush, many, "Articles"},
		"transfer of an event":       {secureApp(), follow, callback.TransferReply{}, "transfer_customer_service"},
		"text that is not UTF-8":     {secureApp(), textPush, callback.TextReply{Content: "\xc4\xe3\xba\xc3"}, "Content"},
		"id that is not UTF-8":       {secureApp(), textPush, callback.ImageReply{MediaID: "\xff"}, "MediaID"},
		"title that is not UTF-8":    {secureApp(), jsonPush, callback.VideoReply{MediaID: "m", Title: "\xff"}, "Title"},
		"agent that is not UTF-8":    {secureApp(), textPush, callback.TransferReply{Account: "\xff"}, "Account"},
		"news that is not UTF-8": {secureApp(), textPush, callback.NewsReply{Articles: []callback.Article{
			{Title: "a"}, {Title: "b", PictureURL: "https://img.example.com/\xff"},
		}}, "Articles[1].PictureURL"},
		"mini program text":  {miniProgram, textPush, callback.TextReply{Content: "hi"}, "text"},
		"mini program agent": {miniProgram, textPush, callback.TransferReply{Account: "a"}, "Account"},
		"mini program event": {miniProgram, follow, callback.TransferReply{}, "transfer_customer_service"},
		"platform push":      {platform, strings.Replace(read(t, "pushes/platform_ticket.xml"), "wxplatform000001", appID, 1), callback.TextReply{Content: "hi"}, "text"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := replying(t, c.app, c.reply)
			require.Empty(t, b.push(t, c.push))
			report := b.requireReport(t, callback.ErrReply)
			var wrong *errcode.FieldError
			require.ErrorAs(t, report.Err, &wrong)
			require.Equal(t, c.field, wrong.Field)
			require.Equal(t, http.StatusOK, report.Status)

			require.Empty(t, b.push(t, c.push))
			b.requireReport(t, callback.ErrDuplicate)
		})
	}
}

func TestMiniProgramTransfers(t *testing.T) {
	t.Parallel()
	app := secureApp()
	app.Kind = callback.MiniProgram
	for _, name := range []string{"message_text_business", "message_image", "message_miniprogrampage", "message_unknown"} {
		for _, format := range []string{"xml", "json"} {
			reply := replying(t, app, callback.TransferReply{}).push(t, read(t, "pushes/"+name+"."+format))
			require.Contains(t, reply, "transfer_customer_service")
			require.Equal(t, format == "json", strings.HasPrefix(reply, "{"), "JSON for JSON")
		}
	}
}

func TestPlatformRepliesForItsAccounts(t *testing.T) {
	t.Parallel()
	app := secureApp()
	app.Kind = callback.ThirdPartyPlatform
	require.Contains(t, replying(t, app, callback.TextReply{Content: "hi"}).push(t, textPush), "hi")
}

package emulator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func TestPassiveReplies(t *testing.T) {
	t.Parallel()
	b := setup(t)
	image := b.oa.AddMedia("image", "a.png", nil)
	cases := map[string]struct {
		inner string
		fault string
		shown string
	}{
		"Text":      {`<MsgType>text</MsgType><Content><![CDATA[Hello]]></Content>`, "", "Hello"},
		"EmptyText": {`<MsgType>text</MsgType><Content></Content>`, "a text without Content", ""},
		"LongText":  {`<MsgType>text</MsgType><Content>` + strings.Repeat("x", 2048) + `</Content>`, "Content is longer than 2047 bytes", ""},
		"Image":     {`<MsgType>image</MsgType><Image><MediaId>` + image + `</MediaId></Image>`, "", "<image>"},
		"NoImage":   {`<MsgType>image</MsgType><Image><MediaId>x</MediaId></Image>`, "MediaId is not a file of the account", ""},
		"Music":     {`<MsgType>music</MsgType><Music><Title>Song</Title><ThumbMediaId>` + image + `</ThumbMediaId></Music>`, "", "Song"},
		"Voice":     {`<MsgType>voice</MsgType><Voice><MediaId>` + image + `</MediaId></Voice>`, "", "<voice>"},
		"Video":     {`<MsgType>video</MsgType><Video><MediaId>` + image + `</MediaId><Title>Film</Title></Video>`, "", "Film"},
		"News":      {`<MsgType>news</MsgType><ArticleCount>1</ArticleCount><Articles><item><Title>Big</Title><Url>https://x</Url></item></Articles>`, "", "Big"},
		"NoNews":    {`<MsgType>news</MsgType>`, "news without Articles", ""},
		"Unknown":   {`<MsgType>dance</MsgType>`, "MsgType is none of the passive replies", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			oa := b.wx.AddServiceAccount(emulator.AppConfig{})
			tc.inner = strings.ReplaceAll(tc.inner, image, oa.AddMedia("image", "a.png", nil))
			u := b.wx.User(name)
			u.Follow(oa)
			r := listen(t, oa, emulator.Callback{})
			r.reply = func(int, string) (int, string) {
				return 200, sealedReply(t, r.cb, oa.AppID, "<xml><ToUserName>"+u.OpenID(oa)+"</ToUserName><FromUserName>"+oa.OriginalID+
					"</FromUserName><CreateTime>1</CreateTime>"+tc.inner+"</xml>")
			}
			u.Write(oa, "Hi")
			log := b.wx.Pushes()
			i := slices.IndexFunc(log, func(p emulator.Push) bool { return p.AppID == oa.AppID })
			require.Equal(t, tc.fault, log[i].Fault)
			last := u.Inbox()[len(u.Inbox())-1]
			if tc.fault != "" {
				require.Equal(t, "该公众号提供的服务出现故障，请稍后再试", last.Text)
				return
			}
			require.Contains(t, last.String(), tc.shown)
			require.False(t, last.Own)
		})
	}
}

func TestRepliesThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	u.Follow(b.oa)
	plain := "<xml><ToUserName>x</ToUserName><MsgType>text</MsgType></xml>"
	cases := map[string]struct {
		mode  emulator.Mode
		reply func(cb emulator.Callback) string
		fault string
	}{
		"NotXML":      {emulator.Secure, func(emulator.Callback) string { return "SUCCESS" }, "neither success nor XML"},
		"OtherRoot":   {emulator.Compatible, func(emulator.Callback) string { return strings.ReplaceAll(plain, "xml>", "message>") }, "neither success nor XML"},
		"Unencrypted": {emulator.Secure, func(emulator.Callback) string { return plain }, "not encrypted"},
		"NotSwapped":  {emulator.Compatible, func(emulator.Callback) string { return plain }, "ToUserName and FromUserName are not those of the push, exchanged"},
		"Encrypted":   {emulator.Plaintext, func(cb emulator.Callback) string { return sealedReply(t, cb, b.oa.AppID, plain) }, "encrypted, in plaintext mode"},
		"Signature": {emulator.Secure, func(cb emulator.Callback) string {
			return strings.Replace(sealedReply(t, cb, b.oa.AppID, plain), "1700000000", "1700000001", 1)
		}, "MsgSignature does not match"},
		"OtherApp": {emulator.Secure, func(cb emulator.Callback) string { return sealedReply(t, cb, "wx00", plain) }, "cannot be decrypted with the account's key"},
		"NoCipher": {emulator.Secure, func(cb emulator.Callback) string {
			return "<xml><Encrypt>AA==</Encrypt><MsgSignature>" + sha(cb.Token, "1", "2", "AA==") + "</MsgSignature><TimeStamp>1</TimeStamp><Nonce>2</Nonce></xml>"
		}, "cannot be decrypted with the account's key"},
		"Milliseconds": {emulator.Secure, func(cb emulator.Callback) string {
			return "<xml><Encrypt>AA==</Encrypt><MsgSignature>" + sha(cb.Token, "1700000000000", "2", "AA==") + "</MsgSignature><TimeStamp>1700000000000</TimeStamp><Nonce>2</Nonce></xml>"
		}, "TimeStamp is not in seconds"},
	}
	for name, tc := range cases {
		r := listen(t, b.oa, emulator.Callback{Mode: tc.mode})
		r.reply = func(int, string) (int, string) { return 200, tc.reply(r.cb) }
		u.Write(b.oa, name)
		log := b.wx.Pushes()
		require.Equal(t, tc.fault, log[len(log)-1].Fault, name)
		require.Equal(t, 1, r.count(), "an answer is no reason to try again")
	}
}

func TestMiniProgramHandsOverOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	r := listen(t, b.mp, emulator.Callback{Mode: emulator.Plaintext, Format: emulator.JSON})
	msgType := "transfer_customer_service"
	r.reply = func(int, string) (int, string) {
		return 200, fmt.Sprintf(`{"ToUserName":%q,"FromUserName":%q,"CreateTime":1,"MsgType":%q}`, u.OpenID(b.mp), b.mp.OriginalID, msgType)
	}
	u.Write(b.mp, "Hi")
	require.Empty(t, b.wx.Pushes()[0].Fault)
	msgType = "text"
	u.Write(b.mp, "Hi")
	require.Equal(t, "a Mini Program replies with transfer_customer_service only", b.wx.Pushes()[1].Fault)
	r.reply = func(int, string) (int, string) { return 200, `{"msgtype":"transfer_customer_service"}` }
	u.Write(b.mp, "Hi")
	require.NotEmpty(t, b.wx.Pushes()[2].Fault, "MsgType is not msgtype")
	r.reply = func(int, string) (int, string) { return 200, "<xml/>" }
	u.Write(b.mp, "Hi")
	require.Equal(t, "neither success nor JSON", b.wx.Pushes()[3].Fault)
}

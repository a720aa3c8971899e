package emulator_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// What each verb pushes: its type, and what the body says beside the head.
func TestWhatVerbsPush(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do   func(b *bundle, u *emulator.User)
		oa   bool
		kind string
		has  []string
	}{
		"Follow":     {func(b *bundle, u *emulator.User) { u.Follow(b.oa) }, true, "subscribe", []string{"<EventKey><![CDATA[]]></EventKey>"}},
		"Unfollow":   {func(b *bundle, u *emulator.User) { u.Follow(b.oa); u.Unfollow(b.oa) }, true, "unsubscribe", nil},
		"Scan":       {func(b *bundle, u *emulator.User) { u.Scan(b.oa.QRCode("s7")) }, true, "subscribe", []string{"<![CDATA[qrscene_s7]]>", "<Ticket>"}},
		"ScanAgain":  {func(b *bundle, u *emulator.User) { u.Follow(b.oa); u.Scan(b.oa.QRCode("s7")) }, true, "SCAN", []string{"<EventKey><![CDATA[s7]]>"}},
		"TapMenu":    {func(b *bundle, u *emulator.User) { u.Follow(b.oa); u.TapMenu(b.oa, "HELP") }, true, "CLICK", []string{"<![CDATA[HELP]]>"}},
		"Write":      {func(b *bundle, u *emulator.User) { u.Write(b.mp, "Hi <b>") }, false, "text", []string{"<Content><![CDATA[Hi <b>]]></Content>", "<MsgId>"}},
		"SendImage":  {func(b *bundle, u *emulator.User) { u.SendImage(b.mp, "a.jpg", nil) }, false, "image", []string{"<PicUrl>", "<MediaId>", "<MsgId>"}},
		"SendCard":   {func(b *bundle, u *emulator.User) { u.SendCard(b.mp, "T", "pages/a") }, false, "miniprogrampage", []string{"<ThumbMediaId>"}},
		"EnterChat":  {func(b *bundle, u *emulator.User) { u.EnterChat(b.mp, "x") }, false, "user_enter_tempsession", []string{"<SessionFrom>"}},
		"ReviewBad":  {func(b *bundle, u *emulator.User) { u.ReviewBadly(b.mp) }, false, "wxa_comment_bad_score", []string{"<result><comment_id>"}},
		"Verify":     {func(b *bundle, _ *emulator.User) { b.oa.Verify(emulator.VerificationExpired, "") }, true, "verify_expired", []string{"<ExpiredTime>"}},
		"VerifyFail": {func(b *bundle, _ *emulator.User) { b.oa.Verify(emulator.NamingRefused, "no") }, true, "naming_verify_fail", []string{"<FailReason><![CDATA[no]]>"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			a := b.mp
			if c.oa {
				a = b.oa
			}
			r := listen(t, a, emulator.Callback{Mode: emulator.Plaintext})
			u := b.wx.User("u")
			c.do(b, u)
			pushes := b.wx.Pushes(c.kind)
			require.Len(t, pushes, 1)
			for _, want := range c.has {
				require.Contains(t, r.last(), want)
			}
			var head struct {
				ToUserName, FromUserName, MsgType, Event string
				CreateTime                               int64
			}
			require.NoError(t, xml.Unmarshal([]byte(r.last()), &head))
			require.Equal(t, a.OriginalID, head.ToUserName)
			require.Equal(t, start.Unix(), head.CreateTime)
			if head.MsgType == "event" {
				require.Equal(t, c.kind, head.Event)
			} else {
				require.Equal(t, c.kind, head.MsgType)
			}
			if !strings.HasPrefix(name, "Verify") {
				require.Equal(t, u.OpenID(a), head.FromUserName)
				require.Contains(t, pushes[0].Query, "openid="+u.OpenID(a))
			} else {
				require.NotContains(t, pushes[0].Query, "openid=", "about no user")
			}
		})
	}
}

// JSON says the same as XML: numbers as numbers where WeChat has them, as strings where it has those.
func TestSamePushInBothFormats(t *testing.T) {
	t.Parallel()
	b := setup(t)
	odd := `a "quoted" ]]> & <b> 中` + "\n"
	u := b.wx.User("u")
	r := listen(t, b.mp, emulator.Callback{Mode: emulator.Plaintext, Format: emulator.JSON})
	u.Write(b.mp, odd)
	var inJSON map[string]any
	dec := json.NewDecoder(strings.NewReader(r.last()))
	dec.UseNumber()
	require.NoError(t, dec.Decode(&inJSON))
	require.Equal(t, odd, inJSON["Content"])
	require.Equal(t, num(fmt.Sprint(start.Unix())), inJSON["CreateTime"])
	require.IsType(t, json.Number(""), inJSON["MsgId"])
	require.NotContains(t, r.last(), `\u003c`, "no HTML escapes")

	r = listen(t, b.mp, emulator.Callback{Mode: emulator.Plaintext})
	u.Write(b.mp, odd)
	var inXML struct{ Content, FromUserName string }
	require.NoError(t, xml.Unmarshal([]byte(r.last()), &inXML))
	require.Equal(t, odd, inXML.Content)
	require.Equal(t, inJSON["FromUserName"], inXML.FromUserName)
}

// Every message of a user has a number of its own, which the tries of one push share.
func TestNumbersOfMessages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := listen(t, b.mp, emulator.Callback{Mode: emulator.Plaintext})
	u := b.wx.User("u")
	seen := map[string]bool{}
	for range 5 {
		u.Write(b.mp, "same text")
		var m struct {
			ID string `xml:"MsgId"`
		}
		require.NoError(t, xml.Unmarshal([]byte(r.last()), &m))
		require.False(t, seen[m.ID])
		seen[m.ID] = true
	}
}

package callback_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/callback/callbacktest"
)

// TestTextsWithMarkup: WeChat puts a text into its section as it is, so one that holds the end mark of a section makes a
// document that is not well-formed. It is a message all the same, and is delivered as it was written.
func TestTextsWithMarkup(t *testing.T) {
	t.Parallel()
	many := strings.Repeat("<a/>", 5000)
	for name, content := range map[string]string{
		"a document with a section": "<xml><status><![CDATA[ok]]></status></xml>",
		"the end of a section":      "a]]>b",
		"an end tag":                "]]></status>",
		"a start tag":               "]]><status>",
		"a document type":           "]]><!DOCTYPE x>",
		"an ampersand":              "]]>&<b",
		"elements without number":   "]]>" + many,
		"its own end and a start":   "]]></Content><Event>subscribe</Event></Content>",
		"another type":              "]]></Content><MsgType>event</MsgType><Event>subscribe</Event><status>",
		"another sender":            "]]></Content><FromUserName>oVictim</FromUserName><MsgId>1</MsgId></status>",
	} {
		for _, mode := range []callback.Mode{callback.ModeSecure, callback.ModeCompatible, callback.ModePlain} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				b := setup(t, appIn(mode))
				body := strings.Replace(textPush, "hello", content, 1)
				r := callbacktest.Sender{App: b.app, Time: now}.Push(body)
				require.Equal(t, 200, b.do(r).Code, b.reported())
				pushes := b.handled()
				require.Len(t, pushes, 1)
				m, ok := pushes[0].(*callback.TextMessage)
				require.True(t, ok, "%T", pushes[0])
				require.Equal(t, content, m.Content)
				require.Equal(t, "oFan-1", m.FromUserName)
				require.Equal(t, int64(24000000000000001), m.MsgID)
			})
		}
	}
}

// TestTextsInSections: who splits an end mark over two sections, as XML wants it, is understood too.
func TestTextsInSections(t *testing.T) {
	t.Parallel()
	for section, want := range map[string]string{
		"a]]]]><![CDATA[>b":                   "a]]>b",
		"a]]> <![CDATA[b]]>\n<![CDATA[":       "ab",
		"]]]]><![CDATA[></Content><Event>a":   "]]></Content><Event>a",
		"]]></Content><Content><![CDATA[late": "",
	} {
		b := setup(t, secureApp())
		b.push(t, strings.Replace(textPush, "hello", section, 1))
		require.Equal(t, want, b.handled()[0].(*callback.TextMessage).Content)
	}
}

package callback_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
)

// TestMsgIDThatIsNone sends three texts, which are three whatever stands for "no id", and then a retry of the last.
func TestMsgIDThatIsNone(t *testing.T) {
	t.Parallel()
	const (
		inXML  = `<xml><FromUserName>oFan-1</FromUserName><CreateTime>1763600000</CreateTime><MsgType>text</MsgType><Content>TEXT</Content>ID</xml>`
		inJSON = `{"FromUserName":"oFan-1","CreateTime":1763600000,"MsgType":"text","Content":"TEXT"ID}`
	)
	ids := map[string]string{}
	for _, id := range []string{"0", " 0 ", "", "  ", "\t\n", "00", "-0", "0.0", "<![CDATA[0]]>", "<![CDATA[]]>"} {
		ids["XML, "+id] = strings.Replace(inXML, "ID", "<MsgId>"+id+"</MsgId>", 1)
	}
	for _, id := range []string{"0", `"0"`, `" 0"`, `""`, `" "`, "null", "-0", "0e3", "[]", "{}"} {
		ids["JSON, "+id] = strings.Replace(inJSON, "ID", `,"MsgId":`+id, 1)
	}
	ids["XML, none"], ids["JSON, none"] = strings.Replace(inXML, "ID", "", 1), strings.Replace(inJSON, "ID", "", 1)
	ids["other case"] = strings.Replace(inXML, "ID", "<msgid>0</msgid>", 1)
	ids["twice"] = strings.Replace(inXML, "ID", "<MsgId>7</MsgId><MsgId>8</MsgId>", 1)
	for name, body := range ids {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, secureApp())
			for _, content := range []string{"first", "second", "third", "third"} {
				require.Equal(t, http.StatusOK, b.do(b.sender().Push(strings.Replace(body, "TEXT", content, 1))).Code)
			}
			pushes := b.handled()
			require.Len(t, pushes, 3)
			for _, p := range pushes {
				require.Zero(t, p.(*callback.TextMessage).MsgID)
			}
			b.requireReport(t, callback.ErrDuplicate)
		})
	}
}

// TestMsgIDWithSpaces is one id, however it is written.
func TestMsgIDWithSpaces(t *testing.T) {
	t.Parallel()
	b := setup(t, secureApp())
	b.push(t, textPush)
	b.push(t, strings.NewReplacer("<MsgId>", "<MsgId> ", "</MsgId>", "\n</MsgId>").Replace(textPush))
	require.Len(t, b.handled(), 1)
}

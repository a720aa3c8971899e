package callback_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
)

// TestWhatAPushIs puts a second name beside the one that counts. A user can write such an element: WeChat does not escape
// the end mark of the section that holds a text.
func TestWhatAPushIs(t *testing.T) {
	t.Parallel()
	text, event, ticket, unknown := &callback.TextMessage{}, &callback.Follow{}, &callback.VerifyTicket{}, &callback.Unknown{}
	cases := map[string]struct {
		body string // the elements of XML; the twin in JSON is made of them
		want callback.Push
		head callback.Header
	}{
		"Event in a message": {
			"<MsgType>text</MsgType><Event>subscribe</Event>", text, callback.Header{MsgType: "text"},
		},
		"Event before the type of a message": {
			"<Event>subscribe</Event><MsgType>text</MsgType>", text, callback.Header{MsgType: "text"},
		},
		"Event in a message of unknown type": {
			"<MsgType>hologram</MsgType><Event>subscribe</Event>", unknown, callback.Header{MsgType: "hologram"},
		},
		"InfoType in a message": {
			"<MsgType>text</MsgType><InfoType>component_verify_ticket</InfoType>", text, callback.Header{MsgType: "text"},
		},
		"InfoType in an event": {
			"<MsgType>event</MsgType><Event>subscribe</Event><InfoType>unauthorized</InfoType>", event,
			callback.Header{MsgType: "event", Event: "subscribe"},
		},
		"InfoType in an event without a name": {
			"<MsgType>event</MsgType><InfoType>component_verify_ticket</InfoType>", unknown, callback.Header{MsgType: "event"},
		},
		"Event in a push to the platform": {
			"<InfoType>component_verify_ticket</InfoType><Event>subscribe</Event>", ticket,
			callback.Header{InfoType: "component_verify_ticket"},
		},
		"type twice, a message first": {
			"<MsgType>text</MsgType><MsgType>event</MsgType><Event>subscribe</Event>", text, callback.Header{MsgType: "text"},
		},
		"type twice, an event first": {
			"<MsgType>event</MsgType><MsgType>text</MsgType><Event>subscribe</Event>", event,
			callback.Header{MsgType: "event", Event: "subscribe"},
		},
		"type that is empty": {
			"<MsgType></MsgType><Event>subscribe</Event>", unknown, callback.Header{},
		},
		"type below another element": {
			"<MsgType><Type>text</Type></MsgType><Event>subscribe</Event>", unknown, callback.Header{},
		},
		"event below another element": {
			"<MsgType>event</MsgType><A><Event>subscribe</Event></A>", unknown, callback.Header{MsgType: "event"},
		},
		"no type at all": {
			"<Event>subscribe</Event>", event, callback.Header{Event: "subscribe"},
		},
	}
	for name, c := range cases {
		for format, body := range map[string]string{"xml": "<xml>" + c.body + "</xml>", "json": twin(c.body)} {
			t.Run(name+"/"+format, func(t *testing.T) {
				t.Parallel()
				b := setup(t, goldenApp("platform_", callback.ModeSecure))
				b.push(t, body)
				pushes := b.handled()
				require.Len(t, pushes, 1)
				require.IsType(t, c.want, pushes[0])
				head := c.head
				head.AppID = b.app.AppID
				require.Equal(t, head, *pushes[0].Head())
			})
		}
	}
}

// twin writes elements without attributes and sections as JSON, and their order and repetitions with them.
func twin(elements string) string {
	var out strings.Builder
	for rest := elements; rest != ""; {
		name := rest[1:strings.IndexByte(rest, '>')]
		inner, after, _ := strings.Cut(rest[len(name)+2:], "</"+name+">")
		value := `"` + inner + `"`
		if strings.HasPrefix(inner, "<") {
			value = twin(inner)
		}
		out.WriteString(`,"` + name + `":` + value)
		rest = after
	}
	return "{" + out.String()[1:] + "}"
}

// TestInfoTypeCountsForPlatforms: nobody else gets such pushes from WeChat, and the one that takes a platform's ticket or
// ends an authorisation must not be run by a test account in ModePlain that has the same URL.
func TestInfoTypeCountsForPlatforms(t *testing.T) {
	t.Parallel()
	for _, kind := range []callback.Kind{callback.OfficialAccount, callback.MiniProgram} {
		app := appIn(callback.ModePlain)
		app.Kind = kind
		b := setup(t, app)
		b.push(t, read(t, "pushes/platform_ticket.xml"))
		pushes := b.handled()
		require.Len(t, pushes, 1)
		require.IsType(t, &callback.Unknown{}, pushes[0])
		require.Empty(t, pushes[0].Head().InfoType)
	}
}

// TestReplyToAMessageWithOtherNames: what a user writes into a text must not take the answer away.
func TestReplyToAMessageWithOtherNames(t *testing.T) {
	t.Parallel()
	b := setup(t, secureApp())
	b.Fallback(func(context.Context, callback.Push) (callback.Reply, error) { return callback.TransferReply{}, nil })
	for i, more := range []string{"<Event>subscribe</Event>", "<InfoType>authorized</InfoType>"} {
		body := strings.Replace(textPush, "0001<", []string{"0001<", "0002<"}[i], 1)
		require.Contains(t, b.push(t, strings.Replace(body, "</xml>", more+"</xml>", 1)), "transfer_customer_service")
		require.Empty(t, b.reported())
	}
}

package callback_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
)

// subscribeEvents are the three events with their wrappers.
var subscribeEvents = map[string]string{
	"subscribe_msg_popup_event":  "SubscribeMsgPopupEvent",
	"subscribe_msg_change_event": "SubscribeMsgChangeEvent",
	"subscribe_msg_sent_event":   "SubscribeMsgSentEvent",
}

// shapes are the places where a sample of WeChat's, or a push, has shown the items of a subscription event. W stands for a
// wrapper, I and J for two items.
var shapes = map[string]struct {
	one, two string // for one item and for two; "" where there is no such shape
}{
	"json List":                       {`"List":I`, `"List":[I,J]`},
	"json List, array of one":         {`"List":[I]`, ""},
	"json wrapped List":               {`"W":{"List":I}`, `"W":{"List":[I,J]}`},
	"json wrapped List, array of one": {`"W":{"List":[I]}`, ""},
	"json wrapper itself":             {`"W":I`, `"W":[I,J]`},
	"json wrapper, array of one":      {`"W":[I]`, ""},
	"json array of wrapped Lists":     {`"W":[{"List":I}]`, `"W":[{"List":I},{"List":[J]}]`},
	"json List beside an empty one":   {`"W":null,"List":I`, `"W":[],"List":[I,J]`},
	"json List beside an empty List":  {`"W":{"List":[]},"List":[I]`, `"List":[I,J],"W":{}`},
	"xml wrapped List":                {`<W><List>I</List></W>`, `<W><List>I</List><List>J</List></W>`},
	"xml wrapped items of a List":     {`<W><List><item>I</item></List></W>`, `<W><List><item>I</item><item>J</item></List></W>`},
	"xml wrapper itself":              {`<W>I</W>`, `<W>I</W><W>J</W>`},
	"xml repeated wrapper":            {"", `<W><List>I</List></W><W><List>J</List></W>`},
	"xml List":                        {`<List>I</List>`, `<List>I</List><List>J</List>`},
}

// TestSubscribeEventShapes reads all three events from all shapes, in their own wrapper and in those of the others.
func TestSubscribeEventShapes(t *testing.T) {
	t.Parallel()
	for event := range subscribeEvents {
		for _, wrapper := range subscribeEvents {
			for name, shape := range shapes {
				t.Run(fmt.Sprintf("%s/%s/%s", event, wrapper, name), func(t *testing.T) {
					t.Parallel()
					for count, body := range map[int]string{1: shape.one, 2: shape.two} {
						if body != "" {
							requireItems(t, event, subscribeBody(name, event, wrapper, body), count)
						}
					}
				})
			}
		}
	}
}

// subscribeBody writes a push of a shape. Numbers are texts, as in the samples, or numbers.
func subscribeBody(shape, event, wrapper, body string) string {
	item := func(json bool, id, status string, code int) string {
		if json {
			return fmt.Sprintf(`{"TemplateId":%q,"SubscribeStatusString":%q,"PopupScene":"%d","MsgID":"700%d","ErrorCode":%d}`,
				id, status, code, code, code)
		}
		return fmt.Sprintf("<TemplateId><![CDATA[%s]]></TemplateId><SubscribeStatusString><![CDATA[%s]]></SubscribeStatusString>"+
			"<PopupScene>%d</PopupScene><MsgID>700%d</MsgID><ErrorCode>%d</ErrorCode>", id, status, code, code, code)
	}
	json := shape[:4] == "json"
	var out string
	for _, r := range body {
		switch r {
		case 'W':
			out += wrapper
		case 'I':
			out += item(json, "T1", "accept", 0)
		case 'J':
			out += item(json, "T2", "reject", 2)
		default:
			out += string(r)
		}
	}
	if json {
		return fmt.Sprintf(`{"FromUserName":"oUser-1","CreateTime":"1763600000","MsgType":"event","Event":%q,%s}`, event, out)
	}
	return "<xml><FromUserName>oUser-1</FromUserName><CreateTime>1763600000</CreateTime><MsgType>event</MsgType><Event>" +
		event + "</Event>" + out + "</xml>"
}

func requireItems(t *testing.T, event, body string, count int) {
	t.Helper()
	results := []callback.SubscribeResult{
		{TemplateID: "T1", Status: callback.SubscribeAccepted}, {TemplateID: "T2", Status: callback.SubscribeRejected, Scene: 2},
	}[:count]
	deliveries := []callback.SubscribeDelivery{
		{TemplateID: "T1", MsgID: 7000}, {TemplateID: "T2", MsgID: 7002, ErrorCode: 2},
	}[:count]
	b := setup(t, secureApp())
	b.push(t, body)
	require.Empty(t, b.reported(), body)
	pushes := b.handled()
	require.Len(t, pushes, 1)
	switch p := pushes[0].(type) {
	case *callback.SubscribePopup:
		require.Equal(t, "subscribe_msg_popup_event", event)
		require.Equal(t, results, p.Results, body)
	case *callback.SubscribeChange:
		require.Equal(t, "subscribe_msg_change_event", event)
		require.Equal(t, results, p.Results, body)
	case *callback.SubscribeSent:
		require.Equal(t, "subscribe_msg_sent_event", event)
		require.Equal(t, deliveries, p.Deliveries, body)
	default:
		require.Failf(t, "another type", "%T", p)
	}
}

// TestEventWithoutWhatItIsAbout: a push in a shape that nobody knows yet must not pass for one that says nothing. It reaches
// its handler all the same, which has the whole of it from Raw.
func TestEventWithoutWhatItIsAbout(t *testing.T) {
	t.Parallel()
	for event, rest := range map[string]string{
		"subscribe_msg_popup_event":       `"Items":[{"TemplateId":"T1"}]`,
		"subscribe_msg_change_event":      `"List":[]`,
		"subscribe_msg_sent_event":        `"SubscribeMsgSentEvent":"success"`,
		"TEMPLATESENDJOBFINISH":           `"Result":{"MsgID":7,"Status":"success"}`,
		"MASSSENDJOBFINISH":               `"Result":{}`,
		"PUBLISHJOBFINISH":                `"publish_id":"7"`,
		"wxa_media_check":                 `"data":{"trace_id":"t1"}`,
		"wxa_comment_bad_score":           `"comment":"7"`,
		"user_authorization_revoke":       `"RevokeInfo":"1"`,
		"user_authorization_cancellation": `"User":"oUser-1"`,
		"user_info_modified":              `"User":"oUser-1"`,
		"pic_weixin":                      `"SendPicsInfo":{"Count":2,"Pictures":[{"PicMd5Sum":"a"}]}`,
	} {
		b := setup(t, secureApp())
		body := fmt.Sprintf(`{"FromUserName":"oUser-1","CreateTime":1763600000,"MsgType":"event","Event":%q,%s}`, event, rest)
		raw := ""
		b.Fallback(func(ctx context.Context, _ callback.Push) (callback.Reply, error) {
			raw = string(callback.Raw(ctx))
			return nil, nil
		})
		b.push(t, body)
		report := b.requireReport(t, callback.ErrNoResult)
		require.Equal(t, event, report.Event)
		require.Zero(t, report.Status)
		require.Equal(t, body, raw)
		b.push(t, body)
		b.requireReport(t, callback.ErrDuplicate)
	}
}

// TestEventWithLittleIsNoFinding: what WeChat leaves out as a rule is not missed.
func TestEventWithLittleIsNoFinding(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"Event":"PUBLISHJOBFINISH","PublishEventInfo":{"publish_id":"7","publish_status":2,"fail_idx":[1]}}`,
		`{"Event":"MASSSENDJOBFINISH","MsgID":7,"Status":"send success","CopyrightCheckResult":{"Count":0,"ResultList":[]}}`,
		`{"Event":"wxa_media_check","trace_id":"t1","errcode":-1008}`,
		`{"Event":"pic_weixin","EventKey":"a","SendPicsInfo":{"Count":0,"PicList":[]}}`,
		`{"Event":"TEMPLATESENDJOBFINISH","MsgID":0,"Status":"success"}`,
		`{"Event":"subscribe"}`, `{"Event":"user_enter_tempsession"}`, `{"Event":"never_heard_of"}`,
	} {
		b := setup(t, secureApp())
		b.push(t, body)
		require.Empty(t, b.reported(), body)
		require.Len(t, b.handled(), 1)
	}
}

package callback_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
)

// TestSubscribeEventShapes reads the items wherever a sample of WeChat's has shown them: in a List on top or in a wrapper,
// as the wrapper itself, and in the wrapper of another event; one as an object, several as a list.
func TestSubscribeEventShapes(t *testing.T) {
	t.Parallel()
	const (
		one    = `{"TemplateId":"T1","SubscribeStatusString":"reject"}`
		two    = `[{"TemplateId":"T1","SubscribeStatusString":"reject"},{"TemplateId":"T2","SubscribeStatusString":"accept"}]`
		inXML  = "<TemplateId>T1</TemplateId><SubscribeStatusString>reject</SubscribeStatusString>"
		change = `"MsgType":"event","Event":"subscribe_msg_change_event"`
	)
	first := callback.SubscribeResult{TemplateID: "T1", Status: callback.SubscribeRejected}
	second := callback.SubscribeResult{TemplateID: "T2", Status: callback.SubscribeAccepted}
	for body, want := range map[string][]callback.SubscribeResult{
		`{` + change + `,"List":` + one + `}`:                                {first},
		`{` + change + `,"List":` + two + `}`:                                {first, second},
		`{` + change + `,"SubscribeMsgChangeEvent":{"List":` + two + `}}`:    {first, second},
		`{` + change + `,"SubscribeMsgChangeEvent":` + one + `}`:             {first},
		`{` + change + `,"SubscribeMsgChangeEvent":` + two + `}`:             {first, second},
		`{` + change + `,"SubscribeMsgPopupEvent":{"List":` + one + `}}`:     {first},
		`{` + change + `,"SubscribeMsgChangeEvent":null,"List":` + one + `}`: {first},
		`{` + change + `,"SubscribeMsgChangeEvent":[],"List":[]}`:            nil,
		`{` + change + `}`: nil,
		"<xml><Event>subscribe_msg_change_event</Event><SubscribeMsgPopupEvent><List>" + inXML + "</List></SubscribeMsgPopupEvent></xml>": {first},
		"<xml><Event>subscribe_msg_change_event</Event><SubscribeMsgChangeEvent>" + inXML + "</SubscribeMsgChangeEvent></xml>":            {first},
	} {
		require.Equal(t, want, receive[*callback.SubscribeChange](t, body).Results, body)
	}
	sent := receive[*callback.SubscribeSent](t,
		`{"Event":"subscribe_msg_sent_event","SubscribeMsgSentEvent":[{"TemplateId":"T1","MsgID":"7","ErrorCode":"0"}]}`)
	require.Equal(t, []callback.SubscribeDelivery{{TemplateID: "T1", MsgID: 7}}, sent.Deliveries)
}

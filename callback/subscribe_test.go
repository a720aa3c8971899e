package callback_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
)

func TestParseSubscribeResult(t *testing.T) {
	t.Parallel()
	accept := []callback.SubscribeResult{{TemplateID: "T1", Status: callback.SubscribeAccepted}}
	cases := map[string]struct {
		in   string
		want []callback.SubscribeResult
	}{
		"all answers": {`{"errMsg":"requestSubscribeMessage:ok","T4":"filter","T1":"accept","T2":"reject","T3":"ban"}`, []callback.SubscribeResult{
			{TemplateID: "T4", Status: callback.SubscribeFiltered}, {TemplateID: "T1", Status: callback.SubscribeAccepted},
			{TemplateID: "T2", Status: callback.SubscribeRejected}, {TemplateID: "T3", Status: callback.SubscribeBanned},
		}},
		"with codes":     {`{"errMsg":"requestSubscribeMessage:ok","errCode":0,"errno":0,"T1":"accept"}`, accept},
		"nothing":        {`{"errMsg":"requestSubscribeMessage:ok"}`, nil},
		"getSetting":     {`{"subscriptionsSetting":{"mainSwitch":true,"itemSettings":{"T1":"accept"}}}`, accept},
		"setting inside": {`{"mainSwitch":true,"itemSettings":{"T1":"accept"}}`, accept},
		"items only":     {`{"T1":"accept","mainSwitch":true}`, accept},
		"a tag of a page": {`{"errMsg":"subscribe:ok","subscribeDetails":"{\"T1\":\"{\\\"status\\\":\\\"accept\\\"}\",\"T2\":\"{\\\"status\\\":\\\"reject\\\"}\"}"}`, []callback.SubscribeResult{
			{TemplateID: "T1", Status: callback.SubscribeAccepted}, {TemplateID: "T2", Status: callback.SubscribeRejected},
		}},
		"a tag, objects":   {`{"subscribeDetails":{"T1":{"status":"accept"}},"errMsg":"subscribe:ok"}`, accept},
		"a tag, both":      {`{"subscribeDetails":"{\"T1\":{\"status\":\"accept\"}}"}`, accept},
		"a tag, no status": {`{"subscribeDetails":"{\"T1\":\"{}\",\"T2\":\"{\",\"T3\":7}"}`, nil},
		"a tag, no JSON":   {`{"subscribeDetails":"accept"}`, nil},
		"of an employee":   {`{"errMsg":"requestSubscribeEmployeeMessage:ok","bindingStatus":"accept","T1":"accept"}`, accept},
		"unknown answer":   {`{"T1":"maybe"}`, []callback.SubscribeResult{{TemplateID: "T1", Status: "maybe"}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := callback.ParseSubscribeResult([]byte(c.in))
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestParseSubscribeResultFails(t *testing.T) {
	t.Parallel()
	for in, code := range map[string]int{
		`{"errMsg":"requestSubscribeMessage:fail The main switch is switched off","errCode":20004}`:       20004,
		`{"errMsg":"requestSubscribeMessage:fail can only be invoked by user TAP gesture."}`:              0,
		`{"errCode":"10005","errMsg":"Cannot show subscribe message UI"}`:                                 10005,
		`{"errMsg":"requestSubscribeMessage:fail No template data return","errCode":20001,"T1":"accept"}`: 20001,
	} {
		_, err := callback.ParseSubscribeResult([]byte(in))
		var failed *callback.SubscribeError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, code, failed.Code)
		require.ErrorContains(t, err, failed.Message)
	}
	for _, in := range []string{``, `[]`, `{`, `<xml><T1>accept</T1></xml>`, `"accept"`} {
		_, err := callback.ParseSubscribeResult([]byte(in))
		require.ErrorIs(t, err, callback.ErrParse)
	}
}

func TestAccepted(t *testing.T) {
	t.Parallel()
	for status, want := range map[callback.SubscribeStatus]bool{
		callback.SubscribeAccepted: true, callback.SubscribeAcceptedWithAudio: true, callback.SubscribeAcceptedWithAlert: true,
		callback.SubscribeAcceptedWithForcePush: true, callback.SubscribeRejected: false, callback.SubscribeBanned: false,
		callback.SubscribeFiltered: false, "": false,
	} {
		require.Equal(t, want, status.Accepted(), status)
	}
}

func TestSubscribeDelivered(t *testing.T) {
	t.Parallel()
	e := receive[*callback.SubscribeSent](t, read(t, "pushes/subscribe_sent_many.json"))
	require.Len(t, e.Deliveries, 2)
	require.True(t, e.Deliveries[0].Delivered())
	require.False(t, e.Deliveries[1].Delivered())
}

package callback_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
)

var (
	acceptedT1 = callback.SubscribeResult{TemplateID: "T1", Status: callback.SubscribeAccepted}
	rejectedT2 = callback.SubscribeResult{TemplateID: "T2", Status: callback.SubscribeRejected}
)

func TestParseSubscribeResult(t *testing.T) {
	t.Parallel()
	accept := []callback.SubscribeResult{acceptedT1}
	cases := map[string]struct {
		in   string
		want []callback.SubscribeResult
	}{
		"all answers": {`{"errMsg":"requestSubscribeMessage:ok","T4":"filter","T1":"accept","T2":"reject","T3":"ban"}`, []callback.SubscribeResult{
			{TemplateID: "T4", Status: callback.SubscribeFiltered}, acceptedT1,
			rejectedT2, {TemplateID: "T3", Status: callback.SubscribeBanned},
		}},
		"voice and banner": {`{"errMsg":"requestSubscribeMessage:ok","T1":"acceptWithAudio","T2":"acceptWithAlert","T3":"acceptWithForcePush"}`, []callback.SubscribeResult{
			{TemplateID: "T1", Status: callback.SubscribeAcceptedWithAudio}, {TemplateID: "T2", Status: callback.SubscribeAcceptedWithAlert},
			{TemplateID: "T3", Status: callback.SubscribeAcceptedWithForcePush},
		}},
		"five templates": {`{"T1":"accept","T2":"accept","T3":"accept","T4":"accept","T5":"accept"}`, []callback.SubscribeResult{
			acceptedT1, {TemplateID: "T2", Status: "accept"}, {TemplateID: "T3", Status: "accept"},
			{TemplateID: "T4", Status: "accept"}, {TemplateID: "T5", Status: "accept"},
		}},
		"with codes":           {`{"errMsg":"requestSubscribeMessage:ok","errCode":0,"errno":0,"T1":"accept"}`, accept},
		"nothing":              {`{"errMsg":"requestSubscribeMessage:ok"}`, nil},
		"templates alone":      {`{"T1":"accept"}`, accept},
		"unknown answer":       {`{"T1":"maybe"}`, []callback.SubscribeResult{{TemplateID: "T1", Status: "maybe"}}},
		"device":               {`{"errMsg":"requestSubscribeDeviceMessage:ok","T1":"accept"}`, accept},
		"employee":             {`{"errMsg":"requestSubscribeEmployeeMessage:ok","bindingStatus":"accept","T1":"accept","T2":"reject"}`, []callback.SubscribeResult{acceptedT1, rejectedT2}},
		"a field of the app's": {`{"T1":"accept","confirmed":true,"context":{"page":"order"},"none":null}`, accept},
		"employee, bound":      {`{"errMsg":"bindEmployeeRelation:ok","bindingStatus":"accept"}`, nil},
		"system messages":      {`{"errMsg":"requestSubscribeMessage:ok","SYS_MSG_TYPE_INTERACTIVE":"accept","SYS_MSG_TYPE_RANK":"accept","T1":"accept"}`, accept},

		"tag": {`{"errMsg":"subscribe:ok","subscribeDetails":"{\"T1\":\"{\\\"status\\\":\\\"accept\\\"}\",\"T2\":\"{\\\"status\\\":\\\"reject\\\"}\"}"}`,
			[]callback.SubscribeResult{acceptedT1, rejectedT2}},
		"tag, closed": {`{"errMsg":"subscribe:ok","subscribeDetails":"{\"T1\":\"{\\\"status\\\":\\\"cancel\\\"}\",\"T2\":\"{\\\"status\\\":\\\"filter\\\"}\"}"}`, []callback.SubscribeResult{
			{TemplateID: "T1", Status: callback.SubscribeCancelled}, {TemplateID: "T2", Status: callback.SubscribeFiltered},
		}},
		"tag, objects":       {`{"subscribeDetails":{"T1":{"status":"accept"}},"errMsg":"subscribe:ok"}`, accept},
		"tag, text inside":   {`{"subscribeDetails":"{\"T1\":{\"status\":\"accept\"}}"}`, accept},
		"tag, object around": {`{"subscribeDetails":{"T1":"{\"status\":\"accept\"}"}}`, accept},
		"tag, bare answers":  {`{"subscribeDetails":"{\"T1\":\"accept\"}"}`, accept},
		"tag, event":         {`{"type":"success","timeStamp":812,"detail":{"errMsg":"subscribe:ok","subscribeDetails":"{\"T1\":{\"status\":\"accept\"}}"}}`, accept},
		"tag, event in text": {`{"type":"success","detail":"{\"subscribeDetails\":{\"T1\":\"accept\"}}"}`, accept},
		"a login's code":     {`{"code":"0a1b","at":1764500000,"T1":"accept"}`, accept},
		"tag, nothing":       {`{"errMsg":"subscribe:ok","subscribeDetails":"{}"}`, nil},
		"tag, one unknown":   {`{"subscribeDetails":"{\"T1\":{\"status\":\"accept\"},\"T2\":{\"state\":1}}"}`, accept},
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

// What another call gave must not become the acceptance of a template that is named after one of its fields, and a kept
// answer is none: it allows no message.
func TestParseSubscribeResultRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"empty": ``, "list": `[]`, "cut": `{`, "XML": `<xml><T1>accept</T1></xml>`, "text": `"accept"`,
		"settings":            `{"subscriptionsSetting":{"mainSwitch":true,"itemSettings":{"T1":"accept"}}}`,
		"settings, no items":  `{"errMsg":"getSetting:ok","authSetting":{},"subscriptionsSetting":{"mainSwitch":true}}`,
		"settings, within":    `{"mainSwitch":true,"itemSettings":{"T1":"accept"}}`,
		"settings, flat":      `{"mainSwitch":true,"T1":"accept"}`,
		"settings, no shape":  `{"errMsg":"getSetting:ok","T1":"accept"}`,
		"system messages":     `{"errMsg":"requestSubscribeSystemMessage:ok","SYS_MSG_TYPE_INTERACTIVE":"accept"}`,
		"another call":        `{"errMsg":"showModal:ok","confirm":"accept"}`,
		"tag, no details":     `{"errMsg":"subscribe:ok","subscribeDetails":"accept"}`,
		"tag, cut":            `{"errMsg":"subscribe:ok","subscribeDetails":"{\"T1\":"}`,
		"tag, number":         `{"errMsg":"subscribe:ok","subscribeDetails":7}`,
		"tag, empty":          `{"errMsg":"subscribe:ok","subscribeDetails":""}`,
		"tag, nothing to use": `{"subscribeDetails":"{\"T1\":\"{}\",\"T2\":\"{\",\"T3\":7}"}`,
	} {
		got, err := callback.ParseSubscribeResult([]byte(in))
		require.ErrorIs(t, err, callback.ErrParse, name)
		require.Empty(t, got, name)
		require.NotContains(t, err.Error(), "T1", name)
	}
}

func TestParseSubscribeResultFails(t *testing.T) {
	t.Parallel()
	for in, code := range map[string]callback.SubscribeFailure{
		`{"errMsg":"requestSubscribeMessage:fail The main switch is switched off","errCode":20004}`:       callback.SubscribeSwitchedOff,
		`{"errMsg":"requestSubscribeMessage:fail can only be invoked by user TAP gesture."}`:              0,
		`{"errCode":"10005","errMsg":"Cannot show subscribe message UI"}`:                                 callback.SubscribeInBackground,
		`{"errMsg":"requestSubscribeMessage:fail No template data return","errCode":20001,"T1":"accept"}`: callback.SubscribeUnknownTemplate,
		`{"type":"error","detail":{"errMsg":"subscribe:fail","errCode":"20004"}}`:                         callback.SubscribeSwitchedOff,
		`{"errMsg":"subscribe:fail","errCode":"20004"}`:                                                   callback.SubscribeSwitchedOff,
		`{"errMsg":"requestSubscribeDeviceMessage:fail","errCode":19720727}`:                              19720727,
		`{"errMsg":"getSetting:fail"}`:                                                                    0,
	} {
		for _, parse := range []func([]byte) error{
			func(b []byte) error { _, err := callback.ParseSubscribeResult(b); return err },
			func(b []byte) error { _, err := callback.ParseSubscribeSettings(b); return err },
		} {
			err := parse([]byte(in))
			var failed *callback.SubscribeError
			require.ErrorAs(t, err, &failed, in)
			require.Equal(t, code, failed.Code)
			require.ErrorContains(t, err, failed.Message)
			require.Equal(t, code != 0, errors.Is(err, code))
			require.NotErrorIs(t, err, callback.ErrParse)
		}
	}
}

// The codes are those of WeChat's table.
func TestSubscribeFailures(t *testing.T) {
	t.Parallel()
	for number, code := range map[int]callback.SubscribeFailure{
		10001: callback.SubscribeNoTemplates, 10002: callback.SubscribeTemplatesNotLoaded, 10003: callback.SubscribeAnswerNotSent,
		10004: callback.SubscribeInvalidTemplates, 10005: callback.SubscribeInBackground, 20001: callback.SubscribeUnknownTemplate,
		20002: callback.SubscribeMixedKinds, 20003: callback.SubscribeTooManyTemplates, 20004: callback.SubscribeSwitchedOff,
		20005: callback.SubscribeAppBanned, 20013: callback.SubscribeDeviceTemplate,
	} {
		require.Equal(t, number, int(code))
		require.Equal(t, fmt.Sprintf("errCode %d", number), code.Error())
		_, err := callback.ParseSubscribeResult(fmt.Appendf(nil, `{"errMsg":"requestSubscribeMessage:fail","errCode":%d}`, number))
		require.ErrorIs(t, err, code)
	}
}

func TestParseSubscribeSettings(t *testing.T) {
	t.Parallel()
	accept := []callback.SubscribeResult{acceptedT1}
	for in, want := range map[string]callback.SubscribeSettings{
		`{"errMsg":"getSetting:ok","authSetting":{"scope.userInfo":true},"subscriptionsSetting":{"mainSwitch":true,"itemSettings":{"T1":"accept"}}}`: {Kept: accept},
		`{"mainSwitch":true,"itemSettings":{"T1":"accept","T2":"reject"}}`:                                                                           {Kept: []callback.SubscribeResult{acceptedT1, rejectedT2}},
		`{"itemSettings":{"T1":"accept"}}`:                                                                                                             {Kept: accept},
		`{"subscriptionsSetting":{"mainSwitch":false,"itemSettings":{"T1":"accept"}}}`:                                                                 {SwitchedOff: true, Kept: accept},
		`{"subscriptionsSetting":{"mainSwitch":true}}`:                                                                                                 {},
		`{"subscriptionsSetting":{"mainSwitch":true,"SYS_MSG_TYPE_RANK":"accept","T1":"accept"}}`:                                                      {Kept: accept},
		`{"subscriptionsSetting":{"mainSwitch":true,"itemSettings":{"SYS_MSG_TYPE_INTERACTIVE":"accept","SYS_MSG_TYPE_RANK":"reject","T1":"accept"}}}`: {Kept: accept},
	} {
		got, err := callback.ParseSubscribeSettings([]byte(in))
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
	}
	for _, in := range []string{
		``, `[]`, `{"errMsg":"getSetting:ok","authSetting":{}}`, `{"errMsg":"requestSubscribeMessage:ok","T1":"accept"}`, `{}`,
	} {
		_, err := callback.ParseSubscribeSettings([]byte(in))
		require.ErrorIs(t, err, callback.ErrParse, in)
	}
}

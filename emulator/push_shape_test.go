package emulator_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// TestEventShapes has the items of the events, one and two of them, where the samples have shown them.
func TestEventShapes(t *testing.T) {
	t.Parallel()
	const (
		one  = `{"TemplateId":"T1","SubscribeStatusString":"reject"}`
		two  = `{"TemplateId":"T2","SubscribeStatusString":"reject"}`
		one1 = "<TemplateId><![CDATA[T1]]></TemplateId><SubscribeStatusString><![CDATA[reject]]></SubscribeStatusString>"
		two1 = "<TemplateId><![CDATA[T2]]></TemplateId><SubscribeStatusString><![CDATA[reject]]></SubscribeStatusString>"

		realXML    = "<SubscribeMsgChangeEvent><List>" + one1 + "</List><List>" + two1 + "</List></SubscribeMsgChangeEvent>"
		bareXML    = "<SubscribeMsgChangeEvent>" + one1 + "</SubscribeMsgChangeEvent><SubscribeMsgChangeEvent>" + two1 + "</SubscribeMsgChangeEvent>"
		realXMLOne = "<SubscribeMsgChangeEvent><List>" + one1 + "</List></SubscribeMsgChangeEvent>"
		bareXMLOne = "<SubscribeMsgChangeEvent>" + one1 + "</SubscribeMsgChangeEvent>"
	)
	foreign := func(s string) string {
		return strings.ReplaceAll(s, "SubscribeMsgChangeEvent", "SubscribeMsgPopupEvent")
	}
	cases := map[emulator.EventShape]struct{ jsonOne, jsonTwo, xmlOne, xmlTwo string }{
		emulator.ShapeReal:    {`"List":` + one, `"List":[` + one + `,` + two + `]`, realXMLOne, realXML},
		emulator.ShapeArray:   {`"List":[` + one + `]`, `"List":[` + one + `,` + two + `]`, realXMLOne, realXML},
		emulator.ShapeWrapped: {`"SubscribeMsgChangeEvent":{"List":` + one + `}`, `"SubscribeMsgChangeEvent":{"List":[` + one + `,` + two + `]}`, realXMLOne, realXML},
		emulator.ShapeWrappedArray: {
			`"SubscribeMsgChangeEvent":{"List":[` + one + `]}`, `"SubscribeMsgChangeEvent":{"List":[` + one + `,` + two + `]}`, realXMLOne, realXML,
		},
		emulator.ShapeBare:      {`"SubscribeMsgChangeEvent":` + one, `"SubscribeMsgChangeEvent":[` + one + `,` + two + `]`, bareXMLOne, bareXML},
		emulator.ShapeBareArray: {`"SubscribeMsgChangeEvent":[` + one + `]`, `"SubscribeMsgChangeEvent":[` + one + `,` + two + `]`, bareXMLOne, bareXML},
		emulator.ShapeForeign: {
			`"SubscribeMsgPopupEvent":{"List":` + one + `}`, `"SubscribeMsgPopupEvent":{"List":[` + one + `,` + two + `]}`,
			foreign(realXMLOne), foreign(realXML),
		},
		emulator.ShapeForeignBare: {
			`"SubscribeMsgPopupEvent":` + one, `"SubscribeMsgPopupEvent":[` + one + `,` + two + `]`, foreign(bareXMLOne), foreign(bareXML),
		},
	}
	require.Len(t, cases, len(emulator.EventShapes()))
	for shape, want := range cases {
		t.Run(shape.String(), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.mp.AddTemplate(emulator.Template{ID: "T1", Keywords: []string{"thing1"}})
			b.mp.AddTemplate(emulator.Template{ID: "T2", Keywords: []string{"thing1"}})
			u := b.wx.User("u")
			tail := func(format emulator.Format, templates ...string) string {
				r := listen(t, b.mp, emulator.Callback{Mode: emulator.Plaintext, Format: format, Shape: shape})
				u.Ban(templates...)
				_, got, ok := strings.Cut(r.last(), "subscribe_msg_change_event")
				require.True(t, ok)
				return got
			}
			require.Equal(t, `",`+want.jsonOne+"}", tail(emulator.JSON, "T1"))
			require.Equal(t, `",`+want.jsonTwo+"}", tail(emulator.JSON, "T1", "T2"))
			require.Equal(t, "]]></Event>"+want.xmlOne+"</xml>", tail(emulator.XML, "T1"))
			require.Equal(t, "]]></Event>"+want.xmlTwo+"</xml>", tail(emulator.XML, "T1", "T2"))
		})
	}
}

// The samples write the time as a string, real pushes as a number. Other events have no shape.
func TestEventShapeOfTheTime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tpl := b.mp.AddTemplate(emulator.Template{Keywords: []string{"thing1"}})
	u := b.wx.User("u")
	r := listen(t, b.mp, emulator.Callback{Mode: emulator.Plaintext, Format: emulator.JSON, Shape: emulator.ShapeForeign})
	u.Accept(tpl)
	require.Contains(t, r.last(), `"CreateTime":"1795147200","MsgType":"event","Event":"subscribe_msg_popup_event","SubscribeMsgChangeEvent":{"List":{`)
	require.Zero(t, b.post(as(b.mp, subscribeSend), sub(u.OpenID(b.mp), tpl, "x")).code())
	b.wx.Settle()
	require.Contains(t, r.last(), `"Event":"subscribe_msg_sent_event","SubscribeMsgPopupEvent":{"List":{"TemplateId":"`+tpl+`","MsgID":"3200`)
	u.EnterChat(b.mp, "")
	require.Contains(t, r.last(), `"CreateTime":1795147200,`)
}

func TestEventShapeIsKept(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Equal(t, emulator.ShapeReal, b.mp.SetCallback(emulator.Callback{URL: "http://127.0.0.1:1/"}).Shape)
	require.Contains(t, string(save(t, b.wx)), `"shape": "real"`)
	b.mp.SetCallback(emulator.Callback{URL: "http://127.0.0.1:1/", Shape: emulator.ShapeBareArray})
	require.Equal(t, emulator.ShapeBareArray, b.mp.State().Callback.Shape)
	again := load(t, save(t, b.wx))
	require.Equal(t, emulator.ShapeBareArray, again.MiniProgram().State().Callback.Shape)
	old := strings.Replace(string(save(t, b.wx)), `"shape": "bare-array"`, `"mode": "secure"`, 1)
	require.NotContains(t, old, "shape")
	require.Equal(t, emulator.ShapeReal, load(t, []byte(old)).MiniProgram().State().Callback.Shape, "a state from before there were shapes")
	var shape emulator.EventShape
	require.EqualError(t, shape.UnmarshalText([]byte("round")),
		`unknown shape "round", want real, array, wrapped, wrapped-array, bare, bare-array, foreign, foreign-bare`)
}

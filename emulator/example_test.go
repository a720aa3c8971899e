package emulator_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/wechatkit/wechat/emulator"
)

// A Mini Program's subscription message, told from both ends.
func Example() {
	wx, err := emulator.Start() // in a test: emulator.New(t)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = wx.Close() }()
	mp := wx.MiniProgram()
	tpl := mp.AddTemplate(emulator.Template{Title: "Contract due", Content: "Contract:{{thing1.DATA}}\nEnds:{{date2.DATA}}"})
	alice := wx.User("alice")
	alice.Accept(tpl)

	send := func() {
		body := fmt.Sprintf(`{"touser":%q,"template_id":%q,"data":{"thing1":{"value":"Fire insurance"},"date2":{"value":"2026-12-01"}}}`,
			alice.OpenID(mp), tpl)
		url := "https://api.weixin.qq.com/cgi-bin/message/subscribe/send?access_token=" + mp.Token()
		resp, err := wx.HTTPClient().Post(url, "application/json", bytes.NewReader([]byte(body)))
		if err != nil {
			fmt.Println(err)
			return
		}
		_ = resp.Body.Close()
	}
	send()
	send() // one tap is one message

	for _, m := range alice.Inbox() {
		fmt.Println(m)
	}
	for _, c := range wx.Calls() {
		fmt.Println(c.Path, int(c.Code))
	}
	// Output:
	// [service notifications] Demo Mini Program: Contract due (Contract: Fire insurance, Ends: 2026-12-01)
	// /cgi-bin/message/subscribe/send 0
	// /cgi-bin/message/subscribe/send 43101
}

// The account's callback is a handler of the same process.
func ExampleApp_SetCallback() {
	wx, err := emulator.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = wx.Close() }()
	oa := wx.ServiceAccount()
	oa.SetCallback(emulator.Callback{
		Mode: emulator.Plaintext,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "success")
		}),
	})
	bob := wx.User("bob")
	bob.Follow(oa)
	bob.Write(oa, "Hello")
	for _, p := range wx.Pushes() {
		fmt.Println(p.Type, p.Status, p.Reply)
	}
	// Output:
	// subscribe 200 success
	// text 200 success
}

// A fault that the next two calls meet, and a clock that can be moved.
func ExampleServer_Fail() {
	wx, err := emulator.Start(emulator.WithClockAt(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = wx.Close() }()
	wx.Fail(emulator.Fault{Path: "/cgi-bin/user/get", Code: -1, Times: 2})
	token := wx.ServiceAccount().Token()
	get := func() {
		resp, err := wx.HTTPClient().Get("https://api.weixin.qq.com/cgi-bin/user/get?access_token=" + token)
		if err != nil {
			fmt.Println(err)
			return
		}
		_ = resp.Body.Close()
	}
	get()
	get()
	get()
	wx.Advance(2 * time.Hour) // the token has expired
	get()
	for _, c := range wx.Calls() {
		fmt.Println(int(c.Code))
	}
	// Output:
	// -1
	// -1
	// 0
	// 42001
}

// A handler of subscription events is tested with each shape that WeChat's pages have shown.
func ExampleEventShapes() {
	wx, err := emulator.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = wx.Close() }()
	mp, alice := wx.MiniProgram(), wx.User("alice")
	tpl := mp.AddTemplate(emulator.Template{ID: "T1", Keywords: []string{"thing1"}})
	var shape emulator.EventShape
	handler := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, items, _ := bytes.Cut(body, []byte(`"subscribe_msg_change_event",`))
		fmt.Printf("%-13s {%s\n", shape, items)
		_, _ = io.WriteString(rw, "success")
	})
	for _, shape = range emulator.EventShapes() {
		mp.SetCallback(emulator.Callback{Handler: handler, Mode: emulator.Plaintext, Format: emulator.JSON, Shape: shape})
		alice.Ban(tpl)
	}
	// Output:
	// real          {"List":{"TemplateId":"T1","SubscribeStatusString":"reject"}}
	// array         {"List":[{"TemplateId":"T1","SubscribeStatusString":"reject"}]}
	// wrapped       {"SubscribeMsgChangeEvent":{"List":{"TemplateId":"T1","SubscribeStatusString":"reject"}}}
	// wrapped-array {"SubscribeMsgChangeEvent":{"List":[{"TemplateId":"T1","SubscribeStatusString":"reject"}]}}
	// bare          {"SubscribeMsgChangeEvent":{"TemplateId":"T1","SubscribeStatusString":"reject"}}
	// bare-array    {"SubscribeMsgChangeEvent":[{"TemplateId":"T1","SubscribeStatusString":"reject"}]}
	// foreign       {"SubscribeMsgPopupEvent":{"List":{"TemplateId":"T1","SubscribeStatusString":"reject"}}}
	// foreign-bare  {"SubscribeMsgPopupEvent":{"TemplateId":"T1","SubscribeStatusString":"reject"}}
}

package callback_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/callback/callbacktest"
)

var exampleApp = callback.App{
	AppID:          "wx0000000000000001",
	Kind:           callback.OfficialAccount,
	Token:          "a-token",
	EncodingAESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
}

// deliver sends a push to h as WeChat would, and prints the answer in clear.
func deliver(h http.Handler, app callback.App, body string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, callbacktest.Push(app, body))
	reply, err := callbacktest.Reply(app, w.Body.Bytes())
	switch {
	case err != nil || w.Code != http.StatusOK:
		fmt.Println("status", w.Code, err)
	case reply == "":
		fmt.Println("success")
	default:
		fmt.Println(reply)
	}
}

// A service account greets who follows it, and answers what they write.
func Example() {
	h, err := callback.New(callback.Config{
		Apps: []callback.App{exampleApp},
		Now:  func() time.Time { return time.Unix(1763600000, 0) }, // for the output below
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	callback.On(h, func(_ context.Context, e *callback.Follow) (callback.Reply, error) {
		return callback.TextReply{Content: "Welcome. You came by " + e.Scene}, nil
	})
	callback.On(h, func(_ context.Context, m *callback.TextMessage) (callback.Reply, error) {
		fmt.Printf("message %d: %s\n", m.MsgID, m.Content)
		return nil, nil // nothing to say
	})
	http.Handle("/wechat", h)

	wechat := callbacktest.Sender{App: exampleApp, Time: time.Unix(1763600000, 0)}
	for _, push := range []string{
		`<xml><ToUserName>gh_1</ToUserName><FromUserName>oFan-1</FromUserName><CreateTime>1763600000</CreateTime><MsgType>event</MsgType><Event>subscribe</Event><EventKey>qrscene_poster</EventKey></xml>`,
		`<xml><ToUserName>gh_1</ToUserName><FromUserName>oFan-1</FromUserName><CreateTime>1763600000</CreateTime><MsgType>text</MsgType><Content>Hello</Content><MsgId>24000000000000001</MsgId></xml>`,
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, wechat.Push(push))
		reply, err := wechat.Reply(w.Body.Bytes())
		fmt.Println(reply, err)
	}
	// Output:
	// <xml><ToUserName><![CDATA[oFan-1]]></ToUserName><FromUserName><![CDATA[gh_1]]></FromUserName><CreateTime>1763600000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[Welcome. You came by poster]]></Content></xml> <nil>
	// message 24000000000000001: Hello
	//  <nil>
}

// WeChat checks the URL when it is saved in the console.
func Example_urlCheck() {
	h, err := callback.New(callback.Config{Apps: []callback.App{exampleApp}})
	if err != nil {
		fmt.Println(err)
		return
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, callbacktest.Check(exampleApp, "5837397576500011341"))
	fmt.Println(w.Body)
	// Output: 5837397576500011341
}

// While the Token or the EncodingAESKey is changed in the console, both the old and the new one are accepted. Several
// accounts may push to one URL.
func ExampleNew() {
	miniProgram := callback.App{
		AppID: "wx0000000000000002", Kind: callback.MiniProgram,
		Token: "new-token", PreviousToken: "old-token",
		EncodingAESKey:         "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
		PreviousEncodingAESKey: "ZYXdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
	}
	h, err := callback.New(callback.Config{Apps: []callback.App{exampleApp, miniProgram}})
	if err != nil {
		fmt.Println(err)
		return
	}
	h.Fallback(func(_ context.Context, p callback.Push) (callback.Reply, error) {
		fmt.Println("for", p.Head().AppID)
		return nil, nil
	})
	old := miniProgram
	old.Token, old.EncodingAESKey = miniProgram.PreviousToken, miniProgram.PreviousEncodingAESKey
	deliver(h, old, `{"MsgType":"text","Content":"Hello","MsgId":1}`)

	_, err = callback.New(callback.Config{Apps: []callback.App{{AppID: "wx0000000000000001"}}})
	fmt.Println(err)
	// Output:
	// for wx0000000000000002
	// success
	// callback.New: Apps[0].Kind: not set
}

// The answers to a subscription pop-up tell who may be sent what.
func ExampleOn() {
	h, err := callback.New(callback.Config{Apps: []callback.App{exampleApp}})
	if err != nil {
		fmt.Println(err)
		return
	}
	callback.On(h, func(_ context.Context, e *callback.SubscribePopup) (callback.Reply, error) {
		for _, r := range e.Results {
			fmt.Println(r.TemplateID, r.Status, r.Status.Accepted())
		}
		return nil, nil
	})
	deliver(h, exampleApp, `{"FromUserName":"oUser-1","CreateTime":"1763600000","MsgType":"event","Event":"subscribe_msg_popup_event",
		"List":[{"TemplateId":"T1","SubscribeStatusString":"accept","PopupScene":"0"},{"TemplateId":"T2","SubscribeStatusString":"reject","PopupScene":"0"}]}`)
	// Output:
	// T1 accept true
	// T2 reject false
	// success
}

// A push of a type that this package does not know keeps its raw form.
func ExampleUnknown() {
	h, err := callback.New(callback.Config{Apps: []callback.App{exampleApp}})
	if err != nil {
		fmt.Println(err)
		return
	}
	callback.On(h, func(_ context.Context, u *callback.Unknown) (callback.Reply, error) {
		fmt.Println(u.Event, u.Value("Order", "Id"), len(u.Raw), "bytes")
		return nil, nil
	})
	deliver(h, exampleApp, `<xml><MsgType>event</MsgType><Event>order_shipped</Event><Order><Id>77</Id></Order></xml>`)
	// Output:
	// order_shipped 77 89 bytes
	// success
}

// A layer sees every push, whatever its type.
func ExampleHandler_Use() {
	h, err := callback.New(callback.Config{Apps: []callback.App{exampleApp}})
	if err != nil {
		fmt.Println(err)
		return
	}
	h.Use(func(next callback.HandlerFunc) callback.HandlerFunc {
		return func(ctx context.Context, p callback.Push) (callback.Reply, error) {
			reply, err := next(ctx, p)
			fmt.Printf("%T %v\n", p, err)
			return reply, err
		}
	})
	deliver(h, exampleApp, `<xml><MsgType>event</MsgType><Event>unsubscribe</Event></xml>`)
	// Output:
	// *callback.Unfollow <nil>
	// success
}

// A handler that takes too long goes on after the answer. Its reply comes to Config.Late, from where it can be sent as a
// customer service message.
func ExampleConfig_late() {
	h, err := callback.New(callback.Config{
		Apps:         []callback.App{exampleApp},
		AnswerWithin: time.Millisecond, // 4.5 seconds if not set
		Late: func(_ context.Context, p callback.Push, reply callback.Reply) {
			fmt.Println("to", p.Head().FromUserName, reply)
		},
		Observer: func(_ context.Context, r callback.Report) { fmt.Println(r.Err) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	answered := make(chan struct{})
	callback.On(h, func(_ context.Context, m *callback.TextMessage) (callback.Reply, error) {
		<-answered // a slow answer, from a language model for instance
		return callback.TextReply{Content: "You asked: " + m.Content}, nil
	})
	deliver(h, exampleApp, `<xml><FromUserName>oFan-1</FromUserName><MsgType>text</MsgType><Content>Why?</Content><MsgId>1</MsgId></xml>`)
	close(answered)
	if err := h.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// success
	// to oFan-1 {You asked: Why?}
	// callback: reply came too late
}

// Every refusal has a reason, which the sender does not learn.
func ExampleReport() {
	h, err := callback.New(callback.Config{
		Apps: []callback.App{exampleApp},
		Observer: func(_ context.Context, r callback.Report) {
			fmt.Println(r.Status, errors.Is(r.Err, callback.ErrSignature), r.Err)
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	forged := exampleApp
	forged.Token = "a guess"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, callbacktest.Push(forged, `<xml><MsgType>text</MsgType></xml>`))
	fmt.Println(w.Body)
	// Output:
	// 403 true callback: signature does not match
	// Forbidden
}

// The mini program passes on what wx.requestSubscribeMessage gave it.
func ExampleParseSubscribeResult() {
	results, err := callback.ParseSubscribeResult([]byte(`{"errMsg":"requestSubscribeMessage:ok","T1":"accept","T2":"filter"}`))
	fmt.Println(results, err)

	_, err = callback.ParseSubscribeResult([]byte(`{"errMsg":"requestSubscribeMessage:fail The main switch is switched off","errCode":20004}`))
	fmt.Println(errors.Is(err, callback.SubscribeSwitchedOff), err)
	// Output:
	// [{T1 accept 0} {T2 filter 0}] <nil>
	// true callback: wx.requestSubscribeMessage: errCode 20004: requestSubscribeMessage:fail The main switch is switched off
}

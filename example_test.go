package wechat_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/subscribe"
	"github.com/wechatkit/wechat/token"
)

// What to do about an error is told by its class; what happened, by its fields.
func Example_errors() {
	wx, _ := emulator.Start()
	defer wx.Close()
	app := wx.MiniProgram()
	client, _ := wechat.New(wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
	defer client.Close()
	messages, ctx := subscribe.New(client), context.Background()
	tpl := app.AddTemplate(emulator.Template{Title: "Contract due", Keywords: []string{"thing1", "date2"}})
	msg := &subscribe.Message{
		ToUser: wx.User("alice").OpenID(app), TemplateID: tpl, // alice has not accepted it
		Data: subscribe.Data{"thing1": "Fire insurance", "date2": "2026-12-01"},
	}

	_, err := messages.Send(ctx, msg)
	var refused *errcode.Error
	switch {
	case errors.Is(err, wechat.ErrOutcomeUnknown): // a timeout after sending, or held for review: it may arrive
		fmt.Println("do not send it again:", err)
	case errors.Is(err, errcode.UserUnreachable): // 43101, 43004, 45015 …: normal; take another way
		fmt.Println("this user cannot be reached this way")
	case errors.Is(err, errcode.InvalidArgument): // 40037, 47003 …, or a local check: mend the message
		fmt.Println("the message is wrong:", err)
	case errors.As(err, &refused): // anything else WeChat says
		fmt.Println(refused.Code, refused.Message, refused.RID, refused.Retry())
	}
	// Output: this user cannot be reached this way
}

// A fleet shares a token through a store.
func Example_sharedToken() {
	manager, err := token.NewManager(token.Config{
		AppID: "wx0123456789abcdef", AppSecret: "…",
		Store: &token.MemoryStore{}, // or redisstore.New(rdb, …), for many processes
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := wechat.New(wechat.Config{AppID: "wx0123456789abcdef"}, wechat.WithTokenSource(manager))
	fmt.Println(client, err)
	// Output: wechat.Client(wx0123456789abcdef) <nil>
}

// The push from WeChat is verified, decrypted and handed over with its type.
func Example_callback() {
	h, err := callback.New(callback.Config{Apps: []callback.App{{
		AppID: "wx0123456789abcdef", Kind: callback.OfficialAccount,
		Token: "…", EncodingAESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	callback.On(h, func(ctx context.Context, e *callback.Follow) (callback.Reply, error) {
		return callback.TextReply{Content: "Welcome"}, nil
	})
	http.Handle("/wechat", h)
	// Output:
}

func ExampleNew_options() {
	client, err := wechat.New(wechat.Config{AppID: "wx0123456789abcdef", AppSecret: "…"},
		wechat.WithTimeout(3*time.Second),
		wechat.WithRateLimit(50, 10), // requests a second, and at once
		wechat.WithRetry(wechat.RetryPolicy{Attempts: 2}),
		wechat.WithBaseURL(wechat.BaseURL, wechat.BaseURLRecovery),
		wechat.WithLogger(slog.Default()),
	)
	fmt.Println(client, err)
	// Output: wechat.Client(wx0123456789abcdef) <nil>
}

// An endpoint that no package covers is called with the client's token, repetitions and errors.
func ExampleClient_Do() {
	wx, _ := emulator.Start()
	defer wx.Close()
	app := wx.MiniProgram()
	client, _ := wechat.New(wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
	defer client.Close()

	var out struct {
		Quota struct {
			DailyLimit int64 `json:"daily_limit"`
		} `json:"quota"`
	}
	in := map[string]string{"cgi_path": "/cgi-bin/message/custom/send"}
	err := client.Do(context.Background(), http.MethodPost, "/cgi-bin/openapi/quota/get", nil, in, &out)
	fmt.Println(out.Quota.DailyLimit > 0, err)
	// Output: true <nil>
}

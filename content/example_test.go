package content_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/content"
	"github.com/wechatkit/wechat/emulator"
)

// must keeps the examples short.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// connect calls the emulator in place of WeChat.
func connect(wx *emulator.Server, app *emulator.App) *content.Client {
	return content.New(must(wechat.New(
		wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)}, wechat.WithHTTPClient(wx.HTTPClient()),
	)))
}

// pushes has the emulator push to a new handler.
func pushes(wx *emulator.Server, app *emulator.App) *callback.Handler {
	const token, key = "a-token", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	h := must(callback.New(callback.Config{
		Apps: []callback.App{{AppID: app.AppID, Kind: callback.MiniProgram, Token: token, EncodingAESKey: key}},
		Now:  wx.Now,
	}))
	app.SetCallback(emulator.Callback{Handler: h, Token: token, EncodingAESKey: key, Format: emulator.JSON})
	return h
}

// What users write in the chat of a Mini Program is checked before it is answered.
func Example() {
	wx := must(emulator.Start())
	defer wx.Close()
	mini, ann := wx.MiniProgram(), wx.User("Ann")
	mini.AddContentRule(emulator.ContentRule{Contains: "casino", Suggest: "risky", Label: 10001})
	checks, h := connect(wx, mini), pushes(wx, mini)
	defer h.Shutdown(context.Background())

	callback.On(h, func(ctx context.Context, m *callback.TextMessage) (callback.Reply, error) {
		verdict, err := checks.CheckText(ctx, &content.Text{
			OpenID: m.FromUserName, Scene: content.Comment, Content: m.Content,
		})
		switch {
		case errors.Is(err, content.ErrUserAway):
			fmt.Println("not checked; a person answers")
			return callback.TransferReply{}, nil
		case err != nil:
			return nil, err // WeChat delivers the message again
		case verdict.Advice.Passed():
			fmt.Println("answer:", m.Content)
		default:
			fmt.Println("keep back:", verdict.Advice, verdict.Label)
		}
		return nil, nil
	})

	ann.EnterChat(mini, "") // by a button on a page of the Mini Program
	ann.Write(mini, "Where is my mug?")
	ann.Write(mini, "Win a lot in my casino!")
	wx.Advance(3 * time.Hour)
	ann.Write(mini, "Still waiting") // from the list of her chats
	// Output:
	// answer: Where is my mug?
	// keep back: risky advertising
	// not checked; a person answers
}

// The verdict of a picture comes as an event, which the trace id joins to the call.
func ExampleClient_CheckMedia() {
	wx := must(emulator.Start())
	defer wx.Close()
	mini, ann := wx.MiniProgram(), wx.User("Ann")
	mini.AddContentRule(emulator.ContentRule{Contains: "party", Suggest: "review", Label: 20002})
	mini.AddContentRule(emulator.ContentRule{Contains: "expired", EventCode: -1008})
	checks, h := connect(wx, mini), pushes(wx, mini)
	defer h.Shutdown(context.Background())

	var mu sync.Mutex
	waiting := map[string]string{} // pictures by trace id; a table of the database in a real program
	callback.On(h, func(_ context.Context, e *callback.MediaChecked) (callback.Reply, error) {
		mu.Lock()
		defer mu.Unlock()
		picture, ok := waiting[e.TraceID]
		switch {
		case !ok:
			return nil, errors.New("no such check yet") // WeChat delivers the event again
		case !e.Checked():
			fmt.Printf("%s was not checked: %d\n", picture, e.ErrorCode)
		case e.Result.Suggest.Passed():
			fmt.Printf("%s is shown\n", picture)
		default:
			fmt.Printf("%s is kept back: %s %s\n", picture, e.Result.Suggest, e.Result.Label)
		}
		delete(waiting, e.TraceID)
		return nil, nil
	})

	ann.LoginCode(mini) // she is in the Mini Program
	for _, picture := range []string{"mug.jpg", "party.jpg", "expired.jpg"} {
		mu.Lock()
		trace, err := checks.CheckMedia(context.Background(), &content.Media{
			OpenID: ann.OpenID(mini), Scene: content.Profile, Type: content.Image, URL: "https://cdn.example.com/" + picture,
		})
		if err != nil {
			fmt.Println(err)
		}
		waiting[trace] = picture
		mu.Unlock()
		wx.Settle()
	}
	// Output:
	// mug.jpg is shown
	// party.jpg is kept back: review pornography
	// expired.jpg was not checked: -1008
}

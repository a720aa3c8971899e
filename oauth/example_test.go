package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/oauth"
)

// must keeps the examples short.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// emulated returns a client that calls the emulator in place of WeChat.
func emulated(wx *emulator.Server, a *emulator.App) *wechat.Client {
	return must(wechat.New(wechat.Config{AppID: a.AppID, AppSecret: wechat.Secret(a.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient())))
}

// A user of the Mini Program logs in; the directory knows which follower of the service account it is.
func Example() {
	ctx := context.Background()
	wx := must(emulator.Start())
	defer wx.Close()
	mini, service, ann := wx.MiniProgram(), wx.ServiceAccount(), wx.User("Ann")
	ann.Follow(service)

	dir := oauth.NewDirectory(&oauth.MemoryStore{})
	progress := must(dir.Backfill(ctx, oauth.New(emulated(wx, service)), oauth.Progress{}, nil))
	fmt.Println("followers:", progress.Done)

	session := must(oauth.New(emulated(wx, mini)).Login(ctx, ann.LoginCode(mini)))
	err := dir.Add(ctx, oauth.Identity{AppID: mini.AppID, OpenID: session.OpenID, UnionID: session.UnionID})
	if err != nil {
		panic(err)
	}

	person := must(dir.Lookup(ctx, mini.AppID, session.OpenID))
	follower, ok := person.In(service.AppID)
	fmt.Println("found:", ok, "follows:", follower.Follow, "is Ann:", follower.OpenID == ann.OpenID(service))
	// Output:
	// followers: 1
	// found: true follows: yes is Ann: true
}

func ExampleClient_Login() {
	wx := must(emulator.Start())
	defer wx.Close()
	mini, ann := wx.MiniProgram(), wx.User("Ann")
	client := oauth.New(emulated(wx, mini))

	session, err := client.Login(context.Background(), ann.LoginCode(mini)) // the code that wx.login gave the Mini Program
	if err != nil {
		panic(err)
	}
	fmt.Println(session.OpenID == ann.OpenID(mini), session.UnionID == ann.UnionID(mini))
	fmt.Println("key:", session.SessionKey)
	// Output:
	// true true
	// key: [redacted]
}

// The id of the group chat that a Mini Program was opened from comes encrypted.
func ExampleClient_Decrypt() {
	wx := must(emulator.Start())
	defer wx.Close()
	mini, ann := wx.MiniProgram(), wx.User("Ann")
	client := oauth.New(emulated(wx, mini))
	session := must(client.Login(context.Background(), ann.LoginCode(mini)))
	sealed := ann.OpenData(mini, map[string]any{"openGId": "tGroup-1"}) // what wx.getGroupEnterInfo gave

	var group struct {
		OpenGID string `json:"openGId"`
	}
	_, err := client.Decrypt(session.SessionKey, &oauth.EncryptedData{Data: sealed.EncryptedData, IV: sealed.IV}, &group)
	fmt.Println(group.OpenGID, err)

	_, err = client.Decrypt("c29tZS1vdGhlci1rZXkhIQ==", &oauth.EncryptedData{Data: sealed.EncryptedData, IV: sealed.IV}, &group)
	fmt.Println(errors.Is(err, oauth.ErrEncryptedData))
	// Output:
	// tGroup-1 <nil>
	// true
}

// A visitor of a web page inside WeChat: away with a state, back with a code.
func ExampleWeb() {
	ctx := context.Background()
	wx := must(emulator.Start())
	defer wx.Close()
	service, ann := wx.ServiceAccount(), wx.User("Ann")
	web := oauth.NewWeb(emulated(wx, service))

	state := oauth.NewState() // goes into the visitor's cookie
	page := must(web.AuthorizeURL(&oauth.Authorization{
		RedirectURI: "https://shop.example.com/wx/back", Scope: oauth.ScopeUserInfo, State: state,
	}))
	back := must(url.Parse(must(ann.Visit(page)))) // the browser's work

	visitor, err := web.Finish(ctx, back.Query(), state)
	switch {
	case errors.Is(err, oauth.ErrState), errors.Is(err, oauth.ErrDeclined):
		fmt.Println("start over")
	case err != nil:
		panic(err)
	case visitor.IsSnapshotUser:
		fmt.Println("not a real user")
	default:
		fmt.Println("hello", must(web.Profile(ctx, visitor)).Nickname)
	}
	_, err = web.Finish(ctx, back.Query(), "somebody else's state")
	fmt.Println(err)
	// Output:
	// hello Ann
	// oauth.Finish: state does not match
}

func ExampleClient_Followers() {
	ctx := context.Background()
	wx := must(emulator.Start())
	defer wx.Close()
	service := wx.ServiceAccount()
	for _, name := range []string{"Ann", "Bob", "Cem"} {
		wx.User(name).Follow(service)
	}

	n := 0
	for _, err := range oauth.New(emulated(wx, service)).Followers(ctx, "") {
		if err != nil {
			panic(err)
		}
		n++
	}
	fmt.Println(n, "followers")
	// Output:
	// 3 followers
}

func ExampleClient_TagUsers() {
	ctx := context.Background()
	wx := must(emulator.Start())
	defer wx.Close()
	service, ann := wx.ServiceAccount(), wx.User("Ann")
	ann.Follow(service)
	client := oauth.New(emulated(wx, service))

	tag := must(client.CreateTag(ctx, "VIP"))
	if err := client.TagUsers(ctx, tag.ID, []string{ann.OpenID(service)}); err != nil {
		panic(err)
	}
	for _, t := range must(client.Tags(ctx)) {
		if t.ID == tag.ID {
			fmt.Println(t.Name, t.Count)
		}
	}
	// Output:
	// VIP 1
}

package console_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/wechatkit/wechat/emulator/console"
)

// A Go program serves the emulator with its page and its control API; here a test asks for what a user's
// phone shows.
func Example() {
	cfg, err := console.ReadConfig(strings.NewReader(`{
		"apps": [{"kind": "mini program", "appId": "wx0123456789abcdef",
			"templates": [{"id": "contract-due", "title": "Contract due", "keywords": ["thing1"]}]}],
		"users": [{"name": "alice", "consents": [{"templateId": "contract-due", "grants": 1}]}]
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	wx, err := cfg.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer wx.Close()
	con := console.New(wx)
	defer con.Close()
	srv := httptest.NewServer(con)
	defer srv.Close()

	app, alice := wx.App("wx0123456789abcdef"), wx.User("alice")
	message := fmt.Sprintf(`{"touser":%q,"template_id":"contract-due","data":{"thing1":{"value":"Fire insurance"}}}`, alice.OpenID(app))
	answer, err := http.Post(srv.URL+"/cgi-bin/message/subscribe/send?access_token="+app.Token(), "application/json", strings.NewReader(message))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(answer.Status)
	_ = answer.Body.Close()

	phone, err := http.Get(srv.URL + console.Prefix + "api/users/alice/messages")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer phone.Body.Close()
	text, _ := io.ReadAll(phone.Body)
	fmt.Println(strings.Contains(string(text), "Fire insurance"))
	// Output:
	// 200 OK
	// true
}

// A configuration that is wrong says where.
func ExampleReadConfig() {
	_, err := console.ReadConfig(strings.NewReader(`{"apps": [{"kind": "mini program", "templates": [{"titel": "Due"}]}]}`))
	fmt.Println(err)
	// Output:
	// line 1: apps[0].templates[0].titel: unknown field, want one of card, content, device, enums, example, id, keywords, limit, title, type
}

package browsertest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/emulator/console"
	"github.com/wechatkit/wechat/subscribe"
	"github.com/wechatkit/wechat/template"
)

// noon is when every story begins: noon in China. The clock stands still, so that the pictures do not change.
var noon = time.Date(2026, 11, 20, 4, 0, 0, 0, time.UTC)

// world is an emulator behind a real listener, with a program that uses the SDK.
type world struct {
	t       *testing.T
	in      words
	wx      *emulator.Server
	con     *console.Console
	mini    *emulator.App
	service *emulator.App
	alice   *emulator.User
	due     string // a subscription template of the Mini Program
	renewed string // a template of the service account
	server  *httptest.Server
	clients map[*emulator.App]*wechat.Client
}

// words are the names in a world.
type words struct {
	mini, service, due, dueLines, example, renewed, renewedLines, contract, note string

	menu [2]string
}

var (
	inEnglish = words{
		mini: "Contract Box", service: "Contract Care",
		due: "Contract due", dueLines: "Contract:{{thing1.DATA}}\nEnds:{{date2.DATA}}\nNote:{{thing3.DATA}}\n",
		example: "Contract:Fire insurance\nEnds:2026-12-01\nNote:Renew in two taps\n",
		renewed: "Contract renewed", renewedLines: "Contract:{{thing1.DATA}}\nEnds:{{date2.DATA}}\n",
		contract: "Fire insurance", note: "Renew in two taps", menu: [2]string{"My contracts", "Help"},
	}
	inChinese = words{
		mini: "合同管家", service: "合同服务",
		due: "合同到期提醒", dueLines: "合同名称:{{thing1.DATA}}\n到期时间:{{date2.DATA}}\n温馨提示:{{thing3.DATA}}\n",
		example: "合同名称:家庭财产保险\n到期时间:2026-12-01\n温馨提示:点击即可续签\n",
		renewed: "续签成功通知", renewedLines: "合同名称:{{thing1.DATA}}\n到期时间:{{date2.DATA}}\n",
		contract: "家庭财产保险", note: "点击即可续签", menu: [2]string{"我的合同", "帮助"},
	}
)

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOf(t, inEnglish)
}

func newWorldOf(t *testing.T, in words) *world {
	t.Helper()
	wx, err := emulator.Start(emulator.WithClockAt(noon), emulator.WithAsyncPushes(), emulator.WithoutDemo())
	require.NoError(t, err)
	con := console.New(wx, console.WithReset(func() (*emulator.Server, error) { return emulator.Start(emulator.WithClockAt(noon)) }))
	server := httptest.NewServer(con)
	wx.SetBaseURL(server.URL)
	t.Cleanup(func() {
		require.NoError(t, con.Close())
		server.Close()
		require.NoError(t, con.Server().Close())
	})
	w := &world{
		t: t, in: in, wx: wx, con: con, server: server,
		mini:    wx.AddMiniProgram(emulator.AppConfig{Name: in.mini}),
		service: wx.AddServiceAccount(emulator.AppConfig{Name: in.service}),
		alice:   wx.User("alice"),
	}
	wx.User("bob")
	w.clients = map[*emulator.App]*wechat.Client{w.mini: w.client(w.mini), w.service: w.client(w.service)}
	w.due = w.mini.AddTemplate(emulator.Template{Title: in.due, Content: in.dueLines, Example: in.example})
	w.renewed = w.service.AddTemplate(emulator.Template{Title: in.renewed, Content: in.renewedLines})
	w.service.SetMenu(emulator.MenuButton{Name: in.menu[0], Key: "CONTRACTS"}, emulator.MenuButton{Name: in.menu[1], Key: "HELP"})
	return w
}

// open opens the page.
func (w *world) open(l look) *tab {
	w.t.Helper()
	p := openTab(w.t, w.server.URL, l)
	p.until(`document.querySelector(".connection")?.dataset.state === "live"`)
	return p
}

// client makes the SDK's client for an account.
func (w *world) client(a *emulator.App) *wechat.Client {
	w.t.Helper()
	c, err := wechat.New(wechat.Config{AppID: a.AppID, AppSecret: wechat.Secret(a.AppSecret)}, wechat.WithBaseURL(w.server.URL))
	require.NoError(w.t, err)
	return c
}

// remind sends alice the subscription message.
func (w *world) remind(contract string) error {
	_, err := subscribe.New(w.clients[w.mini]).Send(context.Background(), &subscribe.Message{
		ToUser: w.alice.OpenID(w.mini), TemplateID: w.due, Page: "pages/contract?id=7",
		Data: subscribe.Data{"thing1": contract, "date2": "2026-12-01", "thing3": w.in.note},
	})
	return err
}

// confirm sends alice the template message of the service account.
func (w *world) confirm() {
	w.t.Helper()
	_, err := template.New(w.clients[w.service]).Send(context.Background(), &template.Message{
		ToUser: w.alice.OpenID(w.service), TemplateID: w.renewed, URL: "https://example.com/contracts/7",
		Data: template.Data{"thing1": w.in.contract, "date2": "2027-12-01"},
	})
	require.NoError(w.t, err)
}

// say sends alice a customer-service text.
func (w *world) say(from *emulator.App, text string) {
	w.t.Helper()
	require.NoError(w.t, customerservice.New(w.clients[from]).Send(context.Background(), &customerservice.Message{
		ToUser: w.alice.OpenID(from), Content: customerservice.Text{Content: text},
	}))
}

// answerChats mounts the SDK's callback handler, which answers every text to the service account.
func (w *world) answerChats(reply string) {
	w.t.Helper()
	set := w.service.SetCallback(emulator.Callback{URL: "https://program.example/wechat", Handler: nil})
	h, err := callback.New(callback.Config{
		Now: w.wx.Now,
		Apps: []callback.App{{
			AppID: w.service.AppID, Kind: callback.OfficialAccount,
			Token: callback.Secret(set.Token), EncodingAESKey: callback.Secret(set.EncodingAESKey),
		}},
	})
	require.NoError(w.t, err)
	callback.On(h, func(context.Context, *callback.TextMessage) (callback.Reply, error) {
		return callback.TextReply{Content: reply}, nil
	})
	set.Handler = h
	w.service.SetCallback(set)
	w.t.Cleanup(func() { require.NoError(w.t, h.Shutdown(context.Background())) })
}

// ask posts the question of wx.requestSubscribeMessage and returns its state.
func (w *world) ask(user string, templateIDs ...string) string {
	w.t.Helper()
	answer := w.post("/asks", map[string]any{"user": user, "templateIds": templateIDs})
	state, _ := answer["state"].(string)
	return state
}

// post sends JSON to the control API.
func (w *world) post(path string, body any) map[string]any {
	w.t.Helper()
	data, err := json.Marshal(body)
	require.NoError(w.t, err)
	res, err := http.Post(w.server.URL+console.Prefix+"api"+path, "application/json", bytes.NewReader(data))
	require.NoError(w.t, err)
	defer func() { _ = res.Body.Close() }()
	var answer map[string]any
	require.NoError(w.t, json.NewDecoder(res.Body).Decode(&answer))
	require.Equal(w.t, http.StatusOK, res.StatusCode, "%v", answer)
	return answer
}

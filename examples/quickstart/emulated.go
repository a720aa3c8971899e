package main

import (
	"fmt"
	"io"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/oauth"
	"github.com/wechatkit/wechat/subscribe"
	"github.com/wechatkit/wechat/template"
)

// emulatedStory sets the stage on an emulator: two accounts, their templates and a user.
func emulatedStory(out io.Writer) (s *story, stop func(), err error) {
	wx, err := emulator.Start(emulator.WithSeed(1))
	if err != nil {
		return nil, nil, err
	}
	stop = func() { _ = wx.Close() }
	mini, service := wx.MiniProgram(), wx.ServiceAccount()
	notice := mini.AddTemplate(emulator.Template{Title: "Contract due", Content: "Contract:{{thing1.DATA}}\nEnds:{{date2.DATA}}\n"})
	card := service.AddTemplate(emulator.Template{Title: "Contract due", Content: "Contract:{{thing1.DATA}}\nEnds:{{time2.DATA}}\n"})
	alice := wx.User("alice")

	s = &story{
		out: out, code: alice.LoginCode(mini), user: &phone{out, wx, alice, notice},
		people: oauth.NewDirectory(&oauth.MemoryStore{}),
		notice: subscribe.Message{
			TemplateID: notice, Page: "pages/contract?id=7",
			Data: subscribe.Data{"thing1": "Fire insurance", "date2": "2026-12-01"},
		},
		card: template.Message{
			TemplateID: card,
			Data:       template.Data{"thing1": "Fire insurance", "time2": "2026-12-01"},
		},
		text: "Your contract is renewed.",
	}
	if s.mini, err = connect(wx, mini); err != nil {
		stop()
		return nil, nil, err
	}
	if s.service, err = connect(wx, service); err != nil {
		stop()
		return nil, nil, err
	}
	fmt.Fprintln(out, "No WECHAT_APPID is set: this is the emulator.")
	return s, stop, nil
}

func connect(wx *emulator.Server, app *emulator.App) (*wechat.Client, error) {
	return wechat.New(wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
}

// phone is the emulated user.
type phone struct {
	out    io.Writer
	wx     *emulator.Server
	alice  *emulator.User
	notice string
}

func (p *phone) accepts() {
	fmt.Fprintln(p.out, "                                  alice accepts the template, once")
	p.alice.Accept(p.notice)
}

func (p *phone) follows() {
	fmt.Fprintln(p.out, "                                  alice follows the service account")
	p.alice.Follow(p.wx.ServiceAccount())
}

func (p *phone) writes() {
	fmt.Fprintln(p.out, `                                  alice writes "Can I renew?" in the Mini Program's chat`)
	p.alice.Write(p.wx.MiniProgram(), "Can I renew?")
}

func (p *phone) shows(out io.Writer) {
	fmt.Fprintln(out, "\nAlice's phone shows:")
	for _, m := range p.alice.Inbox() {
		fmt.Fprintln(out, "  "+m.String())
	}
}

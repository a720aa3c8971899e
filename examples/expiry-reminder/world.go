package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/token"
)

// world is an emulated WeChat with the settings for a service on it.
type world struct {
	settings

	wx            *emulator.Server
	mini, service *emulator.App
	dir           string
}

const (
	emulatedToken  = "token"
	emulatedAESKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
)

func newWorld(options ...emulator.Option) (*world, error) {
	wx, err := emulator.Start(options...)
	if err != nil {
		return nil, err
	}
	w := &world{wx: wx, mini: wx.MiniProgram(), service: wx.ServiceAccount()}
	if w.dir, err = os.MkdirTemp("", "expiry-reminder"); err != nil {
		return nil, errors.Join(err, wx.Close())
	}
	w.settings = settings{
		miniPush: push(w.mini, callback.MiniProgram), servicePush: push(w.service, callback.OfficialAccount),
		subscribeTemplate: w.mini.AddTemplate(emulator.Template{
			Title: "Contract ends", Keywords: []string{"thing1", "date2"}}),
		serviceTemplate: w.service.AddTemplate(emulator.Template{
			Title: "Contract ends", Keywords: []string{"thing1", "time2"}}),
		database: filepath.Join(w.dir, "reminders.db"),
		now:      wx.Now,
		world:    w,
	}
	if w.settings.mini, err = w.client(w.mini); err == nil {
		w.settings.service, err = w.client(w.service)
	}
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func push(a *emulator.App, kind callback.Kind) callback.App {
	return callback.App{AppID: a.AppID, Kind: kind, Token: emulatedToken, EncodingAESKey: emulatedAESKey}
}

func (w *world) client(a *emulator.App) (*wechat.Client, error) {
	return wechat.New(wechat.Config{AppID: a.AppID, AppSecret: wechat.Secret(a.AppSecret)},
		wechat.WithHTTPClient(w.wx.HTTPClient()), wechat.WithTokenSource(turnedClock{a}))
}

// turnedClock hands out tokens of an emulator whose clock is turned by days in a moment, in which tokens expire
// faster than a token manager believes.
type turnedClock struct{ app *emulator.App }

func (s turnedClock) Token(context.Context) (token.Token, error) {
	return token.Token{Value: token.Secret(s.app.Token()), Expiry: time.Now().Add(time.Hour)}, nil
}

// receive sends the pushes of both accounts to the service.
func (w *world) receive(h http.Handler) {
	for _, a := range []*emulator.App{w.mini, w.service} {
		a.SetCallback(emulator.Callback{Handler: h, Token: emulatedToken, EncodingAESKey: emulatedAESKey})
	}
}

// populate gives an emulated service two users to remind, whose contracts end in eight days: both have logged in,
// alice follows, bob has accepted a message.
func (w *world) populate(ctx context.Context, svc *service) error {
	w.receive(svc.pushes)
	alice, bob := w.wx.User("alice"), w.wx.User("bob")
	for i, u := range []*emulator.User{alice, bob} {
		err := svc.notifier.Ledger().Link(ctx, notify.Identity{
			AppID: w.mini.AppID, OpenID: u.OpenID(w.mini), UnionID: u.UnionID(w.mini), User: u.Name,
		})
		if err != nil {
			return err
		}
		r, err := svc.reminder(strconv.Itoa(77+i), &contract{
			User: u.Name, Name: []string{"Fire insurance", "Garage"}[i],
			Ends: svc.now().In(shanghai).AddDate(0, 0, 8).Format(time.DateOnly),
		})
		if err == nil {
			err = svc.notifier.Plan(ctx, r)
		}
		if err != nil {
			return err
		}
	}
	alice.Follow(w.service)
	bob.Accept(w.subscribeTemplate)
	return nil
}

// phones are those of all users.
func (w *world) phones() (list []phone) {
	for _, u := range w.wx.Users() {
		p := phone{Name: u.Name}
		for _, m := range slices.Backward(u.Inbox()) {
			if !m.Own {
				p.Messages = append(p.Messages, m.String())
			}
		}
		list = append(list, p)
	}
	return list
}

// postClock turns the emulator's clock, an hour at a time as it would pass.
func (w *world) postClock(rw http.ResponseWriter, r *http.Request) error {
	turn, err := time.ParseDuration(r.FormValue("turn"))
	if err != nil || turn <= 0 || turn > 31*24*time.Hour {
		return badRequest("turn: want a duration such as 24h")
	}
	w.wx.Advance(turn)
	http.Redirect(rw, r, "/", http.StatusSeeOther)
	return nil
}

func (w *world) close() error {
	return errors.Join(w.wx.Close(), os.RemoveAll(w.dir))
}

package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/oauth"
	"github.com/wechatkit/wechat/subscribe"
	"github.com/wechatkit/wechat/template"
)

// settings is what the service runs on: the real WeChat or an emulated one.
type settings struct {
	mini, service         *wechat.Client // Mini Program and service account, of one Open Platform account
	miniPush, servicePush callback.App
	subscribeTemplate     string // keywords thing1 (contract) and date2 (end)
	serviceTemplate       string // keywords thing1 and time2
	database              string // postgres://… or the file of SQLite
	apiToken              string // for the REST endpoints; "" leaves them open
	now                   func() time.Time
	world                 *world // the emulated WeChat, nil on the real one
}

// service reminds users of contracts.
type service struct {
	settings
	db       *notify.Database
	notifier *notify.Notifier
	pushes   *callback.Handler
	login    *oauth.Client
}

func newService(ctx context.Context, set settings) (*service, error) {
	s := &service{settings: set, login: oauth.New(set.mini)}
	var err error
	if strings.HasPrefix(set.database, "postgres://") || strings.HasPrefix(set.database, "postgresql://") {
		s.db, err = notify.OpenPostgres(ctx, set.database)
	} else {
		s.db, err = notify.OpenSQLite(ctx, set.database)
	}
	if err != nil {
		return nil, err
	}
	s.notifier, err = notify.New(notify.Config{
		Database: s.db,
		Doors: []notify.Door{
			notify.NewTemplateDoor(set.service), notify.NewSubscribeDoor(set.mini), notify.NewReplyDoor(set.mini),
		},
		Now: set.now, Observer: observe, Logger: slog.Default(),
	})
	if err == nil {
		s.pushes, err = s.newPushes()
	}
	if err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	return s, nil
}

// newPushes is the handler of WeChat's pushes. The ledger sees them all; a new follower is looked up, for the
// event does not tell the UnionID.
func (s *service) newPushes() (*callback.Handler, error) {
	h, err := callback.New(callback.Config{Apps: []callback.App{s.miniPush, s.servicePush}, Now: s.now})
	if err != nil {
		return nil, err
	}
	s.notifier.Ledger().Mount(h)
	callback.On(h, func(ctx context.Context, e *callback.Follow) (callback.Reply, error) {
		return nil, s.notifier.Ledger().Refresh(ctx, s.service, e.FromUserName)
	})
	return h, nil
}

func (s *service) close() error { return s.db.Close() }

// contract is what the rest of the program knows of a contract.
type contract struct {
	User string `json:"user"`
	Name string `json:"name"`
	Ends string `json:"ends"` // 2026-11-30
	Zone string `json:"zone,omitempty"`
}

// reminder is how users hear of a contract: at ten in the morning, a week, three days and a day before its end.
func (s *service) reminder(id string, c *contract) (*notify.Reminder, error) {
	if c.Name == "" {
		return nil, badRequest("name: empty")
	}
	zone, err := time.LoadLocation(cmp.Or(c.Zone, "Asia/Shanghai"))
	if err != nil {
		return nil, badRequest("zone: %q is unknown", c.Zone)
	}
	ends, err := time.ParseInLocation(time.DateOnly, c.Ends, zone)
	if err != nil {
		return nil, badRequest("ends: %q is no date such as 2026-11-30", c.Ends)
	}
	return &notify.Reminder{
		Key: "contract-" + id, User: c.User, Topic: "contracts", Due: ends,
		Leads: []notify.Lead{notify.Days(7), notify.Days(3), notify.Days(1)},
		At:    "10:00", Zone: zone.String(), Quiet: notify.QuietHours{From: "21:00", To: "08:00"},
		Content: notify.Content{
			Template: &notify.TemplateContent{
				TemplateID: s.serviceTemplate, AppID: s.mini.AppID(), Page: "pages/contract?id=" + url.QueryEscape(id),
				Data: template.Fit(template.Data{"thing1": c.Name, "time2": c.Ends + " 00:00"}), // long names are cut
			},
			Subscribe: &notify.SubscribeContent{
				TemplateID: s.subscribeTemplate, Page: "pages/contract?id=" + url.QueryEscape(id),
				Data: subscribe.Fit(subscribe.Data{"thing1": c.Name, "date2": c.Ends}),
			},
			Reply: c.Name + " ends on " + c.Ends + ".",
		},
	}, nil
}

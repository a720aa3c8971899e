package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/oauth"
	"github.com/wechatkit/wechat/subscribe"
	"github.com/wechatkit/wechat/template"
)

// story is the program's part of the story: calls to WeChat, the same on the emulator and for real.
type story struct {
	out           io.Writer
	mini, service *wechat.Client
	code          string // of wx.login
	notice        subscribe.Message
	card          template.Message
	text          string
	user          user
	people        *oauth.Directory
}

// user is what the person with the phone does and sees. On the real WeChat somebody does it by hand.
type user interface {
	accepts()
	follows()
	writes()
	shows(out io.Writer)
}

func (s *story) play(ctx context.Context) error {
	openID, err := s.login(ctx)
	if err != nil {
		return err
	}
	s.user.accepts()
	if err := s.notify(ctx, openID); err != nil {
		return err
	}
	if err := s.notify(ctx, openID); err != nil { // the one acceptance is used up: 43101
		return err
	}
	s.user.follows()
	if err := s.sendCard(ctx, openID); err != nil {
		return err
	}
	s.user.writes()
	if err := s.reply(ctx, openID); err != nil {
		return err
	}
	s.user.shows(s.out)
	return nil
}

// login exchanges the code that wx.login gave the Mini Program.
func (s *story) login(ctx context.Context) (openID string, err error) {
	session, err := oauth.New(s.mini).Login(ctx, s.code)
	if err != nil {
		return "", err
	}
	s.say("login              OpenID %s, UnionID %s", short(session.OpenID), short(session.UnionID))
	return session.OpenID, s.people.Add(ctx, oauth.Identity{
		AppID: s.mini.AppID(), OpenID: session.OpenID, UnionID: session.UnionID,
	})
}

// notify sends the subscription message. That the user has no acceptance left is an answer, not a fault.
func (s *story) notify(ctx context.Context, openID string) error {
	msg := s.notice
	msg.ToUser = openID
	msgID, err := subscribe.New(s.mini).Send(ctx, &msg)
	switch {
	case errors.Is(err, errcode.UserRefused):
		s.say("subscribe message  refused: no acceptance left (43101)")
		return nil
	case err != nil:
		return err
	}
	s.say("subscribe message  sent, msgid %d", msgID)
	return nil
}

// sendCard finds the follower who is the Mini Program's user, by the UnionID, and sends a template message.
func (s *story) sendCard(ctx context.Context, openID string) error {
	if _, err := s.people.Backfill(ctx, oauth.New(s.service), oauth.Progress{}, nil); err != nil {
		return err
	}
	person, err := s.people.Lookup(ctx, s.mini.AppID(), openID)
	if err != nil {
		return err
	}
	follower, ok := person.In(s.service.AppID())
	if !ok {
		s.say("template message   not sent: the user does not follow the service account")
		return nil
	}
	s.say("UnionID            joins OpenID %s to OpenID %s of the service account", short(openID), short(follower.OpenID))
	msg := s.card
	msg.ToUser = follower.OpenID
	receipt, err := template.New(s.service).Send(ctx, &msg)
	if err != nil {
		return err
	}
	s.say("template message   sent, msgid %d", receipt.MsgID)
	return nil
}

// reply answers in the Mini Program's customer-service chat, which is open for 48 hours after the user wrote.
func (s *story) reply(ctx context.Context, openID string) error {
	err := customerservice.New(s.mini).Send(ctx, &customerservice.Message{
		ToUser: openID, Content: customerservice.Text{Content: s.text},
	})
	switch {
	case errors.Is(err, errcode.UserUnreachable):
		s.say("customer service   refused: the user has not written within 48 hours")
		return nil
	case err != nil:
		return err
	}
	s.say("customer service   sent")
	return nil
}

func (s *story) say(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) }

// short keeps ids readable.
func short(id string) string {
	if len(id) <= 8 {
		return id
	}
	return id[:8] + "…"
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/notify"
)

// story is the demo under way: ten days of two users, told while they happen.
type story struct {
	*world

	svc  *service
	out  io.Writer
	ctx  context.Context //nolint:containedctx // the story lasts as long as one call of demo
	seen map[string]int  // messages told so far, by user
	err  error           // the first one; later steps do nothing
}

// demo plays the story on an emulator whose clock is turned.
func demo(ctx context.Context, out io.Writer) (err error) {
	w, err := newWorld(emulator.WithClockAt(time.Date(2026, 11, 20, 9, 0, 0, 0, shanghai)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	svc, err := newService(ctx, w.settings)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, svc.close()) }()
	w.receive(svc.pushes)
	s := &story{world: w, svc: svc, out: out, ctx: ctx, seen: map[string]int{}}
	s.play()
	return errors.Join(s.err, svc.pushes.Shutdown(ctx))
}

func (s *story) play() {
	alice, bob := s.wx.User("alice"), s.wx.User("bob")

	s.tell("Alice and Bob log in, follow the service account and accept one subscription message each.")
	for _, u := range []*emulator.User{alice, bob} {
		s.request(http.MethodPost, "/login", map[string]string{"user": u.Name, "code": u.LoginCode(s.mini)})
		u.Follow(s.service)
		u.Accept(s.subscribeTemplate)
	}
	s.tell("Their contracts end on 30 November.")
	s.put("77", contract{User: "alice", Name: "Fire insurance", Ends: "2026-11-30"})
	s.put("78", contract{User: "bob", Name: "Garage", Ends: "2026-11-30"})

	s.until(23, "a week before")
	alice.Unfollow(s.service)
	s.tell("Alice unfollows. Bob does too, but the service is down and never hears of it.")
	s.wx.Settle() // the news of Alice has arrived
	s.service.RemoveCallback()
	bob.Unfollow(s.service)
	s.receive(s.svc.pushes)

	s.until(27, "three days before")
	s.clock(28)
	s.tell("Alice writes in the customer-service chat. Bob renews his contract for a year.")
	alice.Write(s.mini, "How do I renew?")
	s.put("78", contract{User: "bob", Name: "Garage", Ends: "2027-11-30"})

	s.until(29, "the day before")
	s.tell("In the end:")
	s.summary()
}

// tell prints a line of the story with its time.
func (s *story) tell(text string) {
	fmt.Fprintf(s.out, "\n%s  %s\n", s.wx.Now().In(shanghai).Format("2 Jan 15:04"), text)
}

// clock turns to ten in the morning of a day in November 2026.
func (s *story) clock(day int) {
	s.wx.Advance(time.Date(2026, 11, day, 10, 0, 0, 0, shanghai).Sub(s.wx.Now()))
}

// until turns the clock, sends what is due, and shows the phones and the reasons.
func (s *story) until(day int, what string) {
	if s.err != nil {
		return
	}
	s.clock(day)
	s.tell("It is " + what + ".")
	if _, s.err = s.svc.notifier.FireDue(s.ctx); s.err != nil {
		return
	}
	s.wx.Settle()
	now := s.wx.Now()
	list, err := s.svc.notifier.List(s.ctx, notify.Query{From: now.Add(-time.Hour), To: now.Add(time.Hour)})
	s.err = err
	for _, status := range list {
		if status.State == notify.Cancelled {
			continue
		}
		fmt.Fprintf(s.out, "    %s, %s: %s by %s\n", status.User, status.Lead, status.State, status.Door)
		for _, step := range status.Steps {
			fmt.Fprintf(s.out, "        %s %s\n", mark(step), line(step))
		}
		s.phone(status.User)
	}
}

func mark(step notify.Step) string {
	if step.Taken {
		return "->"
	}
	return " -"
}

// line leaves out WeChat's request id.
func line(step notify.Step) string {
	reason, _, _ := strings.Cut(step.Reason, " (rid")
	return step.Door + ": " + reason
}

// phone shows what is new on a user's phone.
func (s *story) phone(name string) {
	messages := s.wx.User(name).Inbox()
	for _, m := range messages[s.seen[name]:] {
		if !m.Own {
			fmt.Fprintf(s.out, "        phone: %s\n", m)
		}
	}
	s.seen[name] = len(messages)
}

// put creates or renews a contract, and shows what is planned.
func (s *story) put(id string, c contract) {
	body := s.request(http.MethodPut, "/contracts/"+id, c)
	var list []notify.Status
	if s.err == nil {
		s.err = json.Unmarshal(body, &list)
	}
	for _, status := range list {
		if status.State == notify.Planned || status.State == notify.Cancelled {
			fmt.Fprintf(s.out, "    contract %s, %s: %s for %s\n", id, status.Lead, status.State,
				status.FireAt.In(shanghai).Format("2006-01-02 15:04"))
		}
	}
}

// request calls the service as its clients do.
func (s *story) request(method, path string, in any) []byte {
	if s.err != nil {
		return nil
	}
	text, err := json.Marshal(in)
	if err != nil {
		s.err = err
		return nil
	}
	answer := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(s.ctx, method, path, strings.NewReader(string(text)))
	s.svc.handler().ServeHTTP(answer, r)
	if answer.Code >= http.StatusBadRequest {
		s.err = fmt.Errorf("%s %s: %d %s", method, path, answer.Code, answer.Body)
	}
	return answer.Body.Bytes()
}

func (s *story) summary() {
	if s.err != nil {
		return
	}
	list, err := s.svc.notifier.List(s.ctx, notify.Query{})
	s.err = err
	for _, status := range list {
		by := ""
		if status.Door != "" {
			by = " by " + status.Door
		}
		fmt.Fprintf(s.out, "    %s  %s %s, %s: %s%s\n", status.FireAt.In(shanghai).Format("2006-01-02 15:04"),
			status.User, status.Key, status.Lead, status.State, by)
	}
}

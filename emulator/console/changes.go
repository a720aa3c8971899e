package console

import (
	"strconv"
	"time"

	"github.com/wechatkit/wechat/emulator"
)

// change is an event without its number.
type change struct {
	kind string
	data any
}

// message is a message of an inbox. Its number of 19 digits is a string, for JavaScript.
type message struct {
	User string `json:"user"`
	Seq  int    `json:"seq"`
	emulator.Message

	MsgID string `json:"msgId,omitempty"`
}

func messageOf(user string, r emulator.Received) message {
	m := message{User: user, Seq: r.Seq, Message: r.Message}
	if r.MsgID != 0 {
		m.MsgID = strconv.FormatInt(r.MsgID, 10)
	}
	return m
}

// clock is the emulator's time.
type clock struct {
	Now    time.Time `json:"now"`
	Frozen bool      `json:"frozen"`
}

// changes compares a snapshot with what was seen before, and remembers it. The first time there is nothing
// to compare with, and nothing has changed.
func (l *live) changes(snap *emulator.Snapshot, asks []ask) []change {
	first := l.seen.objects == nil
	if first {
		l.seen = sight{objects: map[string]string{}, received: map[string]int{}}
	}
	var list []change
	note := func(kind string, data any) { list = append(list, change{kind, data}) }
	l.seen.clock(snap, note)
	for i := range snap.Apps {
		l.seen.object("app", snap.Apps[i].AppID, &snap.Apps[i], note)
	}
	l.seen.traffic(l.wx, snap, note)
	for i := range snap.Users {
		l.seen.user(l.wx, &snap.Users[i], note, first)
	}
	for _, a := range asks {
		l.seen.object("ask", strconv.Itoa(a.ID), a, note)
	}
	if now := faultsOf(snap.Faults); string(encode(now)) != l.seen.faults {
		l.seen.faults = string(encode(now))
		note("faults", now)
	}
	if first {
		return nil
	}
	return list
}

func (s *sight) clock(snap *emulator.Snapshot, note func(string, any)) {
	if snap.Offset != s.offset {
		s.offset = snap.Offset
		note("clock", clock{snap.Now, snap.Frozen})
	}
}

func (s *sight) object(kind, name string, v any, note func(string, any)) {
	key := kind + " " + name
	if now := string(encode(v)); now != s.objects[key] {
		s.objects[key] = now
		note(kind, v)
	}
}

func (s *sight) traffic(wx *emulator.Server, snap *emulator.Snapshot, note func(string, any)) {
	if snap.CallCount > s.calls {
		for _, c := range wx.CallsAfter(s.calls, mostAtOnce) {
			s.calls = c.Seq
			note("call", c)
		}
		s.calls = max(s.calls, snap.CallCount)
	}
	if snap.PushCount > s.pushes {
		for _, t := range wx.TriesAfter(s.pushes, mostAtOnce) {
			s.pushes = t.ID
			note("push", t)
		}
		s.pushes = max(s.pushes, snap.PushCount)
	}
}

// user notes a user with the new messages.
func (s *sight) user(wx *emulator.Server, u *emulator.UserState, note func(string, any), first bool) {
	if got := s.received[u.Name]; u.Received > got && !first {
		for _, r := range wx.User(u.Name).ReceivedAfter(got, mostAtOnce) {
			s.received[u.Name] = r.Seq
			note("message", messageOf(u.Name, r))
		}
	}
	s.received[u.Name] = max(s.received[u.Name], u.Received)
	s.object("user", u.Name, u, note)
}

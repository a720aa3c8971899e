package emulator

import (
	"slices"
	"strings"
	"time"
)

// UserState describes a user.
type UserState struct {
	Name     string        `json:"name"`
	Nickname string        `json:"nickname"`
	Phone    string        `json:"phone"`
	Received int           `json:"received"` // messages on the phone since the start, also those that the inbox has dropped
	Accounts []MemberState `json:"accounts"`
}

// MemberState is what one account knows of one user.
type MemberState struct {
	AppID    string         `json:"appId"`
	OpenID   string         `json:"openId"`
	UnionID  string         `json:"unionId,omitempty"`
	Follows  bool           `json:"follows"`
	Blocked  bool           `json:"blocked"` // refuses the account's messages
	Typing   bool           `json:"typing"`  // the chat shows that somebody is typing
	Window   *WindowState   `json:"window,omitempty"`
	Consents []ConsentState `json:"consents"`
	// SubscriptionsOff is the main switch of the account's subscription messages.
	SubscriptionsOff bool         `json:"subscriptionsOff"`
	Menu             []MenuButton `json:"menu,omitempty"` // a personalised menu that the user sees in place of the default one
	// Cards are the service cards (服务卡片) that take changes, and the codes for such.
	Cards []CardState `json:"cards,omitempty"`
}

// WindowState is the right to send customer-service messages while it lasts.
type WindowState struct {
	Left int       `json:"left"` // messages
	Ends time.Time `json:"ends"`
}

// ConsentState is what a user has allowed for one subscription template.
type ConsentState struct {
	TemplateID string `json:"templateId"`
	Grants     int    `json:"grants"`   // messages of a one-time template that are left
	LongTerm   bool   `json:"longTerm"` // a long-term template was accepted
	Kept       string `json:"kept"`     // the answer with "always keep": an [Acceptance], "reject" or ""
	Off        bool   `json:"off"`      // switched off in the settings
}

// State describes the user.
func (u *User) State() UserState {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	return u.state(u.s.world.clock.now())
}

func (u *User) state(now time.Time) UserState {
	st := UserState{Name: u.Name, Nickname: u.nickname(), Phone: u.phone(), Received: u.received, Accounts: []MemberState{}}
	for _, a := range u.s.world.appList {
		if a.Kind != ThirdParty {
			st.Accounts = append(st.Accounts, u.memberOf[a].state(now))
		}
	}
	return st
}

func (m *member) state(now time.Time) MemberState {
	st := MemberState{
		AppID: m.app.AppID, OpenID: m.OpenID, UnionID: m.UnionID,
		Follows: m.follows(), Blocked: m.Blocked, Typing: now.Before(m.typing), Consents: []ConsentState{},
		SubscriptionsOff: m.SubscriptionsOff,
		Menu:             m.personal(), Cards: m.cardStates(now),
	}
	if now.Before(m.window.Ends) {
		st.Window = &WindowState{Left: m.window.Left, Ends: m.window.Ends}
	}
	for id, c := range m.Consents {
		st.Consents = append(st.Consents, ConsentState{
			TemplateID: id, Grants: c.Credits, LongTerm: c.LongTerm, Kept: c.Kept, Off: c.Off,
		})
	}
	slices.SortFunc(st.Consents, func(a, b ConsentState) int { return strings.Compare(a.TemplateID, b.TemplateID) })
	return st
}

// Received is a message with its number on the user's phone, which counts from 1.
type Received struct {
	Seq int
	Message
}

// ReceivedAfter returns the newest messages behind the one with this number, at most limit of them, oldest
// first. It spares a caller who looks often the whole [User.Inbox].
func (u *User) ReceivedAfter(seq, limit int) []Received {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	list := []Received{}
	for i, l := range tail(u.inbox, u.received, seq, limit) {
		list = append(list, Received{Seq: i, Message: l.message()})
	}
	return list
}

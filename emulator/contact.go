package emulator

import (
	"slices"
	"time"
)

// window is the right to send customer-service messages (客服消息) to one user.
type window struct {
	ends time.Time
	left int
}

// What opens a window, and how wide: see the official pages of both account kinds.
type trigger struct {
	count int
	lasts time.Duration
}

var (
	wroteMessage  = trigger{5, 48 * time.Hour}
	tappedMenu    = trigger{3, time.Minute}
	startedFollow = trigger{3, time.Minute}
	scannedCode   = trigger{3, time.Minute}
	enteredChat   = trigger{2, time.Minute}
)

// open widens the window: counts do not add up, the larger one holds, and so does the later end.
func (m *member) open(t trigger, now time.Time) {
	if !now.Before(m.window.ends) {
		m.window = window{}
	}
	m.window.left = max(m.window.left, t.count)
	if ends := now.Add(t.lasts); ends.After(m.window.ends) {
		m.window.ends = ends
	}
}

// Follow follows a service account (关注). Following twice changes nothing.
func (u *User) Follow(oa *App) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.s.mustBe("Follow", oa, ServiceAccount)
	u.member(oa).follow("ADD_SCENE_SEARCH")
}

func (m *member) follow(scene string) {
	if m.follows() {
		return
	}
	m.followed, m.followedBy = m.app.s.world.clock.now(), scene
	m.app.followers = append(m.app.followers, m)
	m.open(startedFollow, m.followed)
}

// Unfollow stops following a service account (取消关注). Its customer-service window closes.
func (u *User) Unfollow(oa *App) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.s.mustBe("Unfollow", oa, ServiceAccount)
	m := u.member(oa)
	if !m.follows() {
		return
	}
	m.followed, m.window = time.Time{}, window{}
	oa.followers = slices.DeleteFunc(oa.followers, func(f *member) bool { return f == m })
}

// Write sends a text to an account: to a service account's chat, or to the customer-service chat of a
// Mini Program (客服会话). It opens the account's 48 hours.
func (u *User) Write(a *App, text string) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	m := u.chatWith("Write", a)
	now := u.s.world.clock.now()
	m.open(wroteMessage, now)
	m.exchanged = now
	u.receive(Message{
		Time: now, Place: Chat, AppID: a.AppID, From: a.Name, Type: "text", Text: text, Own: true,
	})
}

// EnterChat opens the customer-service chat of a Mini Program, as a button with open-type="contact" does.
// sessionFrom is the button's session-from. It opens a short window of two messages.
func (u *User) EnterChat(mini *App, sessionFrom string) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.s.mustBe("EnterChat", mini, MiniProgram)
	u.member(mini).open(enteredChat, u.s.world.clock.now())
	_ = sessionFrom
}

// TapMenu taps a menu button of type "click" with this key in a service account's chat. It opens a
// short window of three messages.
func (u *User) TapMenu(oa *App, key string) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.s.mustBe("TapMenu", oa, ServiceAccount)
	u.chatWith("TapMenu", oa).open(tappedMenu, u.s.world.clock.now())
	_ = key
}

// chatWith finds the member for a chat, which only followers of a service account have.
func (u *User) chatWith(verb string, a *App) *member {
	m := u.member(a)
	if a.Kind == ServiceAccount && !m.follows() {
		u.s.misuse("%s: %s does not follow %s", verb, u.Name, a.Name)
	}
	return m
}

func (s *Server) mustBe(verb string, a *App, kind Kind) {
	if a.Kind != kind {
		s.misuse("%s: %s is a %v", verb, a.Name, a.Kind)
	}
}

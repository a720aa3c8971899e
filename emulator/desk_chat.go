package emulator

import (
	"slices"
	"time"
)

// window is the right to send customer-service messages (客服消息) to one user.
type window struct {
	Ends time.Time `json:"windowEnds,omitzero"`
	Left int       `json:"windowLeft,omitempty"`
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
	if !now.Before(m.window.Ends) {
		m.window = window{}
	}
	m.window.Left = max(m.window.Left, t.count)
	if ends := now.Add(t.lasts); ends.After(m.window.Ends) {
		m.window.Ends = ends
	}
}

// Follow follows a service account (关注). Following twice changes nothing.
func (u *User) Follow(oa *App) {
	u.s.act(func() {
		u.s.mustBe("Follow", oa, ServiceAccount)
		if m := u.member(oa); m.follow("ADD_SCENE_SEARCH") {
			m.pushEvent("subscribe", true, field{"EventKey", ""})
		}
	})
}

// follow reports whether the user did not follow before.
func (m *member) follow(scene string) bool {
	if m.follows() {
		return false
	}
	m.Followed, m.FollowedBy = m.app.s.world.clock.now(), scene
	m.app.people.Followers = append(m.app.people.Followers, m.OpenID)
	m.open(startedFollow, m.Followed)
	return true
}

// Unfollow stops following a service account (取消关注). Its customer-service window closes.
func (u *User) Unfollow(oa *App) {
	u.s.act(func() {
		u.s.mustBe("Unfollow", oa, ServiceAccount)
		m := u.member(oa)
		if !m.follows() {
			return
		}
		m.Followed, m.window = time.Time{}, window{}
		for _, id := range slices.Clone(m.Tags) {
			m.untag(oa.tag(id))
		}
		oa.people.Followers = slices.DeleteFunc(oa.people.Followers, func(id string) bool { return id == m.OpenID })
		m.pushEvent("unsubscribe", false, field{"EventKey", ""})
	})
}

// Block refuses the messages of a service account that the user follows (拒收消息), or takes them again.
func (u *User) Block(oa *App, blocked bool) {
	u.s.act(func() {
		u.s.mustBe("Block", oa, ServiceAccount)
		u.member(oa).Blocked = blocked
	})
}

// Write sends a text to an account: to a service account's chat, or to the customer-service chat of a
// Mini Program (客服会话). It opens the account's 48 hours.
func (u *User) Write(a *App, text string) {
	u.s.act(func() {
		u.say("Write", a, Message{Type: "text", Text: text}, field{"Content", text})
	})
}

// SendImage sends a picture to an account. The account may fetch it by its media_id for three days.
func (u *User) SendImage(a *App, name string, data []byte) {
	u.s.act(func() {
		u.picture("SendImage", a, name, data)
	})
}

func (u *User) picture(verb string, a *App, name string, data []byte) {
	pic := u.s.world.addMedia(a, "image", name, data)
	u.say(verb, a, Message{Type: "image", MediaID: pic.ID},
		field{"PicUrl", u.s.mediaURL(pic.ID)}, field{"MediaId", pic.ID})
}

// SendCard sends the card of a page of a Mini Program into its customer-service chat.
func (u *User) SendCard(mini *App, title, page string) {
	u.s.act(func() {
		u.s.mustBe("SendCard", mini, MiniProgram)
		thumb := u.s.world.addMedia(mini, "image", "thumb.jpg", nil)
		link := &MiniProgramLink{AppID: mini.AppID, Page: page}
		u.say("SendCard", mini, Message{Type: "miniprogrampage", Title: title, MiniProgram: link},
			field{"Title", title}, field{"AppId", mini.AppID}, field{"PagePath", page},
			field{"ThumbUrl", u.s.mediaURL(thumb.ID)}, field{"ThumbMediaId", thumb.ID})
	})
}

// say is any message of the user's own.
func (u *User) say(verb string, a *App, shown Message, body ...field) {
	m := u.chatWith(verb, a)
	now := u.s.world.clock.now()
	m.open(wroteMessage, now)
	m.Exchanged = now
	shown.Time, shown.Place, shown.AppID, shown.From, shown.Own = now, Chat, a.AppID, a.Name, true
	u.receive(shown)
	if !m.toAgent(shown) {
		m.pushMessage(shown.Type, body...)
	}
}

// Choose taps an item of a menu that the service account sent as a msgmenu. The account gets a text with
// the item's id, and the short window that a menu opens.
func (u *User) Choose(oa *App, itemID string) {
	u.s.act(func() {
		m := u.chatWith("Choose", oa)
		text, ok := u.menuItem(oa, itemID)
		if !ok {
			u.s.misuse("Choose: %s has no menu with an item %q", u.Name, itemID)
		}
		now := u.s.world.clock.now()
		m.open(tappedMenu, now)
		u.receive(Message{
			Time: now, Place: Chat, AppID: oa.AppID, From: oa.Name, Own: true, Type: "text", Text: text,
		})
		m.pushMessage("text", field{"Content", text}, field{"bizmsgmenuid", menuID(itemID)})
	})
}

// menuID is a bare number in the samples. An id may be any text, though.
func menuID(id string) any {
	if numberForm.MatchString(id) {
		return digits(id)
	}
	return id
}

// menuItem finds the newest item with this id in the chat.
func (u *User) menuItem(oa *App, itemID string) (text string, ok bool) {
	for _, l := range slices.Backward(u.inbox) {
		if l.whole == nil || l.whole.AppID != oa.AppID {
			continue
		}
		for _, item := range l.whole.Menu {
			if item.ID == itemID {
				return item.Text, true
			}
		}
	}
	return "", false
}

// EnterChat opens the customer-service chat of a Mini Program, as a button with open-type="contact" does.
// sessionFrom is the button's session-from, of which 1000 bytes arrive. It opens a short window of two
// messages.
func (u *User) EnterChat(mini *App, sessionFrom string) {
	u.s.act(func() {
		u.s.mustBe("EnterChat", mini, MiniProgram)
		m := u.member(mini)
		m.open(enteredChat, u.s.world.clock.now())
		m.visit() // the button is on one of its pages
		m.pushEvent("user_enter_tempsession", true, field{"SessionFrom", cutBytes(sessionFrom, 1000)})
	})
}

// chatWith finds the member for a chat, which only followers of a service account have.
func (u *User) chatWith(verb string, a *App) *member {
	m := u.member(a)
	if a.Kind == ServiceAccount && !m.follows() {
		u.s.misuse("%s: %s does not follow %s", verb, u.Name, a.Name)
	}
	return m
}

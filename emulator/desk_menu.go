package emulator

import (
	"slices"
	"strconv"
)

// MenuButton is a button of a service account's menu (自定义菜单).
type MenuButton struct {
	Name string `json:"name"`
	// Type is WeChat's word for what a tap does, such as "view". "" is "click", or a sub-menu where there are Buttons.
	Type      string `json:"type,omitempty"`
	Key       string `json:"key,omitempty"` // the EventKey of the push
	URL       string `json:"url,omitempty"`
	AppID     string `json:"appId,omitempty"` // of a Mini Program
	Page      string `json:"pagePath,omitempty"`
	MediaID   string `json:"mediaId,omitempty"`
	ArticleID string `json:"articleId,omitempty"`
	// Value is what a button of the console holds: the text of a "text", the media_id of an "img", "voice" or "news",
	// the address of a "video".
	Value   string       `json:"value,omitempty"`
	Buttons []MenuButton `json:"buttons,omitempty"` // of a sub-menu
}

// ConditionalMenu is a personalised menu (个性化菜单): followers whom its rule fits see it in place of the default one.
type ConditionalMenu struct {
	ID             int64        `json:"id"`                       // menuid
	TagID          int          `json:"tagId,omitempty"`          // the follower's tag that was given last; 0 is any
	ClientPlatform int          `json:"clientPlatform,omitempty"` // see [UserConfig]; 0 is any
	Buttons        []MenuButton `json:"buttons"`
}

// firstMenuID is where the ids of menus begin, as those in WeChat's samples do.
const firstMenuID = 400_000_000

// menus are what an account has set.
type menus struct {
	Buttons []MenuButton `json:"menu,omitempty"` // of the default menu; none if there is none
	More    menuRest     `json:"menus,omitzero"`
}

// menuRest is the rest of an account's menus, apart in the state, for older states have the buttons alone.
type menuRest struct {
	ID           int64             `json:"id,omitempty"` // of the default menu
	Conditionals []ConditionalMenu `json:"conditionals,omitempty"`
	Ever         int64             `json:"ever,omitempty"` // how many menus there were
	Off          bool              `json:"off,omitempty"`  // switched off in the console
}

// loaded gives the default menu of an older state its id.
func (m *menus) loaded() {
	if m.More.ID == 0 && len(m.Buttons) > 0 {
		m.More.ID = m.nextID()
	}
}

// SetMenu sets the account's default menu. With buttons that only the console makes ("text", "img", "voice", "video",
// "news") it counts as the console's, and the API does not show it; any other as if POST /cgi-bin/menu/create had made
// it. The limits of a menu do not count here. No buttons delete all menus.
func (a *App) SetMenu(buttons ...MenuButton) {
	a.s.mustBe("SetMenu", a, ServiceAccount)
	for i := range buttons {
		a.s.mustHaveKind(&buttons[i])
		for j := range buttons[i].Buttons {
			a.s.mustHaveKind(&buttons[i].Buttons[j])
		}
	}
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.menus.set(cloneButtons(buttons))
}

func (s *Server) mustHaveKind(b *MenuButton) {
	if kind := b.kind(); kind != "" && menuKinds[kind] == nil {
		s.misuse("SetMenu: button %q: no type %q", b.Name, kind)
	}
}

// SwitchMenu switches the account's menu off in the console, or on again. While it is off, nobody sees a menu, and none
// can be made.
func (a *App) SwitchMenu(on bool) {
	a.s.mustBe("SwitchMenu", a, ServiceAccount)
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.menus.More.Off = !on
}

// set replaces the default menu.
func (m *menus) set(buttons []MenuButton) {
	m.Buttons, m.More.ID = buttons, m.nextID()
	if len(buttons) == 0 {
		m.clear()
	}
}

// clear removes the default menu and with it all others.
func (m *menus) clear() { m.Buttons, m.More.ID, m.More.Conditionals = nil, 0, nil }

func (m *menus) nextID() int64 {
	m.More.Ever++
	return firstMenuID + m.More.Ever - 1
}

// byAPI reports whether there is a default menu that the API shows.
func (m *menus) byAPI() bool {
	return len(m.Buttons) > 0 && !slices.ContainsFunc(m.Buttons, MenuButton.isOfConsole)
}

// isOfConsole finds what only the console makes.
func (b MenuButton) isOfConsole() bool {
	kind := menuKinds[b.kind()]
	return kind != nil && kind.check == nil || slices.ContainsFunc(b.Buttons, MenuButton.isOfConsole)
}

// kind is the type in WeChat's words, "" for a sub-menu.
func (b *MenuButton) kind() string {
	if b.Type == "" && len(b.Buttons) == 0 {
		return "click"
	}
	return b.Type
}

func cloneButtons(list []MenuButton) []MenuButton {
	list = slices.Clone(list)
	for i := range list {
		list[i].Buttons = slices.Clone(list[i].Buttons)
	}
	return list
}

// of finds the menu that a user sees: of the personalised ones that fit, the newest.
func (m *menus) of(who *member) (buttons []MenuButton, id int64) {
	if m.More.Off {
		return nil, 0
	}
	for _, c := range slices.Backward(m.More.Conditionals) {
		if c.fits(who) {
			return c.Buttons, c.ID
		}
	}
	return m.Buttons, m.More.ID
}

func (c *ConditionalMenu) fits(who *member) bool {
	if c.TagID != 0 && (len(who.Tags) == 0 || who.Tags[len(who.Tags)-1] != c.TagID) {
		return false
	}
	return c.ClientPlatform == 0 || c.ClientPlatform == who.user.clientPlatform()
}

// androidPlatform is what a phone runs unless UserConfig says otherwise.
const androidPlatform = 2

func (u *User) clientPlatform() int {
	if u.cfg.ClientPlatform == 0 {
		return androidPlatform
	}
	return u.cfg.ClientPlatform
}

// personal is the menu of a follower who does not see the default one.
func (m *member) personal() []MenuButton {
	if buttons, id := m.app.menus.of(m); m.follows() && id != m.app.menus.More.ID {
		return cloneButtons(buttons)
	}
	return nil
}

func menuIDText(id int64) string { return strconv.FormatInt(id, 10) }

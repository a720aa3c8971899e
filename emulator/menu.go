package emulator

import "slices"

// MenuButton is a button of type "click" in a service account's menu (自定义菜单).
type MenuButton struct {
	Name string `json:"name"`
	Key  string `json:"key"` // the EventKey of the push
}

// SetMenu sets the buttons that a phone shows in the service account's chat. [User.TapMenu] takes other
// keys as well.
func (a *App) SetMenu(buttons ...MenuButton) {
	a.s.mustBe("SetMenu", a, ServiceAccount)
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.menu = slices.Clone(buttons)
}

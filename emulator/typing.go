package emulator

import "time"

const (
	typingAfter = 30 * time.Second // of the last message in either direction
	typingShown = 15 * time.Second
)

// sendTyping shows that somebody is typing (正在输入).
func sendTyping(c *call, in *struct {
	ToUser  string `json:"touser"`
	Command string `json:"command"`
},
) reply {
	m := c.recipient(in.ToUser)
	if m == nil {
		return c.fail(40003)
	}
	if in.Command != "Typing" && in.Command != "CancelTyping" {
		return c.fail(45072)
	}
	if code := m.windowOpen(c.now); code != 0 {
		return c.fail(code)
	}
	if m.Exchanged.IsZero() || c.now.Sub(m.Exchanged) > typingAfter {
		return c.fail(45080)
	}
	if in.Command == "CancelTyping" {
		m.typing = time.Time{}
		return c.ok()
	}
	if c.now.Before(m.typing) {
		return c.fail(45081)
	}
	m.typing = c.now.Add(typingShown)
	return c.ok()
}

// Typing reports whether the account's chat shows that somebody is typing (正在输入).
func (u *User) Typing(a *App) bool {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	return u.s.world.clock.now().Before(u.member(a).typing)
}

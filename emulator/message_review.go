package emulator

import "time"

// heldMessage is a template message that the platform reviews.
type heldMessage struct {
	to   *member
	t    *template
	data map[string]string
	dest target
}

// HoldTemplate makes the platform take the account's messages to followers with a template into its review (平台审核)
// from now on: each answers 40252 without a msgid, and nothing arrives until [App.PassHeld] or [App.BlockHeld].
func (a *App) HoldTemplate(id string) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.followersTemplate("HoldTemplate", id).Held = true
}

// PassHeld ends the review of a template: the messages that were held arrive, each with an event whose MsgID nobody
// was told, and new ones are held no more.
func (a *App) PassHeld(id string) {
	a.s.act(func() {
		now := a.s.world.clock.now()
		for _, h := range a.takeHeld("PassHeld", id) {
			h.pass(a.s.world.ids.messageID(), now)
		}
	})
}

func (h *heldMessage) pass(msgID int64, now time.Time) {
	if h.to.Blocked {
		h.to.pushJobFinish(msgID, "failed:user block")
		return
	}
	h.to.user.keep(letter{card: newCard(now, h.t, msgID, h.data, h.dest)})
	h.to.pushJobFinish(msgID, "success")
}

// BlockHeld ends the review of a template the other way: the messages that were held never arrive and show up in the
// query of intercepted messages. New ones are held no more.
func (a *App) BlockHeld(id string) {
	a.s.act(func() {
		now := a.s.world.clock.now()
		for _, h := range a.takeHeld("BlockHeld", id) {
			a.intercept(h.to, h.t, a.s.world.ids.messageID(), h.data, now)
		}
	})
}

// takeHeld ends the review and returns what it held, in the order in which it was sent.
func (a *App) takeHeld(verb, id string) []heldMessage {
	t := a.followersTemplate(verb, id)
	t.Held = false
	var taken, left []heldMessage
	for _, h := range a.messages.held {
		if h.t == t {
			taken = append(taken, h)
		} else {
			left = append(left, h)
		}
	}
	a.messages.held = left
	return taken
}

// followersTemplate is a template of the account for template messages.
func (a *App) followersTemplate(verb, id string) *template {
	t := a.s.world.templates[id]
	if t == nil || t.app != a || t.Type != Followers {
		a.s.misuse("%s: no template %q for followers in %s", verb, id, a.Name)
	}
	return t
}

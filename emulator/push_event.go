package emulator

import "time"

// What pushes are made of. All of it expects s.mu to be held.

// head is what every push begins with.
func (w *world) head(a *App, from, msgType string) fields {
	return fields{
		{"ToUserName", a.OriginalID},
		{"FromUserName", from},
		{"CreateTime", w.clock.now().Unix()},
		{"MsgType", msgType},
	}
}

// pushEvent pushes an event about one user.
func (m *member) pushEvent(event string, answers bool, rest ...field) {
	s := m.app.s
	body := append(s.world.head(m.app, m.OpenID, "event"), field{"Event", event})
	s.push(m.app, m, event, answers, append(body, rest...))
}

// pushMessage pushes what the user wrote, with a new MsgId.
func (m *member) pushMessage(msgType string, rest ...field) {
	s := m.app.s
	body := append(s.world.head(m.app, m.OpenID, msgType), rest...)
	s.push(m.app, m, msgType, true, append(body, field{"MsgId", s.world.ids.messageID()}))
}

// pushItems pushes an event of subscription messages, in the shape that the callback is to get.
func (m *member) pushItems(event string, items list) {
	s, cb := m.app.s, m.app.callback()
	if cb == nil {
		return
	}
	head := append(s.world.head(m.app, m.OpenID, "event"), field{"Event", event})
	s.push(m.app, m, event, false, cb.Shape.body(cb.Format, head, event, items))
}

// pushFromPlatform pushes an event that comes from an account of the platform's, and is about no user.
func (a *App) pushFromPlatform(event string, rest ...field) {
	head := a.s.world.head(a, a.s.world.ids.named("platform", a.AppID), "event")
	a.s.push(a, nil, event, false, append(append(head, field{"Event", event}), rest...))
}

// verifyTicket is when a component_verify_ticket ends.
type verifyTicket struct{ ends time.Time }

func (t verifyTicket) stale(now time.Time) bool { return lapsed(t.ends, now) }

func (a *App) newVerifyTicket(ids *idSource) string {
	now := a.s.world.clock.now()
	value := "ticket@@@" + ids.text(80, base64url)
	a.platform.tickets.put(value, verifyTicket{now.Add(verifyTicketLife)}, now)
	return value
}

// pushTickets starts the pushes of verify tickets. It expects s.mu to be held.
func (a *App) pushTickets() {
	if !a.callback().receives() || a.pushes.ticketsOn {
		return
	}
	a.pushes.ticketsOn = true
	a.s.send(&delivery{errand: errand{app: a}, kind: "component_verify_ticket", every: verifyTicketEvery, build: func(ids *idSource) []byte {
		return a.authEvent("component_verify_ticket", field{"ComponentVerifyTicket", a.newVerifyTicket(ids)})
	}})
}

// authEvent is a push to the URL for authorisation events.
func (a *App) authEvent(kind string, rest ...field) []byte {
	head := fields{{"AppId", a.AppID}, {"CreateTime", a.s.world.clock.now().Unix()}, {"InfoType", kind}}
	return append(head, rest...).encode(XML)
}

func (a *App) pushAuthEvent(kind string, rest ...field) {
	if a.callback().receives() {
		a.s.send(&delivery{errand: errand{app: a}, kind: kind, plain: a.authEvent(kind, rest...)})
	}
}

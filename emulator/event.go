package emulator

// The pushes that verbs and sends cause. All expect s.mu to be held.

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

func (m *member) pushPopup(answers list) {
	m.visit() // the pop-up is on a page of the account's
	if len(answers) > 0 {
		m.pushItems(popupEvent, answers)
	}
}

func popupItem(t *template, choice string) fields {
	scene := digits("0") // in a page of a Mini Program
	if t.app.Kind == ServiceAccount {
		scene = "1" // in a web page
	}
	if accepts(choice) {
		choice = answerAccept
	}
	return fields{{"TemplateId", t.ID}, {"SubscribeStatusString", choice}, {"PopupScene", scene}}
}

func (m *member) pushChange(refused list) { m.pushItems(changeEvent, refused) }

func (m *member) pushSent(t *template, id digits) {
	m.pushItems(sentEvent, list{{
		{"TemplateId", t.ID}, {"MsgID", id}, {"ErrorCode", digits("0")}, {"ErrorStatus", "success"},
	}})
}

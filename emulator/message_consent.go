package emulator

import "time"

// consent is what one user has allowed for one subscription template.
type consent struct {
	Credits  int    `json:"credits,omitempty"`  // messages left of a one-time template
	LongTerm bool   `json:"longTerm,omitempty"` // a long-term template was accepted
	Kept     string `json:"kept,omitempty"`     // the answer with "always keep" (总是保持以上选择): an acceptance, reject or ""
	Off      bool   `json:"off,omitempty"`      // switched off in the settings

	Sent map[string]time.Time `json:"sent,omitempty"` // last messages of a limited template, by the value that counts
}

const (
	answerAccept = "accept"
	answerReject = "reject"
)

// Accept taps "accept" in the subscription pop-up (订阅消息弹窗) for these templates of one account.
//
// Each call is one wx.requestSubscribeMessage: it is worth one message of a one-time template, or opens
// a long-term one. A choice that the user wants to keep ([User.AcceptAlways], [User.RejectAlways]) or has
// switched off ([User.Ban]) is not asked for again: then the earlier choice counts. Where the pop-up would fail, as while
// all is switched off ([User.SwitchSubscriptions]), nothing happens. More than five templates, or one-time and long-term ones
// together, are a mistake of the test, as templates of two accounts are.
func (u *User) Accept(templateIDs ...string) { u.answer(answerAccept, false, templateIDs) }

// Reject taps "reject" in the pop-up. Messages accepted earlier stay accepted.
func (u *User) Reject(templateIDs ...string) { u.answer(answerReject, false, templateIDs) }

// AcceptAlways ticks "always keep" (总是保持以上选择) and accepts. Later pop-ups do not appear; each
// [User.Accept] still adds just one message, as WeChat does.
func (u *User) AcceptAlways(templateIDs ...string) { u.answer(answerAccept, true, templateIDs) }

// RejectAlways ticks "always keep" and rejects. Later pop-ups do not appear and add nothing.
func (u *User) RejectAlways(templateIDs ...string) { u.answer(answerReject, true, templateIDs) }

// Ban switches the templates off in the account's settings or in the menu of a message: what was
// accepted is void and no later pop-up appears, until [User.Unban].
func (u *User) Ban(templateIDs ...string) {
	u.s.act(func() {
		var refused list
		templates := u.subscribeTemplates("Ban", templateIDs)
		for _, t := range templates {
			*u.consent(t) = consent{Off: true, Sent: u.consent(t).Sent}
			refused = append(refused, fields{{"TemplateId", t.ID}, {"SubscribeStatusString", answerReject}})
		}
		if len(templates) > 0 {
			u.member(templates[0].app).pushChange(refused)
		}
	})
}

// Unban switches the templates on again, so that the pop-up appears again.
func (u *User) Unban(templateIDs ...string) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	for _, t := range u.subscribeTemplates("Unban", templateIDs) {
		*u.consent(t) = consent{Sent: u.consent(t).Sent}
	}
}

// Grants counts the messages of a one-time template that the user has accepted and not received yet.
// For a long-term template it is 1 or 0.
func (u *User) Grants(templateID string) int {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	c := u.consent(u.subscribeTemplates("Grants", []string{templateID})[0])
	if c.LongTerm {
		return 1
	}
	return c.Credits
}

func (u *User) answer(choice string, keep bool, templateIDs []string) {
	u.s.act(func() {
		var shown list
		templates := u.subscribeTemplates("Accept or Reject", templateIDs)
		if _, err := u.s.world.asked(templateIDs); err != nil && len(templates) > 0 {
			u.s.misuse("Accept or Reject: %v", err)
		}
		for _, t := range templates {
			if u.member(t.app).barred(t) == nil && u.consent(t).answer(t, choice, keep) {
				shown = append(shown, popupItem(t, choice))
			}
		}
		if len(templates) > 0 {
			u.member(templates[0].app).pushPopup(shown)
		}
	})
}

// answer applies one answer and reports whether the pop-up was shown at all.
func (c *consent) answer(t *template, choice string, keep bool) (shown bool) {
	if t.Banned || c.Off {
		return false
	}
	if c.Kept != "" {
		choice, keep = c.Kept, false
	} else {
		shown = true
	}
	if keep {
		c.Kept = choice
	}
	if !accepts(choice) {
		return shown
	}
	if t.Type == LongTerm {
		c.LongTerm = true
	} else {
		c.Credits++
	}
	return shown
}

// allowed reports whether a message may be sent.
func (c *consent) allowed() bool { return !c.Off && (c.LongTerm || c.Credits > 0) }

// spend takes one message's worth of consent.
func (c *consent) spend() {
	if !c.LongTerm {
		c.Credits--
	}
}

// consent is the user's record for a template, made on first use.
func (u *User) consent(t *template) *consent {
	m := u.member(t.app)
	if m.Consents == nil {
		m.Consents = map[string]*consent{}
	}
	c := m.Consents[t.ID]
	if c == nil {
		c = &consent{}
		m.Consents[t.ID] = c
	}
	return c
}

func (u *User) subscribeTemplates(verb string, ids []string) []*template {
	list := make([]*template, len(ids))
	for i, id := range ids {
		t := u.s.world.templates[id]
		switch {
		case t == nil:
			u.s.misuse("%s: no template %q", verb, id)
		case t.Type == Followers:
			u.s.misuse("%s: template %q is for followers and needs no consent", verb, id)
		case t.app != list[0].orSelf(t).app:
			u.s.misuse("%s: the templates belong to different accounts", verb)
		}
		list[i] = t
	}
	return list
}

func (t *template) orSelf(self *template) *template {
	if t == nil {
		return self
	}
	return t
}

func (m *member) pushChange(refused list) { m.pushItems(changeEvent, refused) }

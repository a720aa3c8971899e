package emulator

import "slices"

// Popup is the subscription pop-up (订阅消息弹窗) that a Mini Program raises with
// wx.requestSubscribeMessage, on the phone of one user.
type Popup struct {
	App *App
	// Shown lists the templates that the user has to decide on. It is empty if the pop-up does not appear,
	// because all is settled.
	Shown []string
	// Settled holds the answers for the others: "accept" and "reject" were kept, or the template is
	// switched off; "ban" is a template that the platform has banned.
	Settled map[string]string
}

const answerBan = "ban"

// Popup tells what a pop-up for these templates of one account would show. It changes nothing.
func (u *User) Popup(templateIDs ...string) Popup {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	p := Popup{Settled: map[string]string{}}
	for _, t := range u.subscribeTemplates("Popup", templateIDs) {
		p.App = t.app
		if settled := u.consent(t).settled(t); settled != "" {
			p.Settled[t.ID] = settled
		} else if !slices.Contains(p.Shown, t.ID) {
			p.Shown = append(p.Shown, t.ID)
		}
	}
	return p
}

// settled is the answer that is given without a pop-up, "" if the user is asked.
func (c *consent) settled(t *template) string {
	switch {
	case t.banned:
		return answerBan
	case c.off:
		return answerReject
	}
	return c.kept
}

// Answer is one wx.requestSubscribeMessage for the templates of one account, answered by the user: the
// accepted ones are ticked, the others are not. With keep the user also ticks "always keep". It returns
// what the Mini Program gets: "accept", "reject" or "ban" by template.
//
// [User.Accept] and [User.Reject] are shorter where all templates get the same answer.
func (u *User) Answer(templateIDs, accepted []string, keep bool) map[string]string {
	result := map[string]string{}
	u.s.act(func() {
		var shown list
		templates := u.subscribeTemplates("Answer", templateIDs)
		for _, t := range templates {
			choice := answerReject
			if slices.Contains(accepted, t.ID) {
				choice = answerAccept
			}
			c := u.consent(t)
			settled := c.settled(t)
			if c.answer(t, choice, keep) {
				settled = choice
				shown = append(shown, popupItem(t, choice))
			}
			result[t.ID] = settled
		}
		if len(templates) > 0 {
			u.member(templates[0].app).pushPopup(shown)
		}
	})
	return result
}

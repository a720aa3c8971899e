package emulator

import (
	"fmt"
	"slices"
)

// Popup is the subscription pop-up (订阅消息弹窗) that a Mini Program raises with
// wx.requestSubscribeMessage, on the phone of one user.
type Popup struct {
	App *App
	// Shown lists the templates that the user has to decide on. It is empty if the pop-up does not appear,
	// because all is settled.
	Shown []string
	// Settled holds the answers for the others: "reject" and an [Acceptance] were kept, or the template is
	// switched off; "ban" is a template that the platform has banned; "filter" is one with the title of
	// another in the same pop-up.
	Settled map[string]string
}

// PopupError is what the fail callback of wx.requestSubscribeMessage gets.
type PopupError struct {
	Code    int // errCode, such as 20003
	Message string
}

// Error returns number and message.
func (e *PopupError) Error() string {
	return fmt.Sprintf("wx.requestSubscribeMessage: errCode %d: %s", e.Code, e.Message)
}

const (
	answerBan    = "ban"
	answerFilter = "filter"

	mostAsked = 5 // templates per pop-up; 3 until 2025
)

// Popup tells what a pop-up for these templates of one account would show. It changes nothing. The error
// is a *PopupError.
func (u *User) Popup(templateIDs ...string) (Popup, error) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	templates, err := u.asked(templateIDs)
	if err != nil {
		return Popup{}, err
	}
	p := Popup{App: templates[0].app, Settled: map[string]string{}}
	for i, t := range templates {
		if settled := u.settled(templates[:i], t); settled != "" {
			p.Settled[t.ID] = settled
		} else {
			p.Shown = append(p.Shown, t.ID)
		}
	}
	return p, nil
}

// asked finds the templates of a pop-up, unless the user is not to be asked.
func (u *User) asked(ids []string) ([]*template, error) {
	templates, err := u.s.world.asked(ids)
	if err != nil {
		return nil, err
	}
	for _, t := range templates {
		if barred := u.member(t.app).barred(t); barred != nil {
			return nil, barred
		}
	}
	return templates, nil
}

// asked finds the templates that a Mini Program asks for.
func (w *world) asked(ids []string) ([]*template, error) {
	switch {
	case len(ids) == 0:
		return nil, &PopupError{10001, "TmplIds can't be empty"}
	case len(ids) > mostAsked:
		return nil, &PopupError{20003, "Templates count out of max bounds"}
	}
	list := make([]*template, len(ids))
	for i, id := range ids {
		t := w.templates[id]
		if t == nil || !t.forMessages() || t.app != w.templates[ids[0]].app {
			return nil, &PopupError{20001, "No template data return, verify the template id exist"}
		}
		if t.Type != w.templates[ids[0]].Type {
			return nil, &PopupError{20002, "Templates type must be same"}
		}
		list[i] = t
	}
	return list, nil
}

// settled is the answer that is given without the user, "" if the pop-up shows the template.
func (u *User) settled(before []*template, t *template) string {
	sameTitle := func(other *template) bool { return other == t || other.Title == t.Title && t.Title != "" }
	c := u.consent(t)
	switch {
	case slices.ContainsFunc(before, sameTitle):
		return answerFilter
	case t.Banned:
		return answerBan
	case c.Off:
		return answerReject
	}
	return c.Kept
}

// Answer is one wx.requestSubscribeMessage for the templates of one account, answered by the user: the
// accepted ones are ticked, the others are not. With keep the user also ticks "always keep"
// (总是保持以上选择). It returns what the Mini Program gets by template, see [Popup]; the error is a
// *PopupError.
//
// [User.Accept] and [User.Reject] are shorter where all templates get the same answer.
func (u *User) Answer(templateIDs, accepted []string, keep bool) (map[string]string, error) {
	return u.AnswerAs(Accepted, templateIDs, accepted, keep)
}

// AnswerAs is [User.Answer] with a reminder that the user has chosen for all that is accepted.
func (u *User) AnswerAs(as Acceptance, templateIDs, accepted []string, keep bool) (map[string]string, error) {
	word := u.s.word(as)
	result := map[string]string{}
	var err error
	u.s.act(func() {
		var templates []*template
		if templates, err = u.asked(templateIDs); err != nil {
			return
		}
		var shown list
		for i, t := range templates {
			settled := u.settled(templates[:i], t)
			if settled == "" {
				settled = answerReject
				if slices.Contains(accepted, t.ID) {
					settled = word
				}
				shown = append(shown, popupItem(t, settled))
			}
			if settled != answerFilter {
				u.consent(t).answer(t, settled, keep)
			}
			if result[t.ID] == "" { // else the same id stands twice in the list
				result[t.ID] = settled
			}
		}
		u.member(templates[0].app).pushPopup(shown)
	})
	return result, err
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

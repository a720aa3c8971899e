package emulator

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Place is where on the phone a message appears.
type Place string

// The places.
const (
	ServiceNotifications Place = "service notifications" // 服务通知
	Chat                 Place = "chat"                  // the account's own chat
)

// Message is one message as the user's phone shows it.
type Message struct {
	Time  time.Time `json:"time"`
	Place Place     `json:"place"`
	AppID string    `json:"appId"`
	From  string    `json:"from"`          // the account's name
	Own   bool      `json:"own,omitempty"` // written by the user
	// Type is "subscribe" or "template" for a card that was sent by template, "service-card" for a state of a service
	// card (服务卡片), else the msgtype of the customer-service message: "text", "image", "news" ...
	Type        string           `json:"type"`
	MsgID       int64            `json:"msgId,omitempty"`
	TemplateID  string           `json:"templateId,omitempty"`
	Title       string           `json:"title,omitempty"`
	Lines       []Line           `json:"lines,omitempty"` // of a card
	Text        string           `json:"text,omitempty"`
	MediaID     string           `json:"mediaId,omitempty"`
	URL         string           `json:"url,omitempty"`         // what a tap opens in the browser
	MiniProgram *MiniProgramLink `json:"miniProgram,omitempty"` // what a tap opens instead
	Agent       string           `json:"agent,omitempty"`       // kf_account that the message shows
	AI          bool             `json:"ai,omitempty"`          // marked as written by an AI
	Menu        []MenuItem       `json:"menu,omitempty"`        // of a msgmenu
}

// Line is one line of a card.
type Line struct {
	Key   string `json:"key"`   // the keyword, such as "thing1"
	Label string `json:"label"` // its name in the template, such as "Item"
	Value string `json:"value"`
}

// MiniProgramLink is a page of a Mini Program.
type MiniProgramLink struct {
	AppID string `json:"appId"`
	Page  string `json:"page"` // with its query; "" is the home page
}

// MenuItem is a choice that a msgmenu offers.
type MenuItem struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// String is the message in one line, such as
// "[service notifications] Demo Mini Program: Contract due (Contract: Fire insurance, Ends: 2026-12-01)".
func (m Message) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "[%s] ", m.Place)
	if m.Own {
		fmt.Fprintf(&b, "to %s: ", m.From)
	} else {
		fmt.Fprintf(&b, "%s: ", m.From)
	}
	b.WriteString(strings.Join(nonEmpty(m.Title, m.Text, m.lineText(), m.plainType()), " "))
	return b.String()
}

func (m *Message) lineText() string {
	if len(m.Lines) == 0 {
		return ""
	}
	parts := make([]string, len(m.Lines))
	for i, l := range m.Lines {
		parts[i] = cmp.Or(l.Label, l.Key) + ": " + l.Value
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// plainType stands for messages without words, such as an image.
func (m *Message) plainType() string {
	if m.Title != "" || m.Text != "" || len(m.Lines) > 0 {
		return ""
	}
	return "<" + m.Type + ">"
}

// Inbox is what the user's phone shows, oldest first: service notifications and chats, with the user's
// own messages among them.
func (u *User) Inbox() []Message {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	kept := u.inbox
	if limit := u.s.cfg.inboxLimit; limit > 0 && len(kept) > limit {
		kept = kept[len(kept)-limit:]
	}
	list := make([]Message, len(kept))
	for i := range kept {
		list[i] = kept[i].message()
	}
	return list
}

// receive puts a message on the phone. It expects s.mu to be held.
func (u *User) receive(m Message) { u.keep(letter{whole: &m}) }

func (u *User) keep(l letter) {
	u.received++
	u.inbox = append(u.inbox, l)
	if limit := u.s.cfg.inboxLimit; limit > 0 && len(u.inbox) >= 2*limit {
		u.inbox = slices.Clone(u.inbox[len(u.inbox)-limit:])
	}
}

// savedLetter is a card, or any other message as a whole.
type savedLetter struct {
	Message *Message   `json:"message,omitempty"`
	Card    *savedCard `json:"card,omitempty"`
}

type savedCard struct {
	Time     time.Time        `json:"time"`
	Template string           `json:"template"`
	MsgID    int64            `json:"msgId,string"`
	Values   []string         `json:"values"`
	URL      string           `json:"url,omitempty"`
	Opens    *MiniProgramLink `json:"opens,omitempty"`
}

// saveLetter saves a card as a whole message if its template has been deleted meanwhile.
func (w *world) saveLetter(l *letter) savedLetter {
	if l.whole != nil || w.templates[l.card.tpl.ID] != l.card.tpl {
		m := l.message()
		return savedLetter{Message: &m}
	}
	c := &l.card
	values := strings.Split(strings.TrimSuffix(c.values, valueEnd), valueEnd)
	return savedLetter{Card: &savedCard{c.at, c.tpl.ID, c.id, values, c.target.url, c.target.miniProgram()}}
}

func (w *world) loadLetter(in *savedLetter) (letter, error) {
	if in.Card == nil {
		if in.Message == nil {
			return letter{}, errors.New("empty")
		}
		return letter{whole: in.Message}, nil
	}
	t := w.templates[in.Card.Template]
	if t == nil || len(in.Card.Values) != max(1, len(t.keys)) {
		return letter{}, errors.New("the card does not fit its template")
	}
	to := target{url: in.Card.URL}
	if link := in.Card.Opens; link != nil {
		to.mini, to.page = w.apps[link.AppID], link.Page
	}
	data := make(map[string]string, len(t.keys))
	for i, key := range t.keys {
		data[key] = in.Card.Values[i]
	}
	return letter{card: newCard(in.Card.Time, t, in.Card.MsgID, data, to)}, nil
}

// card is a message sent by template as it is kept. There may be a million of them, so that what the
// template and the account say is left out until somebody looks.
type card struct {
	at     time.Time
	tpl    *template
	id     int64
	values string // in the order of the template's keys
	target target
}

// target is what a tap on a card opens.
type target struct {
	url  string
	mini *App // nil if no Mini Program
	page string
}

// letter is a message on a phone: a card, or anything else as a whole.
type letter struct {
	whole *Message
	card  card
}

// valueEnd separates the values of a card. No JSON text holds it unless escaped.
const valueEnd = "\x00"

func newCard(at time.Time, t *template, id int64, data map[string]string, to target) card {
	var b strings.Builder
	for _, key := range t.keys {
		b.WriteString(strings.ReplaceAll(data[key], valueEnd, "") + valueEnd)
	}
	return card{at: at, tpl: t, id: id, values: b.String(), target: to}
}

func (l *letter) message() Message {
	if l.whole != nil {
		return *l.whole
	}
	return l.card.message()
}

func (c *card) message() Message {
	t := c.tpl
	values := strings.Split(c.values, valueEnd)
	data := make(map[string]string, len(t.keys))
	for i, key := range t.keys {
		data[key] = values[i]
	}
	m := Message{
		Time: c.at, Place: ServiceNotifications, AppID: t.app.AppID, From: t.app.Name, Type: "subscribe",
		MsgID: c.id, TemplateID: t.ID, Title: t.Title, Lines: t.lines(data), URL: c.target.url,
	}
	if t.Type == Followers {
		m.Place, m.Type, m.Lines = Chat, "template", curtail(m.Lines)
	}
	m.MiniProgram = c.target.miniProgram()
	return m
}

func (t *target) miniProgram() *MiniProgramLink {
	if t.mini == nil {
		return nil
	}
	return &MiniProgramLink{AppID: t.mini.AppID, Page: t.page}
}

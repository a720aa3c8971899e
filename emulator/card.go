package emulator

import (
	"strings"
	"time"
)

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

package notify

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	notUTF8  = "not UTF-8"
	holdsNUL = "holds a NUL character"
)

// checkText refuses what is not the same behind a database, a queue and a wire: JSON replaces what is not UTF-8, so
// that a key leads nowhere, and PostgreSQL keeps neither that nor a NUL. field names the text.
func checkText(field, text string) error {
	switch {
	case !utf8.ValidString(text):
		return fieldError(field, notUTF8)
	case strings.Contains(text, "\x00"):
		return fieldError(field, holdsNUL)
	}
	return nil
}

// needText is checkText for a text that must not be empty.
func needText(field, text string) error {
	if text == "" {
		return fieldError(field, "empty")
	}
	return checkText(field, text)
}

func isText(s string) bool { return checkText("", s) == nil }

// cleanText makes a text of what others said and nobody can refuse: it tells a reader something, and stands for
// nothing.
func cleanText(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "")
}

func (r *Reminder) checkTexts() error {
	return cmp.Or(checkText("Key", r.Key), checkText("User", r.User), checkText("Topic", r.Topic), checkText("Calendar", r.Calendar),
		r.Content.checkTexts())
}

func (c *Content) checkTexts() error {
	var err error
	if t := c.Template; t != nil {
		err = cmp.Or(checkText("Content.Template.TemplateID", t.TemplateID), checkText("Content.Template.URL", t.URL),
			checkText("Content.Template.AppID", t.AppID), checkText("Content.Template.Page", t.Page),
			checkMap("Content.Template.Data", t.Data))
	}
	if s := c.Subscribe; s != nil {
		err = cmp.Or(err, checkText("Content.Subscribe.TemplateID", s.TemplateID),
			checkText("Content.Subscribe.Page", s.Page), checkMap("Content.Subscribe.Data", s.Data))
	}
	if c.Card != nil {
		err = cmp.Or(err, c.Card.checkTexts())
	}
	return cmp.Or(err, checkText("Content.Reply", c.Reply), checkMap("Content.Other", c.Other))
}

func checkMap(field string, texts map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		entry := fmt.Sprintf("%s[%q]", field, key)
		if err := cmp.Or(checkText(entry, key), checkText(entry, texts[key])); err != nil {
			return err
		}
	}
	return nil
}

// isTexts tells of several texts by which something is looked up. What is none is refused where it is stored, so that
// nothing has it, which needs no database to tell: PostgreSQL would answer with an error.
func isTexts(texts ...string) bool {
	return !slices.ContainsFunc(texts, func(s string) bool { return !isText(s) })
}

// finds reports whether the query can choose anything.
func (q *Query) finds() bool {
	return isTexts(q.Key, q.User) && (q.After == nil || isText(q.After.ID)) &&
		!slices.ContainsFunc(q.States, func(s State) bool { return !isText(string(s)) })
}

package emulator

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// TemplateType is what a template may be used for.
type TemplateType uint8

// The types of templates.
const (
	// OneTime is a subscription template of which each acceptance allows one message (一次性订阅).
	OneTime TemplateType = 2
	// LongTerm is a subscription template of which one acceptance allows any number (长期订阅), at most as often as a Limit says.
	LongTerm TemplateType = 3
	// Followers is a template of a service account for messages to its followers (模板消息).
	Followers TemplateType = 4
)

// Template describes a message template of one account.
type Template struct {
	ID    string // made up if empty
	Title string // shown as the head of the message
	// Content holds the lines of the message, each with a keyword: "Item:{{thing1.DATA}}\n". If it is
	// empty, it is written from Keywords.
	Content string
	// Keywords lists the keys, such as "thing1" and "date2", for whom Content is too long a word.
	Keywords []string
	Example  string // shown where templates are listed
	// Enums lists the values that are allowed for keywords of the types enum, enum_string and const.
	Enums map[string][]string
	// Type defaults to OneTime for a Mini Program and to Followers for a service account.
	Type TemplateType
	// Device is a template of a device, which wx.requestSubscribeMessage refuses with 20013: it is asked for by
	// wx.requestSubscribeDeviceMessage, and so nobody accepts it here.
	Device bool
	// Limit bounds how often a long-term template is sent. Defaults to nil, no bound.
	Limit *RateLimit
	// Card is the notify_type of the service cards (服务卡片) that this is the template of, such as 2001; 0 for one of
	// messages. Such a template has no content and is not for pop-ups and messages.
	Card int
}

// appMessages is what an account may send by template.
type appMessages struct {
	OneTimeTemplate     string      `json:"oneTimeTemplate"`
	Templates           []*template `json:"templates,omitempty"`
	SubscriptionsBanned bool        `json:"subscriptionsBanned,omitempty"` // by the platform
	Industry            [2]int      `json:"industry"`                      // codes
	IndustrySet         time.Time   `json:"industrySet,omitzero"`

	interceptions []interception // a log
	held          []heldMessage  // decided within half an hour
	sentByKey     shelf[dedupe]  // answers to template sends by OpenID and client_msg_id, good for ten minutes
}

// worldMessages are the templates of all accounts, and the library that they are made from.
type worldMessages struct {
	templates map[string]*template
	library   map[int]*LibraryTitle // by TID
}

// memberMessages is what a user has allowed an account to send.
type memberMessages struct {
	Consents         map[string]*consent `json:"consents,omitempty"`         // by template
	SubscriptionsOff bool                `json:"subscriptionsOff,omitempty"` // the main switch of subscription messages
	Scenes           map[int]bool        `json:"scenes,omitempty"`           // authorised one-time subscriptions that are left
	Cards            []*serviceCard      `json:"cards,omitempty"`            // in the order of payments and taps
}

// template is a Template in use.
type template struct {
	savedTemplate

	Banned      bool `json:"banned,omitempty"`
	Intercepted bool `json:"intercepted,omitempty"` // messages are accepted but do not arrive
	Held        bool `json:"held,omitempty"`        // messages are taken into review

	app  *App     // in whose list it is
	keys []string // in the order of the content
}

// savedTemplate is a Template with the names that its fields have in the state.
type savedTemplate struct {
	ID       string              `json:"id"`
	Title    string              `json:"title"`
	Content  string              `json:"content"`
	Keywords []string            `json:"keywords,omitempty"`
	Example  string              `json:"example,omitempty"`
	Enums    map[string][]string `json:"enums,omitempty"`
	Type     TemplateType        `json:"type"`
	Device   bool                `json:"device,omitempty"`
	Limit    *RateLimit          `json:"limit,omitempty"`
	Card     int                 `json:"card,omitempty"`
}

// forMessages reports whether it is a template of subscription messages.
func (t *template) forMessages() bool { return t.Type != Followers && t.Card == 0 }

var placeholder = regexp.MustCompile(`\{\{(\w+)\.DATA\}\}`)

// AddTemplate puts a template into the account's list and returns its id.
func (a *App) AddTemplate(t Template) string {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	w := &a.s.world
	if t.Type == 0 {
		t.Type = naturalType(a.Kind)
	}
	if t.Card != 0 && (a.Kind != MiniProgram || cardKinds[t.Card] == nil) {
		a.s.misuse("AddTemplate: %s cannot have service cards of kind %d", a.Name, t.Card)
	}
	if t.Type == Followers && a.Kind != ServiceAccount {
		a.s.misuse("AddTemplate: only a service account has templates for followers")
	}
	t.ID = orElse(t.ID, func() string { return w.ids.text(43, base64url) })
	if w.templates[t.ID] != nil {
		a.s.misuse("AddTemplate: there is a template %q already", t.ID)
	}
	if reason := t.Limit.check(&t); reason != "" {
		a.s.misuse("AddTemplate: %s", reason)
	}
	w.addTemplate(a, t)
	return t.ID
}

func naturalType(k Kind) TemplateType {
	if k == ServiceAccount {
		return Followers
	}
	return OneTime
}

func (w *world) addTemplate(a *App, t Template) {
	if t.Content == "" {
		t.Content = contentOf(t.Keywords)
	}
	if t.Limit != nil {
		t.Limit = &RateLimit{t.Limit.Key, t.Limit.Every, t.Limit.code()}
	}
	in := &template{savedTemplate: savedTemplate(t)}
	a.messages.Templates = append(a.messages.Templates, in)
	w.useTemplate(a, in)
}

// useTemplate completes a template of the account's list, one that was loaded among them.
func (w *world) useTemplate(a *App, t *template) {
	t.app, t.keys = a, keysOf(t.Content)
	w.templates[t.ID] = t
}

func contentOf(keywords []string) string {
	var b strings.Builder
	for _, k := range keywords {
		b.WriteString(k + ":{{" + k + ".DATA}}\n")
	}
	return b.String()
}

func keysOf(content string) []string {
	var keys []string
	for _, m := range placeholder.FindAllStringSubmatch(content, -1) {
		if !slices.Contains(keys, m[1]) {
			keys = append(keys, m[1])
		}
	}
	return keys
}

// BanTemplate makes the platform ban a template of the account: subscription messages with it answer
// 43107, template messages 43116, and users who are asked for it get no pop-up.
func (a *App) BanTemplate(id string) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	t := a.s.world.templates[id]
	if t == nil || t.app != a {
		a.s.misuse("BanTemplate: no template %q in %s", id, a.Name)
	}
	t.Banned = true
}

// lines fills the values into the content, one line of the card each.
func (t *template) lines(data map[string]string) []Line {
	var lines []Line
	for row := range strings.SplitSeq(strings.TrimSpace(t.Content), "\n") {
		m := placeholder.FindStringSubmatchIndex(row)
		if m == nil {
			continue
		}
		key := row[m[2]:m[3]]
		label := strings.TrimRight(strings.TrimSpace(row[:m[0]]), ":：")
		lines = append(lines, Line{Key: key, Label: label, Value: data[key]})
	}
	return lines
}

package emulator

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

const (
	templateSendPath = "/cgi-bin/message/template/send"

	dedupeLife    = 10 * time.Minute
	longestURL    = 2048
	shownOfAField = 20 // characters of a field that are left since 2023-05-04
)

var templateRoutes = []route{
	{method: http.MethodPost, path: templateSendPath, token: appToken, kinds: oaOnly, handle: jsonBody(sendTemplate)},
}

type templateMessage struct {
	ToUser      string           `json:"touser"`
	TemplateID  string           `json:"template_id"`
	URL         string           `json:"url"`
	MiniProgram *miniProgramLink `json:"miniprogram"`
	ClientMsgID string           `json:"client_msg_id"`
	Data        templateData     `json:"data"`
}

type miniProgramLink struct {
	AppID    string `json:"appid"`
	PagePath string `json:"pagepath"`
}

// dedupe remembers the answer to one client_msg_id.
type dedupe struct {
	msgID int64
	until time.Time
}

// stale forgets the answer as soon as it counts no more: there may be many.
func (d dedupe) stale(now time.Time) bool { return !now.Before(d.until) }

// sendTemplate is the service account's template message (模板消息).
func sendTemplate(c *call, in *templateMessage) reply {
	m := c.recipient(in.ToUser)
	if m == nil {
		return c.fail(errcode.InvalidOpenID)
	}
	t := c.w.templates[in.TemplateID]
	switch {
	case t == nil || t.app != c.app || t.Type != Followers:
		return c.fail(errcode.InvalidTemplateID)
	case t.Banned:
		return c.fail(errcode.TemplateRestricted)
	case len(in.URL) > longestURL:
		return c.fail(errcode.InvalidURLSize)
	case !m.follows():
		return c.fail(errcode.NotFollowing)
	}
	to, bad, ok := c.link(in.URL, in.MiniProgram)
	if !ok {
		return bad
	}
	data := in.Data.texts()
	if bad, ok := c.checkData(t, data); !ok {
		return bad
	}
	if t.Held {
		c.app.messages.held = append(c.app.messages.held, heldMessage{m, t, data, to})
		return c.fail(errcode.HeldForReview)
	}
	return c.data(sentAnswer{success, c.deliverTemplate(m, t, in, data, to)})
}

// link checks where a message leads: to a linked Mini Program, to a page that its released version has.
func (c *call) link(url string, in *miniProgramLink) (target, reply, bool) {
	to := target{url: url}
	if in == nil || *in == (miniProgramLink{}) {
		return to, reply{}, true
	}
	if !c.app.identity.Linked[in.AppID] {
		return to, c.fail(errcode.InvalidAppID), false
	}
	to.mini, to.page = c.w.apps[in.AppID], in.PagePath
	if to.page != "" && !to.mini.hasPage(to.page) {
		return to, c.fail(errcode.InvalidPagePath), false
	}
	return to, reply{}, true
}

// deliverTemplate shows the card, unless the same client_msg_id did so within ten minutes.
func (c *call) deliverTemplate(m *member, t *template, in *templateMessage, data map[string]string, to target) int64 {
	key := m.OpenID + " " + in.ClientMsgID
	if earlier := c.app.messages.sentByKey.get(key); in.ClientMsgID != "" && c.now.Before(earlier.until) {
		return earlier.msgID
	}
	id := c.w.ids.messageID()
	if in.ClientMsgID != "" {
		c.app.messages.sentByKey.put(key, dedupe{id, c.now.Add(dedupeLife)}, c.now)
	}
	if m.Blocked {
		m.pushJobFinish(id, "failed:user block")
		return id
	}
	if t.Intercepted {
		c.app.intercept(m, t, id, data, c.now)
		return id
	}
	m.user.keep(letter{card: newCard(c.now, t, id, data, to)})
	m.pushJobFinish(id, "success")
	return id
}

func (m *member) pushJobFinish(id int64, status string) {
	m.pushEvent("TEMPLATESENDJOBFINISH", false, field{"MsgID", id}, field{"Status", status})
}

var untyped = regexp.MustCompile(`^(first|remark|keyword\d+)$`)

// isTyped tells the keys of category templates from those of the old industry library, which carry no
// rule.
func isTyped(key string) bool { return !untyped.MatchString(key) }

// curtail does what WeChat has done to every template message since 2023-05-04, without a word in the
// answer: head and tail lines are dropped, the others lose emoji and line breaks and end after 20
// characters.
func curtail(lines []Line) []Line {
	kept := lines[:0]
	for _, l := range lines {
		if l.Key == "first" || l.Key == "remark" {
			continue
		}
		l.Value = curtailText(l.Value)
		kept = append(kept, l)
	}
	return kept
}

func curtailText(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		switch {
		case isEmoji(r):
			continue
		case r == '\n' || r == '\r':
			r = ' '
		}
		if n++; n > shownOfAField {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

func isEmoji(r rune) bool {
	return r >= 0x1F000 && r <= 0x1FAFF || r >= 0x2600 && r <= 0x27BF || r == 0xFE0F || r == 0x200D
}

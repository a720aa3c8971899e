package emulator

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/wechatkit/wechat/errcode"
)

const subscribeSendPath = "/cgi-bin/message/subscribe/send"

var subscribeRoutes = []route{
	{method: http.MethodPost, path: subscribeSendPath, token: appToken, kinds: mpOnly, handle: jsonBody(sendSubscribe)},
}

// templateData is the data of a message: key -> {"value": ...}.
type templateData map[string]struct {
	Value any `json:"value"`
}

// texts turns the values into what the card shows. A value that is neither text nor number is empty.
func (d templateData) texts() map[string]string {
	out := make(map[string]string, len(d))
	for key, v := range d {
		switch v := v.Value.(type) {
		case string:
			out[key] = v
		case json.Number:
			out[key] = v.String()
		}
	}
	return out
}

type subscribeMessage struct {
	ToUser     string       `json:"touser"`
	TemplateID string       `json:"template_id"`
	Page       string       `json:"page"`
	Data       templateData `json:"data"`
	State      string       `json:"miniprogram_state"`
	Lang       string       `json:"lang"`
}

type sentAnswer struct {
	envelope

	MsgID int64 `json:"msgid"`
}

// sendSubscribe is the Mini Program's subscription message (小程序订阅消息).
func sendSubscribe(c *call, in *subscribeMessage) reply {
	m := c.recipient(in.ToUser)
	if m == nil {
		return c.fail(errcode.InvalidOpenID)
	}
	t := c.w.templates[in.TemplateID]
	if t == nil || t.app != c.app || !t.forMessages() {
		return c.fail(errcode.InvalidTemplateID)
	}
	if !c.app.hasPage(in.Page) && in.Page != "" {
		return c.fail(errcode.InvalidPage)
	}
	if t.Banned || c.app.messages.SubscriptionsBanned {
		return c.fail(errcode.SubscribeBanned)
	}
	var to target
	if in.Page != "" {
		to = target{mini: c.app, page: in.Page}
	}
	return c.notify(m, t, in.Data.texts(), to)
}

// notify is the common end of both subscription sends: consent, data, delivery.
func (c *call) notify(m *member, t *template, data map[string]string, to target) reply {
	consent := m.user.consent(t)
	if m.SubscriptionsOff || !consent.allowed() {
		return c.fail(errcode.UserRefused)
	}
	if bad, ok := c.checkData(t, data); !ok {
		return bad
	}
	if code := consent.tooEarly(t.Limit, data, c.now); code != 0 {
		return c.fail(code)
	}
	consent.spend()
	consent.note(t.Limit, data, c.now)
	id := c.w.ids.messageID()
	m.user.keep(letter{card: newCard(c.now, t, id, data, to)})
	m.pushSent(t, digits(strconv.FormatInt(id, 10)))
	return c.data(sentAnswer{success, id})
}

// checkData names one offending keyword, in the order of the template. All sends have the same words for it since 2023.
func (c *call) checkData(t *template, data map[string]string) (reply, bool) {
	for _, key := range t.keys {
		value := data[key]
		if t.Type == Followers && !isTyped(key) {
			continue
		}
		if strings.TrimSpace(value) == "" {
			return c.failf(errcode.InvalidTemplateData, "argument invalid! data.%s.value is empty", key), false
		}
		if !t.allows(key, value) {
			return c.failf(errcode.InvalidTemplateData, "argument invalid! data.%s.value invalid", key), false
		}
	}
	return reply{}, true
}

// recipient finds the member that an OpenID means in the calling account, nil if it means none.
func (c *call) recipient(openID string) *member {
	m := c.w.members[openID]
	if m == nil || m.app != c.app {
		return nil
	}
	return m
}

func (m *member) pushSent(t *template, id digits) {
	m.pushItems(sentEvent, list{{
		{"TemplateId", t.ID}, {"MsgID", id}, {"ErrorCode", digits("0")}, {"ErrorStatus", "success"},
	}})
}

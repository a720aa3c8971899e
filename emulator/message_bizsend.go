package emulator

import (
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/wechatkit/wechat/errcode"
)

const (
	bizSendPath     = "/cgi-bin/message/subscribe/bizsend"
	oneTimeSendPath = "/cgi-bin/message/template/subscribe"
)

var bizSendRoutes = []route{
	{method: http.MethodPost, path: bizSendPath, token: appToken, kinds: oaOnly, handle: jsonBody(sendBiz)},
	{method: http.MethodPost, path: oneTimeSendPath, token: appToken, kinds: oaOnly, handle: jsonBody(sendOneTime)},
}

// sendBiz is the service account's subscription notification (服务号订阅通知).
func sendBiz(c *call, in *struct {
	ToUser      string           `json:"touser"`
	TemplateID  string           `json:"template_id"`
	Page        string           `json:"page"`
	MiniProgram *miniProgramLink `json:"miniprogram"`
	ClientMsgID string           `json:"client_msg_id"`
	Data        templateData     `json:"data"`
},
) reply {
	m := c.recipient(in.ToUser)
	if m == nil {
		return c.fail(errcode.InvalidOpenID)
	}
	t := c.w.templates[in.TemplateID]
	switch {
	case t == nil || t.app != c.app || t.Type == Followers:
		return c.fail(errcode.InvalidTemplateID)
	case t.Banned || c.app.messages.SubscriptionsBanned:
		return c.fail(errcode.SubscribeBanned)
	}
	to, bad, ok := c.link(in.Page, in.MiniProgram)
	if !ok {
		return bad
	}
	return c.notify(m, t, in.Data.texts(), to)
}

// sendOneTime is the official account's one-time subscription message (一次性订阅消息). Who follows gets it
// in the account's chat, others among the service notifications.
func sendOneTime(c *call, in *struct {
	ToUser      string           `json:"touser"`
	TemplateID  string           `json:"template_id"`
	URL         string           `json:"url"`
	MiniProgram *miniProgramLink `json:"miniprogram"`
	Scene       loose            `json:"scene"`
	Title       string           `json:"title"`
	Data        struct {
		Content struct {
			Value string `json:"value"`
		} `json:"content"`
	} `json:"data"`
},
) reply {
	m := c.recipient(in.ToUser)
	if m == nil {
		return c.fail(errcode.InvalidOpenID)
	}
	if in.TemplateID != c.app.messages.OneTimeTemplate {
		return c.fail(errcode.InvalidTemplateID)
	}
	if n := utf8.RuneCountInString(in.Title); n == 0 || n > 15 {
		return c.fail(errcode.InvalidTitleSize)
	}
	if n := utf8.RuneCountInString(in.Data.Content.Value); n == 0 || n > 200 {
		return c.failf(errcode.InvalidTemplateData, "argument invalid! data.content.value invalid")
	}
	to, bad, ok := c.link(in.URL, in.MiniProgram)
	if !ok {
		return bad
	}
	scene, err := strconv.Atoi(string(in.Scene))
	if err != nil || !m.Scenes[scene] {
		return c.fail(errcode.UserRefused)
	}
	delete(m.Scenes, scene)
	shown := Message{
		Time: c.now, Place: ServiceNotifications, AppID: c.app.AppID, From: c.app.Name, Type: "subscribe",
		TemplateID: in.TemplateID, Title: in.Title, Text: in.Data.Content.Value, URL: to.url, MiniProgram: to.miniProgram(),
	}
	if m.follows() {
		shown.Place = Chat
	}
	m.user.receive(shown)
	return c.ok()
}

// OneTimeTemplate is the id of the account's template for one-time subscription messages, which WeChat
// shows in the console.
func (a *App) OneTimeTemplate() string {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.messages.OneTimeTemplate
}

package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/subscribe"
	"github.com/wechatkit/wechat/template"
)

func receiverFlags(f flags, o *options) {
	f.text(&o.to, "to", text{"`OpenID` of the user, in place of WECHAT_OPENID", "用户的 `OpenID`，代替 WECHAT_OPENID"})
}

func messageFlags(f flags, o *options) {
	receiverFlags(f, o)
	f.text(&o.template, "template", text{"`id` of the template, in place of WECHAT_TEMPLATE", "模板`编号`，代替 WECHAT_TEMPLATE"})
}

var sendSubscribeCommand = command{
	name: "send subscribe", args: text{"KEY=VALUE…", "关键词=值…"}, asks: true,
	about: text{"send a subscription message", "发送订阅消息"},
	details: text{
		`Of a Mini Program, or with -account service a subscription notice of a service account. The values are checked against
the template before anything is sent.`,
		`默认为小程序订阅消息，加 -account service 则为服务号订阅通知。发送前会按模板检查关键词的值。`,
	},
	examples: []string{
		`wechat send subscribe -to OPENID -template ID thing1="Fire insurance" date2=2026-12-01`,
		`wechat send subscribe -yes -json -page "pages/contract?id=7" -state trial thing1=Test date2=2026-12-01`,
	},
	flags: func(f flags, o *options) {
		messageFlags(f, o)
		f.text(&o.page, "page", text{"`page` that the card opens", "点击后打开的`页面`"})
		f.text(&o.state, "state", text{"`version` of the Mini Program: formal, trial or developer", "小程序`版本`：formal、trial 或 developer"})
	},
	run: (*job).sendSubscribe,
}

var sendTemplateCommand = command{
	name: "send template", args: text{"KEY=VALUE…", "关键词=值…"}, asks: true,
	about: text{"send a template message of a service account", "发送服务号模板消息"},
	examples: []string{
		`wechat send template -to OPENID -template ID thing1="Fire insurance" time2=2026-12-01`,
		`wechat send template -mini wx0123456789abcdef -page "pages/contract?id=7" -id contract-7-due thing1=Test time2=2026-12-01`,
	},
	flags: func(f flags, o *options) {
		messageFlags(f, o)
		f.text(&o.url, "url", text{"web `page` that the card opens", "点击后打开的`网页`"})
		f.text(&o.mini, "mini", text{"`AppID` of the Mini Program that the card opens", "点击后打开的小程序 `AppID`"})
		f.text(&o.page, "page", text{"`page` of that Mini Program", "该小程序的`页面`"})
		f.text(&o.id, "id", text{"client_msg_id: of all messages with one `id` WeChat delivers one, within ten minutes", "client_msg_id：十分钟内同一`编号`只送达一次"})
	},
	run: (*job).sendTemplate,
}

var sendTextCommand = command{
	name: "send text", args: text{"WORDS…", "文字…"}, asks: true,
	about: text{"send a customer-service text", "发送客服文本消息"},
	details: text{
		"WeChat takes it within 48 hours of the user's last message.",
		"用户上次发消息后 48 小时内才能发送。",
	},
	examples: []string{
		"wechat send text -to OPENID Your contract is renewed.",
		"wechat send text -account service -to OPENID -- -5 °C tonight",
	},
	flags: receiverFlags,
	run:   (*job).sendText,
}

// receiver is who gets the message, and which template it has, if it has one.
func (a *account) receiver(withTemplate bool) (openID, templateID string, err error) {
	openID, templateID = a.env(a.prefix+"OPENID"), a.env(a.prefix+"TEMPLATE")
	switch {
	case openID == "":
		return "", "", usagef("-to or %sOPENID: who is to get it?", "缺少 -to 或 %sOPENID：发给谁？", a.prefix)
	case withTemplate && templateID == "":
		return "", "", usagef("-template or %sTEMPLATE: which template?", "缺少 -template 或 %sTEMPLATE：用哪个模板？", a.prefix)
	}
	return openID, templateID, nil
}

// draft is a message whose template is there, with values that fit it.
type draft struct {
	openID string
	card   *card
	data   map[string]string
}

// draft reads a message off the command line. cards lists the templates that it may have.
func (a *account) draft(ctx context.Context, args []string, cards func(context.Context) ([]card, error)) (*draft, error) {
	openID, templateID, err := a.receiver(true)
	if err != nil {
		return nil, err
	}
	data, err := pairs(args)
	if err != nil {
		return nil, err
	}
	list, err := cards(ctx)
	if err != nil {
		return nil, err
	}
	c, err := fitting(list, templateID, data)
	if err != nil {
		return nil, err
	}
	return &draft{openID, c, data}, nil
}

// fitting finds the template and checks the values against it.
func fitting(list []card, id string, data map[string]string) (*card, error) {
	for i := range list {
		if list[i].id == id {
			return &list[i], list[i].check(data)
		}
	}
	a := usagef("the account has no template %q: wechat doctor lists them", "账号没有模板 %q：wechat doctor 会列出现有模板", id)
	return nil, a
}

// show tells on standard error what is about to be sent, so that standard output has the result alone, and asks.
func (j *job) show(ctx context.Context, a *account, what text, openID string, c *card, values map[string]string) error {
	if j.yes {
		return nil
	}
	fmt.Fprintln(j.stderr, j.lang.of(text{
		fmt.Sprintf("%s of %s %s to %s", what.en, a.name.en, a.appID, openID),
		fmt.Sprintf("%s：%s %s 发给 %s", what.zh, a.name.zh, a.appID, openID),
	}))
	if c != nil {
		fmt.Fprintf(j.stderr, "  %s  %s\n", c.id, c.title)
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if values[key] != "" {
			fmt.Fprintf(j.stderr, "  %s  %s\n", padded(key, 14), values[key])
		}
	}
	return j.confirm(ctx, text{"Send it?", "确定发送吗？"})
}

// accepted says that WeChat took the message.
func (j *job) accepted(msgID int64, more ...line) {
	if !j.json {
		fmt.Fprintln(j.stdout, j.lang.of(text{
			"sent: WeChat took it. Whether it arrives, an event tells.", "已发送：微信已接收，是否送达以事件推送为准。",
		}))
	}
	lines := append([]line{}, more...)
	if msgID != 0 {
		lines = append(lines, line{"msg_id", same("msgid"), msgID})
	}
	if j.json {
		lines = append(lines, line{"sent", text{}, true})
	}
	j.print(lines...)
}

func (j *job) sendSubscribe(ctx context.Context) error {
	switch j.state { // a slip of the pen may open the released version
	case "", "formal", "trial", "developer":
	default:
		return usagef("-state: %q is neither formal nor trial nor developer", "-state：%q 不是 formal、trial 或 developer", j.state)
	}
	a, err := j.open(j.kindOr(mini))
	if err != nil {
		return err
	}
	defer a.client.Close()
	d, err := a.draft(ctx, j.args, a.subscribeCards)
	if err != nil {
		return err
	}
	shown := with(d.data, map[string]string{"-page": j.page, "-state": j.state})
	if err := j.show(ctx, a, text{"Subscription message", "订阅消息"}, d.openID, d.card, shown); err != nil {
		return err
	}
	messages := subscribe.New(a.client)
	var msgID int64
	if a.kind == service {
		msgID, err = messages.Notify(ctx, &subscribe.Notification{
			ToUser: d.openID, TemplateID: d.card.id, URL: j.page, Data: d.data, Version: wechat.MiniProgramVersion(j.state),
		})
	} else {
		msgID, err = messages.Send(ctx, &subscribe.Message{
			ToUser: d.openID, TemplateID: d.card.id, Page: j.page, Data: d.data, Version: wechat.MiniProgramVersion(j.state),
		})
	}
	if err != nil {
		return err
	}
	j.accepted(msgID)
	return nil
}

// with adds flags to the values that are shown.
func with(data, flags map[string]string) map[string]string {
	out := maps.Clone(data)
	maps.Copy(out, flags)
	return out
}

func (j *job) sendTemplate(ctx context.Context) error {
	if j.page != "" && j.mini == "" {
		return usagef("-page is of a Mini Program: say by -mini of which", "-page 是小程序的页面：请用 -mini 指明小程序")
	}
	a, err := j.open(j.kindOr(service))
	if err != nil {
		return err
	}
	defer a.client.Close()
	d, err := a.draft(ctx, j.args, a.templateCards)
	if err != nil {
		return err
	}
	for _, loss := range template.Losses(d.data) {
		fmt.Fprintf(j.stderr, "%s %v\n", j.lang.of(text{"warning:", "警告："}), loss)
	}
	m := &template.Message{ToUser: d.openID, TemplateID: d.card.id, URL: j.url, Data: d.data, ClientMsgID: j.id}
	if j.mini != "" {
		m.MiniProgram = &template.MiniProgram{AppID: j.mini, Page: j.page}
	}
	shown := with(d.data, map[string]string{"-url": j.url, "-mini": j.mini, "-page": j.page, "-id": j.id})
	if err := j.show(ctx, a, text{"Template message", "模板消息"}, d.openID, d.card, shown); err != nil {
		return err
	}
	receipt, err := template.New(a.client).Send(ctx, m)
	if err != nil {
		return err
	}
	j.accepted(receipt.MsgID, line{"client_msg_id", same("client_msg_id"), receipt.ClientMsgID})
	return nil
}

func (j *job) sendText(ctx context.Context) error {
	a, err := j.open(j.anyKind())
	if err != nil {
		return err
	}
	defer a.client.Close()
	openID, _, err := a.receiver(false)
	if err != nil {
		return err
	}
	words := strings.Join(j.args, " ")
	if words == "" {
		return usagef("no words to send", "没有要发送的文字")
	}
	if err := j.show(ctx, a, text{"Text", "文本消息"}, openID, nil, map[string]string{"text": words}); err != nil {
		return err
	}
	err = customerservice.New(a.client).Send(ctx, &customerservice.Message{
		ToUser: openID, Content: customerservice.Text{Content: words},
	})
	if err != nil {
		return err
	}
	j.accepted(0)
	return nil
}

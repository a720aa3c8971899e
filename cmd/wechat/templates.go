package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/keyword"
	"github.com/wechatkit/wechat/subscribe"
	"github.com/wechatkit/wechat/template"
)

// card is a template of either kind.
type card struct {
	id, title string
	keywords  []cardKeyword
	check     func(data map[string]string) error // against the keywords
}

type cardKeyword struct {
	key, name, rule string
	values          []string // the only ones allowed, nil for any
}

// subscribeCards are the templates of subscription messages, of a Mini Program or a service account.
func (a *account) subscribeCards(ctx context.Context) ([]card, error) {
	list, err := subscribe.New(a.client).Templates(ctx)
	var out []card
	for _, t := range list {
		c := card{id: t.ID, title: t.Title, check: func(data map[string]string) error { return t.Check(data) }}
		for _, k := range t.Keywords() {
			c.keywords = append(c.keywords, cardKeyword{k.Key, k.Name, k.Type.Rule(), k.Values})
		}
		out = append(out, c)
	}
	return out, err
}

// templateCards are the templates of template messages of a service account.
func (a *account) templateCards(ctx context.Context) ([]card, error) {
	list, err := template.New(a.client).Templates(ctx)
	var out []card
	for _, t := range list {
		keywords := t.Keywords()
		c := card{id: t.ID, title: t.Title, check: func(data map[string]string) error { return checkKeys(keywords, data) }}
		for _, k := range keywords {
			c.keywords = append(c.keywords, cardKeyword{k.Key, k.Name, k.Rule, nil})
		}
		out = append(out, c)
	}
	return out, err
}

// cards are all templates of the account.
func (a *account) cards(ctx context.Context) ([]card, error) {
	list, err := a.subscribeCards(ctx)
	if a.kind != service {
		return list, err
	}
	if errors.Is(err, errcode.NoPermission) {
		err = nil // an account without subscription notices may have template messages all the same
	}
	if err != nil {
		return nil, err
	}
	more, err := a.templateCards(ctx)
	return append(list, more...), err
}

// checkKeys finds a keyword that is missing or too many, and a value that breaks its rule.
func checkKeys(keywords []template.Keyword, data map[string]string) error {
	wrong := func(key, reason string) error {
		return &errcode.FieldError{Op: "template", Field: `Data["` + key + `"]`, Reason: reason}
	}
	known := map[string]bool{}
	for _, k := range keywords {
		known[k.Key] = true
		value, ok := data[k.Key]
		if !ok {
			return wrong(k.Key, fmt.Sprintf("missing, the template has it as %q", k.Name))
		}
		if reason := keyword.Of(k.Key).Check(value); reason != "" {
			return wrong(k.Key, reason)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(data)) {
		if !known[key] {
			return wrong(key, "not a keyword of the template")
		}
	}
	return nil
}

// lookAtTemplates lists the templates, and looks for the one that must be there and whether the data fits it.
func (a *account) lookAtTemplates(ctx context.Context, data map[string]string) []finding {
	list, err := a.cards(ctx)
	if err != nil {
		return []finding{foundError(checkTemplates, warning, err)}
	}
	wanted := a.env(a.prefix + "TEMPLATE")
	if wanted == "" && len(data) == 0 {
		return []finding{aboutAll(list)}
	}
	for _, c := range list {
		if c.id == wanted {
			return []finding{c.judge(data)}
		}
	}
	f := found(checkTemplates, failure,
		textf("the account has no template %q", "账号没有模板 %q", wanted),
		text{
			"A template belongs to one account, and one that was deleted and added again has a new id. These are there:",
			"模板只属于一个账号，删除后重新添加的模板编号会变。现有模板：",
		})
	f.facts = titles(list)
	return []finding{f}
}

func aboutAll(list []card) finding {
	if len(list) == 0 {
		return found(checkTemplates, note, text{"the account has no templates", "账号没有模板"},
			text{"Add some in the console, to send messages with.", "请在公众平台添加，之后才能发送消息。"})
	}
	f := found(checkTemplates, good, textf("templates of the account: %d", "账号有 %d 个模板", len(list)), text{})
	for _, c := range list {
		f.facts = append(f.facts, same(c.id+"  "+c.title))
		f.facts = append(f.facts, c.rules()...)
	}
	return f
}

func titles(list []card) []text {
	var out []text
	for _, c := range list {
		out = append(out, same(c.id+"  "+c.title))
	}
	return out
}

// judge tells the rules of the keywords and whether the data keeps them.
func (c *card) judge(data map[string]string) finding {
	f := found(checkTemplates, good, textf("the template is there: %s", "模板存在：%s", c.title), text{})
	f.facts = c.rules()
	if len(data) == 0 {
		return f
	}
	var field *errcode.FieldError
	switch err := c.check(data); {
	case err == nil:
		f.what = textf("the values fit the template: %s", "关键词的值符合模板：%s", c.title)
	case errors.As(err, &field):
		f.state = failure
		f.what = textf("the values do not fit the template: %s: %s", "关键词的值不符合模板：%s：%s", nameOf(field), field.Reason)
		f.do = text{
			"WeChat would refuse the message (errcode 47003), and names one keyword at a time. Its keywords and their rules:",
			"微信会拒绝该消息（errcode 47003），而且一次只指出一个关键词。模板的关键词和规则：",
		}
	default:
		f.state, f.what = failure, same(err.Error())
	}
	return f
}

// rules are the keywords, a line each.
func (c *card) rules() []text {
	var out []text
	for _, k := range c.keywords {
		t := same("  " + padded(k.key, 20) + padded(k.name, 12))
		if k.rule != "" {
			t = text{t.en + k.rule, t.zh + cmp.Or(rules[keyword.Of(k.key)], k.rule)}
		}
		if len(k.values) > 0 {
			t = text{t.en + "; one of: " + strings.Join(k.values, ", "), t.zh + "；可选值：" + strings.Join(k.values, "、")}
		}
		out = append(out, t)
	}
	return out
}

// rules are the rules of the types of keywords in Chinese.
var rules = map[keyword.Type]string{
	keyword.Thing:           "20 个以内字符",
	keyword.ShortThing:      "5 个以内字符",
	keyword.Const:           "20 个以内字符，须为该模板审核通过的值",
	keyword.Number:          "32 位以内数字，可带小数",
	keyword.Letter:          "32 位以内字母",
	keyword.Symbol:          "5 位以内符号",
	keyword.CharacterString: "32 位以内数字、字母或符号，不能有汉字",
	keyword.Time:            "24 小时制时间，可带日期；时间段用 ~ 连接",
	keyword.Date:            "年月日，可带 24 小时制时间；时间段用 ~ 连接",
	keyword.Amount:          "1 个币种符号加 10 位以内数字，可带小数，可以“元”结尾",
	keyword.PhoneNumber:     "17 位以内数字或符号",
	keyword.CarNumber:       "8 位以内字母或数字，首尾可为汉字",
	keyword.Name:            "有汉字时 10 个以内字符，否则 20 个，不能有数字",
	keyword.Phrase:          "5 个以内汉字",
	keyword.Enum:            "模板列出的可选值之一",
	keyword.EnumString:      "模板列出的可选值之一",
}

package subscribe

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/keyword"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// Kind says how many messages one acceptance of a template allows. Values that are not listed here pass
// through.
type Kind int

// The kinds.
const (
	OneTime  Kind = 2 // one message (一次性订阅)
	LongTerm Kind = 3 // many (长期订阅), for some public services only; a limited one takes a message a day, or a month
)

// Template is one of the account's own templates (个人模板).
type Template struct {
	ID      string // priTmplId, what a message names
	Title   string
	Content string // lines with keywords: "Item:{{thing1.DATA}}\n"
	Example string // the same lines with sample values
	Kind    Kind
	Enums   map[string][]string // allowed values by key, for keywords that have such a list; else nil
}

// Templates lists the account's own templates (获取当前帐号下的个人模板列表). It serves Mini Programs and
// verified service accounts. There are no pages.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-message-management/subscribe-message/api_getwxapubnewtemplate.html
//
//wechat:endpoint GET /wxaapi/newtmpl/gettemplate
//wechat:account mini-program service-account
func (c *Client) Templates(ctx context.Context) ([]*Template, error) {
	var out struct {
		Data lenient.List[*wireTemplate] `json:"data"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "subscribe.Templates", Method: http.MethodGet, Path: "/wxaapi/newtmpl/gettemplate",
		Out: rest.NeedsAny(&out, "errcode", "data"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return convert(out.Data, (*wireTemplate).template), nil
}

type wireTemplate struct {
	ID      lenient.String          `json:"priTmplId"`
	Title   lenient.String          `json:"title"`
	Content lenient.String          `json:"content"`
	Example lenient.String          `json:"example"`
	Kind    lenient.Int64           `json:"type"`
	Enums   lenient.List[*wireEnum] `json:"keywordEnumValueList"`
}

type wireEnum struct {
	Key    lenient.String               `json:"keywordCode"` // with ".DATA"
	Values lenient.List[lenient.String] `json:"enumValueList"`
}

func (w *wireTemplate) template() *Template {
	t := &Template{
		ID: string(w.ID), Title: string(w.Title), Content: string(w.Content), Example: string(w.Example),
		Kind: Kind(w.Kind),
	}
	for _, e := range w.Enums {
		if e == nil || len(e.Values) == 0 {
			continue
		}
		if t.Enums == nil {
			t.Enums = map[string][]string{}
		}
		key := strings.TrimSuffix(string(e.Key), ".DATA")
		for _, v := range e.Values {
			t.Enums[key] = append(t.Enums[key], string(v))
		}
	}
	return t
}

// convert turns wire structs into what callers get. Holes that WeChat leaves in a list are dropped.
func convert[W, T any](wire []*W, to func(*W) *T) []*T {
	list := make([]*T, 0, len(wire))
	for _, w := range wire {
		if w != nil {
			list = append(list, to(w))
		}
	}
	return list
}

// Keywords lists the keywords of the template, with the allowed values of those that have a list.
func (t *Template) Keywords() []Keyword {
	list := ParseTemplate(t.Content)
	for i := range list {
		list[i].Values = t.Enums[list[i].Key]
	}
	return list
}

// Check compares the data of a message with the template, beyond what Send checks: every keyword of the
// template must be there, none that the template has not, and enumerated values must be listed. It returns
// an [errcode.FieldError] for the first finding, in the order of the template, such as
// "subscribe: Data["date2"]: missing, the template has it as "When"".
//
// It is for tests and start-up, or before a bulk send: fetch the template once with [Client.Templates]. What
// WeChat does with a keyword too many is not documented; Check takes it for a mistake.
func (t *Template) Check(data Data) error {
	keywords := t.Keywords()
	for _, k := range keywords {
		value, ok := data[k.Key]
		if !ok {
			return dataError(k.Key, fmt.Sprintf("missing, the template has it as %q", k.Name))
		}
		if reason := k.check(value); reason != "" {
			return dataError(k.Key, reason)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(data)) {
		if !slices.ContainsFunc(keywords, func(k Keyword) bool { return k.Key == key }) {
			return dataError(key, "not a keyword of the template")
		}
	}
	return nil
}

func (k *Keyword) check(value string) (reason string) {
	if k.Values != nil && !slices.Contains(k.Values, value) {
		return fmt.Sprintf("not one of the template's values %q", k.Values)
	}
	return keyword.Type(k.Type).Check(value)
}

// NewTemplate is a template to be added from the library.
type NewTemplate struct {
	TitleID string // tid, see [Client.Titles]
	// KeywordIDs are two to five of [Client.TitleKeywords], in the order in which the message shows them.
	// They decide the numbers of the keys. The templates of service cards (服务卡片) take none.
	KeywordIDs []int
	// Scene says in up to 15 characters what the messages are for (sceneDesc). WeChat's newer documentation
	// asks for it, the older does not.
	Scene string
}

// AddTemplate adds a template of the library to the account's own ones (添加模板) and returns its id. It
// serves Mini Programs and verified service accounts.
//
// A template that the account has already is [errcode.TemplateExists], and one too many
// [errcode.TooManyTemplates]; how many an account may have is not documented. What is wrong with t is told by
// [errcode.InvalidTitleID], [errcode.InvalidKeywordIDs] and [errcode.InvalidSceneDescription].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-message-management/subscribe-message/api_addwxanewtemplate.html
//
//wechat:endpoint POST /wxaapi/newtmpl/addtemplate
//wechat:account mini-program service-account
func (c *Client) AddTemplate(ctx context.Context, t *NewTemplate) (id string, err error) {
	if err := t.check(c.core.Checks()); err != nil {
		return "", err
	}
	in := struct {
		TitleID    string `json:"tid"`
		KeywordIDs []int  `json:"kidList"` // never null
		Scene      string `json:"sceneDesc,omitempty"`
	}{t.TitleID, append([]int{}, t.KeywordIDs...), t.Scene}
	var out struct {
		ID lenient.String `json:"priTmplId"`
	}
	err = c.core.Call(ctx, wechat.Call{
		Op: "subscribe.AddTemplate", Method: http.MethodPost, Path: "/wxaapi/newtmpl/addtemplate",
		In: in, Out: rest.Needs(&out, "priTmplId"),
	})
	return string(out.ID), err
}

func (t *NewTemplate) check(rules bool) error {
	const mostKeywords, longestScene = 5, 15
	switch {
	case t == nil:
		return fieldError("NewTemplate", "nil")
	case !rules:
		return nil
	case t.TitleID == "":
		return fieldError("TitleID", "empty")
	case len(t.KeywordIDs) == 1 || len(t.KeywordIDs) > mostKeywords:
		return fieldError("KeywordIDs", fmt.Sprintf("%d keywords, allowed are 2 to %d", len(t.KeywordIDs), mostKeywords))
	}
	if n := utf8.RuneCountInString(t.Scene); n > longestScene {
		return fieldError("Scene", fmt.Sprintf("%d characters, limit %d", n, longestScene))
	}
	return nil
}

// DeleteTemplate deletes one of the account's own templates (删除模板). It serves Mini Programs and verified
// service accounts. WeChat names several codes for an id that it does not know, all of the class
// [errcode.InvalidArgument].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-message-management/subscribe-message/api_delwxanewtemplate.html
//
//wechat:endpoint POST /wxaapi/newtmpl/deltemplate
//wechat:account mini-program service-account
func (c *Client) DeleteTemplate(ctx context.Context, id string) error {
	if c.core.Checks() && id == "" {
		return fieldError("ID", "empty")
	}
	in := struct {
		ID string `json:"priTmplId"`
	}{id}
	return c.core.Call(ctx, wechat.Call{
		Op: "subscribe.DeleteTemplate", Method: http.MethodPost, Path: "/wxaapi/newtmpl/deltemplate",
		In: in, Effect: wechat.Idempotent,
	})
}

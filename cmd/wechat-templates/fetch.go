package main

import (
	"context"
	"strings"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/keyword"
	"github.com/wechatkit/wechat/subscribe"
	"github.com/wechatkit/wechat/template"
)

// kind is what the flag -kind chooses between.
type kind struct {
	Package string // that has the types Data and Message
	Message string // type of the message
	What    string // the templates in words
	Prefix  string // of the variables that name the account
	// Hidden are keys whose values WeChat takes and does not show.
	Hidden []string
	fetch  func(context.Context, *wechat.Client) ([]source, error)
}

var kinds = map[string]*kind{
	"subscribe": {
		Package: "subscribe", Message: "Message", What: "subscription templates of a Mini Program",
		Prefix: "WECHAT_", fetch: fetchSubscribe,
	},
	"notify": {
		Package: "subscribe", Message: "Notification", What: "subscription templates of a service account",
		Prefix: "WECHAT_SERVICE_", fetch: fetchSubscribe,
	},
	"template": {
		Package: "template", Message: "Message", What: "message templates of a service account",
		Prefix: "WECHAT_SERVICE_", Hidden: []string{"first", "remark"}, fetch: fetchTemplate,
	},
}

// source is a template as WeChat lists it, of either kind.
type source struct {
	ID       string
	Title    string
	Note     string // "one-time" or "long-term", else ""
	Keywords []sourceKeyword
}

type sourceKeyword struct {
	Key     string
	Name    string
	Rule    string
	Example string
	Values  []string // the only ones allowed, none for any
}

func fetchSubscribe(ctx context.Context, c *wechat.Client) ([]source, error) {
	list, err := subscribe.New(c).Templates(ctx)
	if err != nil {
		return nil, err
	}
	notes := map[subscribe.Kind]string{subscribe.OneTime: "one-time", subscribe.LongTerm: "long-term"}
	var out []source
	for _, t := range list {
		out = append(out, newSource(t.ID, t.Title, notes[t.Kind], t.Content, t.Example, t.Enums))
	}
	return out, nil
}

func fetchTemplate(ctx context.Context, c *wechat.Client) ([]source, error) {
	list, err := template.New(c).Templates(ctx)
	if err != nil {
		return nil, err
	}
	var out []source
	for _, t := range list {
		out = append(out, newSource(t.ID, t.Title, "", t.Content, t.Example, nil))
	}
	return out, nil
}

func newSource(id, title, note, content, example string, enums map[string][]string) source {
	s := source{ID: id, Title: title, Note: note}
	for _, k := range keyword.Parse(content) {
		s.Keywords = append(s.Keywords, sourceKeyword{
			Key: k.Key, Name: k.Name, Rule: k.Type().Rule(), Values: enums[k.Key],
			Example: exampleOf(example, k.Name),
		})
	}
	return s
}

// exampleOf finds the sample value in the line that starts with the keyword's name.
func exampleOf(example, name string) string {
	for line := range strings.Lines(example) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name); ok && name != "" {
			return strings.TrimLeft(value, " :：")
		}
	}
	return ""
}

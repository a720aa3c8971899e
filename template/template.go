package template

import (
	"context"
	"net/http"
	"strings"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/keyword"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// Template is one of the account's own templates (模板).
type Template struct {
	ID                string // what a message names
	Title             string
	PrimaryIndustry   string // first level, perhaps empty for a template of a category
	SecondaryIndustry string // second level (deputy_industry), perhaps empty
	Content           string // lines with keywords: "Item:{{thing7.DATA}}\n"
	Example           string // the same lines with sample values
}

// Keyword is one keyword of a template.
type Keyword struct {
	Key  string // such as "thing1", the key of [Data]
	Name string // what the template calls it, "" if nothing stands before it
	Rule string // what its value may be, in words; "" where no rule is known, as for keys of the old library
}

// Keywords lists the keywords of the template in the order of its content.
func (t *Template) Keywords() []Keyword {
	parsed := keyword.Parse(t.Content)
	list := make([]Keyword, len(parsed))
	for i, k := range parsed {
		list[i] = Keyword{Key: k.Key, Name: k.Name, Rule: k.Type().Rule()}
	}
	return list
}

// Templates lists the account's own templates (获取已添加至账号下所有模板列表), up to 25.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/notify/template/api_getalltemplates.html
//
//wechat:endpoint GET /cgi-bin/template/get_all_private_template
//wechat:account service-account
func (c *Client) Templates(ctx context.Context) ([]*Template, error) {
	var out struct {
		List lenient.List[*wireTemplate] `json:"template_list"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "template.Templates", Method: http.MethodGet, Path: "/cgi-bin/template/get_all_private_template",
		Out: rest.NeedsAny(&out, "errcode", "template_list"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	list := make([]*Template, 0, len(out.List))
	for _, w := range out.List {
		if w != nil {
			list = append(list, w.template())
		}
	}
	return list, nil
}

type wireTemplate struct {
	ID                lenient.String `json:"template_id"`
	Title             lenient.String `json:"title"`
	PrimaryIndustry   lenient.String `json:"primary_industry"`
	SecondaryIndustry lenient.String `json:"deputy_industry"`
	Content           lenient.String `json:"content"`
	Example           lenient.String `json:"example"`
}

func (w *wireTemplate) template() *Template {
	return &Template{
		ID: string(w.ID), Title: string(w.Title), PrimaryIndustry: string(w.PrimaryIndustry),
		SecondaryIndustry: string(w.SecondaryIndustry), Content: string(w.Content), Example: string(w.Example),
	}
}

// NewTemplate is a template to be added from a library.
type NewTemplate struct {
	// LibraryID is the template's number in the category library (template_id_short), digits only. The ids
	// of the old industry library, "TM..." and "OPENTM...", are [errcode.IndustryLibraryClosed] today.
	LibraryID string
	// Keywords are the names of the wanted keywords, not their keys, in the order in which the message
	// shows them (keyword_name_list). Category templates need them; a name that the template has not is
	// [errcode.InvalidKeywordNames].
	Keywords []string
}

// AddTemplate adds a template of a library to the account's own ones (选用模板) and returns its id. An account
// has 25 at most.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/notify/template/api_addtemplate.html
//
//wechat:endpoint POST /cgi-bin/template/api_add_template
//wechat:account service-account
func (c *Client) AddTemplate(ctx context.Context, t *NewTemplate) (id string, err error) {
	if err := t.check(c.core.Checks()); err != nil {
		return "", err
	}
	in := struct {
		LibraryID string   `json:"template_id_short"`
		Keywords  []string `json:"keyword_name_list,omitempty"`
	}{t.LibraryID, t.Keywords}
	var out struct {
		ID lenient.String `json:"template_id"`
	}
	err = c.core.Call(ctx, wechat.Call{
		Op: "template.AddTemplate", Method: http.MethodPost, Path: "/cgi-bin/template/api_add_template",
		In: in, Out: rest.Needs(&out, "template_id"),
	})
	return string(out.ID), err
}

func (t *NewTemplate) check(rules bool) error {
	switch {
	case t == nil:
		return fieldError("NewTemplate", "nil")
	case !rules:
		return nil
	case t.LibraryID == "":
		return fieldError("LibraryID", "empty")
	case len(t.Keywords) == 0 && strings.Trim(t.LibraryID, "0123456789") == "":
		return fieldError("Keywords", "empty, a template of the category library needs them")
	}
	return nil
}

// DeleteTemplate deletes one of the account's own templates (删除模板), of either library. An unknown id is
// [errcode.InvalidTemplateID].
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/notify/template/api_deletetemplate.html
//
//wechat:endpoint POST /cgi-bin/template/del_private_template
//wechat:account service-account
func (c *Client) DeleteTemplate(ctx context.Context, id string) error {
	if c.core.Checks() && id == "" {
		return fieldError("ID", "empty")
	}
	in := struct {
		ID string `json:"template_id"`
	}{id}
	return c.core.Call(ctx, wechat.Call{
		Op: "template.DeleteTemplate", Method: http.MethodPost, Path: "/cgi-bin/template/del_private_template",
		In: in, Effect: wechat.Idempotent,
	})
}

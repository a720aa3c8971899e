package emulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

var templateListRoutes = []route{
	{method: http.MethodPost, path: "/cgi-bin/template/api_set_industry", token: appToken, kinds: oaOnly, handle: jsonBody(setIndustry)},
	{method: http.MethodGet, path: "/cgi-bin/template/get_industry", token: appToken, kinds: oaOnly, handle: getIndustry},
	{method: http.MethodPost, path: "/cgi-bin/template/api_add_template", token: appToken, kinds: oaOnly, handle: jsonBody(addTemplate)},
	{method: http.MethodGet, path: "/cgi-bin/template/get_all_private_template", token: appToken, kinds: oaOnly, handle: listTemplates},
	{method: http.MethodPost, path: "/cgi-bin/template/del_private_template", token: appToken, kinds: oaOnly, handle: jsonBody(deleteTemplate)},
	{method: http.MethodPost, path: "/wxa/sec/queryblocktmplmsg", token: appToken, kinds: oaOnly, handle: jsonBody(queryBlocked)},
}

// industry is one of the 41 industries (行业) that the old template library is sorted by.
type industry struct {
	First  string `json:"first_class"`
	Second string `json:"second_class"`
}

// industries is by code; index 0 is unused.
var industries = []industry{
	{},
	{"IT", "Internet|E-commerce"},
	{"IT", "Software"},
	{"IT", "Hardware"},
	{"IT", "Electronics"},
	{"IT", "Telecom"},
	{"IT", "Online games"},
	{"Finance", "Banks"},
	{"Finance", "Funds"},
	{"Finance", "Insurance"},
	{"Catering", "Catering"},
	{"Hotels and travel", "Hotels"},
	{"Hotels and travel", "Travel"},
	{"Transport", "Express"},
	{"Transport", "Logistics"},
	{"Transport", "Warehousing"},
	{"Education", "Training"},
	{"Education", "Schools"},
	{"Government", "Academic research"},
	{"Government", "Traffic police"},
	{"Government", "Museums"},
	{"Government", "Public bodies"},
	{"Medicine", "Medical"},
	{"Medicine", "Care and beauty"},
	{"Medicine", "Health and hygiene"},
	{"Vehicles", "Cars"},
	{"Vehicles", "Motorcycles"},
	{"Vehicles", "Trains"},
	{"Vehicles", "Aircraft"},
	{"Real estate", "Construction"},
	{"Real estate", "Property management"},
	{"Consumer goods", "Consumer goods"},
	{"Business services", "Law"},
	{"Business services", "Exhibitions"},
	{"Business services", "Intermediaries"},
	{"Business services", "Certification"},
	{"Business services", "Audit"},
	{"Culture", "Media"},
	{"Culture", "Sports"},
	{"Culture", "Leisure"},
	{"Printing", "Printing"},
	{"Other", "Other"},
}

// setIndustry works once a month.
func setIndustry(c *call, in *struct {
	First  loose `json:"industry_id1"`
	Second loose `json:"industry_id2"`
},
) reply {
	first, err1 := strconv.Atoi(string(in.First))
	second, err2 := strconv.Atoi(string(in.Second))
	if err1 != nil || err2 != nil || min(first, second) < 1 || max(first, second) >= len(industries) {
		return c.fail(codeInvalidIndustry)
	}
	if !c.app.messages.IndustrySet.IsZero() && c.now.Before(c.app.messages.IndustrySet.AddDate(0, 1, 0)) {
		return c.fail(errcode.IndustryChangedTooOften)
	}
	c.app.messages.Industry, c.app.messages.IndustrySet = [2]int{first, second}, c.now
	return c.ok()
}

func getIndustry(c *call) reply {
	return c.data(struct {
		Primary   industry `json:"primary_industry"`
		Secondary industry `json:"secondary_industry"`
	}{industries[c.app.messages.Industry[0]], industries[c.app.messages.Industry[1]]})
}

// addTemplate makes a template for followers. The library of categories has the titles of the public
// template library under their numbers; the old one of industries (TM...) is closed.
func addTemplate(c *call, in *struct {
	Short    string   `json:"template_id_short"`
	Keywords []string `json:"keyword_name_list"`
},
) reply {
	if strings.HasPrefix(in.Short, "TM") || strings.HasPrefix(in.Short, "OPENTM") {
		return c.fail(errcode.IndustryLibraryClosed)
	}
	tid, err := strconv.Atoi(in.Short)
	title := c.w.library[tid]
	if err != nil || title == nil {
		return c.fail(errcode.InvalidTemplateID)
	}
	var kids []int
	for _, name := range in.Keywords {
		i := slices.IndexFunc(title.Keywords, func(k LibraryKeyword) bool { return k.Name == name })
		if i < 0 {
			return c.fail(errcode.InvalidKeywordNames)
		}
		kids = append(kids, title.Keywords[i].KID)
	}
	made, ok := title.pick(kids)
	if !ok || len(kids) == 0 {
		return c.fail(errcode.InvalidKeywordNames)
	}
	if len(c.app.forFollowers()) >= maxPrivateTemplates {
		return c.fail(codeTooManyOfFollowers)
	}
	made.ID, made.Type = c.w.ids.text(43, base64url), Followers
	c.w.addTemplate(c.app, made)
	return c.data(struct {
		envelope

		ID string `json:"template_id"`
	}{success, made.ID})
}

// forFollowers lists the account's templates for template messages.
func (a *App) forFollowers() []*template {
	return slices.DeleteFunc(slices.Clone(a.messages.Templates), func(t *template) bool { return t.Type != Followers })
}

type templateAnswer struct {
	ID        string `json:"template_id"`
	Title     string `json:"title"`
	Primary   string `json:"primary_industry"`
	Secondary string `json:"deputy_industry"`
	Content   string `json:"content"`
	Example   string `json:"example"`
}

func listTemplates(c *call) reply {
	list := []templateAnswer{}
	for _, t := range c.app.forFollowers() {
		in := industries[c.app.messages.Industry[0]]
		list = append(list, templateAnswer{t.ID, t.Title, in.First, in.Second, t.Content, t.Example})
	}
	return c.data(struct {
		List []templateAnswer `json:"template_list"`
	}{list})
}

func deleteTemplate(c *call, in *struct {
	ID string `json:"template_id"`
},
) reply {
	t := c.w.templates[in.ID]
	if t == nil || t.app != c.app || t.Type != Followers {
		return c.fail(errcode.InvalidTemplateID)
	}
	c.w.removeTemplate(t)
	return c.ok()
}

// interception is a template message that was accepted and then kept back.
type interception struct {
	ID       int64  `json:"id"`
	MsgID    string `json:"tmpl_msg_id"`
	Title    string `json:"title"`
	Content  string `json:"content"`
	SentAt   int64  `json:"send_timestamp"`
	OpenID   string `json:"openid"`
	template string
}

// InterceptTemplate makes WeChat intercept the account's messages with a template from now on: they are
// accepted, and show up in the query of intercepted messages, but do not arrive.
func (a *App) InterceptTemplate(id string) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.followersTemplate("InterceptTemplate", id).Intercepted = true
}

func (a *App) intercept(m *member, t *template, id int64, data map[string]string, now time.Time) {
	content := t.Content
	for key, value := range data {
		content = strings.ReplaceAll(content, "{{"+key+".DATA}}", value)
	}
	a.messages.interceptions = append(a.messages.interceptions, interception{
		ID: int64(len(a.messages.interceptions) + 1), MsgID: strconv.FormatInt(id, 10), Title: t.Title, Content: content,
		SentAt: now.Unix(), OpenID: m.OpenID, template: t.ID,
	})
}

// queryBlocked takes the id of a message or of a template, since the page does not say which it means.
func queryBlocked(c *call, in *struct {
	ID      loose  `json:"tmpl_msg_id"`
	Largest *int64 `json:"largest_id"`
	Limit   int    `json:"limit"`
},
) reply {
	if in.ID == "" || in.Largest == nil || in.Limit < 1 || in.Limit > 100 {
		return c.fail(errcode.InvalidParameters)
	}
	list := []interception{}
	for _, b := range c.app.messages.interceptions {
		if (b.MsgID == string(in.ID) || b.template == string(in.ID)) && b.ID > *in.Largest && len(list) < in.Limit {
			list = append(list, b)
		}
	}
	return c.data(struct {
		envelope

		List []interception `json:"msginfo"`
	}{success, list})
}

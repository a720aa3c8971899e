package emulator

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wechatkit/wechat/errcode"
)

const (
	maxPrivateTemplates = 25
	titlesPerPage       = 30
)

// The template library (模板库) of subscription messages. A wrong method answers 404 here, and the POSTs
// insist on a JSON Content-Type.
var libraryRoutes = []route{
	{method: http.MethodPost, path: "/wxaapi/newtmpl/addtemplate", token: appToken, plain404: true, jsonType: true, handle: jsonBody(addLibraryTemplate)},
	{method: http.MethodPost, path: "/wxaapi/newtmpl/deltemplate", token: appToken, plain404: true, jsonType: true, handle: jsonBody(deleteLibraryTemplate)},
	{method: http.MethodGet, path: "/wxaapi/newtmpl/getcategory", token: appToken, plain404: true, handle: listCategories},
	{method: http.MethodGet, path: "/wxaapi/newtmpl/getpubtemplatetitles", token: appToken, plain404: true, handle: listTitles},
	{method: http.MethodGet, path: "/wxaapi/newtmpl/getpubtemplatekeywords", token: appToken, plain404: true, handle: listKeywords},
	{method: http.MethodGet, path: "/wxaapi/newtmpl/gettemplate", token: appToken, plain404: true, handle: listSubscribeTemplates},
}

// LibraryTitle is an entry of the public template library, from which an account makes its templates.
type LibraryTitle struct {
	TID        int
	Title      string
	Type       TemplateType // OneTime or LongTerm
	CategoryID int
	Category   string // the category's name
	Keywords   []LibraryKeyword

	card int // notify_type of the service cards that it is for
}

// LibraryKeyword is a keyword that a title offers. In a template its key is the rule with the number
// behind it, such as "thing1".
type LibraryKeyword struct {
	KID     int
	Name    string
	Rule    string // the type, such as "thing"
	Example string
	Enum    []string // the allowed values of an enum
}

// demoLibrary is what the library holds at the start.
func demoLibrary() map[int]*LibraryTitle {
	titles := []*LibraryTitle{
		{TID: 512, Title: "Order update", Type: OneTime, CategoryID: 307, Category: "Retail", Keywords: []LibraryKeyword{
			{KID: 1, Name: "Item", Rule: "thing", Example: "Mug"},
			{KID: 2, Name: "Time", Rule: "date", Example: "2026-11-20"},
			{KID: 3, Name: "Amount", Rule: "amount", Example: "¥19.90"},
		}},
		{TID: 513, Title: "Contract due", Type: OneTime, CategoryID: 616, Category: "Insurance", Keywords: []LibraryKeyword{
			{KID: 1, Name: "Contract", Rule: "thing", Example: "Fire insurance"},
			{KID: 2, Name: "Ends", Rule: "date", Example: "2026-12-01"},
			{KID: 3, Name: "Note", Rule: "thing", Example: "Please renew"},
		}},
		{TID: 514, Title: "Heater fault", Type: LongTerm, CategoryID: 307, Category: "Retail", Keywords: []LibraryKeyword{
			{KID: 1, Name: "Room", Rule: "enum_string", Example: "Kitchen", Enum: []string{"Kitchen", "Study"}},
			{KID: 2, Name: "Time", Rule: "time", Example: "09:30"},
		}},
	}
	library := map[int]*LibraryTitle{}
	for _, t := range titles {
		library[t.TID] = t
	}
	return library
}

// AddLibraryTitle adds an entry to the public template library, or replaces the one with its TID.
func (s *Server) AddLibraryTitle(t LibraryTitle) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.world.library[t.TID] = &t
}

func (w *world) loadLibrary(titles []*LibraryTitle) {
	w.library = map[int]*LibraryTitle{}
	for _, t := range titles {
		w.library[t.TID] = t
	}
}

// titles lists the library by TID.
func (w *world) titles() []*LibraryTitle {
	return slices.SortedFunc(maps.Values(w.library), func(a, b *LibraryTitle) int { return cmp.Compare(a.TID, b.TID) })
}

func addLibraryTemplate(c *call, in *struct {
	TID       loose  `json:"tid"`
	KIDs      []int  `json:"kidList"`
	SceneDesc string `json:"sceneDesc"`
},
) reply {
	tid, err := strconv.Atoi(string(in.TID))
	title := cmp.Or(c.w.library[tid], cardTitle(tid))
	if err != nil || title == nil {
		return c.fail(errcode.InvalidTitleID)
	}
	if n := utf8.RuneCountInString(in.SceneDesc); n == 0 || n > 15 {
		return c.fail(errcode.InvalidSceneDescription)
	}
	made, ok := title.pick(in.KIDs)
	if !ok || in.KIDs == nil {
		return c.fail(errcode.InvalidKeywordIDs)
	}
	count := 0
	for _, t := range c.app.messages.Templates {
		if t.Type == Followers {
			continue
		}
		if count++; t.Title == made.Title && t.Content == made.Content {
			return c.fail(errcode.TemplateExists)
		}
	}
	if count >= maxPrivateTemplates {
		return c.fail(errcode.TooManyTemplates)
	}
	made.ID = c.w.ids.text(43, base64url)
	c.w.addTemplate(c.app, made)
	return c.data(struct {
		envelope

		ID string `json:"priTmplId"`
	}{success, made.ID})
}

// pick makes a template of two to five keywords; of none for the cards that have no keywords.
func (t *LibraryTitle) pick(kids []int) (Template, bool) {
	made := Template{Title: t.Title, Type: t.Type, Enums: map[string][]string{}, Card: t.card}
	if n := len(kids); n == 1 || n > 5 {
		return made, false
	}
	for _, kid := range kids {
		i := slices.IndexFunc(t.Keywords, func(k LibraryKeyword) bool { return k.KID == kid })
		if i < 0 {
			return made, false
		}
		k := t.Keywords[i]
		key := k.Rule + strconv.Itoa(k.KID)
		made.Content += k.Name + ":{{" + key + ".DATA}}\n"
		made.Example += k.Name + ":" + k.Example + "\n"
		if len(k.Enum) > 0 {
			made.Enums[key] = k.Enum
		}
	}
	return made, true
}

func deleteLibraryTemplate(c *call, in *struct {
	ID string `json:"priTmplId"`
},
) reply {
	t := c.w.templates[in.ID]
	switch {
	case in.ID == "":
		return c.fail(errcode.InvalidTemplateParameter)
	case t == nil || t.app != c.app || t.Type == Followers:
		return c.fail(errcode.InvalidTemplateRequest)
	}
	c.w.removeTemplate(t)
	return c.ok()
}

func (w *world) removeTemplate(t *template) {
	delete(w.templates, t.ID)
	t.app.messages.Templates = slices.DeleteFunc(t.app.messages.Templates, func(other *template) bool { return other == t })
}

func listCategories(c *call) reply {
	type category struct {
		ID   int    `json:"id"`
		Name string `json:"name"`
	}
	list := []category{}
	for _, t := range c.w.titles() {
		if entry := (category{t.CategoryID, t.Category}); !slices.Contains(list, entry) {
			list = append(list, entry)
		}
	}
	return c.data(struct {
		envelope

		Data []category `json:"data"`
	}{success, list})
}

type titleAnswer struct {
	TID        int          `json:"tid"`
	Title      string       `json:"title"`
	Type       TemplateType `json:"type"`
	CategoryID string       `json:"categoryId"`
}

func listTitles(c *call) reply {
	start, err := strconv.Atoi(c.query.Get("start"))
	if err != nil || start < 0 {
		return c.fail(errcode.InvalidStart)
	}
	limit, err := strconv.Atoi(c.query.Get("limit"))
	if err != nil || limit < 1 || limit > titlesPerPage {
		return c.fail(errcode.InvalidLimit)
	}
	ids := c.query.Get("ids")
	if ids == "" {
		return c.fail(errcode.CategoryIDsMissing)
	}
	wanted := strings.Split(ids, ",")
	if slices.ContainsFunc(wanted, func(id string) bool { _, err := strconv.Atoi(id); return err != nil }) {
		return c.fail(errcode.InvalidCategoryIDs)
	}
	list := []titleAnswer{}
	for _, t := range c.w.titles() {
		if id := strconv.Itoa(t.CategoryID); slices.Contains(wanted, id) {
			list = append(list, titleAnswer{t.TID, t.Title, t.Type, id})
		}
	}
	return c.data(struct {
		envelope

		Count int           `json:"count"`
		Data  []titleAnswer `json:"data"`
	}{success, len(list), part(list, start, limit)})
}

type keywordAnswer struct {
	KID     int    `json:"kid"`
	Name    string `json:"name"`
	Example string `json:"example"`
	Rule    string `json:"rule"`
}

func listKeywords(c *call) reply {
	tid, err := strconv.Atoi(c.query.Get("tid"))
	title := c.w.library[tid]
	if err != nil || title == nil {
		return c.fail(errcode.InvalidTitleID)
	}
	list := []keywordAnswer{}
	for _, k := range title.Keywords {
		list = append(list, keywordAnswer{k.KID, k.Name, k.Example, k.Rule})
	}
	return c.data(struct {
		envelope

		Count int             `json:"count"`
		Data  []keywordAnswer `json:"data"`
	}{success, len(list), list})
}

type enumAnswer struct {
	Code   string   `json:"keywordCode"`
	Values []string `json:"enumValueList"`
}

type subscribeTemplateAnswer struct {
	ID      string       `json:"priTmplId"`
	Title   string       `json:"title"`
	Content string       `json:"content"`
	Example string       `json:"example"`
	Type    TemplateType `json:"type"`
	Enums   []enumAnswer `json:"keywordEnumValueList,omitempty"`
}

func listSubscribeTemplates(c *call) reply {
	list := []subscribeTemplateAnswer{}
	for _, t := range c.app.messages.Templates {
		if t.Type == Followers {
			continue
		}
		one := subscribeTemplateAnswer{ID: t.ID, Title: t.Title, Content: t.Content, Example: t.Example, Type: t.Type}
		for _, key := range slices.Sorted(maps.Keys(t.Enums)) {
			one.Enums = append(one.Enums, enumAnswer{key + ".DATA", t.Enums[key]})
		}
		list = append(list, one)
	}
	return c.data(struct {
		envelope

		Data []subscribeTemplateAnswer `json:"data"`
	}{success, list})
}

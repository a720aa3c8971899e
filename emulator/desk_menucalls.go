package emulator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"

	"github.com/wechatkit/wechat/errcode"
)

const (
	menuCreatePath         = "/cgi-bin/menu/create"
	menuGetPath            = "/cgi-bin/menu/get"
	menuDeletePath         = "/cgi-bin/menu/delete"
	menuAddConditionalPath = "/cgi-bin/menu/addconditional"
	menuDelConditionalPath = "/cgi-bin/menu/delconditional"
	menuTryMatchPath       = "/cgi-bin/menu/trymatch"

	maxMenuDomains = 3 // of all personalised menus together
)

var menuRoutes = []route{
	{method: http.MethodPost, path: menuCreatePath, token: appToken, kinds: oaOnly, handle: jsonBody(createMenu)},
	{method: http.MethodGet, path: menuGetPath, token: appToken, kinds: oaOnly, handle: getMenu},
	{method: http.MethodGet, path: menuDeletePath, token: appToken, kinds: oaOnly, handle: deleteMenu},
	{method: http.MethodGet, path: "/cgi-bin/get_current_selfmenu_info", token: appToken, kinds: oaOnly, handle: currentMenu},
	{method: http.MethodPost, path: menuAddConditionalPath, token: appToken, kinds: oaOnly, handle: jsonBody(addConditionalMenu)},
	{method: http.MethodPost, path: menuDelConditionalPath, token: appToken, kinds: oaOnly, handle: jsonBody(deleteConditionalMenu)},
	{method: http.MethodPost, path: menuTryMatchPath, token: appToken, kinds: oaOnly, handle: jsonBody(tryMatchMenu)},
}

// menuBody is what makes a menu. Each level has a type of its own, for there are two.
type menuBody struct {
	Buttons []struct {
		menuLeaf
		Sub []struct {
			menuLeaf
			Sub []json.RawMessage `json:"sub_button"`
		} `json:"sub_button"`
	} `json:"button"`
	Rule matchRule `json:"matchrule"`
}

// menuLeaf has the fields of all types of buttons.
type menuLeaf struct {
	Type      string `json:"type"`
	Name      string `json:"name"`
	Key       string `json:"key"`
	URL       string `json:"url"`
	AppID     string `json:"appid"`
	PagePath  string `json:"pagepath"`
	MediaID   string `json:"media_id"`
	ArticleID string `json:"article_id"`
}

func (l *menuLeaf) button() MenuButton {
	return MenuButton{
		Name: l.Name, Type: l.Type, Key: l.Key, URL: l.URL, AppID: l.AppID, Page: l.PagePath,
		MediaID: l.MediaID, ArticleID: l.ArticleID,
	}
}

// matchRule says who sees a personalised menu. All but the first two are private data, which WeChat takes no more.
type matchRule struct {
	TagID    loose `json:"tag_id"`
	Platform loose `json:"client_platform_type"`

	Sex      loose `json:"sex"`
	Country  loose `json:"country"`
	Province loose `json:"province"`
	City     loose `json:"city"`
	Language loose `json:"language"`
}

func (r *matchRule) isPrivate() bool { return r.Sex+r.Country+r.Province+r.City+r.Language != "" }

// menuLevel has what differs between the levels of a menu.
type menuLevel struct {
	most        int // buttons
	longestName int // bytes

	count, kind, name, key, url errcode.Code
}

var (
	topLevel = menuLevel{most: 3, longestName: 16, count: errcode.InvalidButtonCount, kind: errcode.InvalidButtonType, name: errcode.InvalidButtonName, key: errcode.InvalidButtonKey, url: errcode.InvalidButtonURL}
	subLevel = menuLevel{most: 5, longestName: 60, count: errcode.InvalidSubButtonCount, kind: errcode.InvalidSubButtonType, name: errcode.InvalidSubButtonName, key: errcode.InvalidSubButtonKey, url: errcode.InvalidSubButtonURL}
)

func (l *menuLevel) checkCount(n int) errcode.Code {
	if n == 0 || n > l.most {
		return l.count
	}
	return 0
}

// menu reads and checks the buttons of a request.
func (c *call) menu(in *menuBody) ([]MenuButton, errcode.Code) {
	if code := topLevel.checkCount(len(in.Buttons)); code != 0 {
		return nil, code
	}
	list := make([]MenuButton, len(in.Buttons))
	for i := range in.Buttons {
		root := &in.Buttons[i]
		b := root.button()
		for j := range root.Sub {
			if len(root.Sub[j].Sub) > 0 {
				return nil, errcode.MenuTooDeep
			}
			b.Buttons = append(b.Buttons, root.Sub[j].button())
		}
		if code := c.checkMenuButton(&b, root.Sub != nil, &topLevel); code != 0 {
			return nil, code
		}
		list[i] = b
	}
	return list, 0
}

// checkMenuButton checks a button with those below it. A sub-menu and a type exclude each other; an empty list beside a
// type is what get gives back.
func (c *call) checkMenuButton(b *MenuButton, hasList bool, level *menuLevel) errcode.Code {
	kind := menuKinds[b.Type]
	switch {
	case b.Name == "" || len(b.Name) > level.longestName:
		return level.name
	case b.Type == "" && hasList:
		return c.checkSubmenu(b.Buttons)
	case kind == nil || kind.check == nil || len(b.Buttons) > 0:
		return level.kind
	}
	return kind.check(c, b, level)
}

func (c *call) checkSubmenu(list []MenuButton) errcode.Code {
	if code := subLevel.checkCount(len(list)); code != 0 {
		return code
	}
	for i := range list {
		if code := c.checkMenuButton(&list[i], false, &subLevel); code != 0 {
			return code
		}
	}
	return 0
}

func createMenu(c *call, in *menuBody) reply {
	if c.app.menus.More.Off {
		return c.fail(errcode.MenuSwitchedOff)
	}
	list, code := c.menu(in)
	if code != 0 {
		return c.fail(code)
	}
	c.app.menus.set(list)
	return c.ok()
}

func deleteMenu(c *call) reply {
	if c.app.menus.byAPI() {
		c.app.menus.clear()
	}
	return c.ok()
}

func addConditionalMenu(c *call, in *menuBody) reply {
	m := &c.app.menus
	switch {
	case m.More.Off:
		return c.fail(errcode.MenuSwitchedOff)
	case !m.byAPI():
		return c.failf(errcode.DefaultMenuMissing, "there is no selfmenu, please create selfmenu first")
	case in.Rule.isPrivate():
		return c.fail(errcode.PrivateMatchRule)
	case in.Rule.TagID == "" && in.Rule.Platform == "":
		return c.fail(errcode.EmptyMatchRule)
	case len(in.Buttons) == 0:
		return c.fail(codeNoConditionalMenu)
	}
	list, code := c.menu(in)
	if code != 0 {
		return c.fail(code)
	}
	added := ConditionalMenu{TagID: in.Rule.TagID.number(), ClientPlatform: in.Rule.Platform.number(), Buttons: list}
	if menuDomains(append(slices.Clone(m.More.Conditionals), added)) > maxMenuDomains {
		return c.fail(errcode.TooManyMenuDomains)
	}
	added.ID = m.nextID()
	m.More.Conditionals = append(m.More.Conditionals, added)
	return c.data(struct {
		ID string `json:"menuid"`
	}{menuIDText(added.ID)})
}

// menuDomains counts the hosts to which menus lead.
func menuDomains(list []ConditionalMenu) int {
	hosts := map[string]bool{}
	for _, m := range list {
		for _, b := range m.Buttons {
			for _, leaf := range append(slices.Clone(b.Buttons), b) {
				if u, err := url.Parse(leaf.URL); err == nil && leaf.URL != "" {
					hosts[u.Hostname()] = true
				}
			}
		}
	}
	return len(hosts)
}

func deleteConditionalMenu(c *call, in *struct {
	ID loose `json:"menuid"`
}) reply {
	m := &c.app.menus
	i := slices.IndexFunc(m.More.Conditionals, func(x ConditionalMenu) bool { return menuIDText(x.ID) == string(in.ID) })
	if i < 0 {
		return c.fail(errcode.ConditionalMenuNotFound)
	}
	m.More.Conditionals = slices.Delete(m.More.Conditionals, i, i+1)
	return c.ok()
}

// tryMatchMenu takes the name of a user for the WeChat ID.
func tryMatchMenu(c *call, in *struct {
	User string `json:"user_id"`
}) reply {
	m := c.w.members[in.User]
	if u := c.w.users[in.User]; u != nil {
		m = u.memberOf[c.app]
	}
	switch {
	case m == nil || m.app != c.app || !m.follows():
		return c.fail(errcode.MenuUserNotFound)
	case !c.app.menus.byAPI():
		return c.fail(errcode.MenuNotFound)
	}
	buttons, _ := c.app.menus.of(m)
	return c.data(shownMenu{Buttons: shownButtons(buttons)})
}

// shownMenu is a menu in an answer of menu/get and its like.
type shownMenu struct {
	Buttons []shownButton `json:"button"`
	Rule    *shownRule    `json:"matchrule,omitempty"`
	ID      int64         `json:"menuid,omitempty"` // a number here, a string elsewhere
}

// shownButton has an empty list even below a leaf.
type shownButton struct {
	shownLeaf
	Sub []shownButton `json:"sub_button"`
}

type shownLeaf struct {
	Type      string `json:"type,omitempty"`
	Name      string `json:"name"`
	Key       string `json:"key,omitempty"`
	URL       string `json:"url,omitempty"`
	AppID     string `json:"appid,omitempty"`
	PagePath  string `json:"pagepath,omitempty"`
	MediaID   string `json:"media_id,omitempty"`
	ArticleID string `json:"article_id,omitempty"`
	Value     string `json:"value,omitempty"`
}

// shownRule gives the tag its old name, and numbers.
type shownRule struct {
	GroupID  int `json:"group_id,omitempty"`
	Platform int `json:"client_platform_type,omitempty"`
}

func (b *MenuButton) shown() shownLeaf {
	return shownLeaf{
		Type: b.kind(), Name: b.Name, Key: b.Key, URL: b.URL, AppID: b.AppID, PagePath: b.Page,
		MediaID: b.MediaID, ArticleID: b.ArticleID, Value: b.Value,
	}
}

func shownButtons(list []MenuButton) []shownButton {
	out := make([]shownButton, len(list))
	for i := range list {
		out[i] = shownButton{list[i].shown(), shownButtons(list[i].Buttons)}
	}
	return out
}

func getMenu(c *call) reply {
	m := &c.app.menus
	if !m.byAPI() {
		return c.failf(errcode.MenuNotFound, "menu no exist")
	}
	var out struct {
		Menu         shownMenu   `json:"menu"`
		Conditionals []shownMenu `json:"conditionalmenu,omitempty"`
	}
	out.Menu.Buttons = shownButtons(m.Buttons)
	for _, x := range m.More.Conditionals {
		out.Menu.ID = m.More.ID
		out.Conditionals = append(out.Conditionals, shownMenu{
			Buttons: shownButtons(x.Buttons), Rule: &shownRule{x.TagID, x.ClientPlatform}, ID: x.ID,
		})
	}
	return c.data(out)
}

// selfButton is a button in the answer about the current menu.
type selfButton struct {
	shownLeaf
	Sub  *selfList[selfButton]  `json:"sub_button,omitempty"`
	News *selfList[selfArticle] `json:"news_info,omitempty"`
}

type selfList[T any] struct {
	List []T `json:"list"`
}

// selfArticle is an article of a "news". Its content is made up.
type selfArticle struct {
	Title      string `json:"title"`
	Author     string `json:"author"`
	Digest     string `json:"digest"`
	ShowCover  int    `json:"show_cover"`
	CoverURL   string `json:"cover_url"`
	ContentURL string `json:"content_url"`
	SourceURL  string `json:"source_url"`
}

func selfButtons(list []MenuButton) []selfButton {
	out := make([]selfButton, len(list))
	for i := range list {
		b := &list[i]
		out[i].shownLeaf = b.shown()
		switch b.kind() {
		case "":
			out[i].Sub = &selfList[selfButton]{selfButtons(b.Buttons)}
		case "news":
			out[i].News = &selfList[selfArticle]{[]selfArticle{{Title: b.Name, ShowCover: 1, ContentURL: articleURL(b.Value)}}}
		}
	}
	return out
}

func currentMenu(c *call) reply {
	var out struct {
		Open int `json:"is_menu_open"`
		Info struct {
			Buttons []selfButton `json:"button"`
		} `json:"selfmenu_info"`
	}
	if !c.app.menus.More.Off {
		out.Open = 1
	}
	out.Info.Buttons = selfButtons(c.app.menus.Buttons)
	return c.data(out)
}

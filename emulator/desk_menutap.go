package emulator

import (
	"crypto/md5" //nolint:gosec // the sum in WeChat's event, which tells pictures apart
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/wechatkit/wechat/errcode"
)

// MenuInput is what a user gives to a button that asks for it.
type MenuInput struct {
	Scan     string     // content of the code that is scanned
	Pictures [][]byte   // taken or picked, in this order
	Place    *MenuPlace // picked on the map
}

// MenuPlace is a place on a map.
type MenuPlace struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Scale     int     `json:"scale"`
	Label     string  `json:"label"` // the address
	Name      string  `json:"name"`  // of the point of interest
}

// MenuOpened is what a tap opens on the phone: a web page, a page of a Mini Program, or nothing.
type MenuOpened struct {
	URL         string           `json:"url,omitempty"`
	MiniProgram *MiniProgramLink `json:"miniProgram,omitempty"`
}

// TapButton taps a button of the menu that this user sees in a service account's chat. path is its name, or for one
// in a sub-menu the name of that and its own. The types "click", "scancode_push" and "scancode_waitmsg" open a
// customer-service window for three messages within a minute, no other type does. A button that asks for something
// needs [User.TapButtonWith]. A tap on a sub-menu opens it and is not pushed.
func (u *User) TapButton(oa *App, path ...string) MenuOpened {
	return u.TapButtonWith(oa, MenuInput{}, path...)
}

// TapButtonWith is [User.TapButton] for a button that scans a code or sends pictures or a place. Pictures and places
// also come as messages of the user, which open the account's 48 hours.
func (u *User) TapButtonWith(oa *App, in MenuInput, path ...string) (opened MenuOpened) {
	u.s.act(func() {
		u.s.mustBe("TapButton", oa, ServiceAccount)
		m := u.chatWith("TapButton", oa)
		buttons, id := oa.menus.of(m)
		b := findButton(buttons, path)
		if b == nil {
			u.s.misuse("TapButton: %s sees no button %q", u.Name, path)
		}
		kind := menuKinds[b.kind()]
		if kind == nil {
			return // a sub-menu
		}
		opened = kind.tap(&menuTap{m, b, in, menuIDText(id)})
	})
	return opened
}

func findButton(list []MenuButton, path []string) *MenuButton {
	for i := range list {
		if len(path) == 0 || list[i].Name != path[0] {
			continue
		}
		if len(path) == 1 {
			return &list[i]
		}
		if b := findButton(list[i].Buttons, path[1:]); b != nil {
			return b
		}
	}
	return nil
}

// TapMenu taps a menu button of type "click" with this key in a service account's chat. It opens a
// short window of three messages. A menu need not have the button, but not another type of button with the key.
func (u *User) TapMenu(oa *App, key string) {
	u.s.act(func() {
		u.s.mustBe("TapMenu", oa, ServiceAccount)
		m := u.chatWith("TapMenu", oa)
		buttons, _ := oa.menus.of(m)
		if b := buttonWithKey(buttons, key); b != nil && b.kind() != "click" {
			u.s.misuse("TapMenu: the button with the key %q is a %s: TapButton taps it", key, b.kind())
		}
		(&menuTap{member: m}).click(key)
	})
}

func buttonWithKey(list []MenuButton, key string) *MenuButton {
	for i := range list {
		if list[i].Key == key && key != "" {
			return &list[i]
		}
		if b := buttonWithKey(list[i].Buttons, key); b != nil {
			return b
		}
	}
	return nil
}

// menuTap is a tap on its way.
type menuTap struct {
	member *member
	button *MenuButton
	input  MenuInput
	menuID string
}

// menuKind is a type of button.
type menuKind struct {
	check func(*call, *MenuButton, *menuLevel) errcode.Code // nil if it is made in the console only
	tap   func(*menuTap) MenuOpened
}

// menuKinds are the types of buttons in WeChat's words. Which of them open a window shows in what their taps call.
var menuKinds = map[string]*menuKind{
	"click":              {checkButtonKey, func(t *menuTap) MenuOpened { t.click(t.button.Key); return MenuOpened{} }},
	"view":               {checkButtonURL, tapView},
	"miniprogram":        {checkButtonMiniProgram, tapMiniProgram},
	"scancode_push":      {checkButtonKey, tapScan},
	"scancode_waitmsg":   {checkButtonKey, tapScan},
	"pic_sysphoto":       {checkButtonKey, tapPictures},
	"pic_photo_or_album": {checkButtonKey, tapPictures},
	"pic_weixin":         {checkButtonKey, tapPictures},
	"location_select":    {checkButtonKey, tapPlace},

	"media_id":             {checkButtonMedia, func(t *menuTap) MenuOpened { return t.send(t.file(t.button.MediaID)) }},
	"view_limited":         {checkButtonMedia, func(t *menuTap) MenuOpened { return MenuOpened{URL: articleURL(t.button.MediaID)} }},
	"article_id":           {checkButtonArticle, tapArticle},
	"article_view_limited": {checkButtonArticle, func(t *menuTap) MenuOpened { return MenuOpened{URL: articleURL(t.button.ArticleID)} }},

	"text":  {nil, func(t *menuTap) MenuOpened { return t.send(Message{Type: "text", Text: t.button.Value}) }},
	"img":   {nil, func(t *menuTap) MenuOpened { return t.send(Message{Type: "image", MediaID: t.button.Value}) }},
	"voice": {nil, func(t *menuTap) MenuOpened { return t.send(Message{Type: "voice", MediaID: t.button.Value}) }},
	"video": {nil, func(t *menuTap) MenuOpened { return t.send(Message{Type: "video", URL: t.button.Value}) }},
	"news":  {nil, func(t *menuTap) MenuOpened { return t.send(Message{Type: "mpnews", MediaID: t.button.Value}) }},
}

func checkButtonKey(_ *call, b *MenuButton, level *menuLevel) errcode.Code {
	if b.Key == "" || len(b.Key) > 128 {
		return level.key
	}
	return 0
}

func checkButtonURL(_ *call, b *MenuButton, level *menuLevel) errcode.Code {
	if b.URL == "" || len(b.URL) > 1024 {
		return level.url
	}
	return 0
}

func checkButtonMiniProgram(c *call, b *MenuButton, level *menuLevel) errcode.Code {
	mini := c.w.apps[b.AppID]
	switch {
	case b.URL == "" || len(b.URL) > 1024:
		return level.url
	case mini == nil || mini.Kind != MiniProgram:
		return errcode.MiniProgramNotLinked
	case !c.app.identity.Linked[b.AppID]:
		return errcode.MenuMiniProgramNotLinked
	}
	return 0
}

func checkButtonMedia(c *call, b *MenuButton, _ *menuLevel) errcode.Code {
	if c.material(b.MediaID) == nil {
		return errcode.InvalidMediaID
	}
	return 0
}

// checkButtonArticle takes any article for published: there is no publishing here.
func checkButtonArticle(_ *call, b *MenuButton, _ *menuLevel) errcode.Code {
	if b.ArticleID == "" {
		return errcode.InvalidArticleID
	}
	return 0
}

// openWindow is for the taps that are a menu's in the sense of customer-service messages.
func (t *menuTap) openWindow() { t.member.open(tappedMenu, t.member.app.s.world.clock.now()) }

func (t *menuTap) click(key string) {
	t.openWindow()
	t.member.pushEvent("CLICK", true, field{"EventKey", key})
}

func tapView(t *menuTap) MenuOpened {
	t.member.pushEvent("VIEW", false, field{"EventKey", t.button.URL}, field{"MenuId", digits(t.menuID)})
	return MenuOpened{URL: t.button.URL}
}

func tapMiniProgram(t *menuTap) MenuOpened {
	t.member.pushEvent("view_miniprogram", false, field{"EventKey", t.button.Page}, field{"MenuId", digits(t.menuID)})
	return MenuOpened{MiniProgram: &MiniProgramLink{AppID: t.button.AppID, Page: t.button.Page}}
}

// need reports a tap that lacks what the button asks for.
func (t *menuTap) need(given bool, what string) {
	if !given {
		t.member.app.s.misuse("TapButton: the button %q is a %s: MenuInput.%s is empty", t.button.Name, t.button.kind(), what)
	}
}

func tapScan(t *menuTap) MenuOpened {
	t.need(t.input.Scan != "", "Scan")
	t.openWindow()
	t.member.pushEvent(t.button.Type, true, field{"EventKey", t.button.Key},
		field{"ScanCodeInfo", fields{{"ScanType", "qrcode"}, {"ScanResult", t.input.Scan}}})
	if strings.HasPrefix(t.input.Scan, "http://") || strings.HasPrefix(t.input.Scan, "https://") {
		return MenuOpened{URL: t.input.Scan}
	}
	return MenuOpened{}
}

func tapPictures(t *menuTap) MenuOpened {
	t.need(len(t.input.Pictures) > 0, "Pictures")
	var sums fields
	for _, data := range t.input.Pictures {
		sum := md5.Sum(data)
		sums = append(sums, field{"item", fields{{"PicMd5Sum", hex.EncodeToString(sum[:])}}})
	}
	t.member.pushEvent(t.button.Type, true, field{"EventKey", t.button.Key},
		field{"SendPicsInfo", fields{{"Count", int64(len(sums))}, {"PicList", sums}}})
	for i, data := range t.input.Pictures {
		t.member.user.picture("TapButton", t.member.app, fmt.Sprintf("picture%d.jpg", i+1), data)
	}
	return MenuOpened{}
}

func tapPlace(t *menuTap) MenuOpened {
	t.need(t.input.Place != nil, "Place")
	p := t.input.Place
	degrees := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	at := fields{
		{"Location_X", degrees(p.Latitude)}, {"Location_Y", degrees(p.Longitude)}, {"Scale", strconv.Itoa(p.Scale)}, {"Label", p.Label},
	}
	t.member.pushEvent(t.button.Type, true, field{"EventKey", t.button.Key},
		field{"SendLocationInfo", append(at[:len(at):len(at)], field{"Poiname", p.Name})})
	t.member.user.say("TapButton", t.member.app, Message{Type: "location", Title: p.Name, Text: p.Label}, at...)
	return MenuOpened{}
}

func tapArticle(t *menuTap) MenuOpened {
	return t.send(Message{Type: "mpnewsarticle", MediaID: t.button.ArticleID, URL: articleURL(t.button.ArticleID)})
}

// file is the message with permanent material of the account.
func (t *menuTap) file(mediaID string) Message {
	out := Message{Type: "image", MediaID: mediaID}
	if m := t.member.app.s.world.media.get(mediaID); m != nil {
		out.Type = m.Kind
	}
	return out
}

// send has the platform send a message, which costs the account nothing and is not pushed.
func (t *menuTap) send(shown Message) MenuOpened {
	a := t.member.app
	shown.Time, shown.Place, shown.AppID, shown.From = a.s.world.clock.now(), Chat, a.AppID, a.Name
	t.member.user.receive(shown)
	return MenuOpened{}
}

// articleURL is made up: nothing is behind it.
func articleURL(id string) string { return "https://mp.weixin.qq.com/s/" + id }

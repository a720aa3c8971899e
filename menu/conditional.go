package menu

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// Conditional is a personalised menu (个性化菜单): the menu of those followers that its rule names. Of several the newest
// whose rule fits counts; who fits none has the default menu.
type Conditional struct {
	ID   string // menuid, given by WeChat
	Rule Rule
	Menu Menu
}

// Equal reports whether both have the same menu and the same rule, whatever their ids.
func (c *Conditional) Equal(other *Conditional) bool {
	if c == nil || other == nil {
		return c == other
	}
	return c.Rule == other.Rule && c.Menu.Equal(other.Menu)
}

// Rule says who has a personalised menu (matchrule). All fields that are set must fit, and one must be set.
type Rule struct {
	TagID  int            // of a tag (标签); of several that a user has, the one given last counts; 0 is any or none
	Client ClientPlatform // what the user's WeChat runs on; 0 is any

	// What follows is private data of users. WeChat refuses it since the end of 2021 ([errcode.PrivateMatchRule]); a menu
	// of older days that has it fits nobody. It is here because reads still show it.
	Sex, Country, Province, City, Language string
}

// ClientPlatform is what a user's WeChat runs on (client_platform_type).
type ClientPlatform int

// The platforms.
const (
	IOS            ClientPlatform = 1
	Android        ClientPlatform = 2
	OtherPlatforms ClientPlatform = 3
)

// private lists the fields that are not to be sent any more.
func (r *Rule) private() []part {
	return []part{
		{"Sex", "sex", r.Sex, 0}, {"Country", "country", r.Country, 0}, {"Province", "province", r.Province, 0},
		{"City", "city", r.City, 0}, {"Language", "language", r.Language, 0},
	}
}

// appendJSON writes the numbers as the samples do, in strings.
func (r *Rule) appendJSON(dst []byte) []byte {
	o := rest.NewObject(dst)
	o.Optional("tag_id", numeral(r.TagID))
	o.Optional("client_platform_type", numeral(int(r.Client)))
	for _, p := range r.private() {
		o.Optional(p.key, p.value)
	}
	return o.Close()
}

func numeral(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// wireConditional is a personalised menu as menu/get shows it: with the old name of the tag, and with numbers for what is
// sent as strings.
type wireConditional struct {
	Buttons buttons        `json:"button"`
	ID      lenient.String `json:"menuid"`
	Rule    struct {
		TagID    lenient.Int64  `json:"tag_id"`
		GroupID  lenient.Int64  `json:"group_id"`
		Client   lenient.Int64  `json:"client_platform_type"`
		Sex      lenient.String `json:"sex"`
		Country  lenient.String `json:"country"`
		Province lenient.String `json:"province"`
		City     lenient.String `json:"city"`
		Language lenient.String `json:"language"`
	} `json:"matchrule"`
}

func (w *wireConditional) conditional() *Conditional {
	r := &w.Rule
	return &Conditional{ID: string(w.ID), Menu: Menu(w.Buttons), Rule: Rule{
		TagID: int(cmp.Or(r.TagID, r.GroupID)), Client: ClientPlatform(r.Client), Sex: string(r.Sex),
		Country: string(r.Country), Province: string(r.Province), City: string(r.City), Language: string(r.Language),
	}}
}

// AddConditional adds a personalised menu (创建个性化菜单), which from then on is the newest, and returns its id. m.ID
// does not count. The account needs a default menu first ([errcode.DefaultMenuMissing]). Nothing can be changed: add
// another one, then delete the old one.
//
// Errors are those of [Client.Create], and [errcode.EmptyMatchRule], [errcode.PrivateMatchRule],
// [errcode.TooManyConditionalMenus], [errcode.TooManyMenuDomains] (all personalised menus together lead to three domains),
// [errcode.ConditionalMenusNotPermitted], [errcode.ConditionalMenusSwitchedOff].
//
// A second call makes a second menu, so it is not repeated where the first one may have arrived: such an error matches
// [wechat.ErrOutcomeUnknown], and [Client.Get] shows what became of it.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/custommenu/api_addconditionalmenu
//
//wechat:endpoint POST /cgi-bin/menu/addconditional
//wechat:account official-account
func (c *Client) AddConditional(ctx context.Context, m *Conditional) (id string, err error) {
	if err := m.check(c.core.Checks()); err != nil {
		return "", err
	}
	var out struct {
		ID lenient.String `json:"menuid"`
	}
	err = c.core.Call(ctx, wechat.Call{
		Op: "menu.AddConditional", Method: http.MethodPost, Path: "/cgi-bin/menu/addconditional",
		In: request{m.Menu, &m.Rule}, Out: rest.Needs(&out, "menuid"),
	})
	return string(out.ID), err
}

func (c *Conditional) check(rules bool) error {
	if c == nil {
		return fieldErrorf("Conditional", "nil")
	}
	if err := c.Menu.check("Menu", rules); err != nil || !rules {
		return err
	}
	return c.Rule.check()
}

// DeleteConditional deletes a personalised menu (删除个性化菜单). [errcode.ConditionalMenuNotFound] says that it is gone
// already, or never was.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/custommenu/api_deleteconditionalmenu
//
//wechat:endpoint POST /cgi-bin/menu/delconditional
//wechat:account official-account
func (c *Client) DeleteConditional(ctx context.Context, id string) error {
	if c.core.Checks() && id == "" {
		return fieldErrorf("ID", "empty")
	}
	in := struct {
		ID string `json:"menuid"`
	}{id}
	return c.core.Call(ctx, wechat.Call{
		Op: "menu.DeleteConditional", Method: http.MethodPost, Path: "/cgi-bin/menu/delconditional",
		In: in, Effect: wechat.Idempotent,
	})
}

// TryMatch returns the menu that a follower sees (测试个性化菜单匹配结果). user is an OpenID or a WeChat ID (微信号).
// [errcode.MenuUserNotFound] says that nobody of that name follows the account.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/en/api/custommenu/api_trymatchmenu
//
//wechat:endpoint POST /cgi-bin/menu/trymatch
//wechat:account official-account
func (c *Client) TryMatch(ctx context.Context, user string) (Menu, error) {
	if c.core.Checks() && user == "" {
		return nil, fieldErrorf("User", "empty")
	}
	in := struct {
		User string `json:"user_id"`
	}{user}
	var out struct {
		Buttons buttons `json:"button"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "menu.TryMatch", Method: http.MethodPost, Path: "/cgi-bin/menu/trymatch",
		In: in, Out: rest.Needs(&out, "button"), Effect: wechat.ReadOnly,
	})
	return Menu(out.Buttons), err
}

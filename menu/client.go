package menu

import (
	"context"
	"errors"
	"net/http"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// Client makes the calls of this package for one official account. It is safe for concurrent use.
type Client struct {
	core *wechat.Client
}

// New returns a Client that calls through c, which must be an official account's: a Mini Program gets
// [errcode.APIUnauthorized].
func New(c *wechat.Client) *Client { return &Client{core: c} }

// Create makes m the default menu of the account (创建自定义菜单), in place of the one before, whoever made that. A menu
// that was made in the console ends with it. Personalised menus stay.
//
// Errors name the level: [errcode.InvalidButtonName] is about the first one, [errcode.InvalidSubButtonName] about the
// second, and so on for types, keys, URLs and numbers of buttons. A Mini Program must be linked
// ([errcode.MenuMiniProgramNotLinked], [errcode.MiniProgramNotLinked]) and the account verified
// ([errcode.ButtonTypeNotPermitted]). [errcode.MenuSwitchedOff] comes for a moment after [Client.Delete], and for as long
// as the menu is switched off in the console. Others: [errcode.InvalidMediaID], [errcode.InvalidArticleID].
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/custommenu/api_createcustommenu
//
//wechat:endpoint POST /cgi-bin/menu/create
//wechat:account official-account
func (c *Client) Create(ctx context.Context, m Menu) error {
	if err := m.check("Menu", c.core.Checks()); err != nil {
		return err
	}
	return c.core.Call(ctx, wechat.Call{
		Op: "menu.Create", Method: http.MethodPost, Path: "/cgi-bin/menu/create",
		In: request{menu: m}, Effect: wechat.Idempotent,
	})
}

// Update makes m the default menu unless it is that already, and reports whether it was not. It may be called at every
// start of a program. Its errors are those of [Client.Get], without [errcode.MenuNotFound], and of [Client.Create].
//
// It compares what was set by the API. That a menu is switched off in the console shows in [Client.Current] only.
func (c *Client) Update(ctx context.Context, m Menu) (changed bool, err error) {
	if err := m.check("Menu", c.core.Checks()); err != nil {
		return false, err
	}
	have, err := c.Get(ctx)
	switch {
	case errors.Is(err, errcode.MenuNotFound):
		have = &Menus{}
	case err != nil:
		return false, err
	}
	if have.Default.Equal(m) {
		return false, nil
	}
	return true, c.Create(ctx, m)
}

// Menus are the menus of an account that were made by the API.
type Menus struct {
	Default     Menu
	ID          string         // of the default menu (menuid); "" as a rule where there are no personalised ones
	Conditional []*Conditional // personalised menus, in WeChat's order
}

// Get returns the menus that were made by the API (获取自定义菜单配置), the default one and the personalised ones.
// [errcode.MenuNotFound] says that there are none. What was made in the console is in [Client.Current].
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/custommenu/api_getmenu
//
//wechat:endpoint GET /cgi-bin/menu/get
//wechat:account official-account
func (c *Client) Get(ctx context.Context) (*Menus, error) {
	var out struct {
		Menu struct {
			Buttons buttons        `json:"button"`
			ID      lenient.String `json:"menuid"`
		} `json:"menu"`
		Conditional lenient.List[*wireConditional] `json:"conditionalmenu"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "menu.Get", Method: http.MethodGet, Path: "/cgi-bin/menu/get",
		Out: rest.NeedsAny(&out, "menu", "conditionalmenu"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	menus := &Menus{Default: Menu(out.Menu.Buttons), ID: string(out.Menu.ID)}
	for _, w := range out.Conditional {
		if w != nil {
			menus.Conditional = append(menus.Conditional, w.conditional())
		}
	}
	return menus, nil
}

// Current is the menu in use, whoever made it.
type Current struct {
	Open bool // the menu is switched on in the console
	Menu Menu
}

// Current returns the default menu in use (查询自定义菜单信息), also one that was made in the console, and whether it is
// switched on. It does not show personalised menus. Accounts that are not verified may call it, too.
//
// The media ids of the console's pictures, voices and videos are temporary and new each time. Whether WeChat shows all
// fields of a [MiniProgram] here is not documented; compare with what [Client.Get] returns.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/custommenu/api_getcurrentselfmenuinfo.md
//
//wechat:endpoint GET /cgi-bin/get_current_selfmenu_info
//wechat:account official-account
func (c *Client) Current(ctx context.Context) (*Current, error) {
	var out struct {
		Open lenient.Bool `json:"is_menu_open"`
		Info struct {
			Buttons buttons `json:"button"`
		} `json:"selfmenu_info"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "menu.Current", Method: http.MethodGet, Path: "/cgi-bin/get_current_selfmenu_info",
		Out: rest.NeedsAny(&out, "is_menu_open", "selfmenu_info"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return &Current{Open: bool(out.Open), Menu: Menu(out.Info.Buttons)}, nil
}

// Delete removes the default menu and with it all personalised menus (删除自定义菜单). Before a [Client.Create] it is not
// necessary, and does harm: see the package comment.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/custommenu/api_deletemenu
//
//wechat:endpoint GET /cgi-bin/menu/delete
//wechat:account official-account
func (c *Client) Delete(ctx context.Context) error {
	return c.core.Call(ctx, wechat.Call{
		Op: "menu.Delete", Method: http.MethodGet, Path: "/cgi-bin/menu/delete", Effect: wechat.Idempotent,
	})
}

// request writes the body that makes a menu.
type request struct {
	menu Menu
	rule *Rule // of a personalised menu
}

// AppendJSON implements rest.Appender.
func (r request) AppendJSON(dst []byte) []byte {
	o := rest.NewObject(dst)
	o.Key("button").Value(r.menu.appendJSON)
	if r.rule != nil {
		o.Key("matchrule").Value(r.rule.appendJSON)
	}
	return o.Close()
}

package customerservice

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"regexp"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// mostBusinesses is how many sub-merchants one page lists.
const mostBusinesses = 200

// NewBusiness is a sub-merchant to register. All but ToCommon is needed.
type NewBusiness struct {
	Account     string // 6 to 30 letters, digits and underscores; can be used once
	Nickname    string // what users see: 4 to 30 letters, digits and Chinese characters, of which each counts two
	IconMediaID string // of a temporary image
	// ToCommon forwards the sub-merchant's messages to the account's own agents too. Only then do the calls
	// for agents work after [Client.ForBusiness].
	ToCommon bool
}

// RegisterBusiness adds a sub-merchant with a chat of its own (客服子商户创建商户) and returns its id for
// [Client.ForBusiness], for Mini Programs that are e-commerce platforms. A Mini Program has up to 500.
//
// Errors: [errcode.InvalidMediaType] and [errcode.InvalidMediaID] for the icon, [errcode.BusinessExists],
// [errcode.TooManyBusinesses], [errcode.InvalidBusinessNickname], [errcode.ForbiddenBusinessNickname],
// [errcode.InvalidBusinessAccount].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/kf-mgnt/kf-management/api_registerbusiness
//
//wechat:endpoint POST /cgi-bin/business/register
//wechat:account mini-program
func (c *Client) RegisterBusiness(ctx context.Context, b *NewBusiness) (id string, err error) {
	if b == nil {
		return "", fieldError("NewBusiness", "nil")
	}
	if c.core.Checks() {
		if err := b.check(); err != nil {
			return "", err
		}
	}
	in := struct {
		Account     string `json:"account_name"`
		Nickname    string `json:"nickname"`
		IconMediaID string `json:"icon_media_id"`
		ToCommon    bool   `json:"transfer_to_commkf,omitempty"`
	}(*b)
	var answer struct {
		ID lenient.String `json:"business_id"`
	}
	err = c.core.Call(ctx, wechat.Call{
		Op: "customerservice.RegisterBusiness", Method: http.MethodPost, Path: "/cgi-bin/business/register",
		In: in, Out: rest.Needs(&answer, "business_id"),
	})
	return string(answer.ID), err
}

var businessAccount = regexp.MustCompile(`^[A-Za-z0-9_]{6,30}$`)

func (b *NewBusiness) check() error {
	if err := firstEmpty("Account", b.Account, "Nickname", b.Nickname, "IconMediaID", b.IconMediaID); err != nil {
		return err
	}
	if !businessAccount.MatchString(b.Account) {
		return fieldError("Account", "not 6 to 30 letters, digits and underscores")
	}
	return checkBusinessName(b.Nickname)
}

// checkBusinessName counts as WeChat does: Chinese characters are two wide. They begin with the radicals.
func checkBusinessName(name string) error {
	const least, most = 4, 30
	width := 0
	for _, r := range name {
		width++
		if r >= '⺀' {
			width++
		}
	}
	if width < least || width > most {
		return fieldError("Nickname", fmt.Sprintf("%d characters wide, allowed are %d to %d", width, least, most))
	}
	return nil
}

// BusinessUpdate changes a sub-merchant. What is empty stays as it is; ID is needed.
type BusinessUpdate struct {
	ID          string
	Nickname    string
	IconMediaID string // of a temporary image
}

// UpdateBusiness changes a sub-merchant's nickname or icon (客服子商户更新商户信息), for Mini Programs.
//
// Errors are those of [Client.RegisterBusiness], and [errcode.BusinessNotFound].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/kf-mgnt/kf-management/api_updatebusiness
//
//wechat:endpoint POST /cgi-bin/business/update
//wechat:account mini-program
func (c *Client) UpdateBusiness(ctx context.Context, u *BusinessUpdate) error {
	if u == nil {
		return fieldError("BusinessUpdate", "nil")
	}
	if err := c.needTexts("ID", u.ID); err != nil {
		return err
	}
	if u.Nickname != "" && c.core.Checks() {
		if err := checkBusinessName(u.Nickname); err != nil {
			return err
		}
	}
	in := struct {
		ID          string `json:"business_id"`
		Nickname    string `json:"nickname,omitempty"`
		IconMediaID string `json:"icon_media_id,omitempty"`
	}(*u)
	return c.core.Call(ctx, wechat.Call{
		Op: "customerservice.UpdateBusiness", Method: http.MethodPost, Path: "/cgi-bin/business/update",
		In: in, Effect: wechat.Idempotent,
	})
}

// Business is a sub-merchant (客服子商户).
type Business struct {
	ID       string
	Account  string
	Nickname string
	// IconURL is the picture's address, IconMediaID its media id. WeChat's table has the one, its samples the
	// other.
	IconURL     string
	IconMediaID string
}

type wireBusiness struct {
	ID          lenient.String `json:"business_id"`
	Account     lenient.String `json:"account_name"`
	Nickname    lenient.String `json:"nickname"`
	IconURL     lenient.String `json:"icon_url"`
	IconMediaID lenient.String `json:"icon_media_id"`
}

func (w *wireBusiness) business() *Business {
	return &Business{
		ID: string(w.ID), Account: string(w.Account), Nickname: string(w.Nickname),
		IconURL: string(w.IconURL), IconMediaID: string(w.IconMediaID),
	}
}

// businessRef names a sub-merchant by one of the two.
type businessRef struct {
	ID      string `json:"business_id,omitempty" field:"id"`
	Account string `json:"account_name,omitempty" field:"account"`
}

// Business finds a sub-merchant by its id (客服子商户拉取单个商户信息), for Mini Programs. An unknown one gives
// [errcode.BusinessNotFound].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/kf-mgnt/kf-management/api_getbusiness
//
//wechat:endpoint POST /cgi-bin/business/get
//wechat:account mini-program
func (c *Client) Business(ctx context.Context, id string) (*Business, error) {
	if err := c.needTexts("id", id); err != nil {
		return nil, err
	}
	return c.business(ctx, "customerservice.Business", businessRef{ID: id})
}

// BusinessByAccount finds a sub-merchant by the account name that it was registered with, like
// [Client.Business] (客服子商户拉取单个商户信息), for Mini Programs.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/kf-mgnt/kf-management/api_getbusiness
//
//wechat:endpoint POST /cgi-bin/business/get
//wechat:account mini-program
func (c *Client) BusinessByAccount(ctx context.Context, account string) (*Business, error) {
	if err := c.needTexts("account", account); err != nil {
		return nil, err
	}
	return c.business(ctx, "customerservice.BusinessByAccount", businessRef{Account: account})
}

func (c *Client) business(ctx context.Context, op string, ref businessRef) (*Business, error) {
	var answer struct {
		Info wireBusiness `json:"business_info"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: op, Method: http.MethodPost, Path: "/cgi-bin/business/get",
		In: ref, Out: rest.Needs(&answer, "business_info"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return answer.Info.business(), nil
}

// BusinessQuery chooses sub-merchants. Nil asks for all.
type BusinessQuery struct {
	Offset   int // how many to pass over
	PageSize int // sub-merchants on a page, 1 to 200; 0 means 200
}

// BusinessPage is a page of sub-merchants. One that is not full is the last.
type BusinessPage struct {
	Businesses []*Business
}

// BusinessesPage lists a page of the sub-merchants (客服子商户拉取多个商户信息), for Mini Programs. [Client.Businesses] walks
// through all pages.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/kf-mgnt/kf-management/api_listbusiness
//
//wechat:endpoint POST /cgi-bin/business/list
//wechat:account mini-program
func (c *Client) BusinessesPage(ctx context.Context, q *BusinessQuery) (*BusinessPage, error) {
	if q == nil {
		q = &BusinessQuery{}
	}
	if c.core.Checks() {
		switch {
		case q.Offset < 0:
			return nil, fieldError("Offset", fmt.Sprintf("%d is negative", q.Offset))
		case q.PageSize < 0 || q.PageSize > mostBusinesses:
			return nil, fieldError("PageSize", fmt.Sprintf("%d, allowed are 1 to %d", q.PageSize, mostBusinesses))
		}
	}
	in := struct {
		Offset int `json:"offset"`
		Count  int `json:"count"`
	}{q.Offset, q.count()}
	var answer struct {
		List lenient.List[wireBusiness] `json:"list"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "customerservice.Businesses", Method: http.MethodPost, Path: "/cgi-bin/business/list",
		In: in, Out: rest.NeedsAny(&answer, "list"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	list := make([]*Business, len(answer.List))
	for i := range answer.List {
		list[i] = answer.List[i].business()
	}
	return &BusinessPage{Businesses: list}, nil
}

// Businesses lists the sub-merchants from q.Offset to the end, page by page of q.PageSize; q is copied. The
// iteration ends after an error.
func (c *Client) Businesses(ctx context.Context, q *BusinessQuery) iter.Seq2[*Business, error] {
	var first BusinessQuery
	if q != nil {
		first = *q
	}
	return func(yield func(*Business, error) bool) {
		var seen Business // the first one of the page before
		for at := first; ; {
			page, err := c.BusinessesPage(ctx, &at)
			if err != nil {
				yield(nil, err)
				return
			}
			list := page.Businesses
			if len(list) > 0 && *list[0] == seen {
				yield(nil, errStuck("customerservice.Businesses"))
				return
			}
			for _, b := range list {
				if !yield(b, nil) {
					return
				}
			}
			if len(list) < at.count() {
				return
			}
			seen = *list[0]
			at.Offset += len(list)
		}
	}
}

// errStuck ends a walk whose next page would be the same one again, and so on for ever.
func errStuck(op string) error { return errors.New(op + ": WeChat gave the same page again") }

func (q *BusinessQuery) count() int {
	if q.PageSize == 0 {
		return mostBusinesses
	}
	return q.PageSize
}

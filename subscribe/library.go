package subscribe

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// Category is one of the account's categories (类目), to which the titles of the library belong.
type Category struct {
	ID   string
	Name string
}

// Categories lists the account's categories (获取小程序账号的类目). It serves Mini Programs and verified
// service accounts.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-message-management/subscribe-message/api_getcategory.html
//
//wechat:endpoint GET /wxaapi/newtmpl/getcategory
//wechat:account mini-program service-account
func (c *Client) Categories(ctx context.Context) ([]*Category, error) {
	var out struct {
		Data lenient.List[*wireCategory] `json:"data"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "subscribe.Categories", Method: http.MethodGet, Path: "/wxaapi/newtmpl/getcategory",
		Out: rest.NeedsAny(&out, "errcode", "data"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return convert(out.Data, (*wireCategory).category), nil
}

type wireCategory struct {
	ID   lenient.String `json:"id"`
	Name lenient.String `json:"name"`
}

func (w *wireCategory) category() *Category {
	return &Category{ID: string(w.ID), Name: string(w.Name)}
}

// Title is one entry of the template library (公共模板库). With a choice of its keywords it makes a template.
type Title struct {
	ID         string // tid
	Title      string
	Kind       Kind
	CategoryID string
}

// TitleQuery chooses titles of the library.
type TitleQuery struct {
	CategoryIDs []string // one or more of [Client.Categories]
	Offset      int      // how many titles to pass over
	PageSize    int      // titles on a page, 1 to 30; 0 means 30
}

// TitlePage is one page of titles.
type TitlePage struct {
	Total  int // titles in all pages
	Titles []*Title
}

const mostTitles = 30

// TitlesPage returns one page of the library's titles (获取所属类目下的公共模板). It serves Mini Programs and
// verified service accounts. [Client.Titles] walks all pages.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-message-management/subscribe-message/api_getpubnewtemplatetitles.html
//
//wechat:endpoint GET /wxaapi/newtmpl/getpubtemplatetitles
//wechat:account mini-program service-account
func (c *Client) TitlesPage(ctx context.Context, q *TitleQuery) (*TitlePage, error) {
	if err := q.check(c.core.Checks()); err != nil {
		return nil, err
	}
	var out struct {
		Total lenient.Int64            `json:"count"`
		Data  lenient.List[*wireTitle] `json:"data"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "subscribe.Titles", Method: http.MethodGet, Path: "/wxaapi/newtmpl/getpubtemplatetitles",
		Query: q.values(), Out: rest.NeedsAny(&out, "errcode", "data"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return &TitlePage{Total: int(out.Total), Titles: convert(out.Data, (*wireTitle).title)}, nil
}

// wireTitle has ids that are numbers in one sample and strings in the next.
type wireTitle struct {
	ID         lenient.String `json:"tid"`
	Title      lenient.String `json:"title"`
	Kind       lenient.Int64  `json:"type"`
	CategoryID lenient.String `json:"categoryId"`
}

func (w *wireTitle) title() *Title {
	return &Title{ID: string(w.ID), Title: string(w.Title), Kind: Kind(w.Kind), CategoryID: string(w.CategoryID)}
}

func (q *TitleQuery) check(rules bool) error {
	switch {
	case q == nil:
		return fieldError("TitleQuery", "nil")
	case !rules:
		return nil
	case len(q.CategoryIDs) == 0:
		return fieldError("CategoryIDs", "empty")
	case slices.Contains(q.CategoryIDs, ""):
		return fieldError("CategoryIDs", "one is empty")
	case q.Offset < 0:
		return fieldError("Offset", fmt.Sprintf("%d is negative", q.Offset))
	case q.PageSize < 0 || q.PageSize > mostTitles:
		return fieldError("PageSize", fmt.Sprintf("%d, allowed are 1 to %d", q.PageSize, mostTitles))
	}
	return nil
}

func (q *TitleQuery) pageSize() int {
	if q.PageSize == 0 {
		return mostTitles
	}
	return q.PageSize
}

func (q *TitleQuery) values() url.Values {
	return url.Values{
		"ids":   {strings.Join(q.CategoryIDs, ",")},
		"start": {strconv.Itoa(q.Offset)},
		"limit": {strconv.Itoa(q.pageSize())},
	}
}

// Titles walks the titles of the library from q.Offset on, page by page as [Client.TitlesPage] returns them.
// It ends after the last title, after an error, or when the loop is left; q is copied.
func (c *Client) Titles(ctx context.Context, q *TitleQuery) iter.Seq2[*Title, error] {
	var from TitleQuery
	if q != nil {
		from = *q
		from.CategoryIDs = slices.Clone(q.CategoryIDs)
	}
	return func(yield func(*Title, error) bool) {
		next := from
		var seen Title // the first one of the page before
		for {
			page, err := c.TitlesPage(ctx, &next)
			if err != nil {
				yield(nil, err)
				return
			}
			if len(page.Titles) == 0 {
				return
			}
			if *page.Titles[0] == seen {
				yield(nil, errSamePage)
				return
			}
			seen = *page.Titles[0]
			for _, t := range page.Titles {
				if !yield(t, nil) {
					return
				}
			}
			next.Offset += len(page.Titles)
			if page.Total > 0 && next.Offset >= page.Total {
				return
			}
		}
	}
}

// errSamePage ends a walk that would not.
var errSamePage = errors.New("subscribe.Titles: WeChat gave the same page again")

// TitleKeyword is a keyword that a title offers.
type TitleKeyword struct {
	ID      int // kid, for [NewTemplate]
	Name    string
	Example string
	Type    KeywordType // the type that its key will have (rule)
}

// TitleKeywords lists the keywords that a title of the library offers (获取关键词列表). It serves Mini
// Programs and verified service accounts. An unknown title is [errcode.InvalidTitleID].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-message-management/subscribe-message/api_getpubnewtemplatekeywords.html
//
//wechat:endpoint GET /wxaapi/newtmpl/getpubtemplatekeywords
//wechat:account mini-program service-account
func (c *Client) TitleKeywords(ctx context.Context, titleID string) ([]*TitleKeyword, error) {
	if c.core.Checks() && titleID == "" {
		return nil, fieldError("TitleID", "empty")
	}
	var out struct {
		Data lenient.List[*wireTitleKeyword] `json:"data"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "subscribe.TitleKeywords", Method: http.MethodGet, Path: "/wxaapi/newtmpl/getpubtemplatekeywords",
		Query: url.Values{"tid": {titleID}}, Out: rest.NeedsAny(&out, "errcode", "data"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return convert(out.Data, (*wireTitleKeyword).keyword), nil
}

type wireTitleKeyword struct {
	ID      lenient.Int64  `json:"kid"`
	Name    lenient.String `json:"name"`
	Example lenient.String `json:"example"`
	Type    lenient.String `json:"rule"`
}

func (w *wireTitleKeyword) keyword() *TitleKeyword {
	return &TitleKeyword{ID: int(w.ID), Name: string(w.Name), Example: string(w.Example), Type: KeywordType(w.Type)}
}

package links

import (
	"context"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// ShortLink is a link that opens within WeChat only. Page is needed.
type ShortLink struct {
	Page  string // with its query: "pages/order?id=7"; no leading slash, up to 1024 characters
	Title string // cut after 20 characters
	// Permanent makes a link that does not end, of which a Mini Program has 100,000. The others end after 30
	// days.
	Permanent bool
}

// GenerateShortLink makes a short link for a Mini Program of a company or organisation, "#小程序://…", to be
// put into texts within WeChat. Nowhere else does it open.
//
// 10,000,000 a day. Errors: [errcode.InvalidURL] for a page that the published version does not have,
// [errcode.InvalidPageTitle], [errcode.LongLivedLinksUsedUp], [errcode.DayQuotaReached]. A permanent link is
// not repeated when its outcome is unknown.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/qrcode-link/short-link/api_generateshortlink
//
//wechat:endpoint POST /wxa/genwxashortlink
//wechat:account mini-program
func (c *Client) GenerateShortLink(ctx context.Context, l *ShortLink) (string, error) {
	if err := l.check(c.core.Checks()); err != nil {
		return "", err
	}
	in := struct {
		Page      string `json:"page_url"`
		Title     string `json:"page_title,omitempty"`
		Permanent bool   `json:"is_permanent,omitempty"`
	}{l.Page, l.Title, l.Permanent}
	var answer struct {
		Link lenient.String `json:"link"`
	}
	call := wechat.Call{
		Op: "links.GenerateShortLink", Method: http.MethodPost, Path: "/wxa/genwxashortlink",
		In: in, Out: rest.Needs(&answer, "link"), Effect: wechat.Idempotent,
	}
	if l.Permanent {
		call.Effect = wechat.NonIdempotent
	}
	err := c.core.Call(ctx, call)
	return string(answer.Link), err
}

func (l *ShortLink) check(rules bool) error {
	switch {
	case l == nil:
		return fieldErrorf("ShortLink", "nil")
	case !rules:
		return nil
	case l.Page == "":
		return fieldErrorf("Page", "empty")
	case utf8.RuneCountInString(l.Page) > longestPath:
		return fieldErrorf("Page", "%d characters, limit %d", utf8.RuneCountInString(l.Page), longestPath)
	}
	page, _, _ := strings.Cut(l.Page, "?")
	return checkRelative(page)
}

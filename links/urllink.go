package links

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// URLLink is a web link to the Mini Program. One of Lifetime and ExpiresAt is needed.
type URLLink struct {
	Page    string                    // page of the published version, without a query; "" is the home page
	Query   string                    // such as "id=77&from=sms"; up to 1024 characters, percent-encoded where need be
	Version wechat.MiniProgramVersion // "" means the published one

	// Lifetime is 1 to 30 whole days of 24 hours; ExpiresAt is a moment up to 30 days ahead. WeChat refuses
	// one less than a minute ahead, and its clock is not yours.
	Lifetime  time.Duration
	ExpiresAt time.Time

	CloudBase *CloudBase // a page of one's own in place of WeChat's intermediate page; nil for none
}

// CloudBase is a page in WeChat's cloud development (云开发) that a URL Link shows before the Mini Program
// opens. Env is needed.
type CloudBase struct {
	Env           string `json:"env"`
	Domain        string `json:"domain,omitempty"`
	Path          string `json:"path,omitempty"`
	Query         string `json:"query,omitempty"`
	ResourceAppID string `json:"resource_appid,omitempty"` // for third-party platforms
}

// GenerateURLLink makes a URL Link, "https://wxaurl.cn/…", for a Mini Program of a company or organisation. It
// opens the Mini Program from SMS, mail, web pages and WeChat. Many users may open one link; [AppendQuery]
// tells them apart.
//
// Limits and errors are those of [Client.GenerateScheme], and [errcode.CloudNotOpened].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/qrcode-link/url-link/api_generateurllink.html
//
//wechat:endpoint POST /wxa/generate_urllink
//wechat:account mini-program
func (c *Client) GenerateURLLink(ctx context.Context, l *URLLink) (string, error) {
	if err := l.check(c.core.Checks()); err != nil {
		return "", err
	}
	in := struct {
		wireTarget
		wireExpiry
		CloudBase *CloudBase `json:"cloud_base,omitempty"`
	}{wireTarget{relative(l.Page), l.Query, l.Version}, newExpiry(l.ExpiresAt, l.Lifetime), l.CloudBase}
	var answer struct {
		Link lenient.String `json:"url_link"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "links.GenerateURLLink", Method: http.MethodPost, Path: "/wxa/generate_urllink",
		In: in, Out: rest.Needs(&answer, "url_link"), Effect: wechat.Idempotent,
	})
	return string(answer.Link), err
}

func (l *URLLink) check(rules bool) error {
	switch {
	case l == nil:
		return fieldErrorf("URLLink", "nil")
	case !rules:
		return nil
	case l.CloudBase != nil && l.CloudBase.Env == "":
		return fieldErrorf("CloudBase.Env", "empty")
	}
	if err := checkPage(l.Page); err != nil {
		return err
	}
	if err := checkText("Query", l.Query, longestQuery, inQuery); err != nil {
		return err
	}
	return checkExpiry(l.ExpiresAt, l.Lifetime)
}

// AppendQuery returns a URL Scheme or URL Link of the Mini Program with a query added, such as "user=77": the
// page gets it as its own. So one generated link serves many users without a call for each. query is up to
// 256 characters, of the same kind as [URLLink.Query]. Leave the query of the link itself empty: what WeChat
// makes of both is not documented.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/en/dev/framework/open-ability/url-link
func AppendQuery(link, query string) (string, error) {
	others := inQuery
	if strings.HasPrefix(link, "weixin://") {
		others = inSchemeQuery
	}
	if err := cmp.Or(checkUTF8("link", link), checkText("query", query, longestAppended, others)); err != nil {
		return "", err
	}
	switch {
	case query == "":
		return "", fieldErrorf("query", "empty")
	case link == "":
		return "", fieldErrorf("link", "empty")
	case strings.Contains(link, "?cq=") || strings.Contains(link, "&cq="):
		return "", fieldErrorf("link", "has an appended query already")
	}
	mark := "?"
	if strings.Contains(link, "?") { // every scheme has one, and a second "?" does not work
		mark = "&"
	}
	return link + mark + "cq=" + url.QueryEscape(query), nil
}

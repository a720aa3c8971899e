package links

import (
	"context"
	"net/http"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// Link is what WeChat knows of a URL Scheme or URL Link.
type Link struct {
	AppID     string
	Page      string
	Query     string // with what [AppendQuery] added
	Version   wechat.MiniProgramVersion
	CreatedAt time.Time
	ExpiresAt time.Time  // zero for one that does not end
	CloudBase *CloudBase // of a URL Link that has it, else nil
}

type wireLink struct {
	AppID     lenient.String `json:"appid"`
	Path      lenient.String `json:"path"`
	Query     lenient.String `json:"query"`
	Version   lenient.String `json:"env_version"`
	Created   lenient.Int64  `json:"create_time"`
	Expires   lenient.Int64  `json:"expire_time"`
	CloudBase *struct {
		Env      lenient.String `json:"env"`
		Domain   lenient.String `json:"domain"`
		Misspelt lenient.String `json:"doamin"` // as WeChat's sample has it
		Path     lenient.String `json:"path"`
		Query    lenient.String `json:"query"`
		AppID    lenient.String `json:"resource_appid"`
	} `json:"cloud_base"`
}

func (w *wireLink) link() *Link {
	l := &Link{
		AppID: string(w.AppID), Page: string(w.Path), Query: string(w.Query), Version: wechat.MiniProgramVersion(w.Version),
		CreatedAt: w.Created.Time(), ExpiresAt: w.Expires.Time(),
	}
	if b := w.CloudBase; b != nil && b.Env != "" {
		l.CloudBase = &CloudBase{
			Env: string(b.Env), Domain: string(b.Domain + b.Misspelt), Path: string(b.Path),
			Query: string(b.Query), ResourceAppID: string(b.AppID),
		}
	}
	return l
}

// The values of query_type.
const (
	aboutLink = iota
	aboutOpens
)

type schemeQuery struct {
	Scheme string `json:"scheme,omitempty" field:"scheme"`
	Type   int    `json:"query_type"`
}

// QueryScheme returns what WeChat knows of a URL Scheme of the Mini Program (查询scheme码), encrypted or plain,
// with or without an appended query.
//
// Errors: [errcode.LinkNotFound], [errcode.PlainSchemeNotEnabled].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/qrcode-link/url-scheme/api_queryscheme
//
//wechat:endpoint POST /wxa/queryscheme
//wechat:account mini-program
func (c *Client) QueryScheme(ctx context.Context, scheme string) (*Link, error) {
	if scheme == "" && c.core.Checks() {
		return nil, fieldErrorf("scheme", "empty")
	}
	var answer struct {
		Info wireLink `json:"scheme_info"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "links.QueryScheme", Method: http.MethodPost, Path: "/wxa/queryscheme",
		In: schemeQuery{scheme, aboutLink}, Out: rest.Needs(&answer, "scheme_info"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return answer.Info.link(), nil
}

// SchemeOpensLeft returns how many more times the Mini Program's URL Schemes may be opened today.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/qrcode-link/url-scheme/api_queryscheme
//
//wechat:endpoint POST /wxa/queryscheme
//wechat:account mini-program
func (c *Client) SchemeOpensLeft(ctx context.Context) (int64, error) {
	return c.opensLeft(ctx, "links.SchemeOpensLeft", "/wxa/queryscheme")
}

// QueryURLLink returns what WeChat knows of a URL Link of the Mini Program (查询URL Link).
//
// Errors: [errcode.LinkNotFound].
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/qrcode-link/url-link/api_queryurllink
//
//wechat:endpoint POST /wxa/query_urllink
//wechat:account mini-program
func (c *Client) QueryURLLink(ctx context.Context, link string) (*Link, error) {
	if link == "" && c.core.Checks() {
		return nil, fieldErrorf("link", "empty")
	}
	in := struct {
		Link string `json:"url_link" field:"link"`
		Type int    `json:"query_type"`
	}{link, aboutLink}
	var answer struct {
		Info wireLink `json:"url_link_info"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "links.QueryURLLink", Method: http.MethodPost, Path: "/wxa/query_urllink",
		In: in, Out: rest.Needs(&answer, "url_link_info"), Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return answer.Info.link(), nil
}

// URLLinkOpensLeft returns how many more times the Mini Program's URL Links may be opened today.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/server/API/qrcode-link/url-link/api_queryurllink
//
//wechat:endpoint POST /wxa/query_urllink
//wechat:account mini-program
func (c *Client) URLLinkOpensLeft(ctx context.Context) (int64, error) {
	return c.opensLeft(ctx, "links.URLLinkOpensLeft", "/wxa/query_urllink")
}

func (c *Client) opensLeft(ctx context.Context, op, path string) (int64, error) {
	var answer struct {
		Quota struct {
			Left lenient.Int64 `json:"remain_visit_quota"`
		} `json:"quota_info"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: op, Method: http.MethodPost, Path: path,
		In: schemeQuery{Type: aboutOpens}, Out: rest.Needs(&answer, "quota_info"), Effect: wechat.ReadOnly,
	})
	return int64(answer.Quota.Left), err
}

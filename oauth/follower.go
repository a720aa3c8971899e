package oauth

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// OpenIDPage is one page of a list of users, of up to ten thousand.
type OpenIDPage struct {
	Total   int // users in the whole list; 0 where WeChat does not tell
	OpenIDs []string
	// Next is the cursor of the page after this one. It is often set on the last page too: the list has
	// ended when it is empty or a page has no OpenIDs.
	Next string
}

// FollowersPage lists up to ten thousand followers of a service account (获取用户列表): those behind the OpenID
// after, or the first ones if it is empty. [Client.Followers] walks through all pages.
//
// Five hundred calls a day by default, more for accounts with many followers.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_getfans.html
//
//wechat:endpoint GET /cgi-bin/user/get
//wechat:account service-account
func (c *Client) FollowersPage(ctx context.Context, after string) (*OpenIDPage, error) {
	var query url.Values
	if after != "" {
		query = url.Values{"next_openid": {after}}
	}
	var out wirePage
	err := c.core.Call(ctx, wechat.Call{
		Op: "oauth.Followers", Method: http.MethodGet, Path: "/cgi-bin/user/get",
		Query: query, Out: &out, Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return out.page(), nil
}

// Followers goes through the OpenIDs of all followers of a service account, from the one behind after, or
// from the first if after is empty. After an error it ends; to go on later, give the last OpenID that it
// brought.
//
// WeChat documents no order. Who follows or leaves meanwhile may be missing or listed all the same.
func (c *Client) Followers(ctx context.Context, after string) iter.Seq2[string, error] {
	return walk("oauth.Followers", after, func(after string) (*OpenIDPage, error) {
		return c.FollowersPage(ctx, after)
	})
}

// walk goes through all pages of a list.
func walk(op, after string, get func(after string) (*OpenIDPage, error)) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for after := after; ; {
			page, err := get(after)
			if err != nil {
				yield("", err)
				return
			}
			for _, id := range page.OpenIDs {
				if !yield(id, nil) {
					return
				}
			}
			switch {
			case page.ended():
				return
			case page.Next == after:
				yield("", errStuck(op))
				return
			}
			after = page.Next
		}
	}
}

func (p *OpenIDPage) ended() bool { return p.Next == "" || len(p.OpenIDs) == 0 }

// errStuck ends a walk whose next page would be the same one again, and so on for ever.
func errStuck(op string) error { return fmt.Errorf("%s: the cursor does not move", op) }

// wirePage is a page as all lists of users have it. The last page may have no data.
type wirePage struct {
	Total lenient.Int64             `json:"total"`
	Data  lenient.List[wireOpenIDs] `json:"data"`
	Next  lenient.String            `json:"next_openid"`
}

type wireOpenIDs struct {
	OpenIDs lenient.List[string] `json:"openid"`
}

// DecodeAnswer implements rest.Decoder. The lists come without errcode, so that something of a page must
// be there.
func (w *wirePage) DecodeAnswer(data []byte) error {
	if rest.Field(data, "count") == nil && rest.Field(data, "data") == nil {
		return rest.Missing("count")
	}
	return lenient.Unmarshal(data, w)
}

func (w *wirePage) page() *OpenIDPage {
	p := &OpenIDPage{Total: int(w.Total), Next: string(w.Next)}
	for _, d := range w.Data {
		p.OpenIDs = append(p.OpenIDs, d.OpenIDs...)
	}
	return p
}

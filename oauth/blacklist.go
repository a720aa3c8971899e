package oauth

import (
	"context"
	"iter"
	"net/http"

	"github.com/wechatkit/wechat"
)

// usersPerBlock is how many users one call takes onto the blacklist or off it.
const usersPerBlock = 20

// BlacklistPage lists up to ten thousand users whom a service account has blocked (获取公众号的黑名单列表): those
// behind the OpenID after, or the first ones if it is empty. [Client.Blacklist] walks through all pages.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_getblacklist.html
//
//wechat:endpoint POST /cgi-bin/tags/members/getblacklist
//wechat:account service-account
func (c *Client) BlacklistPage(ctx context.Context, after string) (*OpenIDPage, error) {
	var out wirePage
	err := c.core.Call(ctx, wechat.Call{
		Op: "oauth.Blacklist", Method: http.MethodPost, Path: "/cgi-bin/tags/members/getblacklist",
		In: struct {
			Begin string `json:"begin_openid" field:"after"`
		}{after},
		Out: &out, Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return out.page(), nil
}

// Blacklist goes through the OpenIDs of all users whom a service account has blocked, from the one behind
// after, or from the first if after is empty. It ends after an error.
func (c *Client) Blacklist(ctx context.Context, after string) iter.Seq2[string, error] {
	return walk("oauth.Blacklist", after, func(after string) (*OpenIDPage, error) {
		return c.BlacklistPage(ctx, after)
	})
}

// Block puts users onto a service account's blacklist (拉黑用户). It makes one call for each twenty, one after
// the other, and stops at the first that fails; the calls before it have had their effect. Repeating the
// whole does no harm.
//
// [errcode.ForeignOpenID] means that one of the OpenIDs is of another account.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_batchblacklist
//
//wechat:endpoint POST /cgi-bin/tags/members/batchblacklist
//wechat:account service-account
func (c *Client) Block(ctx context.Context, openIDs []string) error {
	return c.block(ctx, wechat.Call{
		Op: "oauth.Block", Path: "/cgi-bin/tags/members/batchblacklist",
	}, openIDs)
}

// Unblock takes users off a service account's blacklist (取消拉黑用户), as [Client.Block] puts them onto it.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_batchunblacklist.html
//
//wechat:endpoint POST /cgi-bin/tags/members/batchunblacklist
//wechat:account service-account
func (c *Client) Unblock(ctx context.Context, openIDs []string) error {
	return c.block(ctx, wechat.Call{
		Op: "oauth.Unblock", Path: "/cgi-bin/tags/members/batchunblacklist",
	}, openIDs)
}

func (c *Client) block(ctx context.Context, call wechat.Call, openIDs []string) error {
	return c.eachChunk(ctx, call, openIDs, usersPerBlock, func(chunk []string) any {
		return struct {
			OpenIDs []string `json:"openid_list"`
		}{chunk}
	})
}

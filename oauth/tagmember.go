package oauth

import (
	"context"
	"iter"
	"net/http"
	"slices"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// usersPerTagging is how many users one call tags. For taking tags off WeChat gives no number.
const usersPerTagging = 50

// TagUsers puts a tag on followers of a service account (批量为用户打标签). It makes one call for each fifty, one
// after the other, and stops at the first that fails; the calls before it have had their effect. Tagging
// twice does no harm, so repeat the whole.
//
// A user has up to twenty tags: [errcode.TooManyTagsOnUser] means that one of the users has them all.
// [errcode.InvalidTagID] means that there is no such tag, but also that another call is tagging one of the
// users at the same moment.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/usermanage/tag/api_batchtagging
//
//wechat:endpoint POST /cgi-bin/tags/members/batchtagging
//wechat:account service-account
func (c *Client) TagUsers(ctx context.Context, tagID int, openIDs []string) error {
	return c.tagUsers(ctx, wechat.Call{
		Op: "oauth.TagUsers", Path: "/cgi-bin/tags/members/batchtagging",
	}, tagID, openIDs)
}

// UntagUsers takes a tag off followers of a service account (批量为用户取消标签), as [Client.TagUsers] puts it on.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/usermanage/tag/api_batchuntagging
//
//wechat:endpoint POST /cgi-bin/tags/members/batchuntagging
//wechat:account service-account
func (c *Client) UntagUsers(ctx context.Context, tagID int, openIDs []string) error {
	return c.tagUsers(ctx, wechat.Call{
		Op: "oauth.UntagUsers", Path: "/cgi-bin/tags/members/batchuntagging",
	}, tagID, openIDs)
}

func (c *Client) tagUsers(ctx context.Context, call wechat.Call, tagID int, openIDs []string) error {
	return c.eachChunk(ctx, call, openIDs, usersPerTagging, func(chunk []string) any {
		return struct {
			OpenIDs []string `json:"openid_list"`
			TagID   int      `json:"tagid"`
		}{chunk, tagID}
	})
}

// eachChunk posts a list of users in calls of up to size of them.
func (c *Client) eachChunk(
	ctx context.Context, call wechat.Call, openIDs []string, size int, body func(chunk []string) any,
) error {
	if err := checkList(c.core, openIDs); err != nil {
		return err
	}
	call.Method, call.Effect = http.MethodPost, wechat.Idempotent
	for chunk := range slices.Chunk(openIDs, size) {
		call.In, call.Private = body(chunk), chunk
		if err := c.core.Call(ctx, call); err != nil {
			return err
		}
	}
	return nil
}

// UserTags returns the ids of a follower's tags (获取用户身上的标签列表).
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/usermanage/tag/api_gettagidlist.html
//
//wechat:endpoint POST /cgi-bin/tags/getidlist
//wechat:account service-account
func (c *Client) UserTags(ctx context.Context, openID string) ([]int, error) {
	if err := needTexts(c.core, "openID", openID); err != nil {
		return nil, err
	}
	var out struct {
		IDs lenient.List[lenient.Int64] `json:"tagid_list"`
	}
	err := c.core.Call(ctx, wechat.Call{
		Op: "oauth.UserTags", Method: http.MethodPost, Path: "/cgi-bin/tags/getidlist",
		In: wireOpenID{openID}, Out: rest.Needs(&out, "tagid_list"),
		Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return toInts(out.IDs), nil
}

// TagMembersPage lists up to ten thousand followers of a service account that have a tag (获取标签下粉丝列表): those
// behind the OpenID after, or the first ones if it is empty. The page's Total is 0. [Client.TagMembers] walks
// through all pages.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/usermanage/tag/api_gettagfans
//
//wechat:endpoint POST /cgi-bin/user/tag/get
//wechat:account service-account
func (c *Client) TagMembersPage(ctx context.Context, tagID int, after string) (*OpenIDPage, error) {
	var out wirePage
	err := c.core.Call(ctx, wechat.Call{
		Op: "oauth.TagMembers", Method: http.MethodPost, Path: "/cgi-bin/user/tag/get",
		In: struct {
			TagID int    `json:"tagid"`
			Next  string `json:"next_openid" field:"after"`
		}{tagID, after},
		Out: &out, Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	return out.page(), nil
}

// TagMembers goes through the OpenIDs of all followers that have a tag, from the one behind after, or from
// the first if after is empty. It ends after an error.
func (c *Client) TagMembers(ctx context.Context, tagID int, after string) iter.Seq2[string, error] {
	return walk("oauth.TagMembers", after, func(after string) (*OpenIDPage, error) {
		return c.TagMembersPage(ctx, tagID, after)
	})
}

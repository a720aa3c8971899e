package oauth_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/golden"
	"github.com/wechatkit/wechat/oauth"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	golden.Run(t, slices.Concat(loginCases, userCases))
}

var loginCases = []golden.Case{{
	Name: "Login",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).Login(ctx, "0a1b2c3d")
	},
	Want: &oauth.Session{OpenID: "oAbc-user-1", UnionID: "oUnion-1", SessionKey: "c2Vzc2lvbi1rZXktMTYhIQ=="},
	Code: errcode.CodeUsed,
}}

var userCases = []golden.Case{{
	Name: "User",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).User(ctx, "oAbc-user-1")
	},
	Want: &oauth.User{
		OpenID: "oAbc-user-1", UnionID: "oUnion-1", Follows: true, FollowedAt: time.Unix(1764000000, 0),
		FollowedBy: oauth.FollowByQRCode, QRScene: 98765, Remark: "met at the fair", TagIDs: []int{100, 2},
		Language: "zh_CN",
	},
	Code: errcode.InvalidOpenID,
}, {
	Name: "Users",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).Users(ctx, []string{"oAbc-user-1", "oAbc-user-2"})
	},
	Want: []*oauth.User{{
		OpenID: "oAbc-user-1", UnionID: "oUnion-1", Follows: true, FollowedAt: time.Unix(1764000000, 0),
		FollowedBy: oauth.FollowBySearch, Language: "zh_CN",
	}, {
		OpenID: "oAbc-user-2", UnionID: "oUnion-2",
	}},
	Code: errcode.InvalidOpenID,
}, {
	Name: "FollowersPage",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).FollowersPage(ctx, "oAbc-user-0")
	},
	Want: &oauth.OpenIDPage{Total: 23, OpenIDs: []string{"oAbc-user-1", "oAbc-user-2"}, Next: "oAbc-user-2"},
	Code: errcode.APIUnauthorized,
}}

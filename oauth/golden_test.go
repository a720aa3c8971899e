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
	"github.com/wechatkit/wechat/token"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	golden.Run(t, slices.Concat(loginCases, sessionKeyCases, identityCases, webCases, userCases, tagCases, listCases))
}

var (
	tested     = time.Unix(1764000000, 0)
	sessionKey = wechat.Secret("c2Vzc2lvbi1rZXktMTYhIQ==")
	platform   = &oauth.Component{AppID: "wxcomponent012345", Tokens: token.Static("COMPONENT_TOKEN")}
	visitor    = &oauth.UserToken{OpenID: "oAbc-user-1", AccessToken: "77_userTok"}
)

var loginCases = []golden.Case{{
	Name: "Login",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).Login(ctx, "0a1b2c3d")
	},
	Want: &oauth.Session{OpenID: "oAbc-user-1", UnionID: "oUnion-1", SessionKey: sessionKey},
	Code: errcode.CodeUsed,
}, {
	Name: "Login-component",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.NewForComponent(c, platform).Login(ctx, "0a1b2c3d")
	},
	Want: &oauth.Session{OpenID: "oAbc-user-1", SessionKey: sessionKey},
	Code: errcode.InvalidCode,
}}

var sessionKeyCases = []golden.Case{{
	Name: "CheckSessionKey",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).CheckSessionKey(ctx, "oAbc-user-1", "o0q0otL8aEzpcZL/FT9WsQ==")
	},
	Want: true,
	Code: errcode.InvalidOpenID,
}, {
	Name: "ResetSessionKey",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).ResetSessionKey(ctx, "oAbc-user-1", "o0q0otL8aEzpcZL/FT9WsQ==")
	},
	Want: &oauth.Session{OpenID: "oAbc-user-1", SessionKey: sessionKey},
	Code: errcode.SessionKeyExpired,
}, {
	Name: "EncryptKeys",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).EncryptKeys(ctx, "oAbc-user-1", "o0q0otL8aEzpcZL/FT9WsQ==")
	},
	Want: []oauth.EncryptKey{{
		Version: 10, Key: "ZW5jcnlwdC1rZXktMTYhIQ==", IV: "6003f73ec441c386", Created: tested, ExpiresIn: 3597 * time.Second,
	}, {
		Version: 9, Key: "ZW5jcnlwdC1rZXktMDkhIQ==", IV: "7996656384218dbb", Created: tested.Add(-time.Hour),
	}},
	Code: errcode.SessionKeyInvalid,
}}

var identityCases = []golden.Case{{
	Name: "PhoneNumber",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).PhoneNumber(ctx, "phone-code-1", "oAbc-user-1")
	},
	Want: &oauth.Phone{
		Number: "+8613800000000", PureNumber: "13800000000", CountryCode: "86",
		Watermark: oauth.Watermark{AppID: golden.AppID, Time: tested},
	},
	Code: errcode.InvalidCode,
}, {
	Name: "CheckEncryptedData",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).CheckEncryptedData(ctx, "aGVsbG8sIHdvcmxkISE+")
	},
	Want: &oauth.EncryptedDataCheck{Valid: true, Created: tested},
	Code: errcode.EncryptedDataNotFound,
}, {
	Name: "PaidUnionID",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).PaidUnionID(ctx, &oauth.Payment{OpenID: "oAbc-user-1", TransactionID: "4200000001"})
	},
	Want: "oUnion-1",
	Code: errcode.NotBoundToOpenPlatform,
}, {
	Name: "PaidUnionID-merchant",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).PaidUnionID(ctx, &oauth.Payment{
			OpenID: "oAbc-user-1", MchID: "1900000109", OutTradeNo: "order-77",
		})
	},
	Want: "oUnion-1",
	Code: errcode.InvalidOrder,
}, {
	Name: "PluginOpenPID",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).PluginOpenPID(ctx, "plugin-code-1")
	},
	Want: "oPid-1",
	Code: 1003,
}, {
	Name: "RiskRank",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).RiskRank(ctx, &oauth.RiskQuery{
			OpenID: "oAbc-user-1", Scene: oauth.RiskMarketing, ClientIP: "203.0.113.7", MobileNo: "13800000000",
		})
	},
	Want: &oauth.Risk{Rank: 0, RequestID: 2258658297},
	Code: errcode.AccountNotPermitted,
}}

var webCases = []golden.Case{{
	Name: "Exchange",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return timeless(oauth.NewWeb(c).Exchange(ctx, "web-code-1"))
	},
	Want: &oauth.UserToken{
		OpenID: "oAbc-user-1", UnionID: "oUnion-1", AccessToken: "77_userTok", RefreshToken: "77_refTok",
		Scopes: []oauth.Scope{oauth.ScopeUserInfo},
	},
	Code: errcode.CodeExpired,
}, {
	Name: "Exchange-component",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return timeless(oauth.NewWebForComponent(c, platform).Exchange(ctx, "web-code-1"))
	},
	Want: &oauth.UserToken{
		OpenID: "oAbc-user-1", AccessToken: "77_userTok", RefreshToken: "77_refTok",
		Scopes: []oauth.Scope{oauth.ScopeBase, oauth.ScopeUserInfo}, IsSnapshotUser: true,
	},
	Code: errcode.InvalidCode,
}, {
	Name: "Refresh",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return timeless(oauth.NewWeb(c).Refresh(ctx, "77_refTok"))
	},
	Want: &oauth.UserToken{
		OpenID: "oAbc-user-1", AccessToken: "77_userTok2", RefreshToken: "77_refTok",
		Scopes: []oauth.Scope{oauth.ScopeUserInfo},
	},
	Code: errcode.RefreshTokenExpired,
}, {
	Name: "Refresh-component",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return timeless(oauth.NewWebForComponent(c, platform).Refresh(ctx, "77_refTok"))
	},
	Want: &oauth.UserToken{
		OpenID: "oAbc-user-1", AccessToken: "77_userTok2", RefreshToken: "77_refTok",
		Scopes: []oauth.Scope{oauth.ScopeUserInfo},
	},
	Code: errcode.InvalidRefreshToken,
}, {
	Name: "Valid",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.NewWeb(c).Valid(ctx, visitor)
	},
	Want: true,
	Code: errcode.SystemBusy,
}, {
	Name: "Profile",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.NewWeb(c).Profile(ctx, visitor)
	},
	Want: &oauth.Profile{
		OpenID: "oAbc-user-1", UnionID: "oUnion-1", Nickname: "Mina",
		AvatarURL: "https://thirdwx.qlogo.cn/mmopen/demo/132", Privileges: []string{"chinaunicom"},
	},
	Code: errcode.APIUnauthorized,
}}

// timeless drops what depends on the clock.
func timeless(t *oauth.UserToken, err error) (any, error) {
	if t != nil {
		t.Expiry = time.Time{}
	}
	return t, err
}

var userCases = []golden.Case{{
	Name: "User",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).User(ctx, "oAbc-user-1")
	},
	Want: &oauth.User{
		OpenID: "oAbc-user-1", UnionID: "oUnion-1", Follows: true, FollowedAt: tested,
		FollowedBy: oauth.FollowByQRCode, QRSceneID: 98765, Remark: "met at the fair", TagIDs: []int{100, 2},
		Language: "zh_CN",
	},
	Code: errcode.InvalidOpenID,
}, {
	Name: "Users",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).Users(ctx, []string{"oAbc-user-1", "oAbc-user-2"})
	},
	Want: []*oauth.User{{
		OpenID: "oAbc-user-1", UnionID: "oUnion-1", Follows: true, FollowedAt: tested,
		FollowedBy: oauth.FollowBySearch, Language: "zh_CN",
	}, {
		OpenID: "oAbc-user-2", UnionID: "oUnion-2",
	}},
	Code: errcode.InvalidOpenID,
}, {
	Name: "SetRemark",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return nil, oauth.New(c).SetRemark(ctx, "oAbc-user-1", "met at the fair & café")
	},
	Code: errcode.InvalidRemark,
}, {
	Name: "ConvertOpenIDs",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).ConvertOpenIDs(ctx, "wx9876543210fedcba", []string{"oOld-user-1", "oOld-user-2"})
	},
	Want: []oauth.Converted{
		{OldOpenID: "oOld-user-1", NewOpenID: "oAbc-user-1"},
		{OldOpenID: "oOld-user-2", Problem: "ori_openid error"},
	},
	Code: errcode.MigrationNotConfirmed,
}}

var tagCases = []golden.Case{{
	Name: "CreateTag",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).CreateTag(ctx, "VIP")
	},
	Want: &oauth.Tag{ID: 134, Name: "VIP"},
	Code: errcode.InvalidTagName,
}, {
	Name: "Tags",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).Tags(ctx)
	},
	Want: []*oauth.Tag{{ID: 2, Name: "星标组"}, {ID: 134, Name: "VIP", Count: 5}},
	Code: errcode.APIUnauthorized,
}, {
	Name: "RenameTag",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return nil, oauth.New(c).RenameTag(ctx, 134, "VIP2")
	},
	Code: errcode.ReservedTag,
}, {
	Name: "DeleteTag",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return nil, oauth.New(c).DeleteTag(ctx, 134)
	},
	Code: errcode.TagTooLarge,
}, {
	Name: "TagUsers",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return nil, oauth.New(c).TagUsers(ctx, 134, []string{"oAbc-user-1", "oAbc-user-2"})
	},
	Code: errcode.TooManyTagsOnUser,
}, {
	Name: "UntagUsers",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return nil, oauth.New(c).UntagUsers(ctx, 134, []string{"oAbc-user-1"})
	},
	Code: errcode.InvalidTagID,
}, {
	Name: "UserTags",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).UserTags(ctx, "oAbc-user-1")
	},
	Want: []int{134, 2},
	Code: errcode.ForeignOpenID,
}}

var listCases = []golden.Case{{
	Name: "FollowersPage",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).FollowersPage(ctx, "oAbc-user-0")
	},
	Want: &oauth.OpenIDPage{Total: 23, OpenIDs: []string{"oAbc-user-1", "oAbc-user-2"}, Next: "oAbc-user-2"},
	Code: errcode.APIUnauthorized,
}, {
	Name: "TagMembersPage",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).TagMembersPage(ctx, 134, "")
	},
	Want: &oauth.OpenIDPage{OpenIDs: []string{"oAbc-user-1", "oAbc-user-2"}, Next: "oAbc-user-2"},
	Code: errcode.InvalidTagID,
}, {
	Name: "BlacklistPage",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return oauth.New(c).BlacklistPage(ctx, "oAbc-user-0")
	},
	Want: &oauth.OpenIDPage{Total: 1, OpenIDs: []string{"oAbc-user-9"}, Next: "oAbc-user-9"},
	Code: errcode.InvalidOpenID,
}, {
	Name: "Block",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return nil, oauth.New(c).Block(ctx, []string{"oAbc-user-9"})
	},
	Code: errcode.InvalidOpenIDListSize,
}, {
	Name: "Unblock",
	Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return nil, oauth.New(c).Unblock(ctx, []string{"oAbc-user-9", "oAbc-user-8"})
	},
	Code: errcode.ForeignOpenID,
}}

func TestZeroValuesDoNotPanic(t *testing.T) {
	t.Parallel()
	golden.RunZero(t, func(c *wechat.Client) any { return oauth.New(c) })
	golden.RunZero(t, func(c *wechat.Client) any { return oauth.NewForComponent(c, &oauth.Component{}) })
	golden.RunZero(t, func(c *wechat.Client) any { return oauth.NewWeb(c) })
}

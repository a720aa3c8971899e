package oauth_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/oauth"
)

// What is not UTF-8 is never what WeChat should store or look up. Of a list nothing is sent, not even the part before it.
func TestTextThatIsNoUTF8IsRefused(t *testing.T) {
	t.Parallel()
	const gbk = "\xd5\xc5\xc8\xfd" // 张三, as it comes from an old database
	list := make([]string, 120)
	for i := range list {
		list[i] = "o1"
	}
	list[110] = gbk
	type call func(context.Context, *wechat.Client) error
	for _, c := range []struct {
		field string
		do    call
	}{
		{"remark", func(ctx context.Context, c *wechat.Client) error { return oauth.New(c).SetRemark(ctx, "o1", gbk) }},
		{"openID", func(ctx context.Context, c *wechat.Client) error { return oauth.New(c).SetRemark(ctx, gbk, "a") }},
		{"name", func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).CreateTag(ctx, gbk)
			return err
		}},
		{"name", func(ctx context.Context, c *wechat.Client) error { return oauth.New(c).RenameTag(ctx, 1, gbk) }},
		{"openID", func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).UserTags(ctx, gbk)
			return err
		}},
		{"openID", func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).User(ctx, gbk)
			return err
		}},
		{"openIDs[110]", func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).Users(ctx, list)
			return err
		}},
		{"openIDs[110]", func(ctx context.Context, c *wechat.Client) error { return oauth.New(c).TagUsers(ctx, 1, list) }},
		{"openIDs[110]", func(ctx context.Context, c *wechat.Client) error { return oauth.New(c).Block(ctx, list) }},
		{"openIDs[110]", func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).ConvertOpenIDs(ctx, "wx1", list)
			return err
		}},
		{"from", func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).ConvertOpenIDs(ctx, gbk, list[:1])
			return err
		}},
		{"code", func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).Login(ctx, gbk)
			return err
		}},
		{"code", func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).PhoneNumber(ctx, gbk, "")
			return err
		}},
		{"after", func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).FollowersPage(ctx, gbk)
			return err
		}},
		{"after", func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).BlacklistPage(ctx, gbk)
			return err
		}},
		{"after", func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).TagMembersPage(ctx, 1, gbk)
			return err
		}},
		{"MobileNo", func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).RiskRank(ctx, &oauth.RiskQuery{OpenID: "o1", ClientIP: "203.0.113.7", MobileNo: gbk})
			return err
		}},
		{"TransactionID", func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.New(c).PaidUnionID(ctx, &oauth.Payment{OpenID: "o1", TransactionID: gbk})
			return err
		}},
		{"RedirectURI", func(_ context.Context, c *wechat.Client) error {
			_, err := oauth.NewWeb(c).AuthorizeURL(&oauth.Authorization{RedirectURI: "https://a.example/" + gbk, State: "a"})
			return err
		}},
		{"State", func(_ context.Context, c *wechat.Client) error {
			_, err := oauth.NewWeb(c).QRLoginURL("https://a.example/", gbk)
			return err
		}},
		{"code", func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.NewWeb(c).Finish(ctx, url.Values{"code": {gbk}, "state": {"s"}}, "s")
			return err
		}},
		{"refreshToken", func(ctx context.Context, c *wechat.Client) error {
			_, err := oauth.NewWeb(c).Refresh(ctx, gbk)
			return err
		}},
	} {
		for _, opts := range [][]wechat.Option{nil, {wechat.WithoutChecks()}} {
			core, f := answering(t, always(`{"errcode":0}`), opts...)
			err := c.do(t.Context(), core)
			require.EqualError(t, err, "oauth: "+c.field+": not UTF-8")
			require.ErrorIs(t, err, errcode.InvalidArgument)
			require.Empty(t, f.requests())
		}
	}
}

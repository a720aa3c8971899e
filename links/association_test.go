package links_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/golden"
	"github.com/wechatkit/wechat/links"
)

func TestGoldenAssociations(t *testing.T) {
	t.Parallel()
	golden.Run(t, []golden.Case{
		{
			Name: "Associate",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return nil, links.New(c).Associate(ctx, &links.Association{AppID: "wx0000000000000001", NotifyUsers: true})
			},
			Code: errcode.InvalidAppID,
		},
		{
			Name: "Dissociate",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return nil, links.New(c).Dissociate(ctx, "wx0000000000000001")
			},
			Code: errcode.InvalidAppID,
		},
		{
			Name: "Associations",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) { return links.New(c).Associations(ctx) },
			Want: []*links.AssociatedMiniProgram{
				{
					State: links.Associated, AppID: "wx0000000000000001", OriginalID: "gh_0000000000a1",
					Nickname: "Contracts", Selected: true, Released: true,
				},
				{
					State: links.WaitingForAccount, AppID: "wx0000000000000002", OriginalID: "gh_0000000000b2",
					Nickname: "Claims",
				},
			},
			Code: errcode.APIUnauthorized,
		},
	})
}

func TestAssociateOnTheEmulator(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	oa := wx.ServiceAccount()
	mini := wx.AddMiniProgram(emulator.AppConfig{Name: "Claims"})
	core, err := wechat.New(wechat.Config{AppID: oa.AppID, AppSecret: wechat.Secret(oa.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
	require.NoError(t, err)
	client := links.New(core)
	require.NoError(t, client.Associate(t.Context(), &links.Association{AppID: mini.AppID}))
	list, err := client.Associations(t.Context())
	require.NoError(t, err)
	require.Contains(t, appIDs(list), mini.AppID)

	require.ErrorIs(t, client.Associate(t.Context(), &links.Association{AppID: "wx-nobody"}), errcode.InvalidAppID)
	require.ErrorContains(t, client.Associate(t.Context(), &links.Association{}), "links: AppID: empty")

	require.NoError(t, client.Dissociate(t.Context(), mini.AppID))
	list, err = client.Associations(t.Context())
	require.NoError(t, err)
	require.NotContains(t, appIDs(list), mini.AppID)
	require.ErrorIs(t, client.Dissociate(t.Context(), mini.AppID), errcode.InvalidAppID, "no longer linked")
	require.EqualError(t, client.Dissociate(t.Context(), ""), "links: appID: empty")
}

func appIDs(list []*links.AssociatedMiniProgram) []string {
	var ids []string
	for _, m := range list {
		ids = append(ids, m.AppID)
	}
	return ids
}

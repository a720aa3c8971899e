package customerservice_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/errcode"
)

// A text that is not UTF-8 would reach the user as "�" and use up one of the few messages. WithoutChecks does not send it
// either: there is no JSON for it.
func TestTextThatIsNoUTF8IsRefused(t *testing.T) {
	t.Parallel()
	const gbk = "\xc4\xe3\xba\xc3" // 你好, as it comes from an old database
	type call func(context.Context, *customerservice.Client) error
	send := func(content customerservice.Content) call {
		return func(ctx context.Context, c *customerservice.Client) error {
			return c.Send(ctx, &customerservice.Message{ToUser: "o1", Content: content})
		}
	}
	menu := customerservice.MsgMenu{Head: "a", Items: []customerservice.MenuItem{{ID: "1", Text: "b"}, {ID: "2", Text: gbk}}}
	for _, c := range []struct {
		field string
		do    call
	}{
		{"Text.Content", send(customerservice.Text{Content: gbk})},
		{"Text.Content", send(&customerservice.Text{Content: gbk})},
		{"Text.Content", send(customerservice.Text{Content: customerservice.PageLink{Label: gbk, URL: "https://a.example"}.String()})},
		{"Image.MediaID", send(customerservice.Image{MediaID: gbk})},
		{"Link.Description", send(customerservice.Link{Title: "a", URL: "https://a.example", Description: gbk})},
		{"MiniProgramPage.Title", send(customerservice.MiniProgramPage{Title: gbk, Page: "p", ThumbMediaID: "m"})},
		{"Video.Title", send(customerservice.Video{MediaID: "m", Title: gbk})},
		{"Music.HQURL", send(customerservice.Music{URL: "https://a.example", ThumbMediaID: "m", HQURL: gbk})},
		{"News.Title", send(customerservice.News{Title: gbk})},
		{"MsgMenu.Items[1].Text", send(menu)},
		{"ToUser", func(ctx context.Context, c *customerservice.Client) error {
			return c.Send(ctx, &customerservice.Message{ToUser: gbk, Content: customerservice.Text{Content: "a"}})
		}},
		{"Agent", func(ctx context.Context, c *customerservice.Client) error {
			return c.Send(ctx, &customerservice.Message{ToUser: "o1", Content: customerservice.Text{Content: "a"}, Agent: gbk})
		}},
		{"businessID", func(ctx context.Context, c *customerservice.Client) error {
			return c.ForBusiness(gbk).Send(ctx, &customerservice.Message{ToUser: "o1", Content: customerservice.Text{Content: "a"}})
		}},
		{"toUser", func(ctx context.Context, c *customerservice.Client) error { return c.Typing(ctx, gbk) }},
		{"nickname", func(ctx context.Context, c *customerservice.Client) error { return c.AddAgent(ctx, "a@b", gbk) }},
		{"account", func(ctx context.Context, c *customerservice.Client) error { return c.DeleteAgent(ctx, gbk) }},
		{"weChatID", func(ctx context.Context, c *customerservice.Client) error { return c.InviteAgent(ctx, "a@b", gbk) }},
		{"agent", func(ctx context.Context, c *customerservice.Client) error { return c.CreateSession(ctx, gbk, "o1") }},
		{"openID", func(ctx context.Context, c *customerservice.Client) error { return c.CloseSession(ctx, "a@b", gbk) }},
		{"openID", func(ctx context.Context, c *customerservice.Client) error {
			_, err := c.Session(ctx, gbk)
			return err
		}},
		{`Query["kf_account"]`, func(ctx context.Context, c *customerservice.Client) error {
			_, err := c.Sessions(ctx, gbk)
			return err
		}},
		{`Query["kf_account"]`, func(ctx context.Context, c *customerservice.Client) error {
			return c.SetAvatar(ctx, gbk, &customerservice.Avatar{Content: strings.NewReader("\x89PNG\r\n\x1a\n")})
		}},
		{"Nickname", func(ctx context.Context, c *customerservice.Client) error {
			_, err := c.RegisterBusiness(ctx, &customerservice.NewBusiness{Account: "abcdef", Nickname: "abcd" + gbk, IconMediaID: "m"})
			return err
		}},
		{"ID", func(ctx context.Context, c *customerservice.Client) error {
			return c.UpdateBusiness(ctx, &customerservice.BusinessUpdate{ID: gbk, Nickname: "abcdef"})
		}},
		{"id", func(ctx context.Context, c *customerservice.Client) error {
			_, err := c.Business(ctx, gbk)
			return err
		}},
		{"corpID", func(ctx context.Context, c *customerservice.Client) error { return c.BindWeCom(ctx, gbk) }},
		{"commentID", func(ctx context.Context, c *customerservice.Client) error { return c.ResetQuota(ctx, gbk) }},
	} {
		for _, opts := range [][]wechat.Option{nil, {wechat.WithoutChecks()}} {
			api, fake := client(t, []string{`{"errcode":0}`}, opts...)
			err := c.do(t.Context(), api)
			require.EqualError(t, err, "customerservice: "+c.field+": not UTF-8")
			require.ErrorIs(t, err, errcode.InvalidArgument)
			_, bodies := fake.requests()
			require.Empty(t, bodies)
		}
	}
}

package template_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/template"
)

// A text that is not UTF-8 would reach the user as "�". WithoutChecks does not send it either: there is no JSON for it.
func TestTextThatIsNoUTF8IsRefused(t *testing.T) {
	t.Parallel()
	const gbk = "\xd7\xaa\xbb\xbb" // 转换, as it comes from an old database
	type call func(context.Context, *template.Client) error
	send := func(change func(*template.Message)) call {
		return func(ctx context.Context, c *template.Client) error {
			m := &template.Message{
				ToUser: "o1", TemplateID: "T1", Data: template.Data{"thing1": "蓝"}, MiniProgram: &template.MiniProgram{AppID: "wx1"},
			}
			change(m)
			receipt, err := c.Send(ctx, m)
			require.Zero(t, receipt.MsgID)
			return err
		}
	}
	for _, c := range []struct {
		field string
		do    call
	}{
		{"ToUser", send(func(m *template.Message) { m.ToUser = gbk })},
		{"TemplateID", send(func(m *template.Message) { m.TemplateID = gbk })},
		{"URL", send(func(m *template.Message) { m.URL = "https://shop.example.com/" + gbk })},
		{"MiniProgram.AppID", send(func(m *template.Message) { m.MiniProgram.AppID = gbk })},
		{"MiniProgram.Page", send(func(m *template.Message) { m.MiniProgram.Page = gbk })},
		{"ClientMsgID", send(func(m *template.Message) { m.ClientMsgID = gbk })},
		{`Data["thing1"]`, send(func(m *template.Message) { m.Data["thing1"] = gbk })},
		{`Data["const2"]`, send(func(m *template.Message) { m.Data["const2"] = gbk })},
		{`Data["first"]`, send(func(m *template.Message) { m.Data["first"] = "cut\xe8" })},
		{`Data["\xff"]`, send(func(m *template.Message) { m.Data["\xff"] = "蓝" })},
		{"LibraryID", func(ctx context.Context, c *template.Client) error {
			_, err := c.AddTemplate(ctx, &template.NewTemplate{LibraryID: gbk, Keywords: []string{"a"}})
			return err
		}},
		{"Keywords[1]", func(ctx context.Context, c *template.Client) error {
			_, err := c.AddTemplate(ctx, &template.NewTemplate{LibraryID: "45210", Keywords: []string{"时间", gbk}})
			return err
		}},
		{"ID", func(ctx context.Context, c *template.Client) error { return c.DeleteTemplate(ctx, gbk) }},
		{"MsgID", func(ctx context.Context, c *template.Client) error {
			_, err := c.BlockedPage(ctx, &template.BlockedQuery{MsgID: gbk})
			return err
		}},
	} {
		for _, opts := range [][]wechat.Option{nil, {wechat.WithoutChecks()}} {
			err := c.do(t.Context(), setup(t, nil, opts...))
			requireFieldError(t, "template: "+c.field+": not UTF-8", err)
		}
	}
}

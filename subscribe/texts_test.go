package subscribe_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/subscribe"
)

const gbk = "\xd7\xaa\xbb\xbb" // 转换, as it comes from an old database

// A text that is not UTF-8 would reach the user as "�" and use up the acceptance. WithoutChecks does not send it either:
// there is no JSON for it.
func TestTextThatIsNoUTF8IsRefused(t *testing.T) {
	t.Parallel()
	type call func(context.Context, *subscribe.Client) error
	send := func(change func(*subscribe.Message)) call {
		return func(ctx context.Context, c *subscribe.Client) error {
			m := &subscribe.Message{ToUser: "o1", TemplateID: "T1", Data: subscribe.Data{"thing1": "蓝"}}
			change(m)
			_, err := c.Send(ctx, m)
			return err
		}
	}
	notify := func(change func(*subscribe.Notification)) call {
		return func(ctx context.Context, c *subscribe.Client) error {
			n := &subscribe.Notification{
				ToUser: "o1", TemplateID: "T1", Data: subscribe.Data{"thing1": "蓝"}, MiniProgram: &subscribe.MiniProgram{AppID: "wx1"},
			}
			change(n)
			_, err := c.Notify(ctx, n)
			return err
		}
	}
	oneTime := func(change func(*subscribe.OneTimeMessage)) call {
		return func(ctx context.Context, c *subscribe.Client) error {
			m := &subscribe.OneTimeMessage{
				ToUser: "o1", TemplateID: "T1", Title: "a", Content: "b", MiniProgram: &subscribe.MiniProgram{AppID: "wx1", Page: "p"},
			}
			change(m)
			return c.SendOneTime(ctx, m)
		}
	}
	url := func(change func(*subscribe.OneTimeRequest)) call {
		return func(_ context.Context, c *subscribe.Client) error {
			r := &subscribe.OneTimeRequest{TemplateID: "T1", RedirectURL: "https://shop.example.com/"}
			change(r)
			_, err := c.OneTimeURL(r)
			return err
		}
	}
	for _, c := range []struct {
		field string
		do    call
	}{
		{"ToUser", send(func(m *subscribe.Message) { m.ToUser = gbk })},
		{"TemplateID", send(func(m *subscribe.Message) { m.TemplateID = gbk })},
		{"Page", send(func(m *subscribe.Message) { m.Page = gbk })},
		{"Version", send(func(m *subscribe.Message) { m.Version = gbk })},
		{"Lang", send(func(m *subscribe.Message) { m.Lang = gbk })},
		{`Data["thing1"]`, send(func(m *subscribe.Message) { m.Data["thing1"] = gbk })},
		{`Data["phrase1"]`, send(func(m *subscribe.Message) { m.Data["phrase1"] = gbk })},
		{`Data["amount1"]`, send(func(m *subscribe.Message) { m.Data["amount1"] = "12\xff" })},
		{`Data["enum1"]`, send(func(m *subscribe.Message) { m.Data["enum1"] = gbk })},
		{`Data["gadget1"]`, send(func(m *subscribe.Message) { m.Data["gadget1"] = "蓝\xe8" })},
		{`Data["\xff"]`, send(func(m *subscribe.Message) { m.Data["\xff"] = "蓝" })},
		{"ToUser", notify(func(n *subscribe.Notification) { n.ToUser = gbk })},
		{"URL", notify(func(n *subscribe.Notification) { n.URL = gbk })},
		{"MiniProgram.Page", notify(func(n *subscribe.Notification) { n.MiniProgram.Page = gbk })},
		{`Data["thing1"]`, notify(func(n *subscribe.Notification) { n.Data["thing1"] = gbk })},
		{"ClientMsgID", notify(func(n *subscribe.Notification) { n.ClientMsgID = gbk })},
		{"Title", oneTime(func(m *subscribe.OneTimeMessage) { m.Title = gbk })},
		{"Content", oneTime(func(m *subscribe.OneTimeMessage) { m.Content = gbk })},
		{"Color", oneTime(func(m *subscribe.OneTimeMessage) { m.Color = gbk })},
		{"URL", oneTime(func(m *subscribe.OneTimeMessage) { m.URL = gbk })},
		{"MiniProgram.AppID", oneTime(func(m *subscribe.OneTimeMessage) { m.MiniProgram.AppID = gbk })},
		{"TemplateID", url(func(r *subscribe.OneTimeRequest) { r.TemplateID = gbk })},
		{"RedirectURL", url(func(r *subscribe.OneTimeRequest) { r.RedirectURL = "https://shop.example.com/" + gbk })},
		{"Reserved", url(func(r *subscribe.OneTimeRequest) { r.Reserved = gbk })},
		{"Scene", func(ctx context.Context, c *subscribe.Client) error {
			_, err := c.AddTemplate(ctx, &subscribe.NewTemplate{TitleID: "1", Scene: gbk})
			return err
		}},
		{"ID", func(ctx context.Context, c *subscribe.Client) error { return c.DeleteTemplate(ctx, gbk) }},
		{"TitleID", func(ctx context.Context, c *subscribe.Client) error {
			_, err := c.TitleKeywords(ctx, gbk)
			return err
		}},
		{"CategoryIDs", func(ctx context.Context, c *subscribe.Client) error {
			_, err := c.TitlesPage(ctx, &subscribe.TitleQuery{CategoryIDs: []string{"1", gbk}})
			return err
		}},
	} {
		for _, opts := range [][]wechat.Option{nil, {wechat.WithoutChecks()}} {
			err := c.do(t.Context(), setup(t, nil, opts...))
			requireFieldError(t, "subscribe: "+c.field+": not UTF-8", err)
		}
	}
}

func TestFitLeavesTextThatIsNoUTF8ToTheCheck(t *testing.T) {
	t.Parallel()
	long := "a line\nof more than twenty characters " + gbk
	fitted := subscribe.Fit(subscribe.Data{"thing1": long, "thing2": gbk})
	require.Equal(t, subscribe.Data{"thing1": long, "thing2": gbk}, fitted)
	for _, kind := range []subscribe.KeywordType{
		subscribe.TypeThing, subscribe.TypeNumber, subscribe.TypeTime, subscribe.TypeCarNumber, subscribe.TypeEnum, "gadget",
	} {
		requireFieldError(t, "subscribe: "+string(kind)+": not UTF-8", kind.Check(gbk))
	}
}

package content_test

import (
	"context"
	"testing"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/content"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/golden"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	text := func(in content.Text) func(context.Context, *wechat.Client) (any, error) {
		return func(ctx context.Context, c *wechat.Client) (any, error) { return content.New(c).CheckText(ctx, &in) }
	}
	file := func(in content.Media) func(context.Context, *wechat.Client) (any, error) {
		return func(ctx context.Context, c *wechat.Client) (any, error) { return content.New(c).CheckMedia(ctx, &in) }
	}
	golden.Run(t, []golden.Case{
		{
			Name: "CheckText",
			Call: text(content.Text{
				OpenID: "oAbc-user-1", Scene: content.Comment, Content: `Nice <blue> "mug" & 马克杯!`, Title: "Review", Nickname: "Li Lei",
			}),
			Want: &content.Verdict{
				Advice: content.Review, Label: content.Advertising, TraceID: "60000000-demo0001-0001",
				Details: []content.Finding{
					{Strategy: "content_model", Advice: content.Review, Label: content.Advertising, Probability: 71},
					{Strategy: "keyword", Advice: content.Pass, Label: content.Normal, Level: 20, Keyword: "mug"},
				},
			},
			Code: errcode.AuthorizationCodeExpired,
		},
		{
			Name: "CheckText-profile",
			Call: text(content.Text{
				OpenID: "oAbc-user-1", Scene: content.Profile, Content: "Potter", Nickname: "Li Lei", Signature: "Clay is my life",
			}),
			Want: &content.Verdict{
				Advice: content.Pass, Label: content.Normal, TraceID: "60000000-demo0001-0002",
				Details: []content.Finding{
					{Strategy: "keyword"},
					{Strategy: "content_model", Advice: content.Pass, Label: content.Normal, Probability: 90},
				},
			},
			Code: errcode.AccountNotPermitted,
		},
		{
			Name: "CheckMedia",
			Call: file(content.Media{
				OpenID: "oAbc-user-1", Scene: content.Profile, Type: content.Image,
				URL: "https://cdn.example.com/u/1/avatar.jpg?sig=demo&until=1",
			}),
			Want: "60000000-demo0002-0001", Code: errcode.AuthorizationCodeExpired,
		},
		{
			Name: "CheckMedia-audio",
			Call: file(content.Media{
				OpenID: "oAbc-user-1", Scene: content.SocialLog, Type: content.Audio, URL: "http://cdn.example.com:8080/a.mp3",
			}),
			Want: "60000000-demo0002-0002", Code: errcode.InvalidMediaType,
		},
	})
}

func TestZeroValuesDoNotPanic(t *testing.T) {
	t.Parallel()
	golden.RunZero(t, func(c *wechat.Client) any { return content.New(c) })
}

package links_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/links"
	"github.com/wechatkit/wechat/token"
)

// A scene or a page that is not UTF-8 would be printed and never be found again.
func TestTextThatIsNoUTF8IsRefused(t *testing.T) {
	t.Parallel()
	const gbk = "\xd7\xaa\xbb\xbb" // 转换, as it comes from an old database
	type call func(context.Context, *links.Client) error
	for _, c := range []struct {
		field string
		do    call
	}{
		{"Scene", func(ctx context.Context, c *links.Client) error {
			_, err := c.CreateQRCode(ctx, &links.QRCode{Scene: gbk, Permanent: true})
			return err
		}},
		{"ticket", func(ctx context.Context, c *links.Client) error {
			_, err := c.QRCodeImage(ctx, gbk)
			return err
		}},
		{"Scene", func(ctx context.Context, c *links.Client) error {
			_, err := c.UnlimitedCode(ctx, &links.UnlimitedCode{Scene: gbk})
			return err
		}},
		{"Page", func(ctx context.Context, c *links.Client) error {
			_, err := c.UnlimitedCode(ctx, &links.UnlimitedCode{Scene: "a", Page: gbk})
			return err
		}},
		{"Page", func(ctx context.Context, c *links.Client) error {
			_, err := c.Code(ctx, &links.Code{Page: gbk})
			return err
		}},
		{"page", func(ctx context.Context, c *links.Client) error {
			_, err := c.SquareCode(ctx, gbk, 0)
			return err
		}},
		{"Page", func(ctx context.Context, c *links.Client) error {
			_, err := c.GenerateScheme(ctx, &links.Scheme{Page: gbk, Lifetime: 24 * time.Hour})
			return err
		}},
		{"Query", func(ctx context.Context, c *links.Client) error {
			_, err := c.GenerateURLLink(ctx, &links.URLLink{Query: gbk, Lifetime: 24 * time.Hour})
			return err
		}},
		{"CloudBase.Domain", func(ctx context.Context, c *links.Client) error {
			_, err := c.GenerateURLLink(ctx, &links.URLLink{
				Lifetime: 24 * time.Hour, CloudBase: &links.CloudBase{Env: "a", Domain: gbk},
			})
			return err
		}},
		{"SN", func(ctx context.Context, c *links.Client) error {
			_, err := c.GenerateNFCScheme(ctx, &links.NFCScheme{ModelID: "m", SN: gbk})
			return err
		}},
		{"Title", func(ctx context.Context, c *links.Client) error {
			_, err := c.GenerateShortLink(ctx, &links.ShortLink{Page: "p", Title: gbk})
			return err
		}},
		{"data", func(ctx context.Context, c *links.Client) error {
			_, err := c.GenerateShortKey(ctx, gbk, time.Hour)
			return err
		}},
		{"key", func(ctx context.Context, c *links.Client) error {
			_, err := c.FetchShortKey(ctx, gbk)
			return err
		}},
		{"scheme", func(ctx context.Context, c *links.Client) error {
			_, err := c.QueryScheme(ctx, gbk)
			return err
		}},
		{"link", func(ctx context.Context, c *links.Client) error {
			_, err := c.QueryURLLink(ctx, gbk)
			return err
		}},
		{"AppID", func(ctx context.Context, c *links.Client) error {
			return c.Associate(ctx, &links.Association{AppID: gbk})
		}},
		{"Page", func(_ context.Context, c *links.Client) error {
			_, err := c.PlainScheme(&links.PlainScheme{Page: gbk})
			return err
		}},
		{"Query", func(_ context.Context, c *links.Client) error {
			_, err := c.PlainScheme(&links.PlainScheme{Page: "p", Query: gbk})
			return err
		}},
		{"query", func(context.Context, *links.Client) error {
			_, err := links.AppendQuery("https://wxaurl.cn/abc", gbk)
			return err
		}},
		{"link", func(context.Context, *links.Client) error {
			_, err := links.AppendQuery("https://wxaurl.cn/"+gbk, "a=1")
			return err
		}},
	} {
		for _, opts := range [][]wechat.Option{nil, {wechat.WithoutChecks()}} {
			sent := 0
			mock := httpmock.NewMockTransport()
			mock.RegisterNoResponder(func(*http.Request) (*http.Response, error) { sent++; return nil, io.EOF })
			core, err := wechat.New(wechat.Config{AppID: "wx1"}, append(opts,
				wechat.WithTokenSource(token.Static("T")), wechat.WithHTTPClient(&http.Client{Transport: mock}))...)
			require.NoError(t, err)
			err = c.do(t.Context(), links.New(core))
			require.EqualError(t, err, "links: "+c.field+": not UTF-8")
			require.ErrorIs(t, err, errcode.InvalidArgument)
			require.Zero(t, sent)
		}
	}
}

package links_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/golden"
	"github.com/wechatkit/wechat/links"
)

const day = 24 * time.Hour

func TestGoldenQRCodes(t *testing.T) {
	t.Parallel()
	ticket := func(lifetime time.Duration) *links.Ticket {
		return &links.Ticket{Ticket: "gQEdemoTicket==", URL: "http://weixin.qq.com/q/02demoUrl", Lifetime: lifetime}
	}
	create := func(code links.QRCode) func(context.Context, *wechat.Client) (any, error) {
		return func(ctx context.Context, c *wechat.Client) (any, error) { return links.New(c).CreateQRCode(ctx, &code) }
	}
	golden.Run(t, []golden.Case{
		{
			Name: "CreateQRCode", Call: create(links.QRCode{Scene: "bind-7fK2q9", Lifetime: day}),
			Want: ticket(day), Code: errcode.APIUnauthorized,
		},
		{
			Name: "CreateQRCode-number", Call: create(links.QRCode{SceneID: 4294967295, Lifetime: time.Minute}),
			Want: ticket(time.Minute), Code: errcode.InvalidActionInfo,
		},
		{
			Name: "CreateQRCode-permanent", Call: create(links.QRCode{Scene: "chan-shop <7> & more", Permanent: true}),
			Want: ticket(0), Code: errcode.InvalidActionInfo,
		},
		{
			Name: "CreateQRCode-permanent-number", Call: create(links.QRCode{SceneID: 42, Permanent: true}),
			Want: ticket(0), Code: errcode.DayQuotaReached,
		},
		{
			Name: "QRCodeImage",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return links.New(c).QRCodeImage(ctx, "gQE+demo/Ticket==")
			},
			Want: picture(t, "QRCodeImage", "image/jpeg"), Code: errcode.SystemBusy,
		},
		{
			Name: "GenerateShortKey",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return links.New(c).GenerateShortKey(ctx, "order=77&from=tpl", day)
			},
			Want: "aB3dE5fG7hJ9kL1", Code: errcode.ShortKeyDataTooLong,
		},
		{
			Name: "FetchShortKey",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return links.New(c).FetchShortKey(ctx, "aB3dE5fG7hJ9kL1")
			},
			Want: &links.ShortKey{
				Data: "order=77&from=tpl", CreatedAt: time.Unix(1764000000, 0), Lifetime: 86300 * time.Second,
			},
			Code: errcode.ShortKeyNotFound,
		},
	})
}

func TestGoldenLinks(t *testing.T) {
	t.Parallel()
	golden.Run(t, []golden.Case{
		{
			Name: "GenerateScheme",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return links.New(c).GenerateScheme(ctx, &links.Scheme{
					Page: "/pages/order/index", Query: "id=77&from=sms", Version: wechat.VersionRelease, Lifetime: 7 * day,
				})
			},
			Want: "weixin://dl/business/?t=demoTicket1", Code: errcode.InvalidPagePath,
		},
		{
			Name: "GenerateNFCScheme",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return links.New(c).GenerateNFCScheme(ctx, &links.NFCScheme{
					Page: "pages/device/index", Query: "a=1", ModelID: "model-1", SN: "sn-7",
				})
			},
			Want: "weixin://dl/business/?t=demoTicket3", Code: errcode.NFCSchemeExists,
		},
		{
			Name: "GenerateURLLink",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return links.New(c).GenerateURLLink(ctx, &links.URLLink{Lifetime: 30 * day})
			},
			Want: "https://wxaurl.cn/demoTicket2", Code: errcode.DayLimitReached,
		},
		{
			Name: "GenerateURLLink-cloud",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return links.New(c).GenerateURLLink(ctx, &links.URLLink{
					Page: "pages/order/index", Query: "id=77&from=sms", Version: wechat.VersionTrial, Lifetime: day,
					CloudBase: &links.CloudBase{Env: "env-1", Domain: "static.example.com", Path: "/jump.html", Query: "a=1"},
				})
			},
			Want: "https://wxmpurl.cn/demoTicket4", Code: errcode.MiniProgramNotPublished,
		},
		{
			Name: "GenerateShortLink",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return links.New(c).GenerateShortLink(ctx, &links.ShortLink{
					Page: "pages/order/index?id=77&from=sms", Title: "您的订单", Permanent: true,
				})
			},
			Want: "#小程序://DEMO/demoShort1", Code: errcode.InvalidURL,
		},
	})
}

func TestGoldenQueries(t *testing.T) {
	t.Parallel()
	link := links.Link{
		AppID: golden.AppID, Page: "pages/order/index", Query: "a=hello", Version: wechat.VersionRelease,
		CreatedAt: time.Unix(1764000000, 0),
	}
	scheme, urlLink := link, link
	scheme.ExpiresAt = time.Unix(1764604800, 0)
	urlLink.CloudBase = &links.CloudBase{
		Env: "env-1", Domain: "static.example.com", Path: "/jump.html", Query: "a=1", ResourceAppID: "wxresource",
	}
	golden.Run(t, []golden.Case{
		{
			Name: "QueryScheme",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return links.New(c).QueryScheme(ctx, "weixin://dl/business/?t=demoTicket1&cq=a%3Dhello")
			},
			Want: &scheme, Code: errcode.LinkNotFound,
		},
		{
			Name: "SchemeOpensLeft",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) { return links.New(c).SchemeOpensLeft(ctx) },
			Want: int64(2999990), Code: errcode.LinkOpensUsedUp,
		},
		{
			Name: "QueryURLLink",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return links.New(c).QueryURLLink(ctx, "https://wxaurl.cn/demoTicket2?cq=a%3Dhello")
			},
			Want: &urlLink, Code: errcode.LinkNotFound,
		},
		{
			Name: "URLLinkOpensLeft",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) { return links.New(c).URLLinkOpensLeft(ctx) },
			Want: int64(2999990), Code: errcode.SystemBusy,
		},
	})
}

func TestGoldenCodes(t *testing.T) {
	t.Parallel()
	golden.Run(t, []golden.Case{
		{
			Name: "UnlimitedCode",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return links.New(c).UnlimitedCode(ctx, &links.UnlimitedCode{
					Scene: "o77.sms", Page: "pages/order/index", Version: wechat.VersionRelease, Style: links.Style{Width: 430},
				})
			},
			Want: picture(t, "UnlimitedCode", "image/jpeg"), Code: errcode.InvalidPage,
		},
		{
			Name: "UnlimitedCode-style",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return links.New(c).UnlimitedCode(ctx, &links.UnlimitedCode{
					Scene: "o77.sms", AllowUnpublished: true,
					Style: links.Style{LineColor: &links.Color{R: 255, B: 7}, Transparent: true},
				})
			},
			Want: picture(t, "UnlimitedCode-style", "image/png"), Code: errcode.InvalidScene,
		},
		{
			Name: "Code",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return links.New(c).Code(ctx, &links.Code{
					Page: "pages/order/index?id=77&from=print", Version: wechat.VersionDevelop,
					Style: links.Style{Width: 1280, AutoColor: true, LineColor: &links.Color{R: 255}},
				})
			},
			Want: picture(t, "Code", "image/jpeg"), Code: errcode.CodesUsedUp,
		},
		{
			Name: "SquareCode",
			Call: func(ctx context.Context, c *wechat.Client) (any, error) {
				return links.New(c).SquareCode(ctx, "pages/order/index?id=77", 280)
			},
			Want: picture(t, "SquareCode", "image/jpeg"), Code: errcode.InvalidPathSize,
		},
	})
}

// picture returns the sample of a case as it must arrive.
func picture(t *testing.T, name, contentType string) *links.Image {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + "/response.bin")
	require.NoError(t, err)
	return &links.Image{ContentType: contentType, Data: data}
}

func TestZeroValuesDoNotPanic(t *testing.T) {
	t.Parallel()
	golden.RunZero(t, func(c *wechat.Client) any { return links.New(c) })
}

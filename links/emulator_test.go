package links_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/links"
)

func onEmulator(t *testing.T) (wx *emulator.Server, mini, service *links.Client) {
	t.Helper()
	wx = emulator.New(t)
	mini, err := on(wx, wx.MiniProgram())
	require.NoError(t, err)
	service, err = on(wx, wx.ServiceAccount())
	require.NoError(t, err)
	return wx, mini, service
}

func TestPictureOfAQRCode(t *testing.T) {
	t.Parallel()
	wx, _, service := onEmulator(t)
	code, err := service.CreateQRCode(t.Context(), &links.QRCode{SceneID: 42, Lifetime: time.Hour})
	require.NoError(t, err)
	require.Equal(t, time.Hour, code.Lifetime)
	img, err := service.QRCodeImage(t.Context(), code.Ticket)
	require.NoError(t, err)
	require.Contains(t, img.ContentType, "image/")

	alice := wx.User("alice")
	require.Nil(t, alice.ScanPicture(img.Data), "no page of a Mini Program")
	require.True(t, alice.Follows(wx.ServiceAccount()))

	wx.Advance(61 * time.Minute)
	_, err = service.QRCodeImage(t.Context(), code.Ticket)
	var gone *wechat.ResponseError
	require.ErrorAs(t, err, &gone)
	require.Equal(t, http.StatusNotFound, gone.Status)
}

func TestWrongAccount(t *testing.T) {
	t.Parallel()
	_, mini, service := onEmulator(t)
	_, err := mini.CreateQRCode(t.Context(), &links.QRCode{SceneID: 42, Lifetime: time.Hour})
	require.ErrorIs(t, err, errcode.NoPermission)
	_, err = service.GenerateURLLink(t.Context(), &links.URLLink{Lifetime: day})
	require.ErrorIs(t, err, errcode.NoPermission)
}

func TestLinksOpenTheirPage(t *testing.T) {
	t.Parallel()
	wx, mini, _ := onEmulator(t)
	ctx, alice := t.Context(), wx.User("alice")

	scheme, err := mini.GenerateScheme(ctx, &links.Scheme{
		Page: "/pages/order/index", Query: "id=77&from=<sms>", ExpiresAt: time.Now().Add(time.Hour),
	})
	require.Equal(t, "Query: character '<' is not allowed", refusal(t, err))
	require.Empty(t, scheme)

	scheme, err = mini.GenerateScheme(ctx, &links.Scheme{
		Page: "/pages/order/index", Query: "id=77&from=sms", ExpiresAt: time.Now().Add(time.Hour),
	})
	require.NoError(t, err)
	require.Equal(t, "pages/order/index?id=77&from=sms", alice.OpenLink(scheme).Page)
	info, err := mini.QueryScheme(ctx, scheme)
	require.NoError(t, err)
	require.Equal(t, "pages/order/index", info.Page)
	require.Equal(t, "id=77&from=sms", info.Query, "the & arrived as it is")
	require.Equal(t, wx.MiniProgram().AppID, info.AppID)

	plain, err := mini.PlainScheme(&links.PlainScheme{Page: "pages/order/index", Query: "id=78"})
	require.NoError(t, err)
	require.Equal(t, "pages/order/index?id=78", alice.OpenLink(plain).Page)
	info, err = mini.QueryScheme(ctx, plain)
	require.NoError(t, err)
	require.True(t, info.ExpiresAt.IsZero())

	short, err := mini.GenerateShortLink(ctx, &links.ShortLink{Page: "pages/order/index?id=79", Title: "Order"})
	require.NoError(t, err)
	require.Equal(t, "pages/order/index?id=79", alice.OpenLink(short).Page)

	nfc, err := mini.GenerateNFCScheme(ctx, &links.NFCScheme{Page: "pages/device", ModelID: "model-1"})
	require.NoError(t, err)
	_, err = mini.GenerateNFCScheme(ctx, &links.NFCScheme{Page: "pages/other", ModelID: "model-1"})
	require.ErrorIs(t, err, errcode.NFCSchemeExists)
	require.ErrorContains(t, err, nfc)
}

func TestURLLinkOnEmulator(t *testing.T) {
	t.Parallel()
	wx, mini, _ := onEmulator(t)
	ctx := t.Context()
	before, err := mini.URLLinkOpensLeft(ctx)
	require.NoError(t, err)
	link, err := mini.GenerateURLLink(ctx, &links.URLLink{
		Lifetime: day, CloudBase: &links.CloudBase{Env: "env-1", Domain: "static.example.com"},
	})
	require.NoError(t, err)
	require.NotNil(t, wx.User("alice").OpenLink(link))
	after, err := mini.SchemeOpensLeft(ctx)
	require.NoError(t, err)
	require.Equal(t, before-1, after, "schemes and URL Links share the opens of a day")

	info, err := mini.QueryURLLink(ctx, link)
	require.NoError(t, err)
	require.Equal(t, "env-1", info.CloudBase.Env)
	require.WithinDuration(t, time.Now().Add(day), info.ExpiresAt, time.Minute)
	_, err = mini.QueryURLLink(ctx, "https://wxaurl.cn/unknown")
	require.ErrorIs(t, err, errcode.LinkNotFound)

	wx.Advance(25 * time.Hour)
	require.Nil(t, wx.User("alice").OpenLink(link))
}

func TestMiniProgramCodes(t *testing.T) {
	t.Parallel()
	wx, mini, _ := onEmulator(t)
	ctx, alice := t.Context(), wx.User("alice")
	img, err := mini.UnlimitedCode(ctx, &links.UnlimitedCode{
		Scene: "o77.sms", Page: "pages/order/index", Style: links.Style{Transparent: true, LineColor: &links.Color{R: 200}},
	})
	require.NoError(t, err)
	require.Equal(t, "pages/order/index?scene=o77.sms", alice.ScanPicture(img.Data).Page)

	img, err = mini.Code(ctx, &links.Code{Page: "pages/order/index?id=77", Style: links.Style{Width: 280, AutoColor: true}})
	require.NoError(t, err)
	require.Equal(t, "pages/order/index?id=77", alice.ScanPicture(img.Data).Page)

	img, err = mini.SquareCode(ctx, "pages/order/index?id=78", 0)
	require.NoError(t, err)
	require.Equal(t, "pages/order/index?id=78", alice.ScanPicture(img.Data).Page)
}

func TestUnpublishedPage(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	mini, err := on(wx, wx.AddMiniProgram(emulator.AppConfig{Pages: []string{"pages/index"}}))
	require.NoError(t, err)
	ctx := t.Context()
	_, err = mini.UnlimitedCode(ctx, &links.UnlimitedCode{Scene: "a", Page: "pages/next"})
	require.ErrorIs(t, err, errcode.InvalidPage)
	_, err = mini.UnlimitedCode(ctx, &links.UnlimitedCode{Scene: "a", Page: "pages/next", AllowUnpublished: true})
	require.NoError(t, err)
	_, err = mini.GenerateURLLink(ctx, &links.URLLink{Page: "pages/next", Lifetime: day})
	require.ErrorIs(t, err, errcode.InvalidPagePath)
	_, err = mini.GenerateShortLink(ctx, &links.ShortLink{Page: "pages/next"})
	require.ErrorIs(t, err, errcode.InvalidURL)
}

func TestShortKeys(t *testing.T) {
	t.Parallel()
	wx, _, service := onEmulator(t)
	ctx := t.Context()
	key, err := service.GenerateShortKey(ctx, "order=77&from=tpl", time.Hour)
	require.NoError(t, err)
	require.Regexp(t, `^[0-9A-Za-z]{15}$`, key)
	wx.Advance(10 * time.Minute)
	stored, err := service.FetchShortKey(ctx, key)
	require.NoError(t, err)
	require.Equal(t, "order=77&from=tpl", stored.Data)
	require.InDelta(t, 50*time.Minute, stored.Lifetime, float64(time.Minute))
	wx.Advance(time.Hour)
	_, err = service.FetchShortKey(ctx, key)
	require.ErrorIs(t, err, errcode.ShortKeyNotFound)
}

package emulator_test

import (
	"bytes"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func (b *bundle) picture(path, body string) []byte {
	b.t.Helper()
	status, _, out := b.do(http.MethodPost, as(b.mp, path), "application/json", body)
	require.Equal(b.t, http.StatusOK, status)
	require.NotContains(b.t, string(out[:1]), "{", "%s", out)
	return out
}

// A code is a picture of the width asked for, and the same one for the same place.
func TestPicturesOfCodes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for width, want := range map[int]int{0: 430, 280: 280, 431: 431, 1280: 1280} {
		config, format, err := image.DecodeConfig(bytes.NewReader(b.picture("/wxa/getwxacode", fmt.Sprintf(`{"path":"pages/a","width":%d}`, width))))
		require.NoError(t, err)
		require.Equal(t, []any{want, want, "jpeg"}, []any{config.Width, config.Height, format})
	}
	for _, width := range []int{279, 1281, -1} {
		require.Equal(t, 40189, b.post(as(b.mp, "/wxa/getwxacode"), fmt.Sprintf(`{"path":"pages/a","width":%d}`, width)).code())
	}
	_, format, err := image.DecodeConfig(bytes.NewReader(b.picture("/wxa/getwxacode", `{"path":"pages/a","is_hyaline":true}`)))
	require.NoError(t, err)
	require.Equal(t, "png", format, "only that can be transparent")
	first := b.picture("/wxa/getwxacode", `{"path":"pages/a"}`)
	require.Equal(t, first, b.picture("/wxa/getwxacode", `{"path":"pages/a"}`))
	require.NotEqual(t, first, b.picture("/wxa/getwxacode", `{"path":"pages/b"}`))
}

// A scene reaches the page in its query, escaped, whatever of the characters that are allowed it has.
func TestSceneReachesThePage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	for scene, want := range map[string]string{
		"7":                                "pages/a?scene=7",
		"a-b_c.d~e":                        "pages/a?scene=a-b_c.d~e",
		"id=7&from=sms":                    "pages/a?scene=id%3D7%26from%3Dsms",
		`!#$&'()*+,/:;=?@`:                 "pages/a?scene=%21%23%24%26%27%28%29%2A%2B%2C%2F%3A%3B%3D%3F%40",
		"0123456789abcdefghijklmnopqrstuv": "pages/a?scene=0123456789abcdefghijklmnopqrstuv",
	} {
		opened := u.ScanPicture(b.picture("/wxa/getwxacodeunlimit", fmt.Sprintf(`{"scene":%q,"page":"pages/a"}`, scene)))
		require.Equal(t, want, opened.Page)
	}
	for _, scene := range []string{"a b", "a%20b", "中", "a\\\"b", "a<b", "a|b"} {
		require.Equal(t, 40129, b.post(as(b.mp, "/wxa/getwxacodeunlimit"), fmt.Sprintf(`{"scene":"%s"}`, scene)).code(), scene)
	}
}

// The picture is what is scanned, not a file that has its content somewhere.
func TestScannedPictures(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	ticket := b.oa.QRCode("door")
	_, _, picture := b.do(http.MethodGet, "/cgi-bin/showqrcode?ticket="+ticket, "", "")
	require.Nil(t, u.ScanPicture(picture), "a service account's code opens no page")
	require.True(t, u.Follows(b.oa))
	other := b.wx.User("other")
	other.Scan("https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=" + ticket)
	require.True(t, other.Follows(b.oa), "the address of a picture will do")
	require.Contains(t, misuseIn(t, func(wx *emulator.Server) { wx.User("u").ScanPicture([]byte("no picture")) }), "no code of this emulator")
	require.Contains(t, misuseIn(t, func(wx *emulator.Server) { wx.User("u").Scan("gQnone") }), "no such code, or it has expired")
}

// misuseIn is the reason of a mistake in an emulator of its own.
func misuseIn(t *testing.T, do func(wx *emulator.Server)) string {
	t.Helper()
	wx, err := emulator.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, wx.Close()) })
	return misuseOf(func() { do(wx) })
}

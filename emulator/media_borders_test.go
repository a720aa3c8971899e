package emulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// The largest file of each kind, and each ending that it may have, in small and capital letters.
func TestLargestFiles(t *testing.T) {
	t.Parallel()
	for kind, c := range map[string]struct {
		size int
		ends string
	}{
		"image": {10 << 20, "png jpg jpeg gif"},
		"voice": {2 << 20, "amr mp3"},
		"video": {10 << 20, "mp4"},
		"thumb": {64 << 10, "jpg jpeg"},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			for _, end := range strings.Fields(c.ends) {
				for _, name := range []string{"a." + end, "A." + strings.ToUpper(end)} {
					require.Zero(t, b.upload(as(b.mp, mediaUpload+kind), "media", name, "x").code(), name)
				}
			}
			end := strings.Fields(c.ends)[0]
			require.Zero(t, b.upload(as(b.mp, mediaUpload+kind), "media", "a."+end, strings.Repeat("x", c.size)).code())
			require.NotZero(t, b.upload(as(b.mp, mediaUpload+kind), "media", "a."+end, strings.Repeat("x", c.size+1)).code())
		})
	}
}

// A temporary file lasts three days to the second, a permanent one until it is deleted.
func TestLivesOfFiles(t *testing.T) {
	t.Parallel()
	b := setup(t)
	passing := b.oa.AddMedia("image", "a.jpg", []byte("passing"))
	lasting := b.oa.AddPermanentMedia("image", "a.jpg", []byte("lasting"))
	get := func(id string) string {
		_, _, out := b.do(http.MethodGet, as(b.oa, mediaGet+id), "", "")
		return string(out)
	}
	b.wx.Advance(3*24*time.Hour - time.Nanosecond)
	require.Equal(t, []string{"passing", "lasting"}, []string{get(passing), get(lasting)})
	b.wx.Advance(time.Nanosecond)
	require.Contains(t, get(passing), "40007")
	require.Equal(t, "lasting", get(lasting))
	b.wx.Advance(1000 * 24 * time.Hour)
	require.Equal(t, "lasting", get(lasting))
	b.succeeds(as(b.oa, "/cgi-bin/material/del_material"), `{"media_id":"`+lasting+`"}`)
	require.Contains(t, get(lasting), "40007")
}

// Addresses of files begin with where the emulator is served, and need no token.
func TestAddressesOfFiles(t *testing.T) {
	t.Parallel()
	b := setup(t)
	url := func() string {
		return b.upload(as(b.oa, "/cgi-bin/media/uploadimg"), "media", "a.jpg", "JPEG").text("url")
	}
	require.True(t, strings.HasPrefix(url(), "http://mmbiz.qpic.cn/"))
	b.wx.SetBaseURL("http://127.0.0.1:8630")
	require.True(t, strings.HasPrefix(url(), "http://127.0.0.1:8630/"))
	require.Equal(t, "http://127.0.0.1:8630", b.wx.BaseURL())
	resp, err := b.cli.Get(url())
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, "image/jpeg", resp.Header.Get("Content-Type"))
}

// What a user sends can be sent back, by its account only.
func TestPictureOfAUserGoesBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	u.SendImage(b.mp, "cat.jpg", []byte("CAT"))
	id := u.Inbox()[0].MediaID
	send := func(a *emulator.App) int {
		return b.post(as(a, customSend), `{"touser":"`+u.OpenID(a)+`","msgtype":"image","image":{"media_id":"`+id+`"}}`).code()
	}
	require.Zero(t, send(b.mp))
	require.Equal(t, id, u.Inbox()[1].MediaID)
	u.Follow(b.oa)
	require.Equal(t, 40007, send(b.oa))
}

// Material is listed by kind, the newest first, in pages.
func TestPagesOfMaterial(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var ids []any
	for range 5 {
		b.wx.Advance(time.Second)
		ids = append([]any{b.oa.AddPermanentMedia("image", "a.jpg", nil)}, ids...)
	}
	b.oa.AddPermanentMedia("voice", "a.mp3", nil)
	b.oa.AddMedia("image", "temporary.jpg", nil)
	page := func(body string) (got []any) {
		answer := b.succeeds(as(b.oa, "/cgi-bin/material/batchget_material"), body)
		for _, item := range answer["item"].([]any) {
			got = append(got, item.(map[string]any)["media_id"])
		}
		return got
	}
	require.Equal(t, ids[:2], page(`{"type":"image","offset":0,"count":2}`))
	require.Equal(t, ids[2:4], page(`{"type":"image","offset":2,"count":2}`))
	require.Equal(t, ids[4:], page(`{"type":"image","offset":4,"count":20}`))
	require.Empty(t, page(`{"type":"image","offset":5,"count":20}`))
	require.Len(t, page(`{"type":"voice","offset":0,"count":20}`), 1)
	for _, bad := range []string{`{"type":"image","offset":-1,"count":1}`, `{"type":"image","offset":0,"count":0}`} {
		require.Equal(t, 40097, b.post(as(b.oa, "/cgi-bin/material/batchget_material"), bad).code())
	}
}

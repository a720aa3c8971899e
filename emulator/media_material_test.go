package emulator_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPermanentMaterial(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const add, get, del, list = "/cgi-bin/material/add_material?type=", "/cgi-bin/material/get_material",
		"/cgi-bin/material/del_material", "/cgi-bin/material/batchget_material"
	image := b.upload(as(b.oa, add+"image"), "media", "a.bmp", "pixels")
	require.NotEmpty(t, image.text("url"))
	b.wx.Advance(time.Second)
	newer := b.upload(as(b.oa, add+"image"), "media", "b.png", "x").text("media_id")
	video := b.upload(as(b.oa, add+"video"), "media", "a.mp4", "film")
	require.NotContains(t, video, "url")
	require.Equal(t, answer{"voice_count": num("0"), "video_count": num("1"), "image_count": num("2"), "news_count": num("0")},
		b.get(as(b.oa, "/cgi-bin/material/get_materialcount")))

	b.wx.Advance(1000 * time.Hour)
	id := func(s string) string { return `{"media_id":"` + s + `"}` }
	_, h, body := b.do(http.MethodPost, as(b.oa, get), "application/json", id(image.text("media_id")))
	require.Equal(t, "pixels", string(body))
	require.Equal(t, "image/jpeg", h.Get("Content-Type"))
	require.NotEmpty(t, b.post(as(b.oa, get), id(video.text("media_id"))).text("down_url"))

	page := b.post(as(b.oa, list), `{"type":"image","offset":0,"count":1}`)
	require.Equal(t, []int64{2, 1}, []int64{page.number("total_count"), page.number("item_count")})
	require.Equal(t, newer, page["item"].([]any)[0].(map[string]any)["media_id"])
	require.Empty(t, b.post(as(b.oa, list), `{"type":"news","offset":9,"count":20}`)["item"])
	require.Equal(t, 40004, b.post(as(b.oa, list), `{"type":"x","count":1}`).code())
	require.Equal(t, 40097, b.post(as(b.oa, list), `{"type":"image","count":21}`).code())

	u := b.wx.User("u")
	u.Follow(b.oa)
	require.Zero(t, b.post(as(b.oa, customSend), `{"touser":"`+u.OpenID(b.oa)+`","msgtype":"image","image":{"media_id":"`+newer+`"}}`).code())
	require.Zero(t, b.post(as(b.oa, del), id(newer)).code())
	require.Equal(t, 40007, b.post(as(b.oa, del), id(newer)).code())
	require.Equal(t, 40007, b.post(as(b.oa, get), id(b.oa.AddMedia("image", "a.png", nil))).code(), "a temporary one")
	require.Equal(t, 40004, b.upload(as(b.oa, add+"x"), "media", "a.png", "x").code())
	require.Equal(t, 40005, b.upload(as(b.oa, add+"image"), "media", "a.txt", "x").code())
}

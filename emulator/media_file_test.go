package emulator_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// upload posts one file as a multipart body.
func (b *bundle) upload(url, part, name, data string) answer {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	f, err := w.CreateFormFile(part, name)
	require.NoError(b.t, err)
	_, err = f.Write([]byte(data))
	require.NoError(b.t, err)
	require.NoError(b.t, w.Close())
	_, _, out := b.do(http.MethodPost, url, w.FormDataContentType(), body.String())
	return b.decode(out)
}

const (
	mediaUpload = "/cgi-bin/media/upload?type="
	mediaGet    = "/cgi-bin/media/get?media_id="
)

func TestUploadAndDownload(t *testing.T) {
	t.Parallel()
	b := setup(t)
	got := b.upload(as(b.mp, mediaUpload+"image"), "media", "mug.png", "pixels")
	require.Equal(t, "image", got.text("type"))
	require.Equal(t, start.Unix(), got.number("created_at"))
	id := got.text("media_id")
	_, h, body := b.do(http.MethodGet, as(b.mp, mediaGet+id), "", "")
	require.Equal(t, "pixels", string(body))
	require.Equal(t, "image/png", h.Get("Content-Type"))
	require.Equal(t, `attachment; filename="`+id+`.png"`, h.Get("Content-Disposition"))

	thumb := b.upload(as(b.mp, mediaUpload+"thumb"), "media", "mug.jpg", "x")
	require.NotContains(t, thumb, "media_id")
	require.NotEmpty(t, thumb.text("thumb_media_id"))

	video := b.upload(as(b.oa, mediaUpload+"video"), "media", "mug.mp4", "film").text("media_id")
	link := b.get(as(b.oa, mediaGet+video)).text("video_url")
	resp, err := b.cli.Get(link)
	require.NoError(t, err)
	require.Equal(t, "video/mp4", resp.Header.Get("Content-Type"))
	require.NoError(t, resp.Body.Close())

	voice := b.upload(as(b.oa, mediaUpload+"voice"), "media", "a.amr", "hello").text("media_id")
	_, h, _ = b.do(http.MethodGet, as(b.oa, "/cgi-bin/media/get/jssdk?media_id="+voice), "", "")
	require.Equal(t, "voice/speex", h.Get("Content-Type"))
	require.Equal(t, 40007, b.get(as(b.oa, "/cgi-bin/media/get/jssdk?media_id="+video)).code())

	image := b.upload(as(b.oa, "/cgi-bin/media/uploadimg"), "media", "a.jpg", "x")
	require.Contains(t, image.text("url"), "http://mmbiz.qpic.cn/")
	require.NotContains(t, image, "media_id")
}

func TestMediaErrors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cases := map[string]struct {
		kind, part, name, data string
		code                   int
	}{
		"Kind":       {"audio", "media", "a.png", "x", 40004},
		"Part":       {"image", "file", "a.png", "x", 41005},
		"Chinese":    {"image", "media", "杯.png", "x", 41005},
		"Empty":      {"image", "media", "a.png", "", 44001},
		"Extension":  {"image", "media", "a.txt", "x", 40005},
		"NoneAtAll":  {"image", "media", "a", "x", 40113},
		"BigImage":   {"image", "media", "a.png", strings.Repeat("x", 10<<20+1), 40009},
		"BigVoice":   {"voice", "media", "a.mp3", strings.Repeat("x", 2<<20+1), 40010},
		"BigVideo":   {"video", "media", "a.mp4", strings.Repeat("x", 10<<20+1), 40011},
		"BigThumb":   {"thumb", "media", "a.jpg", strings.Repeat("x", 64<<10+1), 40012},
		"ThumbIsPNG": {"thumb", "media", "a.png", "x", 40005},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.code, b.upload(as(b.mp, mediaUpload+tc.kind), tc.part, tc.name, tc.data).code())
		})
	}
	for _, contentType := range []string{"multipart/form-data", "application/json", "multipart/form-data; boundary=b"} {
		_, _, out := b.do(http.MethodPost, as(b.mp, mediaUpload+"image"), contentType, "x")
		require.Equal(t, 41005, b.decode(out).code())
	}
	require.Equal(t, 41006, b.get(as(b.mp, mediaGet)).code())
	require.Equal(t, 40007, b.get(as(b.mp, mediaGet+b.oa.AddMedia("image", "a.gif", nil))).code())
	status, _, _ := b.do(http.MethodGet, "/emulator/media/x", "", "")
	require.Equal(t, http.StatusNotFound, status)
}

// WeChat reads the delimiter off the body where the header does not name it.
func TestUploadWithoutABoundaryInTheHeader(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.oa.AddAgent("anna@demo", "Anna")
	b.oa.AddAgent("ben@demo", "Ben")
	const body = "--b 1\r\nContent-Disposition: form-data; name=\"media\"; filename=\"mug.jpg\"\r\nContent-Type: image/jpeg\r\n\r\npixels\r\n--b 1--\r\n"
	send := func(path, contentType, body string) answer {
		_, _, out := b.do(http.MethodPost, as(b.oa, path), contentType, body)
		return b.decode(out)
	}
	for _, path := range []string{
		mediaUpload + "image", "/cgi-bin/media/uploadimg", "/cgi-bin/material/add_material?type=image",
		"/customservice/kfaccount/uploadheadimg?kf_account=anna@demo",
	} {
		for _, contentType := range []string{
			"multipart/form-data", "multipart/form-data; charset=ISO-8859-1", "multipart/form-data; boundary=", "multipart/form-data;boundary",
			"Multipart/Form-Data; boundary=\"b 1\"",
		} {
			require.Zero(t, send(path, contentType, body).code(), "%s %s", path, contentType)
		}
		require.Zero(t, send(path, "multipart/form-data", "\r\n"+strings.ReplaceAll(body, "b 1", "----x")).code(), "%s: an empty line before it", path)
		for name, c := range map[string][2]string{
			"Bare":          {"multipart/form-data", "pixels"},
			"NoDelimiter":   {"multipart/form-data", "--\r\n\r\npixels\r\n----\r\n"},
			"OneLine":       {"multipart/form-data", "--b"},
			"OtherType":     {"application/json", body},
			"None":          {"", body},
			"OtherBoundary": {"multipart/form-data; boundary=c", body},
		} {
			require.Equal(t, 41005, send(path, c[0], c[1]).code(), "%s %s", path, name)
		}
	}
	got := send(mediaUpload+"image", "multipart/form-data", body)
	_, _, file := b.do(http.MethodGet, as(b.oa, mediaGet+got.text("media_id")), "", "")
	require.Equal(t, "pixels", string(file))
}

func TestPicturesOfUsersCanBeFetched(t *testing.T) {
	t.Parallel()
	b := setup(t)
	permanent := b.oa.AddPermanentMedia("image", "a.gif", []byte("gif"))
	url := b.wx.URL()
	u := b.wx.User("u")
	u.SendImage(b.mp, "a.png", []byte("png"))
	_, _, body := b.do(http.MethodGet, as(b.mp, mediaGet+u.Inbox()[0].MediaID), "", "")
	require.Equal(t, "png", string(body))
	b.wx.Advance(1 << 50)
	_, h, _ := b.do(http.MethodGet, as(b.oa, mediaGet+permanent), "", "")
	require.Equal(t, "image/gif", h.Get("Content-Type"))
	video := b.oa.AddMedia("video", "a.mp4", nil)
	require.Contains(t, b.get(as(b.oa, mediaGet+video)).text("video_url"), url+"/", "through the socket once there is one")
}

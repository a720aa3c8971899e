package media_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/media"
)

// emulated returns a client of an account of the emulator.
func emulated(t *testing.T, wx *emulator.Server, app *emulator.App, opts ...wechat.Option) *media.Client {
	t.Helper()
	core, err := wechat.New(wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)}, append(
		[]wechat.Option{wechat.WithHTTPClient(wx.HTTPClient())}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, core.Close()) })
	return media.New(core)
}

func TestEmulatorTakesEveryType(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	m := emulated(t, wx, wx.ServiceAccount())
	for kind, content := range map[media.Type]string{
		media.Image: png, media.Voice: "#!AMR\nvoice", media.Video: "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
		media.Thumb: "\xff\xd8\xff\xe0 jpeg",
	} {
		up, err := m.Upload(t.Context(), &media.File{Type: kind, Name: "蓝色", Content: strings.NewReader(content)})
		require.NoError(t, err, kind)
		require.Equal(t, kind, up.Type)
		require.Equal(t, up.CreatedAt.Add(72*time.Hour), up.ExpiresAt)
		var file bytes.Buffer
		got, err := m.Download(t.Context(), up.MediaID, &file)
		require.NoError(t, err, kind)
		if kind == media.Video {
			require.NotEmpty(t, got.VideoURL)
			require.Zero(t, file.Len())
			continue
		}
		require.Equal(t, content, file.String())
		require.Equal(t, int64(len(content)), got.Size)
		require.True(t, strings.HasPrefix(got.Filename, up.MediaID))
	}
}

func TestEmulatorMediaLapse(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	m := emulated(t, wx, wx.MiniProgram())
	up, err := m.Upload(t.Context(), &media.File{Type: media.Image, Content: strings.NewReader(png)})
	require.NoError(t, err)
	_, err = emulated(t, wx, wx.ServiceAccount()).Download(t.Context(), up.MediaID, io.Discard)
	require.ErrorIs(t, err, errcode.InvalidMediaID, "it is another account's")
	wx.Advance(73 * time.Hour)
	_, err = m.Download(t.Context(), up.MediaID, io.Discard)
	require.ErrorIs(t, err, errcode.InvalidMediaID)
}

func TestEmulatorRefusesWhatChecksLetThrough(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	m := emulated(t, wx, wx.MiniProgram(), wechat.WithoutChecks())
	for want, file := range map[errcode.Code]media.File{
		errcode.InvalidMediaType: {Type: "sticker", Content: strings.NewReader(png)},
		errcode.InvalidFileType:  {Type: media.Image, Content: strings.NewReader(webp)},
		errcode.InvalidThumbSize: {Type: media.Thumb, Content: strings.NewReader("\xff\xd8\xff" + strings.Repeat("x", 64<<10))},
		errcode.EmptyMedia:       {Type: media.Image, Content: strings.NewReader("")},
	} {
		_, err := m.Upload(t.Context(), &file)
		require.ErrorIs(t, err, want)
	}
}

func TestEmulatorOtherPaths(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	oa := wx.ServiceAccount()
	m := emulated(t, wx, oa)
	address, err := m.UploadImage(t.Context(), &media.File{Content: strings.NewReader(png)})
	require.NoError(t, err)
	require.Contains(t, address, "http")

	var file bytes.Buffer
	got, err := m.DownloadVoiceHD(t.Context(), oa.AddMedia("voice", "a.amr", []byte("speech")), &file)
	require.NoError(t, err)
	require.Equal(t, "speech", file.String())
	require.Equal(t, "voice/speex", got.ContentType)
}

func TestEmulatorUploadSurvivesALostTokenAndABusyMoment(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	mini := wx.MiniProgram()
	m := emulated(t, wx, mini, wechat.WithRetry(wechat.RetryPolicy{MinWait: time.Millisecond}))
	image := func() *media.File { return &media.File{Type: media.Image, Content: strings.NewReader(png)} }
	_, err := m.Upload(t.Context(), image())
	require.NoError(t, err)
	wx.Revoke(mini)
	_, err = m.Upload(t.Context(), image())
	require.NoError(t, err)
	wx.Fail(emulator.Fault{Path: "/cgi-bin/media/upload", Code: errcode.SystemBusy, Times: 1})
	_, err = m.Upload(t.Context(), image())
	require.NoError(t, err)
	require.Equal(t, 5, wx.Count("/cgi-bin/media/upload"), "two of three at the second attempt")
}

func TestEmulatorMaterial(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	m, ctx := emulated(t, wx, wx.ServiceAccount()), t.Context()
	add := func(kind media.Type, content, title string) string {
		added, err := m.AddMaterial(ctx, &media.NewMaterial{
			File: media.File{Type: kind, Content: strings.NewReader(content)}, Title: title,
		})
		require.NoError(t, err)
		require.Equal(t, kind == media.Image, added.URL != "", "images only have an address")
		return added.MediaID
	}
	first, second := add(media.Image, png, ""), add(media.Image, png, "")
	video := add(media.Video, "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "How to brew")
	add(media.Thumb, "\xff\xd8\xff\xe0 jpeg", "")
	counts, err := m.MaterialCounts(ctx)
	require.NoError(t, err)
	require.Equal(t, &media.MaterialCounts{Images: 2, Videos: 1}, counts)

	var listed []string
	for item, err := range m.Materials(ctx, &media.MaterialQuery{Type: media.Image, PageSize: 1}) {
		require.NoError(t, err)
		require.WithinDuration(t, wx.Now(), item.UpdatedAt, time.Minute)
		listed = append(listed, item.MediaID)
	}
	require.ElementsMatch(t, []string{first, second}, listed)

	var file bytes.Buffer
	got, err := m.DownloadMaterial(ctx, first, &file)
	require.NoError(t, err)
	require.Equal(t, png, file.String())
	require.Equal(t, int64(len(png)), got.Size)
	got, err = m.DownloadMaterial(ctx, video, &file)
	require.NoError(t, err)
	require.NotEmpty(t, got.VideoURL)
	require.Equal(t, png, file.String(), "nothing was written of the video")

	wx.Advance(73 * time.Hour)
	require.NoError(t, m.DeleteMaterial(ctx, first), "it does not lapse")
	_, err = m.DownloadMaterial(ctx, first, io.Discard)
	require.ErrorIs(t, err, errcode.InvalidMediaID)
	require.ErrorIs(t, m.DeleteMaterial(ctx, first), errcode.InvalidMediaID)
}

func TestEmulatorFeedback(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	mini := wx.MiniProgram()
	record, picture := wx.User("Ann").Complain(mini, "broken.png", []byte(png))
	m := emulated(t, wx, mini)
	var file bytes.Buffer
	_, err := m.DownloadFeedback(t.Context(), record, picture, &file)
	require.NoError(t, err)
	require.Equal(t, png, file.String())
	_, err = m.DownloadFeedback(t.Context(), "0", picture, io.Discard)
	require.ErrorIs(t, err, errcode.MediaNotFound)
}

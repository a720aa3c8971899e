package media_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/golden"
	"github.com/wechatkit/wechat/media"
	"github.com/wechatkit/wechat/token"
)

const (
	png  = "\x89PNG\r\n\x1a\n demo"
	webp = "RIFF\x10\x00\x00\x00WEBPVP8 "
	busy = `{"errcode":-1,"errmsg":"system error"}`
	good = `{"type":"image","media_id":"M1","created_at":1700000000}`
)

// onlyReader hides every method but Read.
type onlyReader struct{ io.Reader }

func TestUploadChecks(t *testing.T) {
	t.Parallel()
	long := func(n int) io.Reader { return strings.NewReader(strings.Repeat("\x00", n)) }
	cases := map[string]struct {
		file *media.File
		want string
	}{
		"Nil":       {nil, "media: File: nil"},
		"NoType":    {&media.File{Content: strings.NewReader(png)}, "media: Type: empty"},
		"NoContent": {&media.File{Type: media.Image}, "media: Content: nil"},
		"Empty":     {&media.File{Type: media.Image, Content: strings.NewReader("")}, "media: Content: empty"},
		"Image":     {&media.File{Type: media.Image, Content: long(10<<20 + 1)}, "media: Content: 10485761 bytes, limit 10485760"},
		"Voice":     {&media.File{Type: media.Voice, Content: long(2<<20 + 1)}, "media: Content: 2097153 bytes, limit 2097152"},
		"Thumb":     {&media.File{Type: media.Thumb, Content: long(64<<10 + 1)}, "media: Content: 65537 bytes, limit 65536"},
		"MaxSize":   {&media.File{Type: media.Image, Content: long(9), MaxSize: 8}, "media: Content: 9 bytes, limit 8"},
		"StreamTooBig": {
			&media.File{Type: media.Thumb, Content: onlyReader{long(64<<10 + 1)}}, "media: Content: over 65536 bytes, the limit",
		},
		"WrongKind": {
			&media.File{Type: media.Image, Content: strings.NewReader(webp)},
			"media: Content: image/webp, allowed are image/png, image/jpeg, image/gif, image/bmp",
		},
		"PageForAThumb": {
			&media.File{Type: media.Thumb, Content: strings.NewReader("<html>not found")},
			"media: Content: text/html, allowed are image/jpeg",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, fake := client(t, []answer{{body: good}})
			_, err := m.Upload(t.Context(), c.file)
			require.EqualError(t, err, c.want)
			require.ErrorIs(t, err, errcode.InvalidArgument)
			require.Empty(t, fake.requests())
		})
	}
}

func TestUploadTakesWhatWeChatMayTake(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		file media.File
		opts []wechat.Option
	}{
		"UnknownKind":   {file: media.File{Type: media.Video, Content: strings.NewReader("any")}},
		"UnknownType":   {file: media.File{Type: "sticker", Content: strings.NewReader(webp)}},
		"RaisedLimit":   {file: media.File{Type: media.Thumb, Content: strings.NewReader(strings.Repeat("x", 65537)), MaxSize: 1 << 20}},
		"WithoutChecks": {media.File{Type: media.Image, Content: strings.NewReader(webp)}, []wechat.Option{wechat.WithoutChecks()}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, _ := client(t, []answer{{body: good}}, c.opts...)
			_, err := m.Upload(t.Context(), &c.file)
			require.NoError(t, err)
		})
	}
}

func TestUploadRepeats(t *testing.T) {
	t.Parallel()
	t.Run("FromTheStart", func(t *testing.T) {
		t.Parallel()
		m, fake := client(t, []answer{{body: busy}, {body: good}})
		_, err := m.Upload(t.Context(), &media.File{Type: media.Image, Content: strings.NewReader(png)})
		require.NoError(t, err)
		sent := fake.requests()
		require.Len(t, sent, 2)
		for _, body := range sent {
			require.Contains(t, body, png)
		}
	})
	t.Run("NotAStream", func(t *testing.T) {
		t.Parallel()
		m, fake := client(t, []answer{{body: busy}})
		_, err := m.Upload(t.Context(), &media.File{
			Type: media.Image, Content: onlyReader{strings.NewReader(png)}, Size: int64(len(png)),
		})
		require.ErrorIs(t, err, errcode.SystemBusy)
		require.Len(t, fake.requests(), 1)
		require.Contains(t, fake.requests()[0], png)
	})
	t.Run("NotPermanentMaterial", func(t *testing.T) {
		t.Parallel()
		m, fake := client(t, []answer{{body: "<html>bad gateway", status: 502}})
		_, err := m.AddMaterial(t.Context(), &media.NewMaterial{
			File: media.File{Type: media.Image, Content: strings.NewReader(png)},
		})
		require.ErrorIs(t, err, wechat.ErrOutcomeUnknown)
		require.Len(t, fake.requests(), 1)
	})
}

// seekOnly hides ReadAt.
type seekOnly struct{ io.ReadSeeker }

// The server hangs up in the middle of the first upload, while the transport still reads the file for it.
func TestUploadSurvivesABrokenConnection(t *testing.T) {
	t.Parallel()
	content := strings.Repeat(png, 300_000)
	for name, source := range map[string]io.Reader{
		"ReadAt": strings.NewReader(content), "Seek": seekOnly{strings.NewReader(content)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if calls.Add(1) == 1 {
					_, _ = io.CopyN(io.Discard, r.Body, 1000)
					panic(http.ErrAbortHandler)
				}
				file, _, err := r.FormFile("media")
				if err != nil {
					return
				}
				if got, err := io.ReadAll(file); err == nil && string(got) == content {
					_, _ = io.WriteString(w, good)
				}
			}))
			defer server.Close()
			core, err := wechat.New(wechat.Config{AppID: golden.AppID},
				wechat.WithTokenSource(token.Static(golden.AccessToken)), wechat.WithBaseURL(server.URL),
				wechat.WithRetry(wechat.RetryPolicy{MinWait: time.Millisecond, MaxWait: time.Millisecond}))
			require.NoError(t, err)
			up, err := media.New(core).Upload(t.Context(), &media.File{Type: media.Image, Content: source})
			require.NoError(t, err)
			require.Equal(t, "M1", up.MediaID)
			require.Equal(t, int64(2), calls.Load())
		})
	}
}

func TestUploadOfAFailingReader(t *testing.T) {
	t.Parallel()
	gone := errors.New("disk gone")
	t.Run("AtTheStart", func(t *testing.T) {
		t.Parallel()
		m, fake := client(t, []answer{{body: good}})
		_, err := m.Upload(t.Context(), &media.File{Type: media.Image, Content: iotest.ErrReader(gone)})
		require.ErrorIs(t, err, gone)
		require.EqualError(t, err, "media: reading Content: disk gone")
		require.Empty(t, fake.requests())
	})
	t.Run("OnTheWay", func(t *testing.T) {
		t.Parallel()
		m, fake := client(t, []answer{{body: good}})
		content := io.MultiReader(strings.NewReader(strings.Repeat(png, 100)), iotest.ErrReader(gone))
		_, err := m.Upload(t.Context(), &media.File{Type: media.Image, Content: content, Size: 1e6})
		require.ErrorIs(t, err, gone)
		require.EqualError(t, err, "media.Upload: reading the file: disk gone")
		require.NotErrorIs(t, err, wechat.ErrOutcomeUnknown)
		require.Empty(t, fake.requests())
	})
}

func TestUploadedIsDecodedLeniently(t *testing.T) {
	t.Parallel()
	created := time.Unix(1700000000, 0)
	cases := map[string]struct {
		body string
		want *media.Uploaded
	}{
		"NumberAsString": {
			"\xef\xbb\xbf" + `{"type":"image","media_id":"M1","created_at":"1700000000"}`,
			&media.Uploaded{Type: media.Image, MediaID: "M1", CreatedAt: created, ExpiresAt: created.Add(72 * time.Hour)},
		},
		"NoTime": {`{"media_id":"M1"}`, &media.Uploaded{MediaID: "M1"}},
		"Thumb":  {`{"type":"thumb","media_id":"","thumb_media_id":"T1"}`, &media.Uploaded{Type: media.Thumb, MediaID: "T1"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, _ := client(t, []answer{{body: c.body}})
			got, err := m.Upload(t.Context(), &media.File{Type: media.Image, Content: strings.NewReader(png)})
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
	t.Run("Nothing", func(t *testing.T) {
		t.Parallel()
		m, _ := client(t, []answer{{body: `{}`}})
		_, err := m.Upload(t.Context(), &media.File{Type: media.Image, Content: strings.NewReader(png)})
		var bad *wechat.ResponseError
		require.ErrorAs(t, err, &bad)
		require.ErrorContains(t, err, "media_id is missing")
	})
}

func TestUploadImageAndMaterialChecks(t *testing.T) {
	t.Parallel()
	m, fake := client(t, []answer{{body: good}})
	_, err := m.UploadImage(t.Context(), nil)
	require.EqualError(t, err, "media: File: nil")
	_, err = m.UploadImage(t.Context(), &media.File{Content: strings.NewReader(gif)})
	require.EqualError(t, err, "media: Content: image/gif, allowed are image/png, image/jpeg")
	_, err = m.UploadImage(t.Context(), &media.File{Content: strings.NewReader(strings.Repeat("x", 1<<20+1))})
	require.EqualError(t, err, "media: Content: 1048577 bytes, limit 1048576")
	_, err = m.AddMaterial(t.Context(), nil)
	require.EqualError(t, err, "media: NewMaterial: nil")
	_, err = m.AddMaterial(t.Context(), &media.NewMaterial{File: media.File{Type: media.Video, Content: strings.NewReader("any")}})
	require.EqualError(t, err, "media: Title: empty")
	require.EqualError(t, m.DeleteMaterial(t.Context(), ""), "media: mediaID: empty")
	require.Empty(t, fake.requests())
}

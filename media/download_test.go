package media_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/golden"
	"github.com/wechatkit/wechat/media"
	"github.com/wechatkit/wechat/token"
)

func TestDownloadDescribesTheFile(t *testing.T) {
	t.Parallel()
	header := func(kind, disposition string) map[string]string {
		return map[string]string{"Content-Type": kind, "Content-disposition": disposition}
	}
	cases := map[string]struct {
		answer answer
		want   media.Downloaded
	}{
		"AsDocumented": {
			answer{body: png, header: header("image/png", `attachment; filename="M1.png"`)},
			media.Downloaded{ContentType: "image/png", Filename: "M1.png", Size: 13},
		},
		"PictureAsText": {
			answer{body: png, header: header("text/plain", "")},
			media.Downloaded{ContentType: "image/png", Filename: "MEDIA.png", Size: 13},
		},
		"UnknownAsText": {
			answer{body: "\x01\x02\x03", header: header("text/plain; charset=utf-8", "")},
			media.Downloaded{ContentType: "application/octet-stream", Filename: "MEDIA", Size: 3},
		},
		"UnknownKindTold": {
			answer{body: "\x01\x02\x03", header: header("voice/speex", `attachment; filename="M1.speex"`)},
			media.Downloaded{ContentType: "voice/speex", Filename: "M1.speex", Size: 3},
		},
		"EncodedName": {
			answer{body: png, header: header("image/png", "attachment; filename*=utf-8''%E6%9D%AF.png")},
			media.Downloaded{ContentType: "image/png", Filename: "杯.png", Size: 13},
		},
		"NameWithoutQuotes": {
			answer{body: png, header: header("image/png", "attachment; filename=M 1.png; x")},
			media.Downloaded{ContentType: "image/png", Filename: "M 1.png", Size: 13},
		},
		"NameWithDirectories": {
			answer{body: png, header: header("image/png", `attachment; filename="../../etc/M1.png"`)},
			media.Downloaded{ContentType: "image/png", Filename: "M1.png", Size: 13},
		},
		"NameOfDots": {
			answer{body: png, header: header("image/png", `attachment; filename=".."`)},
			media.Downloaded{ContentType: "image/png", Filename: "MEDIA.png", Size: 13},
		},
		"Brace": {
			answer{body: "{\x00not json"},
			media.Downloaded{ContentType: "application/octet-stream", Filename: "MEDIA", Size: 10},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, _ := client(t, []answer{c.answer})
			var file bytes.Buffer
			got, err := m.Download(t.Context(), "MEDIA", &file)
			require.NoError(t, err)
			require.Equal(t, &c.want, got)
			require.Equal(t, c.answer.body, file.String())
		})
	}
}

func TestDownloadWritesNoErrorIntoTheFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer answer
		want   string
	}{
		"ErrorAsText":  {answer{body: `{"errcode":40007,"errmsg":"invalid media_id"}`, header: map[string]string{"Content-Type": "text/plain"}}, "errcode 40007: invalid media_id"},
		"ErrorAsImage": {answer{body: ` {"errcode":"40007"}`, header: map[string]string{"Content-Type": "image/jpeg"}}, "errcode 40007"},
		"NoVideoURL":   {answer{body: `{"errcode":0}`}, "video_url is missing"},
		"Gateway":      {answer{body: "<html>busy</html>"}, "body is not JSON"},
		"Nothing":      {answer{}, "empty body"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, _ := client(t, []answer{c.answer})
			var file bytes.Buffer
			got, err := m.Download(t.Context(), "MEDIA", &file)
			require.ErrorContains(t, err, c.want)
			require.Nil(t, got)
			require.Zero(t, file.Len())
		})
	}
}

// What gives only a file gives none of JSON, be it a proxy's or a success that brings nothing.
func TestDownloadOfJSONInPlaceOfAFile(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"message":"no route","code":404}`, `{"errcode":0,"errmsg":"ok"}`, `[{"a":1}]`} {
		m, _ := client(t, []answer{{body: body}})
		var file bytes.Buffer
		for name, call := range map[string]func() (*media.Downloaded, error){
			"Download":         func() (*media.Downloaded, error) { return m.Download(t.Context(), "MEDIA", &file) },
			"DownloadVoiceHD":  func() (*media.Downloaded, error) { return m.DownloadVoiceHD(t.Context(), "MEDIA", &file) },
			"DownloadFeedback": func() (*media.Downloaded, error) { return m.DownloadFeedback(t.Context(), "1", "MEDIA", &file) },
		} {
			got, err := call()
			require.Nil(t, got)
			var refused *wechat.ResponseError
			require.ErrorAs(t, err, &refused, "%s: %s", name, body)
			require.Zero(t, file.Len())
		}
		_, err := m.DownloadMaterial(t.Context(), "MEDIA", &file)
		var refused *wechat.ResponseError
		require.ErrorAs(t, err, &refused, body)
	}
}

func TestDownloadChecks(t *testing.T) {
	t.Parallel()
	m, fake := client(t, []answer{{body: png}})
	_, err := m.Download(t.Context(), "", io.Discard)
	require.EqualError(t, err, "media: mediaID: empty")
	_, err = m.Download(t.Context(), "MEDIA", nil)
	require.EqualError(t, err, "media: w: nil")
	_, err = m.DownloadMaterial(t.Context(), "", io.Discard)
	require.EqualError(t, err, "media: mediaID: empty")
	_, err = m.DownloadFeedback(t.Context(), "", "MEDIA", io.Discard)
	require.EqualError(t, err, "media: recordID: empty")
	require.Empty(t, fake.requests())
}

// fullDisk takes n bytes and no more.
type fullDisk struct{ n int }

var errFull = errors.New("disk full")

func (d *fullDisk) Write(p []byte) (int, error) {
	if len(p) <= d.n {
		d.n -= len(p)
		return len(p), nil
	}
	return d.n, errFull
}

func TestDownloadToAFailingWriter(t *testing.T) {
	t.Parallel()
	m, fake := client(t, []answer{{body: png}})
	_, err := m.Download(t.Context(), "MEDIA", &fullDisk{5})
	require.ErrorIs(t, err, errFull)
	require.EqualError(t, err, "media.Download: writing the file: disk full")
	require.Len(t, fake.requests(), 1, "the writer has part of the file already")
}

func TestDownloadThatBreaksOff(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, png)
	}))
	defer server.Close()
	core, err := wechat.New(wechat.Config{AppID: golden.AppID},
		wechat.WithTokenSource(token.Static(golden.AccessToken)), wechat.WithBaseURL(server.URL))
	require.NoError(t, err)
	_, err = media.New(core).Download(t.Context(), "MEDIA", io.Discard)
	var broken *wechat.ResponseError
	require.ErrorAs(t, err, &broken)
	require.EqualError(t, err, "media.Download: GET /cgi-bin/media/get: HTTP 200: body breaks off")
}

func TestDownloadIsBounded(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		chunk := bytes.Repeat([]byte{1}, 1<<20)
		for {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	core, err := wechat.New(wechat.Config{AppID: golden.AppID},
		wechat.WithTokenSource(token.Static(golden.AccessToken)), wechat.WithBaseURL(server.URL))
	require.NoError(t, err)
	_, err = media.New(core).Download(t.Context(), "MEDIA", io.Discard)
	require.EqualError(t, err, "media.Download: file over the limit of 67108864 bytes")
}

func TestDownloadMaterialWithManyArticles(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("字", 50_000)
	m, _ := client(t, []answer{{body: `{"news_item":{"title":7,"content":"` + text + `"}}`}})
	var file bytes.Buffer
	got, err := m.DownloadMaterial(t.Context(), "MEDIA", &file)
	require.NoError(t, err)
	require.Equal(t, []media.Article{{Title: "7", Content: text}}, got.Articles)
	require.Zero(t, file.Len())
}

func TestDownloadMaterialThatIsNeither(t *testing.T) {
	t.Parallel()
	m, _ := client(t, []answer{{body: `{"title":"x"}`}})
	_, err := m.DownloadMaterial(t.Context(), "MEDIA", io.Discard)
	require.ErrorContains(t, err, "down_url is missing")
	require.NotErrorIs(t, err, errcode.InvalidMediaID)
}

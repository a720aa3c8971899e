package file_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/file"
)

const png = "\x89PNG\x0d\x0a\x1a\x0a0123456789"

// onlyReader hides every method but Read.
type onlyReader struct{ io.Reader }

// seekOnly hides ReadAt.
type seekOnly struct{ io.ReadSeeker }

func onDisk(t *testing.T) *os.File {
	t.Helper()
	name := filepath.Join(t.TempDir(), "mug.png")
	require.NoError(t, os.WriteFile(name, []byte(png), 0o600))
	f, err := os.Open(name)
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestUploadReadsEverySource(t *testing.T) {
	t.Parallel()
	after := strings.NewReader("skipped" + png)
	_, err := after.Seek(7, io.SeekStart)
	require.NoError(t, err)
	cases := map[string]struct {
		content io.Reader
		size    int64
		once    bool
	}{
		"StringsReader":   {content: strings.NewReader(png)},
		"BytesReader":     {content: bytes.NewReader([]byte(png)), size: int64(len(png))},
		"Buffer":          {content: bytes.NewBufferString(png)},
		"File":            {content: onDisk(t)},
		"FromItsPosition": {content: after},
		"SeekerWithoutAt": {content: seekOnly{strings.NewReader(png)}},
		"UnknownSize":     {content: onlyReader{strings.NewReader(png)}},
		"Stream":          {content: onlyReader{strings.NewReader(png)}, size: int64(len(png)), once: true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := file.Source{Op: "media", Content: c.content, Size: c.size, Limit: 100}
			u, err := src.Upload()
			require.NoError(t, err)
			require.Equal(t, int64(len(png)), u.Size)
			require.Equal(t, "media.png", u.Filename)
			require.Equal(t, "image/png", u.ContentType)
			require.Equal(t, c.once, u.Once)
			for range 2 {
				r, err := u.Open()
				require.NoError(t, err)
				got, err := io.ReadAll(r)
				require.NoError(t, err)
				if c.once && len(got) == 0 {
					return
				}
				require.Equal(t, png, string(got))
			}
			require.False(t, c.once)
		})
	}
}

func TestUploadOfAPipeKeepsIt(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe() // has Seek and ReadAt, and refuses both
	require.NoError(t, err)
	_, err = io.WriteString(w, png)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	defer r.Close()
	u, err := (&file.Source{Op: "media", Content: r, Limit: 100}).Upload()
	require.NoError(t, err)
	require.Equal(t, int64(len(png)), u.Size)
	require.False(t, u.Once)
}

func TestUploadFindings(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk gone")
	cases := map[string]struct {
		src  file.Source
		want string
	}{
		"Nil":         {file.Source{}, "media: Content: nil"},
		"Empty":       {file.Source{Content: strings.NewReader("")}, "media: Content: empty"},
		"PastTheEnd":  {file.Source{Content: pastEnd(t)}, "media: Content: empty"},
		"OverLimit":   {file.Source{Content: strings.NewReader("12345678901")}, "media: Content: 11 bytes, limit 10"},
		"StreamOver":  {file.Source{Content: onlyReader{strings.NewReader("x")}, Size: 11}, "media: Content: 11 bytes, limit 10"},
		"UnknownOver": {file.Source{Content: iotest.DataErrReader(zeros{})}, "media: Content: over 10 bytes, the limit"},
		"UnknownOverNoCheck": {
			file.Source{Content: zeros{}, NoCheck: true}, "media: Content: over 10 bytes, the limit",
		},
		"WrongSize": {file.Source{Content: strings.NewReader("123"), Size: 4}, "media: Size: 4, but the content has 3 bytes"},
		"Broken": {
			file.Source{Content: iotest.ErrReader(broken)}, "media: reading Content: disk gone",
		},
		"BrokenStream": {
			file.Source{Content: iotest.ErrReader(broken), Size: 5}, "media: reading Content: disk gone",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.src.Op, c.src.Limit = "media", 10
			_, err := c.src.Upload()
			require.EqualError(t, err, c.want)
			if strings.HasPrefix(name, "Broken") {
				require.ErrorIs(t, err, broken)
				return
			}
			var finding *errcode.FieldError
			require.ErrorAs(t, err, &finding)
		})
	}
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func pastEnd(t *testing.T) io.Reader {
	t.Helper()
	r := strings.NewReader("x")
	_, err := r.Seek(5, io.SeekStart)
	require.NoError(t, err)
	return r
}

func TestUploadWithoutChecks(t *testing.T) {
	t.Parallel()
	u, err := (&file.Source{Op: "media", Content: strings.NewReader("12345678901"), Limit: 10, NoCheck: true}).Upload()
	require.NoError(t, err)
	require.Equal(t, int64(11), u.Size)
}

func TestAnEarlierAttemptReadsNoMore(t *testing.T) {
	t.Parallel()
	u, err := (&file.Source{Op: "media", Content: seekOnly{strings.NewReader(png)}, Limit: 100}).Upload()
	require.NoError(t, err)
	first, err := u.Open()
	require.NoError(t, err)
	_, err = io.ReadFull(first, make([]byte, 3))
	require.NoError(t, err)

	second, err := u.Open()
	require.NoError(t, err)
	_, err = first.Read(make([]byte, 3))
	require.EqualError(t, err, "another attempt reads the file now")
	got, err := io.ReadAll(second)
	require.NoError(t, err)
	require.Equal(t, png, string(got))
}

package rest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/rest"
)

// uploadRequest sends content as a file that is said to have size bytes.
func uploadRequest(t *testing.T, base string, size int64, content io.Reader) *rest.Request {
	t.Helper()
	req := request(t, base)
	req.Body = nil
	req.Upload = &rest.Upload{
		Field: "media", Filename: `a"b.png`, ContentType: "image/png", Size: size,
		Open: func() (io.Reader, error) { return content, nil },
		Form: []rest.FormValue{{Name: "description", Value: `{"title":"x"}`}},
	}
	return req
}

func TestUploadSendsAFormWithItsLength(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		length := r.ContentLength
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		file, header, err := r.FormFile("media")
		if err != nil || length != int64(len(body)) || header.Filename != `a"b.png` ||
			header.Header.Get("Content-Type") != "image/png" || r.FormValue("description") != `{"title":"x"}` {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		_, _ = io.Copy(w, file)
	})
	answer, err := rest.New(nil).Do(t.Context(), uploadRequest(t, url, 5, strings.NewReader("PNG..")))
	require.NoError(t, err)
	defer answer.Release()
	require.Equal(t, "PNG..", string(answer.Body))
	require.Equal(t, http.StatusOK, answer.Status)
}

func TestUploadOfAWrongFileIsALocalError(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk gone")
	cases := map[string]struct {
		content io.Reader
		want    string
	}{
		"Shorter":     {strings.NewReader("abc"), "the file ends after 3 bytes, Size is 5"},
		"Longer":      {strings.NewReader("abcdef"), "the file is longer than Size, 5 bytes"},
		"Broken":      {io.MultiReader(strings.NewReader("ab"), iotest.ErrReader(broken)), "reading the file: disk gone"},
		"BrokenAtEnd": {io.MultiReader(strings.NewReader("abcde"), iotest.ErrReader(broken)), "reading the file: disk gone"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			complete := make(chan bool, 1)
			url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
				_, err := io.Copy(io.Discard, r.Body)
				complete <- err == nil
			})
			_, err := rest.New(nil).Do(t.Context(), uploadRequest(t, url, 5, c.content))
			require.EqualError(t, err, c.want)
			var local *rest.LocalError
			require.ErrorAs(t, err, &local)
			require.False(t, <-complete, "WeChat must not take it for a whole request")
		})
	}
}

func TestUploadAcceptsReadersOfAllKinds(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		file, _, err := r.FormFile("media")
		if err == nil {
			_, _ = io.Copy(w, file)
		}
	})
	for name, content := range map[string]io.Reader{
		"OneByte":      iotest.OneByteReader(strings.NewReader("PNG..")),
		"EOFWithData":  iotest.DataErrReader(strings.NewReader("PNG..")),
		"HalfOfBuffer": iotest.HalfReader(strings.NewReader("PNG..")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, err := rest.New(nil).Do(t.Context(), uploadRequest(t, url, 5, content))
			require.NoError(t, err)
			defer answer.Release()
			require.Equal(t, "PNG..", string(answer.Body))
		})
	}
}

func TestUploadThatCannotBeOpenedIsNotSent(t *testing.T) {
	t.Parallel()
	req := uploadRequest(t, "https://wechat.invalid", 5, nil)
	req.Upload.Open = func() (io.Reader, error) { return nil, io.ErrClosedPipe }
	_, err := rest.New(nil).Do(t.Context(), req)
	var local *rest.LocalError
	require.ErrorAs(t, err, &local)
	require.ErrorIs(t, err, io.ErrClosedPipe)
}

func TestDownloadTellsHowItsBodyEnds(t *testing.T) {
	t.Parallel()
	t.Run("Whole", func(t *testing.T) {
		t.Parallel()
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "file") })
		resp, err := rest.New(nil).Download(t.Context(), request(t, url))
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Equal(t, "file", string(body))
	})
	t.Run("BreaksOff", func(t *testing.T) {
		t.Parallel()
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "file")
		})
		resp, err := rest.New(nil).Download(t.Context(), request(t, url))
		require.NoError(t, err)
		defer resp.Body.Close()
		_, err = io.ReadAll(resp.Body)
		var answer *rest.ResponseError
		require.ErrorAs(t, err, &answer)
		require.Equal(t, "body breaks off", answer.Reason)
	})
	t.Run("Cancelled", func(t *testing.T) {
		t.Parallel()
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "file")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		})
		ctx, cancel := context.WithCancel(t.Context())
		resp, err := rest.New(nil).Download(ctx, request(t, url))
		require.NoError(t, err)
		defer resp.Body.Close()
		_, err = io.ReadFull(resp.Body, make([]byte, 4))
		require.NoError(t, err)
		cancel()
		_, err = io.ReadAll(resp.Body)
		require.ErrorIs(t, err, context.Canceled)
		require.NotContains(t, err.Error(), plantedToken)
	})
}

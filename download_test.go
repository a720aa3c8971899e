package wechat_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/golden"
	"github.com/wechatkit/wechat/token"
)

// fileServer answers requests with the given function and counts them.
func fileServer(t *testing.T, respond httpmock.Responder, opts ...wechat.Option) (*wechat.Client, *atomic.Int64) {
	t.Helper()
	var calls atomic.Int64
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		calls.Add(1)
		return respond(r)
	})
	client, err := wechat.New(wechat.Config{AppID: golden.AppID}, append([]wechat.Option{
		wechat.WithTokenSource(token.Static(golden.AccessToken)), wechat.WithHTTPClient(&http.Client{Transport: mock}),
		wechat.WithRetry(wechat.RetryPolicy{MinWait: time.Nanosecond, MaxWait: time.Nanosecond}),
	}, opts...)...)
	require.NoError(t, err)
	return client, &calls
}

func download(ctx context.Context, c *wechat.Client, to wechat.Receiver, out any) error {
	return c.Call(ctx, wechat.Call{
		Op: "test.Download", Method: http.MethodGet, Path: "/cgi-bin/media/get",
		Binary: to, Out: out, Effect: wechat.ReadOnly,
	})
}

func TestDownloadJudgesByContent(t *testing.T) {
	t.Parallel()
	large := `{"a":"` + strings.Repeat("x", 70<<10) + `"}`
	cases := map[string]struct {
		body string
		file string // what the receiver is to get
		err  string // part of the error otherwise
	}{
		"File":            {body: "\x89PNG...", file: "\x89PNG..."},
		"FileLikeJSON":    {body: "{not json", file: "{not json"},
		"ObjectWithout":   {body: `{"a":1}`, err: "JSON in place of a file"},
		"ObjectWithBOM":   {body: "\xef\xbb\xbf" + ` {"message":"no route"} `, err: "JSON in place of a file"},
		"List":            {body: ` [{"errcode":40007}]`, err: "JSON, but no object"},
		"FileLikeAList":   {body: "[not json", file: "[not json"},
		"ObjectTooLarge":  {body: large, file: large},
		"Error":           {body: `{"errcode":40007,"errmsg":"invalid media_id"}`, err: "errcode 40007"},
		"ErrorWithBOM":    {body: "\xef\xbb\xbf\n" + `{"errcode":"40007"}`, err: "errcode 40007"},
		"SuccessNotAFile": {body: `{"errcode":0,"errmsg":"ok"}`, err: "JSON in place of a file"},
		"Empty":           {err: "empty body"},
		"GatewayPage":     {body: "\n<!DOCTYPE html><title>502", err: "body is not JSON"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := fileServer(t, httpmock.NewStringResponder(http.StatusOK, c.body))
			var got bytes.Buffer
			err := download(t.Context(), client, func(_ http.Header, body io.Reader) error {
				_, err := io.Copy(&got, body)
				return err
			}, nil)
			if c.err == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.err)
				var answer *wechat.ResponseError
				require.Equal(t, !errors.Is(err, errcode.InvalidMediaID), errors.As(err, &answer))
			}
			require.Equal(t, c.file, got.String(), "an answer that is no file must not reach the caller's")
		})
	}
}

func TestDownloadGivesJSONToOut(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"Short": "x", "Long": strings.Repeat("x", 70<<10)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := fileServer(t, httpmock.NewStringResponder(http.StatusOK, `{"a":"`+text+`"}`))
			var out struct{ A string }
			receiver := func(http.Header, io.Reader) error { panic("not a file") }
			require.NoError(t, download(t.Context(), client, receiver, &out))
			require.Equal(t, text, out.A)
		})
	}
}

func TestDownloadRepeatsOnlyBeforeTheFile(t *testing.T) {
	t.Parallel()
	t.Run("ReceiverFails", func(t *testing.T) {
		t.Parallel()
		client, calls := fileServer(t, httpmock.NewStringResponder(http.StatusOK, "PNG"))
		full := errors.New("disk full")
		err := download(t.Context(), client, func(http.Header, io.Reader) error { return full }, nil)
		require.ErrorIs(t, err, full)
		require.EqualError(t, err, "test.Download: disk full")
		require.NotErrorIs(t, err, wechat.ErrOutcomeUnknown)
		require.Equal(t, int64(1), calls.Load())
	})
	t.Run("BusyFirst", func(t *testing.T) {
		t.Parallel()
		var n atomic.Int64
		client, calls := fileServer(t, func(*http.Request) (*http.Response, error) {
			if n.Add(1) == 1 {
				return httpmock.NewStringResponse(http.StatusOK, `{"errcode":-1}`), nil
			}
			return httpmock.NewStringResponse(http.StatusOK, "PNG"), nil
		})
		var got bytes.Buffer
		require.NoError(t, download(t.Context(), client, func(_ http.Header, body io.Reader) error {
			_, err := io.Copy(&got, body)
			return err
		}, nil))
		require.Equal(t, "PNG", got.String())
		require.Equal(t, int64(2), calls.Load())
	})
	t.Run("GatewayError", func(t *testing.T) {
		t.Parallel()
		client, calls := fileServer(t, httpmock.NewStringResponder(http.StatusBadGateway, "PNG"))
		err := download(t.Context(), client, func(http.Header, io.Reader) error { panic("not a file") }, nil)
		var answer *wechat.ResponseError
		require.ErrorAs(t, err, &answer)
		require.Equal(t, http.StatusBadGateway, answer.Status)
		require.Equal(t, int64(3), calls.Load())
	})
}

func upload(ctx context.Context, c *wechat.Client, u *wechat.Upload) error {
	return c.Call(ctx, wechat.Call{
		Op: "test.Upload", Method: http.MethodPost, Path: "/cgi-bin/media/upload", Upload: u, Effect: wechat.Idempotent,
	})
}

// answers reads the request's body, as a server does, and then gives each answer in turn.
func answers(bodies ...string) httpmock.Responder {
	var n atomic.Int64
	return func(r *http.Request) (*http.Response, error) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
		return httpmock.NewStringResponse(http.StatusOK, bodies[n.Add(1)-1]), nil
	}
}

func TestUploadRepeats(t *testing.T) {
	t.Parallel()
	t.Run("OpensTheFileAgain", func(t *testing.T) {
		t.Parallel()
		client, calls := fileServer(t, answers(`{"errcode":-1}`, `{"errcode":0}`))
		require.NoError(t, upload(t.Context(), client, &wechat.Upload{
			Field: "media", Filename: "a.png", Size: 3,
			Open: func() (io.Reader, error) { return strings.NewReader("PNG"), nil },
		}))
		require.Equal(t, int64(2), calls.Load())
	})
	t.Run("NotAfterTheOnlyReadingOfAFile", func(t *testing.T) {
		t.Parallel()
		client, calls := fileServer(t, answers(`{"errcode":-1}`))
		file := strings.NewReader("PNG")
		err := upload(t.Context(), client, &wechat.Upload{
			Field: "media", Filename: "a.png", Size: 3, Once: true,
			Open: func() (io.Reader, error) { return file, nil },
		})
		require.ErrorIs(t, err, errcode.SystemBusy)
		require.Equal(t, int64(1), calls.Load())
	})
	t.Run("NotWhenTheFileCannotBeRead", func(t *testing.T) {
		t.Parallel()
		client, calls := fileServer(t, answers(`{"errcode":0}`))
		err := upload(t.Context(), client, &wechat.Upload{
			Field: "media", Filename: "a.png", Size: 4,
			Open: func() (io.Reader, error) { return strings.NewReader("PNG"), nil },
		})
		require.EqualError(t, err, "test.Upload: the file ends after 3 bytes, Size is 4")
		require.NotErrorIs(t, err, wechat.ErrOutcomeUnknown)
		require.Equal(t, int64(1), calls.Load())
	})
}

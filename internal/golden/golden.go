// Package golden tests the endpoints of this module against samples in testdata: what is sent, what comes
// back, and what an error looks like.
//
// Each endpoint has a folder below testdata of its package with three files: request.http is what must be
// sent, response.json what WeChat answers (or response.bin for a file), error.json one of its refusals.
// WECHAT_UPDATE_GOLDEN=1 rewrites request.http; the answers are written by hand, from WeChat's
// documentation.
package golden

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/token"
)

// Case is one endpoint as a method calls it.
type Case struct {
	// Name is the folder below testdata, the name of the method.
	Name string
	// Call makes the call with fixed arguments and returns the method's result, nil if it has none.
	Call func(ctx context.Context, c *wechat.Client) (any, error)
	// Want is the result for response.json.
	Want any
	// Code is the errcode in error.json.
	Code errcode.Code
	// File says that response.json stands where other answers of the endpoint are files.
	File bool
}

// Account of the client that cases get.
const (
	AppID       = "wx0123456789abcdef"
	AppSecret   = "APPSECRET"
	AccessToken = "ACCESS_TOKEN"
)

// Run tests each case against its folder.
func Run(t *testing.T, cases []Case) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			t.Run("Response", func(t *testing.T) {
				t.Parallel()
				client, sent := c.client(t, response(t, c.Name))
				got, err := c.Call(t.Context(), client)
				require.NoError(t, err)
				require.Equal(t, c.Want, got)
				compare(t, filepath.Join("testdata", c.Name, "request.http"), sent.Bytes())
			})
			t.Run("Error", func(t *testing.T) {
				t.Parallel()
				client, _ := c.client(t, read(t, c.Name, "error.json"))
				_, err := c.Call(t.Context(), client)
				require.ErrorIs(t, err, c.Code)
			})
			t.Run("Lenient", c.lenient)
			t.Run("Hostile", c.hostile)
		})
	}
}

// client answers every request with the given body and notes the first request.
func (c *Case) client(t *testing.T, answer []byte) (*wechat.Client, *bytes.Buffer) {
	t.Helper()
	var sent bytes.Buffer
	return c.newClient(t, func(r *http.Request) (*http.Response, error) {
		if sent.Len() == 0 {
			dump(t, &sent, r)
		}
		resp := httpmock.NewBytesResponse(http.StatusOK, answer)
		resp.Header.Set("Content-Type", contentType(answer))
		return resp, nil
	}), &sent
}

// newClient has every request answered by answer.
func (c *Case) newClient(t *testing.T, answer httpmock.Responder) *wechat.Client {
	t.Helper()
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(answer)
	client, err := wechat.New(wechat.Config{AppID: AppID, AppSecret: AppSecret},
		wechat.WithTokenSource(token.Static(AccessToken)), wechat.WithHTTPClient(&http.Client{Transport: mock}),
		wechat.WithRetry(wechat.RetryPolicy{Attempts: 1}))
	require.NoError(t, err)
	return client
}

// contentType labels JSON as WeChat does, wrongly.
func contentType(answer []byte) string {
	if bytes.HasPrefix(answer, []byte("{")) {
		return "application/json; encoding=utf-8"
	}
	return http.DetectContentType(answer)
}

func response(t *testing.T, name string) []byte {
	t.Helper()
	if data, err := os.ReadFile(filepath.Join("testdata", name, "response.bin")); err == nil {
		return data
	}
	return read(t, name, "response.json")
}

func read(t *testing.T, name, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name, file))
	require.NoError(t, err)
	return bytes.TrimSpace(data)
}

// dump writes method, URL, content type and body. The random boundary of a form becomes BOUNDARY.
func dump(t *testing.T, w *bytes.Buffer, r *http.Request) {
	t.Helper()
	w.WriteString(r.Method + " " + r.URL.String() + "\n")
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	require.NotEqual(t, int64(-1), r.ContentLength, "WeChat refuses requests without a Content-Length")
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	require.Len(t, body, int(r.ContentLength))
	kind := r.Header.Get("Content-Type")
	text := string(body)
	if _, params, err := mime.ParseMediaType(kind); err == nil && params["boundary"] != "" {
		kind = strings.ReplaceAll(kind, params["boundary"], "BOUNDARY")
		text = strings.ReplaceAll(text, params["boundary"], "BOUNDARY")
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	w.WriteString("Content-Type: " + kind + "\n\n" + strings.TrimRight(text, "\n") + "\n")
}

func compare(t *testing.T, file string, got []byte) {
	t.Helper()
	if os.Getenv("WECHAT_UPDATE_GOLDEN") != "" {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, got, 0o644))
		return
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

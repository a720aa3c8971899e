package wechat_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/token"
)

// flood is a body of 100 MB that counts what is taken of it.
type flood struct {
	start string
	taken *atomic.Int64
}

func (f *flood) Read(p []byte) (int, error) {
	const size = 100 << 20
	if f.taken.Load() >= size {
		return 0, io.EOF
	}
	n := copy(p, f.start)
	f.start = f.start[n:]
	for n < len(p) {
		n += copy(p[n:], filler)
	}
	f.taken.Add(int64(n))
	return n, nil
}

var filler = strings.Repeat("x", 64<<10)

// Whatever comes in place of an answer, at a message and at a token, is told by a typed error, and no more of it
// is read than an answer may have.
func TestGarbage(t *testing.T) {
	t.Parallel()
	const most = 32<<20 + 64<<10
	for name, c := range map[string]struct{ body, reason string }{
		"Empty":       {"", "empty body"},
		"HTML":        {"<html>502 Bad Gateway", "body is not JSON"},
		"CutOff":      {`{"errcode":0,"errmsg":"o`, "body is cut off or broken JSON"},
		"Binary":      {"\x00\x01\xff\xfe", "body is not JSON"},
		"Null":        {"null", "JSON, but no object"},
		"List":        {`[{"errcode":0}]`, "JSON, but no object"},
		"TooDeep":     {`{"a":` + strings.Repeat("[", 1<<20), "body is cut off or broken JSON"},
		"CodeIsAList": {`{"errcode":[0]}`, "errcode is not a number"},
		"WrongType":   {`{"errcode":0,"msgid":[1],"access_token":{"a":1}}`, "field msgid is of another type|access_token is missing"},
		"Flood":       {`{"errcode":0,"errmsg":"`, "body over the limit of 33554432 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			taken := new(atomic.Int64)
			answers := func(*http.Request) (*http.Response, error) {
				var body io.Reader = strings.NewReader(c.body)
				if name == "Flood" {
					taken.Store(0)
					body = &flood{c.body, taken}
				}
				return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(body), ContentLength: -1}, nil
			}
			requireRefused(t, &script{steps: []step{answers}}, c.reason)
			require.LessOrEqual(t, taken.Load(), int64(most))
		})
	}
}

// requireRefused makes a call that gets no answer from wx, and one that gets no token. Where the reasons differ, a
// bar stands between them.
func requireRefused(t *testing.T, wx http.RoundTripper, reason string) {
	t.Helper()
	atCall, atToken, differ := strings.Cut(reason, "|")
	if !differ {
		atToken = atCall
	}
	opts := []wechat.Option{
		wechat.WithHTTPClient(&http.Client{Transport: wx}), wechat.WithRetry(wechat.RetryPolicy{Attempts: 1}),
		wechat.WithTimeout(5 * time.Minute), // a busy machine with the race detector takes its time for 32 MiB
	}
	sending, err := wechat.New(wechat.Config{AppID: "wx1"}, append(opts, wechat.WithTokenSource(token.Static("T")))...)
	require.NoError(t, err)
	var out struct {
		MsgID int64 `json:"msgid"`
	}
	err = sending.Do(t.Context(), http.MethodPost, "/x", nil, nil, &out)
	var answer *wechat.ResponseError
	require.ErrorAs(t, err, &answer)
	require.ErrorIs(t, err, wechat.ErrOutcomeUnknown)
	require.Contains(t, answer.Reason, atCall)

	fetching, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: "s"}, opts...)
	require.NoError(t, err)
	defer fetching.Close()
	err = fetching.Do(t.Context(), http.MethodPost, "/x", nil, nil, nil)
	require.ErrorAs(t, err, &answer)
	require.NotErrorIs(t, err, wechat.ErrOutcomeUnknown, "nothing was sent")
	require.Contains(t, answer.Reason, atToken)
}

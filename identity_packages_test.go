package wechat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/content"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/oauth"
	"github.com/wechatkit/wechat/token"
)

// rejectedData is an error of a program's own that is not made of strings.
type rejectedData struct {
	Body  []byte
	Lines []string
	Parts map[string]json.RawMessage
	At    *rejectedBody
	error
}

func (e *rejectedData) Error() string {
	return fmt.Sprintf("data %s %q %s", e.Body, e.Lines, e.Parts)
}
func (e *rejectedData) Unwrap() []error { return []error{e.error, e.At} }

// silentServer gives what a transport says of a server that does not answer.
var silentServer = sync.OnceValue(func() error {
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer s.Close()
	defer close(release)
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, s.URL, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := (&http.Transport{ResponseHeaderTimeout: time.Nanosecond}).RoundTrip(r)
	if err == nil {
		err = errors.Join(errors.New("the server answered"), resp.Body.Close())
	}
	return err
})

// brokenJSON is what a transport says that reads an answer of its own.
var brokenJSON = json.Unmarshal([]byte("nothing"), new(any))

// packageSituations are calls of the packages, some of which name what is private in them, and of downloads.
func packageSituations() map[string]*situation {
	static := token.Static("PLANTED-token-0123456789")
	unchecked := []wechat.Option{wechat.WithoutChecks()}
	timeout := []func(error) string{found(net.Error.Timeout), found(anyOf[*wechat.TransportError])}
	syntax := []func(error) string{found(func(e *json.SyntaxError) bool { return e.Offset == 2 })}
	return map[string]*situation{
		"CheckText": {
			source: static, steps: plays(fails(fmt.Errorf("mine: %w", silentServer()))), as: timeout,
			do: func(ctx context.Context, c *wechat.Client, text string) error {
				_, err := content.New(c).CheckText(ctx, &content.Text{OpenID: "oUser", Scene: content.Comment, Content: text})
				return err
			},
		},
		"SetRemark": {
			source: static, steps: plays(fails(brokenJSON)), as: syntax, opts: unchecked,
			do: func(ctx context.Context, c *wechat.Client, text string) error {
				return oauth.New(c).SetRemark(ctx, "oUser", text)
			},
		},
		"Login": {
			steps: plays(fails(fmt.Errorf("mine: %w", brokenJSON))), as: syntax,
			do: func(ctx context.Context, c *wechat.Client, text string) error {
				_, err := oauth.New(c).Login(ctx, text)
				return err
			},
		},
		"SealedQuery": {
			source: static, steps: plays(fails(fmt.Errorf("mine: %w", silentServer()))), as: timeout,
			opts: []wechat.Option{wechat.WithAPISecurity(newPeer().settings(noon))},
			do: func(ctx context.Context, c *wechat.Client, text string) error {
				return c.Do(ctx, http.MethodPost, "/cgi-bin/message/custom/send", url.Values{"words": {text}}, struct{}{}, nil)
			},
		},
		"SendOwnData": {
			source: static, is: []error{errVault}, as: []func(error) string{
				found(func(e *rejectedData) bool { return len(e.Lines) == 2 && len(e.Parts) == 1 && e.At.Body != "" }),
				found(anyOf[*rejectedBody]),
			},
			steps: func(text string) []step {
				return []step{fails(&rejectedData{
					[]byte("the body " + text), []string{"of", text}, map[string]json.RawMessage{text: []byte(text)},
					&rejectedBody{text, errVault}, errors.New(text),
				})}
			},
		},
		"DownloadRefused": {
			source: static, do: fetchFile, steps: says(40007, "invalid media_id: ", ""), is: []error{errcode.InvalidMediaID},
			as: []func(error) string{found(func(e *errcode.Error) bool { return e.RID == identityRID })},
		},
		"DownloadPage": {
			source: static, do: fetchFile,
			steps: func(text string) []step { return []step{status(http.StatusBadGateway, "<html>cannot pass on "+text)} },
			as:    []func(error) string{found(func(e *wechat.ResponseError) bool { return e.Status == 502 && e.Reason != "" })},
		},
		"DownloadBreaksOff": {
			source: static, do: leaveFile, is: []error{context.Canceled}, as: []func(error) string{found(anyOf[*wechat.TransportError])},
			steps: func(text string) []step {
				return []step{func(r *http.Request) (*http.Response, error) {
					body := io.MultiReader(strings.NewReader("\xff\xd8\xff"+strings.Repeat("0", 600)), failingReader{r.Context(), errors.New("lost " + text)})
					return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(body)}, nil
				}}
			},
		},
		"DownloadNoConnection": {
			source: static, do: fetchFile, steps: plays(fails(fmt.Errorf("mine: %w", silentServer()))), as: timeout,
		},
	}
}

// failingReader fails once its context has ended.
type failingReader struct {
	ctx context.Context
	err error
}

func (r failingReader) Read([]byte) (int, error) {
	<-r.ctx.Done()
	return 0, r.err
}

// fetchFile fetches a file by a call with the text.
func fetchFile(ctx context.Context, c *wechat.Client, text string) error {
	return c.Call(ctx, fileCall(text, func() {}))
}

// leaveFile does so too, and gives up once it begins.
func leaveFile(ctx context.Context, c *wechat.Client, text string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return c.Call(ctx, fileCall(text, cancel))
}

func fileCall(text string, begins func()) wechat.Call {
	return wechat.Call{
		Op: "test.Download", Method: http.MethodPost, Path: "/cgi-bin/media/get", In: map[string]string{"media_id": text},
		Effect: wechat.ReadOnly, Binary: func(_ http.Header, body io.Reader) error {
			begins()
			_, err := io.Copy(io.Discard, body)
			return err
		},
	}
}

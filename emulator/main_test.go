package emulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wechatkit/wechat/emulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const base = "https://api.weixin.qq.com"

// start is a fixed moment: noon in China on 2026-11-20.
var start = time.Date(2026, 11, 20, 4, 0, 0, 0, time.UTC)

// answer is a decoded answer: numbers are json.Number.
type answer map[string]any

func (a answer) code() int {
	n, _ := a["errcode"].(json.Number)
	code, _ := n.Int64()
	return int(code)
}

func (a answer) text(key string) string { s, _ := a[key].(string); return s }

func (a answer) number(key string) int64 {
	n, _ := a[key].(json.Number)
	v, _ := n.Int64()
	return v
}

// bundle is an emulator with a client that knows nothing of this package.
type bundle struct {
	t   *testing.T
	wx  *emulator.Server
	mp  *emulator.App
	oa  *emulator.App
	cli *http.Client
}

// setup makes an emulator whose clock stands still.
func setup(t *testing.T, opts ...emulator.Option) *bundle {
	t.Helper()
	wx := emulator.New(t, append([]emulator.Option{emulator.WithClockAt(start)}, opts...)...)
	return &bundle{t: t, wx: wx, mp: wx.MiniProgram(), oa: wx.ServiceAccount(), cli: wx.HTTPClient()}
}

func (b *bundle) do(method, url, contentType, body string) (int, http.Header, []byte) {
	b.t.Helper()
	var r io.Reader
	if body != "" {
		r = bytes.NewReader([]byte(body))
	}
	req, err := http.NewRequestWithContext(context.Background(), method, base+url, r)
	require.NoError(b.t, err)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := b.cli.Do(req)
	require.NoError(b.t, err)
	defer func() { require.NoError(b.t, resp.Body.Close()) }()
	out, err := io.ReadAll(resp.Body)
	require.NoError(b.t, err)
	return resp.StatusCode, resp.Header, out
}

func (b *bundle) decode(body []byte) answer {
	b.t.Helper()
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	a := answer{}
	require.NoError(b.t, dec.Decode(&a), "%s", body)
	return a
}

func (b *bundle) get(url string) answer {
	b.t.Helper()
	_, _, body := b.do(http.MethodGet, url, "", "")
	return b.decode(body)
}

func (b *bundle) post(url, body string) answer {
	b.t.Helper()
	_, _, out := b.do(http.MethodPost, url, "application/json", body)
	return b.decode(out)
}

// as adds the account's token to a path.
func as(a *emulator.App, path string) string {
	sep := "?"
	if bytes.ContainsRune([]byte(path), '?') {
		sep = "&"
	}
	return path + sep + "access_token=" + a.Token()
}

// sub is the body of a subscription message with one keyword.
func sub(openID, tpl, value string) string {
	return fmt.Sprintf(`{"touser":%q,"template_id":%q,"page":"pages/order?id=7","data":{"thing1":{"value":%q}}}`, openID, tpl, value)
}

func num(s string) json.Number { return json.Number(s) }

package console_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/emulator/console"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	miniID = "wx00000000000000a1"
	oaID   = "wx00000000000000b2"

	configuration = `{
		"clock": "2026-11-20T12:00:00+08:00",
		"apps": [
			{"kind": "mini program", "appId": "wx00000000000000a1", "appSecret": "mini-secret", "name": "Mini",
			 "templates": [{"id": "T1", "title": "Contract due", "content": "Contract:{{thing1.DATA}}\n"},
			               {"id": "T2", "title": "Order", "keywords": ["thing1"]}]},
			{"kind": "service account", "appId": "wx00000000000000b2", "appSecret": "oa-secret", "name": "Account",
			 "links": ["wx00000000000000a1"], "menu": [{"name": "Help", "key": "HELP"}],
			 "agents": [{"account": "anna@demo", "nick": "Anna"}],
			 "templates": [{"id": "T3", "title": "To followers", "keywords": ["thing1"]}]}
		],
		"users": [
			{"name": "alice", "openIds": {"wx00000000000000a1": "oAliceMini", "wx00000000000000b2": "oAliceOA"}},
			{"name": "bob"}
		]
	}`
)

// bundle is a console as a program in another language sees it.
type bundle struct {
	t   *testing.T
	con *console.Console
}

func setup(t *testing.T) *bundle {
	t.Helper()
	return with(t, configuration)
}

func with(t *testing.T, configuration string) *bundle {
	t.Helper()
	cfg, err := console.ReadConfig(strings.NewReader(configuration))
	require.NoError(t, err)
	build := func() (*emulator.Server, error) { return cfg.Start() }
	wx, err := build()
	require.NoError(t, err)
	con := console.New(wx, console.WithReset(build), console.WithHosts("wechat.test"))
	t.Cleanup(func() {
		require.NoError(t, con.Close())
		require.NoError(t, con.Server().Close())
	})
	return &bundle{t, con}
}

// serve answers one request.
func (b *bundle) serve(r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	b.con.ServeHTTP(rec, r)
	return rec
}

func (b *bundle) request(method, path, body string) *http.Request {
	b.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r := httptest.NewRequestWithContext(b.t.Context(), method, path, in)
	r.Host = "localhost:8630"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

type object = map[string]any

// do makes a request to the control API and wants this status.
func (b *bundle) do(status int, method, path, body string) object {
	b.t.Helper()
	rec := b.serve(b.request(method, "/_emulator/api"+path, body))
	require.Equal(b.t, status, rec.Code, "%s %s: %s", method, path, rec.Body)
	return b.decode(rec.Body.Bytes())
}

func (b *bundle) get(path string) object { b.t.Helper(); return b.do(http.StatusOK, "GET", path, "") }

func (b *bundle) post(path, body string) object {
	b.t.Helper()
	return b.do(http.StatusOK, "POST", path, body)
}

func (b *bundle) decode(data []byte) object {
	b.t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	out := object{}
	require.NoError(b.t, dec.Decode(&out), "%s", data)
	return out
}

// api makes a request to WeChat's API and returns the answer with its errcode.
func (b *bundle) api(method, path, body string) (object, int) {
	b.t.Helper()
	rec := b.serve(b.request(method, path, body))
	out := b.decode(rec.Body.Bytes())
	code, _ := out["errcode"].(json.Number)
	n, _ := code.Int64()
	return out, int(n)
}

// token gets an access token as any program does.
func (b *bundle) token(appID, secret string) string {
	b.t.Helper()
	out, code := b.api("GET", "/cgi-bin/token?grant_type=client_credential&appid="+appID+"&secret="+secret, "")
	require.Zero(b.t, code)
	return out["access_token"].(string)
}

// send sends a subscription message and returns the errcode.
func (b *bundle) send(token, tpl, value string) int {
	b.t.Helper()
	_, code := b.api("POST", "/cgi-bin/message/subscribe/send?access_token="+token,
		`{"touser":"oAliceMini","template_id":"`+tpl+`","data":{"thing1":{"value":"`+value+`"}}}`)
	return code
}

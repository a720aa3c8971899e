package emulator_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// The checks come in one order: path, method, length, token, kind of account, quota, body, fields. Each request here is
// wrong in all that comes later, too.
func TestOrderOfChecks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.oa.SetQuota("/cgi-bin/tags/create", 0)
	const tags = "/cgi-bin/tags/create"
	for _, c := range []struct {
		name, method, url, body string
		code                    int
	}{
		{"path", http.MethodGet, "/cgi-bin/none?access_token=x", "", 40066},
		{"method", http.MethodGet, tags + "?access_token=x", "", 43002},
		{"no token", http.MethodPost, tags, "{", 41001},
		{"token", http.MethodPost, tags + "?access_token=x", "{", 40001},
		{"kind", http.MethodPost, as(b.mp, tags), "{", 48001},
		{"quota", http.MethodPost, as(b.oa, tags), "{", 45009},
		{"body", http.MethodPost, as(b.oa, "/cgi-bin/tags/update"), "{", 47001},
		{"empty body", http.MethodPost, as(b.oa, "/cgi-bin/tags/update"), " ", 44002},
		{"field", http.MethodPost, as(b.oa, "/cgi-bin/tags/update"), `{"tag":{"id":7}}`, 45159},
	} {
		_, _, out := b.do(c.method, c.url, "application/json", c.body)
		require.Equal(t, c.code, b.decode(out).code(), c.name)
	}
}

// A body of unknown length is refused before anybody asks whose it is.
func TestLengthBeforeToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/cgi-bin/tags/create?access_token=x", io.MultiReader(strings.NewReader("{}")))
	require.NoError(t, err)
	resp, err := b.cli.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusPreconditionFailed, resp.StatusCode)
}

// A refused call costs its quota if it came so far, and a wrong token costs nobody's.
func TestWhatCountsAgainstAQuota(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const path = "/cgi-bin/tags/create"
	used := func() int {
		for _, q := range b.oa.State().Quotas {
			if q.Path == path {
				return q.Used
			}
		}
		return 0
	}
	b.post(path+"?access_token=x", `{}`)
	require.Zero(t, used())
	require.Equal(t, 47001, b.post(as(b.oa, path), `{`).code())
	require.Equal(t, 1, used())
	b.wx.Fail(emulator.Fault{Path: path, Code: -1, Times: 1})
	require.Equal(t, -1, b.post(as(b.oa, path), `{}`).code())
	require.Equal(t, 1, used(), "a fault kept it from happening")
	b.wx.Fail(emulator.Fault{Path: path, Code: -1, Times: 1, AfterTheFact: true})
	require.Equal(t, -1, b.post(as(b.oa, path), `{}`).code())
	require.Equal(t, 2, used(), "only its answer was lost")
}

// Every refusal names itself in its errmsg, by an id that rid/get knows.
func TestEveryRefusalHasAnID(t *testing.T) {
	t.Parallel()
	b := setup(t)
	seen := map[string]bool{}
	for range 20 {
		got := b.post(as(b.oa, "/cgi-bin/tags/create"), `{}`)
		_, rid, ok := strings.Cut(got.text("errmsg"), " rid: ")
		require.True(t, ok)
		require.False(t, seen[rid])
		seen[rid] = true
		asked := b.succeeds(as(b.oa, "/cgi-bin/openapi/rid/get"), `{"rid":"`+rid+`"}`)["request"].(map[string]any)
		require.Contains(t, asked["response_body"], rid)
		require.NotContains(t, asked["request_url"], b.oa.Token())
	}
}

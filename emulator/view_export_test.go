package emulator_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// traffic makes a successful call, a refused one, a file and a push.
func traffic(t *testing.T) *bundle {
	t.Helper()
	b := setup(t)
	b.mp.SetCallback(emulator.Callback{Handler: http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(rw, "success")
	})})
	tpl := b.mp.AddTemplate(emulator.Template{ID: "T1", Keywords: []string{"thing1"}})
	u := b.wx.AddUser(emulator.UserConfig{Name: "u", OpenIDs: map[string]string{b.mp.AppID: "oU"}})
	u.Accept(tpl)
	require.Zero(t, b.post(as(b.mp, subscribeSend), sub("oU", tpl, "<Fire> & water")).code())
	require.Equal(t, 43101, b.post(as(b.mp, subscribeSend), sub("oU", tpl, "again")).code())
	require.Equal(t, 43101, b.post(as(b.mp, subscribeSend), sub("oU", tpl, "and again")).code())
	status, _, _ := b.do(http.MethodPost, as(b.mp, "/wxa/getwxacode"), "application/json", `{"path":"pages/index"}`)
	require.Equal(t, http.StatusOK, status)
	require.NotZero(t, b.post(as(b.mp, subscribeSend), strings.Repeat("x", 20<<10)).code())
	b.wx.Settle()
	return b
}

func TestWriteHAR(t *testing.T) {
	t.Parallel()
	b := traffic(t)
	var out bytes.Buffer
	require.NoError(t, b.wx.WriteHAR(&out))
	require.NotContains(t, out.String(), b.mp.Token())
	type body struct {
		Size           int
		MimeType, Text string
	}
	var har struct {
		Log struct {
			Version string
			Entries []struct {
				StartedDateTime, Comment string
				Request                  struct {
					Method, URL string
					QueryString []struct{ Name, Value string }
					PostData    *body
				}
				Response struct {
					Status  int
					Content body
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &har))
	require.Equal(t, "1.2", har.Log.Version)
	require.Len(t, har.Log.Entries, 7, "five calls, two pushes")
	byURL := map[string]int{}
	for i, e := range har.Log.Entries {
		byURL[e.Request.URL] = i
	}
	send, ok := byURL["https://api.weixin.qq.com"+subscribeSend+"?access_token=***"]
	require.True(t, ok, "%v", byURL)
	require.Equal(t, "access_token", har.Log.Entries[send].Request.QueryString[0].Name)
	first := har.Log.Entries[0]
	require.Equal(t, "POST", first.Request.Method)
	require.Contains(t, first.Request.PostData.Text, "<Fire> & water")
	require.Equal(t, "application/json", first.Response.Content.MimeType)
	push := har.Log.Entries[5]
	require.Equal(t, "push subscribe_msg_popup_event", push.Comment)
	require.True(t, strings.HasPrefix(push.Request.URL, "https://developer.example.com/wechat?"), push.Request.URL)
	require.Equal(t, "text/xml", push.Request.PostData.MimeType)
	require.Equal(t, "success", push.Response.Content.Text)
}

// harFields are the fields of HAR 1.2, those that must be there first.
var harFields = map[string][2]string{
	"":            {"log", ""},
	"log":         {"version creator entries", "browser pages comment"},
	"creator":     {"name version", "comment"},
	"entries":     {"startedDateTime time request response cache timings", "pageref serverIPAddress connection comment"},
	"request":     {"method url httpVersion cookies headers queryString headersSize bodySize", "postData comment"},
	"queryString": {"name value", "comment"},
	"postData":    {"mimeType", "params text comment"},
	"response":    {"status statusText httpVersion cookies headers content redirectURL headersSize bodySize", "comment"},
	"content":     {"size mimeType", "compression text encoding comment"},
	"cache":       {"", "beforeRequest afterRequest comment"},
	"timings":     {"send wait receive", "blocked dns connect ssl comment"},
}

func TestHARHasTheFieldsOfTheSpecification(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, traffic(t).wx.WriteHAR(&out))
	var har any
	require.NoError(t, json.Unmarshal(out.Bytes(), &har))
	seen := map[string]bool{}
	requireHAR(t, "", har, seen)
	require.Len(t, seen, len(harFields))
}

func requireHAR(t *testing.T, name string, v any, seen map[string]bool) {
	t.Helper()
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			requireHAR(t, name, item, seen)
		}
	case map[string]any:
		seen[name] = true
		fields, known := harFields[name]
		require.True(t, known, name)
		must, may := strings.Fields(fields[0]), strings.Fields(fields[1])
		require.Subset(t, slices.Collect(maps.Keys(v)), must, name)
		require.Subset(t, append(must, may...), slices.Collect(maps.Keys(v)), name)
		for field, inner := range v {
			requireHAR(t, field, inner, seen)
		}
	}
}

func TestGoldenFiles(t *testing.T) {
	t.Parallel()
	files := traffic(t).wx.Golden()
	const folder = "cgi-bin.message.subscribe.send/"
	require.Len(t, files, 4, "no files, no bodies that were cut, each errcode once")
	require.Equal(t, "POST https://api.weixin.qq.com"+subscribeSend+"?access_token=***\nContent-Type: application/json\n\n"+
		sub("oU", "T1", "<Fire> & water")+"\n", string(files[folder+"request.http"]))
	require.Contains(t, string(files[folder+"error-43101.http"]), `"again"`)
	require.Contains(t, string(files[folder+"error-43101.json"]), `{"errcode":43101,"errmsg":"user refuse to accept the msg`)
}

// TestGoldenFilesAnswerMocks plays a recorded answer to a program under test, as the tests of users do.
func TestGoldenFilesAnswerMocks(t *testing.T) {
	t.Parallel()
	files := traffic(t).wx.Golden()
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder(http.MethodPost, base+subscribeSend,
		httpmock.NewBytesResponder(http.StatusOK, files["cgi-bin.message.subscribe.send/error-43101.json"]))
	b := &bundle{t: t, cli: &http.Client{Transport: mock}}
	require.Equal(t, 43101, b.post(subscribeSend+"?access_token=x", "{}").code())
}

func TestRecordOfFiles(t *testing.T) {
	t.Parallel()
	b := traffic(t)
	require.Regexp(t, `^\(\d+ bytes that are no text\)$`, b.wx.Calls("/wxa/getwxacode")[0].Response)
	long := strings.Repeat("好", 8<<10)
	b.post(as(b.mp, subscribeSend), long)
	calls := b.wx.Calls(subscribeSend)
	require.Equal(t, strings.Repeat("好", 16<<10/3)+"…", calls[len(calls)-1].Request, "characters stay whole")
}

package emulator_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// planted stands for all that must not be shown.
const planted = "PLANTEDsecretPLANTED"

// secretBodies are ways to write a secret down, most of them wrong. NAME is its name.
var secretBodies = map[string]string{
	"form":                       "a=1&NAME=" + planted + "&b=2",
	"form, name encoded":         "a=1&%4EAME=" + planted + "&b=2",
	"form, value of many parts":  "NAME=" + planted + ",x;" + planted + "&b=2",
	"query of an address":        "https://api.example.com/x?NAME=" + planted + "#top",
	"JSON":                       `{"a":1,"NAME":"` + planted + `"}`,
	"JSON, spaced":               "{\n \"NAME\" :\t\"" + planted + "\"\n}",
	"JSON, escaped name":         `{"\u004eAME":"` + planted + `"}`,
	"JSON, escaped value":        `{"NAME":"a\"` + planted + `\\"}`,
	"JSON, list":                 `{"NAME":["` + planted + `","` + planted + `"]}`,
	"JSON, object":               `{"NAME":{"value":"` + planted + `"}}`,
	"JSON, cut":                  `{"NAME":"` + planted,
	"JSON, cut behind an escape": `{"NAME":"` + planted + `\`,
	"JSON, comma too many":       `{"NAME":"` + planted + `",}`,
	"JSON, without quotes":       `{NAME:` + planted + `,a:1}`,
	"JSON, single quotes":        `{'NAME':'` + planted + `','a':1}`,
	"JSON, value without quotes": `{"NAME":` + planted + `}`,
	"JSON twice":                 `{"a":1}{"NAME":"` + planted + `"}`,
	"JSON in a form":             `data=%7B%22NAME%22%3A%22` + planted + `%22%7D&b=2`,
	"JSON in a form, spaced":     `data=%7B%22NAME%22%20%3A+%22` + planted + `%22%7D`,
	"XML":                        "<xml><NAME>" + planted + "</NAME></xml>",
	"XML, section":               "<xml><NAME> <![CDATA[" + planted + "]]> </NAME></xml>",
	"XML, section with its end":  "<xml><NAME><![CDATA[a]]]]><![CDATA[>" + planted + "]]></NAME></xml>",
	"XML, attributes":            `<xml><NAME type="a">` + planted + `</NAME></xml>`,
	"XML, as an attribute":       `<xml a="1" NAME="` + planted + `"/>`,
	"XML, as an attribute, cut":  `<xml a="1" NAME='` + planted,
	"XML, prefix":                "<w:xml><w:NAME>" + planted + "</w:NAME></w:xml>",
	"XML, cut":                   "<xml><NAME><![CDATA[" + planted,
	"XML, another end":           "<xml><NAME>" + planted + "</other></xml>",
	"XML, with a head":           "<?xml version=\"1.0\"?>\n<xml>\n <NAME>\n" + planted + "\n</NAME></xml>",
	"XML, children":              "<xml><NAME><a>" + planted + "</a></NAME></xml>",
	"XML, pairs":                 `<params><param name="NAME" value="` + planted + `"/></params>`,
	"pairs":                      `a=1 {"name":"NAME","value":"` + planted + `"}`,
	"multipart":                  "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; name=\"NAME\"\r\nContent-Type: text/plain\r\n\r\n" + planted + "\r\nmore " + planted + "\r\n--b--\r\n",
	"multipart, line feeds":      "--b\nContent-Disposition: form-data; name=NAME\n\n" + planted + "\n--b--\n",
	"multipart, file":            "--b\r\nContent-Disposition: form-data; name=\"NAME\"; filename=\"a.txt\"\r\n\r\n" + planted + "\r\n--b--",
	"multipart, no empty line":   "--b\r\nContent-Disposition: form-data; name=\"NAME\"\r\n" + planted + "\r\n--b--\r\n",
	"multipart, cut":             "--b\r\nContent-Disposition: form-data; name=\"NAME\"\r\n\r\n" + planted,
	"lines":                      "a: 1\nNAME: " + planted + "\nb: 2",
	"lines, quoted":              "NAME = '" + planted + "'\n",
	"a shell":                    `curl -d "NAME=` + planted + `" http://127.0.0.1`,
	"a user's address":           "see http://" + planted + "@api.example.com/x",
	"a user's address, password": "see http://me:" + planted + "@api.example.com/x and https:\\/\\/a:" + planted + "@b.example.com",
	"a user's address, encoded":  "redirect_uri=http%3A%2F%2Fme%3A" + planted + "%40api.example.com%2Fx",
	"an address in JSON":         `{"url":"https://me:` + planted + `@api.example.com/","a":1}`,
	"very long":                  `{"NAME":"` + planted + strings.Repeat("x", 20<<10) + `"}`,
	"cut in the middle":          `{"a":"` + strings.Repeat("x", 16<<10-40) + `","NAME":"` + planted + planted,
}

var secretNames = []string{"secret", "access_token", "AppSecret", "component_verify_ticket", "ComponentVerifyTicket", "code", "session_key", "refreshToken"}

// secretBody returns a body of a form with the name of a secret.
func secretBody(form, name string) string {
	body := secretBodies[form]
	if strings.HasSuffix(form, "name encoded") {
		return strings.Replace(body, "%4EAME", fmt.Sprintf("%%%02X%s", name[0], name[1:]), 1)
	}
	if strings.HasSuffix(form, "escaped name") {
		return strings.Replace(body, `\u004eAME`, fmt.Sprintf(`\u%04x%s`, name[0], name[1:]), 1)
	}
	return strings.ReplaceAll(body, "NAME", name)
}

// exports returns all that an emulator shows of its record, by name.
func exports(t *testing.T, wx *emulator.Server) map[string]string {
	t.Helper()
	asJSON := func(v any) string {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		return string(text)
	}
	var har bytes.Buffer
	require.NoError(t, wx.WriteHAR(&har))
	all := map[string]string{
		"Calls": asJSON(wx.Calls()), "CallsAfter": asJSON(wx.CallsAfter(0, 1000)), "HAR": har.String(),
		"TriesAfter": asJSON(wx.TriesAfter(0, 1000)), "Snapshot": asJSON(wx.Snapshot()),
	}
	for name, file := range wx.Golden() {
		all["Golden"] += name + "\n" + string(file)
	}
	return all
}

func requireHidden(t *testing.T, wx *emulator.Server) {
	t.Helper()
	for export, text := range exports(t, wx) {
		at := strings.Index(text, planted)
		require.Negative(t, at, "%s: …%s…", export, text[max(0, at-100):min(len(text), max(0, at)+100)])
	}
}

// TestExportsHideSecretsOfAnyForm plants a secret in bodies of calls.
func TestExportsHideSecretsOfAnyForm(t *testing.T) {
	t.Parallel()
	for form := range secretBodies {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			for _, name := range secretNames {
				failed := b.post(as(b.mp, customSend), secretBody(form, name))
				rid := failed.text("errmsg")[strings.LastIndex(failed.text("errmsg"), " ")+1:]
				_, _, told := b.do(http.MethodPost, as(b.mp, "/cgi-bin/openapi/rid/get"), "application/json", `{"rid":"`+rid+`"}`)
				require.NotContains(t, string(told), planted, "rid/get")
				require.Contains(t, b.wx.Calls(customSend)[0].Request, "***")
			}
			requireHidden(t, b.wx)
		})
	}
}

// TestExportsHideSecretsOfPushes plants a secret in what a callback answers, in its address, and in the query.
func TestExportsHideSecretsOfPushes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var answer string
	for _, cb := range []emulator.Callback{
		{URL: "http://me:" + planted + "@127.0.0.1:1/wechat?secret=" + planted + "&a=1"},
		{URL: "http://" + planted + "@developer.example.com/wechat", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, answer)
		})},
	} {
		b.mp.SetCallback(cb)
		for form := range secretBodies {
			answer = secretBody(form, "secret")
			b.wx.User("u").EnterChat(b.mp, "")
			b.wx.Advance(15 * time.Second)
			if cb.Handler == nil {
				break
			}
		}
		requireHidden(t, b.wx)
		require.Contains(t, exports(t, b.wx)["HAR"], "://***@")
	}
	for _, cb := range []string{"http://me:" + planted + "@127.0.0.1:1/", "http://" + planted + ":x@127.0.0.1:1/"} {
		b.mp.SetCallback(emulator.Callback{URL: cb})
		err := b.mp.VerifyCallback(t.Context())
		require.Error(t, err)
		require.NotContains(t, err.Error(), planted)
		require.NotContains(t, err.Error(), "signature")
	}
}

// TestRecordKeepsWhatIsNoSecret: a test reads in the record what was sent.
func TestRecordKeepsWhatIsNoSecret(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"touser":"o","text":{"content":"Your code: AB12, the ticket=7 & token = <code>x</code> for you@example.com"}}`,
		`{"page":"pages/a?code=7&ticket=x&token=y","errcode":0,"code":0,"key":"code","value":"A"}`,
		`{"encode":"x","barcode":"1","secrets":"none","tickets":["a"],"code_type":"QR","action_info":{"scene":{"scene_str":"a"}}}`,
		`<xml><Content><![CDATA[Your code: AB12, token=7 and secret: tea]]></Content><CodeType>QR</CodeType></xml>`,
		"a=1&b=code&codes=2&path=http://example.com/x@y",
		"",
	} {
		b := setup(t)
		b.post(as(b.mp, customSend), body)
		require.Equal(t, body, b.wx.Calls(customSend)[0].Request)
	}
}

// TestMasksLeaveTheRest shows what becomes of a body in each form.
func TestMasksLeaveTheRest(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"a=1&secret=x&b=2":                            "a=1&secret=***&b=2",
		`{"a":1,"secret":"x","b":[2]}`:                `{"a":1,"secret":"***","b":[2]}`,
		`{"secret":["x","y"],"b":2}`:                  `{"secret":"***","b":2}`,
		`{secret:x,b:2}`:                              `{secret:***,b:2}`,
		`{'secret':'x','b':2}`:                        `{'secret':'***','b':2}`,
		"<xml><Secret>x</Secret><B>2</B></xml>":       "<xml><Secret>***</Secret><B>2</B></xml>",
		"<a><Secret><![CDATA[x]]></Secret><B/></a>":   "<a><Secret><![CDATA[***]]></Secret><B/></a>",
		"<a><secret/><b>2</b></a>":                    "<a><secret/><b>2</b></a>",
		`<a secret="x" b="2"/>`:                       `<a secret="***" b="2"/>`,
		"--b\r\nX; name=\"secret\"\r\n\r\nx\r\n--b--": "--b\r\nX; name=\"secret\"\r\n\r\n***\r\n--b--",
		`{"url":"https://u:p@a.example.com/b"}`:       `{"url":"https://***@a.example.com/b"}`,
		`{"text":"{\"secret\":\"x\",\"b\":2}"}`:       `{"text":"{\"secret\":\"***\",\"b\":2}"}`,
	}
	for body, want := range cases {
		b := setup(t)
		b.post(as(b.mp, customSend), body)
		require.Equal(t, want, b.wx.Calls(customSend)[0].Request)
	}
}

// TestGoldenFilesLeaveOutWhatWasCut also where the mask has made it short again.
func TestGoldenFilesLeaveOutWhatWasCut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(as(b.mp, customSend), `{"secret":"`+strings.Repeat("x", 20<<10)+`","touser":"o"}`)
	require.Equal(t, `{"secret":"***"…`, b.wx.Calls()[0].Request)
	require.Empty(t, b.wx.Golden())
}

package golden

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/errcode"
)

// lenient feeds the case its own answer in the spellings that WeChat and the gateways before it are known for.
// All of them mean the same.
func (c *Case) lenient(t *testing.T) {
	t.Helper()
	if c.isFile() {
		return
	}
	answer := read(t, c.Name, "response.json")
	var decoded any
	require.NoError(t, decode(answer, &decoded))
	spellings := map[string][]byte{
		"BOM":             append([]byte("\xef\xbb\xbf"), answer...),
		"Space":           append([]byte("\r\n \t"), answer...),
		"NumbersAsText":   encode(t, respell(decoded, numberAsText)),
		"TextAsNumbers":   encode(t, respell(decoded, textAsNumber)),
		"ObjectForList":   encode(t, respell(decoded, objectForList)),
		"CodeAsText":      bytes.Replace(answer, []byte("{"), []byte(`{"errcode":"0","errmsg":"ok",`), 1),
		"UnknownFields":   bytes.Replace(answer, []byte("{"), []byte(`{"new":{"a":[1,{"b":null}]},"more":"}",`), 1),
		"WithoutErrmsg":   encode(t, without(decoded, "errmsg")),
		"WithoutEnvelope": encode(t, without(decoded, "errmsg", "errcode")),
	}
	if _, yes := c.Want.(bool); yes || c.Want == nil {
		delete(spellings, "WithoutEnvelope") // nothing would be left to confirm the call
	}
	for name, spelling := range spellings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := c.client(t, spelling)
			got, err := c.Call(t.Context(), client)
			require.NoError(t, err)
			require.Equal(t, c.Want, got)
		})
	}
}

// hostile feeds the case answers that nobody expects, all of which repeat what was sent. None may panic, none
// that is no answer may pass for one, and none may bring what was sent into the error.
func (c *Case) hostile(t *testing.T) {
	t.Helper()
	for name, bad := range c.badAnswers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sent []string
			client := c.newClient(t, func(r *http.Request) (*http.Response, error) {
				sent = values(t, r)
				body := strings.ReplaceAll(bad.body, echo, quoteless(strings.Join(sent, " ")+" "+string(encode(t, sent))))
				resp := httpmock.NewStringResponse(max(bad.status, http.StatusOK), body)
				resp.Header.Set("Content-Type", contentType([]byte(body)))
				return resp, nil
			})
			_, err := c.Call(t.Context(), client)
			if bad.refused {
				require.Error(t, err)
			}
			if bad.code != 0 {
				require.ErrorIs(t, err, bad.code)
			}
			if err != nil {
				c.requireSilent(t, err, sent)
			}
		})
	}
}

// badAnswer is an answer that nobody expects.
type badAnswer struct {
	body    string
	status  int
	refused bool // the call must fail
	code    errcode.Code
}

// echo in a bad answer stands for all that was sent.
const echo = "ECHO"

func (c *Case) badAnswers(t *testing.T) map[string]badAnswer {
	t.Helper()
	json := !c.isFile() // what is no JSON may be a file
	bad := map[string]badAnswer{
		"Nothing":     {body: "", refused: true},
		"Page":        {body: "<html><body>502 ECHO</body></html>", refused: true},
		"BrokenPage":  {body: "<!DOCTYPE html>ECHO", status: http.StatusBadGateway, refused: true},
		"Text":        {body: "bad gateway: ECHO", refused: json},
		"Null":        {body: "null", refused: json},
		"List":        {body: `["ECHO"]`, refused: json},
		"Number":      {body: "0", refused: json},
		"TwoObjects":  {body: `{"errcode":0}{"said":"ECHO"}`, refused: json},
		"Deep":        {body: `{"errcode":0,"a":` + strings.Repeat("[", 20000), refused: json},
		"CodeObject":  {body: `{"errcode":{"said":"ECHO"}}`, refused: json},
		"CodeText":    {body: `{"errcode":"no: ECHO","errmsg":"ok"}`, refused: json},
		"CodeHuge":    {body: `{"errcode":99999999999999999999}`, refused: json},
		"Refusal":     {body: `{"errcode":40097,"errmsg":"invalid: ECHO"}`, refused: true, code: 40097},
		"TextRefusal": {body: `{"errmsg":"invalid: ECHO","errcode":"40097"}`, refused: true, code: 40097},
		"Refusal500": {
			body: `{"errcode":40097,"errmsg":["ECHO"]}`, status: http.StatusInternalServerError, refused: true, code: 40097,
		},
		"Broken500": {body: `{"errcode":0,"said":"ECHO"}`, status: http.StatusInternalServerError, refused: true},
		"Empty":     {body: `{}`, refused: json},
		"Foreign":   {body: `{"message":"no route: ECHO","code":404}`, refused: json},
	}
	if c.isFile() {
		return bad
	}
	answer := read(t, c.Name, "response.json")
	bad["CutOff"] = badAnswer{body: string(answer[:len(answer)/2]), refused: true}
	var decoded any
	require.NoError(t, decode(answer, &decoded))
	for path, replaced := range replacements(decoded, "") {
		for _, other := range []any{nil, echo, 7, true, []any{}, []any{nil}, map[string]any{}, map[string]any{"said": echo}} {
			bad[fmt.Sprintf("%s=%v", path, other)] = badAnswer{body: string(encode(t, replaced(other)))}
		}
	}
	return bad
}

// replacements returns, for each value within v, a function that gives v with that value replaced.
func replacements(v any, path string) map[string]func(other any) any {
	all := map[string]func(any) any{}
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			place := func(other any) any {
				whole := map[string]any{}
				for k, x := range v {
					whole[k] = x
				}
				whole[key] = other
				return whole
			}
			add(all, path+"."+key, inner, place)
		}
	case []any:
		for i, inner := range v {
			place := func(other any) any {
				whole := append([]any{}, v...)
				whole[i] = other
				return whole
			}
			add(all, path+"."+strconv.Itoa(i), inner, place)
		}
	}
	return all
}

func add(all map[string]func(any) any, path string, inner any, place func(any) any) {
	all[path] = place
	for deeper, replaced := range replacements(inner, path) {
		all[deeper] = func(other any) any { return place(replaced(other)) }
	}
}

// respell returns v with change applied to each value within it, the innermost first.
func respell(v any, change func(any) any) any {
	switch inner := v.(type) {
	case map[string]any:
		spelt := map[string]any{}
		for key, x := range inner {
			spelt[key] = respell(x, change)
		}
		v = spelt
	case []any:
		spelt := make([]any, len(inner))
		for i, x := range inner {
			spelt[i] = respell(x, change)
		}
		v = spelt
	}
	return change(v)
}

func numberAsText(v any) any {
	if n, ok := v.(json.Number); ok {
		return n.String()
	}
	return v
}

// textAsNumber leaves texts alone of which a number would lose something.
func textAsNumber(v any) any {
	text, ok := v.(string)
	if n, err := strconv.ParseInt(text, 10, 64); ok && err == nil && strconv.FormatInt(n, 10) == text {
		return json.Number(text)
	}
	return v
}

// objectForList writes a list of one without its brackets.
func objectForList(v any) any {
	if list, ok := v.([]any); ok && len(list) == 1 {
		return list[0]
	}
	return v
}

func without(v any, keys ...string) any {
	less := map[string]any{}
	for key, value := range v.(map[string]any) {
		less[key] = value
	}
	for _, key := range keys {
		delete(less, key)
	}
	return less
}

// values lists what a request carries, in query and body.
func values(t *testing.T, r *http.Request) []string {
	t.Helper()
	var list []string
	for _, v := range r.URL.Query() {
		list = append(list, v...)
	}
	if r.Body == nil {
		return list
	}
	var body bytes.Buffer
	_, err := body.ReadFrom(r.Body)
	require.NoError(t, err)
	var decoded any
	if decode(body.Bytes(), &decoded) == nil {
		list = texts(list, decoded)
	}
	return list
}

func texts(list []string, v any) []string {
	switch v := v.(type) {
	case string:
		list = append(list, v)
	case map[string]any:
		for _, inner := range v {
			list = texts(list, inner)
		}
	case []any:
		for _, inner := range v {
			list = texts(list, inner)
		}
	}
	return list
}

// shortest is the length from which a value that was sent counts as private.
const shortest = 6

// requireSilent finds what was sent in an error, but for the words that are part of the method's name or path.
func (c *Case) requireSilent(t *testing.T, err error, sent []string) {
	t.Helper()
	text := fmt.Sprintf("%v %+v %q", err, err, err)
	request := read(t, c.Name, "request.http")
	path, _, _ := bytes.Cut(request, []byte("?"))
	for _, v := range sent {
		if len(v) < shortest || strings.Contains(c.Name+string(path), v) {
			continue
		}
		for _, form := range []string{v, url.QueryEscape(v), quoteless(v)} {
			require.NotContains(t, text, form)
		}
	}
}

// quoteless is s within the quotes of a JSON string.
func quoteless(s string) string {
	quoted, err := json.Marshal(s)
	if err != nil {
		return ""
	}
	return string(quoted[1 : len(quoted)-1])
}

func decode(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(v)
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return data
}

// isFile reports whether the answer is, or could be, a file.
func (c *Case) isFile() bool {
	_, err := os.Stat(filepath.Join("testdata", c.Name, "response.bin"))
	return err == nil || c.File
}

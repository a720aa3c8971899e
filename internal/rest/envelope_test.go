package rest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/rest"
)

func TestEnvelope(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		body    string
		code    int64
		message string
	}{
		"success":                {body: `{"errcode":0,"errmsg":"ok","msgid":1}`},
		"errcode is missing":     {body: `{"openid":"o1"}`},
		"refusal":                {body: `{"errcode":43101,"errmsg":"refuse rid: 1"}`, code: 43101, message: "refuse rid: 1"},
		"errcode is a string":    {body: `{"errcode":"40029","errmsg":"bad"}`, code: 40029, message: "bad"},
		"errcode is null":        {body: `{"errcode":null}`},
		"large and negative":     {body: `{"errcode":-610000}`, code: -610000},
		"byte order mark":        {body: "\xef\xbb\xbf{\"errcode\":1}", code: 1},
		"control characters":     {body: "{\"nickname\":\"a\x01\",\"errcode\":2}", code: 2},
		"inner errcode":          {body: `{"list":[{"errcode":9}],"errcode":0}`},
		"white space around":     {body: " \r\n{ \"errcode\" : 3 }\n", code: 3},
		"the token in errmsg":    {body: `{"errcode":40001,"errmsg":"bad ` + plantedToken + `"}`, code: 40001, message: "bad [redacted]"},
		"errmsg of another type": {body: `{"errcode":5,"errmsg":{"a":1}}`, code: 5, message: `{"a":1}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := rest.Answer{Status: http.StatusOK, Body: []byte(c.body)}
			code, message, err := a.Envelope(request(t, "https://x"))
			require.NoError(t, err)
			require.Equal(t, c.code, code)
			require.Equal(t, c.message, message)
		})
	}
}

func TestEnvelopeRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		status        int
		body          string
		reason, shown string
	}{
		"empty":         {200, "", "empty body", ""},
		"only a mark":   {200, "\xef\xbb\xbf \n", "empty body", ""},
		"HTML":          {502, "<html>\n\x01<b>Bad Gateway", "body is not JSON", "<html>"},
		"cut off":       {200, `{"openid":"oUser","errcode":0`, "cut off", ""},
		"list":          {200, `["oUser"]`, "no object", ""},
		"number":        {200, `5`, "no object", "5"},
		"bad errcode":   {200, `{"errcode":"many"}`, "errcode is not a number", ""},
		"status":        {500, `{"openid":"oUser"}`, "unexpected status", ""},
		"echoes secret": {403, "denied: " + strings.Repeat("x", 60) + plantedToken + plantedSecret, "not JSON", "denied"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := rest.Answer{Status: c.status, Header: http.Header{"Content-Type": {"text/plain"}}, Body: []byte(c.body)}
			_, _, err := a.Envelope(request(t, "https://x"))
			var answer *rest.ResponseError
			require.ErrorAs(t, err, &answer)
			require.Contains(t, answer.Reason, c.reason)
			require.Equal(t, c.status, answer.Status)
			require.Equal(t, "text/plain", answer.ContentType)
			require.Contains(t, answer.Excerpt, c.shown)
			require.NotContains(t, err.Error(), "oUser", "an OpenID must not get into an error")
			require.NotContains(t, err.Error(), "must-not-show")
			require.NotContains(t, err.Error(), plantedToken[:10])
		})
	}
}

func TestStatusDoesNotHideAnErrcode(t *testing.T) {
	t.Parallel()
	a := rest.Answer{Status: http.StatusBadGateway, Body: []byte(`{"errcode":85107,"errmsg":"not allowed"}`)}
	code, _, err := a.Envelope(request(t, "https://x"))
	require.NoError(t, err)
	require.Equal(t, int64(85107), code)
}

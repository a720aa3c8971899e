package rest_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/rest"
)

// What a text of somebody else's quotes from a request stays out of errors, however it is escaped.
func TestErrorsDoNotQuoteTheRequest(t *testing.T) {
	t.Parallel()
	const sent = `{"touser":"oAbc-user-1","content":"Dear <Ann>,\n\"C:\\temp\" & more 😀","short":"Ann-Ann","long":"Ann-Ann of Ulm"}`
	req := &rest.Request{Method: http.MethodPost, Path: "/cgi-bin/x", Body: []byte(sent)}
	for name, quoted := range map[string]string{
		"Plain":    "Dear <Ann>,\n\"C:\\temp\" & more 😀",
		"JSON":     `Dear \u003cAnn\u003e,\n\"C:\\temp\" \u0026 more \ud83d\ude00`,
		"HTML":     "Dear &lt;Ann&gt;,\n&#34;C:\\temp&#34; &amp; more 😀",
		"URL":      "Dear+%3CAnn%3E%2C%0A%22C%3A%5Ctemp%22+%26+more+%F0%9F%98%80",
		"Within":   "Ann-Ann of Ulm",
		"CutShort": `end \u00 of \`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			msg, err := rest.Encode(map[string]any{"errcode": 40097, "errmsg": "bad: " + quoted})
			require.NoError(t, err)
			list, err := rest.Encode(map[string]any{"errcode": 40097, "errmsg": []string{"bad: " + quoted}})
			require.NoError(t, err)
			for _, body := range [][]byte{msg, list} {
				answer := &rest.Answer{Status: http.StatusOK, Body: body}
				code, text, err := answer.Envelope(req)
				require.NoError(t, err)
				require.EqualValues(t, 40097, code)
				requireUnquoted(t, text)
			}
			page := &rest.Answer{Status: http.StatusBadGateway, Body: []byte("<html>" + quoted)}
			_, _, err = page.Envelope(req)
			var refused *rest.AnswerError
			require.ErrorAs(t, err, &refused)
			requireUnquoted(t, refused.Error())
		})
	}
}

func requireUnquoted(t *testing.T, text string) {
	t.Helper()
	for _, word := range []string{"Dear", "temp", "more", "Ulm"} {
		require.NotContains(t, text, word)
	}
}

// A tracing transport may put the whole address into its errors, with the OpenID in it.
func TestTransportErrorsDoNotQuoteTheAddress(t *testing.T) {
	t.Parallel()
	hc := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("lost on the way: %s %v", r.URL, r.URL.Query())
	})}
	req := request(t, "https://example.invalid")
	req.Query = "openid=oAbc-user-1&remark=Ann+%26+Co."
	_, err := rest.New(hc).Do(t.Context(), req)
	require.ErrorContains(t, err, "lost on the way")
	for _, sent := range []string{"oAbc-user-1", "Ann"} {
		require.NotContains(t, err.Error(), sent)
	}
}

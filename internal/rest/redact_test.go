package rest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
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
			var refused *rest.ResponseError
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

// A transport that logs what it sends quotes the body as it is, marshals it again, or prints either in quotes.
func TestTransportErrorsDoNotQuoteJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"Dear <Ann> & Bob", `say "noon" here`, "a\tb c\u200bd\u2028e\n", `C:\temp\noon`, "see you at noon",
	} {
		sent, err := rest.Encode(map[string]string{"content": text})
		require.NoError(t, err)
		again, err := json.Marshal(map[string]string{"content": text})
		require.NoError(t, err)
		for _, body := range [][]byte{sent, again} {
			const masked = `{"content":"[redacted]"}`
			require.Equal(t, "lost "+masked, cause(failing(t, text, fmt.Errorf("lost %s", body))), text)
			require.Equal(t, "lost "+strconv.Quote(masked), cause(failing(t, text, fmt.Errorf("lost %q", body))), text)
		}
	}
}

func cause(err error) string { return errors.Unwrap(err).Error() }

// reticent shows a secret to who unwraps it, and to who prints its fields.
type reticent struct {
	Shown string
	cause error
}

func (reticent) Error() string   { return "lost on the way" }
func (e reticent) Unwrap() error { return e.cause }

// What does not show in the text of a transport's error may show in an error within it, or in its fields.
func TestTransportErrorsAreCleanAllTheWayDown(t *testing.T) {
	t.Parallel()
	const text = "see you at noon"
	for name, failing := range map[string]roundTripper{
		"Within": func(r *http.Request) (*http.Response, error) { return nil, reticent{cause: errors.New(r.URL.String())} },
		"Joined": func(r *http.Request) (*http.Response, error) {
			return nil, errors.Join(io.EOF, reticent{cause: errors.New(r.URL.String())})
		},
		"InAField": func(r *http.Request) (*http.Response, error) { return nil, reticent{Shown: r.URL.RawQuery} },
		"TheBody": func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			return nil, fmt.Errorf("lost on the way: %s", body)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := request(t, "https://example.invalid")
			req.Body = []byte(`{"content":"` + text + `"}`)
			_, err := rest.New(&http.Client{Transport: failing}).Do(t.Context(), req)
			require.Error(t, err)
			requireClean(t, err)
			printed := fmt.Sprintf("%+v %#v", err, errors.Unwrap(err))
			for _, sent := range []string{plantedSecret, url.QueryEscape(plantedToken), text} {
				require.NotContains(t, printed, sent)
			}
		})
	}
}

func TestHideKeepsWhatIsClean(t *testing.T) {
	t.Parallel()
	require.NoError(t, rest.Hide(nil, []string{plantedSecret}))
	clean := fmt.Errorf("dial: %w", io.EOF)
	require.Same(t, clean, rest.Hide(clean, []string{plantedSecret}))
	hidden := rest.Hide(fmt.Errorf("%w of %s", context.Canceled, plantedSecret), []string{plantedSecret})
	require.EqualError(t, hidden, "context canceled of [redacted]")
	require.ErrorIs(t, hidden, context.Canceled)
}

// A text longer than what is looked at of a page is no way around the mask.
func TestPageThatQuotesALongText(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("see you at noon ", 5000)
	req := &rest.Request{Method: http.MethodPost, Path: "/cgi-bin/x", Body: []byte(`{"content":"` + text + `"}`)}
	answer := &rest.Answer{
		Status: http.StatusBadGateway, Header: http.Header{"Content-Type": {"text/plain; of=" + text}},
		Body: []byte("cannot pass on " + string(req.Body)),
	}
	_, _, err := answer.Envelope(req)
	var refused *rest.ResponseError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, `cannot pass on {"content":"[redacted]"}`, refused.Excerpt)
	require.Equal(t, "text/plain; of=[redacted]", refused.ContentType)
}

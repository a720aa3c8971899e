package wechat

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/wechatkit/wechat/internal/exchange"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// Upload is a file to send, streamed with its Content-Length. Field is the name of the form part ("media"),
// Filename needs an extension, ContentType is the file's, Size is in bytes, and Open gives the file from its start, once for each
// attempt; Once says that it can do so a single time. Form holds further text parts of the form. A file
// that cannot be read, or is not of that size, is not repeated and not in doubt: its error ends the call.
type Upload = rest.Upload

// FormValue is a text part of a form, see [Upload].
type FormValue = rest.FormValue

// Receiver takes an answer that is a file. It is called at most once; body is valid until it returns, and
// its error ends the call. A body that breaks off gives a *[TransportError] or *[ResponseError] on reading.
//
// WeChat tells the kinds of answer apart neither by status nor, reliably, by Content-Type. An answer is
// taken for JSON (an error, or the result for [Call.Out]) if it is a JSON object, list, string or null of up to 64 KiB, or
// 32 MiB where there is an Out; for a gateway's page if it is HTML, and for a file otherwise. JSON without an errcode that
// says what was wrong is a *[ResponseError] where there is no Out, as a page is.
type Receiver func(header http.Header, body io.Reader) error

// longestError bounds an error that comes in place of a file.
const longestError = 64 << 10

// longestJSON bounds the JSON that comes in place of a file.
func (r *run) longestJSON() int64 {
	if r.call.Out != nil {
		return rest.DefaultLimit
	}
	return longestError
}

func (r *run) receive(ctx context.Context) (status int, err error) {
	resp, err := r.client.http.Download(ctx, &r.req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body := bufio.NewReader(resp.Body)
	answer := rest.Answer{Status: resp.StatusCode, Header: resp.Header}
	suspect, err := looksLikeText(body)
	if err != nil {
		return answer.Status, err
	}
	if !suspect && answer.Status <= 299 {
		return answer.Status, r.hand(&answer, body)
	}
	answer.Body, err = io.ReadAll(io.LimitReader(body, r.longestJSON()))
	if err != nil {
		return answer.Status, err
	}
	if answer.Status > 299 || isPage(answer.Body) || isJSON(answer.Body) {
		return answer.Status, r.readInstead(&answer)
	}
	return answer.Status, r.hand(&answer, io.MultiReader(bytes.NewReader(answer.Body), body))
}

// readInstead reads what came in place of a file.
func (r *run) readInstead(answer *rest.Answer) error {
	if r.call.Out != nil {
		return r.read(answer)
	}
	if err := exchange.Refusal(r.call.Op, &r.req, answer); err != nil {
		return err
	}
	return rest.NewResponseError(&r.req, answer, "JSON in place of a file")
}

// hand gives the file to the caller. Part of it may have been written, so nothing is repeated after that.
func (r *run) hand(answer *rest.Answer, body io.Reader) error {
	err := r.call.Binary(answer.Header, body)
	var unfit *rest.Unfit
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unfit):
		err = rest.NewResponseError(&r.req, &rest.Answer{
			Status: answer.Status, Header: answer.Header, Body: unfit.Body,
		}, unfit.Reason)
	}
	return &rest.LocalError{Err: err}
}

// looksLikeText reports whether the answer starts like JSON or HTML, or is empty.
func looksLikeText(body *bufio.Reader) (bool, error) {
	start, err := body.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	text := lenient.TrimBOM(start)
	return isPage(start) || len(text) > 0 && strings.IndexByte(`{["`, text[0]) >= 0 || bytes.HasPrefix(text, []byte("null")), nil
}

// isPage reports whether the answer is empty or the HTML of a gateway. No file of WeChat's is HTML.
func isPage(start []byte) bool {
	return len(start) == 0 || strings.HasPrefix(http.DetectContentType(start), "text/html")
}

// isJSON reports whether the answer is JSON, whole. No file of WeChat's is.
func isJSON(body []byte) bool {
	text, _ := lenient.BlankControls(lenient.TrimBOM(body))
	return json.Valid(text)
}

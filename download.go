package wechat

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"

	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// Upload is a file to send, streamed with its Content-Length. Field is the name of the form part ("media"),
// Filename needs an extension, Size is in bytes, and Open gives the file from its start, once for each
// attempt.
type Upload = rest.Upload

// Receiver takes an answer that is a file. It may be called once per attempt; body is valid until it
// returns, and its error ends the call.
//
// WeChat tells the kinds of answer apart neither by status nor, reliably, by Content-Type. An answer is
// taken for JSON (an error, or the result for [Call.Out]) if it is a JSON object of up to 64 KiB, and for a
// file otherwise.
type Receiver func(header http.Header, body io.Reader) error

// longestJSON bounds the JSON that comes in place of a file.
const longestJSON = 64 << 10

func (r *run) receive(ctx context.Context) (status int, err error) {
	resp, err := r.client.http.Download(ctx, &r.req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body := bufio.NewReader(resp.Body)
	answer := rest.Answer{Status: resp.StatusCode, Header: resp.Header}
	if r.looksLikeJSON(body) || answer.Status > 299 {
		head, err := io.ReadAll(io.LimitReader(body, longestJSON))
		if err != nil {
			return answer.Status, rest.NewAnswerError(&r.req, &answer, "body breaks off")
		}
		answer.Body = head
		if answer.Status > 299 || r.isJSON(head) {
			return answer.Status, r.read(&answer)
		}
		return answer.Status, r.call.Binary(resp.Header, io.MultiReader(bytes.NewReader(head), body))
	}
	return answer.Status, r.call.Binary(resp.Header, body)
}

func (r *run) looksLikeJSON(body *bufio.Reader) bool {
	start, _ := body.Peek(16) // fewer bytes come with an error that the next read reports again
	return bytes.HasPrefix(lenient.TrimBOM(start), []byte("{"))
}

// isJSON reports whether head is a whole JSON object that is meant for the caller: it carries an errcode,
// or the call expects a result beside the file.
func (r *run) isJSON(head []byte) bool {
	probe := rest.Answer{Status: http.StatusOK, Body: head}
	code, _, err := probe.Envelope(&r.req)
	if err != nil {
		return false
	}
	return code != 0 || r.call.Out != nil || rest.Field(probe.Body, "errcode") != nil
}

package rest

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/wechatkit/wechat/internal/lenient"
)

// Envelope reads errcode and errmsg of the answer. A missing errcode is 0: many calls leave it out on
// success. Body is trimmed, and repaired where it held bare control characters. The error is an
// [*ResponseError].
//
// The HTTP status does not decide: WeChat sends its errors with 200, and a gateway's error page is not
// JSON. Only a JSON answer without an errcode and with a status outside 2xx is refused for its status.
func (a *Answer) Envelope(req *Request) (code int64, message string, err error) {
	if reason := a.repair(); reason != "" {
		return 0, "", NewResponseError(req, a, reason)
	}
	code, err = lenient.ParseInt64(text(Field(a.Body, "errcode")))
	if err != nil {
		return 0, "", NewResponseError(req, a, "errcode is not a number")
	}
	if code == 0 {
		if a.Status < 200 || a.Status > 299 {
			return 0, "", NewResponseError(req, a, "unexpected status")
		}
		return 0, "", nil
	}
	c := req.cover()
	return code, c.quiet(string(head([]byte(a.Errmsg()), longestMessage, c))), nil
}

// Errmsg returns the errmsg of an answer that [Answer.Envelope] has read, as it is: nothing is masked.
func (a *Answer) Errmsg() string { return text(Field(a.Body, "errmsg")) }

// longestMessage bounds an errmsg: errcode keeps no more characters of it.
const longestMessage = 512

// repair makes Body a valid JSON object or says why it is none.
func (a *Answer) repair() (reason string) {
	a.Body = lenient.TrimBOM(a.Body)
	if !json.Valid(a.Body) {
		fixed, changed := lenient.BlankControls(a.Body)
		if !changed || !json.Valid(fixed) {
			return a.whyInvalid()
		}
		a.Body = fixed
	}
	if a.Body[0] != '{' {
		return "JSON, but no object"
	}
	return ""
}

func (a *Answer) whyInvalid() string {
	switch {
	case len(a.Body) == 0:
		return "empty body"
	case a.Body[0] == '{' || a.Body[0] == '[':
		return "body is cut off or broken JSON"
	}
	return "body is not JSON"
}

// text returns the value of a JSON string, or the raw value of anything else.
func text(raw []byte) string {
	if len(raw) == 0 || raw[0] != '"' {
		return string(raw)
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return ""
	}
	return s
}

// Int reads a top-level whole number of a valid JSON object, given as a number or a string; 0 where it
// is missing or something else.
func Int(data []byte, key string) int64 {
	raw := Field(data, key)
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return n
	}
	n, err := lenient.ParseInt64(text(raw))
	if err != nil {
		return 0
	}
	return n
}

// Text reads a top-level string of a valid JSON object, given as a string or a number; "" where it is missing or
// something else.
func Text(data []byte, key string) string {
	raw := Field(data, key)
	if string(raw) == "null" || bytes.HasPrefix(raw, []byte("{")) || bytes.HasPrefix(raw, []byte("[")) {
		return ""
	}
	return text(raw)
}

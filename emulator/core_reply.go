package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/wechatkit/wechat/errcode"
)

// reply is an answer before it is put on the wire.
type reply struct {
	status      int
	contentType string
	disposition string
	header      http.Header // further headers
	body        []byte
	plain       []byte       // what is encrypted in body, nil if nothing is
	code        errcode.Code // 0 on success
	rid         string
}

// readable is the body before it was encrypted.
func (r *reply) readable() []byte {
	if r.plain != nil {
		return r.plain
	}
	return r.body
}

// jsonType is what WeChat sends: the parameter is wrong, and so clients must not rely on it.
const jsonType = "application/json; encoding=utf-8"

// envelope is embedded by answers that say errcode 0.
type envelope struct {
	Code    errcode.Code `json:"errcode"`
	Message string       `json:"errmsg"`
}

var success = envelope{Message: "ok"}

// ok answers errcode 0 and nothing else.
func (c *call) ok() reply { return c.data(success) }

// data answers v as it is. Most reads have no errcode in it.
func (c *call) data(v any) reply {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // the answers of this package are plain structs
	}
	return reply{status: http.StatusOK, contentType: jsonType, body: bytes.TrimRight(b.Bytes(), "\n")}
}

// fail answers a code with WeChat's own words for it.
func (c *call) fail(code errcode.Code) reply { return c.failf(code, "%s", messageOf(code)) }

// failf answers a code with words that depend on the request.
func (c *call) failf(code errcode.Code, format string, args ...any) reply {
	rid := c.w.ids.rid(c.now.Unix())
	r := c.data(envelope{Code: code, Message: fmt.Sprintf(format, args...) + " rid: " + rid})
	r.code, r.rid = code, rid
	return r
}

// noContentLength is the front server's answer to a body of unknown length.
func noContentLength() reply {
	return reply{
		status:      http.StatusPreconditionFailed,
		contentType: "text/html",
		body:        []byte("<html><head><title>412 Precondition Failed</title></head><body>412 Precondition Failed</body></html>"),
	}
}

// messageOf is the errmsg of a code: WeChat's words where they are known, else the meaning of the code.
func messageOf(code errcode.Code) string {
	if m, ok := errmsgs[code]; ok {
		return m
	}
	if m := code.Meaning(); m != "" {
		return m
	}
	return "error"
}

var errmsgs = map[errcode.Code]string{
	-1:    "system error",
	40001: "invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r",
	40002: "invalid grant_type",
	40003: "invalid openid",
	40004: "invalid media type",
	40005: "invalid file type",
	40006: "invalid media size",
	40007: "invalid media_id",
	40008: "invalid message type",
	40013: "invalid appid",
	40014: "invalid access_token",
	40029: "invalid code",
	40030: "invalid refresh_token",
	40033: `invalid charset. please check your request, if include \uxxxx will create fail!`,
	40037: "invalid template_id",
	40066: "invalid url",
	40125: "invalid appsecret",
	40163: "code been used",
	40165: "invalid weapp pagepath",
	40241: "The message is duplicate in 60 seconds",
	40243: "AppSecret frozen",
	40252: "你正在调用的模板下发的部分内容已进入平台审核流程，在审核完成前，相关内容暂时无法下发",
	41001: "access_token missing",
	41002: "appid missing",
	41004: "appsecret missing",
	41008: "missing code",
	41030: "invalid page",
	42001: "access_token expired",
	43001: "require GET method",
	43002: "require POST method",
	43004: "require subscribe",
	43101: "user refuse to accept the msg",
	43117: "Sending messages to this openid too frequently, please try later",
	44002: "empty post data",
	45002: "content size out of limit",
	45008: "article size out of limit",
	45009: "reach max api daily quota limit, could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r",
	45011: "api minute-quota reach limit, must slower, retry next minute",
	45015: "response out of time limit or subscription is canceled",
	45047: "out of response count limit",
	45072: "invalid command",
	45162: "invalid type",
	47001: "data format error",
	47003: "argument invalid!",
	48001: "api unauthorized",
}

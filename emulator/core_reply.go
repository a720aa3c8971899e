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
	errcode.SystemBusy:           "system error",
	errcode.InvalidCredential:    "invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r",
	errcode.InvalidGrantType:     "invalid grant_type",
	errcode.InvalidOpenID:        "invalid openid",
	errcode.InvalidMediaType:     "invalid media type",
	errcode.InvalidFileType:      "invalid file type",
	errcode.InvalidFileSize:      "invalid media size",
	errcode.InvalidMediaID:       "invalid media_id",
	errcode.InvalidMessageType:   "invalid message type",
	errcode.InvalidAppID:         "invalid appid",
	errcode.InvalidAccessToken:   "invalid access_token",
	errcode.InvalidCode:          "invalid code",
	errcode.InvalidRefreshToken:  "invalid refresh_token",
	errcode.InvalidCharacters:    `invalid charset. please check your request, if include \uxxxx will create fail!`,
	errcode.InvalidTemplateID:    "invalid template_id",
	errcode.InvalidURL:           "invalid url",
	errcode.InvalidAppSecret:     "invalid appsecret",
	errcode.CodeUsed:             "code been used",
	errcode.InvalidPagePath:      "invalid weapp pagepath",
	errcode.DuplicateMessage:     "The message is duplicate in 60 seconds",
	errcode.AppSecretFrozen:      "AppSecret frozen",
	errcode.HeldForReview:        "你正在调用的模板下发的部分内容已进入平台审核流程，在审核完成前，相关内容暂时无法下发",
	errcode.AccessTokenMissing:   "access_token missing",
	errcode.AppIDMissing:         "appid missing",
	errcode.AppSecretMissing:     "appsecret missing",
	errcode.CodeMissing:          "missing code",
	errcode.InvalidPage:          "invalid page",
	errcode.AccessTokenExpired:   "access_token expired",
	errcode.GETRequired:          "require GET method",
	errcode.POSTRequired:         "require POST method",
	errcode.NotFollowing:         "require subscribe",
	errcode.UserRefused:          "user refuse to accept the msg",
	errcode.TooManyToUser:        "Sending messages to this openid too frequently, please try later",
	errcode.EmptyBody:            "empty post data",
	errcode.TextTooLong:          "content size out of limit",
	errcode.TooManyArticles:      "article size out of limit",
	errcode.DayQuotaReached:      "reach max api daily quota limit, could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r",
	errcode.MinuteQuotaReached:   "api minute-quota reach limit, must slower, retry next minute",
	errcode.ReplyWindowClosed:    "response out of time limit or subscription is canceled",
	errcode.ReplyCountUsedUp:     "out of response count limit",
	errcode.InvalidTypingCommand: "invalid command",
	errcode.InvalidMessageObject: "invalid type",
	errcode.MalformedBody:        "data format error",
	errcode.InvalidTemplateData:  "argument invalid!",
	errcode.APIUnauthorized:      "api unauthorized",
}

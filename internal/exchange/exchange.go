// Package exchange makes a result or an error of what WeChat answers: the envelope, its errcode, the fields. Every request
// of this module is read here; package rest below it carries them, package wechat above it decides what is repeated.
package exchange

import (
	"context"
	"regexp"
	"time"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/keyword"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// Do sends req once and reads the answer into out, see [Decode]. op names the call in an [*errcode.Error]. Other errors
// are those of [rest.Client.Do], and [*rest.ResponseError].
func Do(ctx context.Context, client *rest.Client, op string, req *rest.Request, out any) error {
	answer, err := client.Do(ctx, req)
	if err != nil {
		return err
	}
	defer answer.Release()
	if err := Refusal(op, req, &answer); err != nil {
		return err
	}
	return Decode(req, &answer, out)
}

// Refusal returns the [*errcode.Error] of an answer whose errcode is not 0, a [*rest.ResponseError] for one that is not
// WeChat's, and nil for a success. It repairs the body, and comes before [Decode].
func Refusal(op string, req *rest.Request, answer *rest.Answer) error {
	code, message, err := answer.Envelope(req)
	if err != nil {
		return err
	}
	if code == 0 {
		return nil
	}
	return refusal(op, req, answer, errcode.Code(code), message)
}

// Decode reads a success into out: by itself where that is a [rest.Decoder], else as JSON. A nil out wants an errcode to be
// there, which alone would say that the call was carried out. The error is a [*rest.ResponseError].
func Decode(req *rest.Request, answer *rest.Answer, out any) (err error) {
	switch out := out.(type) {
	case nil:
		if rest.Field(answer.Body, "errcode") == nil {
			err = rest.Missing("errcode")
		}
	case rest.Decoder:
		err = out.DecodeAnswer(answer.Body)
	default:
		err = lenient.Unmarshal(answer.Body, out)
	}
	if err != nil {
		return rest.NewResponseError(req, answer, "answer does not fit: "+rest.DecodeReason(err))
	}
	return nil
}

// refusal makes the error of an errcode. message is the errmsg with masks. The request id, the field and the address are
// WeChat's own words, and are read before a mask falls on them or on the words around them.
func refusal(op string, req *rest.Request, answer *rest.Answer, code errcode.Code, message string) error {
	path := pathOf(req, answer)
	shown := errcode.New(op, path, answer.Status, code, message)
	errmsg := answer.Errmsg()
	if errmsg == message {
		return shown
	}
	read := errcode.New(op, path, answer.Status, code, errmsg)
	rid, field := req.Named(read.RID, shown.RID), req.Named(read.Field, shown.Field)
	if rid != "" || !requestID.MatchString(read.RID) {
		read.RID = rid
	}
	if field != "" || !isKeyword(read.Field) {
		read.Field = field
	}
	read.Message = shown.Message
	return read
}

// pathOf returns the endpoint that refused, by which a code is classed. A request without a path went to a server that
// passes WeChat's answers on, such as the one of package central, and names WeChat's path in them.
func pathOf(req *rest.Request, answer *rest.Answer) string {
	if req.Path != "" {
		return req.Path
	}
	return req.Mask(rest.Text(answer.Body, "path"))
}

// requestID is a rid as WeChat makes it.
var requestID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$`)

// isKeyword reports whether key is one of WeChat's, such as "thing1", be it in the message or missing there.
func isKeyword(key string) bool {
	t := keyword.Of(key)
	return t.Rule() != "" && string(t) != key
}

// Issued is an answer that issues a token or a ticket for a time. It is a [rest.Decoder].
type Issued struct {
	Key     string // of the token in the answer, such as "access_token"
	Value   string // never empty
	Seconds int64  // expires_in; 0 where it is missing
}

// DecodeAnswer implements [rest.Decoder].
func (i *Issued) DecodeAnswer(data []byte) error {
	i.Value, i.Seconds = rest.Text(data, i.Key), rest.Int(data, "expires_in")
	if i.Value == "" {
		return rest.Missing(i.Key)
	}
	return nil
}

const (
	// shortLifetime stands in for an expires_in that is missing or makes no sense: long enough to be of use, short
	// enough to do no harm.
	shortLifetime = time.Minute
	// longestLifetime is far above what WeChat issues anything for.
	longestLifetime = 30 * 24 * time.Hour
)

// Sensible reports whether something may last so many seconds.
func Sensible(seconds int64) bool {
	return seconds > 0 && seconds <= int64(longestLifetime/time.Second)
}

// Lifetime returns how long something with this expires_in lasts: a minute where that is not [Sensible].
func Lifetime(seconds int64) time.Duration {
	if !Sensible(seconds) {
		return shortLifetime
	}
	return time.Duration(seconds) * time.Second
}

package rest

import (
	"errors"

	"github.com/wechatkit/wechat/internal/lenient"
)

// Decoder is a result that reads the answer itself. Data is valid JSON, and valid only during the call.
type Decoder interface {
	DecodeAnswer(data []byte) error
}

// DecodeReason describes a decoding error without repeating what was decoded.
func DecodeReason(err error) string {
	var missing Missing
	if errors.As(err, &missing) {
		return missing.Error()
	}
	var mismatch *lenient.Mismatch
	if errors.As(err, &mismatch) {
		return mismatch.Error()
	}
	var unfit *Unfit
	if errors.As(err, &unfit) {
		return unfit.Reason
	}
	return "a field is of another type"
}

// Receipt is the answer to a message: its id, which has up to 19 digits.
type Receipt struct{ MsgID int64 }

// DecodeAnswer implements [Decoder]. An answer with neither errcode nor msgid confirms nothing.
func (r *Receipt) DecodeAnswer(data []byte) error {
	if Field(data, "errcode") == nil && Field(data, "msgid") == nil {
		return Missing("errcode")
	}
	r.MsgID = Int(data, "msgid")
	return nil
}

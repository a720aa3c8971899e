package errcode

import (
	"regexp"
	"strconv"
	"strings"
)

// Error is an answer of WeChat whose errcode is not 0.
//
// errors.Is(err, code) compares the Code, errors.Is(err, class) the Class. It wraps nothing: the class
// of a code depends on the call, and unwrapping to the bare Code would bring the wrong one back.
type Error struct {
	Op      string // the call, such as "subscribe.Send"
	Path    string // the endpoint, such as "/cgi-bin/message/subscribe/send"
	Code    Code
	Class   Class  // what Code means in this call
	Message string // errmsg without its request id, as WeChat wrote it
	RID     string // WeChat's request id (rid), "" if it gave none; quote it to their support
	Field   string // the key of the data that 47003 complains about, such as "thing1"; else ""
	Status  int    // HTTP status, nearly always 200
}

// New makes the error of one answer: it splits the request id off errmsg, finds the field that errmsg
// names, and classes the code by the call it answers.
func New(op, path string, status int, code Code, errmsg string) *Error {
	message, rid := splitRID(errmsg)
	return &Error{
		Op: op, Path: path, Code: code, Class: classOf(code, path),
		Message: message, RID: rid, Field: fieldIn(code, message), Status: status,
	}
}

// Error returns the call, the code, WeChat's own words and the request id.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op)
		b.WriteString(": ")
	}
	b.WriteString("errcode ")
	b.WriteString(strconv.FormatInt(int64(e.Code), 10))
	switch {
	case e.Message != "":
		b.WriteString(": ")
		b.WriteString(e.Message)
	case e.Code.Meaning() != "":
		b.WriteString(": ")
		b.WriteString(e.Code.Meaning())
	}
	if e.RID != "" {
		b.WriteString(" (rid ")
		b.WriteString(e.RID)
		b.WriteByte(')')
	}
	return b.String()
}

// Is compares with a [Code] or a [Class].
func (e *Error) Is(target error) bool {
	switch t := target.(type) {
	case Code:
		return t == e.Code
	case Class:
		return t != Unclassified && t == e.Class
	}
	return false
}

// As gives errors.As the bare [Code].
func (e *Error) As(target any) bool {
	if c, ok := target.(*Code); ok {
		*c = e.Code
		return true
	}
	return false
}

// Retry says when the same request may succeed.
func (e *Error) Retry() Retry {
	if e.Class != e.Code.Class() {
		return classRetry[e.Class]
	}
	return e.Code.Retry()
}

// classRetry is the advice where the call decided the class and the code's own row does not apply.
var classRetry = map[Class]Retry{
	InvalidToken:     RetryRefreshed,
	BadCredentials:   RetryOperator,
	IPNotAllowed:     RetryOperator,
	UserAuthRequired: RetryUser,
	RateLimited:      RetryMinute,
	QuotaExhausted:   RetryDay,
	UserUnreachable:  RetryUser,
	NoPermission:     RetryOperator,
	ServerBusy:       RetryBackoff,
}

// splitRID cuts " rid: 6125-ab-cd" off the end of an errmsg. Old answers carry " hint: [...]" there
// instead, which serves the same purpose.
func splitRID(errmsg string) (message, rid string) {
	for _, mark := range []string{"rid:", "hint:"} {
		if i := strings.LastIndex(errmsg, mark); i >= 0 {
			rid = strings.Trim(strings.TrimSpace(errmsg[i+len(mark):]), "[]")
			return strings.TrimRight(errmsg[:i], " ,;"), rid
		}
	}
	return errmsg, ""
}

// WeChat names one offending keyword: "argument invalid! data.thing1.value is empty" from the Mini
// Program call, "thing1.DATA is invalid" from the service account's.
var namedField = regexp.MustCompile(`data\.(\w+)\.value|(\w+)\.DATA\b`)

func fieldIn(code Code, message string) string {
	if code != InvalidTemplateData {
		return ""
	}
	m := namedField.FindStringSubmatch(message)
	if m == nil {
		return ""
	}
	return m[1] + m[2]
}

// FieldError is a finding of the local checks: a request that breaks a rule of WeChat's and was not
// sent. Its class is [InvalidArgument].
type FieldError struct {
	Op     string // the package or call, such as "subscribe"
	Field  string // the field as written in Go, such as `Data["thing1"]`
	Reason string // the rule it broke, such as "23 characters, limit 20"
}

// Error returns "subscribe: Data["thing1"]: 23 characters, limit 20".
func (e *FieldError) Error() string { return e.Op + ": " + e.Field + ": " + e.Reason }

// Is makes errors.Is(err, InvalidArgument) true.
func (e *FieldError) Is(target error) bool { return target == error(InvalidArgument) }

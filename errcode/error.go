package errcode

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Error is an answer of WeChat whose errcode is not 0. [New] makes it.
//
// errors.Is(err, code) compares the Code, errors.Is(err, class) the Class. It wraps nothing: the class
// of a code depends on the call, and unwrapping to the bare Code would bring the wrong one back.
type Error struct {
	Op      string // the call, such as "subscribe.Send"
	Path    string // the endpoint, such as "/cgi-bin/message/subscribe/send"
	Code    Code
	Class   Class  // what Code means in this call
	Message string // errmsg without its request id: one line, cut after 512 bytes, "" if it was empty
	RID     string // WeChat's request id (rid), "" if it gave none; quote it to their support
	Field   string // the key of the data that 47003 complains about, such as "thing1"; else ""
	Status  int    // HTTP status, nearly always 200

	ip string // see IP
}

// New makes the error of one answer: it splits the request id off errmsg, finds the field that errmsg
// names, and classes the code by the call it answers. A query in path, where tokens travel, is dropped.
func New(op, path string, status int, code Code, errmsg string) *Error {
	path, _, _ = strings.Cut(path, "?")
	message, rid := splitRID(errmsg)
	e := &Error{
		Op: op, Path: path, Code: code, Class: lookupCall(code, path).class,
		Message: message, RID: rid, Field: fieldIn(code, message), Status: status,
	}
	e.ip = e.IP()
	return e
}

// pathCodes refuse the call itself, whatever it carries: its path, its method, or because it was withdrawn.
var pathCodes = []Code{WrongHTTPMethod, InvalidURL, APIWithdrawn, APIDiscontinued}

// Error returns the call, the code, WeChat's own words and the request id. If WeChat gave no words, the
// meaning of the code stands in for them. A code that refuses the call itself, such as [APIDiscontinued], names its path.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op)
		b.WriteString(": ")
	}
	b.WriteString("errcode ")
	b.WriteString(strconv.FormatInt(int64(e.Code), 10))
	words := e.Message
	if words == "" {
		words = e.Meaning()
	}
	if words != "" {
		b.WriteString(": ")
		b.WriteString(words)
	}
	if e.Path != "" && slices.Contains(pathCodes, e.Code) {
		b.WriteString(" (path ")
		b.WriteString(oneLine(e.Path))
		b.WriteByte(')')
	}
	if e.RID != "" {
		b.WriteString(" (rid ")
		b.WriteString(e.RID)
		b.WriteByte(')')
	}
	return b.String()
}

// Meaning describes the code in a few words of English, as it is meant in this call. It is empty for an
// unknown code.
func (e *Error) Meaning() string { return lookupCall(e.Code, e.Path).meaning }

// Retry says when the same request may succeed.
func (e *Error) Retry() Retry { return lookupCall(e.Code, e.Path).retry }

// IP returns the caller's address that WeChat found missing on the allow-list, such as "203.0.113.7". It
// is "" unless the class is [IPNotAllowed] and errmsg has an address. It is the one to enter in the
// console: behind a gateway or on a serverless platform it is not the one of the machine. Of an error that [New] made, it is
// the one in the errmsg that New was given, whatever Message says since.
func (e *Error) IP() string {
	switch {
	case e.Class != IPNotAllowed:
		return ""
	case e.ip != "":
		return e.ip
	}
	for _, s := range addressLike.FindAllString(e.Message, -1) {
		if addr, err := netip.ParseAddr(s); err == nil {
			return addr.Unmap().String()
		}
	}
	return ""
}

// Is compares with a [Code] or a [Class]. An error of the class [OutcomeOpen] is wechat.ErrOutcomeUnknown, too.
func (e *Error) Is(target error) bool {
	switch t := target.(type) {
	case Code:
		return t == e.Code
	case Class:
		return t != Unclassified && t == e.Class
	}
	return e.Class.Is(target)
}

// As gives errors.As the bare [Code] or the [Class].
func (e *Error) As(target any) bool {
	if c, ok := target.(*Code); ok {
		*c = e.Code
		return true
	}
	return setClass(target, e.Class)
}

// FieldError is a finding of the local checks: a request that breaks a rule of WeChat's and was not
// sent, or a setting with which nothing is made. Its class is [InvalidArgument]; it has no code.
type FieldError struct {
	Op     string // the package or call, such as "subscribe"
	Field  string // the field as written in Go, such as `Data["thing1"]`
	Reason string // the rule it broke, such as "23 characters, limit 20"
}

// Error returns "subscribe: Data["thing1"]: 23 characters, limit 20".
func (e *FieldError) Error() string { return e.Op + ": " + e.Field + ": " + e.Reason }

// Is makes errors.Is(err, InvalidArgument) true.
func (e *FieldError) Is(target error) bool { return target == error(InvalidArgument) }

// As gives errors.As the [Class].
func (e *FieldError) As(target any) bool { return setClass(target, InvalidArgument) }

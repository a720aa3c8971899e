// Package errcode says what a WeChat errcode means and what to do about it.
//
// A [Code] is itself an error, as syscall.Errno is, and so is the [Class] it belongs to. Both are found
// with errors.Is in whatever a call of this module returned:
//
//	err := messages.Send(ctx, msg)
//	switch {
//	case errors.Is(err, errcode.UserRefused): // 43101, this one code
//	case errors.Is(err, errcode.UserUnreachable): // a class: 43004, 43101, 45015 and others
//	case errors.Is(err, errcode.InvalidArgument): // a class: 40037, 47003 and many more
//	}
//
// errors.As with an *[Error] gives the details: errmsg, request id, the field that WeChat named, when to
// try again. errors.As with a *[Code] or a *[Class] gives just that, to count or to switch on.
//
// The package knows the codes of tokens, messages, users, media, menus, links, login and third-party
// platforms; the ones that a program acts on have names. WeChat adds codes without notice. One that is
// missing here keeps its number and has the class [Unclassified].
package errcode

import "strconv"

// Code is an errcode of a WeChat answer. 0 means success and is never an error.
type Code int64

// Error returns the number and, where the code is known, its meaning.
func (c Code) Error() string {
	s := "errcode " + strconv.FormatInt(int64(c), 10)
	if m := c.Meaning(); m != "" {
		s += ": " + m
	}
	return s
}

// Meaning describes the code in a few words of English, with WeChat's Chinese term where that helps to
// find its page. It is empty for an unknown code.
func (c Code) Meaning() string { return lookup(c).meaning }

// Class is the class of the code where the call does not matter. The same number can mean different
// things in different calls (40001 is an invalid token, but a wrong AppSecret when it answers a token
// request); the Class of an [Error] takes the call into account.
func (c Code) Class() Class { return lookup(c).class }

// Retry says when the same request may succeed. See [Error.Retry] for the advice on one answer.
func (c Code) Retry() Retry { return lookup(c).retry }

// Known reports whether the code is listed in this package.
func (c Code) Known() bool { return lookup(c).class != Unclassified }

// Is makes errors.Is(code, class) true for the code's own class, and for what that class matches.
func (c Code) Is(target error) bool {
	if class, ok := target.(Class); ok {
		return class != Unclassified && class == c.Class()
	}
	return c.Class().Is(target)
}

// As gives errors.As the [Class].
func (c Code) As(target any) bool { return setClass(target, c.Class()) }

func setClass(target any, class Class) bool {
	t, ok := target.(*Class)
	if ok {
		*t = class
	}
	return ok
}

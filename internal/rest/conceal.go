package rest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strconv"
	"syscall"

	"github.com/wechatkit/wechat/internal/secret"
)

// Hide returns err as it is, or, where err or an error within shows one of the secrets to whoever prints it, an error
// whose text has them masked. That is the same error for errors.Is and errors.As; see [concealed].
func Hide(err error, secrets []string) error { return newCover(secrets, nil).hide(err) }

// cause makes the cause of a [TransportError]: without the URL, and with all that the request held masked. It is the one
// place through which every transport failure of this module passes.
func (r *Request) cause(err error) error {
	c := r.cover()
	c.users = true
	text, unprocessed := streamEnd(err)
	switch {
	case unprocessed:
		return &Unprocessed{c.conceal(text, err)}
	case text != "":
		return c.conceal(text, err)
	}
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err // net/http wraps once; the URL with its query goes with the wrapper
	}
	return c.hide(err)
}

// hide conceals err where it has to.
func (c *cover) hide(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	for _, ue := range c.addresses(err) {
		quoted := strconv.Quote(ue.URL)
		text = secret.Redact(text, quoted[1:len(quoted)-1], ue.URL)
	}
	if c.redact(text) == err.Error() && !c.shows(err) {
		return err
	}
	return c.conceal(text, err)
}

// addresses lists the errors that name an address of a transport's.
func (c *cover) addresses(err error) []*url.Error {
	if !c.users {
		return nil
	}
	return urlErrors(err)
}

// concealed stands in for an error that shows what must not be shown. However it is printed, it shows a text with masks,
// also over words that the error would say in any case. What the error is does not depend on that: errors.Is and
// errors.As see through it. It has no Unwrap, for nobody is to print what is within.
//
// What errors.As finds is the error itself where that shows nothing; else a copy with its texts masked. Of a type that
// cannot be copied so, because it keeps a text to itself, it is the error itself, unless what it keeps is a secret.
type concealed struct {
	text   string
	within func() (*cover, error) // a function, so that nothing is printed
}

// concealedTimeout is one of an error that is asked for its Timeout: those that wrap it do so without errors.As.
type concealedTimeout struct {
	*concealed
	timeout, temporary bool
}

// Timeout is part of net.Error.
func (e concealedTimeout) Timeout() bool { return e.timeout }

// Temporary is part of net.Error.
func (e concealedTimeout) Temporary() bool { return e.temporary }

// conceal puts the text, redacted, in place of err.
func (c *cover) conceal(text string, err error) error {
	e := &concealed{c.redact(text), func() (*cover, error) { return c, err }}
	t, ok := err.(interface{ Timeout() bool })
	if !ok {
		return e
	}
	temporary, ok := err.(interface{ Temporary() bool })
	return concealedTimeout{e, t.Timeout(), ok && temporary.Temporary()}
}

// Error returns the text with its masks.
func (e *concealed) Error() string { return e.text }

// Format keeps every verb of fmt to the text.
func (e *concealed) Format(f fmt.State, verb rune) {
	text := e.text
	if verb == 'q' || verb == 'v' && f.Flag('#') {
		text = strconv.Quote(text)
	}
	_, _ = io.WriteString(f, text)
}

// Is keeps the identity of the error within.
func (e *concealed) Is(target error) bool {
	_, err := e.within()
	return errors.Is(err, target)
}

// As gives what the error within has, with masks where it needs them.
func (e *concealed) As(target any) bool {
	c, err := e.within()
	to := reflect.ValueOf(target).Elem()
	found := reflect.New(to.Type())
	if !errors.As(err, found.Interface()) {
		return false
	}
	shown := c.shown(found.Elem())
	if !shown.IsValid() || !shown.Type().AssignableTo(to.Type()) {
		return false
	}
	to.Set(shown)
	return true
}

// shown returns what may be given out of what errors.As has found; the zero Value for nothing.
func (c *cover) shown(found reflect.Value) reflect.Value {
	if found.Kind() == reflect.Interface {
		found = found.Elem()
	}
	err, ok := found.Interface().(error)
	if !ok || !c.shows(err) {
		return found
	}
	if masked := c.copied(found); masked.IsValid() {
		return masked
	}
	opens := cover{all: c.secrets, users: c.users}
	if isText(found.Type()) || opens.shows(err) {
		return reflect.Value{}
	}
	return found
}

// isText reports whether a type is one of those that fmt and errors make of a text, and no identity of anything.
func isText(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.PkgPath() == "fmt" || t.PkgPath() == "errors"
}

// copied returns a copy of an error with masks over its texts, or the zero Value where it keeps one in a field that is not
// exported.
func (c *cover) copied(v reflect.Value) reflect.Value {
	if ue, ok := v.Interface().(*url.Error); ok && c.users {
		return reflect.ValueOf(&url.Error{Op: ue.Op, URL: secret.Mask, Err: c.hide(ue.Err)})
	}
	source := v
	if v.Kind() == reflect.Pointer {
		source = v.Elem()
	}
	target := reflect.New(source.Type())
	target.Elem().Set(source)
	switch {
	case !c.mask(target.Elem()):
		return reflect.Value{}
	case v.Kind() == reflect.Pointer:
		return target
	}
	return target.Elem()
}

// mask puts masks over the texts in v, and reports whether it could do so with all of them.
func (c *cover) mask(v reflect.Value) bool {
	if !c.holds(v, 0) {
		return true
	}
	if !v.CanSet() {
		return false
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(c.redact(v.String()))
		return true
	case reflect.Struct:
		for _, field := range v.Fields() {
			if !c.mask(field) {
				return false
			}
		}
		return true
	case reflect.Interface:
		err, ok := v.Interface().(error)
		if !ok {
			return false
		}
		hidden := reflect.ValueOf(c.hide(err))
		if !hidden.Type().AssignableTo(v.Type()) {
			return false
		}
		v.Set(hidden)
		return true
	}
	return false
}

// shows reports whether err or an error within prints something that must not be shown: in its text, or in a field that
// %#v prints. The names of types and fields do not count, nor the words of the system.
func (c *cover) shows(err error) bool {
	if err == nil {
		return false
	}
	if _, ok := err.(*url.Error); ok && c.users { //nolint:errorlint // this is the walk itself
		return true
	}
	if c.holds(reflect.ValueOf(err), 0) {
		return true
	}
	if text := err.Error(); !isSystems(err) && c.redact(text) != text {
		return true
	}
	switch wrapper := err.(type) { //nolint:errorlint // likewise
	case interface{ Unwrap() error }:
		return c.shows(wrapper.Unwrap())
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(wrapper.Unwrap(), c.shows)
	}
	return false
}

// isSystems reports whether err says nothing but the words of the system, and what the error within it says.
func isSystems(err error) bool {
	switch err.(type) { //nolint:errorlint // the walk asks for each error within
	case syscall.Errno, *os.SyscallError, *net.OpError:
		return true
	}
	return false
}

var errorType = reflect.TypeFor[error]()

// holds reports whether a value has something that must not be shown, as far as fmt would print it: behind pointers there
// are only errors, for what else is there may be in use by others.
func (c *cover) holds(v reflect.Value, depth int) bool {
	const deepest = 16 // an error that holds itself has no end
	if depth > deepest {
		return true
	}
	switch v.Kind() {
	case reflect.String:
		return c.redact(v.String()) != v.String()
	case reflect.Interface:
		return !v.IsNil() && c.holds(v.Elem(), depth+1)
	case reflect.Pointer:
		follow := !v.IsNil() && v.Type() != reflect.TypeFor[*os.SyscallError]() &&
			(depth == 0 || v.Type().Implements(errorType))
		return follow && c.holds(v.Elem(), depth+1)
	case reflect.Struct:
		for _, field := range v.Fields() {
			if c.holds(field, depth+1) {
				return true
			}
		}
	case reflect.Slice, reflect.Array:
		return c.holdsElement(v, depth)
	case reflect.Map:
		for entry := v.MapRange(); entry.Next(); {
			if c.holds(entry.Key(), depth+1) || c.holds(entry.Value(), depth+1) {
				return true
			}
		}
	}
	return false
}

func (c *cover) holdsElement(v reflect.Value, depth int) bool {
	if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
		text := string(v.Bytes())
		return c.redact(text) != text
	}
	for i := range v.Len() {
		if c.holds(v.Index(i), depth+1) {
			return true
		}
	}
	return false
}

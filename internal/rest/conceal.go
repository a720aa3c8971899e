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
func Hide(err error, secrets []string) error {
	if err == nil {
		return nil
	}
	return newCover(secrets, nil).hide(sound(err))
}

// cause makes the cause of a [TransportError]: without the URL, and with all masked that the request held or that logs in
// at a proxy. It is the one place through which every transport failure of this module passes.
func (r *Request) cause(err error, logins []string) error {
	c := newCover(append(logins, r.secrets()...), r.Carried())
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
	return c.once(use{err, "text"}, func() error {
		said, prints := textOf(err)
		text := said
		for _, ue := range c.addresses(err) {
			text = secret.Redact(text, quoted(ue.URL), ue.URL)
		}
		if prints && c.redact(text) == said && !c.shows(err) {
			return err
		}
		return c.conceal(text, err)
	})
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
// What errors.As finds is the error itself where that shows nothing; else a copy with its texts masked, the same each time,
// which errors.Is takes for the error. An error that cannot be copied so is found itself, unless it shows a secret.
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
	timeout, temporary, ok := timeoutOf(err)
	if !ok {
		return e
	}
	return concealedTimeout{e, timeout, temporary}
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
	c, err := e.within()
	return errors.Is(err, target) || errors.Is(err, c.original(target))
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
	masked := c.once(use{err, "copy"}, func() error { return c.copied(err) })
	opens := cover{all: c.secrets, users: c.users}
	if opens.shows(masked) {
		return reflect.Value{}
	}
	return reflect.ValueOf(masked)
}

// use is what something is made of an error for.
type use struct {
	err error
	as  string
}

// once returns what was made of an error for the same use before, if anything was. What is made of one that cannot be
// compared is no other's equal either.
func (c *cover) once(of use, makeIt func() error) error {
	if !reflect.ValueOf(of.err).Comparable() {
		return makeIt()
	}
	if made, ok := c.made.Load(of); ok {
		return made.(error)
	}
	made, _ := c.made.LoadOrStore(of, makeIt())
	if reflect.ValueOf(made).Comparable() {
		c.originals.Store(made, of.err)
	}
	return made.(error)
}

// original returns what err was made of, or err itself.
func (c *cover) original(err error) error {
	if err == nil || !reflect.ValueOf(err).Comparable() {
		return err
	}
	if of, ok := c.originals.Load(err); ok {
		return of.(error)
	}
	return err
}

// shows reports whether err or an error within prints something that must not be shown: in its text, or in a field that
// %#v prints. The names of types and fields do not count, nor the words of the system.
func (c *cover) shows(err error) bool {
	if err == nil {
		return false
	}
	if c.holds(reflect.ValueOf(err)) {
		return true
	}
	if text, _ := textOf(err); !isSystems(err) && c.redact(text) != text {
		return true
	}
	switch wrapper := err.(type) { //nolint:errorlint // this is the walk itself
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

// sound returns err, or its text where errors.Is, errors.As or who asks for a Timeout would panic, as they do where a nil
// pointer was wrapped.
func sound(err error) (same error) {
	defer func() {
		if recover() != nil {
			text, _ := textOf(err)
			same = errors.New(text)
		}
	}()
	var probe *concealed
	_ = errors.Is(err, errProbe) || errors.As(err, &probe)
	_, _, _ = timeoutOf(err)
	return err
}

var errProbe = errors.New("no error")

// textOf returns what err says. It does not print where that panics.
func textOf(err error) (text string, prints bool) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("an error of type %T that cannot be printed", err)
		}
	}()
	return err.Error(), true
}

// timeoutOf asks err as net.Error would.
func timeoutOf(err error) (timeout, temporary, ok bool) {
	t, ok := err.(interface{ Timeout() bool })
	if !ok {
		return false, false, false
	}
	temp, has := err.(interface{ Temporary() bool })
	return t.Timeout(), has && temp.Temporary(), true
}

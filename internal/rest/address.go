package rest

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"

	"github.com/wechatkit/wechat/internal/secret"
)

// A Proxy function that cannot parse its setting, or a transport that quotes an address, puts user and password of a
// proxy into an error. They are none of the request's secrets, and are found by where they stand.
var (
	quotedUser = regexp.MustCompile(`"(\w[\w+.-]*):/*[^"]*@`) // a password that does not parse may hold anything
	userinfo   = regexp.MustCompile(`(\w[\w+.-]*)://[^\s"]*@`)
	wrongPort  = regexp.MustCompile(`invalid port "[^"]*"`) // begins where a password holds a slash
)

// withoutUsers masks what stands before the host of an address.
func withoutUsers(text string) string {
	text = quotedUser.ReplaceAllString(text, `"$1://`+secret.Mask+`@`)
	text = userinfo.ReplaceAllString(text, `$1://`+secret.Mask+`@`)
	return wrongPort.ReplaceAllString(text, `invalid port`)
}

// showsAddress reports whether err, or an error within, is a url.Error or prints who logs in somewhere.
func showsAddress(err error) bool {
	if err == nil {
		return false
	}
	if _, ok := err.(*url.Error); ok { //nolint:errorlint // this is the walk itself
		return true
	}
	if text := fmt.Sprintf("%+v %#v %s", err, err, err.Error()); withoutUsers(text) != text {
		return true
	}
	switch wrapper := err.(type) { //nolint:errorlint // likewise
	case interface{ Unwrap() error }:
		return showsAddress(wrapper.Unwrap())
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(wrapper.Unwrap(), showsAddress)
	}
	return false
}

// addressless stands in for an error that shows an address. It is the same error for errors.Is, and for errors.As
// wherever what is found shows nothing; a url.Error is found with its address masked.
type addressless struct {
	text     string
	original func() ([]string, error) // the secrets, and it: a function, so that nothing is printed
}

func withoutAddress(err error, secrets []string) error {
	text := err.Error()
	for _, ue := range urlErrors(err) {
		quoted := strconv.Quote(ue.URL)
		text = secret.Redact(text, quoted[1:len(quoted)-1], ue.URL)
	}
	return &addressless{
		Redact(withoutUsers(text), secrets), func() ([]string, error) { return secrets, err },
	}
}

// urlErrors lists those within err.
func urlErrors(err error) (list []*url.Error) {
	switch e := err.(type) { //nolint:errorlint // this is the walk itself
	case *url.Error:
		return append(urlErrors(e.Err), e)
	case interface{ Unwrap() error }:
		return urlErrors(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, within := range e.Unwrap() {
			list = append(list, urlErrors(within)...)
		}
	}
	return list
}

// Error returns the text without addresses.
func (e *addressless) Error() string { return e.text }

// Is keeps the identity of the original.
func (e *addressless) Is(target error) bool {
	_, original := e.original()
	return errors.Is(original, target)
}

// As gives what the original has, where that can be shown.
func (e *addressless) As(target any) bool {
	secrets, original := e.original()
	if ue, ok := target.(**url.Error); ok {
		var found *url.Error
		if !errors.As(original, &found) {
			return false
		}
		*ue = &url.Error{Op: found.Op, URL: secret.Mask, Err: clean(found.Err, secrets)}
		return true
	}
	to := reflect.ValueOf(target).Elem()
	found := reflect.New(to.Type())
	if !errors.As(original, found.Interface()) {
		return false
	}
	if err, ok := found.Elem().Interface().(error); ok && (showsAddress(err) || shows(err, secrets)) {
		return false
	}
	to.Set(found.Elem())
	return true
}

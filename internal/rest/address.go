package rest

import (
	"net/url"
	"regexp"

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

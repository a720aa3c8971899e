package rest

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// ParseBaseURL checks a base URL: http or https, a host, an optional path prefix, nothing else. The error
// does not repeat the URL, for it may hold a password.
func ParseBaseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, errors.New("not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("scheme %q is neither https nor http", u.Scheme)
	case u.Hostname() == "":
		return nil, errors.New("the host is missing")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("user, query and fragment do not belong into it")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	return u, nil
}

package rest_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/rest"
)

var errProxy = errors.New("no proxy for today")

// A Proxy function returns what url.Parse says of its setting, which quotes user and password. None of it may come out,
// and the error stays what it was for errors.Is and errors.As.
func TestProxyPasswordStaysIn(t *testing.T) {
	t.Parallel()
	parse := func(raw string) error {
		_, err := url.Parse(raw)
		require.Error(t, err)
		return err
	}
	cases := map[string]struct {
		err  error
		text string // of the cause
	}{
		"Space":    {parse("http://anna-user:pa ss-word@proxy:8080"), `parse "[redacted]": net/url: invalid userinfo`},
		"Slash":    {parse("http://anna-user:pa/ss-word@proxy:8080"), `parse "[redacted]": invalid port after host`},
		"NoScheme": {parse(":anna-user:ss-word@proxy:8080"), `parse "[redacted]": missing protocol scheme`},
		"Escape":   {parse("http://anna-user:ss-word%zz@proxy:8080"), `parse "[redacted]": invalid URL escape "%zz"`},
		"Wrapped": {
			fmt.Errorf("HTTPS_PROXY: %w", parse("http://anna-user:pa ss-word@proxy:8080")),
			`HTTPS_PROXY: parse "[redacted]": net/url: invalid userinfo`,
		},
		"Joined": {
			errors.Join(errProxy, parse("http://anna-user:pa ss-word@proxy:8080")),
			"no proxy for today\nparse \"[redacted]\": net/url: invalid userinfo",
		},
		"Text": {
			fmt.Errorf("invalid proxy address %q: %w", "http://anna-user:pa ss-word@proxy:8080", errProxy),
			`invalid proxy address "http://[redacted]@proxy:8080": no proxy for today`,
		},
		"TextUnquoted": {
			fmt.Errorf("via socks5://anna-user:ss-word@proxy: %w", syscall.ECONNREFUSED),
			`via socks5://[redacted]@proxy: connection refused`,
		},
		"Twice": {
			&url.Error{Op: "Get", URL: "http://anna-user:ss-word@proxy", Err: parse("http://anna-user:pa ss-word@proxy:8080")},
			`Get "[redacted]": parse "[redacted]": net/url: invalid userinfo`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hc := &http.Client{Transport: &http.Transport{
				Proxy: func(*http.Request) (*url.URL, error) { return nil, c.err },
			}}
			_, err := rest.New(hc).Do(t.Context(), request(t, "https://example.invalid"))
			require.EqualError(t, err, "POST /cgi-bin/x: "+c.text)
			for _, printed := range []string{
				fmt.Sprintf("%v %+v %#v %q", err, err, err, err), fmt.Sprintf("%+v %#v", errors.Unwrap(err), errors.Unwrap(err)),
			} {
				for _, held := range []string{"anna-user", "ss-word", plantedSecret} {
					require.NotContains(t, printed, held)
				}
			}
			require.ErrorIs(t, err, c.err)
			require.Equal(t, errors.Is(c.err, errProxy), errors.Is(err, errProxy))
			var found, original *url.Error
			require.Equal(t, errors.As(c.err, &original), errors.As(err, &found))
			if found != nil {
				require.Equal(t, original.Op, found.Op)
				require.NotContains(t, fmt.Sprintf("%v %#v %v", found, found, found.Err), "ss-word")
			}
		})
	}
}

// What shows nothing is found as it is, beside what does.
func TestCausesBesideAnAddressAreFound(t *testing.T) {
	t.Parallel()
	dial := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	hc := &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("http://anna-user:ss-word@proxy: %w", dial)
	})}
	_, err := rest.New(hc).Do(t.Context(), request(t, "https://example.invalid"))
	require.EqualError(t, err, "POST /cgi-bin/x: http://[redacted]@proxy: dial tcp: connection refused")
	var op *net.OpError
	require.ErrorAs(t, err, &op)
	require.Same(t, dial, op)
	var number syscall.Errno
	require.ErrorAs(t, err, &number)
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	require.Equal(t, reflect.TypeFor[*rest.TransportError](), reflect.TypeOf(err))
}

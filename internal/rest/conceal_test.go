package rest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/rest"
)

// plantedText is what the message says.
const plantedText = "see you at noon"

// failing sends a message by a transport that fails with err.
func failing(t *testing.T, text string, err error) error {
	t.Helper()
	req := request(t, "https://example.invalid")
	body, encodeErr := rest.Encode(map[string]string{"content": text})
	require.NoError(t, encodeErr)
	req.Body = body
	_, got := rest.New(&http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		return nil, err
	})}).Do(t.Context(), req)
	require.Error(t, got)
	return got
}

// open is an error of a program's own that shows a text, closed one that keeps it to itself.
type (
	open   struct{ Said string }
	closed struct{ said string }
)

func (e open) Error() string    { return "lost: " + e.Said }
func (e *closed) Error() string { return "lost: " + e.said }

// temporaryError is a net.Error that quotes.
type temporaryError struct{ text string }

func (e *temporaryError) Error() string { return e.text }
func (*temporaryError) Timeout() bool   { return true }
func (*temporaryError) Temporary() bool { return true }

// What quotes the message is found by errors.As all the same, with a mask where it can have one.
func TestAsGivesMaskedCopies(t *testing.T) {
	t.Parallel()
	said := "lost " + plantedText
	for name, c := range map[string]struct {
		err    error
		target any
	}{
		"Transport":  {&rest.TransportError{Method: "GET", Err: errors.New(said)}, new(*rest.TransportError)},
		"Answer":     {&rest.ResponseError{Reason: "odd", Excerpt: said, ContentType: said}, new(*rest.ResponseError)},
		"Op":         {&net.OpError{Op: "read", Net: "tcp", Err: errors.New(said)}, new(*net.OpError)},
		"DNS":        {&net.DNSError{Err: said, Name: "example.invalid", IsNotFound: true}, new(*net.DNSError)},
		"Path":       {&fs.PathError{Op: "open", Path: said, Err: fs.ErrNotExist}, new(*fs.PathError)},
		"Protocol":   {textproto.ProtocolError(said), new(textproto.ProtocolError)},
		"Textproto":  {&textproto.Error{Code: 550, Msg: said}, new(*textproto.Error)},
		"Value":      {open{said}, new(open)},
		"Wrapped":    {fmt.Errorf("on the way: %w", open{said}), new(open)},
		"Joined":     {errors.Join(io.EOF, open{said}), new(open)},
		"URL":        {fmt.Errorf("by proxy: %w", &url.Error{Op: "Get", URL: "http://a/?" + said, Err: open{said}}), new(*url.Error)},
		"OpenWithin": {fmt.Errorf("by proxy: %w", &url.Error{Op: "Get", URL: "http://a/", Err: open{said}}), new(open)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := failing(t, plantedText, c.err)
			require.ErrorIs(t, err, c.err)
			require.ErrorAs(t, errors.Unwrap(err), c.target)
			requireConcealed(t, err)
			got := printed(reflect.ValueOf(c.target).Elem().Interface())
			require.NotContains(t, got, plantedText)
			require.Contains(t, got, "[redacted]")
		})
	}
}

// requireConcealed looks for the text in all forms of an error and of its cause.
func requireConcealed(t *testing.T, err error) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		require.NotContains(t, printed(err), plantedText)
		require.NotContains(t, printed(err), "concealed", "nor is there anything to see of how it is done")
	}
}

func printed(v any) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v|%+v|%#v|%s|%q|%x", v, v, v, v, v, v)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "err", v)
	data, err := json.Marshal(v)
	if err == nil {
		b.Write(data)
	}
	return strings.ReplaceAll(b.String(), "*rest.concealed", "")
}

// A word of ours, of Go's or of the system's is masked in the text where the message says the same, and that is all that
// happens.
func TestWordsThatTheMessageSaysToo(t *testing.T) {
	t.Parallel()
	dial := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	err := failing(t, "connect", dial)
	require.EqualError(t, err, "POST /cgi-bin/x: dial tcp: [redacted]: [redacted]ion refused")
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	var op *net.OpError
	require.ErrorAs(t, err, &op)
	require.Same(t, dial, op)

	for _, word := range []string{"OpError", "Source", "syscall", "string", "errors", "TransportError", "Method"} {
		err := failing(t, word, dial)
		require.Same(t, dial, errors.Unwrap(err), "names of types and fields do not count")
	}
}

func TestTimeoutsStayTimeouts(t *testing.T) {
	t.Parallel()
	odd := &temporaryError{"lost " + plantedText}
	for name, cause := range map[string]error{
		"Itself": odd, "InOp": &net.OpError{Op: "read", Net: "tcp", Err: odd}, "Wrapped": fmt.Errorf("on the way: %w", odd),
	} {
		err := failing(t, plantedText, cause)
		requireConcealed(t, err)
		var timeout net.Error
		require.ErrorAs(t, err, &timeout, name)
		require.True(t, timeout.Timeout(), name)
		var op *net.OpError
		if errors.As(err, &op) {
			require.True(t, op.Timeout(), name)
			require.NotContains(t, printed(op), plantedText)
		}
	}
}

// What an error keeps to itself is masked in the copy as well. One that cannot be copied is found as it is, unless it shows
// a secret.
func TestOwnErrorsThatKeepATextToThemselves(t *testing.T) {
	t.Parallel()
	own := &closed{"the message " + plantedText}
	err := failing(t, plantedText, own)
	requireConcealed(t, err)
	require.ErrorIs(t, err, own)
	var found *closed
	require.ErrorAs(t, err, &found)
	require.Equal(t, "the message [redacted]", found.said)
	require.Equal(t, "the message "+plantedText, own.said)

	own = &closed{"the token " + plantedToken}
	err = failing(t, plantedText, own)
	require.EqualError(t, err, "POST /cgi-bin/x: lost: the token [redacted]")
	require.ErrorIs(t, err, own)
	require.ErrorAs(t, err, &found)
	require.Equal(t, "the token [redacted]", found.said)

	var wrapper interface{ Unwrap() error }
	err = failing(t, plantedText, fmt.Errorf("%s: %w", plantedText, io.EOF))
	require.ErrorAs(t, errors.Unwrap(err), &wrapper)
	require.NotContains(t, printed(wrapper), plantedText)
	require.ErrorIs(t, wrapper.Unwrap(), io.EOF)

	var kept *locked
	held := &locked{said: plantedText}
	err = failing(t, plantedText, held)
	requireConcealed(t, err)
	require.ErrorAs(t, err, &kept)
	require.Same(t, held, kept)
	require.NotErrorAs(t, failing(t, plantedText, &locked{said: plantedToken}), &kept)
}

// locked is an error that others write to.
type locked struct {
	mu   sync.Mutex
	said string
}

func (e *locked) Error() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return "lost: " + e.said
}

func (e *locked) write(text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.said = text
}

// What others may be writing is not looked into, which the race detector sees, nor is a lock copied while it is held.
func TestErrorsInUseAreNotTouched(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		own  *locked
		with func(*locked) error
	}{
		"Itself":  {&locked{}, func(e *locked) error { return e }},
		"Within":  {&locked{}, func(e *locked) error { return &struct{ error }{e} }},
		"Pointer": {&locked{}, func(e *locked) error { return &boxed{box: e} }},
	} {
		c.own.write(plantedText)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for range 100 {
				c.own.write(plantedText + ".")
			}
		}()
		err := failing(t, plantedText, c.with(c.own))
		var found *locked
		require.Equal(t, name == "Itself", errors.As(err, &found), name)
		<-ended
	}
}

// carrying is an error with one thing in it, whose text it says or not.
type carrying[T any] struct {
	Load  T
	quiet bool
}

func (e *carrying[T]) Error() string {
	if e.quiet {
		return "rejected"
	}
	return fmt.Sprint("rejected ", e.Load)
}

func carries[T any](load T) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		for _, quiet := range []bool{true, false} {
			requireMaskedCopy(t, load, quiet)
		}
	}
}

func requireMaskedCopy[T any](t *testing.T, load T, quiet bool) {
	t.Helper()
	own := &carrying[T]{load, quiet}
	before := fmt.Sprintf("%#v", own)
	err := failing(t, plantedText, fmt.Errorf("mine: %w", own))
	requireConcealed(t, err)
	var first, second *carrying[T]
	require.ErrorAs(t, err, &first)
	require.ErrorAs(t, err, &second)
	require.Same(t, first, second)
	require.NotContains(t, printed(first), plantedText)
	require.ErrorIs(t, err, first)
	require.ErrorIs(t, err, own)
	require.NotErrorIs(t, err, &carrying[T]{load, quiet})
	require.Equal(t, before, fmt.Sprintf("%#v", own), "it is the program's own")
}

type inner struct {
	Said   string
	hidden string
	Next   *inner
}

func (i *inner) String() string { return i.Said + i.hidden }

// Whatever an error is made of, what errors.As finds does not show the text, and is the error for errors.Is.
func TestAsGivesMaskedCopiesOfAnyType(t *testing.T) {
	t.Parallel()
	type word string
	type letters []byte
	loop := &inner{Said: plantedText}
	loop.Next = loop
	tied := &knot{Said: plantedText}
	tied.next = tied
	array := [20]byte([]byte(fmt.Sprintf("%-20s", plantedText)))
	for name, test := range map[string]func(*testing.T){
		"Word": carries(word(plantedText)), "Bytes": carries([]byte(plantedText)),
		"Letters": carries(letters(plantedText)), "Raw": carries(json.RawMessage(`"` + plantedText + `"`)),
		"Strings": carries([]string{"", plantedText}), "Array": carries([2]any{nil, plantedText}),
		"ByteArray": carries(array), "Key": carries(map[word]int{plantedText: 1}),
		"Map": carries(map[int]letters{1: letters(plantedText)}), "Header": carries(http.Header{"A": {plantedText}}),
		"Errors": carries([]error{io.EOF, errors.New(plantedText)}), "Pointer": carries(&inner{Said: plantedText}),
		"Hidden": carries(&inner{hidden: plantedText}), "Cycle": carries(loop),
		"Struct":   carries(struct{ in inner }{inner{hidden: plantedText}}),
		"Embedded": carries(struct{ error }{errors.New(plantedText)}),
		"Any":      carries[any](map[string]any{"a": []any{&inner{Said: plantedText}}}),
		"Dialed":   carries(net.Error(&net.OpError{Op: "read", Err: errors.New(plantedText)})),
		"Closed":   carries(&closed{plantedText}), "Ring": carries(tied),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// knot is an error that is within itself.
type knot struct {
	Said string
	next *knot
}

func (k *knot) Error() string { return k.Said }

// The words of the library that tell what was done are no texts.
func TestWordsOfTheLibraryStay(t *testing.T) {
	t.Parallel()
	said := errors.New("see connect there")
	err := failing(t, "connect", &net.OpError{Op: "proxyconnect", Net: "connect", Err: said})
	var op *net.OpError
	require.ErrorAs(t, err, &op)
	require.Equal(t, "proxyconnect", op.Op)
	require.Equal(t, "connect", op.Net)
	require.EqualError(t, op.Err, "see [redacted] there")
	require.ErrorIs(t, err, op.Err)

	syntax := json.Unmarshal([]byte("x"), new(any))
	var found *json.SyntaxError
	require.ErrorAs(t, failing(t, "invalid", syntax), &found)
	req := request(t, "https://example.invalid")
	req.Secrets = []string{"invalid"}
	_, err = rest.New(&http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		return nil, syntax
	})}).Do(t.Context(), req)
	require.ErrorAs(t, err, &found, "be it a secret")
	require.ErrorIs(t, err, found)
}

// A copy that cannot be printed any more is not handed out.
func TestCopiesThatCannotBePrinted(t *testing.T) {
	t.Parallel()
	own := &cut{plantedText, len(plantedText)}
	var found *cut
	require.ErrorAs(t, failing(t, plantedText, own), &found)
	require.Same(t, own, found)
}

// cut is an error that is of use only with its text.
type cut struct {
	Said string
	at   int
}

func (e *cut) Error() string { return e.Said[:e.at] }

// nothing is an error that panics where it is nil, as many do.
type (
	nothing struct{ said string }
	nowhere struct{ within error }
	never   struct{ error }
)

func (e *nothing) Error() string { return e.said }
func (e *nowhere) Error() string { return e.within.Error() }
func (e *nowhere) Unwrap() error { return e.within }
func (e *never) Timeout() bool   { return e.error != nil }

// A transport that wraps a nil pointer, or returns one, does not take the program down.
func TestNilErrorsOfATransport(t *testing.T) {
	t.Parallel()
	for name, cause := range map[string]error{
		"Nil": (*nothing)(nil), "Wrapped": fmt.Errorf("mine: %w", (*nothing)(nil)),
		"Unwraps": fmt.Errorf("mine: %w", (*nowhere)(nil)), "Timeout": (*never)(nil),
		"Joined": errors.Join(io.EOF, fmt.Errorf("mine: %w", (*nothing)(nil))),
	} {
		for _, text := range []string{plantedText, "mine: "} {
			err := failing(t, text, cause)
			require.NotEmpty(t, printed(err), name)
			require.Equal(t, name == "Joined", errors.Is(err, io.EOF), name)
		}
		require.NotEmpty(t, printed(rest.Hide(cause, []string{plantedToken})), name)
	}
	var none *nothing
	require.ErrorAs(t, failing(t, plantedText, fmt.Errorf("mine: %w", none)), &none)
}

// A cause without a Timeout, one that cannot be compared, and one that holds itself.
func TestOddCauses(t *testing.T) {
	t.Parallel()
	loop := &ring{}
	loop.next = loop
	require.ErrorIs(t, failing(t, plantedText, loop), loop)

	for name, field := range map[string]any{
		"Bytes": []byte(plantedText), "List": []string{"", plantedText}, "Array": [2]any{nil, plantedText},
		"Key": map[string]int{plantedText: 1}, "Map": map[int][]byte{1: []byte(plantedText)}, "Inner": struct{ s string }{plantedText},
	} {
		cause := &boxed{box: field, none: nil}
		err := failing(t, plantedText, cause)
		requireConcealed(t, err)
		require.ErrorIs(t, err, cause, name)
		var found *boxed
		require.ErrorAs(t, err, &found, name)
	}
	clean := &boxed{box: map[string]any{"a": func() {}, "b": make(chan int), "c": &[]string{"noon"}, "d": 1.5}}
	require.Same(t, clean, errors.Unwrap(failing(t, plantedText, clean)))
	busy := &boxed{box: &http.Request{Host: plantedText}}
	require.Same(t, busy, errors.Unwrap(failing(t, plantedText, busy)), "it may be in use, and is not printed")

	many := manyErrors{io.EOF, errors.New(plantedText)}
	err := failing(t, plantedText, many)
	requireConcealed(t, err)
	require.ErrorIs(t, err, io.EOF)
	require.NotErrorIs(t, err, manyErrors{})
}

type ring struct{ next error }

// boxed is an error with a field of any type.
type boxed struct {
	box  any
	none *boxed
}

func (*boxed) Error() string { return "boxed" }

func (*ring) Error() string { return "in a ring" }

type manyErrors []error

func (manyErrors) Error() string     { return "many" }
func (e manyErrors) Unwrap() []error { return e }

// The form of an upload is quoted as a body is.
func TestErrorsDoNotQuoteAForm(t *testing.T) {
	t.Parallel()
	const form = `{"title":"see you at noon","introduction":"\u003cand\u003e at night"}`
	req := &rest.Request{Method: http.MethodPost, Path: "/cgi-bin/x", Upload: &rest.Upload{
		Filename: "contract-of-ann.mp4", Form: []rest.FormValue{{Name: "description", Value: form}},
	}}
	for _, quoted := range []string{form, plantedText, "<and> at night", "contract-of-ann.mp4"} {
		page := &rest.Answer{Status: http.StatusBadGateway, Body: []byte("cannot pass on " + quoted)}
		_, _, err := page.Envelope(req)
		require.EqualError(t, err, `POST /cgi-bin/x: HTTP 502: body is not JSON: "cannot pass on [redacted]"`)
	}
}

func TestNamedWordsAreNotQuoted(t *testing.T) {
	t.Parallel()
	req := &rest.Request{Body: []byte(`{"data":{"thing1" : {"value":"amount"},"amount2":{"value":"see you at noon"}}}`)}
	for name, c := range map[string]struct{ word, masked, want string }{
		"Untouched":       {"thing7", "thing7", "thing7"},
		"AKeyBesideAText": {"amount2", "", "amount2"},
		"AKeyCutByAMask":  {"amount2", "thing", "amount2"},
		"TheOtherIsAKey":  {"quoted", "thing1", "thing1"},
		"QuotedInPart":    {"noon", "", ""},
		"QuotesAText":     {"amount7", "", ""},
		"Unrelated":       {"0-demo", "", "0-demo"},
		"Nothing":         {"", "", ""},
	} {
		require.Equal(t, c.want, req.Named(c.word, c.masked), name)
	}
}

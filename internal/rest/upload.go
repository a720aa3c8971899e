package rest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
)

// Upload is a file sent as multipart/form-data. It is streamed, with the Content-Length that WeChat
// insists on (without it the answer is HTTP 412).
type Upload struct {
	Field       string // name of the part, "media" nearly everywhere
	Filename    string // with an extension; WeChat judges the file by it
	ContentType string
	Size        int64 // of the file in bytes; a file that turns out longer or shorter is not sent
	// Open gives the file from its start. It is called again for a repetition, at a time when the reader
	// it gave before may still be in use.
	Open func() (io.Reader, error)
	// Once says that the file can be read a single time. Then nothing is repeated once part of it was
	// taken, and Open gives the same reader each time.
	Once bool
	Form []FormValue // further parts, after the file
}

// FormValue is a text part of a form.
type FormValue struct{ Name, Value string }

// LocalError is a failure on this side of a file's way: what is to be sent cannot be read, what came
// cannot be written. Asking WeChat again does not help.
type LocalError struct{ Err error }

// Error returns the cause's text.
func (e *LocalError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *LocalError) Unwrap() error { return e.Err }

// Unfit is what a receiver says of a body that is no file of the kind that was asked for, or a [Decoder] of an answer that is
// of no use. A [ResponseError] is made of it.
type Unfit struct {
	Reason string
	Body   []byte // of a text, for the excerpt; else nil
}

// Error returns the reason.
func (e *Unfit) Error() string { return e.Reason }

var quoteEscaper = strings.NewReplacer("\\", "\\\\", `"`, `\"`, "\r", "", "\n", "")

// attach makes head + file + tail the body of the request.
func (u *Upload) attach(raw *http.Request) error {
	file, err := u.Open()
	if err != nil {
		return &LocalError{err}
	}
	var head, tail bytes.Buffer
	w := multipart.NewWriter(&head)
	_, err = w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="` + quoteEscaper.Replace(u.Field) +
			`"; filename="` + quoteEscaper.Replace(u.Filename) + `"`},
		"Content-Type": {u.ContentType},
	})
	if err != nil {
		return err
	}
	u.writeTail(&tail, w.Boundary())
	raw.Header.Set("Content-Type", w.FormDataContentType())
	raw.ContentLength = int64(head.Len()) + u.Size + int64(tail.Len())
	raw.Body = io.NopCloser(io.MultiReader(&head, &exactReader{file, u.Size, u.Size}, &tail))
	return nil
}

// writeTail writes what follows the file: the text parts and the end of the form.
func (u *Upload) writeTail(tail *bytes.Buffer, boundary string) {
	for _, f := range u.Form {
		fmt.Fprintf(tail, "\r\n--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s",
			boundary, quoteEscaper.Replace(f.Name), f.Value)
	}
	tail.WriteString("\r\n--" + boundary + "--\r\n")
}

// exactReader reads a file of a known size. An error of the file, or another size, is a [LocalError], so
// that a request without its end never looks like one that WeChat may have carried out.
type exactReader struct {
	file io.Reader
	size int64
	left int64
}

func (r *exactReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, r.end()
	}
	if int64(len(p)) > r.left {
		p = p[:r.left]
	}
	n, err := r.file.Read(p)
	r.left -= int64(n)
	switch {
	case err == nil, errors.Is(err, io.EOF) && r.left == 0:
		return n, nil
	case errors.Is(err, io.EOF):
		return n, &LocalError{fmt.Errorf("the file ends after %d bytes, Size is %d", r.size-r.left, r.size)}
	}
	return n, &LocalError{fmt.Errorf("reading the file: %w", err)}
}

// end makes sure that nothing follows.
func (r *exactReader) end() error {
	var more [1]byte
	for range 16 { // a reader may return nothing without being at its end
		n, err := r.file.Read(more[:])
		switch {
		case n > 0:
			return &LocalError{fmt.Errorf("the file is longer than Size, %d bytes", r.size)}
		case errors.Is(err, io.EOF):
			return io.EOF
		case err != nil:
			return &LocalError{fmt.Errorf("reading the file: %w", err)}
		}
	}
	return &LocalError{io.ErrNoProgress}
}

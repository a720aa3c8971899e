package rest

import (
	"bytes"
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
	Size        int64                     // of the file in bytes
	Open        func() (io.Reader, error) // gives the file from its start; called again for a retry
}

var quoteEscaper = strings.NewReplacer("\\", "\\\\", `"`, `\"`, "\r", "", "\n", "")

// attach makes head + file + tail the body of the request.
func (u *Upload) attach(ex *exchange, raw *http.Request) error {
	var head bytes.Buffer
	w := multipart.NewWriter(&head)
	_, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="` + quoteEscaper.Replace(u.Field) +
			`"; filename="` + quoteEscaper.Replace(u.Filename) + `"`},
		"Content-Type": {u.ContentType},
	})
	if err != nil {
		return err
	}
	tail := "\r\n--" + w.Boundary() + "--\r\n"
	file, err := u.Open()
	if err != nil {
		return err
	}
	raw.Header.Set("Content-Type", w.FormDataContentType())
	raw.ContentLength = int64(head.Len()) + u.Size + int64(len(tail))
	raw.GetBody = nil
	raw.Body = &uploadBody{ex: ex, Reader: io.MultiReader(&head, file, strings.NewReader(tail))}
	return nil
}

// uploadBody notes when the transport starts to take the file.
type uploadBody struct {
	io.Reader
	ex *exchange
}

func (b *uploadBody) Read(p []byte) (int, error) {
	b.ex.taken.Store(true)
	return b.Reader.Read(p)
}

func (b *uploadBody) Close() error { return nil }

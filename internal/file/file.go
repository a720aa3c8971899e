// Package file makes uploads of what callers have at hand: an open file, bytes, a stream.
package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/rest"
)

// Source is a file as a caller describes it.
type Source struct {
	Op      string    // for errors, such as "media"
	Name    string    // what the caller calls it; may be empty
	Ext     string    // extension where neither name nor content has one, such as ".jpg"
	Content io.Reader // from its current position
	Size    int64     // in bytes; 0 if the caller does not know
	// Limit bounds the size. With NoCheck it bounds only what has to be kept in memory.
	Limit   int64
	NoCheck bool
}

// Upload makes the upload in a form part named "media". The findings of its checks are
// *[errcode.FieldError] for the fields Content and Size; a reader that fails gives its own error.
//
// The content is read where it is: what can be read at any offset or rewound is opened anew for each
// attempt. A stream of known size is passed on as it comes, once. One of unknown size is kept in memory,
// because WeChat takes no request without its length.
func (s *Source) Upload() (*rest.Upload, error) {
	if s.Content == nil {
		return nil, s.finding("Content", "nil")
	}
	body, err := s.body()
	if err != nil {
		return nil, err
	}
	switch {
	case s.NoCheck:
	case body.size == 0:
		return nil, s.finding("Content", "empty")
	case body.size > s.Limit:
		return nil, s.finding("Content", tooLarge(body.size, s.Limit))
	}
	head, err := body.head()
	if err != nil {
		return nil, fmt.Errorf("%s: reading Content: %w", s.Op, err)
	}
	kind := Detect(head)
	name := Name(s.Name, kind, s.Ext)
	return &rest.Upload{
		Field: "media", Filename: name, ContentType: contentType(kind, name), Size: body.size,
		Open: body.open, Once: body.once,
	}, nil
}

func (s *Source) finding(field, reason string) error {
	return &errcode.FieldError{Op: s.Op, Field: field, Reason: reason}
}

func tooLarge(size, limit int64) string { return fmt.Sprintf("%d bytes, limit %d", size, limit) }

// body is a content with its size.
type body struct {
	size int64
	once bool
	open func() (io.Reader, error)
	head func() ([]byte, error) // the first bytes, which stay in place
}

// headSize is as much as telling the kind of a file takes.
const headSize = 512

func (s *Source) body() (*body, error) {
	if buf, ok := s.Content.(*bytes.Buffer); ok {
		return s.sized(inMemory(buf.Bytes()))
	}
	if seeker, ok := s.Content.(io.ReadSeeker); ok {
		if start, size, err := extent(seeker); err == nil {
			if at, ok := s.Content.(io.ReaderAt); ok {
				return s.sized(readAt(at, start, size))
			}
			return s.sized(rewound(seeker, start, size))
		}
	}
	if s.Size > 0 {
		return stream(s.Content, s.Size), nil
	}
	data, err := io.ReadAll(io.LimitReader(s.Content, s.Limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: reading Content: %w", s.Op, err)
	case int64(len(data)) > s.Limit:
		return nil, s.finding("Content", fmt.Sprintf("over %d bytes, the limit", s.Limit))
	}
	return inMemory(data), nil
}

// sized checks the size that the caller gave.
func (s *Source) sized(b *body) (*body, error) {
	if s.Size > 0 && s.Size != b.size {
		return nil, s.finding("Size", fmt.Sprintf("%d, but the content has %d bytes", s.Size, b.size))
	}
	return b, nil
}

// extent tells where a reader stands and how much follows. A pipe has the method but refuses.
func extent(s io.Seeker) (start, size int64, err error) {
	if start, err = s.Seek(0, io.SeekCurrent); err != nil {
		return 0, 0, err
	}
	end, err := s.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, 0, err
	}
	_, err = s.Seek(start, io.SeekStart)
	return start, max(0, end-start), err
}

func inMemory(data []byte) *body { return readAt(bytes.NewReader(data), 0, int64(len(data))) }

// readAt gives each attempt a reader of its own.
func readAt(at io.ReaderAt, start, size int64) *body {
	open := func() (io.Reader, error) { return io.NewSectionReader(at, start, size), nil }
	return &body{size: size, open: open, head: func() ([]byte, error) {
		return readHead(io.NewSectionReader(at, start, size))
	}}
}

// rewound shares one reader between attempts. The transport may still read for an attempt that has
// failed; opening the next one cuts it off.
func rewound(s io.ReadSeeker, start, size int64) *body {
	shared := &sharedReader{reader: s}
	open := func() (io.Reader, error) { return shared.turn(start) }
	return &body{size: size, open: open, head: func() ([]byte, error) {
		r, err := open()
		if err != nil {
			return nil, err
		}
		return readHead(r)
	}}
}

// stream reads content once.
func stream(content io.Reader, size int64) *body {
	var start bytes.Buffer
	whole := io.MultiReader(&start, content)
	return &body{
		size: size, once: true,
		open: func() (io.Reader, error) { return whole, nil },
		head: func() ([]byte, error) {
			data, err := readHead(content)
			start.Write(data)
			return data, err
		},
	}
}

// readHead reads the first bytes; fewer where there are no more.
func readHead(r io.Reader) ([]byte, error) {
	head := make([]byte, headSize)
	n, err := io.ReadFull(r, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return head[:n], err
}

// sharedReader is a reader of which only the last turn reads.
type sharedReader struct {
	mu     sync.Mutex // guards the rest
	reader io.ReadSeeker
	now    int
}

func (s *sharedReader) turn(start int64) (io.Reader, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now++
	_, err := s.reader.Seek(start, io.SeekStart)
	return &turn{s, s.now}, err
}

type turn struct {
	shared *sharedReader
	number int
}

func (t *turn) Read(p []byte) (int, error) {
	t.shared.mu.Lock()
	defer t.shared.mu.Unlock()
	if t.number != t.shared.now {
		return 0, errOver
	}
	return t.shared.reader.Read(p)
}

var errOver = errors.New("another attempt reads the file now")

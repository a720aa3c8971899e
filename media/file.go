package media

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/file"
	"github.com/wechatkit/wechat/internal/rest"
)

// Type is the kind of a file (type).
type Type string

// The kinds.
const (
	Image Type = "image" // 10 MiB, PNG, JPEG or GIF; an older note says 2 MB, so keep below that
	Voice Type = "voice" // 2 MiB and 60 seconds, AMR or MP3
	Video Type = "video" // 10 MiB, MP4
	Thumb Type = "thumb" // 64 KiB, JPEG: the cover of a video or a piece of music (缩略图)
	News  Type = "news"  // articles (图文); only in lists of permanent material
)

// File is a file to upload. Content is needed, and Type except for [Client.UploadImage].
type File struct {
	Type Type
	// Name is the file's name. It may be empty: WeChat wants ASCII and an extension that fits the content,
	// so what is sent is cleaned up or made up anyway.
	Name string
	// Content is read from its current position to its end; where it stands afterwards is not defined. An
	// open file, a bytes.Reader, a strings.Reader, a bytes.Buffer and anything else with a Seek is read in
	// place and again for a repetition. Content must not be used or closed before the call returns.
	Content io.Reader
	// Size is the length of Content in bytes. It lets a reader without Seek be passed on as it comes, but
	// then nothing is repeated once it was taken. Without it such a reader is kept in memory, up to the
	// limit of the type.
	Size int64
	// MaxSize replaces the documented limit of the type, in bytes. WeChat's pages do not agree on the
	// limits of images. 0 keeps it.
	MaxSize int64
}

// rule is what WeChat takes of a type.
type rule struct {
	limit int64
	ext   string   // extension where nothing tells a better one
	kinds []string // content types
}

const (
	kib = 1 << 10
	mib = 1 << 20
)

var temporary = map[Type]rule{
	Image: {10 * mib, ".jpg", []string{"image/png", "image/jpeg", "image/gif", "image/bmp"}},
	Voice: {2 * mib, ".mp3", []string{"audio/amr", "audio/mpeg"}},
	Video: {10 * mib, ".mp4", []string{"video/mp4"}},
	Thumb: {64 * kib, ".jpg", []string{"image/jpeg"}},
}

var permanent = map[Type]rule{
	Image: temporary[Image],
	Voice: {2 * mib, ".mp3", []string{"audio/amr", "audio/mpeg", "audio/wave", "audio/x-ms-wma"}},
	Video: temporary[Video],
	Thumb: temporary[Thumb],
}

var inArticle = rule{1 * mib, ".jpg", []string{"image/png", "image/jpeg"}}

// unknownRule is for types that WeChat may add.
var unknownRule = rule{limit: rest.DefaultLimit, ext: ".bin"}

// upload checks the file and makes the form part of it.
func (c *Client) upload(f *File, rules map[Type]rule) (*rest.Upload, error) {
	switch {
	case f == nil:
		return nil, fieldError("File", "nil")
	case f.Type == "" && c.core.Checks():
		return nil, fieldError("Type", "empty")
	}
	r, ok := rules[f.Type]
	if !ok {
		r = unknownRule
	}
	return c.uploadBy(f, r)
}

func (c *Client) uploadBy(f *File, r rule) (*rest.Upload, error) {
	src := file.Source{
		Op: "media", Name: f.Name, Ext: r.ext, Content: f.Content, Size: f.Size,
		Limit: r.limit, NoCheck: !c.core.Checks(),
	}
	if f.MaxSize > 0 {
		src.Limit = f.MaxSize
	}
	up, err := src.Upload()
	if err != nil {
		return nil, err
	}
	if c.core.Checks() {
		err = r.check(up.ContentType)
	}
	return up, err
}

// check refuses content that is certainly of a kind that WeChat does not take. Content of no known kind
// is WeChat's to judge.
func (r rule) check(kind string) error {
	if kind == file.Unknown || len(r.kinds) == 0 || slices.Contains(r.kinds, kind) {
		return nil
	}
	return fieldError("Content", fmt.Sprintf("%s, allowed are %s", kind, strings.Join(r.kinds, ", ")))
}

func fieldError(field, reason string) error {
	return &errcode.FieldError{Op: "media", Field: field, Reason: reason}
}

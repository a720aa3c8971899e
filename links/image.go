package links

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/rest"
)

// largestImage bounds a picture. A code of the greatest width has a few hundred kilobytes.
const largestImage = 16 << 20

// Image is a picture as WeChat sent it, whole: JSON that came in its place is an error.
type Image struct {
	ContentType string // such as "image/jpeg"
	Data        []byte
}

// image makes a call that answers with a picture.
func (c *Client) image(ctx context.Context, call wechat.Call) (*Image, error) {
	img := &Image{}
	call.Binary = img.receive
	if err := c.core.Call(ctx, call); err != nil {
		return nil, err
	}
	if img.Data == nil {
		return nil, fmt.Errorf("%s: %w", call.Op, errors.New(noImage))
	}
	return img, nil
}

const noImage = "the answer is no image"

// receive takes any type of image. The header counts only where the first bytes do not speak for
// themselves, for WeChat labels what it sends rather freely.
func (img *Image) receive(header http.Header, body io.Reader) error {
	data, err := io.ReadAll(io.LimitReader(body, largestImage+1))
	switch {
	case err != nil:
		return err
	case len(data) > largestImage:
		return fmt.Errorf("image over the limit of %d bytes", largestImage)
	}
	kind := http.DetectContentType(data)
	switch {
	case isImage(kind):
	case strings.HasPrefix(kind, "text/"):
		return &rest.Unfit{Reason: noImage, Body: data}
	default:
		kind, _, err = mime.ParseMediaType(header.Get("Content-Type"))
		if err != nil || !isImage(kind) {
			return &rest.Unfit{Reason: noImage}
		}
	}
	img.ContentType, img.Data = kind, data
	return nil
}

func isImage(contentType string) bool { return strings.HasPrefix(contentType, "image/") }

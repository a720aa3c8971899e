package media

import (
	"context"
	"net/http"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// life is how long WeChat keeps temporary media.
const life = 3 * 24 * time.Hour

// Uploaded is a temporary file in WeChat's store.
type Uploaded struct {
	Type Type
	// MediaID can be used any number of times until ExpiresAt. WeChat calls that of a [Thumb]
	// thumb_media_id; it is here all the same.
	MediaID   string
	CreatedAt time.Time // by WeChat's clock; zero where it did not tell
	ExpiresAt time.Time // three days later; zero where CreatedAt is
}

type wireUploaded struct {
	Type         lenient.String `json:"type"`
	MediaID      lenient.String `json:"media_id"`
	ThumbMediaID lenient.String `json:"thumb_media_id"`
	CreatedAt    lenient.Int64  `json:"created_at"`
}

// DecodeAnswer implements rest.Decoder.
func (w *wireUploaded) DecodeAnswer(data []byte) error {
	if err := lenient.Unmarshal(data, w); err != nil {
		return err
	}
	if w.MediaID == "" {
		w.MediaID = w.ThumbMediaID
	}
	if w.MediaID == "" {
		return rest.Missing("media_id")
	}
	return nil
}

func (w *wireUploaded) uploaded() *Uploaded {
	u := &Uploaded{Type: Type(w.Type), MediaID: string(w.MediaID), CreatedAt: w.CreatedAt.Time()}
	if !u.CreatedAt.IsZero() {
		u.ExpiresAt = u.CreatedAt.Add(life)
	}
	return u
}

// Upload stores a file for three days (新增临时素材), for Mini Programs and official accounts. The chat of a
// Mini Program has use for images only. A card that opens a Mini Program takes an [Image] as its picture,
// not a [Thumb].
//
// Type, size and kind of the content are checked before anything is sent, see [File]; WeChat's own findings
// are [errcode.InvalidMediaType], [errcode.InvalidFileType], [errcode.UnsupportedFileType],
// [errcode.MediaTooLarge] and the like. A file that cannot be read ends the call with the reader's error. An
// upload that may have arrived is repeated all the same: at worst WeChat keeps a second copy for three days.
// An official account may upload 100,000 files a day by default; an older page says 5,000.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/material/temporary/api_uploadtempmedia
//
//wechat:endpoint POST /cgi-bin/media/upload
//wechat:account mini-program official-account
func (c *Client) Upload(ctx context.Context, f *File) (*Uploaded, error) {
	up, err := c.upload(f, temporary)
	if err != nil {
		return nil, err
	}
	var answer wireUploaded
	err = c.core.Call(ctx, wechat.Call{
		Op: "media.Upload", Method: http.MethodPost, Path: "/cgi-bin/media/upload",
		Query: typeQuery(f.Type), Upload: up, Out: &answer, Effect: wechat.Idempotent,
	})
	if err != nil {
		return nil, err
	}
	return answer.uploaded(), nil
}

// UploadImage stores a picture for the text of articles and returns its address (上传图文消息图片), for Mini
// Programs and official accounts. It takes JPEG and PNG below 1 MiB; f.Type is not used. The picture stays
// for good, does not count among the permanent material, and has no media id.
//
// Errors: [errcode.InvalidFileType], [errcode.InvalidImageSize].
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/material/permanent/api_uploadimage
//
//wechat:endpoint POST /cgi-bin/media/uploadimg
//wechat:account mini-program official-account
func (c *Client) UploadImage(ctx context.Context, f *File) (address string, err error) {
	if f == nil {
		return "", fieldError("File", "nil")
	}
	up, err := c.uploadBy(f, inArticle)
	if err != nil {
		return "", err
	}
	var answer struct {
		URL lenient.String `json:"url"`
	}
	err = c.core.Call(ctx, wechat.Call{
		Op: "media.UploadImage", Method: http.MethodPost, Path: "/cgi-bin/media/uploadimg",
		Upload: up, Out: rest.Needs(&answer, "url"), Effect: wechat.Idempotent,
	})
	return string(answer.URL), err
}

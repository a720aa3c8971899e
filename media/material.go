package media

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/lenient"
	"github.com/wechatkit/wechat/internal/rest"
)

// NewMaterial is a file to keep for good.
type NewMaterial struct {
	File
	Title        string // of a video, which needs one
	Introduction string // of a video; may be empty
}

// AddedMaterial is a permanent file in WeChat's store.
type AddedMaterial struct {
	MediaID string
	URL     string // of an image, shown on Tencent's own sites only; "" for other types
}

// AddMaterial stores a file for good (上传永久素材), for official accounts. Messages of official accounts take
// its id wherever they take that of temporary media. An account keeps up to 100,000 images and 1,000 files
// of each other type.
//
// Limits are those of [File]; images may be BMP too, voices WAV or WMA. An upload that may have arrived is
// not repeated and gives [wechat.ErrOutcomeUnknown], because a second copy would stay.
//
// Errors: [errcode.InvalidFileType], [errcode.InvalidFileSize], [errcode.MediaTooLarge] and the like.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/material/permanent/api_addmaterial
//
//wechat:endpoint POST /cgi-bin/material/add_material
//wechat:account official-account
func (c *Client) AddMaterial(ctx context.Context, m *NewMaterial) (*AddedMaterial, error) {
	up, err := c.newMaterial(m)
	if err != nil {
		return nil, err
	}
	var answer struct {
		MediaID lenient.String `json:"media_id"`
		URL     lenient.String `json:"url"`
	}
	err = c.core.Call(ctx, wechat.Call{
		Op: "media.AddMaterial", Method: http.MethodPost, Path: "/cgi-bin/material/add_material",
		Query: typeQuery(m.Type), Upload: up, Out: rest.Needs(&answer, "media_id"), Effect: wechat.NonIdempotent,
	})
	if err != nil {
		return nil, err
	}
	return &AddedMaterial{MediaID: string(answer.MediaID), URL: string(answer.URL)}, nil
}

// newMaterial makes the form, to which a video's title belongs as JSON.
func (c *Client) newMaterial(m *NewMaterial) (*rest.Upload, error) {
	if m == nil {
		return nil, fieldError("NewMaterial", "nil")
	}
	up, err := c.upload(&m.File, permanent)
	if err != nil || m.Type != Video {
		return up, err
	}
	if m.Title == "" && c.core.Checks() {
		return nil, fieldError("Title", "empty")
	}
	description, err := rest.Encode(struct {
		Title        string `json:"title"`
		Introduction string `json:"introduction"`
	}{m.Title, m.Introduction})
	var text *rest.TextError
	if errors.As(err, &text) {
		return nil, fieldError(text.Field, rest.NotUTF8)
	}
	up.Form = []rest.FormValue{{Name: "description", Value: string(description)}}
	return up, err
}

// Material is a permanent file that was written, or what WeChat has in its place.
type Material struct {
	Downloaded
	Title       string    // of a video
	Description string    // of a video
	Articles    []Article // of a [News]; nothing was written then
}

// Article is one article (图文) of an official account.
type Article struct {
	Title        string
	ThumbMediaID string // of the cover picture
	ShowCover    bool
	Author       string
	Digest       string
	Content      string // HTML
	URL          string // of the article's page
	SourceURL    string // where "read more" (阅读原文) leads
}

type wireArticle struct {
	Title        lenient.String `json:"title"`
	ThumbMediaID lenient.String `json:"thumb_media_id"`
	ShowCover    lenient.Bool   `json:"show_cover_pic"`
	Author       lenient.String `json:"author"`
	Digest       lenient.String `json:"digest"`
	Content      lenient.String `json:"content"`
	URL          lenient.String `json:"url"`
	SourceURL    lenient.String `json:"content_source_url"`
}

func articles(list lenient.List[wireArticle]) []Article {
	if len(list) == 0 {
		return nil
	}
	out := make([]Article, len(list))
	for i, a := range list {
		out[i] = Article{
			Title: string(a.Title), ThumbMediaID: string(a.ThumbMediaID), ShowCover: bool(a.ShowCover),
			Author: string(a.Author), Digest: string(a.Digest), Content: string(a.Content),
			URL: string(a.URL), SourceURL: string(a.SourceURL),
		}
	}
	return out
}

// wireMaterial is the answer in place of a video or of articles.
type wireMaterial struct {
	wireVideo
	Title       lenient.String            `json:"title"`
	Description lenient.String            `json:"description"`
	News        lenient.List[wireArticle] `json:"news_item"`
}

// DecodeAnswer implements rest.Decoder.
func (m *wireMaterial) DecodeAnswer(data []byte) error {
	err := lenient.Unmarshal(data, m)
	if err == nil && m.address() == "" && rest.Field(data, "news_item") == nil {
		err = rest.Missing("down_url")
	}
	return err
}

// DownloadMaterial writes a permanent image, voice or thumb to w (获取永久素材), for official accounts. Of a
// video WeChat tells the address and its texts, of a [News] the articles; see [Material]. What
// [Client.Download] says of files and errors holds here too.
//
// Where the draft box (草稿箱) has taken over, articles are no longer found here.
//
// Errors: [errcode.InvalidMediaID].
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/material/permanent/api_getmaterial
//
//wechat:endpoint POST /cgi-bin/material/get_material
//wechat:account official-account
func (c *Client) DownloadMaterial(ctx context.Context, mediaID string, w io.Writer) (*Material, error) {
	sink, err := c.sink(mediaID, w)
	if err != nil {
		return nil, err
	}
	var answer wireMaterial
	err = c.core.Call(ctx, wechat.Call{
		Op: "media.DownloadMaterial", Method: http.MethodPost, Path: "/cgi-bin/material/get_material",
		In: mediaRef{mediaID}, Out: &answer, Binary: sink.receive, Effect: wechat.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	sink.got.VideoURL = answer.address()
	return &Material{
		Downloaded: sink.got, Title: string(answer.Title), Description: string(answer.Description),
		Articles: articles(answer.News),
	}, nil
}

type mediaRef struct {
	MediaID string `json:"media_id" field:"mediaID"`
}

// DeleteMaterial removes a permanent file (删除永久素材), for official accounts. There is no way to get it back.
//
// Errors: [errcode.InvalidMediaID].
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/api/material/permanent/api_delmaterial
//
//wechat:endpoint POST /cgi-bin/material/del_material
//wechat:account official-account
func (c *Client) DeleteMaterial(ctx context.Context, mediaID string) error {
	if mediaID == "" && c.core.Checks() {
		return fieldError("mediaID", "empty")
	}
	return c.core.Call(ctx, wechat.Call{
		Op: "media.DeleteMaterial", Method: http.MethodPost, Path: "/cgi-bin/material/del_material",
		In: mediaRef{mediaID}, Effect: wechat.NonIdempotent,
	})
}

package media_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/golden"
	"github.com/wechatkit/wechat/media"
)

// written is a result with the file that came with it.
type written struct {
	Result any
	File   string
}

// fetched runs fetch and returns its result with the file that it wrote.
func fetched[T any](fetch func(io.Writer) (T, error)) (any, error) {
	var file bytes.Buffer
	got, err := fetch(&file)
	return written{got, file.String()}, err
}

const gif = "GIF89a demo"

func TestGoldenTemporary(t *testing.T) {
	t.Parallel()
	created := time.Unix(1700000000, 0)
	golden.Run(t, []golden.Case{{
		Name: "Upload",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return media.New(c).Upload(ctx, &media.File{Type: media.Image, Name: "mug.gif", Content: strings.NewReader(gif)})
		},
		Want: &media.Uploaded{
			Type: media.Image, MediaID: "MEDIA_demo_1", CreatedAt: created, ExpiresAt: created.AddDate(0, 0, 3),
		},
		Code: errcode.InvalidMediaType,
	}, {
		Name: "Upload-thumb",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return media.New(c).Upload(ctx, &media.File{Type: media.Thumb, Content: strings.NewReader("any"), Size: 3})
		},
		Want: &media.Uploaded{
			Type: media.Thumb, MediaID: "THUMB_demo_1", CreatedAt: created, ExpiresAt: created.AddDate(0, 0, 3),
		},
		Code: errcode.InvalidFileType,
	}, {
		Name: "UploadImage",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return media.New(c).UploadImage(ctx, &media.File{Name: "马克杯", Content: strings.NewReader("any")})
		},
		Want: "http://mmbiz.qpic.cn/mmbiz_png/demo/0",
		Code: errcode.InvalidImageSize,
	}, {
		Name: "Download",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return fetched(func(w io.Writer) (*media.Downloaded, error) {
				return media.New(c).Download(ctx, "MEDIA_demo_1", w)
			})
		},
		Want: written{
			&media.Downloaded{ContentType: "image/jpeg", Filename: "MEDIA_demo_1.jpg", Size: 15},
			"\xff\xd8\xff\xe0\x00\x10JFIF demo",
		},
		Code: errcode.InvalidMediaID,
	}, {
		Name: "Download-video",
		File: true,
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return fetched(func(w io.Writer) (*media.Downloaded, error) {
				return media.New(c).Download(ctx, "MEDIA_demo_2", w)
			})
		},
		Want: written{&media.Downloaded{VideoURL: "http://video.example.com/v?id=7&k=1"}, ""},
		Code: errcode.InvalidMediaID,
	}, {
		Name: "DownloadVoiceHD",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return fetched(func(w io.Writer) (*media.Downloaded, error) {
				return media.New(c).DownloadVoiceHD(ctx, "MEDIA_demo_3", w)
			})
		},
		Want: written{
			&media.Downloaded{ContentType: "audio/speex", Filename: "MEDIA_demo_3.speex", Size: 30},
			"OggS\x00\x02........Speex   1.2 demo",
		},
		Code: errcode.InvalidMediaID,
	}, {
		Name: "DownloadFeedback",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return fetched(func(w io.Writer) (*media.Downloaded, error) {
				return media.New(c).DownloadFeedback(ctx, "77", "MEDIA_demo_4", w)
			})
		},
		Want: written{
			&media.Downloaded{ContentType: "image/png", Filename: "MEDIA_demo_4.png", Size: 13}, "\x89PNG\r\n\x1a\n demo",
		},
		Code: errcode.MediaNotFound,
	}})
}

func TestGoldenMaterial(t *testing.T) {
	t.Parallel()
	golden.Run(t, []golden.Case{{
		Name: "AddMaterial",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return media.New(c).AddMaterial(ctx, &media.NewMaterial{
				File: media.File{Type: media.Image, Name: "mug.gif", Content: strings.NewReader(gif)},
			})
		},
		Want: &media.AddedMaterial{MediaID: "MATERIAL_demo_1", URL: "http://mmbiz.qpic.cn/mmbiz_gif/demo/0?wx_fmt=gif"},
		Code: errcode.InvalidFileType,
	}, {
		Name: "AddMaterial-video",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return media.New(c).AddMaterial(ctx, &media.NewMaterial{
				File:  media.File{Type: media.Video, Content: strings.NewReader("any")},
				Title: "How to brew <tea> & coffee", Introduction: "两分钟",
			})
		},
		Want: &media.AddedMaterial{MediaID: "MATERIAL_demo_2"},
		Code: errcode.InvalidFileSize,
	}, {
		Name: "DownloadMaterial",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) { return material(ctx, c, "MATERIAL_demo_1") },
		Want: written{&media.Material{
			Downloaded: media.Downloaded{ContentType: "image/gif", Filename: "MATERIAL_demo_1.gif", Size: int64(len(gif))},
		}, gif},
		Code: errcode.InvalidMediaID,
	}, {
		Name: "DownloadMaterial-video",
		File: true,
		Call: func(ctx context.Context, c *wechat.Client) (any, error) { return material(ctx, c, "MATERIAL_demo_2") },
		Want: written{&media.Material{
			Downloaded: media.Downloaded{VideoURL: "http://video.example.com/m?id=8"},
			Title:      "How to brew", Description: "In two minutes",
		}, ""},
		Code: errcode.InvalidMediaID,
	}, {
		Name: "DownloadMaterial-news",
		File: true,
		Call: func(ctx context.Context, c *wechat.Client) (any, error) { return material(ctx, c, "MATERIAL_demo_4") },
		Want: written{&media.Material{Articles: []media.Article{{
			Title: "Blue mugs", ThumbMediaID: "MATERIAL_demo_1", ShowCover: true, Author: "Anna",
			Digest: "Back in stock", Content: "<p>They are back.</p>", URL: "http://mp.weixin.qq.com/s/demo",
			SourceURL: "https://shop.example.com/m",
		}}}, ""},
		Code: errcode.InvalidMediaID,
	}, {
		Name: "DeleteMaterial",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return nil, media.New(c).DeleteMaterial(ctx, "MATERIAL_demo_1")
		},
		Code: errcode.InvalidMediaID,
	}})
}

func material(ctx context.Context, c *wechat.Client, id string) (any, error) {
	return fetched(func(w io.Writer) (*media.Material, error) { return media.New(c).DownloadMaterial(ctx, id, w) })
}

func TestGoldenMaterials(t *testing.T) {
	t.Parallel()
	golden.Run(t, []golden.Case{{
		Name: "MaterialCounts",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) { return media.New(c).MaterialCounts(ctx) },
		Want: &media.MaterialCounts{Images: 10, Voices: 5, Videos: 3, News: 7},
		Code: errcode.APIUnauthorized,
	}, {
		Name: "MaterialsPage",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return media.New(c).MaterialsPage(ctx, &media.MaterialQuery{Type: media.Image, Offset: 4, PageSize: 2})
		},
		Want: &media.MaterialPage{Total: 10, Items: []*media.MaterialItem{{
			MediaID: "MATERIAL_demo_1", Name: "mug.gif", URL: "http://mmbiz.qpic.cn/mmbiz_gif/demo/0",
			UpdatedAt: time.Unix(1700000000, 0),
		}, {
			MediaID: "MATERIAL_demo_3", Name: "cup.png", URL: "http://mmbiz.qpic.cn/mmbiz_png/demo/1",
			UpdatedAt: time.Unix(1700000050, 0),
		}}},
		Code: errcode.InvalidMediaType,
	}, {
		Name: "MaterialsPage-news",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return media.New(c).MaterialsPage(ctx, &media.MaterialQuery{Type: media.News})
		},
		Want: &media.MaterialPage{Total: 1, Items: []*media.MaterialItem{{
			MediaID: "MATERIAL_demo_4", UpdatedAt: time.Unix(1700000000, 0),
			Articles: []media.Article{{Title: "Blue mugs", URL: "http://mp.weixin.qq.com/s/demo"}},
		}}},
		Code: errcode.APIUnauthorized,
	}})
}

func TestZeroValuesDoNotPanic(t *testing.T) {
	t.Parallel()
	golden.RunZero(t, func(c *wechat.Client) any { return media.New(c) })
}

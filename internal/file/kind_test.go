package file_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/file"
)

func TestDetect(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]string{
		"\xff\xd8\xff\xe0":                 "image/jpeg",
		"\x89PNG\x0d\x0a\x1a\x0a":          "image/png",
		"GIF89a":                           "image/gif",
		"BM":                               "image/bmp",
		"RIFF....WEBPVP":                   "image/webp",
		"#!AMR\n":                          "audio/amr",
		"ID3":                              "audio/mpeg",
		"\xff\xfb\x90\x00":                 "audio/mpeg",
		"RIFF....WAVE":                     "audio/wave",
		"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "audio/x-ms-wma",
		"OggS\x00\x02........Speex   1.2":  "audio/speex",
		"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom": "video/mp4",
		"%PDF-1.7":        "application/pdf",
		"<!DOCTYPE html>": "text/html",
		"plain words":     file.Unknown,
		"":                file.Unknown,
		"\x00\x01\x02":    file.Unknown,
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, want, file.Detect([]byte(head)))
		})
	}
}

func TestName(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ name, kind, fallback, want string }{
		"Missing":          {"", "image/png", ".jpg", "media.png"},
		"MissingUnknown":   {"", file.Unknown, ".jpg", "media.jpg"},
		"Kept":             {"mug-2.png", "image/png", ".jpg", "mug-2.png"},
		"OtherSpelling":    {"mug.JPEG", "image/jpeg", ".jpg", "mug.jpeg"},
		"WrongExtension":   {"upload.tmp", "image/gif", ".jpg", "upload.gif"},
		"NotTold":          {"voice.amr", file.Unknown, ".mp3", "voice.amr"},
		"Chinese":          {"蓝色马克杯.png", "image/png", ".jpg", "media.png"},
		"PartlyChinese":    {"mug 蓝色.png", "image/png", ".jpg", "mug.png"},
		"ChineseExtension": {"mug.图片", file.Unknown, ".jpg", "mug.jpg"},
		"Path":             {"/tmp/a/../b/mug.png", "image/png", ".jpg", "mug.png"},
		"WindowsPath":      {`C:\pictures\mug.png`, "image/png", ".jpg", "mug.png"},
		"Header":           {"a\"\r\nX: y.png", "image/png", ".jpg", "aXy.png"},
		"Dots":             {"..", "image/png", ".jpg", "media.png"},
		"Hidden":           {".png", "image/png", ".jpg", "media.png"},
		"Long":             {strings.Repeat("a", 300) + ".png", "image/png", ".jpg", strings.Repeat("a", 64) + ".png"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, file.Name(c.name, c.kind, c.fallback))
		})
	}
}

package file

import (
	"bytes"
	"net/http"
	"path"
	"strings"
)

// extensions lists the extensions of a content type, the usual one first.
var extensions = map[string][]string{
	"image/jpeg":      {".jpg", ".jpeg"},
	"image/png":       {".png"},
	"image/gif":       {".gif"},
	"image/bmp":       {".bmp"},
	"image/webp":      {".webp"},
	"audio/amr":       {".amr"},
	"audio/mpeg":      {".mp3"},
	"audio/wave":      {".wav"},
	"audio/x-ms-wma":  {".wma"},
	"audio/ogg":       {".ogg"},
	"audio/speex":     {".speex", ".spx"},
	"video/mp4":       {".mp4"},
	"application/pdf": {".pdf"},
}

// Unknown is the content type of content of no known kind.
const Unknown = "application/octet-stream"

// signatures are those that net/http does not know, or knows under a name that says less.
var signatures = []struct{ prefix, kind string }{
	{"#!AMR", "audio/amr"},
	{"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "audio/x-ms-wma"},
	{"\xff\xfb", "audio/mpeg"},
	{"\xff\xf3", "audio/mpeg"},
	{"\xff\xf2", "audio/mpeg"},
	{"Speex   ", "audio/speex"},
}

// Detect tells the content type by the first bytes of a file. Text counts as [Unknown]: many a
// binary file looks like it.
func Detect(head []byte) string {
	for _, s := range signatures {
		if bytes.HasPrefix(head, []byte(s.prefix)) {
			return s.kind
		}
	}
	if bytes.HasPrefix(head, []byte("OggS")) && bytes.Contains(head, []byte("Speex   ")) {
		return "audio/speex"
	}
	kind, _, _ := strings.Cut(http.DetectContentType(head), ";")
	if kind == "text/plain" {
		return Unknown
	}
	return kind
}

// longestName is far more than anybody sees of it.
const longestName = 64

// Name makes the file name to send: ASCII, for WeChat does not find the file in a form with another name,
// and with an extension that fits the content, for WeChat judges by it. Where neither content nor name
// tells an extension, it is fallback.
func Name(name, kind, fallback string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	ext := strings.ToLower(path.Ext(name))
	stem := strings.Trim(strings.Map(plain, strings.TrimSuffix(name, path.Ext(name))), "._-")
	if stem == "" {
		stem = "media"
	}
	return stem[:min(len(stem), longestName)] + extension(strings.Map(plain, ext), kind, fallback)
}

func extension(ext, kind, fallback string) string {
	fitting := extensions[kind]
	for _, e := range fitting {
		if e == ext {
			return ext
		}
	}
	switch {
	case len(fitting) > 0:
		return fitting[0]
	case len(ext) > 1:
		return ext
	}
	return fallback
}

// plain keeps the characters that no program on the way trips over.
func plain(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
		return r
	}
	return -1
}

// contentType names the kind in the form, by the extension where the content does not tell.
func contentType(kind, name string) string {
	if kind != Unknown {
		return kind
	}
	for kind, exts := range extensions {
		for _, e := range exts {
			if strings.HasSuffix(name, e) {
				return kind
			}
		}
	}
	return Unknown
}

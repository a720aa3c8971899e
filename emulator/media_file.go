package emulator

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

const mediaLife = 3 * 24 * time.Hour

var mediaRoutes = []route{
	{method: http.MethodPost, path: "/cgi-bin/media/upload", token: appToken, handle: uploadMedia},
	{method: http.MethodGet, path: "/cgi-bin/media/get", token: appToken, handle: getMedia},
	{method: http.MethodGet, path: "/cgi-bin/media/get/jssdk", token: appToken, kinds: oaOnly, handle: getHDVoice},
	{method: http.MethodPost, path: "/cgi-bin/media/uploadimg", token: appToken, handle: uploadArticleImage},
}

// media is a file in an account's store (素材).
type media struct {
	ofApp
	ID        string    `json:"id"`
	Kind      string    `json:"kind"` // image, voice, video, thumb
	Name      string    `json:"name"`
	Data      []byte    `json:"data"`
	Created   time.Time `json:"created"`
	Permanent bool      `json:"permanent,omitempty"`
	Listed    bool      `json:"listed,omitempty"` // among the account's permanent material
}

// worldMedia are the files of all accounts.
type worldMedia struct {
	media shelf[*media]
}

func (m *media) stale(now time.Time) bool { return lapsed(m.end(), now) }

// mediaRule is what one kind of media may be.
type mediaRule struct {
	largest    int
	extensions []string
	tooLarge   errcode.Code
}

var mediaRules = map[string]mediaRule{
	"image": {10 << 20, []string{".png", ".jpg", ".jpeg", ".gif"}, errcode.InvalidImageSize},
	"voice": {2 << 20, []string{".amr", ".mp3"}, errcode.InvalidVoiceSize},
	"video": {10 << 20, []string{".mp4"}, errcode.InvalidVideoSize},
	"thumb": {64 << 10, []string{".jpg", ".jpeg"}, errcode.InvalidThumbSize},
}

// AddMedia stores a temporary file of the account and returns its media_id, as if it had been uploaded.
// kind is "image", "voice", "video" or "thumb". It lapses after three days.
func (a *App) AddMedia(kind, name string, data []byte) string {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.s.world.addMedia(a, kind, name, data).ID
}

// AddPermanentMedia stores a file that does not lapse (永久素材) and returns its media_id.
func (a *App) AddPermanentMedia(kind, name string, data []byte) string {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	m := a.s.world.addMedia(a, kind, name, data)
	m.Permanent, m.Listed = true, true
	return m.ID
}

func (w *world) addMedia(a *App, kind, name string, data []byte) *media {
	m := &media{ID: w.ids.text(64, base64url), ofApp: ofApp{a.AppID}, Kind: kind, Name: name, Data: data, Created: w.clock.now()}
	w.media.put(m.ID, m, m.Created)
	return m
}

// end is when the file lapses, zero if it does not.
func (m *media) end() time.Time {
	if m.Permanent {
		return time.Time{}
	}
	return m.Created.Add(mediaLife)
}

func (m *media) live(now time.Time) bool { return m.Permanent || now.Before(m.end()) }

// findMedia checks that the id means a file of the calling account, of this kind if one is given.
func (c *call) findMedia(id, kind string) errcode.Code {
	m := c.w.media.get(id)
	if m == nil || !m.isOf(c.app) || !m.live(c.now) || kind != "" && m.Kind != kind {
		return errcode.InvalidMediaID
	}
	return 0
}

func (c *call) useMedia(ref *mediaRef, kind string, out *Message) errcode.Code {
	if ref == nil || ref.MediaID == "" {
		return errcode.InvalidMediaID
	}
	out.MediaID = ref.MediaID
	return c.findMedia(ref.MediaID, kind)
}

// mediaPath is where a file can be seen without a token, on any host.
const mediaPath = "/emulator/media/"

func (s *Server) mediaURL(id string) string {
	return cmp.Or(s.base, "http://mmbiz.qpic.cn") + mediaPath + id
}

// publicFile serves what mediaURL names.
func (c *call) publicFile() reply {
	m := c.w.media.get(strings.TrimPrefix(c.path, mediaPath))
	if m == nil {
		return reply{status: http.StatusNotFound, contentType: "text/html", body: []byte("404 Not Found")}
	}
	return m.file()
}

func (m *media) file() reply {
	return reply{
		status: http.StatusOK, contentType: contentTypeOfFile(m.Name), body: m.Data,
		disposition: `attachment; filename="` + m.ID + path.Ext(m.Name) + `"`,
	}
}

func contentTypeOfFile(name string) string {
	switch path.Ext(strings.ToLower(name)) {
	case ".amr":
		return "audio/amr"
	case ".mp3":
		return "audio/mp3"
	case ".mp4":
		return "video/mp4"
	case ".png":
		return "image/png"
	case ".gif":
		return "image/gif"
	}
	return "image/jpeg"
}

// upload reads the part named media of a multipart body. Without a file name it counts as missing.
func (c *call) upload() (name string, data []byte, code errcode.Code) {
	boundary := c.boundary()
	if boundary == "" {
		return "", nil, errcode.MediaMissing
	}
	parts := multipart.NewReader(bytes.NewReader(c.body), boundary)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) || err != nil {
			return "", nil, errcode.MediaMissing
		}
		if part.FormName() != "media" || part.FileName() == "" || !isASCII(part.FileName()) {
			continue
		}
		data, err := io.ReadAll(part)
		switch {
		case err != nil:
			return "", nil, errcode.MediaMissing
		case len(data) == 0:
			return "", nil, errcode.EmptyMedia
		}
		return part.FileName(), data, 0
	}
}

// boundary separates the parts of a multipart body. Some clients leave it out of the header, or write something there that
// cannot be read; then it is the body's first line, as it is for WeChat. "" is no multipart body.
func (c *call) boundary() string {
	mediaType, params, err := mime.ParseMediaType(c.header.Get("Content-Type"))
	switch {
	case err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) || mediaType != "multipart/form-data":
		return ""
	case params["boundary"] != "":
		return params["boundary"]
	}
	line, _, found := bytes.Cut(bytes.TrimLeft(c.body, "\r\n"), []byte("\n"))
	delimiter, dashes := bytes.CutPrefix(line, []byte("--"))
	if !found || !dashes {
		return ""
	}
	return string(bytes.TrimRight(delimiter, " \t\r"))
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 127 })
}

func uploadMedia(c *call) reply {
	kind := c.query.Get("type")
	rule, ok := mediaRules[kind]
	if !ok {
		return c.fail(errcode.InvalidMediaType)
	}
	name, data, code := c.upload()
	if code == 0 {
		code = rule.check(name, data)
	}
	if code != 0 {
		return c.fail(code)
	}
	type answer struct {
		Type    string `json:"type"`
		MediaID string `json:"media_id,omitempty"`
		Thumb   string `json:"thumb_media_id,omitempty"`
		Created int64  `json:"created_at"`
	}
	m := c.w.addMedia(c.app, kind, name, data)
	if kind == "thumb" {
		return c.data(answer{Type: kind, Thumb: m.ID, Created: c.now.Unix()})
	}
	return c.data(answer{Type: kind, MediaID: m.ID, Created: c.now.Unix()})
}

func (r mediaRule) check(name string, data []byte) errcode.Code {
	ext := strings.ToLower(path.Ext(name))
	switch {
	case ext == "":
		return errcode.UnsupportedFileType
	case !slices.Contains(r.extensions, ext):
		return errcode.InvalidFileType
	case len(data) > r.largest:
		return r.tooLarge
	}
	return 0
}

// getMedia answers the file, or the address of a video.
func getMedia(c *call) reply {
	id := c.query.Get("media_id")
	if id == "" {
		return c.fail(errcode.MediaIDMissing)
	}
	if code := c.findMedia(id, ""); code != 0 {
		return c.fail(code)
	}
	m := c.w.media.get(id)
	if m.Kind == "video" {
		return c.data(struct {
			URL string `json:"video_url"`
		}{c.s.mediaURL(id)})
	}
	return m.file()
}

func getHDVoice(c *call) reply {
	id := c.query.Get("media_id")
	if code := c.findMedia(id, "voice"); code != 0 {
		return c.fail(code)
	}
	out := c.w.media.get(id).file()
	out.contentType, out.disposition = "voice/speex", `attachment; filename="`+id+`.speex"`
	return out
}

// uploadArticleImage gives an address for good, and no media_id.
func uploadArticleImage(c *call) reply {
	name, data, code := c.upload()
	if code == 0 {
		code = mediaRule{1 << 20, []string{".png", ".jpg", ".jpeg"}, errcode.InvalidImageSize}.check(name, data)
	}
	if code != 0 {
		return c.fail(code)
	}
	m := c.w.addMedia(c.app, "image", name, data)
	m.Permanent = true
	return c.data(struct {
		URL string `json:"url"`
	}{c.s.mediaURL(m.ID)})
}

package emulator

import (
	"time"

	"github.com/wechatkit/wechat/errcode"
)

const mediaLife = 3 * 24 * time.Hour

// media is a file in an account's store (素材).
type media struct {
	id        string
	app       *App
	kind      string // image, voice, video, thumb
	name      string
	data      []byte
	created   time.Time
	permanent bool
}

// AddMedia stores a temporary file of the account and returns its media_id, as if it had been uploaded.
// kind is "image", "voice", "video" or "thumb". It lapses after three days.
func (a *App) AddMedia(kind, name string, data []byte) string {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.s.world.addMedia(a, kind, name, data).id
}

func (w *world) addMedia(a *App, kind, name string, data []byte) *media {
	m := &media{id: w.ids.text(64, base64url), app: a, kind: kind, name: name, data: data, created: w.clock.now()}
	w.media[m.id] = m
	return m
}

func (m *media) live(now time.Time) bool { return m.permanent || now.Before(m.created.Add(mediaLife)) }

// findMedia checks that the id means a file of the calling account, of this kind if one is given.
func (c *call) findMedia(id, kind string) errcode.Code {
	m := c.w.media[id]
	if m == nil || m.app != c.app || !m.live(c.now) || kind != "" && m.kind != kind {
		return 40007
	}
	return 0
}

func (c *call) useMedia(ref *mediaRef, kind string, out *Message) errcode.Code {
	if ref == nil || ref.MediaID == "" {
		return 40007
	}
	out.MediaID = ref.MediaID
	return c.findMedia(ref.MediaID, kind)
}

// mediaURL is where a picture can be seen without a token. The emulator serves it itself.
func mediaURL(id string) string { return "https://mmbiz.qpic.cn/emulator/" + id }

package emulator

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/wechatkit/wechat/errcode"
)

const (
	maxImages        = 100_000 // permanent ones
	maxOtherMaterial = 1_000
	materialsPerPage = 20
)

// Permanent material (永久素材) of a service account.
var materialRoutes = []route{
	{method: http.MethodPost, path: "/cgi-bin/material/add_material", token: appToken, kinds: oaOnly, handle: addMaterial},
	{method: http.MethodPost, path: "/cgi-bin/material/get_material", token: appToken, kinds: oaOnly, handle: jsonBody(getMaterial)},
	{method: http.MethodPost, path: "/cgi-bin/material/del_material", token: appToken, kinds: oaOnly, handle: jsonBody(deleteMaterial)},
	{method: http.MethodGet, path: "/cgi-bin/material/get_materialcount", token: appToken, kinds: oaOnly, handle: countMaterial},
	{method: http.MethodPost, path: "/cgi-bin/material/batchget_material", token: appToken, kinds: oaOnly, handle: jsonBody(listMaterial)},
}

// materials lists an account's permanent files of a kind, the newest first.
func (w *world) materials(a *App, kind string) []*media {
	var list []*media
	for _, m := range w.media.items {
		if m.isOf(a) && m.Listed && m.Kind == kind {
			list = append(list, m)
		}
	}
	slices.SortFunc(list, func(a, b *media) int { return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.ID, b.ID)) })
	return list
}

func addMaterial(c *call) reply {
	kind := c.query.Get("type")
	rule, ok := mediaRules[kind]
	if !ok {
		return c.fail(errcode.InvalidMediaType)
	}
	if kind == "image" {
		rule.extensions = append(slices.Clone(rule.extensions), ".bmp")
	}
	name, data, code := c.upload()
	if code == 0 {
		code = rule.check(name, data)
	}
	if code != 0 {
		return c.fail(code)
	}
	limit := maxOtherMaterial
	if kind == "image" {
		limit = maxImages
	}
	if len(c.w.materials(c.app, kind)) >= limit {
		return c.fail(codeTooMuchMaterial)
	}
	m := c.w.addMedia(c.app, kind, name, data)
	m.Permanent, m.Listed = true, true
	out := struct {
		MediaID string `json:"media_id"`
		URL     string `json:"url,omitempty"`
	}{MediaID: m.ID}
	if kind == "image" {
		out.URL = c.s.mediaURL(m.ID)
	}
	return c.data(out)
}

type materialBody struct {
	MediaID string `json:"media_id"`
}

// material finds a permanent file of the calling account, nil if there is none.
func (c *call) material(id string) *media {
	m := c.w.media.get(id)
	if m == nil || !m.isOf(c.app) || !m.Permanent {
		return nil
	}
	return m
}

// getMaterial answers the file, or title and address of a video.
func getMaterial(c *call, in *materialBody) reply {
	m := c.material(in.MediaID)
	switch {
	case m == nil:
		return c.fail(errcode.InvalidMediaID)
	case m.Kind != "video":
		return m.file()
	}
	return c.data(struct {
		Title       string `json:"title"`
		Description string `json:"description"`
		URL         string `json:"down_url"`
	}{m.Name, "", c.s.mediaURL(m.ID)})
}

func deleteMaterial(c *call, in *materialBody) reply {
	m := c.material(in.MediaID)
	if m == nil {
		return c.fail(errcode.InvalidMediaID)
	}
	c.w.media.drop(m.ID)
	return c.ok()
}

func countMaterial(c *call) reply {
	count := func(kind string) int { return len(c.w.materials(c.app, kind)) }
	return c.data(struct {
		Voices int `json:"voice_count"`
		Videos int `json:"video_count"`
		Images int `json:"image_count"`
		News   int `json:"news_count"`
	}{count("voice"), count("video"), count("image"), 0})
}

func listMaterial(c *call, in *struct {
	Type   string `json:"type"`
	Offset int    `json:"offset"`
	Count  int    `json:"count"`
},
) reply {
	if _, ok := mediaRules[in.Type]; !ok && in.Type != "news" {
		return c.fail(errcode.InvalidMediaType)
	}
	if in.Count < 1 || in.Count > materialsPerPage || in.Offset < 0 {
		return c.fail(errcode.InvalidParameters)
	}
	type item struct {
		ID      string `json:"media_id"`
		Name    string `json:"name"`
		Updated int64  `json:"update_time"`
		URL     string `json:"url"`
	}
	all := c.w.materials(c.app, in.Type)
	list := []item{}
	for _, m := range part(all, in.Offset, in.Count) {
		list = append(list, item{m.ID, m.Name, m.Created.Unix(), c.s.mediaURL(m.ID)})
	}
	return c.data(struct {
		Total int    `json:"total_count"`
		Count int    `json:"item_count"`
		Items []item `json:"item"`
	}{len(all), len(list), list})
}

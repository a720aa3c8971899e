package emulator

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/wechatkit/wechat/errcode"
)

type linkInfo struct {
	AppID   string     `json:"appid"`
	Path    string     `json:"path"`
	Query   string     `json:"query"`
	Created int64      `json:"create_time"`
	Expires int64      `json:"expire_time"`
	Env     string     `json:"env_version"`
	Cloud   *cloudBase `json:"cloud_base,omitempty"`
}

type visitQuota struct {
	Remain int `json:"remain_visit_quota"`
}

func (l *miniLink) info(custom string) *linkInfo {
	i := &linkInfo{
		AppID: l.AppID, Path: l.Path, Query: l.Query, Created: l.Created.Unix(), Env: l.Env, Cloud: l.Cloud,
	}
	if custom != "" {
		i.Query = custom
	}
	if !l.Ends.IsZero() {
		i.Expires = l.Ends.Unix()
	}
	return i
}

// findLink finds a link with or without the custom part "cq" behind it. The second result is that part,
// which stands in for the query.
func (w *world) findLink(raw string) (*miniLink, string) {
	if l := w.links.get(raw); l != nil {
		return l, ""
	}
	for _, mark := range []string{"&cq=", "?cq="} {
		base, custom, ok := strings.Cut(raw, mark)
		if !ok || len(custom) > 256 || strings.HasPrefix(base, "weixin:") != (mark == "&cq=") {
			continue
		}
		plain, err := url.QueryUnescape(custom)
		if l := w.links.get(base); l != nil && err == nil {
			return l, plain
		}
	}
	return w.plainScheme(raw), ""
}

// plainScheme reads a scheme that was written by hand (明文 URL Scheme).
func (w *world) plainScheme(raw string) *miniLink {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "weixin" {
		return nil
	}
	q := u.Query()
	a := w.apps[q.Get("appid")]
	if a == nil || a.Kind != MiniProgram || q.Get("path") == "" {
		return nil
	}
	return &miniLink{ofApp: ofApp{a.AppID}, Path: q.Get("path"), Query: q.Get("query"), Env: cmp.Or(q.Get("env_version"), "release")}
}

func (c *call) visitsLeft() *visitQuota {
	c.app.access.usage.roll(c.now)
	return &visitQuota{max(0, visitsPerDay-c.app.access.usage.Today["visits"])}
}

func queryScheme(c *call, in *struct {
	Scheme string `json:"scheme"`
	Type   int    `json:"query_type"`
},
) reply {
	out := struct {
		envelope

		Info  *linkInfo   `json:"scheme_info,omitempty"`
		Quota *visitQuota `json:"quota_info,omitempty"`
	}{envelope: success}
	if bad, ok := c.queryLink("weixin:", in.Scheme, in.Type, &out.Info, &out.Quota); !ok {
		return bad
	}
	return c.data(out)
}

func queryURLLink(c *call, in *struct {
	Link string `json:"url_link"`
	Type int    `json:"query_type"`
},
) reply {
	out := struct {
		envelope

		Info  *linkInfo   `json:"url_link_info,omitempty"`
		Quota *visitQuota `json:"quota_info,omitempty"`
	}{envelope: success}
	if bad, ok := c.queryLink("https:", in.Link, in.Type, &out.Info, &out.Quota); !ok {
		return bad
	}
	return c.data(out)
}

// queryLink answers one of the two things that query_type asks for, of links that begin with what each of
// the calls knows.
func (c *call) queryLink(begin, raw string, queryType int, info **linkInfo, quota **visitQuota) (reply, bool) {
	switch queryType {
	case 0:
		link, custom := c.w.findLink(raw)
		if link == nil || !link.isOf(c.app) || !strings.HasPrefix(raw, begin) {
			return c.fail(errcode.LinkNotFound), false
		}
		*info = link.info(custom)
	case 1:
		*quota = c.visitsLeft()
	default:
		return c.fail(errcode.InvalidParameters), false
	}
	return reply{}, true
}

// OpenLink taps a URL Scheme, URL Link or short link and returns the page that opens, nil if the link is
// unknown or has expired.
func (u *User) OpenLink(link string) *MiniProgramLink {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	w := &u.s.world
	l, custom := w.findLink(link)
	now := w.clock.now()
	if l == nil || !l.Ends.IsZero() && !now.Before(l.Ends) {
		return nil
	}
	a := w.apps[l.AppID]
	a.access.usage.roll(now)
	if a.access.usage.Today["visits"] >= visitsPerDay {
		return nil
	}
	a.access.usage.Today["visits"]++
	u.member(a).visit()
	opened := &MiniProgramLink{AppID: l.AppID, Page: l.Path}
	if query := cmp.Or(custom, l.Query); query != "" {
		opened.Page += "?" + query
	}
	return opened
}

package emulator

import (
	"cmp"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wechatkit/wechat/errcode"
)

const (
	longestLinkLife = 30 * 24 * time.Hour
	linksPerDay     = 500_000
	linksPerSecond  = 100
	visitsPerDay    = 3_000_000
	longestQuery    = 1024
)

// Links that open a Mini Program from outside.
var miniLinkRoutes = []route{
	{method: http.MethodPost, path: "/wxa/generatescheme", token: appToken, kinds: mpOnly, handle: jsonBody(generateScheme)},
	{method: http.MethodPost, path: "/wxa/generate_urllink", token: appToken, kinds: mpOnly, handle: jsonBody(generateURLLink)},
	{method: http.MethodPost, path: "/wxa/queryscheme", token: appToken, kinds: mpOnly, handle: jsonBody(queryScheme)},
	{method: http.MethodPost, path: "/wxa/query_urllink", token: appToken, kinds: mpOnly, handle: jsonBody(queryURLLink)},
	{method: http.MethodPost, path: "/wxa/genwxashortlink", token: appToken, kinds: mpOnly, handle: jsonBody(generateShortLink)},
	{method: http.MethodPost, path: "/wxa/generatenfcscheme", token: appToken, kinds: mpOnly, handle: jsonBody(generateNFCScheme)},
}

// miniLink is a generated link of any kind.
type miniLink struct {
	ofApp
	Path    string     `json:"path"`
	Query   string     `json:"query,omitempty"`
	Env     string     `json:"env,omitempty"`
	Created time.Time  `json:"created"`
	Ends    time.Time  `json:"ends,omitzero"` // zero for a permanent one
	Cloud   *cloudBase `json:"cloud,omitempty"`
}

func (l *miniLink) stale(now time.Time) bool { return lapsed(l.Ends, now) }

type cloudBase struct {
	Env           string `json:"env"`
	Domain        string `json:"domain"`
	Path          string `json:"path"`
	Query         string `json:"query"`
	ResourceAppID string `json:"resource_appid"`
}

type jumpTarget struct {
	Path  string `json:"path"`
	Query string `json:"query"`
	Env   string `json:"env_version"`
}

type linkLife struct {
	Type     int   `json:"expire_type"`
	Time     int64 `json:"expire_time"`
	Interval int   `json:"expire_interval"`
}

var linkQueryForm = regexp.MustCompile("^[0-9A-Za-z`!#$&'()*+,/:;=?@\\-._~%]*$")

// newLink checks where a link leads and how long it lives.
func (c *call) newLink(to jumpTarget, life linkLife) (*miniLink, errcode.Code) {
	if code := c.checkTarget(to); code != 0 {
		return nil, code
	}
	ends := time.Unix(life.Time, 0)
	switch life.Type {
	case 0:
		if left := ends.Sub(c.now); left < time.Minute || left > longestLinkLife {
			return nil, errcode.InvalidLinkExpiry
		}
	case 1:
		if life.Interval < 1 || life.Interval > 30 {
			return nil, errcode.InvalidLinkExpiry
		}
		ends = c.now.Add(time.Duration(life.Interval) * 24 * time.Hour)
	default:
		return nil, errcode.InvalidParameters
	}
	if code := c.app.spendLink(c.now); code != 0 {
		return nil, code
	}
	return &miniLink{
		ofApp: ofApp{c.app.AppID}, Path: to.Path, Query: to.Query, Created: c.now, Ends: ends,
		Env: cmp.Or(to.Env, "release"),
	}, 0
}

func (c *call) checkTarget(to jumpTarget) errcode.Code {
	switch {
	case strings.Contains(to.Path, "?") || to.Path != "" && !c.app.hasPage(strings.TrimPrefix(to.Path, "/")):
		return errcode.InvalidPagePath
	case len(to.Query) > longestQuery || !linkQueryForm.MatchString(to.Query):
		return errcode.InvalidQuery
	case !knownEnv(to.Env):
		return errcode.InvalidEnvVersion
	}
	return 0
}

// spendLink counts schemes and links together, per day and per second.
func (a *App) spendLink(now time.Time) errcode.Code {
	a.access.usage.roll(now)
	if a.links.second != now.Unix() {
		a.links.second, a.links.inSecond = now.Unix(), 0
	}
	switch {
	case a.access.usage.Today["links"] >= linksPerDay:
		return errcode.DayLimitReached
	case a.links.inSecond >= linksPerSecond:
		return errcode.SecondLimitReached
	}
	a.access.usage.Today["links"]++
	a.links.inSecond++
	return 0
}

func generateScheme(c *call, in *struct {
	Jump jumpTarget `json:"jump_wxa"`
	linkLife
},
) reply {
	link, code := c.newLink(in.Jump, in.linkLife)
	if code != 0 {
		return c.fail(code)
	}
	return c.openLink(c.w.addLink(link, "weixin://dl/business/?t="))
}

func (c *call) openLink(url string) reply {
	return c.data(struct {
		envelope

		Link string `json:"openlink"`
	}{success, url})
}

func generateURLLink(c *call, in *struct {
	jumpTarget
	linkLife

	Cloud *cloudBase `json:"cloud_base"`
},
) reply {
	if strings.Contains(in.Query, "`") {
		return c.fail(errcode.InvalidQuery) // allowed in a scheme only
	}
	link, code := c.newLink(in.jumpTarget, in.linkLife)
	if code != 0 {
		return c.fail(code)
	}
	link.Cloud = in.Cloud
	return c.data(struct {
		envelope

		Link string `json:"url_link"`
	}{success, c.w.addLink(link, "https://wxaurl.cn/")})
}

func (w *world) addLink(link *miniLink, prefix string) string {
	url := prefix + w.ids.text(11, base62)
	w.links.put(url, link, link.Created)
	return url
}

func generateShortLink(c *call, in *struct {
	PageURL   string `json:"page_url"`
	Title     string `json:"page_title"`
	Permanent bool   `json:"is_permanent"`
},
) reply {
	path, query, _ := strings.Cut(in.PageURL, "?")
	switch {
	case path == "" || len(in.PageURL) > longestQuery || strings.HasPrefix(path, "/") || !c.app.hasPage(path):
		return c.fail(errcode.InvalidURL)
	case !utf8.ValidString(in.Title):
		return c.fail(errcode.InvalidPageTitle)
	case in.Permanent && c.app.links.PermanentLinks >= 100_000:
		return c.fail(errcode.LongLivedLinksUsedUp)
	}
	link := &miniLink{ofApp: ofApp{c.app.AppID}, Path: path, Query: query, Env: "release", Created: c.now}
	if in.Permanent {
		c.app.links.PermanentLinks++
	} else {
		link.Ends = c.now.Add(longestLinkLife)
	}
	title := []rune(in.Title)
	return c.data(struct {
		envelope

		Link string `json:"link"`
	}{success, c.w.addLink(link, "#小程序://"+string(title[:min(20, len(title))])+"/")})
}

// generateNFCScheme makes one scheme per device model, or per model and serial number.
func generateNFCScheme(c *call, in *struct {
	Jump    jumpTarget `json:"jump_wxa"`
	ModelID string     `json:"model_id"`
	SN      string     `json:"sn"`
},
) reply {
	if in.ModelID == "" {
		return c.fail(errcode.InvalidParameters)
	}
	if code := c.checkTarget(in.Jump); code != 0 {
		return c.fail(code)
	}
	device := in.ModelID + " " + in.SN
	if made := c.app.links.nfc[device]; made != "" {
		return c.failf(errcode.NFCSchemeExists, "%s", made)
	}
	link := &miniLink{ofApp: ofApp{c.app.AppID}, Path: in.Jump.Path, Query: in.Jump.Query, Env: "release", Created: c.now}
	url := c.w.addLink(link, "weixin://dl/business/?t=")
	if c.app.links.nfc == nil {
		c.app.links.nfc = map[string]string{}
	}
	c.app.links.nfc[device] = url
	return c.openLink(url)
}

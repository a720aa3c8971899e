package emulator

import (
	"net/http"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

var shortKeyRoutes = []route{
	{method: http.MethodPost, path: "/cgi-bin/shorten/gen", token: appToken, kinds: oaOnly, handle: jsonBody(makeShortKey)},
	{method: http.MethodPost, path: "/cgi-bin/shorten/fetch", token: appToken, kinds: oaOnly, handle: jsonBody(fetchShortKey)},
	{method: http.MethodPost, path: "/cgi-bin/shorturl", token: appToken, kinds: oaOnly, handle: jsonBody(shortURL)},
}

const (
	longestShortData = 4 << 10
	longestShortLife = 2592000 // seconds
)

// shortKey is a text that WeChat keeps under a key (短key托管).
type shortKey struct {
	ofApp
	Data    string    `json:"data"`
	Created time.Time `json:"created"`
	Ends    time.Time `json:"ends"`
}

func (k *shortKey) stale(now time.Time) bool { return lapsed(k.Ends, now) }

func makeShortKey(c *call, in *struct {
	Data   string `json:"long_data"`
	Expire *int64 `json:"expire_seconds"`
},
) reply {
	life := int64(longestShortLife)
	if in.Expire != nil {
		life = *in.Expire
	}
	switch {
	case in.Data == "":
		return c.failf(errcode.InvalidTemplateData, "argument invalid! long_data is empty")
	case len(in.Data) > longestShortData:
		return c.failf(errcode.ShortKeyDataTooLong, "long_data out of limit")
	case life < 1 || life > longestShortLife:
		return c.failf(errcode.ShortKeyExpiryTooLong, "expire_seconds out of limit")
	}
	key := c.w.ids.text(15, base62)
	c.w.shortKeys.put(key, &shortKey{ofApp{c.app.AppID}, in.Data, c.now, c.now.Add(time.Duration(life) * time.Second)}, c.now)
	return c.data(struct {
		envelope

		Key string `json:"short_key"`
	}{success, key})
}

func fetchShortKey(c *call, in *struct {
	Key string `json:"short_key"`
},
) reply {
	if in.Key == "" {
		return c.failf(errcode.InvalidTemplateData, "argument invalid! short_key is empty")
	}
	k := c.w.shortKeys.get(in.Key)
	if k == nil || !k.isOf(c.app) || !c.now.Before(k.Ends) {
		return c.failf(errcode.ShortKeyNotFound, "short_key not found")
	}
	return c.data(struct {
		envelope

		Data    string `json:"long_data"`
		Created int64  `json:"create_time"`
		Left    int64  `json:"expire_seconds"`
	}{success, k.Data, k.Created.Unix(), int64(k.Ends.Sub(c.now) / time.Second)})
}

// shortURL has shortened nothing since 2021-03-15.
func shortURL(c *call, in *struct {
	Action string `json:"action"`
	Long   string `json:"long_url"`
},
) reply {
	if in.Action != "long2short" {
		return c.fail(errcode.InvalidParameters)
	}
	return c.data(struct {
		envelope

		Short string `json:"short_url"`
	}{success, in.Long})
}

package emulator

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/wechatkit/wechat/errcode"
)

// Linking accounts on behalf of a service account (关联小程序).
var accountLinkRoutes = []route{
	{method: http.MethodPost, path: "/cgi-bin/wxopen/wxamplink", token: appToken, kinds: oaOnly, handle: jsonBody(linkMiniProgram)},
	{method: http.MethodPost, path: "/cgi-bin/wxopen/wxampunlink", token: appToken, kinds: oaOnly, handle: jsonBody(unlinkMiniProgram)},
	{method: http.MethodPost, path: "/cgi-bin/wxopen/wxamplinkget", token: appToken, kinds: oaOnly, handle: listLinked},
}

// linkMiniProgram links at once, without the confirmation of the administrators.
func linkMiniProgram(c *call, in *struct {
	AppID string `json:"appid"`
},
) reply {
	mini := c.w.apps[in.AppID]
	if mini == nil || mini.Kind != MiniProgram {
		return c.fail(errcode.InvalidAppID)
	}
	c.app.identity.Linked[mini.AppID] = true
	return c.ok()
}

// unlinkMiniProgram ends a link at once, too.
func unlinkMiniProgram(c *call, in *struct {
	AppID string `json:"appid"`
},
) reply {
	if !c.app.identity.Linked[in.AppID] {
		return c.fail(errcode.InvalidAppID)
	}
	delete(c.app.identity.Linked, in.AppID)
	return c.ok()
}

func listLinked(c *call) reply {
	type item struct {
		Status   int    `json:"status"`
		AppID    string `json:"appid"`
		UserName string `json:"username"`
		Nick     string `json:"nickname"`
		Selected string `json:"selected"`
		Released string `json:"released"`
	}
	items := []item{}
	for _, a := range slices.Clone(c.w.appList) {
		if c.app.identity.Linked[a.AppID] {
			items = append(items, item{1, a.AppID, a.OriginalID, a.Name, strconv.Itoa(1), strconv.Itoa(1)})
		}
	}
	type list struct {
		Items []item `json:"items"`
	}
	return c.data(struct {
		envelope

		Linked list `json:"wxopens"`
	}{success, list{items}})
}

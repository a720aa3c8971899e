package emulator

import (
	"cmp"
	"net/http"
	"slices"
)

const (
	userInfoPath  = "/cgi-bin/user/info"
	userBatchPath = "/cgi-bin/user/info/batchget"
	userListPath  = "/cgi-bin/user/get"

	followersPerPage = 10_000
	usersPerBatch    = 100
)

var followerRoutes = []route{
	{method: http.MethodGet, path: userInfoPath, token: appToken, kinds: oaOnly, handle: getUserInfo},
	{method: http.MethodPost, path: userBatchPath, token: appToken, kinds: oaOnly, handle: jsonBody(batchGetUsers)},
	{method: http.MethodGet, path: userListPath, token: appToken, kinds: oaOnly, handle: listFollowers},
}

// strangerInfo is all that WeChat tells of somebody who does not follow.
type strangerInfo struct {
	Subscribe int    `json:"subscribe"`
	OpenID    string `json:"openid"`
	UnionID   string `json:"unionid,omitempty"`
}

type followerInfo struct {
	Subscribe      int    `json:"subscribe"`
	OpenID         string `json:"openid"`
	Language       string `json:"language"`
	SubscribeTime  int64  `json:"subscribe_time"`
	UnionID        string `json:"unionid,omitempty"`
	Remark         string `json:"remark"`
	GroupID        int    `json:"groupid"`
	TagIDs         []int  `json:"tagid_list"`
	SubscribeScene string `json:"subscribe_scene"`
	QRScene        int64  `json:"qr_scene"`
	QRSceneStr     string `json:"qr_scene_str"`
}

func (m *member) info(lang string) any {
	if !m.follows() {
		return strangerInfo{OpenID: m.openID, UnionID: m.unionID}
	}
	return followerInfo{
		Subscribe: 1, OpenID: m.openID, Language: cmp.Or(lang, "zh_CN"),
		SubscribeTime: m.followed.Unix(), UnionID: m.unionID, Remark: m.remark, TagIDs: append([]int{}, m.tags...),
		SubscribeScene: m.followedBy, QRScene: m.qrScene, QRSceneStr: m.qrSceneStr,
	}
}

func getUserInfo(c *call) reply {
	m := c.recipient(c.query.Get("openid"))
	if m == nil {
		return c.fail(40003)
	}
	return c.data(m.info(c.query.Get("lang")))
}

func batchGetUsers(c *call, in *struct {
	UserList []struct {
		OpenID string `json:"openid"`
		Lang   string `json:"lang"`
	} `json:"user_list"`
},
) reply {
	if n := len(in.UserList); n == 0 || n > usersPerBatch {
		return c.fail(40032)
	}
	out := struct {
		List []any `json:"user_info_list"`
	}{}
	for _, u := range in.UserList {
		m := c.recipient(u.OpenID)
		if m == nil {
			return c.fail(40003)
		}
		out.List = append(out.List, m.info(u.Lang))
	}
	return c.data(out)
}

type openIDPage struct {
	Total int         `json:"total"`
	Count int         `json:"count"`
	Data  *openIDList `json:"data,omitempty"`
	Next  string      `json:"next_openid"`
}

type openIDList struct {
	OpenIDs []string `json:"openid"`
}

func listFollowers(c *call) reply {
	page, ok := pageAfter(c.app.followers, c.query.Get("next_openid"), followersPerPage)
	if !ok {
		return c.fail(40003)
	}
	return c.data(page)
}

// pageAfter lists the members behind one of them. Behind the last there is an empty page without data.
func pageAfter(all []*member, after string, size int) (openIDPage, bool) {
	from := 0
	if after != "" {
		i := slices.IndexFunc(all, func(m *member) bool { return m.openID == after })
		if i < 0 {
			return openIDPage{}, false
		}
		from = i + 1
	}
	part := all[from:min(from+size, len(all))]
	page := openIDPage{Total: len(all), Count: len(part)}
	if len(part) == 0 {
		return page, true
	}
	page.Data = &openIDList{}
	for _, m := range part {
		page.Data.OpenIDs = append(page.Data.OpenIDs, m.openID)
	}
	page.Next = part[len(part)-1].openID
	return page, true
}

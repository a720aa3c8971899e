package emulator

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/wechatkit/wechat/errcode"
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

// appPeople are the people that an account knows by more than their OpenID, and what it says of them.
type appPeople struct {
	Followers    []string      `json:"followers,omitempty"` // OpenIDs, in the order in which they followed
	Blacklist    []string      `json:"blacklist,omitempty"` // OpenIDs
	Tags         []*tag        `json:"tags,omitempty"`
	LastTag      int           `json:"lastTag,omitempty"` // highest tag id ever given
	ContentRules []ContentRule `json:"contentRules,omitempty"`

	migrated []migration // see MigrateFrom
}

// worldPeople is what users have told the platform of accounts. None of it is saved.
type worldPeople struct {
	feedback   shelf[*feedback] // by record_id
	complaints int              // feedback ever
}

// memberPeople is what an account knows of a follower.
type memberPeople struct {
	Followed    time.Time `json:"followed,omitzero"`    // zero if the user does not follow
	FollowedBy  string    `json:"followedBy,omitempty"` // subscribe_scene
	Blocked     bool      `json:"blocked,omitempty"`    // refuses the account's messages
	Visited     time.Time `json:"visited,omitzero"`     // the last time in the Mini Program
	Remark      string    `json:"remark,omitempty"`
	Tags        []int     `json:"tags,omitempty"`
	Blacklisted bool      `json:"blacklisted,omitempty"`
	QRScene     int64     `json:"qrScene,omitempty"` // of the code by which the user followed
	QRSceneStr  string    `json:"qrSceneStr,omitempty"`
}

// loaded makes sure that the lists name users of the account.
func (p *appPeople) loaded(w *world) error {
	for _, id := range slices.Concat(p.Followers, p.Blacklist) {
		if w.members[id] == nil {
			return errors.New("no user has the OpenID " + id)
		}
	}
	return nil
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
		return strangerInfo{OpenID: m.OpenID, UnionID: m.UnionID}
	}
	return followerInfo{
		Subscribe: 1, OpenID: m.OpenID, Language: cmp.Or(lang, "zh_CN"),
		SubscribeTime: m.Followed.Unix(), UnionID: m.UnionID, Remark: m.Remark, TagIDs: append([]int{}, m.Tags...),
		SubscribeScene: m.FollowedBy, QRScene: m.QRScene, QRSceneStr: m.QRSceneStr,
	}
}

func getUserInfo(c *call) reply {
	m := c.recipient(c.query.Get("openid"))
	if m == nil {
		return c.fail(errcode.InvalidOpenID)
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
		return c.fail(errcode.InvalidOpenIDListSize)
	}
	out := struct {
		List []any `json:"user_info_list"`
	}{}
	for _, u := range in.UserList {
		m := c.recipient(u.OpenID)
		if m == nil {
			return c.fail(errcode.InvalidOpenID)
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
	page, ok := pageAfter(c.app.people.Followers, c.query.Get("next_openid"), followersPerPage)
	if !ok {
		return c.fail(errcode.InvalidOpenID)
	}
	return c.data(page)
}

// pageAfter lists the OpenIDs behind one of them. Behind the last there is an empty page without data.
func pageAfter(all []string, after string, size int) (openIDPage, bool) {
	from := 0
	if after != "" {
		i := slices.Index(all, after)
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
	page.Data, page.Next = &openIDList{part}, part[len(part)-1]
	return page, true
}

package emulator

import (
	"net/http"
	"slices"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

const (
	maxRemark       = 30 // bytes
	blacklistedCall = 20
	migratedCall    = 100
	migrationLife   = 15 * 24 * time.Hour
)

var userManageRoutes = []route{
	{method: http.MethodPost, path: "/cgi-bin/user/info/updateremark", token: appToken, kinds: oaOnly, handle: jsonBody(updateRemark)},
	{method: http.MethodPost, path: "/cgi-bin/tags/members/getblacklist", token: appToken, kinds: oaOnly, handle: jsonBody(listBlacklist)},
	{method: http.MethodPost, path: "/cgi-bin/tags/members/batchblacklist", token: appToken, kinds: oaOnly, handle: blacklisting(true)},
	{method: http.MethodPost, path: "/cgi-bin/tags/members/batchunblacklist", token: appToken, kinds: oaOnly, handle: blacklisting(false)},
	{method: http.MethodPost, path: "/cgi-bin/changeopenid", token: appToken, kinds: oaOnly, handle: jsonBody(changeOpenID)},
}

func updateRemark(c *call, in *struct {
	OpenID string `json:"openid"`
	Remark string `json:"remark"`
},
) reply {
	m := c.recipient(in.OpenID)
	switch {
	case m == nil || !m.follows():
		return c.fail(errcode.InvalidOpenID)
	case len(in.Remark) > maxRemark:
		return c.fail(errcode.InvalidRemark)
	}
	m.Remark = in.Remark
	return c.ok()
}

func listBlacklist(c *call, in *struct {
	Begin string `json:"begin_openid"`
},
) reply {
	page, ok := pageAfter(c.app.people.Blacklist, in.Begin, followersPerPage)
	if !ok {
		return c.fail(errcode.InvalidOpenID)
	}
	return c.data(page)
}

// blacklisting puts followers on the account's blacklist (黑名单) or takes them off. Who is on it cannot be
// sent to.
func blacklisting(on bool) func(*call) reply {
	return jsonBody(func(c *call, in *struct {
		OpenIDs []string `json:"openid_list"`
	},
	) reply {
		list, code := c.followersIn(in.OpenIDs, blacklistedCall)
		if code != 0 {
			return c.fail(code)
		}
		for _, m := range list {
			c.app.people.Blacklist = slices.DeleteFunc(c.app.people.Blacklist, func(id string) bool { return id == m.OpenID })
			m.Blacklisted = on
			if on {
				c.app.people.Blacklist = append(c.app.people.Blacklist, m.OpenID)
			}
		}
		return c.ok()
	})
}

// migration is an account that became another one (账号迁移).
type migration struct {
	from  *App
	since time.Time
}

// MigrateFrom declares that the old account was merged into this one. For 15 days changeopenid turns its
// users' OpenIDs into those of this account.
func (a *App) MigrateFrom(old *App) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.people.migrated = append(a.people.migrated, migration{old, a.s.world.clock.now()})
}

type changedOpenID struct {
	Old     string `json:"ori_openid"`
	New     string `json:"new_openid"`
	Message string `json:"err_msg"`
}

// changeOpenID takes the old account's AppID or its original id, for the page and its users disagree.
func changeOpenID(c *call, in *struct {
	From    string   `json:"from_appid"`
	OpenIDs []string `json:"openid_list"`
},
) reply {
	i := slices.IndexFunc(c.app.people.migrated, func(m migration) bool {
		return (m.from.AppID == in.From || m.from.OriginalID == in.From) && c.now.Sub(m.since) < migrationLife
	})
	switch {
	case i < 0:
		return c.fail(errcode.MigrationNotConfirmed)
	case len(in.OpenIDs) == 0:
		return c.fail(codeNoOpenIDs)
	case len(in.OpenIDs) > migratedCall:
		return c.fail(errcode.TooManyMigrated)
	}
	from := c.app.people.migrated[i].from
	list := []changedOpenID{}
	for _, id := range in.OpenIDs {
		if m := c.w.members[id]; m != nil && m.app == from {
			list = append(list, changedOpenID{id, m.user.member(c.app).OpenID, "ok"})
		} else {
			list = append(list, changedOpenID{id, "", "ori_openid error"})
		}
	}
	return c.data(struct {
		envelope

		List []changedOpenID `json:"result_list"`
	}{success, list})
}

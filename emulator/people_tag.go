package emulator

import (
	"net/http"
	"slices"

	"github.com/wechatkit/wechat/errcode"
)

const (
	maxTags        = 100
	maxTagsPerUser = 20
	maxTagName     = 30 // bytes
	maxTagFans     = 100_000
	taggedPerCall  = 50
	firstTagID     = 100
	lastReservedID = 2
)

var tagRoutes = []route{
	{method: http.MethodPost, path: "/cgi-bin/tags/create", token: appToken, kinds: oaOnly, handle: jsonBody(createTag)},
	{method: http.MethodGet, path: "/cgi-bin/tags/get", token: appToken, kinds: oaOnly, handle: listTags},
	{method: http.MethodPost, path: "/cgi-bin/tags/update", token: appToken, kinds: oaOnly, handle: jsonBody(updateTag)},
	{method: http.MethodPost, path: "/cgi-bin/tags/delete", token: appToken, kinds: oaOnly, handle: jsonBody(deleteTag)},
	{method: http.MethodPost, path: "/cgi-bin/user/tag/get", token: appToken, kinds: oaOnly, handle: jsonBody(listTagged)},
	{method: http.MethodPost, path: "/cgi-bin/tags/members/batchtagging", token: appToken, kinds: oaOnly, handle: jsonBody(tagMembers)},
	{method: http.MethodPost, path: "/cgi-bin/tags/members/batchuntagging", token: appToken, kinds: oaOnly, handle: jsonBody(untagMembers)},
	{method: http.MethodPost, path: "/cgi-bin/tags/getidlist", token: appToken, kinds: oaOnly, handle: jsonBody(listTagsOf)},
}

// tag is a label (标签) that a service account puts on followers.
type tag struct {
	ID    int    `json:"id"`
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// reservedTags exist in every account.
func reservedTags() []*tag {
	return []*tag{{ID: 0, Name: "default"}, {ID: 1, Name: "blacklist"}, {ID: 2, Name: "星标组"}}
}

type tagBody struct {
	Tag struct {
		ID   int    `json:"id"`
		Name string `json:"name"`
	} `json:"tag"`
}

func (a *App) tag(id int) *tag {
	i := slices.IndexFunc(a.people.Tags, func(t *tag) bool { return t.ID == id })
	if i < 0 {
		return nil
	}
	return a.people.Tags[i]
}

func (a *App) checkTagName(name string) errcode.Code {
	switch {
	case name == "" || slices.ContainsFunc(a.people.Tags, func(t *tag) bool { return t.Name == name }):
		return errcode.InvalidTagName
	case len(name) > maxTagName:
		return errcode.TagNameTooLong
	}
	return 0
}

func createTag(c *call, in *tagBody) reply {
	if code := c.app.checkTagName(in.Tag.Name); code != 0 {
		return c.fail(code)
	}
	if len(c.app.people.Tags)-len(reservedTags()) >= maxTags {
		return c.fail(errcode.TooManyTags)
	}
	t := &tag{ID: max(firstTagID, c.app.people.LastTag+1), Name: in.Tag.Name}
	c.app.people.LastTag = t.ID
	c.app.people.Tags = append(c.app.people.Tags, t)
	type made struct {
		ID   int    `json:"id"`
		Name string `json:"name"`
	}
	return c.data(struct {
		Tag made `json:"tag"`
	}{made{t.ID, t.Name}})
}

func listTags(c *call) reply {
	return c.data(struct {
		Tags []*tag `json:"tags"`
	}{c.app.people.Tags[lastReservedID:]})
}

func updateTag(c *call, in *tagBody) reply {
	t, code := c.changeableTag(in.Tag.ID)
	if code == 0 && t.Name != in.Tag.Name {
		code = c.app.checkTagName(in.Tag.Name)
	}
	if code != 0 {
		return c.fail(code)
	}
	t.Name = in.Tag.Name
	return c.ok()
}

func (c *call) changeableTag(id int) (*tag, errcode.Code) {
	t := c.app.tag(id)
	switch {
	case t == nil:
		return nil, errcode.InvalidTagID
	case id <= lastReservedID:
		return nil, errcode.ReservedTag
	}
	return t, 0
}

func deleteTag(c *call, in *tagBody) reply {
	t, code := c.changeableTag(in.Tag.ID)
	switch {
	case code != 0:
		return c.fail(code)
	case t.Count > maxTagFans:
		return c.fail(errcode.TagTooLarge)
	}
	for _, id := range c.app.people.Followers {
		c.w.members[id].untag(t)
	}
	c.app.people.Tags = slices.DeleteFunc(c.app.people.Tags, func(other *tag) bool { return other == t })
	return c.ok()
}

func (m *member) untag(t *tag) {
	if i := slices.Index(m.Tags, t.ID); i >= 0 {
		m.Tags = slices.Delete(m.Tags, i, i+1)
		t.Count--
	}
}

func listTagged(c *call, in *struct {
	TagID int    `json:"tagid"`
	Next  string `json:"next_openid"`
},
) reply {
	if c.app.tag(in.TagID) == nil {
		return c.fail(errcode.InvalidTagID)
	}
	tagged := slices.DeleteFunc(slices.Clone(c.app.people.Followers), func(id string) bool {
		return !slices.Contains(c.w.members[id].Tags, in.TagID)
	})
	page, ok := pageAfter(tagged, in.Next, followersPerPage)
	if !ok {
		return c.fail(errcode.InvalidOpenID)
	}
	return c.data(struct {
		Count int         `json:"count"`
		Data  *openIDList `json:"data,omitempty"`
		Next  string      `json:"next_openid"`
	}{page.Count, page.Data, page.Next})
}

type taggingBody struct {
	OpenIDs []string `json:"openid_list"`
	TagID   int      `json:"tagid"`
}

// followersIn finds the followers of a list, all or none.
func (c *call) followersIn(openIDs []string, limit int) ([]*member, errcode.Code) {
	if len(openIDs) == 0 || len(openIDs) > limit {
		return nil, errcode.InvalidOpenIDListSize
	}
	var list []*member
	for _, id := range openIDs {
		m := c.w.members[id]
		switch {
		case m == nil:
			return nil, errcode.InvalidOpenID
		case m.app != c.app:
			return nil, errcode.ForeignOpenID
		case !m.follows():
			return nil, errcode.InvalidOpenID
		}
		list = append(list, m)
	}
	return list, 0
}

func tagMembers(c *call, in *taggingBody) reply {
	t := c.app.tag(in.TagID)
	if t == nil {
		return c.fail(errcode.InvalidTagID)
	}
	list, code := c.followersIn(in.OpenIDs, taggedPerCall)
	if code != 0 {
		return c.fail(code)
	}
	for _, m := range list {
		if len(m.Tags) >= maxTagsPerUser && !slices.Contains(m.Tags, t.ID) {
			return c.fail(errcode.TooManyTagsOnUser)
		}
	}
	for _, m := range list {
		if !slices.Contains(m.Tags, t.ID) {
			m.Tags = append(m.Tags, t.ID)
			t.Count++
		}
	}
	return c.ok()
}

func untagMembers(c *call, in *taggingBody) reply {
	t := c.app.tag(in.TagID)
	if t == nil {
		return c.fail(errcode.InvalidTagID)
	}
	list, code := c.followersIn(in.OpenIDs, taggedPerCall)
	if code != 0 {
		return c.fail(code)
	}
	for _, m := range list {
		m.untag(t)
	}
	return c.ok()
}

func listTagsOf(c *call, in *struct {
	OpenID string `json:"openid"`
},
) reply {
	list, code := c.followersIn([]string{in.OpenID}, 1)
	if code != 0 {
		return c.fail(code)
	}
	return c.data(struct {
		IDs []int `json:"tagid_list"`
	}{append([]int{}, list[0].Tags...)})
}

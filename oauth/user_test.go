package oauth_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/oauth"
)

// people makes n OpenIDs.
func people(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("oAbc-user-%05d", i)
	}
	return ids
}

// batch is the body of batchget.
type batch struct {
	List []struct {
		OpenID string `json:"openid"`
	} `json:"user_list"`
}

// usersBackwards answers batchget with everybody asked for, the last one first.
func usersBackwards(t *testing.T, e exchange) string {
	t.Helper()
	var in batch
	require.NoError(t, json.Unmarshal([]byte(e.Body), &in))
	require.LessOrEqual(t, len(in.List), 100)
	var parts []string
	for i := len(in.List) - 1; i >= 0; i-- {
		id := in.List[i].OpenID
		parts = append(parts, fmt.Sprintf(`{"subscribe":1,"openid":%q,"unionid":%q}`, id, strings.Replace(id, "oAbc", "oUnion", 1)))
	}
	return `{"user_info_list":[` + strings.Join(parts, ",") + `]}`
}

func TestUsersAsksForAHundredAtATime(t *testing.T) {
	t.Parallel()
	for n, calls := range map[int]int{0: 0, 1: 1, 100: 1, 101: 2, 250: 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			core, f := answering(t, func(_ int, e exchange) string { return usersBackwards(t, e) })
			users, err := oauth.New(core).Users(t.Context(), people(n))
			require.NoError(t, err)
			require.Len(t, f.requests(), calls)
			require.Len(t, users, n)
			for i, id := range people(n) {
				require.Equal(t, id, users[i].OpenID, "in the order of the question")
			}
		})
	}
}

func TestUsersLeavesOutWhomWeChatLeavesOut(t *testing.T) {
	t.Parallel()
	core, _ := answering(t, always(`{"user_info_list":[{"subscribe":"1","openid":"o3"},{"subscribe":0,"openid":"o1"}]}`))
	users, err := oauth.New(core).Users(t.Context(), []string{"o1", "o2", "o3", "o1"})
	require.NoError(t, err)
	require.Equal(t, []*oauth.User{{OpenID: "o1"}, {OpenID: "o3", Follows: true}, {OpenID: "o1"}}, users)
}

func TestUsersReturnsWhatCameBeforeAnError(t *testing.T) {
	t.Parallel()
	core, _ := answering(t, func(n int, e exchange) string {
		if n == 1 {
			return `{"errcode":40003,"errmsg":"invalid openid"}`
		}
		return usersBackwards(t, e)
	})
	users, err := oauth.New(core).Users(t.Context(), people(250))
	require.ErrorIs(t, err, errcode.InvalidOpenID)
	require.Len(t, users, 100)
}

func TestUserReadsWhatWeChatSends(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer string
		want   oauth.User
	}{
		"Stranger":  {`{"subscribe":0,"openid":"o1"}`, oauth.User{OpenID: "o1"}},
		"UnionOnly": {`{"subscribe":0,"openid":"o1","unionid":"u1","tagid_list":[]}`, oauth.User{OpenID: "o1", UnionID: "u1"}},
		"Strings": {
			`{"subscribe":"1","openid":"o1","subscribe_time":"1764000000","tagid_list":["100",2],"qr_scene":"98765"}`,
			oauth.User{OpenID: "o1", Follows: true, FollowedAt: time.Unix(1764000000, 0), TagIDs: []int{100, 2}, QRSceneID: 98765},
		},
		"Numbers":  {`{"subscribe":true,"openid":"o1","remark":77,"qr_scene_str":42}`, oauth.User{OpenID: "o1", Follows: true, Remark: "77", QRScene: "42"}},
		"OneTag":   {`{"subscribe":1,"openid":"o1","tagid_list":100}`, oauth.User{OpenID: "o1", Follows: true, TagIDs: []int{100}}},
		"NewScene": {`{"subscribe":1,"openid":"o1","subscribe_scene":"ADD_SCENE_MOON"}`, oauth.User{OpenID: "o1", Follows: true, FollowedBy: "ADD_SCENE_MOON"}},
		"Nulls":    {`{"subscribe":1,"openid":"o1","unionid":null,"tagid_list":null,"qr_scene":null}`, oauth.User{OpenID: "o1", Follows: true}},
		"Control":  {"{\"subscribe\":1,\"openid\":\"o1\",\"remark\":\"a\x02b\"}", oauth.User{OpenID: "o1", Follows: true, Remark: "a b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, _ := answering(t, always(c.answer))
			got, err := oauth.New(core).User(t.Context(), "o1")
			require.NoError(t, err)
			require.Equal(t, &c.want, got)
		})
	}
	t.Run("NoAnswerAtAll", func(t *testing.T) {
		t.Parallel()
		core, _ := answering(t, always(`{}`))
		_, err := oauth.New(core).User(t.Context(), "o1")
		require.ErrorContains(t, err, "openid is missing")
	})
}

func TestRemarkCanBeCleared(t *testing.T) {
	t.Parallel()
	core, f := answering(t, always(`{"errcode":0,"errmsg":"ok"}`))
	require.NoError(t, oauth.New(core).SetRemark(t.Context(), "o1", ""))
	require.JSONEq(t, `{"openid":"o1","remark":""}`, f.requests()[0].Body)
	require.NoError(t, oauth.New(core).SetRemark(t.Context(), "o1", "一二三四五六七八九十"), "ten characters fit")
}

func TestTheReservedTagHasTheIDZero(t *testing.T) {
	t.Parallel()
	core, f := answering(t, always(`{"errcode":45058,"errmsg":"can't modify sys tag"}`))
	require.ErrorIs(t, oauth.New(core).DeleteTag(t.Context(), 0), errcode.ReservedTag)
	require.JSONEq(t, `{"tag":{"id":0}}`, f.requests()[0].Body)
}

func TestTagsReadsWhatWeChatSends(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer string
		want   []*oauth.Tag
	}{
		"None":    {`{"tags":[]}`, []*oauth.Tag{}},
		"Object":  {`{"tags":{"id":2,"name":"starred","count":1}}`, []*oauth.Tag{{ID: 2, Name: "starred", Count: 1}}},
		"Strings": {`{"tags":[{"id":"134","name":77,"count":"5"}]}`, []*oauth.Tag{{ID: 134, Name: "77", Count: 5}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, _ := answering(t, always(c.answer))
			got, err := oauth.New(core).Tags(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

// longList is the body of the calls that take many OpenIDs.
type longList struct {
	OpenIDs []string `json:"openid_list"`
}

func TestLongListsAreCut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		call  func(*oauth.Client, []string) error
		most  int
		calls int
	}{
		"TagUsers":   {func(c *oauth.Client, ids []string) error { return c.TagUsers(t.Context(), 134, ids) }, 50, 3},
		"UntagUsers": {func(c *oauth.Client, ids []string) error { return c.UntagUsers(t.Context(), 134, ids) }, 50, 3},
		"Block":      {func(c *oauth.Client, ids []string) error { return c.Block(t.Context(), ids) }, 20, 7},
		"Unblock":    {func(c *oauth.Client, ids []string) error { return c.Unblock(t.Context(), ids) }, 20, 7},
		"ConvertOpenIDs": {func(c *oauth.Client, ids []string) error {
			_, err := c.ConvertOpenIDs(t.Context(), "gh_1", ids)
			return err
		}, 100, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, f := answering(t, always(`{"errcode":0,"errmsg":"ok","result_list":[]}`))
			require.NoError(t, c.call(oauth.New(core), people(121)))
			require.Len(t, f.requests(), c.calls)
			var all []string
			for _, e := range f.requests() {
				var in longList
				require.NoError(t, json.Unmarshal([]byte(e.Body), &in))
				require.LessOrEqual(t, len(in.OpenIDs), c.most)
				all = append(all, in.OpenIDs...)
			}
			require.Equal(t, people(121), all)

			core, f = answering(t, inTurn(`{"errcode":0,"result_list":[]}`, `{"errcode":40003,"errmsg":"invalid openid"}`))
			require.ErrorIs(t, c.call(oauth.New(core), people(121)), errcode.InvalidOpenID)
			require.Len(t, f.requests(), 2, "it ends with the first error")

			core, f = answering(t, always(`{}`))
			require.NoError(t, c.call(oauth.New(core), nil))
			require.Empty(t, f.requests(), "nobody, no call")
		})
	}
}

func TestConvertOpenIDsReturnsWhatCameBeforeAnError(t *testing.T) {
	t.Parallel()
	core, _ := answering(t, inTurn(`{"errcode":0,"result_list":{"ori_openid":"o1","new_openid":"n1","err_msg":"ok"}}`,
		`{"errcode":63178,"errmsg":"not confirmed"}`))
	got, err := oauth.New(core).ConvertOpenIDs(t.Context(), "gh_1", people(101))
	require.ErrorIs(t, err, errcode.MigrationNotConfirmed)
	require.Equal(t, []oauth.Converted{{OldOpenID: "o1", NewOpenID: "n1"}}, got)
}

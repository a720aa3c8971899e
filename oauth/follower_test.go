package oauth_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/oauth"
)

// cursor is what a request for a page starts behind, wherever it says so.
func cursor(t *testing.T, e exchange) string {
	t.Helper()
	if e.Body == "" {
		return e.Query.Get("next_openid")
	}
	var in struct{ Next, Begin string }
	body := strings.NewReplacer(`"next_openid"`, `"Next"`, `"begin_openid"`, `"Begin"`).Replace(e.Body)
	require.NoError(t, json.Unmarshal([]byte(body), &in))
	return in.Next + in.Begin
}

// pageOf answers with up to size of all behind the cursor, as WeChat does: the cursor is the last OpenID,
// and behind it comes a page without data.
func pageOf(t *testing.T, all []string, size int, e exchange) string {
	t.Helper()
	from := slices.Index(all, cursor(t, e)) + 1
	part := all[from:min(from+size, len(all))]
	if len(part) == 0 {
		return fmt.Sprintf(`{"total":%d,"count":0,"next_openid":""}`, len(all))
	}
	list, err := json.Marshal(part)
	require.NoError(t, err)
	return fmt.Sprintf(`{"total":%d,"count":%d,"data":{"openid":%s},"next_openid":%q}`,
		len(all), len(part), list, part[len(part)-1])
}

// lists are the three lists of OpenIDs.
func lists(t *testing.T) map[string]func(c *oauth.Client, after string) iter.Seq2[string, error] {
	t.Helper()
	return map[string]func(c *oauth.Client, after string) iter.Seq2[string, error]{
		"Followers": func(c *oauth.Client, after string) iter.Seq2[string, error] { return c.Followers(t.Context(), after) },
		"Blacklist": func(c *oauth.Client, after string) iter.Seq2[string, error] { return c.Blacklist(t.Context(), after) },
		"TagMembers": func(c *oauth.Client, after string) iter.Seq2[string, error] {
			return c.TagMembers(t.Context(), 134, after)
		},
	}
}

// collect drains a list up to its end or error.
func collect(seq iter.Seq2[string, error]) (ids []string, err error) {
	for id, e := range seq {
		if e != nil {
			return ids, e
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func TestListsAreWalkedToTheEnd(t *testing.T) {
	t.Parallel()
	for name, list := range lists(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := people(7)
			core, f := answering(t, func(_ int, e exchange) string { return pageOf(t, all, 3, e) })
			seq := list(oauth.New(core), "")
			got, err := collect(seq)
			require.NoError(t, err)
			require.Equal(t, all, got)
			require.Len(t, f.requests(), 4)

			got, err = collect(seq)
			require.NoError(t, err)
			require.Equal(t, all, got, "it can be walked again")

			got, err = collect(list(oauth.New(core), all[4]))
			require.NoError(t, err)
			require.Equal(t, all[5:], got)
		})
	}
}

func TestListsEnd(t *testing.T) {
	t.Parallel()
	const first = `{"total":3,"count":1,"data":{"openid":["o1"]},"next_openid":"o1"}`
	for name, c := range map[string]struct {
		pages []string
		want  []string
	}{
		"NobodyAtAll":    {[]string{`{"total":0,"count":0,"next_openid":""}`}, nil},
		"NoCursor":       {[]string{`{"count":1,"data":{"openid":["o1"]},"next_openid":""}`}, []string{"o1"}},
		"CursorMissing":  {[]string{`{"count":1,"data":{"openid":["o1"]}}`}, []string{"o1"}},
		"DataMissing":    {[]string{first, `{"total":3,"count":0,"next_openid":"o1"}`}, []string{"o1"}},
		"DataNull":       {[]string{first, `{"count":0,"data":null,"next_openid":"o1"}`}, []string{"o1"}},
		"DataEmptyText":  {[]string{first, `{"count":0,"data":"","next_openid":""}`}, []string{"o1"}},
		"DataEmptyList":  {[]string{first, `{"count":0,"data":[],"next_openid":""}`}, []string{"o1"}},
		"OpenIDNull":     {[]string{first, `{"count":0,"data":{"openid":null},"next_openid":""}`}, []string{"o1"}},
		"OpenIDNoList":   {[]string{`{"count":"1","data":{"openid":"o1"},"next_openid":null}`}, []string{"o1"}},
		"CountsAsString": {[]string{`{"total":"1","count":"1","data":{"openid":["o1"]}}`}, []string{"o1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, f := answering(t, inTurn(c.pages...))
			got, err := collect(oauth.New(core).Followers(t.Context(), ""))
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			require.Len(t, f.requests(), len(c.pages))
		})
	}
}

func TestListsDoNotRunInCircles(t *testing.T) {
	t.Parallel()
	for name, list := range lists(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, f := answering(t, always(`{"total":2,"count":1,"data":{"openid":["o1"]},"next_openid":"o1"}`))
			got, err := collect(list(oauth.New(core), ""))
			require.EqualError(t, err, "oauth."+name+": the cursor does not move")
			require.Equal(t, []string{"o1", "o1"}, got)
			require.Len(t, f.requests(), 2)
		})
	}
}

func TestListsStop(t *testing.T) {
	t.Parallel()
	for name, list := range lists(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, f := answering(t, inTurn(`{"count":2,"data":{"openid":["o1","o2"]},"next_openid":"o2"}`,
				`{"errcode":48001,"errmsg":"api unauthorized"}`))
			var ids []string
			var errs []error
			for id, err := range list(oauth.New(core), "") {
				ids, errs = append(ids, id), append(errs, err)
			}
			require.Equal(t, []string{"o1", "o2", ""}, ids)
			require.ErrorIs(t, errs[2], errcode.APIUnauthorized)
			require.Len(t, f.requests(), 2, "an error ends it")

			core, f = answering(t, always(`{"count":2,"data":{"openid":["o1","o2"]},"next_openid":"o2"}`))
			for id, err := range list(oauth.New(core), "") {
				require.NoError(t, err)
				require.Equal(t, "o1", id)
				break
			}
			require.Len(t, f.requests(), 1, "a break ends it")
		})
	}
}

func TestPagesMustBePages(t *testing.T) {
	t.Parallel()
	core, _ := answering(t, always(`{"errcode":0,"errmsg":"ok"}`))
	_, err := collect(oauth.New(core).Followers(t.Context(), ""))
	require.ErrorContains(t, err, "count is missing")
	_, err = oauth.New(core).UserTags(t.Context(), "o1")
	require.ErrorContains(t, err, "tagid_list is missing")
}

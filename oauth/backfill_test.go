package oauth_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/oauth"
)

// followersOf answers for a service account with these followers, in pages of 250.
func followersOf(t *testing.T, all []string) func(int, exchange) string {
	return func(_ int, e exchange) string {
		if e.Path == "/cgi-bin/user/get" {
			return pageOf(t, all, 250, e)
		}
		return usersBackwards(t, e)
	}
}

func TestBackfillStoresEveryFollower(t *testing.T) {
	t.Parallel()
	all := people(620)
	core, f := answering(t, followersOf(t, all))
	store := &oauth.MemoryStore{}
	dir := oauth.NewDirectory(store)
	var seen []oauth.Progress
	p, err := dir.Backfill(t.Context(), oauth.New(core), oauth.Progress{}, func(p oauth.Progress) { seen = append(seen, p) })
	require.NoError(t, err)
	require.Equal(t, oauth.Progress{Done: 620, Total: 620, Complete: true}, p)
	require.Equal(t, 620, store.Len())
	require.Len(t, f.requests(), 4+3+3+2, "four pages and their hundreds")
	require.Equal(t, oauth.Progress{After: all[99], Done: 100, Total: 620}, seen[0])
	require.Equal(t, p, seen[len(seen)-1])

	require.NoError(t, dir.Add(t.Context(), oauth.Identity{AppID: mini, OpenID: "oMini-1", UnionID: "oUnion-user-00617"}))
	person, err := dir.Lookup(t.Context(), mini, "oMini-1")
	require.NoError(t, err)
	fan, ok := person.In(service)
	require.True(t, ok)
	require.Equal(t, all[617], fan.OpenID)
	require.Equal(t, oauth.FollowYes, fan.Follow)
	require.WithinDuration(t, time.Now(), fan.FollowSeen, time.Minute)
}

func TestBackfillGoesOnWhereItBroke(t *testing.T) {
	t.Parallel()
	all := people(620)
	for broken := range 12 {
		t.Run(fmt.Sprint(broken), func(t *testing.T) {
			t.Parallel()
			answer := followersOf(t, all)
			core, _ := answering(t, func(n int, e exchange) string {
				if n == broken {
					return `{"errcode":45009,"errmsg":"reach max api daily quota limit"}`
				}
				return answer(n, e)
			})
			store := &oauth.MemoryStore{}
			dir := oauth.NewDirectory(store)
			p, err := dir.Backfill(t.Context(), oauth.New(core), oauth.Progress{}, nil)
			require.ErrorIs(t, err, errcode.DayQuotaReached)
			require.False(t, p.Complete)
			require.Equal(t, store.Len(), p.Done)

			p, err = dir.Backfill(t.Context(), oauth.New(core), p, nil)
			require.NoError(t, err)
			require.Equal(t, oauth.Progress{Done: 620, Total: 620, Complete: true}, p)
			require.Equal(t, 620, store.Len())
		})
	}
}

func TestBackfillStartsAnewWhenItWasComplete(t *testing.T) {
	t.Parallel()
	core, f := answering(t, followersOf(t, people(3)))
	dir := oauth.NewDirectory(&oauth.MemoryStore{})
	p, err := dir.Backfill(t.Context(), oauth.New(core), oauth.Progress{}, nil)
	require.NoError(t, err)
	again, err := dir.Backfill(t.Context(), oauth.New(core), p, nil)
	require.NoError(t, err)
	require.Equal(t, p, again)
	require.Empty(t, f.requests()[3].Query.Get("next_openid"))
}

func TestBackfillDoesNotRunInCircles(t *testing.T) {
	t.Parallel()
	core, _ := answering(t, func(_ int, e exchange) string {
		if e.Path == "/cgi-bin/user/get" {
			return `{"total":2,"count":1,"data":{"openid":["o1"]},"next_openid":"o1"}`
		}
		return usersBackwards(t, e)
	})
	p, err := oauth.NewDirectory(&oauth.MemoryStore{}).Backfill(t.Context(), oauth.New(core), oauth.Progress{}, nil)
	require.EqualError(t, err, "oauth.Backfill: the cursor does not move")
	require.False(t, p.Complete)
}

func TestBackfillEndsWithItsContext(t *testing.T) {
	t.Parallel()
	core, _ := answering(t, followersOf(t, people(620)))
	ctx, cancel := context.WithCancel(t.Context())
	p, err := oauth.NewDirectory(&oauth.MemoryStore{}).Backfill(ctx, oauth.New(core), oauth.Progress{}, func(oauth.Progress) { cancel() })
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 100, p.Done)
}

// Somebody whom WeChat lists and yet does not know spoils a call for a hundred; the others must be stored all the
// same, or the list could never be walked to its end.
func TestBackfillPassesOverWhomWeChatRefuses(t *testing.T) {
	t.Parallel()
	all := people(620)
	refused := map[string]bool{all[0]: true, all[137]: true, all[138]: true, all[619]: true}
	answer := followersOf(t, all)
	core, f := answering(t, func(n int, e exchange) string {
		for id := range refused {
			if strings.Contains(e.Body, id) {
				return `{"errcode":40003,"errmsg":"invalid openid"}`
			}
		}
		return answer(n, e)
	})
	store := &oauth.MemoryStore{}
	p, err := oauth.NewDirectory(store).Backfill(t.Context(), oauth.New(core), oauth.Progress{}, nil)
	require.NoError(t, err)
	require.Equal(t, oauth.Progress{Done: 616, Skipped: 4, Total: 620, Complete: true}, p)
	require.Equal(t, 616, store.Len())
	require.Less(t, len(f.requests()), 80, "it does not ask one by one")
}

func TestBackfillCountsWhomWeChatLeavesOut(t *testing.T) {
	t.Parallel()
	core, _ := answering(t, inTurn(`{"total":2,"count":2,"data":{"openid":["o1","o2"]},"next_openid":""}`,
		`{"user_info_list":[{"subscribe":1,"openid":"o2"}]}`))
	p, err := oauth.NewDirectory(&oauth.MemoryStore{}).Backfill(t.Context(), oauth.New(core), oauth.Progress{}, nil)
	require.NoError(t, err)
	require.Equal(t, oauth.Progress{Done: 1, Skipped: 1, Total: 2, Complete: true}, p)
}

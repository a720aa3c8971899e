package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/golden"
	"github.com/wechatkit/wechat/oauth"
)

const (
	mini    = "wxminiprogram00001"
	service = golden.AppID
)

func TestLookupJoinsTheAccounts(t *testing.T) {
	t.Parallel()
	dir := oauth.NewDirectory(&oauth.MemoryStore{})
	require.NoError(t, dir.Add(t.Context(),
		oauth.Identity{AppID: service, OpenID: "oFan-1", UnionID: "u1", Follow: oauth.FollowYes, FollowSeen: tested},
		oauth.Identity{AppID: service, OpenID: "oFan-2", UnionID: "u2", Follow: oauth.FollowYes, FollowSeen: tested},
		oauth.Identity{AppID: mini, OpenID: "oMini-1", UnionID: "u1"},
		oauth.Identity{AppID: mini, OpenID: "oMini-3"},
	))
	one := oauth.Person{UnionID: "u1", Identities: []oauth.Identity{
		{AppID: service, OpenID: "oFan-1", UnionID: "u1", Follow: oauth.FollowYes, FollowSeen: tested},
		{AppID: mini, OpenID: "oMini-1", UnionID: "u1"},
	}}
	for name, c := range map[string]struct {
		appID, openID string
		want          oauth.Person
	}{
		"FromMiniProgram": {mini, "oMini-1", one},
		"FromService":     {service, "oFan-1", one},
		"Alone":           {service, "oFan-2", oauth.Person{UnionID: "u2", Identities: []oauth.Identity{{AppID: service, OpenID: "oFan-2", UnionID: "u2", Follow: oauth.FollowYes, FollowSeen: tested}}}},
		"WithoutUnionID":  {mini, "oMini-3", oauth.Person{Identities: []oauth.Identity{{AppID: mini, OpenID: "oMini-3"}}}},
		"Unknown":         {mini, "oMini-9", oauth.Person{}},
		"OtherAccount":    {service, "oMini-1", oauth.Person{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := dir.Lookup(t.Context(), c.appID, c.openID)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
	for unionID, want := range map[string]oauth.Person{"u1": one, "u9": {}, "": {}} {
		got, err := dir.LookupUnionID(t.Context(), unionID)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestPersonIn(t *testing.T) {
	t.Parallel()
	p := oauth.Person{Identities: []oauth.Identity{
		{AppID: service, OpenID: "old", FollowSeen: tested}, {AppID: service, OpenID: "new", FollowSeen: tested.Add(time.Hour)},
		{AppID: service, OpenID: "older", FollowSeen: tested.Add(-time.Hour)}, {AppID: mini, OpenID: "oMini-1"},
	}}
	got, ok := p.In(service)
	require.True(t, ok)
	require.Equal(t, "new", got.OpenID)
	got, ok = p.In(mini)
	require.True(t, ok)
	require.Equal(t, "oMini-1", got.OpenID)
	_, ok = p.In("wxother")
	require.False(t, ok)
	_, ok = oauth.Person{}.In(mini)
	require.False(t, ok)
}

func TestFollowString(t *testing.T) {
	t.Parallel()
	require.Equal(t, "unknown yes no unknown",
		fmt.Sprint(oauth.FollowUnknown, " ", oauth.FollowYes, " ", oauth.FollowNo, " ", oauth.Follow(9)))
}

// find looks up the one identity of the tests below.
func find(t *testing.T, dir *oauth.Directory) oauth.Identity {
	t.Helper()
	p, err := dir.Lookup(t.Context(), service, "oFan-1")
	require.NoError(t, err)
	id, ok := p.In(service)
	require.True(t, ok)
	return id
}

func TestFindingsMayComeInAnyOrder(t *testing.T) {
	t.Parallel()
	finding := func(follow oauth.Follow, unionID string, at time.Time) oauth.Identity {
		return oauth.Identity{AppID: service, OpenID: "oFan-1", UnionID: unionID, Follow: follow, FollowSeen: at}
	}
	later := tested.Add(time.Minute)
	for name, c := range map[string]struct {
		findings []oauth.Identity
		want     oauth.Identity
	}{
		"UnfollowAfterBackfill": {
			[]oauth.Identity{finding(oauth.FollowYes, "u1", tested), finding(oauth.FollowNo, "", later)},
			finding(oauth.FollowNo, "u1", later),
		},
		"LateBackfill": {
			[]oauth.Identity{finding(oauth.FollowNo, "", later), finding(oauth.FollowYes, "u1", tested)},
			finding(oauth.FollowNo, "u1", later),
		},
		"WebLogin": {
			[]oauth.Identity{finding(oauth.FollowYes, "", tested), finding(oauth.FollowUnknown, "u1", later)},
			finding(oauth.FollowYes, "u1", tested),
		},
		"SameSecond": {
			[]oauth.Identity{finding(oauth.FollowYes, "", tested.Add(900*time.Millisecond)), finding(oauth.FollowNo, "", tested)},
			finding(oauth.FollowNo, "", tested),
		},
		"NewPlatformAccount": {
			[]oauth.Identity{finding(oauth.FollowYes, "u1", tested), finding(oauth.FollowYes, "u2", later)},
			finding(oauth.FollowYes, "u2", later),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := oauth.NewDirectory(&oauth.MemoryStore{})
			for _, id := range c.findings {
				require.NoError(t, dir.Add(t.Context(), id))
			}
			require.Equal(t, c.want, find(t, dir))
		})
	}
}

func TestAnotherPlatformAccountLeavesNoTrace(t *testing.T) {
	t.Parallel()
	store := &oauth.MemoryStore{}
	dir := oauth.NewDirectory(store)
	for _, unionID := range []string{"u1", "u2"} {
		require.NoError(t, dir.Add(t.Context(), oauth.Identity{AppID: service, OpenID: "oFan-1", UnionID: unionID}))
	}
	old, err := dir.LookupUnionID(t.Context(), "u1")
	require.NoError(t, err)
	require.Empty(t, old)
	require.Equal(t, 1, store.Len())
}

func TestAddFillsInTheTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(1500 * time.Millisecond) // the bubble's clock, not the machine's
		dir := oauth.NewDirectory(&oauth.MemoryStore{})
		in := []oauth.Identity{{AppID: service, OpenID: "oFan-1", Follow: oauth.FollowNo}}
		require.NoError(t, dir.Add(t.Context(), in...))
		require.Equal(t, time.Now().Truncate(time.Second), find(t, dir).FollowSeen)
		require.Zero(t, in[0].FollowSeen, "the caller's slice is left alone")
	})
}

func TestAddChecks(t *testing.T) {
	t.Parallel()
	dir := oauth.NewDirectory(brokenStore{})
	require.EqualError(t, dir.Add(t.Context(), oauth.Identity{OpenID: "o1"}), "oauth: AppID: empty")
	require.EqualError(t, dir.Add(t.Context(), oauth.Identity{AppID: mini}), "oauth: OpenID: empty")
	require.NoError(t, dir.Add(t.Context()), "nothing to store")
}

var errStore = errors.New("store is down")

// brokenStore fails at everything.
type brokenStore struct{}

func (brokenStore) Put(context.Context, []oauth.Identity) error { return errStore }

func (brokenStore) Get(context.Context, string, string) (oauth.Identity, bool, error) {
	return oauth.Identity{}, false, errStore
}

func (brokenStore) ByUnionID(context.Context, string) ([]oauth.Identity, error) { return nil, errStore }

func TestStoreErrorsComeThrough(t *testing.T) {
	t.Parallel()
	dir := oauth.NewDirectory(brokenStore{})
	_, err := dir.Lookup(t.Context(), mini, "o1")
	require.ErrorIs(t, err, errStore)
	_, err = dir.LookupUnionID(t.Context(), "u1")
	require.ErrorIs(t, err, errStore)
	require.ErrorIs(t, dir.Add(t.Context(), oauth.Identity{AppID: mini, OpenID: "o1"}), errStore)

	core, _ := answering(t, followersOf(t, people(1)))
	p, err := dir.Backfill(t.Context(), oauth.New(core), oauth.Progress{}, nil)
	require.ErrorIs(t, err, errStore)
	require.Equal(t, oauth.Progress{Total: 1}, p)
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	t.Run("TellsWhoLeft", func(t *testing.T) {
		t.Parallel()
		core, _ := answering(t, always(`{"user_info_list":[{"subscribe":0,"openid":"oFan-1"}]}`))
		dir := oauth.NewDirectory(&oauth.MemoryStore{})
		require.NoError(t, dir.Add(t.Context(), oauth.Identity{
			AppID: service, OpenID: "oFan-1", UnionID: "u1", Follow: oauth.FollowYes, FollowSeen: tested,
		}))
		require.NoError(t, dir.Refresh(t.Context(), oauth.New(core), "oFan-1"))
		require.Equal(t, oauth.FollowNo, find(t, dir).Follow)
		require.Equal(t, "u1", find(t, dir).UnionID)
	})
	t.Run("KeepsWhatCameBeforeAnError", func(t *testing.T) {
		t.Parallel()
		core, _ := answering(t, func(n int, e exchange) string {
			if n == 1 {
				return `{"errcode":40003,"errmsg":"invalid openid"}`
			}
			return usersBackwards(t, e)
		})
		store := &oauth.MemoryStore{}
		err := oauth.NewDirectory(store).Refresh(t.Context(), oauth.New(core), people(150)...)
		require.ErrorIs(t, err, errcode.InvalidOpenID)
		require.Equal(t, 100, store.Len())
	})
}

// An event of the second in which WeChat was asked, but which came after, counts.
func TestRefreshYieldsToLaterEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		core, _ := answering(t, func(_ int, e exchange) string {
			time.Sleep(3 * time.Second) // the bubble's clock: a slow answer
			return usersBackwards(t, e)
		})
		dir := oauth.NewDirectory(&oauth.MemoryStore{})
		done := make(chan error)
		go func() { done <- dir.Refresh(t.Context(), oauth.New(core), "oFan-1") }()
		time.Sleep(time.Second)
		require.NoError(t, dir.Add(t.Context(), oauth.Identity{AppID: service, OpenID: "oFan-1", Follow: oauth.FollowNo}))
		require.NoError(t, <-done)
		require.Equal(t, oauth.FollowNo, find(t, dir).Follow)
	})
}

func TestMemoryStoreIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	store := &oauth.MemoryStore{}
	dir := oauth.NewDirectory(store)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for _, id := range people(200) {
				appID := fmt.Sprintf("wx%d", i)
				if dir.Add(t.Context(), oauth.Identity{AppID: appID, OpenID: id, UnionID: id}) != nil {
					t.Error("Add failed")
				}
				if _, err := dir.Lookup(t.Context(), appID, id); err != nil {
					t.Error("Lookup failed")
				}
			}
		})
	}
	wg.Wait()
	require.Equal(t, 1600, store.Len())
	p, err := dir.LookupUnionID(t.Context(), "oAbc-user-00042")
	require.NoError(t, err)
	require.Len(t, p.Identities, 8)
}

// Whatever is added in whatever order, the store agrees with a plain list of everything.
func TestMemoryStoreAgreesWithAList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		dir := oauth.NewDirectory(&oauth.MemoryStore{})
		model := map[string]oauth.Identity{}
		identity := rapid.Custom(func(r *rapid.T) oauth.Identity {
			return oauth.Identity{
				AppID: rapid.SampledFrom([]string{mini, service}).Draw(r, "app"), OpenID: rapid.SampledFrom(people(3)).Draw(r, "openid"),
				UnionID:    rapid.SampledFrom([]string{"", "u1", "u2"}).Draw(r, "unionid"),
				Follow:     rapid.SampledFrom([]oauth.Follow{oauth.FollowYes, oauth.FollowNo}).Draw(r, "follow"),
				FollowSeen: tested.Add(time.Duration(rapid.IntRange(0, 3).Draw(r, "second")) * time.Second),
			}
		})
		for _, id := range rapid.SliceOf(identity).Draw(r, "identities") {
			require.NoError(r, dir.Add(t.Context(), id))
			key := id.AppID + id.OpenID
			model[key] = model[key].Merge(id)
		}
		for _, unionID := range []string{"u1", "u2"} {
			p, err := dir.LookupUnionID(t.Context(), unionID)
			require.NoError(r, err)
			require.Equal(r, inModel(model, unionID), p.Identities)
		}
	})
}

func inModel(model map[string]oauth.Identity, unionID string) []oauth.Identity {
	var list []oauth.Identity
	for _, id := range model {
		if id.UnionID == unionID {
			list = append(list, id)
		}
	}
	slices.SortFunc(list, func(a, b oauth.Identity) int { return strings.Compare(a.AppID+a.OpenID, b.AppID+b.OpenID) })
	return list
}

var _ oauth.Store = (*oauth.MemoryStore)(nil)

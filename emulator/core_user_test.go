package emulator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// An OpenID is of one user in one account, a UnionID of one user in all accounts of a platform.
func TestIDsOfAPerson(t *testing.T) {
	t.Parallel()
	b := setup(t)
	sister := b.wx.AddMiniProgram(emulator.AppConfig{})
	stranger := b.wx.AddMiniProgram(emulator.AppConfig{Platform: "other"})
	loner := b.wx.AddMiniProgram(emulator.AppConfig{Platform: emulator.Unbound})
	ann, bob := b.wx.User("ann"), b.wx.User("bob")

	seen := map[string]bool{}
	for _, a := range []*emulator.App{b.mp, b.oa, sister, stranger, loner} {
		for _, u := range []*emulator.User{ann, bob} {
			id := u.OpenID(a)
			require.Regexp(t, `^o[A-Za-z0-9_-]{27}$`, id)
			require.False(t, seen[id], "an OpenID of two")
			seen[id] = true
		}
	}
	require.Equal(t, ann.UnionID(b.mp), ann.UnionID(b.oa))
	require.Equal(t, ann.UnionID(b.mp), ann.UnionID(sister))
	require.NotEqual(t, ann.UnionID(b.mp), ann.UnionID(stranger))
	require.NotEqual(t, ann.UnionID(b.mp), bob.UnionID(b.mp))
	require.Empty(t, ann.UnionID(loner))
}

// The ids come from names, so that who was there before changes nothing.
func TestIDsDoNotDependOnOthers(t *testing.T) {
	t.Parallel()
	one, other := setup(t), setup(t)
	for _, name := range []string{"x", "y", "z"} {
		other.wx.User(name)
	}
	require.Equal(t, one.wx.User("ann").OpenID(one.mp), other.wx.User("ann").OpenID(other.mp))
	require.Equal(t, one.wx.User("ann").UnionID(one.mp), other.wx.User("ann").UnionID(other.mp))
	seeded := setup(t, emulator.WithSeed(2))
	require.NotEqual(t, one.wx.User("ann").OpenID(one.mp), seeded.wx.User("ann").OpenID(seeded.mp))
}

func TestConfiguredPerson(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann := b.wx.AddUser(emulator.UserConfig{
		Name: "ann", Nickname: "Annie", Phone: "13900000000",
		OpenIDs: map[string]string{b.mp.AppID: "oAnn"}, UnionIDs: map[string]string{"demo": "uAnn"},
	})
	require.Equal(t, "oAnn", ann.OpenID(b.mp))
	require.NotEqual(t, "oAnn", ann.OpenID(b.oa), "the others are derived")
	require.Equal(t, "uAnn", ann.UnionID(b.oa))
	st := ann.State()
	require.Equal(t, []string{"ann", "Annie", "13900000000"}, []string{st.Name, st.Nickname, st.Phone})

	bob := b.wx.User("bob").State()
	require.Equal(t, "bob", bob.Nickname)
	require.Regexp(t, `^138\d{8}$`, bob.Phone)
}

func TestFindingPeople(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Nil(t, b.wx.FindUser("ann"), "looking adds nobody")
	require.Empty(t, b.wx.Users())
	ann := b.wx.User("ann")
	require.Same(t, ann, b.wx.User("ann"))
	require.Same(t, ann, b.wx.FindUser("ann"))
	bob := b.wx.User("bob")
	require.Equal(t, []*emulator.User{ann, bob}, b.wx.Users())
}

// Whoever comes first, people or account: they know each other.
func TestPeopleKnowLaterAccounts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann := b.wx.User("ann")
	oa := b.wx.AddServiceAccount(emulator.AppConfig{Name: "Later"})
	require.NotEmpty(t, ann.OpenID(oa))
	require.False(t, ann.Follows(oa))
	ann.Follow(oa)
	require.True(t, ann.Follows(oa))
	require.False(t, ann.Follows(b.oa))
	ann.Unfollow(oa)
	require.False(t, ann.Follows(oa))
}

func TestPeopleMisuse(t *testing.T) {
	t.Parallel()
	wx, err := emulator.Start(emulator.WithClockAt(start))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, wx.Close()) })
	other := emulator.New(t)
	wx.AddUser(emulator.UserConfig{Name: "ann", OpenIDs: map[string]string{wx.MiniProgram().AppID: "oAnn"}})
	for want, do := range map[string]func(){
		"a user without a name":         func() { wx.AddUser(emulator.UserConfig{}) },
		`there is a user "ann" already`: func() { wx.AddUser(emulator.UserConfig{Name: "ann"}) },
		`users "ann" and "bob" have the same OpenID`: func() {
			wx.AddUser(emulator.UserConfig{Name: "bob", OpenIDs: map[string]string{wx.MiniProgram().AppID: "oAnn"}})
		},
		"belongs to another emulator":                    func() { wx.User("ann").OpenID(other.MiniProgram()) },
		"Advance: -1s is negative":                       func() { wx.Advance(-time.Second) },
		"Link: only a service account links":             func() { wx.MiniProgram().Link(wx.ServiceAccount()) },
		"Follow: Demo Mini Program is a mini program":    func() { wx.User("ann").Follow(wx.MiniProgram()) },
		"EnterChat: Demo Service Account is a service a": func() { wx.User("ann").EnterChat(wx.ServiceAccount(), "") },
	} {
		require.Contains(t, misuseOf(do), want)
	}
}

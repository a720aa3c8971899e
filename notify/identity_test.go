package notify_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
)

// linkIn tells the ledger of a login in one account.
func (b *bundle) linkIn(a *emulator.App, u *emulator.User, user string) {
	b.t.Helper()
	require.NoError(b.t, b.n.Ledger().Link(b.t.Context(), b.identity(a, u, user)))
}

func (b *bundle) identity(a *emulator.App, u *emulator.User, user string) notify.Identity {
	return notify.Identity{AppID: a.AppID, OpenID: u.OpenID(a), UnionID: u.UnionID(a), User: user}
}

func (b *bundle) unlink(id notify.Identity) {
	b.t.Helper()
	require.NoError(b.t, b.n.Ledger().Unlink(b.t.Context(), id))
}

// openIDIn is what the ledger knows of a user in an account.
func (b *bundle) openIDIn(a *emulator.App, user string) string {
	b.t.Helper()
	return must(b.n.Ledger().Reach(b.t.Context(), user, a.AppID)).OpenID
}

// TestLinkedLastWins has a user change to another WeChat account, with the clock standing still and going on.
func TestLinkedLastWins(t *testing.T) {
	t.Parallel()
	for name, pause := range map[string]time.Duration{"AtOnce": 0, "AnHourLater": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			old, present := b.wx.User("old-phone"), b.wx.User("new-phone")
			b.link(old, "42")
			b.wx.Advance(pause)
			b.link(present, "42")
			b.wx.Advance(time.Hour)
			for _, u := range []*emulator.User{old, present} {
				u.Follow(b.service)
			}
			old.Write(b.service, "hello") // whoever has the old one now
			old.Write(b.mini, "hello")
			b.wx.Settle()
			require.Equal(t, present.OpenID(b.service), b.openIDIn(b.service, "42"))
			require.Equal(t, present.OpenID(b.mini), b.openIDIn(b.mini, "42"))

			present.Unfollow(b.service)
			b.wx.Settle()
			require.Equal(t, present.OpenID(b.service), b.openIDIn(b.service, "42"), "what is private does not go to the old one")
			b.wx.Advance(pause)
			b.link(old, "42") // a login with the old one
			require.Equal(t, old.OpenID(b.service), b.openIDIn(b.service, "42"))
		})
	}

	t.Run("ByUnionID", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		old, present := b.wx.User("old-phone"), b.wx.User("new-phone")
		for _, u := range []*emulator.User{old, present} {
			u.Follow(b.service)
			b.wx.Settle()
			require.NoError(t, b.n.Ledger().Refresh(t.Context(), b.client(b.service), u.OpenID(b.service)))
			b.linkIn(b.mini, u, "42") // the Mini Program alone
		}
		b.wx.Advance(time.Hour)
		old.Write(b.service, "hello")
		b.wx.Settle()
		require.Equal(t, present.OpenID(b.service), b.openIDIn(b.service, "42"))
	})

	t.Run("AScanIsAGuess", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		linked, first, second := b.wx.User("linked"), b.wx.User("first"), b.wx.User("second")
		for scene, u := range map[string]*emulator.User{"bind-1": first, "bind-2": second} {
			require.NoError(t, b.n.Ledger().LinkScene(t.Context(), scene, "42"))
			u.Follow(b.service)
		}
		b.wx.Advance(time.Hour)
		first.Scan(b.service.QRCode("bind-1"))
		b.wx.Advance(time.Hour)
		second.Scan(b.service.QRCode("bind-2"))
		b.wx.Advance(time.Hour)
		first.Write(b.service, "hello")
		b.wx.Settle()
		require.Equal(t, second.OpenID(b.service), b.openIDIn(b.service, "42"), "scanned last")
		require.NoError(t, b.n.Ledger().Link(t.Context(),
			notify.Identity{AppID: b.service.AppID, OpenID: linked.OpenID(b.service), User: "42"}))
		require.Equal(t, linked.OpenID(b.service), b.openIDIn(b.service, "42"))
	})
}

func TestUnlink(t *testing.T) {
	t.Parallel()

	t.Run("TheOneBeforeIsUsedAgain", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		old, present := b.wx.User("old-phone"), b.wx.User("new-phone")
		b.link(old, "42")
		b.link(present, "42")
		b.unlink(b.identity(b.mini, present, "42"))
		require.Equal(t, old.OpenID(b.mini), b.openIDIn(b.mini, "42"))
		require.Equal(t, old.OpenID(b.service), b.openIDIn(b.service, "42"), "the UnionID tells who goes with it")
		b.unlink(b.identity(b.mini, old, "42"))
		b.unlink(b.identity(b.mini, old, "42"))
		require.Empty(t, b.openIDIn(b.mini, "42"))
		require.Empty(t, b.openIDIn(b.service, "42"))
		b.linkIn(b.mini, old, "42")
		require.Equal(t, old.OpenID(b.mini), b.openIDIn(b.mini, "42"))
	})

	t.Run("FoundByItsUnionID", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		bob := b.wx.User("bob")
		bob.Follow(b.service)
		b.wx.Settle()
		require.NoError(t, b.n.Ledger().Refresh(t.Context(), b.client(b.service), bob.OpenID(b.service)))
		b.linkIn(b.mini, bob, "bob")
		b.unlink(b.identity(b.service, bob, "bob")) // never linked by itself
		require.Empty(t, b.openIDIn(b.service, "bob"))
		require.Empty(t, b.openIDIn(b.mini, "bob"))
	})

	t.Run("OfAnotherUser", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		phone := b.wx.User("phone")
		b.link(phone, "mother")
		b.link(phone, "son")
		b.unlink(b.identity(b.mini, phone, "mother"))
		require.Equal(t, phone.OpenID(b.mini), b.openIDIn(b.mini, "son"))
	})

	t.Run("NoScanBringsItBack", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		bob, l := b.wx.User("bob"), b.n.Ledger()
		var pushes []callback.Push
		for _, scene := range []string{"bind-1", "bind-2"} {
			require.NoError(t, l.LinkScene(t.Context(), scene, map[string]string{"bind-1": "bob", "bind-2": "other"}[scene]))
		}
		collect(b, b.service, callback.OfficialAccount, &pushes)
		bob.Scan(b.service.QRCode("bind-1"))
		b.wx.Settle()
		for _, p := range pushes {
			require.NoError(t, l.Record(t.Context(), p))
		}
		require.Equal(t, bob.OpenID(b.service), b.openIDIn(b.service, "bob"))
		b.unlink(b.identity(b.service, bob, "bob"))
		for _, p := range pushes {
			require.NoError(t, l.Record(t.Context(), p)) // again
		}
		require.Empty(t, b.openIDIn(b.service, "bob"))
		b.wx.Advance(time.Hour)
		bob.Scan(b.service.QRCode("bind-2"))
		b.wx.Settle()
		for _, p := range pushes {
			require.NoError(t, l.Record(t.Context(), p))
		}
		require.NoError(t, l.LinkScene(t.Context(), "bind-2", "nobody"))
		require.Empty(t, b.openIDIn(b.service, "bob"))
	})

	t.Run("Checks", func(t *testing.T) {
		t.Parallel()
		l := setup(t).n.Ledger()
		for field, id := range map[string]notify.Identity{
			"AppID": {OpenID: "o", User: "u"}, "OpenID": {AppID: "a", User: "u"}, "User": {AppID: "a", OpenID: "o"},
		} {
			var wrong *errcode.FieldError
			require.ErrorAs(t, l.Unlink(t.Context(), id), &wrong)
			require.Equal(t, field, wrong.Field)
		}
	})
}

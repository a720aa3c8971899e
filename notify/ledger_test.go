package notify_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/oauth"
	"github.com/wechatkit/wechat/subscribe"
)

// consent is what the ledger knows of alice and the subscription template.
func (b *bundle) consent() notify.Consent {
	b.t.Helper()
	r, err := b.n.Ledger().Reach(b.t.Context(), "alice", b.mini.AppID)
	require.NoError(b.t, err)
	return r.Consent(b.subscribe)
}

// openID is what the ledger knows of a user in the service account.
func (b *bundle) openID(user string) string {
	b.t.Helper()
	r, err := b.n.Ledger().Reach(b.t.Context(), user, b.service.AppID)
	require.NoError(b.t, err)
	return r.OpenID
}

func (b *bundle) result(status callback.SubscribeStatus) {
	b.t.Helper()
	require.NoError(b.t, b.n.Ledger().ClientResult(b.t.Context(), b.mini.AppID, b.alice.OpenID(b.mini),
		[]callback.SubscribeResult{{TemplateID: b.subscribe, Status: status}}))
}

func TestConsents(t *testing.T) {
	t.Parallel()

	t.Run("AddUpAndAreUsed", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for range 3 {
			b.alice.Accept(b.subscribe)
			b.wx.Advance(time.Second)
		}
		require.Equal(t, 3, b.consent().Left)
		b.plan(b.reminder("contract-1"))
		b.pass(3 * day)
		b.pass(4 * day)
		require.Equal(t, 1, b.consent().Left)
		require.Equal(t, b.alice.Grants(b.subscribe), b.consent().Left)
	})

	t.Run("AreVoidAfterARefusalAndCountAnew", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.alice.Accept(b.subscribe)
		b.wx.Advance(time.Second)
		b.alice.Ban(b.subscribe)
		b.alice.Unban(b.subscribe)
		require.Zero(t, b.consent().Left)
		b.wx.Advance(time.Second)
		b.alice.Accept(b.subscribe)
		b.wx.Advance(time.Second)
		require.Equal(t, 1, b.consent().Left)
		_, err := subscribe.New(b.client(b.mini)).Send(t.Context(), &subscribe.Message{
			ToUser: b.alice.OpenID(b.mini), TemplateID: b.subscribe,
			Data: subscribe.Data{"thing1": "by another program", "date2": "2026-11-30"},
		})
		require.NoError(t, err)
		b.wx.Settle()
		require.Zero(t, b.consent().Left, "what another program sends counts")
	})

	t.Run("TheClientsWordIsAHint", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.result(callback.SubscribeAccepted) // made up
		require.Equal(t, notify.Consent{Claimed: 1}, b.consent())
		r := b.reminder("contract-1")
		r.Content.Template = nil
		b.plan(r)
		b.pass(3 * day)
		s := b.list("contract-1")[0]
		require.Equal(t, notify.Refused, s.State)
		require.Equal(t, "a consent by the client's word", s.Steps[1].Reason)
		require.Equal(t, notify.Consent{}, b.consent())
	})

	t.Run("WordAndEventOfOnePopupCountOnce", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.result(callback.SubscribeAccepted)
		b.wx.Advance(2 * time.Second)
		b.alice.Accept(b.subscribe)
		require.Equal(t, notify.Consent{Left: 1}, b.consent())
	})

	t.Run("AlwaysKeepHasNoPopup", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.alice.AcceptAlways(b.subscribe)
		b.wx.Advance(time.Hour)
		b.alice.Accept(b.subscribe) // silent: only the client knows
		b.result(callback.SubscribeAccepted)
		require.NoError(t, b.n.Ledger().ClientSettings(t.Context(), b.mini.AppID, b.alice.OpenID(b.mini),
			[]callback.SubscribeResult{{TemplateID: b.subscribe, Status: callback.SubscribeAccepted}}))
		require.Equal(t, notify.Consent{Left: 1, Claimed: 1, AlwaysKeep: true}, b.consent())
		b.plan(b.reminder("contract-1"))
		b.pass(3 * day)
		b.pass(4 * day)
		require.Equal(t, []notify.State{notify.Delivered, notify.Delivered, notify.Planned}, b.states("contract-1"))
	})

	t.Run("Banned", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.alice.Accept(b.subscribe)
		b.wx.Advance(2 * time.Minute)
		b.result(callback.SubscribeBanned)
		require.True(t, b.consent().Banned)
		r := b.reminder("contract-1")
		r.Content.Template = nil
		b.plan(r)
		b.pass(3 * day)
		require.Equal(t, notify.Unreachable, b.states("contract-1")[0])
		require.Equal(t, "WeChat has banned the template", b.list("contract-1")[0].Steps[1].Reason)
	})

	t.Run("LongTerm", func(t *testing.T) {
		t.Parallel()
		b := setup(t, func(c *notify.Config) { c.LongTerm = []string{"LONG"} })
		b.subscribe = b.mini.AddTemplate(emulator.Template{
			ID: "LONG", Title: "Notice", Keywords: []string{"thing1", "date2"}, Type: emulator.LongTerm,
		})
		b.alice.Accept(b.subscribe)
		b.plan(b.reminder("contract-1"))
		b.pass(3 * day)
		b.pass(4 * day)
		b.pass(2 * day)
		require.Equal(t, []notify.State{notify.Delivered, notify.Delivered, notify.Delivered}, b.states("contract-1"))
		require.True(t, b.consent().LongTerm)
	})

	t.Run("LimitedLongTerm", func(t *testing.T) {
		t.Parallel()
		b := setup(t, func(c *notify.Config) { c.LongTerm = []string{"LONG"} })
		b.subscribe = b.mini.AddTemplate(emulator.Template{
			ID: "LONG", Title: "Notice", Keywords: []string{"thing1", "date2"}, Type: emulator.LongTerm,
		})
		b.alice.Accept(b.subscribe)
		refused := emulator.Fault{Path: subscribeSend, Code: 43101, Times: 1}
		b.plan(b.reminder("contract-1"))
		b.pass(3 * day)
		b.wx.Fail(refused) // the month of the first is not over
		b.pass(4 * day)
		require.True(t, b.consent().LongTerm, "one message a month is not the end of the consent")
		b.pass(2 * day)
		require.Equal(t, []notify.State{notify.Delivered, notify.Refused, notify.Delivered}, b.states("contract-1"))

		b.wx.Advance(32 * day)
		r := b.reminder("contract-2")
		r.Due, r.Leads = b.wx.Now().Add(day), []notify.Lead{notify.Days(1)}
		b.wx.Fail(refused)
		b.plan(r)
		b.pass(0)
		require.Equal(t, []notify.State{notify.Refused}, b.states("contract-2"))
		require.False(t, b.consent().LongTerm, "no message was near")
	})
}

func TestWhoIsWho(t *testing.T) {
	t.Parallel()

	t.Run("UnionIDJoinsInAnyOrder", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		bob, l := b.wx.User("bob"), b.n.Ledger()
		bob.Follow(b.service) // an event without a UnionID
		require.NoError(t, l.Refresh(t.Context(), b.client(b.service), bob.OpenID(b.service)))
		r, err := l.Reach(t.Context(), "bob", b.service.AppID)
		require.NoError(t, err)
		require.Empty(t, r.OpenID, "nobody has said who that is")
		require.NoError(t, l.Link(t.Context(), notify.Identity{
			AppID: b.mini.AppID, OpenID: bob.OpenID(b.mini), UnionID: bob.UnionID(b.mini), User: "bob",
		}))
		r, err = l.Reach(t.Context(), "bob", b.service.AppID)
		require.NoError(t, err)
		require.Equal(t, bob.OpenID(b.service), r.OpenID)
		require.Equal(t, oauth.FollowYes, r.Follow)
		require.Equal(t, b.wx.Now().Unix(), r.FollowSeen.Unix(), "by the clock that everything else goes by")

		b.wx.Advance(time.Hour)
		bob.Unfollow(b.service)
		b.wx.Settle()
		r, err = l.Reach(t.Context(), "bob", b.service.AppID)
		require.NoError(t, err)
		require.Equal(t, oauth.FollowNo, r.Follow)
	})

	t.Run("Backfill", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		bob, l := b.wx.User("bob"), b.n.Ledger()
		b.service.RemoveCallback()
		bob.Follow(b.service)
		require.NoError(t, l.Link(t.Context(), notify.Identity{
			AppID: b.mini.AppID, OpenID: bob.OpenID(b.mini), UnionID: bob.UnionID(b.mini), User: "bob",
		}))
		dir := oauth.NewDirectory(l.Store())
		_, err := dir.Backfill(t.Context(), oauth.New(b.client(b.service)), oauth.Progress{}, nil)
		require.NoError(t, err)
		person, err := dir.Lookup(t.Context(), b.mini.AppID, bob.OpenID(b.mini))
		require.NoError(t, err)
		require.Len(t, person.Identities, 2)
		r, err := l.Reach(t.Context(), "bob", b.service.AppID)
		require.NoError(t, err)
		require.Equal(t, oauth.FollowYes, r.Follow)
	})

	t.Run("SceneUntilAUnionIDSaysOtherwise", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		bob, l := b.wx.User("bob"), b.n.Ledger()
		require.NoError(t, l.LinkScene(t.Context(), "user-bob", "bob"))
		ticket := b.service.QRCode("user-bob")
		mallory := b.wx.User("mallory") // got the picture from bob
		mallory.Scan(ticket)
		r, err := l.Reach(t.Context(), "bob", b.service.AppID)
		require.NoError(t, err)
		require.Equal(t, mallory.OpenID(b.service), r.OpenID)

		require.NoError(t, l.Refresh(t.Context(), b.client(b.service), mallory.OpenID(b.service)))
		require.NoError(t, l.Link(t.Context(), notify.Identity{
			AppID: b.mini.AppID, OpenID: bob.OpenID(b.mini), UnionID: bob.UnionID(b.mini), User: "bob",
		}))
		r, err = l.Reach(t.Context(), "bob", b.service.AppID)
		require.NoError(t, err)
		require.Empty(t, r.OpenID, "it was somebody else")
	})

	t.Run("SceneOfOneWhoFollowsAlready", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		bob, l := b.wx.User("bob"), b.n.Ledger()
		bob.Follow(b.service)
		require.NoError(t, l.LinkScene(t.Context(), "bind-1", "bob"))
		bob.Scan(b.service.QRCode("bind-1"))
		require.Equal(t, bob.OpenID(b.service), b.openID("bob"))
	})

	t.Run("SceneIsForTheFirstWhoScans", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		l := b.n.Ledger()
		require.NoError(t, l.LinkScene(t.Context(), "bind-1", "bob"))
		require.NoError(t, l.LinkScene(t.Context(), "bind-2", "mallory"))
		var pushes []callback.Push
		collect(b, b.service, callback.OfficialAccount, &pushes)
		code := b.service.QRCode("bind-1")
		bob, mallory := b.wx.User("bob"), b.wx.User("mallory")
		bob.Scan(code)
		b.wx.Advance(time.Minute)
		mallory.Scan(b.service.QRCode("bind-2"))
		b.wx.Advance(time.Minute)
		mallory.Scan(code) // a picture that was passed on
		b.wx.Settle()
		require.Len(t, pushes, 3)
		slices.Reverse(pushes)
		for _, p := range append(pushes, pushes...) {
			require.NoError(t, l.Record(t.Context(), p))
		}
		require.Equal(t, bob.OpenID(b.service), b.openID("bob"))
		require.Equal(t, mallory.OpenID(b.service), b.openID("mallory"))

		require.NoError(t, l.LinkScene(t.Context(), "bind-1", "bob"))
		require.Equal(t, bob.OpenID(b.service), b.openID("bob"), "told again")
		require.NoError(t, l.LinkScene(t.Context(), "bind-1", "carol"))
		require.Empty(t, b.openID("bob"), "made new")
		require.NoError(t, l.Forget(t.Context(), "mallory"))
		require.Empty(t, b.openID("mallory"))
	})

	t.Run("LateEventsMakeNobodyRecent", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		l, old, present := b.n.Ledger(), b.wx.User("bobs-old-phone"), b.wx.User("bobs-phone")
		old.Write(b.mini, "hello")
		var late []callback.Push
		collect(b, b.mini, callback.MiniProgram, &late)
		old.Write(b.mini, "are you there?")
		b.wx.Settle()
		for _, u := range []*emulator.User{old, present} {
			b.wx.Advance(time.Hour)
			require.NoError(t, l.Link(t.Context(), notify.Identity{AppID: b.mini.AppID, OpenID: u.OpenID(b.mini), User: "bob"}))
		}
		b.wx.Advance(time.Hour)
		for _, p := range late {
			require.NoError(t, l.Record(t.Context(), p))
		}
		r, err := l.Reach(t.Context(), "bob", b.mini.AppID)
		require.NoError(t, err)
		require.Equal(t, present.OpenID(b.mini), r.OpenID)
	})

	t.Run("Forget", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.alice.Accept(b.subscribe)
		b.plan(b.reminder("contract-1"))
		require.NoError(t, b.n.Ledger().Forget(t.Context(), "alice"))
		b.pass(3 * day)
		require.Empty(t, b.list("contract-1"))
		require.Empty(t, inbox(b.alice))
		require.Equal(t, notify.Consent{}, b.consent())
	})

	t.Run("Checks", func(t *testing.T) {
		t.Parallel()
		l := setup(t).n.Ledger()
		for _, err := range []error{
			l.Link(t.Context(), notify.Identity{OpenID: "o", User: "u"}),
			l.Link(t.Context(), notify.Identity{AppID: "a", User: "u"}),
			l.Link(t.Context(), notify.Identity{AppID: "a", OpenID: "o"}),
			l.LinkScene(t.Context(), "", "u"), l.LinkScene(t.Context(), "s", ""),
			l.ClientResult(t.Context(), "a", "", nil),
		} {
			var wrong *errcode.FieldError
			require.ErrorAs(t, err, &wrong)
		}
	})
}

// TestReceiptBeforeTheAnswer has the event of a send arrive while the send is still under way.
func TestReceiptBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alice.Follow(b.service)
	var late []callback.Push
	collect(b, b.service, callback.OfficialAccount, &late)
	b.plan(b.reminder("contract-1"))
	b.pass(3 * day)
	require.Equal(t, notify.Accepted, b.states("contract-1")[0])
	require.Len(t, late, 1)

	sent := late[0].(*callback.TemplateSent)
	early := *sent
	early.MsgID += 1 << 32 // an event of a message that nobody has sent changes nothing
	early.Outcome = callback.TemplateSystemFailed
	require.NoError(t, b.n.Ledger().Record(t.Context(), &early))
	require.Equal(t, notify.Accepted, b.states("contract-1")[0])
	require.NoError(t, b.n.Ledger().Record(t.Context(), sent))
	require.Equal(t, notify.Delivered, b.states("contract-1")[0])
}

// TestTalkersLeaveNoTrail has a user write every day: what is too old for a window is dropped.
func TestTalkersLeaveNoTrail(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	db, err := notify.OpenSQLite(t.Context(), path)
	require.NoError(t, err)
	defer db.Close()
	b := setup(t, func(c *notify.Config) { c.Database = db })
	for range 30 {
		b.alice.Write(b.mini, "hello")
		b.wx.Advance(20 * time.Hour)
	}
	b.alice.Write(b.mini, "hello")
	r, err := b.n.Ledger().Reach(t.Context(), "alice", b.mini.AppID)
	require.NoError(t, err)
	require.Equal(t, 5, r.Window.Left)
	facts, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer facts.Close()
	var count int
	require.NoError(t, facts.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM notify_facts`).Scan(&count))
	require.Equal(t, 3, count)
}

// TestFailedDelivery has WeChat tell that a subscription message that it took did not arrive: another door is
// taken, and what the event said is kept.
func TestFailedDelivery(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var late []callback.Push
	b.alice.Accept(b.subscribe)
	b.plan(b.reminder("contract-1"))
	b.wx.Advance(2 * day)
	b.alice.Write(b.mini, "hello")
	collect(b, b.mini, callback.MiniProgram, &late)
	b.pass(day)
	require.Equal(t, notify.Accepted, b.states("contract-1")[0])
	require.Len(t, late, 1)
	sent := late[0].(*callback.SubscribeSent)
	sent.Deliveries[0].ErrorCode, sent.Deliveries[0].ErrorStatus = 1, "system failed"
	for range 2 {
		require.NoError(t, b.n.Ledger().Record(t.Context(), sent))
		require.Equal(t, notify.Planned, b.states("contract-1")[0])
	}
	require.Equal(t, "WeChat's event: system failed", b.list("contract-1")[0].Reason)
	b.pass(time.Second)
	s := b.list("contract-1")[0]
	require.Equal(t, notify.Accepted, s.State)
	require.Equal(t, notify.DoorReply, s.Door)
	require.Zero(t, b.consent().Left, "it was used up all the same")
}

func TestRecordIgnoresWhatItNeedNotKnow(t *testing.T) {
	t.Parallel()
	l := setup(t).n.Ledger()
	for _, p := range []callback.Push{&callback.VerifyTicket{}, &callback.MassSent{}, &callback.Unknown{}, &callback.TextMessage{}} {
		require.NoError(t, l.Record(context.Background(), p))
	}
}

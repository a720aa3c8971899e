package notify_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/oauth"
)

// TestActsOfFollowers has a follow event be lost: what only a follower can do corrects that somebody does not follow.
func TestActsOfFollowers(t *testing.T) {
	t.Parallel()
	head := func(b *bundle) callback.Header {
		return callback.Header{AppID: b.service.AppID, FromUserName: b.alice.OpenID(b.service), CreateTime: b.wx.Now()}
	}
	message := func(h callback.Header) callback.MessageHeader { return callback.MessageHeader{Header: h, MsgID: 1} }
	below := func(h callback.Header) callback.MessageHeader { // an article
		return callback.MessageHeader{Header: h, MsgID: 1, MsgDataID: "100_1", Index: 1}
	}
	for name, tc := range map[string]struct {
		push func(callback.Header) callback.Push
		want oauth.Follow
	}{
		"Scan":            {func(h callback.Header) callback.Push { return &callback.Scan{Header: h, Scene: "1"} }, oauth.FollowYes},
		"MenuClick":       {func(h callback.Header) callback.Push { return &callback.MenuClick{Header: h} }, oauth.FollowYes},
		"MenuScan":        {func(h callback.Header) callback.Push { return &callback.MenuScan{Header: h} }, oauth.FollowYes},
		"MenuView":        {func(h callback.Header) callback.Push { return &callback.MenuView{Header: h} }, oauth.FollowYes},
		"MenuMiniProgram": {func(h callback.Header) callback.Push { return &callback.MenuMiniProgram{Header: h} }, oauth.FollowYes},
		"MenuPictures":    {func(h callback.Header) callback.Push { return &callback.MenuPictures{Header: h} }, oauth.FollowYes},
		"MenuLocation":    {func(h callback.Header) callback.Push { return &callback.MenuLocation{Header: h} }, oauth.FollowYes},
		"LocationReport":  {func(h callback.Header) callback.Push { return &callback.LocationReport{Header: h} }, oauth.FollowYes},
		"Text":            {func(h callback.Header) callback.Push { return &callback.TextMessage{MessageHeader: message(h)} }, oauth.FollowYes},
		"MenuMessage": {func(h callback.Header) callback.Push {
			return &callback.TextMessage{MessageHeader: message(h), MenuItemID: "1"}
		}, oauth.FollowYes},
		"Picture":      {func(h callback.Header) callback.Push { return &callback.ImageMessage{MessageHeader: message(h)} }, oauth.FollowYes},
		"BelowArticle": {func(h callback.Header) callback.Push { return &callback.TextMessage{MessageHeader: below(h)} }, oauth.FollowNo},
		"Popup": {func(h callback.Header) callback.Push {
			return &callback.SubscribePopup{Header: h, Results: []callback.SubscribeResult{{TemplateID: "t", Status: "accept"}}}
		}, oauth.FollowNo},
		"TemplateSent": {func(h callback.Header) callback.Push {
			return &callback.TemplateSent{Header: h, MsgID: 7, Outcome: callback.TemplateDelivered}
		}, oauth.FollowNo},
		"SessionEntered": {func(h callback.Header) callback.Push { return &callback.SessionEntered{Header: h} }, oauth.FollowNo},
		"SessionClosed":  {func(h callback.Header) callback.Push { return &callback.SessionClosed{Header: h} }, oauth.FollowNo},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.alice.Follow(b.service)
			b.wx.Advance(time.Second)
			b.alice.Unfollow(b.service)
			b.wx.Settle()
			b.wx.Advance(time.Minute)
			require.NoError(t, b.n.Ledger().Record(t.Context(), tc.push(head(b))))
			r := must(b.n.Ledger().Reach(t.Context(), "alice", b.service.AppID))
			require.Equal(t, tc.want, r.Follow)
			require.Equal(t, tc.want == oauth.FollowYes, r.FollowSeen.Equal(b.wx.Now()))
		})
	}

	t.Run("OpensTheDoor", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.alice.Follow(b.service)
		b.wx.Advance(time.Second)
		b.alice.Unfollow(b.service)
		b.service.RemoveCallback()
		b.wx.Advance(time.Hour)
		b.alice.Follow(b.service) // nobody hears of it
		b.wx.Settle()
		b.mount(b.service, callback.OfficialAccount)
		b.plan(b.reminder("contract-1"))
		b.alice.TapMenu(b.service, "today")
		b.pass(3 * day)
		require.Equal(t, notify.Delivered, b.states("contract-1")[0])
	})

	t.Run("AMiniProgramHasNoFollowers", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.alice.Write(b.mini, "hello")
		b.wx.Settle()
		r := must(b.n.Ledger().Reach(t.Context(), "alice", b.mini.AppID))
		require.Equal(t, oauth.FollowUnknown, r.Follow)
		require.Zero(t, r.FollowSeen)
		id, ok, err := b.n.Ledger().Store().Get(t.Context(), b.mini.AppID, b.alice.OpenID(b.mini))
		require.NoError(t, err)
		require.True(t, ok)
		require.Zero(t, id.FollowSeen)
	})
}

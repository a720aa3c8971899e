package notify_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/oauth"
	"github.com/wechatkit/wechat/subscribe"
)

// TestEventChaos lets a user do anything, delivers the events shuffled and repeated, and compares the ledger
// with what the emulator knows.
func TestEventChaos(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var pushes []callback.Push
	collect(b, b.mini, callback.MiniProgram, &pushes)
	collect(b, b.service, callback.OfficialAccount, &pushes)
	mini, service := b.client(b.mini), b.client(b.service)
	users := 0

	rapid.Check(t, func(r *rapid.T) {
		pushes = nil
		users++
		u := b.wx.User(fmt.Sprintf("user-%d", users))
		b.link(u, u.Name)
		actions := map[string]func(){
			"accept":   func() { u.Accept(b.subscribe) },
			"reject":   func() { u.Reject(b.subscribe) },
			"ban":      func() { u.Ban(b.subscribe); u.Unban(b.subscribe) },
			"follow":   func() { u.Follow(b.service) },
			"unfollow": func() { u.Unfollow(b.service) },
			"write":    func() { u.Write(b.mini, "hello") },
			"enter":    func() { u.EnterChat(b.mini, "") },
			"menu": func() {
				if u.Follows(b.service) {
					u.TapMenu(b.service, "key")
				}
			},
			"chat": func() {
				if u.Follows(b.service) {
					u.Write(b.service, "hello")
				}
			},
			"another program sends": func() {
				if u.Grants(b.subscribe) > 0 {
					_, err := subscribe.New(mini).Send(t.Context(), &subscribe.Message{
						ToUser: u.OpenID(b.mini), TemplateID: b.subscribe,
						Data: subscribe.Data{"thing1": "other", "date2": "2026-11-30"},
					})
					require.NoError(r, err)
				}
			},
			"hours pass": func() { b.wx.Advance(20 * time.Hour) },
		}
		names := make([]string, 0, len(actions))
		for name := range actions {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 1, 25).Draw(r, "actions") {
			actions[name]()
			b.wx.Settle()
			b.wx.Advance(time.Second)
		}
		deliver(r, b, pushes)

		reach, err := b.n.Ledger().Reach(t.Context(), u.Name, b.mini.AppID)
		require.NoError(r, err)
		require.Equal(r, u.Grants(b.subscribe), reach.Consent(b.subscribe).Left, "consents")
		require.Equal(r, open(t, customerservice.New(mini), u.OpenID(b.mini)), reach.Window.Left, "window of the Mini Program")

		reach, err = b.n.Ledger().Reach(t.Context(), u.Name, b.service.AppID)
		require.NoError(r, err)
		require.Equal(r, u.Follows(b.service), reach.Follow == oauth.FollowYes, "follows")
		require.Equal(r, open(t, customerservice.New(service), u.OpenID(b.service)), reach.Window.Left, "window of the service account")
	})
}

// collect has an account's pushes appended to list in place of the ledger.
func collect(b *bundle, a *emulator.App, kind callback.Kind, list *[]callback.Push) {
	const token, key = "token", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	h, err := callback.New(callback.Config{Now: b.wx.Now, Apps: []callback.App{{
		AppID: a.AppID, Kind: kind, Token: token, EncodingAESKey: key,
	}}})
	require.NoError(b.t, err)
	h.Fallback(func(_ context.Context, p callback.Push) (callback.Reply, error) {
		*list = append(*list, p)
		return nil, nil
	})
	a.SetCallback(emulator.Callback{Handler: h, Token: token, EncodingAESKey: key})
	b.t.Cleanup(func() { _ = h.Close(context.Background()) })
}

// deliver records pushes in any order, some of them up to three times, as WeChat may.
func deliver(r *rapid.T, b *bundle, pushes []callback.Push) {
	var all []callback.Push
	for _, p := range pushes {
		for range rapid.IntRange(1, 3).Draw(r, "times") {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		return
	}
	for _, p := range rapid.Permutation(all).Draw(r, "order") {
		require.NoError(r, b.n.Ledger().Record(context.Background(), p))
	}
}

// open counts the customer-service messages that WeChat takes until it refuses.
func open(t *testing.T, client *customerservice.Client, openID string) (left int) {
	for {
		err := client.Send(t.Context(), &customerservice.Message{ToUser: openID, Content: customerservice.Text{Content: "x"}})
		if errors.Is(err, errcode.UserUnreachable) {
			return left
		}
		require.NoError(t, err)
		left++
	}
}

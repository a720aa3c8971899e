package notify_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
	"github.com/wechatkit/wechat/oauth"
	"github.com/wechatkit/wechat/subscribe"
)

// TestEventChaos lets a user do anything while reminders are sent, delivers the events late, shuffled and
// repeated, and compares the ledger with what the emulator knows.
func TestEventChaos(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var pushes []callback.Push
	collect(b, b.mini, callback.MiniProgram, &pushes)
	collect(b, b.service, callback.OfficialAccount, &pushes)
	users := 0
	rapid.Check(t, func(r *rapid.T) {
		pushes = nil
		users++
		u := b.wx.User(fmt.Sprintf("user-%d", users))
		b.link(u, u.Name)
		c := &chaos{T: r, b: b, user: u, pushes: &pushes}
		actions := c.actions()
		names := slices.Sorted(maps.Keys(actions))
		for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 1, 25).Draw(r, "actions") {
			actions[name]()
			b.wx.Settle()
			b.wx.Advance(6 * time.Second) // more than clocks may differ by
		}
		deliver(r, b, pushes)
		c.compare()
	})
}

// chaos is one user and what may happen to them.
type chaos struct {
	*rapid.T

	b         *bundle
	user      *emulator.User
	pushes    *[]callback.Push
	reminders int
	others    int // messages that another program sent
}

func (c *chaos) actions() map[string]func() {
	b, u := c.b, c.user
	following := func(act func()) func() {
		return func() {
			if u.Follows(b.service) {
				act()
			}
		}
	}
	return map[string]func(){
		"accept":                func() { c.popup(true, false) },
		"reject":                func() { c.popup(false, false) },
		"accept always":         func() { c.popup(true, true) },
		"switch off and on":     func() { u.Ban(b.subscribe); u.Unban(b.subscribe) },
		"follow":                func() { u.Follow(b.service) },
		"unfollow":              func() { u.Unfollow(b.service) },
		"write":                 func() { u.Write(b.mini, "hello") },
		"enter":                 func() { u.EnterChat(b.mini, "") },
		"menu":                  following(func() { u.TapMenu(b.service, "key") }),
		"chat":                  following(func() { u.Write(b.service, "hello") }),
		"another program sends": c.otherProgram,
		"a reminder is sent":    c.remind,
		"some news arrives":     func() { deliver(c.T, b, rapid.SliceOf(rapid.SampledFrom(append(*c.pushes, nil))).Draw(c.T, "news")) },
		"hours pass":            func() { b.wx.Advance(20 * time.Hour) },
	}
}

// popup is one wx.requestSubscribeMessage, of which the client tells.
func (c *chaos) popup(accept, keep bool) {
	var accepted []string
	if accept {
		accepted = []string{c.b.subscribe}
	}
	answer, err := c.user.Answer([]string{c.b.subscribe}, accepted, keep)
	require.NoError(c.T, err)
	var results []callback.SubscribeResult
	for id, status := range answer {
		results = append(results, callback.SubscribeResult{TemplateID: id, Status: callback.SubscribeStatus(status)})
	}
	require.NoError(c.T, c.b.n.Ledger().ClientResult(context.Background(), c.b.mini.AppID, c.user.OpenID(c.b.mini), results))
}

func (c *chaos) otherProgram() {
	if c.user.Grants(c.b.subscribe) == 0 {
		return
	}
	c.others++
	_, err := subscribe.New(c.b.client(c.b.mini)).Send(context.Background(), &subscribe.Message{
		ToUser: c.user.OpenID(c.b.mini), TemplateID: c.b.subscribe,
		Data: subscribe.Data{"thing1": "other", "date2": "2026-11-30"},
	})
	require.NoError(c.T, err)
}

func (c *chaos) remind() {
	c.reminders++
	r := c.b.reminder(fmt.Sprintf("%s-%d", c.user.Name, c.reminders))
	r.User, r.Due, r.Leads = c.user.Name, c.b.wx.Now().Add(time.Hour), []notify.Lead{notify.Before(time.Hour)}
	require.NoError(c.T, c.b.n.Plan(context.Background(), r))
	_, err := c.b.n.FireDue(context.Background())
	require.NoError(c.T, err)
}

func (c *chaos) compare() {
	b, u := c.b, c.user
	sent, err := b.n.Counts(context.Background(), notify.Query{User: u.Name})
	require.NoError(c.T, err)
	require.Len(c.T, inbox(u), sent[notify.Accepted]+sent[notify.Delivered]+c.others, "each arrived once: %v", sent)
	require.Zero(c.T, sent[notify.Planned]+sent[notify.Queued]+sent[notify.Unknown])

	reach, err := b.n.Ledger().Reach(context.Background(), u.Name, b.mini.AppID)
	require.NoError(c.T, err)
	consent := reach.Consent(b.subscribe)
	require.Equal(c.T, u.Grants(b.subscribe), consent.Left+consent.Claimed, "consents")
	require.Equal(c.T, open(c, b.mini), reach.Window.Left, "window of the Mini Program")

	reach, err = b.n.Ledger().Reach(context.Background(), u.Name, b.service.AppID)
	require.NoError(c.T, err)
	require.Equal(c.T, u.Follows(b.service), reach.Follow == oauth.FollowYes, "follows")
	require.Equal(c.T, open(c, b.service), reach.Window.Left, "window of the service account")
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
	b.t.Cleanup(func() { _ = h.Shutdown(context.Background()) })
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
		if p != nil {
			require.NoError(r, b.n.Ledger().Record(context.Background(), p))
		}
	}
}

// open counts the customer-service messages that WeChat takes until it refuses.
func open(c *chaos, a *emulator.App) (left int) {
	client := customerservice.New(c.b.client(a))
	for {
		err := client.Send(context.Background(), &customerservice.Message{
			ToUser: c.user.OpenID(a), Content: customerservice.Text{Content: "x"},
		})
		if errors.Is(err, errcode.UserUnreachable) {
			return left
		}
		require.NoError(c.T, err)
		left++
	}
}
